"""SET NULL, SET DEFAULT and ON UPDATE CASCADE as the updates they are, with every constraint of the row.

In PostgreSQL's order: domains, generated columns, the partition, NOT NULL, CHECK,
unique and exclusion indexes at once; the row's foreign keys and the ON UPDATE
actions of those that reference it, from the queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.preview.equality import Values, clause, family, index_comparison, key_columns, plain_type
from fkdash.preview.facts import DELETE_BIT, INSERT_BIT, UPDATE_BIT
from fkdash.preview.outcome import Obstacle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.preview.equality import Comparison
    from fkdash.preview.evaluation import Evaluated
    from fkdash.preview.facts import IndexFact, KeyFact, TableFact
    from fkdash.preview.overlay import Written
    from fkdash.preview.queue import Event, Run
    from fkdash.preview.reader import RowId, RowValues

NOT_NULL: Final = "23502"
CHECKED: Final = "23514"
DUPLICATE: Final = "23505"
EXCLUDED: Final = "23P01"
_MOVES_ARE_UPDATES: Final = 15
_DATA_ERROR: Final = "22"


async def write_action(run: Run, key: KeyFact, kind: str, event: Event, *, on_update: bool) -> None:
    """Carry out SET NULL, SET DEFAULT or ON UPDATE CASCADE for one referenced row."""
    assert event.old is not None  # noqa: S101 - an action trigger fires for a row that was there
    table = run.facts.tables[key.relation]
    if not run.owner_may(key, table, "update", "select"):
        return
    columns = key.columns if on_update else key.set_columns
    run.statement_begins(table, UPDATE_BIT)
    rows = await run.referencing(key, event.old)
    if rows:
        if kind == "setnull":
            values: Mapping[str, str | None] = dict.fromkeys(columns)
        elif kind == "setdefault":
            values = await _defaults(run, key, columns)
        else:
            values = await _carried(run, key, event.new or {})
        await _update(run, key, rows, values, kind)
    run.statement_ends(table, UPDATE_BIT)
    if kind == "setdefault":
        await run.still_referenced(key, event.old, restrict=False)


async def _defaults(run: Run, key: KeyFact, columns: Sequence[str]) -> dict[str, str | None]:
    """The columns' defaults; the partitioned root's, where the table is partitioned."""
    table = run.facts.tables[key.relation]
    values: dict[str, str | None] = {}
    for name in columns:
        column = table.columns[name]
        values[name] = None
        if column.identity or not column.default_steady:
            run.outcome.doubt(f"The default of {table.name}.{name} is only known when it is really taken.")
        elif column.default is not None:
            found = await run.evaluator.text(f"({column.default})::{plain_type(run.facts, column)}")
            if isinstance(found, tuple):
                _failed(run, table, (name,), found, [])
            else:
                values[name] = found
    return values


async def _carried(run: Run, key: KeyFact, new: RowValues) -> dict[str, str | None]:
    """The referenced row's new key, as the referencing columns' types hold it."""
    own, other = key_columns(run.facts, key)
    values: dict[str, str | None] = {}
    for mine, theirs in zip(own, other, strict=True):
        value = new[theirs.name]
        wanted, given = plain_type(run.facts, mine), plain_type(run.facts, theirs)
        if value is not None and wanted != given:
            found = await run.evaluator.text(f"$1::text::{given}::{wanted}", value)
            if isinstance(found, tuple):
                _failed(run, run.facts.tables[key.relation], (mine.name,), found, [])
                found = None
            elif found is not None and len(found) < len(value.rstrip(" ")) and _is_text(run, mine.type_oid):
                _failed(run, run.facts.tables[key.relation], (mine.name,), ("22001", "value too long"), [])
            value = found
        values[mine.name] = value
    return values


def _is_text(run: Run, type_oid: int) -> bool:
    return family(run.facts, type_oid, deterministic=True) == "text"


async def _update(
    run: Run, key: KeyFact, rows: Sequence[RowId], values: Mapping[str, str | None], kind: str
) -> None:
    old = {row: dict(run.overlay.rows[row].values if row in run.overlay.rows else run.reader.rows[row]) for row in rows}
    new = {row: {**old[row], **values} for row in rows}
    before, after = await _evaluate(run, rows, old), await _evaluate(run, rows, new)
    for row in rows:
        written = run.written(row)
        leaf = run.facts.tables[written.leaf]
        run.row_triggers_before(leaf.oid, UPDATE_BIT, values)
        evaluated = after.get(row)
        if evaluated is not None:
            new[row].update(evaluated.generated)
        await _domains(run, leaf, row, values)
        home = await _home(run, key, leaf, row, new[row], values)
        if home.oid != leaf.oid:
            evaluated = (await _evaluate(run, [row], new, home)).get(row)
        _columns(run, home, row, new[row])
        _checks(run, home, row, values, evaluated)
        ours = written.version > 0
        written.values = new[row]
        written.version += 1
        written.set_null |= kind == "setnull"
        written.set_default |= kind == "setdefault"
        written.updated |= kind == "cascade"
        rechecks = await _indexes(run, home, row, old[row], new[row], before.get(row), evaluated, home is not leaf)
        run.overlay.wrote(row)
        if home.oid == leaf.oid:
            checked = await _keys_to_check(run, leaf, old[row], new[row], ours=ours)
            run.enqueue(
                UPDATE_BIT,
                row,
                leaf.oid,
                old=old[row],
                new=new[row],
                version=written.version,
                columns=values,
                rechecks=rechecks,
                checked=checked,
            )
        else:
            _move(run, key, row, written, home, old[row], rechecks)


async def _evaluate(
    run: Run, rows: Sequence[RowId], values: Mapping[RowId, RowValues], home: TableFact | None = None
) -> dict[RowId, Evaluated]:
    """Ask the server once for each leaf table that needs it."""
    by_leaf: dict[int, list[RowId]] = {}
    for row in rows:
        written = run.overlay.rows.get(row)
        leaf = home.oid if home is not None else row.table if written is None else written.leaf
        by_leaf.setdefault(leaf, []).append(row)
    found: dict[RowId, Evaluated] = {}
    for leaf, members in by_leaf.items():
        table = run.facts.tables[leaf]
        if run.evaluator.needed(table):
            answers = await run.evaluator.rows(table, [values[row] for row in members])
            found.update(zip(members, answers, strict=True))
    return found


async def _domains(run: Run, leaf: TableFact, row: RowId, values: Mapping[str, str | None]) -> None:
    for name, column in leaf.columns.items():
        if name not in values or not column.domain:
            continue
        chain = run.facts.domain_chain(column.type_oid)
        if any(not check.steady for domain in chain for check in domain.constraints):
            run.outcome.doubt(f"A CHECK of domain {chain[0].name} calls a function that is not immutable.")
        if values[name] is None and any(domain.not_null for domain in chain):
            run.outcome.block(Obstacle(None, leaf.name, (name,), NOT_NULL), [row])
        failed = await run.evaluator.domain_failures(column, values[name])
        if len(failed) == 2 and isinstance(failed[0], str):  # noqa: PLR2004 - a pair of SQLSTATE and message
            _failed(run, leaf, (name,), (failed[0], str(failed[1])), [row])
            continue
        for check in failed:
            if not isinstance(check, str):
                run.outcome.block(Obstacle(check.name, leaf.name, (name,), CHECKED), [row])


async def _home(
    run: Run, key: KeyFact, leaf: TableFact, row: RowId, new: RowValues, values: Mapping[str, str | None]
) -> TableFact:
    """The partition that takes the written row: its own, unless a partition key column was written."""
    above = leaf
    written = False
    while above.parent is not None and above.parent in run.facts.tables:
        above = run.facts.tables[above.parent]
        written |= bool(set(above.partition_columns) & values.keys())
    if not written or await run.evaluator.accepts(leaf, new):
        return leaf
    for oid in run.facts.leaves(key.relation):
        if oid != leaf.oid and await run.evaluator.accepts(run.facts.tables[oid], new):
            return run.facts.tables[oid]
    root = run.facts.tables[key.relation]
    run.outcome.block(Obstacle(None, root.name, root.partition_columns, CHECKED), [row])
    return leaf


def _columns(run: Run, table: TableFact, row: RowId, new: RowValues) -> None:
    """NOT NULL, in order of attribute numbers; virtual generated columns come last (18)."""
    for name, column in sorted(table.columns.items(), key=lambda item: item[1].generated == "v"):
        if column.not_null and new.get(name) is None:
            run.outcome.block(Obstacle(None, table.name, (name,), NOT_NULL), [row])


def _checks(
    run: Run, table: TableFact, row: RowId, values: Mapping[str, str | None], evaluated: Evaluated | None
) -> None:
    for check in table.checks:
        if not check.steady:
            run.outcome.doubt(f'CHECK "{check.name}" on {table.name} calls a function that is not immutable.')
    if evaluated is None:
        return
    if evaluated.error is not None:
        _failed(run, table, tuple(values), evaluated.error, [row])
    for check in evaluated.failed:
        columns = tuple(name for name in check.columns if name in values) or check.columns
        run.outcome.block(Obstacle(check.name, table.name, columns, CHECKED), [row])


def _failed(run: Run, table: TableFact, columns: tuple[str, ...], error: tuple[str, str], rows: Sequence[RowId]) -> None:
    """An expression of the row fails: the real statement fails the same way, if the fault is in the data."""
    sqlstate, message = error
    if sqlstate.startswith(_DATA_ERROR):
        run.outcome.block(Obstacle(None, table.name, columns, sqlstate), rows)
    else:
        run.outcome.doubt(f"An expression of {table.name} could not be evaluated: {message}")


async def _indexes(
    run: Run,
    table: TableFact,
    row: RowId,
    old: RowValues,
    new: RowValues,
    before: Evaluated | None,
    after: Evaluated | None,
    moved: bool,  # noqa: FBT001 - a private helper with one caller
) -> frozenset[int]:
    """Note duplicates; give the deferrable indexes that must be looked at again."""
    rechecks: set[int] = set()
    for index in table.indexes:
        if not (index.unique or index.exclusion) or not index.ready:
            continue
        comparison = comparison_of(run, index)
        key = _index_key(index, new, after)
        unchanged = not moved and key == _index_key(index, old, before)
        run.overlay.occupy(row, index.oid, key, comparison)
        if key is None or unchanged or not await _conflicts(run, table, index, comparison, row, key):
            continue
        if index.immediate:
            block_index(run, table, index, row)
        else:
            rechecks.add(index.oid)
    return frozenset(rechecks)


def comparison_of(run: Run, index: IndexFact) -> Comparison:
    """Give how an index's keys compare with each other."""
    return index_comparison(run.facts, index.keys, not index.exclusion)


