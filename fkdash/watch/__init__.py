"""Are there still errors? Reads the server's log, counts integrity errors by constraint and minute."""
