"""The command line: thin, holds no rule of its own."""
