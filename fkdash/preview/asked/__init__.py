"""What is asked: rows by key or condition, and queries that an operator types."""
