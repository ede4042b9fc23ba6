"""The commands about rows whose referenced row does not exist."""
