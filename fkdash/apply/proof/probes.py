"""Tries out, in a transaction that is always rolled back, what deletes and writes now do.

Each probe runs inside the sandbox, with the rights of the owner of the table that it writes to, and the tables'
triggers run with it. What they do outside the transaction cannot be taken back: where they reach out of the
database, nothing is tried and the answer says so. The rows that a probe picks are locked before it relies on what
refers to them: otherwise what another session writes in between would pass for a broken promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.apply.proof.verified import Verified
from fkdash.apply.sandbox import DIAGNOSTICS, sandbox
from fkdash.catalog.action import Action, Match, Statement
from fkdash.catalog.spelling import is_orphan, is_value, matches, pairs, refers_to_another, source
from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from fkdash.db.queries import query
from fkdash.errors import FkdashError, NoConnectionLeftError, ServerRefusedError, UnreachableError
from fkdash.fact import fact
from fkdash.rules.actions.enforcement import action_runs, check_runs, refusal_sqlstate
from fkdash.rules.actions.refusal import refusals
from fkdash.sqlstates import (
    FOREIGN_KEY_VIOLATION,
    INSUFFICIENT_PRIVILEGE,
    INVALID_SCHEMA_NAME,
    NOT_NULL_VIOLATION,
    UNDEFINED_COLUMN,
    UNDEFINED_FUNCTION,
    UNDEFINED_OBJECT,
    UNDEFINED_TABLE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.apply.sandbox import Met, RunsAs, Sandbox
    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.catalog.table_name import TableName
    from fkdash.db.writing import Writer

_LOCK_MS: Final = 200
_STATEMENT_MS: Final = 5000
_PATIENCE_SECONDS: Final = 15.0
_PICKS: Final = 5
OF_THE_NAMES: Final = frozenset(
    {
        INSUFFICIENT_PRIVILEGE,
        UNDEFINED_TABLE,
        UNDEFINED_FUNCTION,
        UNDEFINED_COLUMN,
        UNDEFINED_OBJECT,
        INVALID_SCHEMA_NAME,
    }
)
"""What code meets that runs with too few rights or under another search_path: nothing about the key."""
_UUID: Final = "pg_catalog.gen_random_uuid()"
_TEXT: Final = "pg_catalog.md5(pg_catalog.format('%s', pg_catalog.random()))"
_NEXT: Final = (
    "(select least(pg_catalog.max({column})::pg_catalog.int8 operator(pg_catalog.+) 1, {most})::{type} "
    "from {table})"
)
_MISSING_VALUES: Final = {
    "uuid": ("pg_catalog.uuid", _UUID),
    "text": ("pg_catalog.text", _TEXT),
    "character varying": ("pg_catalog.varchar", _TEXT),
    "smallint": ("pg_catalog.int2", _NEXT.replace("{most}", "32767")),
    "integer": ("pg_catalog.int4", _NEXT.replace("{most}", "2147483647")),
    "bigint": ("pg_catalog.int8", "(select pg_catalog.max({column}) operator(pg_catalog.+) 1 from {table})"),
}


@fact
class Verdict:
    """What a trial that met something shows of the key; as in `Verified`."""

    ok: bool | None
    detail: str
    hindrance: str = ""


@fact
class Trial:
    """One thing to try: the body that tries it on `tables` (OIDs, the written one first), and how it is judged.

    `nothing` says that there is no row to try it on, where the body finds none; `judge` is asked only about a row
    that was tried as it would really be. `why_not` says why there is nothing to try.
    """

    check: str
    tables: tuple[int, ...]
    body: str
    nothing: str
    judge: Callable[[Met], Verdict]
    why_not: str = ""


async def probe(writer: Writer, catalog: Catalog, key: ForeignKey, *, nullable: bool) -> tuple[Verified, ...]:
    """Try what the key, as declared in `catalog`, promises: deletes of either kind, and a missing reference.

    `nullable` says that SET NULL can write NULL now. Each probe has its own rolled-back transaction on its own
    connection to the database of `writer`. Raises UnreachableError where that is lost: then nothing is shown.
    """
    return tuple([await _tried(writer, trial) for trial in trials(catalog, key, nullable=nullable)])


def trials(catalog: Catalog, key: ForeignKey, *, nullable: bool) -> tuple[Trial, ...]:
    """Give what is tried of a key."""
    return (
        deleting_referenced(catalog, key, nullable=nullable),
        _deleting_unreferenced(catalog, key),
        _referring_to_missing(catalog, key),
    )


async def _tried(writer: Writer, trial: Trial) -> Verified:
    if trial.why_not:
        return Verified(trial.check, None, f"not tried: {trial.why_not}")
    try:
        async with sandbox(
            writer.target, trial.tables, trial.body, lock_ms=_LOCK_MS, statement_ms=_STATEMENT_MS
        ) as ready:
            return await tried_in(ready, trial)
    except NoConnectionLeftError as none:
        # What the others found out stands; a server that is full says nothing about the key.
        return Verified(trial.check, None, f"not tried: {none.what}")
    except UnreachableError:
        raise
    except FkdashError as stopped:
        return Verified(trial.check, None, f"not tried: {stopped.what}")


async def tried_in(ready: Sandbox, trial: Trial) -> Verified:
    """Run a trial whose body is ready; raises what `Sandbox.call` raises."""
    runs_as = ready.runs_as
    if not runs_as.confined and runs_as.untrusted:
        return Verified(trial.check, None, f"not tried: {runs_as.untrusted[0]}, would run as {runs_as.role}")
    if runs_as.outside:
        return Verified(trial.check, None, f"not tried: {runs_as.outside[0]}, may reach out of the database")
    met = await ready.call(seconds=_PATIENCE_SECONDS)
    if met.stage == "none":
        seen = f" that row security lets {runs_as.role} see" if met.filtered else ""
        return Verified(trial.check, None, f"not tried: {trial.nothing}{seen}", runs_as.role)
    unable = _unable(met, runs_as)
    shown = Verdict(None, unable) if unable else trial.judge(met)
    return Verified(trial.check, shown.ok, shown.detail, runs_as.role, shown.hindrance)


def deleting_referenced(catalog: Catalog, key: ForeignKey, *, nullable: bool) -> Trial:
    """Give the trial of deleting a referenced row."""
    works = _delete_works(catalog, key, nullable=nullable)

    def judge(met: Met) -> Verdict:
        if met.refused is None:
            return _after_delete(key, met, works=works)
        return _refused_delete(catalog, key, met.refused, works=works)

    pick = (
        f"select {_place('p')}, {_key_values(key)} from {source(catalog, key.table)} c "
        f"join {source(catalog, key.referenced)} p on {matches(catalog, key)} "
        f"where {refers_to_another(catalog, key)} limit 1 for update of p, c skip locked"
    )
    return Trial(
        f"deleting a referenced row of {key.referenced.shown}",
        _tables(catalog, key.referenced, key.table),
        _delete_body(catalog, key, pick, again=False),
        f"no row of {key.table.shown} refers to one today",
        judge,
        why_not="" if not key.enforced or action_runs(catalog, key, Statement.DELETE) else _switched_off(key),
    )


def _deleting_unreferenced(catalog: Catalog, key: ForeignKey) -> Trial:
    def judge(met: Met) -> Verdict:
        if met.refused is None:
            return Verdict(ok=True, detail="works")
        culprit = _culprit(met.refused)
        if not _is_of_this_key(catalog, met.refused, key):
            return Verdict(ok=True, detail=f"stopped by {culprit}, not by this key")
        if not met.named:
            return Verdict(None, f"stopped by {culprit}, as something refers to a row that goes with it")
        return Verdict(ok=False, detail=f"stopped by {culprit}")

    types = catalog.tables[key.referenced].columns_by_name
    keys = " and ".join(is_value(f"p.{quoted(name)}", types[name].plain_type) for name in key.referenced_columns)
    pick = (
        f"select {_place('p')}, {_key_values(key)} from {source(catalog, key.referenced)} p where {keys} "
        f"and not exists (select from {source(catalog, key.table)} c where {matches(catalog, key)}) "
        "limit 1 for update of p skip locked"
    )
    return Trial(
        f"deleting a row of {key.referenced.shown} that no row of {key.table.shown} refers to",
        _tables(catalog, key.referenced, key.table),
        _delete_body(catalog, key, pick, again=True),
        "there is none that no other session is using",
        judge,
    )


def _referring_to_missing(catalog: Catalog, key: ForeignKey) -> Trial:
    def judge(met: Met) -> Verdict:
        if met.refused is not None:
            if met.refused.sqlstate == FOREIGN_KEY_VIOLATION and _is_of_this_key(catalog, met.refused, key):
                return Verdict(ok=True, detail="refused with 23503")
            return Verdict(None, f"not tried: {_culprit(met.refused)} refuses the made-up value first")
        if met.left:
            return Verdict(ok=False, detail="was accepted")
        return Verdict(None, "not tried: another session inserted the missing row meanwhile")

    name, value = _missing(catalog.tables[key.table], catalog.tables[key.referenced], key)
    # A row that has the value already, an orphan, is not looked at again when it is written once more.
    anew = f"and ({value} operator(pg_catalog.=) c.{quoted(name)}) is not true " if name else ""
    pick = (
        f"select {_place('c')} from {source(catalog, key.table)} c where {refers_to_another(catalog, key)} {anew}"
        "limit 1 for update of c skip locked"
    )
    body = query("fkdash.apply", "try_missing").format(
        watched=_watched(key.table),
        pick=pick,
        table=source(catalog, key.table),
        assignment=f"{quoted(name)} = {value}",
        orphan=is_orphan(catalog, key),
        diagnostics=DIAGNOSTICS,
    )
    why_not = "" if key.enforced else f"{key.shown} is NOT ENFORCED, and nothing is looked for"
    if key.enforced and not check_runs(catalog, key):
        why_not = _switched_off(key)
    if not name:
        why_not = why_not or "no missing value can be made up for the key's type"
    return Trial(
        f"a row of {key.table.shown} that refers to a missing row of {key.referenced.shown}",
        _tables(catalog, key.table, key.referenced),
        body,
        f"no row of {key.table.shown} that no other session is using refers to anything",
        judge,
        why_not=why_not,
    )


def _switched_off(key: ForeignKey) -> str:
    return f"triggers of {key.shown} are switched off, and nothing is looked for"


def _delete_body(catalog: Catalog, key: ForeignKey, pick: str, *, again: bool) -> str:
    refers = " and ".join(
        f"fkd_row.fkd_{number} operator({operator}) c.{quoted(own)}"
        for number, (own, _, operator) in enumerate(pairs(key), start=1)
    )
    key_of_row = ", ".join(f"fkd_row.fkd_{number}" for number in range(1, len(key.columns) + 1))
    return query("fkdash.apply", "try_delete").format(
        key=f"pg_catalog.concat_ws(', ', {key_of_row})",
        watched=_watched(key.referenced),
        tries=_PICKS,
        pick=pick,
        again="true" if again else "false",
        left=f"select exists (select from {source(catalog, key.table)} c where {refers})",
        table=source(catalog, key.referenced),
        diagnostics=DIAGNOSTICS,
    )


def _place(alias: str) -> str:
    return f"{alias}.tableoid as fkd_t, {alias}.ctid as fkd_i"


def _key_values(key: ForeignKey) -> str:
    return ", ".join(
        f"p.{quoted(name)} as fkd_{number}" for number, name in enumerate(key.referenced_columns, start=1)
    )


def _watched(table: TableName) -> str:
    return f"{literal(table.sql)}::pg_catalog.regclass::pg_catalog.oid"


def _tables(catalog: Catalog, *names: TableName) -> tuple[int, ...]:
    oids = (catalog.tables[name].oid for name in dict.fromkeys(names))
    return tuple(oid for oid in oids if oid is not None)


def _unable(met: Met, runs_as: RunsAs) -> str:
    """Say why nothing was learnt of the key: the sandbox's limits, not what the delete met; else empty."""
    if met.refused is not None and (met.stage != "write" or met.refused.sqlstate in OF_THE_NAMES):
        return f"could not be tried as {runs_as.role}: {met.refused.said} ({met.refused.sqlstate})"
    if met.refused is None and not met.touched:
        who = "row security or a trigger" if met.filtered else "a trigger or a rule"
        return f"could not be tried as {runs_as.role}: {who} left the row as it was"
    return ""


