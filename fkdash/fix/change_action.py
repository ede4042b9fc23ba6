"""Changes a referential action by replacing the foreign key, the only way PostgreSQL has.

Measured on 14 to 18: one ALTER TABLE that drops the old and adds the new key NOT VALID holds ACCESS
EXCLUSIVE for milliseconds, and VALIDATE in a later transaction stops nobody; the new key checks every
new row from its commit on, so there is no moment in which a bad row can slip in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableKind
from fkdash.fix.definition import comment, literal, swap, validate
from fkdash.fix.plan import BACKSTOP_MS, PATIENT_LOCK_MS, SHORT_LOCK_MS, Duration, Lock, LockMode, Step

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey, TableName

_NOT_VALID_ON_PARTITIONED_SINCE: Final = 180000


def change_steps(catalog: Catalog, old: ForeignKey, new: ForeignKey) -> tuple[Step, ...]:
    """Give the steps from one definition of a foreign key to another of the same name."""
    gently = _can_be_added_not_valid(catalog, old)
    if gently:
        steps = [_swap_step(catalog, old, new, not_valid=new.validated)]
    else:
        steps = [_swap_step(catalog, old, new, not_valid=False)]
    if new.comment is not None:
        steps.append(_comment_step(new))
    if gently and new.validated and new.enforced:
        steps.append(_validate_step(new, transaction=2))
    return tuple(replace(step, number=number) for number, step in enumerate(steps, start=1))


def why_this_way(catalog: Catalog, key: ForeignKey) -> str:
    """Say which procedure is used for a key and why."""
    if not _can_be_added_not_valid(catalog, key):
        return (
            f"one ALTER TABLE that drops and adds the key validated: {key.table} is partitioned, and before "
            "PostgreSQL 18 a partitioned table takes no NOT VALID foreign key; reading it happens under the lock"
        )
    if not key.enforced:
        return "one ALTER TABLE that drops and adds the key; NOT ENFORCED keys check nothing, so nothing is read"
    if not key.validated:
        return (
            "one ALTER TABLE that drops and adds the key NOT VALID, as it is today; existing rows stay unchecked"
        )
    return (
        "swap, then validate: one ALTER TABLE replaces the key (NOT VALID, enforced for every new row at once), "
        "and a second transaction checks the existing rows without stopping anybody"
    )


def _can_be_added_not_valid(catalog: Catalog, key: ForeignKey) -> bool:
    if catalog.tables[key.table].kind is not TableKind.PARTITIONED:
        return True
    return catalog.server is not None and catalog.server.version_number >= _NOT_VALID_ON_PARTITIONED_SINCE


def _swap_step(catalog: Catalog, old: ForeignKey, new: ForeignKey, *, not_valid: bool) -> Step:
    scans = new.validated and new.enforced and not not_valid
    duration = Duration.SCAN if scans else Duration.INSTANT
    tables = dict.fromkeys(
        table.name
        for root in (old.table, old.referenced)
        for table in (catalog.with_partitions(root) if root in catalog.tables else ())
    )
    return Step(
        number=0,
        title="swap",
        sql=swap(old, new, not_valid=not_valid),
        transaction=1,
        locks=tuple(Lock(table, LockMode.ACCESS_EXCLUSIVE, duration) for table in tables),
        lock_timeout_ms=SHORT_LOCK_MS,
        statement_timeout_ms=0 if scans else BACKSTOP_MS,
        undo=swap(new, old, not_valid=not_valid),
        done_when=declared(new, validated=False),
        reserve=old.table,
    )


def _comment_step(key: ForeignKey) -> Step:
    return Step(
        number=0,
        title="comment",
        sql=comment(key),
        transaction=1,
        locks=(),
        lock_timeout_ms=SHORT_LOCK_MS,
        statement_timeout_ms=BACKSTOP_MS,
        done_when=f"select obj_description(({_oid(key)}), 'pg_constraint') = {literal(key.comment or '')}",
    )


def _validate_step(key: ForeignKey, *, transaction: int) -> Step:
    return Step(
        number=0,
        title="check",
        sql=validate(key.table, key.name),
        transaction=transaction,
        locks=_validation_locks(key.table, key.referenced),
        lock_timeout_ms=PATIENT_LOCK_MS,
        statement_timeout_ms=0,
        done_when=declared(key, validated=True),
    )


def _validation_locks(table: TableName, referenced: TableName) -> tuple[Lock, ...]:
    own = Lock(table, LockMode.SHARE_UPDATE_EXCLUSIVE, Duration.SCAN)
    return (own,) if table == referenced else (own, Lock(referenced, LockMode.ROW_SHARE, Duration.SCAN))


def declared(key: ForeignKey, *, validated: bool) -> str:
    """Give a query that is true when a key of this name has these actions (and is validated, if asked)."""
    conditions = f"confdeltype = '{_LETTERS[key.on_delete]}' and confupdtype = '{_LETTERS[key.on_update]}'"
    if validated:
        conditions += " and convalidated"
    return f"select exists (select from pg_constraint where oid = ({_oid(key)}) and {conditions})"


def _oid(key: ForeignKey) -> str:
    return (
        "select oid from pg_constraint where contype = 'f' "
        f"and conrelid = {literal(key.table.sql)}::regclass and conname = {literal(key.name)}"
    )


_LETTERS: Final = {"NO ACTION": "a", "RESTRICT": "r", "CASCADE": "c", "SET NULL": "n", "SET DEFAULT": "d"}
