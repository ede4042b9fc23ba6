"""The dashboard: thin, holds presentation state only.

`terminal.run_dashboard` opens it. Nothing here is imported by a command that
prints and leaves: Textual is expensive to load.
"""
