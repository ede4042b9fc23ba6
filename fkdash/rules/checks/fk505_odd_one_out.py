"""FK505: one foreign key refuses what all others to the same table cascade."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Action
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey

_FEWEST_SIBLINGS: Final = 3
_USUAL_AND_ODD: Final = 2


def _find(catalog: Catalog) -> Iterator[Finding]:
    for keys in catalog.referencing.values():
        counted = Counter(key.on_delete for key in keys)
        if len(counted) == _USUAL_AND_ODD and len(keys) > _FEWEST_SIBLINGS and min(counted.values()) == 1:
            usual, odd = (action for action, _ in counted.most_common())
            if usual is not Action.CASCADE or odd not in REFUSING:
                continue
            yield _finding(next(key for key in keys if key.on_delete is odd), usual, keys)


def _finding(key: ForeignKey, usual: Action, keys: Sequence[ForeignKey]) -> Finding:
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"{key.shown} is ON DELETE {key.on_delete}, while all other {len(keys) - 1} foreign keys to "
        f"{key.referenced.shown} are {usual}.",
        explanation=f"Everything else that refers to {key.referenced.shown} says ON DELETE {usual}. One that "
        "differs is either deliberate or was forgotten when the others were changed.",
        evidence=(f"{len(keys) - 1} foreign keys to {key.referenced}: ON DELETE {usual}",),
        certain=False,
    )


RULE = Rule(
    id="FK505",
    name="odd-one-out",
    severity=Severity.INFO,
    summary="Refuses what all others to the same table cascade",
    explanation="Four or more foreign keys refer to the same table and all but this one are ON DELETE CASCADE, "
    "while this one is NO ACTION or RESTRICT. It may be deliberate; often it is the one that somebody forgot.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE a (id int REFERENCES users ON DELETE CASCADE);\n"
    "CREATE TABLE b (id int REFERENCES users ON DELETE CASCADE);\n"
    "CREATE TABLE c (id int REFERENCES users ON DELETE CASCADE);\n"
    "CREATE TABLE d (id int REFERENCES users);\n",
    find=_find,
    brief="odd one",
)
