"""SET NULL, SET DEFAULT and ON UPDATE CASCADE as the updates they are, with every constraint of the row.

In PostgreSQL's order: domains, generated columns, the partition, NOT NULL, CHECK,
unique and exclusion indexes at once; the row's foreign keys and the ON UPDATE
actions of those that reference it, from the queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Match
from fkdash.preview.evaluating.attempts import Failure
from fkdash.preview.evaluating.equality import assigned, key_columns, plain_type
from fkdash.preview.outcome import Obstacle
from fkdash.preview.queue import moving, not_run, rights, row_constraints
from fkdash.preview.queue.defaults import Taken, planned_defaults, taken_defaults
from fkdash.preview.queue.indexes import refuse_duplicates
from fkdash.preview.queue.matching import values_of
from fkdash.sqlstates import GENERATED_ALWAYS, SYNTAX_ERROR
from fkdash.versions import COLLATION_OF_SET_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.preview.declared.facts import KeyFact, TableFact
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.evaluating.evaluate import Evaluated
    from fkdash.preview.queue.state import Event, RunState
    from fkdash.preview.row import RowId, RowValues


async def write_action(run: RunState, key: KeyFact, kind: str, event: Event, *, on_update: bool) -> bool:
    """Carry out SET NULL, SET DEFAULT or ON UPDATE CASCADE for a referenced row; False where it cannot write."""
    assert event.old is not None  # noqa: S101 - an action trigger fires for a row that was there
    table = run.facts.tables[key.relation]
    columns = key.columns if on_update else key.set_columns
    if not run.owner_may(key, table):
        return False
    rows = run.visited(await run.referencing(key, event.old))
    lost = _lost_collations(run.facts, key) if kind in ("setnull", "setdefault") else ()
    if lost:
        rows = [row for row in rows if all(run.values(row)[mine] == event.old[theirs] for mine, theirs in lost)]
        if kind == "setdefault":
            names = tuple(mine for mine, _ in lost)
            run.outcome.block(Obstacle(None, table.name, names, SYNTAX_ERROR), rows)
    for sqlstate, refused in _statement_refused(table, columns, kind):
        run.outcome.block(Obstacle(None, table.name, refused, sqlstate), rows)
    if kind == "setdefault":
        await planned_defaults(run, table, columns, rows)
    if not run.owner_may(key, table, reading=key.columns, writing=columns, operators=key.pf_operators):
        return False
    await rights.of_statement(run, key, columns, kind, rows)
    await run.statement_begins(table, "UPDATE", rows, key)
    if rows:
        if kind == "setnull":
            taken: Taken | None = Taken(dict.fromkeys(columns), {})
        elif kind == "setdefault":
            taken = await taken_defaults(run, table, columns, rows)
        else:
            taken = await _carried(run, key, event.new or {}, rows)
        if taken is None:
            return False
        await write_values(run, key, rows, taken, kind)
    run.statement_ends(table, "UPDATE")
    return True


def _lost_collations(facts: Facts, key: KeyFact) -> tuple[tuple[str, str], ...]:
    """Give the columns, with those they reference, that PostgreSQL 14 compares without the referenced collation.

    Its ri_set() puts COLLATE behind the new value instead of the condition: NULL goes
    to the rows that are equal by their own collation only, and DEFAULT is an error.
    """
    if facts.major >= COLLATION_OF_SET_COLUMNS:
        return ()
    return tuple(
        (mine.name, theirs.name)
        for mine, theirs in zip(*key_columns(facts, key), strict=True)
        if not theirs.deterministic and mine.ordering != theirs.ordering and mine.deterministic
    )


def _statement_refused(
    table: TableFact, columns: Sequence[str], kind: str
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give why the action's statement is refused before it looks for rows: SQLSTATE and columns.

    A column GENERATED ALWAYS AS IDENTITY can only be set to DEFAULT, and one that
    stands twice in the foreign key cannot be set twice.
    """
    always = tuple(
        name for name in columns if table.columns_by_name[name].identity_always and kind != "setdefault"
    )
    twice = tuple(name for name in dict.fromkeys(columns) if list(columns).count(name) > 1)
    yield from ((state, names) for state, names in ((GENERATED_ALWAYS, always), (SYNTAX_ERROR, twice)) if names)


