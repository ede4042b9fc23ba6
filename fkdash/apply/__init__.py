"""Changing it, proving it, undoing it: the only code that writes."""
