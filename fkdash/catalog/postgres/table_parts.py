"""Makes of rows what belongs to a table beside its columns: indexes, checks, triggers."""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeVar

from fkdash.catalog.model import Check, Index
from fkdash.catalog.surroundings import RewriteRule, Trigger, TriggerFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fkdash.db.session import Row

_EVENT_BITS: Final = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
_ROW_BIT: Final = 1
_BEFORE_BIT: Final = 2

_T = TypeVar("_T")


def indexes_of(rows: Iterable[Row], opclasses: Mapping[int, str]) -> Mapping[int, tuple[Index, ...]]:
    """Give the indexes by their table's OID, in the order they were made in; a row holds many alike."""
    found: defaultdict[int, list[Index]] = defaultdict(list)
    for row in rows:
        columns = tuple(row["columns"])
        classes = tuple(opclasses.get(oid, "") for oid in row["opclasses"])
        predicate = (row["predicate"] or "") if row["partial"] else None
        alike = (
            columns,
            row["unique"],
            row["primary"],
            row["valid"],
            row["method"],
            predicate,
            row["nulls_not_distinct"],
            row["replica_identity"],
            row["exclusion"],
            classes,
            row["expressions"],
        )
        for oid, table, name in zip(row["oids"], row["tables"], row["names"], strict=True):
            # By position: it is faster, and there are very many.
            found[table].append(Index(name, *alike, oid))
    return {table: tuple(sorted(indexes, key=attrgetter("oid"))) for table, indexes in found.items()}


def checks_of(rows: Iterable[Row], expressions: Mapping[int, str | None]) -> Mapping[int, tuple[Check, ...]]:
    """Give the checks by their table's OID; `expressions` go by the check's."""
    return _by_table(
        rows,
        lambda row: Check(
            name=row["name"],
            expression=expressions.get(row["oid"]) or "",
            columns=tuple(row["columns"] or ()),
            validated=row["validated"],
            enforced=row["enforced"],
        ),
    )


def rules_of(rows: Iterable[Row]) -> Mapping[int, tuple[RewriteRule, ...]]:
    """Give the rewrite rules by their table's OID."""
    return _by_table(
        rows, lambda row: RewriteRule(row["name"], row["event"], row["instead"], row["conditional"], row["alike"])
    )


def triggers_of(rows: Iterable[Row], functions: Iterable[Row]) -> Mapping[int, tuple[Trigger, ...]]:
    """Give the triggers by their table's OID; `functions` are what those of users run."""
    code = {
        row["oid"]: TriggerFunction(f"{row['schema']}.{row['name']}", row["language"], row["source"])
        for row in functions
    }
    return _by_table(rows, lambda row: _trigger(row, code))


def _trigger(row: Row, code: Mapping[int, TriggerFunction]) -> Trigger:
    kind = row["type"]
    return Trigger(
        name=row["name"],
        function=f"{row['function_schema']}.{row['function']}",
        enabled=row["enabled"],
        before=bool(kind & _BEFORE_BIT),
        row=bool(kind & _ROW_BIT),
        events=frozenset(event for event, bit in _EVENT_BITS.items() if kind & bit),
        constraint=row["constraint_oid"],
        columns=tuple(row["columns"] or ()),
        conditional=row["conditional"],
        code=code.get(row["function_oid"]),
    )


def _by_table(rows: Iterable[Row], make: Callable[[Row], _T]) -> Mapping[int, tuple[_T, ...]]:
    found: defaultdict[int, list[_T]] = defaultdict(list)
    for row in rows:
        found[row["table_oid"]].append(make(row))
    return {oid: tuple(items) for oid, items in found.items()}
