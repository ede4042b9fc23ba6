"""FK204: a BEFORE row trigger on the referencing table that can swallow a referential action.

A BEFORE trigger that returns NULL skips the row, also for the internal DELETE or
UPDATE of an action, and nothing checks afterwards (Overview of Trigger Behavior).
So does NEW in a DELETE, and OLD in an UPDATE puts everything back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.rules.actions.barred import event_of
from fkdash.rules.actions.rivals import action_of
from fkdash.rules.actions.swallowing import not_letting_through
from fkdash.rules.actions.trigger_code import Fate
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.catalog.surroundings import Trigger


def _find(catalog: Catalog) -> Iterator[Finding]:
    for name, keys in catalog.declared_on.items():
        if any(_before(table) for table in catalog.with_partitions(name)):
            for key in keys:
                yield from _verdict(catalog, key)


def _before(table: Table) -> bool:
    return any(trigger.before and trigger.constraint is None for trigger in table.triggers or ())


def _verdict(catalog: Catalog, key: ForeignKey) -> Iterator[Finding]:
    for statement in Statement:
        found = not_letting_through(catalog, key, statement)
        if found:
            worst = [trigger for trigger, end in found.items() if end is not Fate.UNKNOWN]
            event = event_of(action_of(key, statement), statement)
            yield _finding(key, statement, event, worst or list(found), understood=bool(worst))
            return


def _finding(
    key: ForeignKey, statement: Statement, event: str, triggers: Sequence[Trigger], *, understood: bool
) -> Finding:
    action = action_of(key, statement)
    names = ", ".join(dict.fromkeys(trigger.shown for trigger in triggers))
    functions = ", ".join(dict.fromkeys(trigger.function for trigger in triggers))
    what = "returns NULL or NEW" if event == "DELETE" else "returns NULL or OLD, or puts another key into NEW,"
    if understood:
        message = (
            f"BEFORE {event} trigger {names} on {key.table.shown} can swallow ON {statement} {action} of "
            f"{key.shown}: "
            f"where {functions} {what} the row stays as it is and refers to nothing."
        )
    else:
        message = (
            f"BEFORE {event} trigger {names} on {key.table.shown} comes before ON {statement} {action} of "
            f"{key.shown}: "
            f"whether it lets the row through is up to {functions}, whose text does not tell."
        )
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=Severity.WARNING if understood else Severity.INFO,
        key=key,
        columns=key.columns,
        message=message,
        explanation=f"ON {statement} {action} is an ordinary {event} of the rows of {key.table.shown} and fires "
        f"their BEFORE triggers. A trigger whose function {what} skips the row or undoes the write; the "
        "referenced row goes all the same and an orphan remains, without an error.",
        statements=(statement,),
        evidence=tuple(f"trigger {trigger.shown} runs {trigger.function}" for trigger in triggers),
        certain=False,
    )


RULE = Rule(
    id="FK204",
    name="trigger-can-swallow-action",
    severity=Severity.WARNING,
    summary="A BEFORE trigger can swallow the referential action",
    explanation="The referencing table has a BEFORE row trigger for the very statement that the referential "
    "action is: BEFORE DELETE for CASCADE, BEFORE UPDATE for SET NULL, SET DEFAULT and ON UPDATE CASCADE. The "
    "function's text is read: where it can return NULL, in a DELETE NEW, in an UPDATE OLD, or assigns a column of "
    "the key, the row stays as it is, the referenced row is deleted nevertheless, and an orphan remains under a "
    "valid foreign key (a warning). Soft-delete triggers do this. A function that cannot be read is worth "
    "knowing.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);\n"
    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';\n"
    "CREATE TRIGGER soft_delete BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION keep();\n"
    "INSERT INTO users VALUES (1);\n"
    "INSERT INTO orders VALUES (10, 1);\n"
    "DELETE FROM users;  -- succeeds and leaves order 10 behind\n",
    find=_find,
    brief="trigger",
    doubt="a BEFORE trigger can swallow its action",
    hangs_on=frozenset({HangsOn.CODE}),
)