def _refused_delete(
    catalog: Catalog, key: ForeignKey, refused: ServerRefusedError, *, works: bool | None
) -> Verdict:
    if works is None:
        return Verdict(None, f"refused with {refused.sqlstate}; the next row may not be")
    mine = _is_of_this_key(catalog, refused, key)
    if works and (not mine or refused.constraint):
        # An action that lets rows go refuses none: what another key or a trigger writes meets the constraint.
        return _stopped_by_another(refused, "action" if mine else "key")
    if not mine:
        return Verdict(None, f"refused first by {_culprit(refused)}")
    expected = not works and refused.sqlstate == _refusal(catalog, key)
    return Verdict(expected, f"refused with {refused.sqlstate}")


def _stopped_by_another(refused: ServerRefusedError, what: str) -> Verdict:
    """Give what a delete shows that this key lets through and something else stops: of this key nothing."""
    culprit = _culprit(refused)
    return Verdict(None, f"not by this {what}, but stopped by {culprit}", hindrance=culprit)


def _after_delete(key: ForeignKey, met: Met, *, works: bool | None) -> Verdict:
    if key.enforced and met.left:
        return Verdict(ok=False, detail="works, and rows still refer to the deleted one")
    if works is False:
        return Verdict(None, "works, because other foreign keys take the referring rows away first")
    return Verdict(ok=True, detail="works")


