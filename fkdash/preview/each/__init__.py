"""Which rows of a table cannot be deleted, every row by itself."""
