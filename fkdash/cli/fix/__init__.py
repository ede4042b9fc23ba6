"""The commands that plan, change and lead back."""
