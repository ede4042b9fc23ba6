"""What would this delete do, and to whom."""