async def _carried(run: RunState, key: KeyFact, new: RowValues, rows: Sequence[RowId]) -> Taken | None:
    """Give the referenced row's new key as the referencing columns' types hold it, None where one cannot."""
    table = run.facts.tables[key.relation]
    values: dict[str, str | None] = {}
    for mine, theirs in zip(*key_columns(run.facts, key), strict=True):
        value = new[theirs.name]
        wanted, given = plain_type(run.facts, mine), plain_type(run.facts, theirs)
        if value is not None and wanted != given:
            found = await run.evaluator.text(assigned(run.facts, mine, f"$1::text::{given}"), wanted, value)
            if isinstance(found, Failure):
                run.evaluation_failed(table, (mine.name,), found, rows)
                return None
            value = found
        values[mine.name] = value
    return Taken(values, {})


async def write_values(run: RunState, key: KeyFact, rows: Sequence[RowId], taken: Taken, kind: str) -> None:
    """Write the same values into a key's columns of several rows of its table, one after the other."""
    table, values = run.facts.tables[key.relation], taken.values
    owner = table.owner
    old = {row: dict(run.values(row)) for row in rows}
    new = {row: {**old[row], **values} for row in rows}
    before, after = await _evaluate(run, old), await _evaluate(run, new)
    for row in rows:
        written = run.written(row)
        leaf = run.facts.tables[written.leaf]
        await run.row_written(leaf.oid, "UPDATE", [(old[row], new[row])], values)
        await row_constraints.domains(run, table, leaf, row, taken)
        evaluated = after.get(row)
        if evaluated is not None:
            new[row].update(evaluated.generated)
        await rights.before_checks(run, owner, leaf, values, row)
        not_run.of_row(run, leaf, values)
        home = await moving.home(run, key, row, new[row], values)
        if home is not leaf:
            await rights.of_move(run, owner, home, row)
            not_run.of_row(run, home, home.columns_by_name)
            evaluated = await _evaluate_one(run, home, new[row])
        row_constraints.generated(run, home, row, values, evaluated)
        row_constraints.not_null(run, home, row, new[row])
        await rights.of_checks(run, owner, home, row)
        row_constraints.checks(run, home, row, values, evaluated)
        ours = written.version > 0
        written.values = new[row]
        written.version += 1
        written.set_null |= kind == "setnull"
        written.set_default |= kind == "setdefault"
        written.updated |= kind == "cascade"
        keys_before = None if home is not leaf else (old[row], before.get(row))
        rechecks = await refuse_duplicates(run, home, row, owner=owner, before=keys_before, after=evaluated)
        run.overlay.wrote(row)
        if home is not leaf:
            await moving.move(run, key, row, home, old=old[row], rechecks=rechecks)
            continue
        checked = await _keys_to_check(run, leaf, old[row], new[row], ours=ours)
        run.enqueue(
            "UPDATE",
            row,
            leaf.oid,
            version=written.version,
            old=old[row],
            new=new[row],
            columns=values,
            rechecks=rechecks,
            checked=checked,
        )


async def _evaluate(run: RunState, values: Mapping[RowId, RowValues]) -> dict[RowId, Evaluated]:
    """Ask the server once for each leaf table that needs it."""
    by_leaf: dict[int, list[RowId]] = {}
    for row in values:
        by_leaf.setdefault(run.leaf_of(row), []).append(row)
    found: dict[RowId, Evaluated] = {}
    for leaf, members in by_leaf.items():
        table = run.facts.tables[leaf]
        if run.evaluator.needed(table):
            answers = await run.evaluator.rows(table, [values[row] for row in members])
            found.update(zip(members, answers, strict=True))
    return found


async def _evaluate_one(run: RunState, table: TableFact, values: RowValues) -> Evaluated | None:
    return (await run.evaluator.rows(table, [values]))[0] if run.evaluator.needed(table) else None


async def _keys_to_check(
    run: RunState, leaf: TableFact, old: RowValues, new: RowValues, *, ours: bool
) -> set[int]:
    """Give the row's own foreign keys whose check must run (RI_FKey_fk_upd_check_required).

    A row that this transaction has already written (`ours`) is checked again even
    when the key did not change.
    """
    wanted: set[int] = set()
    for trigger in leaf.triggers:
        key = run.facts.key_of(trigger)
        if key is None or trigger.machinery != "check_upd":
            continue
        before, after = values_of(old, key.columns), values_of(new, key.columns)
        if None in after:
            if key.match is Match.FULL and any(value is not None for value in after):
                wanted.add(key.oid)
        elif ours or not await run.matcher.same_reference(key, before, after):
            wanted.add(key.oid)
    return wanted
