"""Turns a plan into the parts of a migration, which leave a database alone that has the change already.

A plan waits for nobody and tries again; a migration runs once, unattended, on databases that are not looked at
here. So it names no OID, and what replaces a key asks first whether the key is the new one already.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.catalog.table_name import quoted
from fkdash.errors import StoppedError
from fkdash.fix.export.model import Kind, Migration, Part, Statement
from fkdash.fix.statements.definition import server_name, swap
from fkdash.fix.statements.took_effect import key_is
from fkdash.pasting import for_psql, in_comment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.plan import Plan, Step

_LONGEST_SLUG: Final = 60
_ABOUT_COLUMNS: Final = frozenset({"drop-not-null", "create-index", "set-column-default"})
_HARMLESS_AGAIN: Final = frozenset({"allow NULL", "default", "comment", "check", "attach index"})
_IF_NOT_EXISTS: Final = (
    ("CREATE INDEX CONCURRENTLY ", "CREATE INDEX CONCURRENTLY IF NOT EXISTS "),
    ("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS "),
)
_IN_PATH: Final = re.compile(
    r"""(?:'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?<=\ )(?P<sign>=|<>)(?=\ )
      | (?<![\w."])(?P<name>pg_(?!catalog\b)\w+|to_regclass|obj_description|concat|text)\b""",
    re.VERBOSE,
)
_OID: Final = re.compile(r" and oid <> \d+")


def migration_of(plan: Plan, *, name: str | None = None) -> Migration:
    """Give a plan as a migration; raises StoppedError for one that changes rows, which needs a watch."""
    if any(step.repeats for step in plan.steps):
        raise StoppedError(
            f"{plan.option} for {plan.key.qualified} changes rows in batches, each looked at again; "
            "a migration cannot do that.",
            next_step="Apply it here, or export it as a script for psql.",
        )
    if not plan.steps:
        raise StoppedError(
            f"{plan.option} for {plan.key.qualified} has no statement to export.",
            next_step="There is nothing to do.",
        )
    return Migration(
        plan=plan,
        slug=slug(name) if name else _slug(plan),
        title=in_comment(f"{plan.option} for {plan.key.qualified}"),
        parts=_parts(plan),
    )


def slug(text: str) -> str:
    """Give a name of ASCII letters, digits and underscores, at most 60 long; it begins with a letter.

    Rails and Ecto make the name of a class of it.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_") or "foreign_key"
    return (f"fk_{made}" if made[0].isdigit() else made)[:_LONGEST_SLUG].strip("_")


def _slug(plan: Plan) -> str:
    option, table = plan.option.replace("-", "_"), plan.key.table
    # Two schemas may have tables of one name.
    named = table.name if table.schema == "public" else f"{table.schema}_{table.name}"
    if plan.option in _ABOUT_COLUMNS:
        return _joined(named, plan.key.columns, option)
    return _joined(named, [name.removesuffix("_id") for name in plan.key.columns], f"fk_{option}")


def _joined(table: str, columns: Iterable[str], ending: str) -> str:
    start = slug("_".join((table, *columns)))
    return f"{start[: _LONGEST_SLUG - len(ending) - 1].strip('_')}_{ending}"


def _parts(plan: Plan) -> tuple[Part, ...]:
    parts: list[Part] = []
    for kind, steps in groupby(plan.steps, key=_kind):
        together = tuple(steps)
        alone = kind is Kind.ALONE
        groups = [(step,) for step in together] if alone else [together]
        parts += [Part(kind, tuple(_statement(plan, step) for step in group)) for group in groups]
    last = max((place for place, part in enumerate(parts) if part.kind is Kind.CHANGE), default=len(parts) - 1)
    parts[last] = replace(parts[last], down=_down(plan))
    return tuple(parts)


def _kind(step: Step) -> Kind:
    if step.alone:
        return Kind.ALONE
    return Kind.CHECK if step.checks_rows else Kind.CHANGE


def _statement(plan: Plan, step: Step) -> Statement:
    new, old = plan.goal.key, plan.key
    if step.title in _HARMLESS_AGAIN:
        return Statement(step.sql, step.title)
    for start, idempotent in _IF_NOT_EXISTS:
        if step.sql.startswith(start):
            return Statement(step.sql.replace(start, idempotent, 1), step.title)
    if step.title == "drop":
        return Statement(step.sql.replace(" DROP CONSTRAINT ", " DROP CONSTRAINT IF EXISTS ", 1), step.title)
    if step.title == "name":
        return Statement(step.sql, step.title, _condition(step.done_when))
    if _declares(new) == _declares(old):
        return Statement(step.sql, step.title)
    return Statement(step.sql, step.title, _condition(key_is(new, replace(old, oid=None))))


def _condition(query: str) -> str:
    """Give a query that is true or false as a condition, in which no name is looked for in the path."""
    return in_no_path(_OID.sub("", query).removeprefix("select "))


def in_no_path(sql: str) -> str:
    """Give a query on the catalogs with every name in it qualified.

    A script runs with the rights of whoever pastes it, and in whatever path the database has: an operator that
    somebody planted there would run with them.
    """
    return _IN_PATH.sub(_qualified, sql)


def _qualified(found: re.Match[str]) -> str:
    if found["sign"]:
        return f"OPERATOR(pg_catalog.{found['sign']})"
    if found["name"]:
        return f"pg_catalog.{found['name']}"
    return found[0]


def _declares(key: ForeignKey) -> tuple[object, ...]:
    return key.on_delete, key.on_update, key.delete_columns, key.enforced, key.validated


def _down(plan: Plan) -> tuple[Statement, ...]:
    """Give the way back in one transaction: there nothing is gained by proving first what is declared then."""
    statements: list[Statement] = []
    steps = [_without_proof(plan, step) for step in plan.undo]
    merged = _swapped_at_once(plan, steps)
    for step in merged:
        sql = step.sql
        if sql not in {each.sql for each in statements}:
            statements.append(Statement(sql, step.title))
    return tuple(statements)


def _swapped_at_once(plan: Plan, steps: Sequence[Step]) -> list[Step]:
    old, new = plan.key, plan.goal.key
    not_valid = swap(new, old, not_valid=True)
    if not_valid not in {step.sql for step in steps} or not old.validated:
        return list(steps)
    found = []
    for step in steps:
        if step.sql == not_valid:
            found.append(replace(step, sql=swap(new, old, not_valid=False)))
        elif not (step.checks_rows and quoted(old.name) in step.sql):
            found.append(step)
    return found


def _without_proof(plan: Plan, step: Step) -> Step:
    """Give SET NOT NULL for every step that restores a column, but for a NOT NULL of a name of its own."""
    for table, column in plan.goal.nullable:
        if _restores(plan, step, table, column):
            sql = f"ALTER TABLE {table.sql} ALTER COLUMN {quoted(column)} SET NOT NULL"
            return replace(step, sql=sql, title="NOT NULL")
    return step


def _restores(plan: Plan, step: Step, table: TableName, column: str) -> bool:
    about = f"ALTER TABLE {table.sql} "
    if not step.sql.startswith(about) or "FOREIGN KEY" in step.sql:
        return False
    made = server_name(table.name, column, "not_null")
    clauses = (
        f"ADD CONSTRAINT {quoted(made)} NOT NULL {quoted(column)} NOT VALID",
        f"VALIDATE CONSTRAINT {quoted(made)}",
    )
    if step.sql.removeprefix(about) in clauses:
        return True
    proofs = re.compile(
        rf'(ADD CONSTRAINT ("fkdash_\d+_not_null") CHECK \({re.escape(quoted(column))} IS NOT NULL\) NOT VALID'
        rf'|ALTER COLUMN {re.escape(quoted(column))} SET NOT NULL, DROP CONSTRAINT ("fkdash_\d+_not_null"))'
    )
    if proofs.fullmatch(step.sql.removeprefix(about)):
        return True
    proof = re.fullmatch(r'VALIDATE CONSTRAINT ("fkdash_\d+_not_null")', step.sql.removeprefix(about))
    return proof is not None and any(
        proof[1] in each.sql and quoted(column) in each.sql for each in plan.undo if each is not step
    )


def qualified_without_public(name: TableName) -> str:
    """Give a table's name as generators of SQL do: without its schema in public."""
    return quoted(name.name) if name.schema == "public" else name.sql


def action_words(action: Action) -> str:
    """Give an action in lower case, as generators write it."""
    return action.value.lower()


def guarded(statement: Statement) -> str:
    """Give a statement that does nothing where it took effect already, its names spelled so that it can be pasted.

    They are spelled first: afterwards a line break in it is one between words, and it can be indented.
    """
    sql = for_psql(statement.sql)
    if not statement.done:
        return sql
    done, body = for_psql(statement.done), sql.replace("\n", "\n    ")
    tag, number = "$fkdash$", 1
    while tag in body or tag in done:
        number += 1
        tag = f"$fkdash{number}$"
    return f"DO {tag} BEGIN\n  IF NOT {done} THEN\n    {body};\n  END IF;\nEND {tag}"
