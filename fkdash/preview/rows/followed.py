"""The rows on a branch where the order of the queue decides: found by following it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.spelling import as_text, identity_of, parameter, source
from fkdash.fact import fact
from fkdash.preview.asked.target import find_targets, selection
from fkdash.preview.evaluating.evaluate import Evaluator
from fkdash.preview.model import Limits
from fkdash.preview.queue.following import outcomes_of
from fkdash.preview.reader import Reader
from fkdash.preview.tree import is_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.db.session import Row, Session
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.model import DeleteTarget
    from fkdash.preview.row import RowId


@fact
class Wanted:
    """What a page shows of its rows `c` and where it begins: SQL, and the last row's key as text."""

    identity: Sequence[tuple[str, str]]
    labels: Sequence[str]
    cursor: Sequence[str | None]
    limit: int

    def beyond(self, table: Table, first: int) -> str:
        """Give the condition that leaves out what earlier pages had; its parameters begin with number `first`."""
        if not self.cursor:
            return ""
        kinds = enumerate((kind for _, kind in identity_of(table)), first)
        last = ", ".join(parameter(number, kind) for number, kind in kinds)
        return f"({self.order}) > ({last})"

    @property
    def order(self) -> str:
        """The expressions that a row is identified and ordered by."""
        return ", ".join(expression for expression, _ in self.identity)

    @property
    def line(self) -> str:
        """The select list of identity and labels, as text."""
        return ", ".join((as_text(self.identity), *self.labels))


@fact
class Asked:
    """Which rows are asked for: those that deleting `target` reaches along `key`, or those that stop it there."""

    session: Session
    catalog: Catalog
    facts: Facts
    target: DeleteTarget
    inheriting: Sequence[int]
    key: ForeignKey
    blocking: bool


async def followed_rows(asked: Asked) -> Collection[RowId]:
    """Give the rows that are asked for.

    Raises CutShortError where they are more than can be followed, and the session's errors.
    """
    reader = Reader(asked.session, asked.facts, Limits())
    rows = await find_targets(reader, asked.target, selection(asked.facts, asked.target), asked.inheriting)
    usual = (await outcomes_of(reader, Evaluator(reader), rows))[0]
    if not asked.blocking:
        return usual.reached.get(asked.key.oid or 0, {})
    stopping = [found for each, found in usual.obstacles.items() if is_of(asked.catalog, each, asked.key)]
    return dict.fromkeys(row for found in stopping for row in found)


async def page_of_followed(asked: Asked, rows: Collection[RowId], wanted: Wanted) -> Sequence[Row]:
    """Give the first of these rows of the referencing table in the order of its key, as `line`."""
    table = asked.catalog.tables[asked.key.table]
    beyond = wanted.beyond(table, 3)
    # A ctid finds the row at once; the same one may be another partition's, too.
    sql = (
        f"SELECT ARRAY[{wanted.line}] AS line FROM {source(asked.catalog, table.name)} AS c"
        " WHERE c.ctid = ANY($2::text[]::tid[])"
        " AND (c.tableoid, c.ctid) IN (SELECT * FROM unnest($1::oid[], $2::text[]::tid[]))"
        f"{f' AND {beyond}' if beyond else ''} ORDER BY {wanted.order} LIMIT {wanted.limit}"
    )
    places = [f"({row.page},{row.line})" for row in rows]
    return await asked.session.rows(sql, [row.table for row in rows], places, *wanted.cursor)
