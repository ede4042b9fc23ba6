"""One file for each migration tool."""