def block_index(run: Run, table: TableFact, index: IndexFact, row: RowId) -> None:
    """Note a row that a unique or exclusion index refuses."""
    columns = tuple(key.column or key.expression for key in index.keys)
    sqlstate = EXCLUDED if index.exclusion else DUPLICATE
    run.outcome.block(Obstacle(index.name, table.name, columns, sqlstate), [row])


def _index_key(index: IndexFact, row: RowValues, evaluated: Evaluated | None) -> Values | None:
    if not index.computed:
        return tuple(row.get(key.column or "") for key in index.keys)
    return None if evaluated is None else evaluated.keys.get(index.oid)


async def _conflicts(
    run: Run, table: TableFact, index: IndexFact, comparison: Comparison, row: RowId, key: Values
) -> bool:
    if None in key and not index.nulls_not_distinct:
        return False
    if any(found not in run.overlay.rows for found in await run.reader.occupants(table, index, key)):
        return True
    if comparison.groups is not None:
        return any(found != row for found in run.overlay.occupants(index.oid, key, comparison))
    for other, theirs in run.overlay.indexed(index.oid):
        if other != row and await _same_key(run, table, index, theirs, key):
            return True
    return False


async def _same_key(run: Run, table: TableFact, index: IndexFact, left: Values, right: Values) -> bool:
    for part, a, b in zip(index.keys, left, right, strict=True):
        if a is None or b is None:
            if a is not b or not index.nulls_not_distinct:
                return False
            continue
        kind = run.reader.key_type(table, part.column, part.type)
        collation = part.collation if not part.deterministic else None
        same = a == b if part.operator is None else await run.reader.equal((a, kind), part.operator, (b, kind), collation)
        if not same:
            return False
    return True


