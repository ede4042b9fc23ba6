"""Says of a message in the log which constraint was violated, by the reader that `explain` has."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import TableName
from fkdash.explain.candidates import by_obstacle
from fkdash.explain.clues import KEY_KINDS, Clues, Kind
from fkdash.explain.keys import by_structure, named, narrowed, ran
from fkdash.explain.read import read_record
from fkdash.explain.vocabulary import Vocabulary, vocabulary
from fkdash.fact import fact
from fkdash.watch.record import COUNTED, INTEGRITY, LogRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table

_MOST_REMEMBERED: Final = 4_096
_LONGEST: Final = 20_000
_LONGEST_STATEMENT: Final = 4_000


@fact
class Violation:
    """What an error was about.

    `constraint` is `schema.table.constraint` as far as that is known, "" for a NOT NULL that no foreign key set:
    then `table` and `column` tell it. `key` is the foreign key whose own statement failed, "" where none did.
    `doubtful` says that CONTEXT is missing that would tell whether a key set the NULL.
    """

    sqlstate: str
    constraint: str = ""
    schema: str = ""
    table: str = ""
    column: str = ""
    key: str = ""
    doubtful: bool = False


UNCLASSIFIED: Final = Violation("")
"""An error that no SQLSTATE and no message tells the kind of."""


class Classifier:
    """Reads messages; the same one is read once. `catalog` is that of the database, None where there is none.

    `earlier` are foreign keys as they were before they were changed: what they ran stands in older messages.
    """

    def __init__(self, catalog: Catalog | None = None, earlier: Sequence[ForeignKey] = ()) -> None:
        self._catalog = catalog
        self._before = _with_keys(catalog, earlier) if catalog is not None and earlier else None
        self._known = vocabulary(catalog) if catalog is not None else Vocabulary()
        self._read: OrderedDict[tuple[str, ...], Violation | None] = OrderedDict()

    def violation(self, record: LogRecord) -> Violation | None:
        """Give what is counted for a message: None for nothing, UNCLASSIFIED where nobody can tell."""
        inside = f"{record.context[:_LONGEST]}\n{record.query[:_LONGEST]}"
        statement = record.statement[:_LONGEST_STATEMENT]
        # The values of rows are in DETAIL and in the statement; they tell nothing more once these are there.
        told = (record.sqlstate, record.message, inside, "" if inside.strip() else statement)
        if told in self._read:
            self._read.move_to_end(told)
            return self._read[told]
        found = self._violation(record, inside, statement)
        self._read[told] = found
        if len(self._read) > _MOST_REMEMBERED:
            self._read.popitem(last=False)
        return found

    def _violation(self, record: LogRecord, inside: str, statement: str) -> Violation | None:
        clues = read_record(
            record.sqlstate,
            record.message[:_LONGEST],
            detail=record.detail[:_LONGEST],
            inside=inside,
            statement=statement,
            known=self._known,
        )
        if clues is None:
            return UNCLASSIFIED
        if clues.sqlstate not in COUNTED:
            return None
        acting = self._acting(clues)
        if clues.sqlstate not in INTEGRITY:
            return None if acting is None and not clues.own else _of_key(clues, acting)
        if clues.kind in KEY_KINDS:
            return self._of_violated_key(clues, acting)
        if clues.kind is Kind.NULL:
            return self._of_null(clues, acting, terse=not inside.strip())
        return self._of_other(clues, acting)

    def _acting(self, clues: Clues) -> ForeignKey | None:
        """Give the key whose own statement failed."""
        if self._catalog is None or not clues.own:
            return None
        for catalog in (self._catalog, self._before):
            if catalog is not None:
                keys = narrowed(catalog, ran(catalog, clues.own[0]), clues)
                if len({key.qualified for key in keys}) == 1:
                    return keys[0]
        return None

    def _of_violated_key(self, clues: Clues, acting: ForeignKey | None) -> Violation:
        keys: tuple[ForeignKey, ...] = ()
        if self._catalog is not None:
            keys = named(self._catalog, clues) if clues.constraint else by_structure(self._catalog, clues)
        key = acting.qualified if acting is not None else ""
        if len(keys) == 1:
            return Violation(clues.sqlstate, keys[0].qualified, keys[0].table.schema, keys[0].table.name, key=key)
        name = ".".join(filter(None, (clues.schema, clues.table, clues.constraint)))
        return Violation(clues.sqlstate, name, clues.schema, clues.table, key=key)

    def _of_null(self, clues: Clues, acting: ForeignKey | None, *, terse: bool) -> Violation:
        column = next(iter(clues.columns), "")
        if acting is not None:
            return _of_key(clues, acting, column)
        deleting = clues.statement is not None and clues.statement[0] == "DELETE"
        if self._catalog is not None and terse and deleting:
            # No operator's DELETE writes a NULL: one of the keys on its way did.
            found = by_obstacle(self._catalog, clues)
            if found.total == 1:
                return _of_key(clues, found.answers[0].key, column)
        table = self._table(clues)
        schema = table.name.schema if table is not None else clues.schema
        own = bool(clues.own)
        return Violation(
            clues.sqlstate, "", schema, clues.table, column, doubtful=own or (terse and clues.statement is None)
        )

    def _of_other(self, clues: Clues, acting: ForeignKey | None) -> Violation:
        key = acting.qualified if acting is not None else ""
        if not clues.constraint:
            return _of_key(clues, acting) if acting is not None else Violation(clues.sqlstate, table=clues.table)
        table = self._holder(clues)
        if table is None:
            return Violation(
                clues.sqlstate, ".".join(filter(None, (clues.schema, clues.table, clues.constraint))),
                clues.schema, clues.table, key=key,
            )  # fmt: skip
        schema, name = table.name
        return Violation(clues.sqlstate, f"{schema}.{name}.{clues.constraint}", schema, name, key=key)

    def _table(self, clues: Clues) -> Table | None:
        """Give the table that a message means, None where there are several of that name."""
        if self._catalog is None:
            return None
        if clues.schema or clues.own:
            schema = clues.schema or clues.own[0].table[0]
            return self._catalog.tables.get(TableName(schema, clues.table))
        found = [table for table in self._catalog.tables.values() if table.name.name == clues.table]
        return self._written(clues, found)

    def _holder(self, clues: Clues) -> Table | None:
        """Give the table whose constraint or index is called what the message says."""
        if self._catalog is None:
            return None
        found = [
            table
            for table in self._catalog.tables.values()
            if (not clues.table or clues.kind is Kind.DOMAIN or table.name.name == clues.table)
            and (
                any(check.name == clues.constraint for check in table.checks)
                or any(index.name == clues.constraint for index in table.indexes)
            )
        ]
        return self._written(clues, found)

    def _written(self, clues: Clues, found: list[Table]) -> Table | None:
        if len(found) > 1 and clues.own:
            found = [table for table in found if table.name.schema == clues.own[0].table[0]]
        if len(found) > 1 and clues.statement is not None:
            parts = clues.statement[1]
            found = [table for table in found if tuple(table.name)[-len(parts) :] == parts] or found
        return found[0] if len(found) == 1 else None


def _with_keys(catalog: Catalog, keys: Sequence[ForeignKey]) -> Catalog | None:
    there = tuple(key for key in keys if {key.table, key.referenced} <= catalog.tables.keys())
    return replace(catalog, foreign_keys=there) if there else None


def _of_key(clues: Clues, key: ForeignKey | None, column: str = "") -> Violation:
    if key is None:
        schema, table = clues.own[0].table
        return Violation(clues.sqlstate, "", schema, table, ", ".join(clues.own[0].columns), doubtful=True)
    schema, table = key.table
    return Violation(clues.sqlstate, key.qualified, schema, table, column, key.qualified)
