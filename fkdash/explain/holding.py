"""How a foreign key came to hold a referenced row: what happened to that row, and which action refused it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Action, Statement
from fkdash.catalog.table_name import listed
from fkdash.explain.clues import Clues
from fkdash.explain.keys import ran, statement_table
from fkdash.explain.model import referenced_table
from fkdash.explain.next_steps import checking, planning, previewing
from fkdash.explain.statements import WRITING, Doing
from fkdash.fact import fact
from fkdash.rules.actions.cascades import node
from fkdash.rules.actions.defaults import default_expression
from fkdash.rules.actions.rivals import action_of
from fkdash.rules.actions.ways import ways_from, ways_to
from fkdash.rules.sql.shown import shown
from fkdash.sqlstates import RESTRICT_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, Column, ForeignKey, Table

_LETS_GO: Final = frozenset({Action.CASCADE, Action.SET_NULL, Action.SET_DEFAULT})
_EVENT: Final = {Statement.DELETE: "goes", Statement.UPDATE: "changes its key"}
_AT_WORK: Final = frozenset({"O", "A"})


@fact
class Holding:
    """What is said of it, and what to do.

    `moved` where the row's key was to change, then `paths` are the ways to what changes it; `outdated` where
    nothing refuses as the key is declared now.
    """

    said: str
    next_step: str
    moved: bool = False
    outdated: bool = False
    paths: tuple[tuple[ForeignKey, ...], ...] = ()


def holding(catalog: Catalog, clues: Clues, key: ForeignKey) -> Holding:
    """Tell how the key holds a row back as it is declared now."""
    gone, moved = _happened(catalog, clues, key)
    if gone and _refuses(clues, key.on_delete):
        return Holding(
            f"a row of {referenced_table(key)} is still referred to by {_referring(key)}, so it cannot go",
            _make_way(catalog, key),
        )
    kept = _kept(catalog, clues, key, Statement.DELETE) if gone else None
    if moved and _refuses(clues, key.on_update):
        return _either(kept, _refused_change(catalog, clues, key))
    return kept or (_kept(catalog, clues, key, Statement.UPDATE) if moved else None) or _outdated(key, gone=gone)


def _refuses(clues: Clues, action: Action) -> bool:
    # Since 18 RESTRICT has a SQLSTATE of its own (ri_triggers.c, RI_Fkey_restrict).
    return action is Action.RESTRICT if clues.sqlstate == RESTRICT_VIOLATION else action in REFUSING


def _happened(catalog: Catalog, clues: Clues, key: ForeignKey) -> tuple[bool, bool]:
    """Tell whether the row may have been about to go, and whether its key may have been about to change."""
    top = node(catalog, key.referenced)
    innermost = clues.own[0] if clues.own else None
    if innermost is not None and innermost.doing in WRITING and _is(catalog, innermost.table, key):
        return innermost.doing is Doing.DELETE, innermost.doing is not Doing.DELETE
    verb = clues.statement[0] if clues.statement is not None else ""
    start = statement_table(catalog, clues)
    carried = any(_changers(catalog, clues, key))
    match verb:
        case "INSERT":
            return False, True
        case "UPDATE" if start is None or node(catalog, start) == top or carried:
            return False, True
        case "DELETE" if start is not None:
            below = top in ways_from(catalog, start)
            # What neither deletes nor changes rows there may have a trigger that does.
            return (below, carried) if below or carried else (True, True)
        case "DELETE":
            return True, carried
    return True, True


def _is(catalog: Catalog, table: tuple[str, str], key: ForeignKey) -> bool:
    return any(tuple(each.name) == table for each in catalog.with_partitions(node(catalog, key.referenced)))


def _changers(catalog: Catalog, clues: Clues, key: ForeignKey) -> Iterator[tuple[ForeignKey, Statement]]:
    """Give the keys whose actions write what this one refers to, where the statements in the text allow it."""
    start = statement_table(catalog, clues)
    below = ways_from(catalog, start) if start is not None else None
    verb = clues.statement[0] if clues.statement is not None else ""
    own = ran(catalog, clues.own[0]) if clues.own else None
    for other in catalog.declared_on.get(key.referenced, ()):
        if own is not None and other not in own:
            continue
        for statement in Statement:
            action = action_of(other, statement)
            columns = other.set_columns if statement is Statement.DELETE else other.columns
            writes = action in _LETS_GO and (action is not Action.CASCADE or statement is Statement.UPDATE)
            if not writes or set(columns).isdisjoint(key.referenced_columns):
                continue
            if verb == "UPDATE" and statement is Statement.DELETE:
                continue
            if (
                statement is Statement.DELETE
                and below is not None
                and node(catalog, other.referenced) not in below
            ):
                continue
            yield other, statement


def _refused_change(catalog: Catalog, clues: Clues, key: ForeignKey) -> Holding:
    table = referenced_table(key)
    if key.on_delete in _LETS_GO:
        said = (
            f"it lets a row of {table} go, but it is ON UPDATE {key.on_update}, so the key of a row that "
            f"{_referring(key)} refers to cannot change"
        )
    else:
        said = (
            f"a row of {table} is still referred to by {_referring(key)}, so its key cannot change, as it is "
            f"ON UPDATE {key.on_update}"
        )
    changer, statement = next(_others(catalog, clues, key), (None, Statement.UPDATE))
    if changer is None:
        leave = f"Leave the key as it is, or point the rows of {key.table.shown} elsewhere first."
        return Holding(said, leave, moved=True)
    can = "changes" if clues.statement is not None or clues.own else "can change"
    ways = ways_to(catalog, changer)
    start = statement_table(catalog, clues)
    way = ways.get(node(catalog, start if start is not None else changer.referenced))
    return Holding(
        f"{said}; {changer.shown} {can} it (ON {statement} {action_of(changer, statement)})",
        f"Point the rows of {key.table.shown} elsewhere first, or change what {changer.shown} does: "
        f"{planning(changer)} shows how.",
        moved=True,
        paths=((*way, key),) if way is not None and statement is Statement.DELETE else (),
    )


def _others(catalog: Catalog, clues: Clues, key: ForeignKey) -> Iterator[tuple[ForeignKey, Statement]]:
    """Give the keys that change what this one refers to, where the operator's own statement does not."""
    start = statement_table(catalog, clues)
    directly = clues.statement is not None and clues.statement[0] != "DELETE" and not clues.own
    if directly and (start is None or node(catalog, start) == node(catalog, key.referenced)):
        return
    yield from _changers(catalog, clues, key)


