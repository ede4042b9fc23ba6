"""One module for each screen; each answers one question."""