def _delete_works(catalog: Catalog, key: ForeignKey, *, nullable: bool) -> bool | None:
    """Tell what deleting a referenced row must do; None where that depends on the row."""
    if not key.enforced:
        return True
    if key.on_delete is Action.SET_NULL and key.match is Match.FULL and set(key.set_columns) != set(key.columns):
        return None  # what is left of the key may be half NULL
    if key.on_delete is Action.SET_NULL:
        return nullable or not refusals(catalog, key, key.set_columns)
    if key.on_delete is Action.SET_DEFAULT:
        return None
    return key.on_delete is Action.CASCADE


def _missing(table: Table, parent: Table, key: ForeignKey) -> tuple[str, str]:
    """Give a column of the key and a value for it that no referenced row has; two empty texts for none."""
    for name, theirs in zip(key.columns, key.referenced_columns, strict=True):
        column = table.columns_by_name[name]
        plain, _, length = column.type.partition("(")
        made_up = _MISSING_VALUES.get(plain)
        if made_up is not None and not column.generated:
            kind, expression = made_up
            value = expression.format(column=f"x.{quoted(theirs)}", table=f"{parent.name.sql} x", type=kind)
            return name, f"{value}::{kind}{'(' if length else ''}{length}"
    return "", ""


def _refusal(catalog: Catalog, key: ForeignKey) -> str:
    return NOT_NULL_VIOLATION if key.on_delete is Action.SET_NULL else refusal_sqlstate(catalog, key.on_delete)


