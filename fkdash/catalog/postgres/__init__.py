"""What a live PostgreSQL declares, read from pg_catalog, and what may be read without running others' code."""
