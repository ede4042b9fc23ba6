"""FK303: repairing a foreign key has to read a large table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.actions.obstacles import obstacles
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity
from fkdash.rules.sizes import LARGE_BYTES, LARGE_ROWS, bytes_of, in_words, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey


def _find(catalog: Catalog) -> Iterator[Finding]:
    contradicting = {
        id(write.key): write.key for write, met in obstacles(catalog) if any(each.certain for each in met)
    }
    unchecked = {id(key): key for key in catalog.foreign_keys if not key.validated and key.enforced}
    for key in (contradicting | unchecked).values():
        rows, size = rows_of(catalog, key.table), bytes_of(catalog, key.table)
        if (rows or 0) >= LARGE_ROWS or (size or 0) >= LARGE_BYTES:
            yield _finding(catalog, key, rows, size)


def _finding(catalog: Catalog, key: ForeignKey, rows: int | None, size: int | None) -> Finding:
    gigabytes = f", {size / 1024**3:,.0f} GB" if size else ""
    busy = catalog.tables[key.referenced].name.name
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"Repairing {key.shown} reads all of {key.table.shown} once ({in_words(rows)}{gigabytes}); in one "
        f"step that would lock {key.table.shown} and {busy} for as long.",
        explanation=f"Adding or changing a foreign key checks every row of {key.table.shown}. Done in two steps, "
        "NOT VALID and VALIDATE CONSTRAINT, the check disturbs nobody; done in one, writers of both tables "
        "wait until it ends.",
        evidence=(f"{key.table} has {in_words(rows)}{gigabytes}",),
    )


RULE = Rule(
    id="FK303",
    name="fix-reads-large-table",
    severity=Severity.INFO,
    summary="Repairing it has to read a large table",
    explanation="The foreign key needs a repair (it contradicts itself or was never validated) and its table "
    "has ten million rows or ten gigabytes and more. A plain ALTER TABLE ... ADD FOREIGN KEY would lock both "
    "tables for the whole check; NOT VALID followed by VALIDATE CONSTRAINT does not.",
    example="-- a table of ten million rows and more\n"
    "ALTER TABLE events ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;  -- to be validated some day\n",
    find=_find,
    brief="large",
    needs_server="how large a table is",
)
