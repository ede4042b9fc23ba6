"""What went wrong, from the driver's words into fkdash's errors."""