async def recheck(run: Run, event: Event) -> None:
    """A deferrable unique constraint's second look (unique_key_recheck), if the row is still the latest version."""
    assert event.row is not None  # noqa: S101 - rechecks are queued for rows
    written = run.overlay.rows[event.row]
    table = run.facts.tables[event.table]
    index = next(index for index in table.indexes if index.oid == event.trigger.index)
    key = written.keys.get(index.oid)
    if not written.alive or key is None:
        return
    if await _conflicts(run, table, index, comparison_of(run, index), event.row, key):
        block_index(run, table, index, event.row)


async def _keys_to_check(
    run: Run, leaf: TableFact, old: RowValues, new: RowValues, *, ours: bool
) -> frozenset[int]:
    """RI_FKey_fk_upd_check_required: the row's own foreign keys whose check must run.

    A row that this transaction has already written is checked again even when the
    key did not change.
    """
    wanted: set[int] = set()
    for trigger in leaf.triggers:
        key = run.facts.keys.get(trigger.constraint)
        if key is None or trigger.function != "RI_FKey_check_upd":
            continue
        after = tuple(new[name] for name in key.columns)
        if all(value is None for value in after):
            continue
        if None in after:
            if key.match_full:
                wanted.add(key.oid)
            continue
        before = tuple(old[name] for name in key.columns)
        if ours or not await _same_reference(run, key, before, after):
            wanted.add(key.oid)
    return frozenset(wanted)


