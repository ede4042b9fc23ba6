"""Expressions and queries, read with sqlglot."""
