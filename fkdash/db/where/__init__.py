"""Where to connect, found out as psql does."""
