"""FK201: a foreign key whose existing rows were never checked (ALTER TABLE, "NOT VALID")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog


def _find(catalog: Catalog) -> Iterator[Finding]:
    for key in catalog.foreign_keys:
        if key.validated or not key.enforced:
            continue
        yield Finding(
            rule=RULE.id,
            name=RULE.name,
            severity=RULE.severity,
            key=key,
            columns=key.columns,
            message=f"{key.shown} is NOT VALID: rows of {key.table.shown} older than it may refer to "
            f"rows of {key.referenced.shown} that do not exist.",
            explanation=f"{key.shown} checks every new row and its ON DELETE {key.on_delete} runs, but the rows "
            "that were there when it was added were never checked. VALIDATE CONSTRAINT checks them without "
            "stopping anybody; it fails on the first orphan.",
            evidence=("convalidated is false",),
            fixes=("validate",),
        )


RULE = Rule(
    id="FK201",
    name="not-valid",
    severity=Severity.WARNING,
    summary="Existing rows were never checked (NOT VALID)",
    explanation="The foreign key was added NOT VALID and never validated. New rows are checked and its actions "
    "run, but rows from before may be orphans. Queries that rely on the reference give wrong answers, and the "
    "planner does not trust it.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int);\n"
    "INSERT INTO orders VALUES (10, 77);\n"
    "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;  -- order 10 is an orphan\n",
    find=_find,
    doubt="NOT VALID: the rows from before were never checked",
)
