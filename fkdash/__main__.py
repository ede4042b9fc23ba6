"""`python -m fkdash`, the same as the command."""

from fkdash.cli.main import entry_point

entry_point()
