"""FK501: a foreign key that another one repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import listed
from fkdash.rules.actions.rivals import same_reference
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey


def _find(catalog: Catalog) -> Iterator[Finding]:
    for keys in same_reference(catalog).values():
        kept: list[ForeignKey] = []
        for key in sorted(keys, key=lambda key: (not key.validated, not key.enforced, key.oid or 0)):
            same = next((other for other in kept if _does_the_same(key, other)), None)
            if same is None:
                kept.append(key)
            else:
                yield _finding(key, same)


def _does_the_same(one: ForeignKey, other: ForeignKey) -> bool:
    return (one.on_delete, one.on_update, set(one.set_columns), one.match, one.deferrable, one.enforced) == (
        other.on_delete,
        other.on_update,
        set(other.set_columns),
        other.match,
        other.deferrable,
        other.enforced,
    )


def _finding(key: ForeignKey, same: ForeignKey) -> Finding:
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"{key.shown} repeats {same.shown}: {key.table.shown} ({listed(key.columns)}) refers to "
        f"{key.referenced.shown} twice, every row is checked twice.",
        explanation=f"{key.shown} and {same.shown} say the same. Each adds its own triggers, so that every write "
        "is checked and every delete acted upon once more, and a change of one leaves the other behind as a "
        "contradiction.",
        evidence=(f"{same.qualified} has the same columns, actions and match",),
        fixes=("drop-duplicate",),
        path=(same, key),
    )


RULE = Rule(
    id="FK501",
    name="duplicate",
    severity=Severity.WARNING,
    summary="Repeats another foreign key",
    explanation="Two foreign keys make the same columns refer to the same columns with the same actions. "
    "Nothing is gained; every row is checked twice, and whoever changes one of them later is surprised by the "
    "other.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users REFERENCES users);\n",
    find=_find,
    brief="twice",
)
