"""The pasted error: unwrapped, read, and led to the foreign key behind it; pure functions of a Catalog."""
