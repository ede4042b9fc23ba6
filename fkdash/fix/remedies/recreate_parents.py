"""The rows that orphans refer to, made again: from the key that the orphans name and the values an operator names.

Taken back, a row goes only where it is still as it was made, nothing else refers to it, and no more rows than then
refer to it by this key: then the orphans are orphans again, and nobody's new row becomes one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Match
from fkdash.catalog.spelling import compared_type, is_orphan, matches, pairs, source
from fkdash.catalog.table_name import TableName, quoted
from fkdash.catalog.tables_of_fkdash import kept_parents
from fkdash.fix.option import AS_TODAY, Option
from fkdash.fix.plan import (
    BACKSTOP_MS,
    MAKE_ROWS,
    SHORT_LOCK_MS,
    Batch,
    Duration,
    Goal,
    Kept,
    Lock,
    LockMode,
    Plan,
    Step,
    Tried,
)
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.remedy import Remedy
from fkdash.fix.statements.redeclaring import numbered, validation
from fkdash.fix.statements.took_effect import key_is, regclass
from fkdash.fix.statements.values import constant, in_words, named_columns
from fkdash.fix.steps.batch import named_by, once, repeated, tally
from fkdash.fix.steps.change_key import change, takes_not_valid
from fkdash.fix.steps.put_back import with_key_lifted
from fkdash.rules.actions.enforcement import is_silenced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.plan import Pace
    from fkdash.fix.remedy import Asked
    from fkdash.fix.statements.values import Values
    from fkdash.rules.finding import Finding

_BACK_ROWS: Final = 500


def _offer(catalog: Catalog, finding: Finding) -> Option:
    key = finding.key
    refused = ""
    types = catalog.tables[key.referenced].columns_by_name
    computed = [name for name in key.referenced_columns if types[name].generated]
    if computed:
        refused = f"{', '.join(computed)} is generated, and no statement gives it a value"
    elif key.period or (key.match is Match.FULL and len(key.columns) > 1):
        refused = "it is temporal or MATCH FULL, so that not every orphan names a row to make"
    elif not takes_not_valid(catalog, key):
        refused = "before PostgreSQL 18 a key of a partitioned table cannot stand beside orphans"
    return Option(
        id="recreate-parents",
        title="recreate missing rows",
        then=AS_TODAY,
        application=f"finds rows of {key.referenced.shown} again that were gone",
        frees=False,
        proves=True,
        undo=f"the made rows that are as they were made and that nothing else refers to, by {kept_parents(key)}",
        refused=refused,
        fills=_others(catalog, key),
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, asked: Asked) -> Plan:
    key, pace = finding.key, asked.pace
    filled = _filled(catalog, key, asked.words)
    kept = kept_parents(key)
    proven = replace(key, validated=True, enforced=True)
    steps: list[Step] = []
    anew = is_silenced(catalog, key) or key.validated or not key.enforced
    if anew:
        steps += [step for step in change(catalog, key, proven).steps if not step.checks_rows]
    number = steps[-1].transaction + 1 if steps else 1
    before = key if anew else replace(key, oid=None)
    steps += [
        _keep(catalog, key, kept, number),
        _make(catalog, key, kept, filled, pace=pace, transaction=number + 1),
        validation(
            catalog, key.table, key.name, proven, number + 2, done_when=key_is(proven, before, validated=True)
        ),
    ]
    back = _back(catalog, key, kept, filled)
    named = f" with {in_words(filled)}" if filled else ""
    return Plan(
        key=key,
        rule=finding.rule,
        option=option.id,
        procedure=("the key is declared anew first, so that no new orphan comes in; then " if anew else "")
        + f"rows of {key.referenced} are made{named} for the keys that orphans name, in "
        f"{pace.words}; at last the key is validated without stopping anybody",
        fingerprint=fingerprint(catalog, key),
        steps=numbered(*steps),
        undo=back,
        undo_condition=option.undo,
        consequences=(
            option.then,
            f"the application {option.application}{named}",
            *filter(None, (option.blocked,)),
            f"undo: {option.undo}",
        ),
        goal=Goal(key=proven),
        mends=True,
        abandon=back,
        filled=filled,
        kept=Kept(
            kept,
            f"select (select count(*) from {kept.sql}) as kept, "
            f"(select count(*) from ({_ready(catalog, key, kept, filled)}) r) as returning_rows",
        ),
        pace=pace,
        objects=objects(catalog, key),
    )


def _filled(catalog: Catalog, key: ForeignKey, words: Sequence[str]) -> Values:
    """Read the values of other columns; where one that must have a value has none, nothing is made (23502)."""
    return named_columns(_others(catalog, key), words)


def _others(catalog: Catalog, key: ForeignKey) -> tuple[str, ...]:
    """Give the columns of the made rows that orphans say nothing of and a statement may write."""
    return tuple(
        column.name
        for column in catalog.tables[key.referenced].columns
        if column.name not in key.referenced_columns and not column.generated and not column.identity_always
    )


def _keep(catalog: Catalog, key: ForeignKey, kept: TableName, transaction: int) -> Step:
    columns = ", ".join(f"c.{quoted(name)}" for name in key.columns)
    return Step(
        number=0,
        title="keep",
        sql=f"CREATE TABLE IF NOT EXISTS {kept.sql} AS\n"
        f"  SELECT pg_catalog.now() AS fkdash_kept_at, 0::pg_catalog.int8 AS fkdash_rows, {columns}\n"
        f"    FROM {source(catalog, key.table)} c WITH NO DATA",
        transaction=transaction,
        locks=(Lock(key.table, LockMode.ACCESS_SHARE, Duration.INSTANT),),
        lock_timeout_ms=SHORT_LOCK_MS,
        statement_timeout_ms=BACKSTOP_MS,
        done_when=f"select {regclass(kept)} is not null",
    )


def _make(
    catalog: Catalog, key: ForeignKey, kept: TableName, filled: Values, *, pace: Pace, transaction: int
) -> Step:
    orphan = is_orphan(catalog, key)
    own = ", ".join(f"c.{quoted(name)}" for name in key.columns)
    names = ", ".join(quoted(name) for name in key.columns)
    columns = ", ".join(quoted(name) for name in (*key.referenced_columns, *(name for name, _ in filled)))
    values = [f"missing.{quoted(name)}" for name in key.columns]
    columns_by_name = catalog.tables[key.referenced].columns_by_name
    # A cast to the column's own type would cut what is too long for it.
    values += [
        constant(text, columns_by_name[name], compared_type(columns_by_name[name])) for name, text in filled
    ]
    last = (
        f"INSERT INTO {key.referenced.sql} ({columns}) OVERRIDING SYSTEM VALUE\n"
        f"  SELECT {', '.join(values)} FROM missing"
    )
    rows = (
        f"  SELECT pg_catalog.count(*) AS fkdash_rows, {own} FROM {source(catalog, key.table)} c\n"
        f"   WHERE {orphan} GROUP BY {own} LIMIT {pace.batch_rows}"
    )
    sql = (
        f"WITH missing AS MATERIALIZED (\n{rows}),\n"
        f"kept AS (INSERT INTO {kept.sql} (fkdash_kept_at, fkdash_rows, {names})\n"
        f"  SELECT pg_catalog.now(), missing.fkdash_rows, {', '.join(values[: len(key.columns)])} FROM missing)\n"
        f"{last}"
    )
    locks = (
        Lock(key.table, LockMode.ACCESS_SHARE, Duration.SCAN),
        Lock(key.referenced, LockMode.ROW_EXCLUSIVE, Duration.SCAN),
    )
    done = f"select not exists (select from {source(catalog, key.table)} c where {orphan})"
    insert = f"INSERT INTO {key.referenced.sql} AS p ({columns}) OVERRIDING SYSTEM VALUE"
    became = " AND ".join(
        f"p.{quoted(theirs)} OPERATOR({operator}) missing.{quoted(own)}" for own, theirs, operator in pairs(key)
    )
    made = f"{insert} SELECT {', '.join(values)} FROM missing RETURNING {_own_key(key)}"
    tried = Tried(
        row="missing",
        batch=f"WITH missing AS MATERIALIZED (\n{rows}),\nmade AS ({made})\n"
        + tally("missing", f"missing WHERE EXISTS (SELECT FROM made p WHERE {became})"),
        rows=f"SELECT missing.* FROM (\n{rows}) missing ORDER BY {', '.join(values[: len(key.columns)])}",
        one=f"{insert} VALUES ({', '.join(values)}) RETURNING {became}",
        named=named_by(key.columns, "missing", key.referenced_columns),
    )
    return repeated(MAKE_ROWS, sql, transaction, locks, done, batch=Batch(last, "missing", tried=tried))


def _own_key(key: ForeignKey) -> str:
    return ", ".join(f"p.{quoted(name)}" for name in key.referenced_columns)


def _back(catalog: Catalog, key: ForeignKey, kept: TableName, filled: Values) -> tuple[Step, ...]:
    ready = _ready(catalog, key, kept, filled)
    same = " AND ".join(
        f"p.{quoted(theirs)} OPERATOR({operator}) back.{quoted(own)}" for own, theirs, operator in pairs(key)
    )
    last = f"DELETE FROM {source(catalog, key.referenced)} p USING back WHERE {same}"
    sql = (
        f"WITH back AS (\n"
        f"  DELETE FROM {kept.sql} k WHERE k.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(\n"
        f"    {ready} LIMIT {_BACK_ROWS}))\n"
        f"  RETURNING k.*)\n"
        f"{last}"
    )
    batch = Batch(last, once("back", key.columns))
    return with_key_lifted(catalog, key, "unmake", sql, batch=batch, ready=ready)


def _ready(catalog: Catalog, key: ForeignKey, kept: TableName, filled: Values) -> str:
    """Select the kept keys whose made rows can go."""
    named = " AND ".join(
        f"p.{quoted(theirs)} OPERATOR({operator}) k.{quoted(own)}" for own, theirs, operator in pairs(key)
    )
    unchanged = "".join(
        f" AND ROW(p.{quoted(name)})::pg_catalog.record OPERATOR(pg_catalog.*=) "
        f"ROW({_constant(catalog, key, name, text)})::pg_catalog.record"
        for name, text in filled
    )
    others = "".join(
        f" AND NOT EXISTS (SELECT FROM {source(catalog, each.table)} c WHERE {matches(catalog, each)})"
        for each in catalog.referencing.get(key.referenced, ())
        if each.qualified != key.qualified
    )
    referring = f"SELECT pg_catalog.count(*) FROM {source(catalog, key.table)} c WHERE {matches(catalog, key)}"
    return (
        f"SELECT k.ctid FROM {kept.sql} k WHERE EXISTS (SELECT FROM {source(catalog, key.referenced)} p "
        f"WHERE {named}{unchanged}{others} AND ({referring}) OPERATOR(pg_catalog.<=) k.fkdash_rows)"
    )


def _constant(catalog: Catalog, key: ForeignKey, name: str, text: str) -> str:
    column = catalog.tables[key.referenced].columns_by_name[name]
    return constant(text, column, column.type)


REMEDY = Remedy("recreate-parents", _offer, _plan, by_name=True, fills=True, paced=True)
