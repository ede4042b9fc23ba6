"""Which rows are already broken."""
