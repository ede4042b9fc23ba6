"""Answers a delete by sets of rows, in one statement on the server."""
