"""Reads the names operators type: as psql reads them, folded to lower case unless double-quoted."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final, TypeVar

from fkdash.catalog.table_name import quoted
from fkdash.errors import UsageError
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.catalog.table_name import TableName

_PART: Final = re.compile(r'"((?:[^"]|"")*)"|([^".]+)')
_PLAIN: Final = re.compile("[a-z_][a-z0-9_$]*")
_MOST_SUGGESTIONS: Final = 3
_T = TypeVar("_T")


def name_parts(text: str) -> tuple[str, ...]:
    """Split a dotted name into its parts as the catalog stores them; raises UsageError for a malformed one."""
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            raise UsageError(f"{text!r} is not a name.", next_step='Write it as psql does: schema."Table".name')
        quoted, bare = match.groups()
        parts.append(quoted.replace('""', '"') if quoted is not None else bare.strip().lower())
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            raise UsageError(f"{text!r} is not a name.", next_step='Write it as psql does: schema."Table".name')
        position += 1


def find_foreign_key(catalog: Catalog, text: str) -> ForeignKey:
    """Give the foreign key `schema.table.constraint` or any shorter form that is unambiguous; raises UsageError.

    A name that matches verbatim, as `check` prints it, is taken before any folding: in full before a shorter form,
    so that nobody can call a constraint by the full name of another.
    """
    verbatim = [key for key in catalog.foreign_keys if key.qualified == text] or [
        key for key in catalog.foreign_keys if text in {f"{key.table.name}.{key.name}", key.name}
    ]
    if len(verbatim) == 1:
        return verbatim[0]
    parts = name_parts(text)
    found = verbatim or [key for key in catalog.foreign_keys if _ends_with((*key.table, key.name), parts)]
    known = [key.qualified for key in catalog.foreign_keys]
    return _only(found, text, "foreign key", [key.qualified for key in found], known)


def find_table(catalog: Catalog, text: str, *, schema: str | None = None) -> Table:
    """Give the table a name means; with `schema`, `text` is taken verbatim. Raises UsageError.

    An unqualified name is looked for in every schema, and `public` wins where several have it.
    """
    if schema is not None:
        parts: tuple[str, ...] = (schema, text)
    else:
        parts = name_parts(text)
    found = [table for name, table in catalog.tables.items() if _ends_with(name, parts)]
    in_public = [table for table in found if table.name.schema == "public"]
    if len(found) > 1 and len(in_public) == 1:
        found = in_public
    known = [typed(name) for name in catalog.tables]
    return _only(found, text, "table", [typed(table.name) for table in found], known)


def typed(name: Iterable[str]) -> str:
    """Give a table's name as `find_table` reads it: a part that would be folded or taken apart in quotes."""
    return ".".join(part if _PLAIN.fullmatch(part) else quoted(part) for part in name)


def nearest(word: str, known: Iterable[str]) -> str:
    """Give a hint that names what was probably meant; empty when nothing is near."""
    near = difflib.get_close_matches(word, list(known), n=_MOST_SUGGESTIONS, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _ends_with(whole: Sequence[str], end: Sequence[str]) -> bool:
    return len(end) <= len(whole) and tuple(whole[-len(end) :]) == tuple(end)


def _only(found: Sequence[_T], text: str, kind: str, candidates: Sequence[str], known: Iterable[str]) -> _T:
    if len(found) == 1:
        return found[0]
    if found:
        any_of = ", ".join(map(shell_word, candidates))
        raise UsageError(f'"{text}" could be any of these: {any_of}.', next_step="Name it in full.")
    known = tuple(known)
    hint = nearest(text, map(shell_word, known))
    hint = hint or nearest(text, (shell_word(name.rpartition(".")[2]) for name in known))
    raise UsageError(
        f'There is no {kind} "{text}" in this database.', next_step=hint or "fkdash list shows them all."
    )


def with_wholes(
    catalog: Catalog, chosen: Callable[[TableName], bool] | None
) -> Callable[[TableName], bool] | None:
    """Give what tells the chosen tables, and those that they are partitions of: their keys; None for all."""
    if chosen is None:
        return None
    found: set[TableName] = set()
    for name in catalog.tables:
        above: TableName | None = name if chosen(name) else None
        while above is not None and above not in found:
            found.add(above)
            above = catalog.tables[above].partition_of if above in catalog.tables else None
    return found.__contains__
