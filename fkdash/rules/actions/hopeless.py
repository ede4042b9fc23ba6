"""Deletes that cannot succeed: foreign keys that let no row go, and the CASCADE ways that lead to them.

Actions run breadth first: what fails n steps down fails unless a shorter way has deleted the row by then.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Statement
from fkdash.fact import fact
from fkdash.rules.actions.barred import barred
from fkdash.rules.actions.cascades import FARTHEST_ANCESTOR, cascades, rewritten_by, taken_by
from fkdash.rules.actions.failing import is_late
from fkdash.rules.actions.knock_ons import knock_ons
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.obstacles import obstacles
from fkdash.rules.actions.paths import MOST_TABLES, PathsInto
from fkdash.rules.actions.rescues import rescues, rewritten_first
from fkdash.rules.actions.statements import doubts_about
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.actions.paths import Path
    from fkdash.rules.finding import PredictedError


@fact
class Contradiction:
    """What a foreign key's ON DELETE action certainly fails with.

    `reached` is the table a row of which must be reached for that, None where no row at all is needed; `beyond`
    are the keys that lead there from the key's own table.
    """

    error: PredictedError
    reached: TableName | None
    beyond: tuple[ForeignKey, ...] = ()


@fact
class HopelessPath:
    """A CASCADE way into a contradiction; `spared` says what may delete the failing row first."""

    path: Path
    contradiction: Contradiction
    spared: tuple[str, ...]


@once_per_catalog
def contradictions(catalog: Catalog) -> Mapping[ForeignKey, Contradiction]:
    """Give the foreign keys whose action fails whatever the row that it reaches."""
    found: dict[ForeignKey, Contradiction] = {}
    for bar in barred(catalog):
        if Statement.DELETE in bar.statements:
            found.setdefault(bar.key, Contradiction(bar.error, None))
    for write, met in obstacles(catalog):
        certain = next((each for each in met if each.certain and each.kind is not Kind.UNIQUE), None)
        if (
            certain is not None
            and Statement.DELETE in write.statements
            and not rescues(catalog, write.key, Statement.DELETE, write.columns, late=is_late(met))
        ):
            reached = None if certain.kind is Kind.IDENTITY else write.key.table
            found.setdefault(write.key, Contradiction(certain.error, reached))
    for each in knock_ons(catalog):
        if each.certain and Statement.DELETE in each.write.statements:
            found.setdefault(
                each.write.key, Contradiction(each.error, each.other.table, (*each.between, each.other))
            )
    return found


@once_per_catalog
def hopeless_paths(catalog: Catalog) -> tuple[HopelessPath, ...]:
    """Give for each CASCADE key a way on to a contradiction, the certain and then the shortest ones first."""
    failing = contradictions(catalog)
    ways = PathsInto(catalog, failing)
    most = _most_certain(failing)
    certain = [*ways.each(lambda path: next(_sparing(catalog, path, failing), None) is None, most=most)]
    known = frozenset(path.cascades[0] for path in certain)
    possible = ways.each(lambda path: not _is_deleted_first(catalog, path, failing), most=MOST_TABLES, known=known)
    return (
        *(HopelessPath(path, failing[path.last], ()) for path in certain),
        *(HopelessPath(path, failing[path.last], tuple(_sparing(catalog, path, failing))) for path in possible),
    )


def _most_certain(failing: Mapping[ForeignKey, Contradiction]) -> int:
    """Give of how many CASCADE keys a way can be that certainly fails at its end.

    Where a row has to be reached for that, it is not known of farther ones what else may have taken the row.
    """
    if all(each.reached is not None for each in failing.values()):
        return FARTHEST_ANCESTOR - 1
    return MOST_TABLES


@once_per_catalog
def _doubtful(catalog: Catalog) -> Mapping[TableName, tuple[str, ...]]:
    """Give the tables of which something may keep a row from being deleted as it was written, in words."""
    every = ((name, tuple(doubts_about(catalog, name, str(Statement.DELETE)))) for name in catalog.tables)
    return {name: doubts for name, doubts in every if doubts}


@once_per_catalog
def _taken_away(catalog: Catalog) -> Mapping[ForeignKey, tuple[str, ...]]:
    """Give the CASCADE keys from which other keys may take a row away first, with which, in words."""
    every = ((each.key, tuple(rewritten_first(catalog, each.key))) for each in cascades(catalog))
    return {key: words for key, words in every if words}


def _sparing(catalog: Catalog, path: Path, failing: Mapping[ForeignKey, Contradiction]) -> Iterator[str]:
    """Give, in words, what may come before the failure at the end of a way."""
    doubtful, taken_away = _doubtful(catalog), _taken_away(catalog)
    for table in (path.cascades[0].referenced, *(key.table for key in path.cascades)) if doubtful else ():
        yield from doubtful.get(table, ())
    for above, below in pairwise(path.keys):
        if above.table != below.referenced and all(
            above.table != table.name for table in catalog.with_partitions(below.referenced)
        ):
            yield f"{below.shown} is about rows of {below.referenced.shown} only"
    contradiction, first = failing[path.last], path.cascades[0].referenced
    for steps, key in enumerate(path.cascades, 1):
        if taken_away:
            yield from taken_away.get(key, ())
        if rewritten := rewritten_by(catalog, first, key, steps):
            yield rewritten
    if contradiction.reached is None:
        return
    taken = taken_by(catalog, first, path.last.table, len(path.cascades) + 1)
    if not taken and contradiction.beyond:
        taken = taken_by(catalog, first, contradiction.reached, len(path.keys) + 1)
    if taken:
        yield taken
    for steps, key in enumerate((path.last, *contradiction.beyond), len(path.cascades) + 1):
        if rewritten := rewritten_by(catalog, first, key, steps):
            yield rewritten


def _is_deleted_first(catalog: Catalog, path: Path, failing: Mapping[ForeignKey, Contradiction]) -> bool:
    """Tell whether every failing row refers to the very row deleted at the top, and goes with it."""
    if failing[path.last].reached is None:
        return False
    first = path.cascades[0]
    same: dict[str, set[str]] = {name: {name} for name in first.referenced_columns}
    for key in path.keys:
        pairs = tuple(zip(key.columns, key.referenced_columns, strict=True))
        same = {name: {own for own, theirs in pairs if theirs in equal} for name, equal in same.items()}
    return any(
        other.on_delete is Action.CASCADE
        and other.referenced == first.referenced
        and all(
            own in same.get(theirs, ())
            for own, theirs in zip(other.columns, other.referenced_columns, strict=True)
        )
        for other in catalog.declared_on.get(path.last.table, ())
    )