def _kept(catalog: Catalog, clues: Clues, key: ForeignKey, statement: Statement) -> Holding | None:
    """Tell of a SET DEFAULT after which rows still refer to the row: it looks for them once it has written."""
    if action_of(key, statement) is not Action.SET_DEFAULT or clues.sqlstate == RESTRICT_VIOLATION:
        return None
    columns = catalog.tables[key.table].columns_by_name if key.table in catalog.tables else {}
    written = key.set_columns if statement is Statement.DELETE else key.columns
    defaults = [_default(columns[name]) for name in written if name in columns]
    values = ", ".join(text or "NULL" for text in defaults)
    trigger = _before(catalog.tables.get(key.table), "UPDATE")
    reasons = (
        *(("that row is the one of the default",) if any(defaults) else ()),
        *((f"trigger {trigger} kept them as they were",) if trigger else ()),
    )
    if not reasons:
        return None
    return Holding(
        f"when a row of {referenced_table(key)} {_EVENT[statement]}, it sets {_referring(key)} to the default "
        f"({values}), and then rows of {key.table.shown} still refer to that row: {', or '.join(reasons)}",
        f"Leave that row as it is, or give {key.table.shown} another default or point its rows elsewhere first; "
        f"{checking(key.table)} tells more, {_lists(key)}",
    )


def _default(column: Column) -> str:
    return shown(default_expression(column) or "") or ("the next number" if column.identity else "")


def _either(first: Holding | None, second: Holding) -> Holding:
    if first is None:
        return second
    return Holding(
        f"either {first.said}, or {second.said}",
        f"{first.next_step} If a key was to change: {second.next_step[:1].lower()}{second.next_step[1:]}",
        paths=second.paths,
    )


def _outdated(key: ForeignKey, *, gone: bool) -> Holding:
    would = "let go" if gone else "let change its key"
    return Holding(
        f"a row of {referenced_table(key)} was still referred to by {_referring(key)}, which it would {would} "
        "now: the error is from before that was changed",
        "fkdash fix history tells what was changed here.",
        moved=not gone,
        outdated=True,
    )


def _make_way(catalog: Catalog, key: ForeignKey) -> str:
    table = key.table.shown
    lists = _lists(key)
    trigger = _before(catalog.tables.get(key.table), "DELETE")
    if trigger:
        return (
            f"Point the rows of {table} elsewhere first; deleting them may not work, as trigger {trigger} runs "
            f"before each such DELETE and can refuse it: read what it does; {lists}"
        )
    return f"Move or delete the rows of {table} first; {lists}"


def _before(table: Table | None, event: str) -> str:
    """Give a trigger that runs before each such statement of the table, and can keep its rows as they are."""
    for trigger in (table.triggers or ()) if table is not None else ():
        fires = any(each.upper() == event for each in trigger.events)
        if trigger.before and fires and trigger.enabled in _AT_WORK and trigger.constraint is None:
            return trigger.name
    return ""


def _referring(key: ForeignKey) -> str:
    return f"{key.table.shown} ({listed(key.columns)})"


def _lists(key: ForeignKey) -> str:
    return f"{previewing(key.referenced)} lists them."
