"""FK111: several foreign keys make the same columns refer to the same columns and do different things.

All of them act, in the byte order of their triggers' names, and the first one
that deletes, rewrites or refuses the row decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import REFUSING, Statement
from fkdash.catalog.table_name import listed
from fkdash.rules.actions.enforcement import action_runs, refusal_error
from fkdash.rules.actions.rivals import action_of, acts_before, same_reference
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey


def _find(catalog: Catalog) -> Iterator[Finding]:
    for keys in same_reference(catalog).values():
        statements = tuple(statement for statement in Statement if _differ(catalog, keys, statement))
        if statements:
            yield _finding(catalog, keys, statements)


def _differ(catalog: Catalog, keys: Sequence[ForeignKey], statement: Statement) -> bool:
    return len({action_of(key, statement) for key in keys if action_runs(catalog, key, statement)}) > 1


def _finding(catalog: Catalog, keys: Sequence[ForeignKey], statements: tuple[Statement, ...]) -> Finding:
    first = next(
        (key for key in keys if all(key is each or acts_before(catalog, key, each) for each in keys)), None
    )
    key = keys[-1]
    doing = "; ".join(
        f"ON {statement}: " + ", ".join(f"{each.shown} {action_of(each, statement)}" for each in keys)
        for statement in statements
    )
    refusing = next((each for each in keys if action_of(each, statements[0]) in REFUSING), None)
    decides = f"{first.shown} probably acts first" if first else "which acts first is not known from this source"
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"{len(keys)} foreign keys on {key.table.shown} ({listed(key.columns)}) to "
        f"{key.referenced.shown} have different actions ({doing}); which one decides depends on the order they "
        "were created in.",
        explanation=f"{' and '.join(each.shown for each in keys)} make the same columns refer to the same "
        "columns, but do different things. PostgreSQL runs the action of each in the byte order of the "
        f"internal triggers' names, which end in object identifiers; here {decides}. A dump and restore may "
        "reverse it.",
        statements=statements,
        error=refusal_error(catalog, refusing, action_of(refusing, statements[0])) if refusing else None,
        evidence=tuple(
            f"{each.qualified}: {action_of(each, one)} ON {one}" for each in keys for one in statements
        ),
        fixes=("drop-duplicate",),
        certain=False,
        path=tuple(keys),
    )


RULE = Rule(
    id="FK111",
    name="conflicting-actions",
    severity=Severity.WARNING,
    summary="Foreign keys over the same columns have different actions",
    explanation="Two or more foreign keys make the same columns refer to the same columns with different "
    "referential actions. Each acts on the row in turn, and the first to delete, rewrite or refuse it decides. "
    "The order is that of internal trigger names, normally the order of creation, but not across a power of "
    "ten of the object identifiers and not after a dump and restore: the same schema can delete on one server "
    "and refuse on another.",
    example="CREATE TABLE projects (id int PRIMARY KEY);\n"
    "CREATE TABLE replies (\n"
    "  id int PRIMARY KEY,\n"
    "  project_id int,\n"
    "  CONSTRAINT one FOREIGN KEY (project_id) REFERENCES projects,\n"
    "  CONSTRAINT other FOREIGN KEY (project_id) REFERENCES projects ON DELETE CASCADE\n"
    ");\n"
    "INSERT INTO projects VALUES (1);\n"
    "INSERT INTO replies VALUES (10, 1);\n"
    "DELETE FROM projects;  -- normally ERROR 23503, because the key named one is older\n",
    find=_find,
)
