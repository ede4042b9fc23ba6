"""Carrying the steps out, and what became of them when something ended them."""
