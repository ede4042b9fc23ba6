"""What a delete would do, and to whom."""
