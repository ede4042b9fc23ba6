"""The relief that is no DDL: the rows that hold chosen rows back are moved, emptied or deleted, and can come back.

The key stays as it is and checks what is written. A batch asks of the referring row alone whether it is one of
those: somebody who moves it away meanwhile is not undone (the batch is rolled back and looks again).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.names import typed
from fkdash.catalog.spelling import compared_type, pairs, source
from fkdash.catalog.table_name import quoted
from fkdash.catalog.tables_of_fkdash import kept_blockers
from fkdash.counted import counted
from fkdash.db.literals import literal
from fkdash.errors import UsageError
from fkdash.fix.picks import assigned, is_picked
from fkdash.fix.plan import Duration, Goal, Lock, LockMode, Plan, Step
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.statements.redeclaring import leaves, numbered
from fkdash.fix.statements.values import in_words, named_row, referenced_row
from fkdash.fix.steps.batch import DELETE, EMPTY, MOVE, changing, repeated, stored_values
from fkdash.fix.steps.put_back import kept_rows, lost_with, lost_with_writing, put_back_standing
from fkdash.fix.steps.repair_orphans import Keeping, keep
from fkdash.shell import command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.option import Option
    from fkdash.fix.plan import Pace
    from fkdash.fix.remedy import Asked
    from fkdash.fix.statements.values import Values
    from fkdash.rules.finding import Finding

_MOST_CHOSEN: Final = 10_000
_MOST_NAMED: Final = 5
_HELD: Final = "held"


def chosen_rows(key: ForeignKey, words: Sequence[str]) -> tuple[Values, ...]:
    """Give the referenced rows that are named: each as `named_row` reads it."""
    if not words:
        raise UsageError(
            f"Of which rows of {key.referenced.shown}? The rows that refer to these are changed.",
            next_step="Name them: --of KEY, once for each.",
        )
    if len(words) > _MOST_CHOSEN:
        raise UsageError(f"More than {_MOST_CHOSEN:,} rows are named.", next_step="Take them in several runs.")
    columns = key.referenced_columns
    return tuple(dict.fromkeys(named_row(columns, word) for word in words))


def relieve(
    catalog: Catalog,
    finding: Finding,
    option: Option,
    asked: Asked,
    *,
    done: str,
    written: Mapping[str, str | None] | None = None,
) -> Plan:
    """Give the plan that frees chosen rows of the rows that refer to them, which are `done` something to.

    `written` is what these get in their columns; without it they are deleted. Raises UsageError where no row is
    named, or one that the others are to refer to.
    """
    key, values, pace = finding.key, asked.values, asked.pace
    written = dict(written or {})
    chosen = chosen_rows(key, asked.of)
    if values and any(_is_named(key, row, values) for row in chosen):
        raise UsageError(
            "The row that blocking rows are to refer to is one of those they are moved away from.",
            next_step="Name another one.",
        )
    kept = kept_blockers(key)
    renamed = asked.picks is not None and bool(set(catalog.tables[key.table].primary_key) & set(key.columns))
    back = () if renamed else put_back_standing(catalog, key, kept, written)
    lost = lost_with_writing(catalog, key, written) if written else lost_with(catalog, key)
    gone = "" if written else ", ".join(map(str, lost))
    undo = _undo(key, kept, lost, back=bool(back), renamed=renamed)
    asks = refers_to(catalog, key, chosen)
    picks = asked.picks
    if picks is not None:
        asks = f"({asks} AND {is_picked(catalog, key, picks)})"
    # What is read of a row once it is changed would be its new key.
    now = written if picks is None else assigned(catalog, key, picks, _HELD)
    stay = picks.unpicked if picks is not None else ()
    return Plan(
        key=key,
        rule="",
        option=option.id,
        procedure=f"the rows of {key.table} that refer to {_named(chosen)} are {done} in "
        f"{pace.words}, each a transaction of its own that keeps them as they were in {kept}",
        fingerprint=fingerprint(catalog, key),
        steps=numbered(
            keep(catalog, key, kept),
            *(
                _batch(catalog, key, leaf, now, asks=asks, kept=kept, pace=pace, transaction=number)
                for number, leaf in enumerate(leaves(catalog, key.table), start=2)
            ),
        ),
        undo=back,
        undo_condition=undo,
        consequences=(
            *_afterwards(key, chosen, stay),
            *((f"they refer to {in_words(values)}",) if values else ()),
            *((f"{counted(len(picks.rows), 'rows')} refer to what the query picked",) if picks else ()),
            *((f"what hangs on them in {gone} goes too: preview that delete first",) if gone else ()),
            f"what else holds {_named(chosen)} back: {command('preview', '--table', typed(key.referenced))}",
            f"undo: {undo}",
        ),
        goal=_goal(catalog, key, chosen, asks, values=values, all_picked=not stay),
        abandon=back,
        values=values,
        kept=kept_rows(catalog, key, kept, written, standing=True),
        chosen=chosen,
        picked=picks.rows if picks is not None else (),
        unpicked=stay,
        picked_by=picks.sql if picks is not None else "",
        pace=pace,
        objects=objects(catalog, key),
    )


_TITLES: Final = {True: MOVE, False: EMPTY}


def _goal(
    catalog: Catalog, key: ForeignKey, chosen: tuple[Values, ...], asks: str, *, values: Values, all_picked: bool
) -> Goal:
    """Give what is true afterwards: no row is left that `asks`, and the row that others refer to is there."""
    which = "" if all_picked else "that was picked "
    freed = (
        f"no row of {key.table.shown} {which}refers to {_named(chosen)}",
        f"select not exists (select from {source(catalog, key.table)} c where {asks})",
    )
    if not values:
        return Goal(key=key, checks=(freed,))
    there = (f"{key.referenced.shown} has that row", referenced_row(catalog, key, values))
    return Goal(key=key, checks=(freed, there))


def _undo(key: ForeignKey, kept: TableName, lost: Sequence[TableName], *, back: bool, renamed: bool) -> str:
    if not back:
        why = "moving changes the primary key" if renamed else f"{key.table} has no primary key"
        return f"not by itself, {why} that tells its rows apart: they are kept in {kept}"
    undo = f"what was not changed since, and whose row of {key.referenced.shown} is still there, from {kept}"
    return f"{undo}; not what that changes in {', '.join(map(str, lost))}" if lost else undo


def _afterwards(key: ForeignKey, chosen: tuple[Values, ...], stay: tuple[str, ...]) -> tuple[str, ...]:
    if not stay:
        return (f"no row of {key.table.shown} refers to {_named(chosen)} any more by {key.shown}",)
    named = "; ".join(stay[:_MOST_NAMED])
    more = f" and {len(stay) - _MOST_NAMED:,} more" if len(stay) > _MOST_NAMED else ""
    still = counted(len(stay), "rows still refer", "row still refers")
    return (f"{still} to {_named(chosen)}, as the query gave nothing for {key.table.shown} {named}{more}",)


def _named(chosen: tuple[Values, ...]) -> str:
    """Name the rows: all of a few, else the first and how many more."""
    said = "; ".join(in_words(row) for row in chosen[:_MOST_NAMED])
    more = len(chosen) - _MOST_NAMED
    return f"{said} and {counted(more, 'more rows', 'more row')}" if more > 0 else said


def _is_named(key: ForeignKey, row: Values, values: Values) -> bool:
    theirs = dict(row)
    return all(
        theirs[name] == value for name, value in zip(key.referenced_columns, dict(values).values(), strict=True)
    )


def refers_to(catalog: Catalog, key: ForeignKey, chosen: tuple[Values, ...]) -> str:
    """Say that `c` refers to one of the chosen rows, without looking at these."""
    types = catalog.tables[key.referenced].columns_by_name
    any_of = " or ".join(
        "("
        + " and ".join(
            f"{literal(dict(row)[theirs])}::{compared_type(types[theirs])} operator({operator}) c.{quoted(own)}"
            for own, theirs, operator in pairs(key)
        )
        + ")"
        for row in chosen
    )
    return f"({any_of})"


def _batch(
    catalog: Catalog,
    key: ForeignKey,
    leaf: TableName,
    written: Mapping[str, str | None],
    *,
    asks: str,
    kept: TableName,
    pace: Pace,
    transaction: int,
) -> Step:
    values = stored_values(catalog.tables[leaf], "c")
    select = f"  SELECT c.ctid, {values} FROM ONLY {leaf.sql} c WHERE {asks} LIMIT {pace.batch_rows} FOR UPDATE"
    keeping = Keeping(kept, ()).rows(catalog, key.table)
    sql, batch = changing(catalog, key, leaf, _HELD, select, written=written, keeping=keeping)
    rows = f"from only {leaf.sql} c where {asks}"
    return repeated(
        DELETE if not written else _TITLES[None not in written.values()],
        sql,
        transaction,
        (Lock(leaf, LockMode.ROW_EXCLUSIVE, Duration.SCAN),),
        f"select not exists (select {rows})",
        batch=batch,
        rows=rows,
    )
