"""What the owner of a table, as whom its referential actions run, may not evaluate because of a function in it.

PostgreSQL looks at EXECUTE when it prepares an expression, whether or not a row reaches
the function: for defaults and domains (and, up to 15, generated columns) before there is
any row, for the rest with the first row written (execExpr.c, ExecInitFunc; manual, "GRANT").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import visible
from fkdash.fact import fact
from fkdash.preview.declared.doubts import refusal
from fkdash.preview.evaluating.equality import plain_type
from fkdash.preview.outcome import Obstacle
from fkdash.sqlstates import INSUFFICIENT_PRIVILEGE
from fkdash.versions import GENERATED_WITH_THE_ROW

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fkdash.preview.declared.facts import IndexFact, KeyFact, TableFact
    from fkdash.preview.queue.state import RunState
    from fkdash.preview.row import RowId, RowValues


@fact
class _Call:
    """An expression that an action evaluates, with the functions in it that not everybody may execute.

    `obstacle` is what stops the delete where the owner may not. What PostgreSQL keeps in
    `planned` form may have lost a function of language SQL to inlining.
    """

    expression: str
    restricted: tuple[int, ...]
    obstacle: Obstacle
    what: str
    planned: bool = False


async def of_statement(
    run: RunState, key: KeyFact, columns: Sequence[str], kind: str, rows: Sequence[RowId]
) -> None:
    """Note what the owner may not evaluate, rows or not: defaults that are taken, domains of written columns."""
    table = run.facts.tables[key.relation]
    if table.owner not in run.facts.refused:
        return
    for name in columns:
        column = table.columns_by_name[name]
        if kind == "setdefault" and column.default is not None:
            obstacle = Obstacle(run.facts.root_key(key).name, table.name, (name,), INSUFFICIENT_PRIVILEGE)
            what = f"the default of {table.name}.{visible(name)}"
            await _note(run, table.owner, _Call(column.default, column.default_restricted, obstacle, what), rows)
        for domain in reversed(run.facts.domain_chain(column.type_oid)):
            for check in domain.checks:
                typed = f"SELECT v.value::{plain_type(run.facts, column)} AS value"
                tested = f"(SELECT ({check.expression}) FROM ({typed}) AS v)"
                obstacle = Obstacle(check.name, table.name, (name,), INSUFFICIENT_PRIVILEGE)
                what = f"CHECK {check.shown} of domain {domain.shown}"
                await _note(run, table.owner, _Call(tested, check.restricted, obstacle, what), rows)
    if run.facts.major < GENERATED_WITH_THE_ROW:
        for oid in run.facts.leaves(table.oid):
            await _generated(run, table.owner, run.facts.tables[oid], columns, rows)


async def of_move(run: RunState, owner: str, destination: TableFact, row: RowId) -> None:
    """Note the generated columns that the owner may not compute for a row that comes from another partition."""
    if owner in run.facts.refused:
        await _generated(run, owner, destination, destination.columns_by_name, [row])


async def before_checks(run: RunState, owner: str, leaf: TableFact, columns: Collection[str], row: RowId) -> None:
    """Note what stops a row that is written before its NOT NULL columns are looked at."""
    if owner not in run.facts.refused:
        return
    if run.facts.major >= GENERATED_WITH_THE_ROW:
        await _generated(run, owner, leaf, columns, [row])
    if leaf.partition_check is not None and not leaf.partition_too_long:
        obstacle = Obstacle(None, leaf.name, leaf.partition_columns, INSUFFICIENT_PRIVILEGE)
        what = f"the partition key above {leaf.name}"
        call = _Call(leaf.partition_check, leaf.partition_restricted, obstacle, what, planned=True)
        await _note(run, owner, call, [row], leaf)


async def of_checks(run: RunState, owner: str, leaf: TableFact, row: RowId) -> None:
    """Note the CHECKs that cannot be prepared; PostgreSQL prepares all before it evaluates the first."""
    if owner not in run.facts.refused:
        return
    for check in leaf.checks:
        obstacle = Obstacle(check.name, leaf.name, leaf.names(check.columns), INSUFFICIENT_PRIVILEGE)
        call = _Call(check.expression, check.restricted, obstacle, f"CHECK {check.shown} on {leaf.name}")
        await _note(run, owner, call, [row], leaf)


async def of_index(
    run: RunState,
    owner: str,
    leaf: TableFact,
    index: IndexFact,
    row: RowId,
    *,
    before: RowValues | None,
    inside: bool,
) -> None:
    """Note an index whose key the owner may not compute.

    `inside` says that the row satisfies its condition, `before` is the row as it was in the same
    table. Where no index reads a changed column, new entries are made only if the page has no room (HOT).
    """
    if owner not in run.facts.refused or not index.ready:
        return
    after = run.values(row)
    written = before is None or any(
        before.get(name) != after.get(name) for each in leaf.indexes if each.ready for name in each.reads
    )
    keys = tuple(k.column or k.expression for k in index.keys)
    obstacle = Obstacle(index.name, leaf.name, keys, INSUFFICIENT_PRIVILEGE)
    parts = [(index.predicate, index.predicate_restricted)] if index.predicate else []
    if inside:
        parts += [(part.expression, index.restricted) for part in index.keys if part.column is None]
    for expression, restricted in parts:
        call = _Call(expression, restricted, obstacle, f"index {index.shown} of {leaf.name}", planned=True)
        await _note(run, owner, call, [row], leaf, sure=written)


async def _generated(
    run: RunState, owner: str, leaf: TableFact, columns: Collection[str], rows: Sequence[RowId]
) -> None:
    # With a BEFORE ROW trigger, whether it runs or not, any column might have been changed.
    every = any(trigger.fires("UPDATE", row=True, before=True) for trigger in leaf.triggers)
    for column in leaf.generated:
        computed = column.stored and (every or column.reads & set(columns))
        if computed and column.default is not None:
            obstacle = Obstacle(None, leaf.name, (column.name,), INSUFFICIENT_PRIVILEGE)
            what = f"the generated column {leaf.name}.{column.shown}"
            await _note(run, owner, _Call(column.default, column.default_restricted, obstacle, what), rows, leaf)


async def _note(
    run: RunState,
    owner: str,
    call: _Call,
    rows: Sequence[RowId],
    table: TableFact | None = None,
    *,
    sure: bool = True,
) -> None:
    """Note a blocker, or a doubt where it is not certain that PostgreSQL asks for the privilege."""
    refused = run.facts.refused_to(owner, call.restricted)
    permitted = await run.evaluator.permitted(owner, call.expression, table) if refused else True
    if permitted:
        return
    reason = refusal(owner, refused, call.what)
    if permitted is None or not sure or (call.planned and any(function.inlined for function in refused)):
        run.outcome.doubt(f"{reason}; PostgreSQL may stop there or not.")
    else:
        run.outcome.block(call.obstacle, rows)
        run.outcome.remark(f"{reason}.")
