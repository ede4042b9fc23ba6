"""FK301: no index serves the foreign key's own queries.

PostgreSQL creates none on the referencing columns (Constraints, "Foreign Keys"):
every DELETE or key UPDATE of a referenced row then reads the whole table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Statement
from fkdash.catalog.table_name import listed
from fkdash.rules.actions.enforcement import action_runs
from fkdash.rules.actions.index_use import near_misses, selective_index, unserved
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity
from fkdash.rules.sizes import SMALL_ROWS, in_words, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey


_FEWEST_VALUES: Final = 100
"""Of a column with fewer, the planner may well read the whole table rather than use an index on it."""


def _find(catalog: Catalog) -> Iterator[Finding]:
    for key in unserved(catalog):
        if not any(action_runs(catalog, key, statement) for statement in Statement):
            continue
        rows = rows_of(catalog, key.table)
        near = selective_index(catalog, key, rows)
        if near is None or near.values is None or near.values < _FEWEST_VALUES:
            yield _finding(catalog, key, rows, perhaps=near is not None and near.values is None)


def _finding(catalog: Catalog, key: ForeignKey, rows: int | None, *, perhaps: bool) -> Finding:
    columns, table, referenced = listed(key.columns), key.table.shown, key.referenced.shown
    small = rows is not None and rows < SMALL_ROWS
    writes = key.on_delete not in REFUSING
    does = f"and its ON DELETE {key.on_delete}" if writes else "to see whether it may go"
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=Severity.INFO if small or perhaps or rows is None or _looks_up(catalog, key) else RULE.severity,
        key=key,
        columns=key.columns,
        message=f"No index on {table} serves ({columns}): every deleted row of {referenced} "
        f"reads all of {table}, {in_words(rows)}.",
        explanation=f"For every row of {referenced} that is deleted, or whose key changes, PostgreSQL "
        f"looks for rows of {table} by ({columns}) {does}. Without an index that starts with these "
        f"columns it reads the whole table each time, {in_words(rows)}, while it holds locks. "
        + (
            "The table is small; that may be all right."
            if small
            else "CREATE INDEX CONCURRENTLY adds one meanwhile."
        ),
        evidence=(f"{key.table} has {in_words(rows)}", *near_misses(catalog, key)),
        fixes=("create-index",),
    )


def _looks_up(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether it refers to one of a few values that are there to stay: a language, a state, a unit.

    An index would serve these too: measured on 18, the look-up for a value that nobody refers to takes 0.01 to
    0.02 ms with one, of 10 values or of 3,000, and without one 0.04 ms for each 1,000 rows (4 ms at 100,000). But
    fewer than a hundred such deletes can ever follow one another: 0.4 s in all at 100,000 rows.
    """
    rows = rows_of(catalog, key.referenced)
    refuses = {key.on_delete, key.on_update} <= REFUSING
    return refuses and rows is not None and rows < _FEWEST_VALUES


RULE = Rule(
    id="FK301",
    name="no-index",
    severity=Severity.WARNING,
    summary="No index serves the reference",
    explanation="No usable index starts with the referencing columns (in any order), so each DELETE or key "
    "UPDATE of a referenced row reads the whole referencing table. Invalid indexes, partial ones whose "
    "condition the lookup does not imply, other methods than btree and hash, and operator classes that do not "
    "know the key's equality do not count; for several columns, one whose first column alone has a hundred values "
    "and more does. On a small table, where statistics are missing, and where the reference is to one of a few "
    "values that nothing takes away (fewer than 100 rows, NO ACTION or RESTRICT), it is only worth knowing.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);\n"
    "-- missing: CREATE INDEX ON orders (user_id);\n",
    find=_find,
    brief="no index",
)