async def _same_reference(run: Run, key: KeyFact, before: Values, after: Values) -> bool:
    if before == after:
        return True
    if None in before:
        return False
    comparison = run.comparison(key)
    if comparison.groups is not None:
        return comparison.normalised(before) == comparison.normalised(after)
    own, _ = key_columns(run.facts, key)
    for column, operator, a, b in zip(own, key.ff_operators, before, after, strict=True):
        kind = plain_type(run.facts, column)
        collation = column.collation if not column.deterministic else None
        if a is None or b is None or not await run.reader.equal((a, kind), operator, (b, kind), collation):
            return False
    return True


def _move(
    run: Run, key: KeyFact, row: RowId, written: Written, home: TableFact, old: RowValues, rechecks: frozenset[int]
) -> None:
    """A row that changes partitions is deleted from one and inserted into the other."""
    source, written.leaf = written.leaf, home.oid
    run.row_triggers_before(source, DELETE_BIT)
    run.row_triggers_before(home.oid, INSERT_BIT)
    run.overlay.wrote(row)
    as_update = run.facts.major >= _MOVES_ARE_UPDATES
    run.enqueue(DELETE_BIT, row, source, old=old, version=written.version, moved=as_update)
    checks = frozenset(trigger.constraint for trigger in home.triggers if trigger.function == "RI_FKey_check_ins")
    run.enqueue(
        INSERT_BIT, row, home.oid, new=written.values, version=written.version, rechecks=rechecks, checked=checks
    )
    if as_update:
        run.enqueue(
            UPDATE_BIT, row, run.facts.root(key.relation), old=old, new=written.values, version=written.version
        )


__all__ = ["clause", "recheck", "write_action"]
