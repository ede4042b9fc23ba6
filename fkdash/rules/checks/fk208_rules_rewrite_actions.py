"""FK208: rewrite rules on the referencing table replace the statement that a referential action is.

A rule DO INSTEAD rewrites the internal DELETE or UPDATE too: PostgreSQL then refuses with XX000, "gave unexpected
result", rows or not (The Rule System; ri_triggers.c). One with a condition takes the rows it is about out of the
action, and an orphan remains. DO ALSO and rules for other statements do no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.rules.actions.barred import any_row, barred, event_of
from fkdash.rules.actions.enforcement import action_runs
from fkdash.rules.actions.rivals import action_of
from fkdash.rules.actions.statements import replacing_rules
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.surroundings import RewriteRule
    from fkdash.rules.actions.barred import Bar


def _find(catalog: Catalog) -> Iterator[Finding]:
    for bar in barred(catalog):
        if bar.rule == RULE.id:
            yield _refused(catalog, bar)
    for name, keys in catalog.declared_on.items():
        for key in keys if catalog.tables[name].rules else ():
            yield from _conditional(catalog, key)


def _refused(catalog: Catalog, bar: Bar) -> Finding:
    key = bar.key
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"{bar.reason[:1].upper()}{bar.reason[1:]}: {bar.doing} of {key.shown} fails with "
        f"{bar.error.sqlstate} for {any_row(catalog, key)}, referred to or not.",
        explanation=f"{bar.doing} is an ordinary statement on {key.table.shown}, and {bar.reason}. PostgreSQL is "
        "left with a result it did not ask for and refuses, before any row is looked at. The rule or the action "
        "has to go.",
        statements=bar.statements,
        error=bar.error,
        evidence=(bar.reason,),
        fixes=("no-action", "restrict"),
    )


def _conditional(catalog: Catalog, key: ForeignKey) -> Iterator[Finding]:
    for statement in Statement:
        event = event_of(action_of(key, statement), statement)
        rules = [
            rule for rule in replacing_rules(catalog.tables[key.table], event) if rule.conditional or rule.alike
        ]
        if rules and action_runs(catalog, key, statement):
            yield _swallowed(key, statement, event, rules)
            return


def _swallowed(key: ForeignKey, statement: Statement, event: str, rules: list[RewriteRule]) -> Finding:
    names = ", ".join(rule.shown for rule in rules)
    action = action_of(key, statement)
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=Severity.WARNING,
        key=key,
        columns=key.columns,
        message=f"Rule {names} ON {event} of {key.table.shown} takes the rows it is about out of ON {statement} "
        f"{action} of {key.shown}: they stay and refer to nothing.",
        explanation=f"ON {statement} {action} is an ordinary {event} of {key.table.shown}, and {names} is "
        "carried out in its place for the rows that its condition, if any, is true for. The referenced row goes "
        "all the same.",
        statements=(statement,),
        evidence=tuple(f"rule {rule.shown} ON {event} of {key.table} DO INSTEAD" for rule in rules),
        certain=False,
    )


RULE = Rule(
    id="FK208",
    name="rules-rewrite-actions",
    severity=Severity.ERROR,
    summary="A rewrite rule replaces the referential action",
    explanation="The referencing table has a rule DO INSTEAD (a soft delete, say) for the very statement that the "
    "referential action is: ON DELETE for CASCADE, ON UPDATE for SET NULL, SET DEFAULT and ON UPDATE CASCADE. "
    "PostgreSQL refuses with SQLSTATE XX000, whether a row is referred to or not. A rule with a condition, or one "
    "that carries out a statement of the same kind elsewhere, takes rows out of the action and leaves orphans (a "
    "warning).",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);\n"
    "CREATE RULE keep AS ON DELETE TO orders DO INSTEAD NOTHING;\n"
    "INSERT INTO users VALUES (1);\n"
    "INSERT INTO orders VALUES (10, 1);\n"
    "DELETE FROM users;  -- ERROR XX000\n",
    find=_find,
    brief="rewritten",
    doubt="rewrite rules get in the way of its action",
    hangs_on=frozenset({HangsOn.CODE}),
)
