"""FK204: a BEFORE row trigger on the referencing table that can swallow a referential action.

A BEFORE trigger that returns NULL skips the row, also for the internal DELETE or
UPDATE of an action, and nothing checks afterwards (Overview of Trigger Behavior).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import Action
from fkdash.rules.enforcement import action_runs
from fkdash.rules.finding import Finding, Rule, Severity, Statement
from fkdash.rules.rivals import action_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey, Trigger


def _find(catalog: Catalog) -> Iterator[Finding]:
    for name, keys in catalog.declared_on.items():
        triggers = [
            trigger
            for table in catalog.with_partitions(name)
            for trigger in table.triggers or ()
            if trigger.constraint is None and trigger.before and trigger.row and trigger.enabled in "OA"
        ]
        for key in keys if triggers else ():
            yield from _verdict(catalog, key, triggers)


def _verdict(catalog: Catalog, key: ForeignKey, triggers: list[Trigger]) -> Iterator[Finding]:
    for statement in Statement:
        event = _event(action_of(key, statement), statement)
        found = [trigger for trigger in triggers if event in trigger.events]
        if event and found and action_runs(catalog, key, statement):
            yield _finding(key, statement, event, list(dict.fromkeys(trigger.name for trigger in found)), found)
            return


def _event(action: Action, statement: Statement) -> str:
    if action is Action.CASCADE:
        return str(statement)
    return "UPDATE" if action is Action.SET_NULL else ""


def _finding(key: ForeignKey, statement: Statement, event: str, names: list[str], found: list[Trigger]) -> Finding:
    action = action_of(key, statement)
    deletes = event == "DELETE"
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=Severity.WARNING if deletes else Severity.INFO,
        key=key,
        columns=key.columns,
        message=f"BEFORE {event} trigger {', '.join(names)} on {key.table.name} can swallow ON {statement} "
        f"{action} of {key.name}: where it returns NULL the row stays and refers to nothing.",
        explanation=f"ON {statement} {action} is an ordinary {event} of the rows of {key.table.name} and fires "
        "their BEFORE triggers. A trigger that returns NULL skips the row; the referenced row goes all the "
        "same and an orphan remains, without an error. Whether it does is decided by the function, which is "
        "not read here.",
        statements=(statement,),
        evidence=tuple(f"trigger {trigger.name} runs {trigger.function}" for trigger in found),
        certain=False,
    )


RULE = Rule(
    id="FK204",
    name="trigger-can-swallow-action",
    severity=Severity.WARNING,
    summary="A BEFORE trigger can swallow the referential action",
    explanation="The referencing table has a BEFORE row trigger for the very statement that the referential "
    "action is: BEFORE DELETE for CASCADE (a warning), BEFORE UPDATE for SET NULL (worth knowing). If its "
    "function returns NULL the row is skipped, the referenced row is deleted nevertheless, and an orphan "
    "remains under a valid foreign key. Soft-delete triggers do this.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);\n"
    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';\n"
    "CREATE TRIGGER soft_delete BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION keep();\n"
    "INSERT INTO users VALUES (1);\n"
    "INSERT INTO orders VALUES (10, 1);\n"
    "DELETE FROM users;  -- succeeds and leaves order 10 behind\n",
    find=_find,
)
