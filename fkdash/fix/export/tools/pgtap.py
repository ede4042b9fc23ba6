"""pgTAP: a test that pins what was decided; it fails on the schema from before the fix and passes after it.

It needs no rows: in its transaction, which is rolled back, it takes away what else could stop two rows of its own
(other keys, checks, triggers), so that it tells of this one key alone.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Action
from fkdash.db.literals import literal
from fkdash.db.queries import query
from fkdash.fix.export.another import refuse_anothers
from fkdash.fix.export.folder import created, folders, names, newline_of, only_one, read
from fkdash.fix.export.migration import in_no_path
from fkdash.fix.export.model import Exported, Transaction, UnfitFolderError
from fkdash.fix.export.sequence import about, refuse_repeated
from fkdash.fix.export.sql_text import comment
from fkdash.fix.statements.took_effect import constraint_oid
from fkdash.pasting import WHOSE_RIGHTS, for_psql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fkdash.fix.export.model import Request
    from fkdash.fix.plan import Plan

_NAMES: Final = frozenset({"t", "test", "tests"})
_ANY: Final = re.compile(r".*\.(?:sql|pg)")


def export(request: Request) -> Exported:
    """Give one test file."""
    plan = request.migration.plan
    folder = _folder(request)
    refuse_anothers(folder, "a test of pgTAP")
    refuse_repeated(folder, request)
    tests = [*_declared(plan), *_deleted(plan)]
    if not tests:
        raise UnfitFolderError(f"There is nothing of {plan.option} that a test could pin.")
    endings = [name for name in names(folder) if name.endswith((".pg", ".sql"))]
    ending = ".pg" if endings and endings[-1].endswith(".pg") else ".sql"
    numbered = [match[1] for name in endings if (match := re.match(r"(\d+)[-_.]", name))]
    prefix = f"{max(map(int, numbered)) + 1:0{len(max(numbered, key=int))}d}-" if numbered else ""
    body = "\n".join(tests)
    text = (
        comment(f"Pins {request.migration.title}: run it with pg_prove or psql.\n{WHOSE_RIGHTS}")
        + f"BEGIN;\n\n{_template('pgtap_path')}{_helpers(plan)}{_template('pgtap_functions')}"
        + f"SELECT plan({len(tests)});\n\n{body}\n\n"
        + "SELECT * FROM finish();\n\nROLLBACK;\n"
    )
    path = folder / f"{prefix}{request.migration.slug}{ending}"
    return Exported(
        tool="pgtap",
        files=(created(path, text, newline_of(folder / name for name in endings)),),
        transactions=(Transaction(path, tuple(tests), "rolled back: it leaves nothing behind"),),
        notes=("it needs CREATE EXTENSION pgtap in the database that is tested",),
    )


def _folder(request: Request) -> Path:
    """Give the folder that has tests, else the one whose name says so, else the one named.

    Of several that have some, the outermost that speaks of the table; raises UnfitFolderError for several such.
    """
    root = request.folder
    likely = [each for each in folders(root) if any(_is_test(each / name) for name in names(each))]
    likely = about(likely, _ANY, request) or [each for each in folders(root) if each.name in _NAMES]
    outermost = [each for each in likely if not any(other in each.parents for other in likely)]
    nearest = min((len(each.parts) for each in outermost), default=0)
    if not any(_is_test(each / name) for each in outermost for name in names(each)):
        outermost = [each for each in outermost if len(each.parts) == nearest]
    return only_one(outermost, "pgTAP", root, sign="a test") if outermost else root


def _is_test(path: Path) -> bool:
    if path.suffix not in {".sql", ".pg"} or not path.is_file():
        return False
    try:
        return bool(re.search(r"\b(?:no_plan|plan)\s*\(", read(path).text))
    except UnfitFolderError:
        return False


def _declared(plan: Plan) -> Iterator[str]:
    key = plan.goal.key
    there = constraint_oid(key.table, key.name)
    if plan.goal.gone:
        yield _test("ok", in_no_path(f"NOT EXISTS ({there})"), f"{key.name} is not declared")
        return
    facts = in_no_path(
        f"SELECT concat(confdeltype, confupdtype, convalidated) FROM pg_constraint WHERE oid = ({there})"
    )
    wanted = f"{key.on_delete.letter}{key.on_update.letter}{'t' if key.validated else 'f'}"
    said = f"{key.name} is ON DELETE {key.on_delete}, ON UPDATE {key.on_update}" + (
        " and validated" if key.validated else ""
    )
    yield _test("is", f"({facts}), {literal(wanted)}", said)
    for table, column in plan.goal.nullable:
        yield _test(
            "ok",
            in_no_path(
                f"NOT (SELECT attnotnull FROM pg_attribute WHERE attrelid = to_regclass({literal(table.sql)}) "
                f"AND attname = {literal(column)})"
            ),
            f"{table.name}.{column} accepts NULL",
        )
    for words, condition in plan.goal.checks:
        yield _test("ok", f"({in_no_path(condition)})", words)


def _deleted(plan: Plan) -> Iterator[str]:
    key = plan.goal.key
    changed = key.on_delete != plan.key.on_delete or plan.goal.nullable
    if plan.goal.gone or not changed or not key.enforced or key.period or key.on_delete is Action.SET_DEFAULT:
        return
    what = f"deleting a row of {key.referenced.name} that {key.table.name} refers to"
    run = literal("SELECT pg_temp.fkdash_delete()")
    if key.on_delete in REFUSING:
        # From 18 on RESTRICT has a SQLSTATE of its own.
        yield _test("matches", "pg_temp.fkdash_sqlstate(), '^(23503|23001)$'", f"{what} is refused")
        return
    yield _test("lives_ok", run, f"{what} is allowed")
    counted = "SELECT pg_catalog.count(*)::pg_catalog.int4 FROM pg_temp.fkdash_referencing() AS r"
    if key.on_delete is Action.CASCADE:
        yield _test("is", f"({counted}), 0", f"{what} deletes those as well")
    else:
        names_ = key.set_columns
        null = " AND ".join(f"(r OPERATOR(pg_catalog.->>) {literal(name)}) IS NULL" for name in names_)
        yield _test(
            "is",
            f"({counted} WHERE {null}), 1",
            f"{what} sets {', '.join(names_)} to NULL",
        )


def _test(function: str, arguments: str, words: str) -> str:
    return for_psql(f"SELECT {function}({arguments}, {literal(words)});")


def _helpers(plan: Plan) -> str:
    if not list(_deleted(plan)):
        return ""
    key = plan.goal.key
    pairs = dict(zip(key.columns, key.referenced_columns, strict=True))
    values = {
        "referencing": literal(key.table.sql),
        "referenced": literal(key.referenced.sql),
        "constraint": literal(key.name),
        "pairs": literal(json.dumps(pairs, ensure_ascii=False)),
    }
    return re.sub(r":'(\w+)'", lambda match: for_psql(values[match[1]]), _template("pgtap_rows"))


def _template(name: str) -> str:
    return f"{query('fkdash.fix.export', name).rstrip()}\n\n"