def _is_of_this_key(catalog: Catalog, refused: ServerRefusedError, key: ForeignKey) -> bool:
    """Tell whether a refusal is this key's doing; one of a NOT NULL names no constraint, of a domain no column."""
    if not key.enforced:
        return False
    if refused.constraint:
        return refused.constraint in {key.name, *(copy.name for copy in key.copies)}
    if refused.sqlstate != NOT_NULL_VIOLATION or key.on_delete not in {Action.SET_NULL, Action.SET_DEFAULT}:
        return False
    if not refused.column:
        own = catalog.tables[key.table].columns_by_name
        domains = (own[name].domain for name in key.set_columns)
        return any(domain is not None and domain.forbids_null for domain in domains)
    return refused.table in {key.table.name, *(copy.table.name for copy in key.copies)} and (
        refused.column in key.set_columns
    )


def _culprit(refused: ServerRefusedError) -> str:
    name = refused.constraint or refused.column
    if not refused.table or not name:
        # Of a partition that does not take a row only the sentence tells.
        return f"{refused.said} ({refused.sqlstate})"
    return f"{name} of {refused.table} ({refused.sqlstate})"


def user_triggers(catalog: Catalog, key: ForeignKey) -> str:
    """Name the enabled triggers of users on both tables of a key, as a phrase; "" without any."""
    names: dict[TableName, None] = dict.fromkeys((key.table, key.referenced))
    triggers = [
        f"the trigger {trigger.shown} of {table.name}"
        for name in names
        for table in catalog.with_partitions(name)
        for trigger in table.triggers or ()
        if trigger.constraint is None and trigger.enabled != "D"
    ]
    return ", ".join(triggers)
