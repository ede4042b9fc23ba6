"""Words for an error that was raised inside a statement which a foreign key ran by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.catalog.model import TableKind
from fkdash.catalog.table_name import listed
from fkdash.explain.clues import Clues, Kind
from fkdash.explain.keys import by_update
from fkdash.explain.model import Cause, referenced_table
from fkdash.explain.next_steps import checking, planning, previewing
from fkdash.explain.statements import WRITING, Doing
from fkdash.rules.actions.index_use import serving_index
from fkdash.rules.actions.obstacles import obstacles
from fkdash.rules.sizes import in_words, rows_of
from fkdash.sqlstates import (
    DEADLOCK_DETECTED,
    INSUFFICIENT_PRIVILEGE,
    INVALID_COLUMN_REFERENCE,
    LOCK_NOT_AVAILABLE,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    QUERY_CANCELED,
    SERIALIZATION_FAILURE,
)

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.explain.statements import OwnStatement
    from fkdash.rules.actions.obstacle import Obstacle

WAITING: Final = frozenset({QUERY_CANCELED, LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED})


def inside_action(
    catalog: Catalog,
    clues: Clues,
    key: ForeignKey,
    statement: OwnStatement,
    paths: tuple[tuple[ForeignKey, ...], ...],
) -> Cause:
    """Give the answer for a key that ran the statement in which something failed."""
    met = _obstacle(catalog, clues, key)
    return Cause(
        key=key,
        sqlstate=clues.sqlstate,
        message=f"{key.qualified} {_does(key, statement)} {_why(catalog, clues, key, statement, met)}".rstrip(),
        paths=paths if not by_update(key, statement) else (),
        next_step=_next_step(catalog, clues, key, statement),
    )


def from_before(clues: Clues, key: ForeignKey, statement: OwnStatement) -> Cause:
    """Give the answer for a key that would not run the statement any more."""
    return Cause(
        key=key,
        sqlstate=clues.sqlstate,
        message=f"The statement that failed is one of a foreign key on {key.table.shown} "
        f"({listed(key.columns)}), "
        f"but {key.qualified} is ON DELETE {key.on_delete} ON UPDATE {key.on_update} now and runs none that would "
        f"{statement.doing}: the error is from before that was changed.",
        paths=(),
        next_step=f"{checking(key.table)} tells whether something is still "
        "wrong with it; fkdash fix history tells what was changed here.",
        outdated=True,
    )


def _does(key: ForeignKey, statement: OwnStatement) -> str:
    table, columns = key.table.shown, listed(key.columns)
    change = by_update(key, statement)
    event = (
        f"when the key of a row of {referenced_table(key)} changes"
        if change
        else f"when a row of {referenced_table(key)} goes"
    )
    action = f"is ON UPDATE {key.on_update}" if change else f"is ON DELETE {key.on_delete}"
    whose = "Nobody wrote that statement; the foreign key did."
    match statement.doing:
        case Doing.DELETE:
            return (
                f"{action}: {event}, it deletes the rows of {table} that refer to it, and that "
                f"DELETE failed. {whose}"
            )
        case Doing.SET_NULL | Doing.SET_DEFAULT:
            value = "NULL" if statement.doing is Doing.SET_NULL else "their defaults"
            return f"{action}: {event}, it sets {columns} of {table} to {value}, and that UPDATE failed. {whose}"
        case Doing.UPDATE:
            return (
                f"{action}: {event}, it writes the new value into {columns} of {table}, and that "
                f"UPDATE failed. {whose}"
            )
        case Doing.FIND_REFERENCED:
            return (
                f"was being checked: a row of {table} was written, and it looks whether "
                f"{referenced_table(key)} has the row."
            )
        case Doing.VALIDATE:
            return f"was being validated: every row of {table} is compared with {referenced_table(key)}."
    return (
        f"was being checked: it looks whether rows of {table} ({columns}) still refer to a row of "
        f"{referenced_table(key)}."
    )


def _obstacle(catalog: Catalog, clues: Clues, key: ForeignKey) -> Obstacle | None:
    for write, met in obstacles(catalog):
        if write.key is key:
            for obstacle in met:
                fits = obstacle.error.sqlstate == clues.sqlstate and (
                    not clues.constraint or f'"{clues.constraint}"' in obstacle.error.message
                )
                if fits or (clues.kind is Kind.OTHER and not clues.sqlstate and obstacle.certain):
                    return obstacle
    return None


def _why(catalog: Catalog, clues: Clues, key: ForeignKey, statement: OwnStatement, met: Obstacle | None) -> str:  # noqa: PLR0911 - one answer for each kind of error
    if met is not None and met.error.sqlstate == clues.sqlstate:
        return f"For {met.reason}."
    if met is not None:
        return f"Whatever was raised, it can only fail: {met.reason}."
    table = clues.table or key.table.shown
    columns = listed(clues.columns)
    new = (
        f"The new value of {referenced_table(key)} ({listed(key.referenced_columns)})"
        if statement.doing is Doing.UPDATE
        else "What it writes"
    )
    written = statement.doing in {Doing.UPDATE, Doing.SET_DEFAULT, Doing.SET_NULL}
    match clues.kind:
        case Kind.CHECK | Kind.UNIQUE | Kind.DOMAIN if written:
            return f"{new} is what {clues.constraint} of {table} refuses."
        case Kind.PARTITION if written:
            return f"{new} is what no partition of {table} takes."
        case Kind.NULL:
            return f"{table} ({columns}) is NOT NULL."
        case Kind.IDENTITY:
            return f"{key.table.shown} ({columns}) is GENERATED ALWAYS AS IDENTITY and takes only its own default."
        case Kind.MISSING:
            return f"{new} is not in {clues.referenced or 'the table'} that {clues.constraint} refers to."
    return _why_by_code(catalog, clues, key, statement)


def _why_by_code(catalog: Catalog, clues: Clues, key: ForeignKey, statement: OwnStatement) -> str:
    """Say why where the SQLSTATE tells it, not a constraint."""
    if clues.sqlstate in WAITING:
        if serving_index(catalog, key) is None and statement.doing is not Doing.FIND_REFERENCED:
            return (
                f"No index serves ({listed(key.columns)}), so that it reads all of {key.table.shown}, "
                f"{in_words(rows_of(catalog, key.table))}, for every such row."
            )
        return "Other sessions held locks that it waited for, or there were many rows."
    if clues.sqlstate == SERIALIZATION_FAILURE:
        return "Another transaction had changed or deleted what it met."
    if clues.sqlstate == INSUFFICIENT_PRIVILEGE:
        whose, owner = _runs_as(catalog, key, statement)
        triggers = ", and so do its triggers" if statement.doing in WRITING else ""
        return f"It runs with the rights of the owner of {whose}{f', {owner}' if owner else ''}{triggers}."
    if clues.sqlstate in {OBJECT_NOT_IN_PREREQUISITE_STATE, INVALID_COLUMN_REFERENCE}:
        return f"{clues.table or key.table.shown} is in a publication that this change cannot be told to."
    writes = statement.doing in WRITING
    set_off = (
        f"It was raised by what that statement set off in {key.table.shown}: a trigger, a rule, a constraint."
    )
    return set_off if writes else ""


def _runs_as(catalog: Catalog, key: ForeignKey, statement: OwnStatement) -> tuple[str, str | None]:
    """Give the table whose owner runs a statement, and that owner: the one it reads or writes (ri_triggers.c)."""
    if statement.doing is Doing.FIND_REFERENCED:
        return referenced_table(key), catalog.tables[key.referenced].owner
    return key.table.shown, catalog.tables[key.table].owner


def _next_step(catalog: Catalog, clues: Clues, key: ForeignKey, statement: OwnStatement) -> str:  # noqa: PLR0911 - one answer for each kind of error
    preview = previewing(key.referenced)
    check = f"{checking(key.table)} tells what else is wrong with it."
    if clues.sqlstate in WAITING:
        if serving_index(catalog, key) is None and statement.doing is not Doing.FIND_REFERENCED:
            return f"{planning(key, 'create-index')} shows the statement that creates one meanwhile."
        return (
            f"Look at who holds locks on {key.table.shown} and {referenced_table(key)} (pg_locks), then try again."
        )
    if clues.sqlstate == SERIALIZATION_FAILURE:
        return (
            "Run the whole transaction again, as REPEATABLE READ and SERIALIZABLE ask for: the key is not wrong."
        )
    if clues.sqlstate == INSUFFICIENT_PRIVILEGE:
        whose, owner = _runs_as(catalog, key, statement)
        grantee = owner or f"the owner of {whose}"
        if statement.doing in WRITING:
            return f"Grant what is missing to {grantee}, or make the trigger's function SECURITY DEFINER."
        return (
            f"Grant what is missing to {grantee}: USAGE on the schema of {whose}, SELECT and UPDATE on it, which "
            "FOR KEY SHARE needs as well."
        )
    if clues.sqlstate in {OBJECT_NOT_IN_PREREQUISITE_STATE, INVALID_COLUMN_REFERENCE}:
        kind = "its partitions" if catalog.tables[key.table].kind is TableKind.PARTITIONED else key.table.shown
        return (
            f"Give {kind} a replica identity (ALTER TABLE … REPLICA IDENTITY), a primary key, say, "
            "or take it out of the publication."
        )
    if statement.doing not in {Doing.DELETE, Doing.UPDATE} and key.on_delete in {
        Action.SET_NULL,
        Action.SET_DEFAULT,
    }:
        return f"{planning(key, 'no-action')} shows the mildest repair; {preview} shows whom a delete concerns."
    if by_update(key, statement):
        other = f"or write one that {key.table.shown} takes; {check}"
        return f"Leave the key of {referenced_table(key)} as it is, {other}"
    if clues.kind is Kind.OTHER and statement.doing in WRITING:
        return f"Read what the trigger or rule says that raised it; {preview} names those on the way."
    return f"{preview} shows what such a delete would do; {check}"
