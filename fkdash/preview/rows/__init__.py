"""The rows behind the numbers: by key and label, page by page."""
