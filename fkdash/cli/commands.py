"""The commands, and what each is for."""

from __future__ import annotations

from typing import Final

COMMANDS: Final = {
    "demo": "the incident on a private throwaway server, to look and try",
    "check": "what is wrong with the foreign keys, for people and for CI",
    "lint": "the same of files: migrations, dumps, schema files; no server",
    "snapshot": "what is declared as one file, for --from of check, list, fix plan, fix export",
    "explain": "which foreign key is behind an error, and on which way",
    "list": "every foreign key in one line",
    "guard": "the query and code with which an application asks before it deletes",
    "preview": "what a DELETE would do, without doing it",
    "report": "the diagnosis as Markdown",
    "rules": "the rules, and what each is about",
    "schema": "the JSON Schema of a document",
    "completion": "what makes a shell complete all of this",
    "grants": "the SQL that gives a role what it lacks to look, or to change foreign keys",
    "config check": "mistakes in the settings",
    "config show": "what is set, and where each value comes from",
    "watch": "integrity errors in the server's log, by constraint and minute",
    "orphans scan": "count the rows that refer to rows that do not exist",
    "fix plan": "how a fix would be carried out: steps, locks, the way back",
    "fix export": "the same as a script for psql, or as a migration of the team's own tool",
    "fix rehearse": "try a fix in a rolled-back transaction, and measure it",
    "fix apply": "carry a fix out, after a typed confirmation",
    "fix history": "the runs there are journals of",
    "fix show": "what one journal says",
    "fix undo": "lead back from a run",
    "fix resume": "finish a run that was cut off",
}
GROUPS: Final = frozenset(name.split()[0] for name in COMMANDS if " " in name)
"""The first words of commands of two."""


def commands_help(group: str = "") -> str:
    """Give one line for each command, or for those of one group."""
    chosen = {name: summary for name, summary in COMMANDS.items() if name.startswith(group)}
    width = max(len(name) for name in chosen)
    return "\n".join(f"  fkdash {name:<{width}}  {summary}" for name, summary in chosen.items())
