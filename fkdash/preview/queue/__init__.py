"""Follows PostgreSQL's queue of triggers row by row, on paper."""
