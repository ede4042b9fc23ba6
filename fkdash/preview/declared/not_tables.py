"""What one means who asks about deleting from a view: which tables to ask about instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.names import name_parts, typed
from fkdash.catalog.table_name import TableName
from fkdash.db.queries import query
from fkdash.errors import UsageError
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from fkdash.db.session import Row, Session

_KINDS: Final = {
    "v": "a view",
    "m": "a materialized view",
    "S": "a sequence",
    "i": "an index",
    "I": "an index",
    "c": "a composite type",
    "t": "a TOAST table",
}
_MOST_NAMED: Final = 5
_PREVIEW: Final = "fkdash preview --table"


async def no_table(
    session: Session, text: str, *, schema: str | None = None, command: str = _PREVIEW
) -> UsageError | None:
    """Give what a name is that is no table's, and what to ask about instead; None where nothing is called so.

    `text` is read as `find_table` does. A view is looked through down to its tables. `command` is what is asked of
    a table, as it stands before the table's name.
    """
    parts = (schema, text) if schema is not None else (None, *name_parts(text))[-2:]
    rows = await session.asked(query(__package__, "other_relations"), *parts)
    return _explained(rows[0], command) if rows else None


def _explained(row: Row, command: str) -> UsageError:
    name, kind = TableName(row["schema"], row["name"]), _KINDS.get(row["kind"], "no table")
    tables = [TableName(*each) for each in row["tables"] or ()]
    if row["kind"] == "v":
        return UsageError(
            f"{name} is a view, not a table: {_what_happens(row, tables)}.", next_step=_instead(tables, command)
        )
    if row["kind"] == "m":
        return UsageError(
            f"{name} is a materialized view: nobody can delete from it.", next_step=_instead(tables, command)
        )
    return UsageError(f"{name} is {kind}, not a table.", next_step="Run `fkdash list` to see the tables.")


def _what_happens(row: Row, tables: list[TableName]) -> str:
    if row["triggers"]:
        names = ", ".join(row["triggers"])
        return f"what a DELETE there does is up to the function of its INSTEAD OF trigger {names}"
    if row["rules"]:
        return f"rule {', '.join(row['rules'])} carries out other statements instead of a DELETE there"
    if len(tables) == 1:
        return f"a DELETE there deletes rows of {tables[0]}, or is refused (55000) where the view is no simple one"
    return "a DELETE there is refused (55000), as it has no INSTEAD OF trigger and no rule for it"


def _instead(tables: list[TableName], command: str) -> str:
    if not tables:
        return "It is made of no table."
    last = command.rpartition(" ")[2]
    again = last if last.startswith("-") else command
    named = f" or {again} ".join(shell_word(typed(each)) for each in tables[:_MOST_NAMED])
    more = f", one of {len(tables)}" if len(tables) > _MOST_NAMED else ""
    which = "its table" if len(tables) == 1 else "the table that it deletes from"
    asked = "Preview" if command == _PREVIEW else "Ask about"
    return f"{asked} {which}: {command} {named}{more}."
