"""The quarantine: orphans leave their table for one that its owner has and nobody else may read.

`fkdash_quarantine.<table>_<number>` says of each row when, why and in which run it came there. The rows are whole,
so that they go back as a delete's do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.spelling import source
from fkdash.catalog.table_name import quoted
from fkdash.catalog.tables_of_fkdash import QUARANTINE
from fkdash.db.literals import literal
from fkdash.fix.plan import BACKSTOP_MS, SHORT_LOCK_MS, Duration, Lock, LockMode, Step
from fkdash.fix.statements.rights import taken_back
from fkdash.fix.statements.took_effect import regclass
from fkdash.fix.steps.batch import stored_values
from fkdash.fix.steps.repair_orphans import Keeping
from fkdash.pasting import dollar_quoted

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName


def quarantine_steps(catalog: Catalog, key: ForeignKey, table: TableName) -> Keeping:
    """Give where the rows go and the steps that make it: one transaction, so that it is never there half closed.

    Default privileges may give others rights on every new table: these are taken back.
    """
    done = f"select {regclass(table)} is not null"
    columns = ", ".join(
        (
            "pg_catalog.now() AS fkdash_kept_at",
            "NULL::pg_catalog.text AS fkdash_reason",
            "NULL::pg_catalog.text AS fkdash_run",
            stored_values(catalog.tables[key.table], "c"),
        )
    )
    made = (
        f"CREATE TABLE IF NOT EXISTS {table.sql} AS\n"
        f"  SELECT {columns} FROM {source(catalog, key.table)} c WITH NO DATA"
    )
    statements = [
        ("keep", f"CREATE SCHEMA IF NOT EXISTS {quoted(QUARANTINE)}"),
        ("keep", made),
        ("keep", f"DO {dollar_quoted(taken_back(table.sql))}"),
        *_given_away(catalog, key, table),
    ]
    steps = tuple(
        Step(
            number=0,
            title=title,
            sql=sql,
            transaction=1,
            locks=(Lock(key.table, LockMode.ACCESS_SHARE, Duration.INSTANT),) if "WITH NO DATA" in sql else (),
            lock_timeout_ms=SHORT_LOCK_MS,
            statement_timeout_ms=BACKSTOP_MS,
            done_when=done,
        )
        for title, sql in statements
    )
    why = f"refers to no row of {key.referenced} by {key.name}"
    return Keeping(
        table,
        steps,
        ("fkdash_kept_at", "fkdash_reason", "fkdash_run"),
        ("pg_catalog.now()", literal(why), literal(table.name)),
    )


def _given_away(catalog: Catalog, key: ForeignKey, table: TableName) -> list[tuple[str, str]]:
    """Give the statements that let the referencing table's owner have it; none where that is the role at work."""
    owner = catalog.tables[key.table].owner
    if owner is None or (catalog.server is not None and catalog.server.role == owner):
        return []
    return [
        ("keep", f"GRANT USAGE, CREATE ON SCHEMA {quoted(QUARANTINE)} TO {quoted(owner)}"),
        ("keep", f"ALTER TABLE {table.sql} OWNER TO {quoted(owner)}"),
    ]
