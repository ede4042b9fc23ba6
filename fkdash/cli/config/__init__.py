"""The commands about the settings files."""
