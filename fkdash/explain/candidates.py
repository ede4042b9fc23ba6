"""The foreign keys that can be behind an error which names none: by what is in the way of their actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from fkdash.catalog.action import REFUSING, WRITING, Action, Statement
from fkdash.catalog.table_name import listed
from fkdash.explain.clues import Clues, Kind
from fkdash.explain.keys import referencing_names, statement_table, table_called, written_table
from fkdash.explain.model import Cause, referenced_table
from fkdash.explain.next_steps import planning, previewing
from fkdash.fact import fact
from fkdash.rules.actions.cascades import node
from fkdash.rules.actions.index_use import serving_index
from fkdash.rules.actions.obstacle import Kind as Met
from fkdash.rules.actions.obstacles import obstacles
from fkdash.rules.actions.rivals import action_of
from fkdash.rules.actions.ways import ways_from, ways_to
from fkdash.rules.sizes import in_words, rows_of
from fkdash.sqlstates import FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.actions.obstacle import Obstacle
    from fkdash.rules.actions.writes import Write

MOST_ANSWERS: Final = 20
_MOST_PATHS: Final = 5
_One = TypeVar("_One")
# Since 18 RESTRICT has a SQLSTATE of its own (ri_triggers.c, RI_Fkey_restrict).
_REFUSING_BY: Final = {FOREIGN_KEY_VIOLATION: REFUSING, RESTRICT_VIOLATION: frozenset({Action.RESTRICT})}
_MET: Final = {
    Kind.NULL: frozenset({Met.NOT_NULL}),
    Kind.IDENTITY: frozenset({Met.IDENTITY}),
    Kind.CHECK: frozenset({Met.CHECK}),
    Kind.UNIQUE: frozenset({Met.UNIQUE}),
    Kind.DOMAIN: frozenset({Met.DOMAIN}),
    Kind.PARTITION: frozenset({Met.PARTITION}),
}


@fact
class Candidates:
    """The first answers, likeliest first, of `total` foreign keys that there are."""

    answers: tuple[Cause, ...] = ()
    total: int = 0


def first_of(found: Sequence[_One], answer: Callable[[_One], Cause]) -> Candidates:
    """Give the answers for the first few; of each the ways are looked for, which takes a while for thousands."""
    return Candidates(tuple(map(answer, found[:MOST_ANSWERS])), len(found))


def by_obstacle(catalog: Catalog, clues: Clues) -> Candidates:
    """Give the keys whose SET NULL or SET DEFAULT meets what the error names."""
    written = written_table(catalog, clues)
    if clues.kind is Kind.DOMAIN and written is not None and _has(catalog.tables[written], clues):
        return Candidates()
    start = statement_table(catalog, clues)
    found: list[tuple[ForeignKey, Obstacle]] = []
    for write, met in obstacles(catalog):
        if _itself(catalog, written, write):
            continue
        obstacle = next((each for each in met if _fits(catalog, clues, write.key, each)), None)
        if obstacle is not None and write.key not in {key for key, _ in found}:
            found.append((write.key, obstacle))
    if start is not None and len(found) > 1:
        below = ways_from(catalog, start)
        found = [each for each in found if node(catalog, each[0].referenced) in below] or found
    if clues.schema and len(found) > 1:
        found = [each for each in found if each[0].table.schema == clues.schema] or found
    return first_of(found, lambda each: contradiction(catalog, clues, *each))


def _has(table: Table, clues: Clues) -> bool:
    """Tell whether a table has a column of the domain that the error tells of."""
    domains = (domain for column in table.columns if column.domain for domain in column.domain.chain)
    said = {name.rpartition(".")[2] for name in (clues.constraint, clues.table)}
    return any(domain.name in said for domain in domains)


def _itself(catalog: Catalog, written: TableName | None, write: Write) -> bool:
    """Tell whether the operator's statement wrote that table itself: were it the key, its own would be told of."""
    return written is not None and node(catalog, written) == node(catalog, write.key.table)


def by_column(catalog: Catalog, clues: Clues) -> Candidates:
    """Give every key that may be behind an error that names no table, certain ones first."""
    columns = set(clues.columns)
    written = written_table(catalog, clues)
    found = [
        (write.key, obstacle)
        for write, met in obstacles(catalog)
        for obstacle in met[:1]
        if not _itself(catalog, written, write)
        and obstacle.kind in {Met.NOT_NULL, Met.IDENTITY}
        and clues.sqlstate in {"", obstacle.error.sqlstate}
        and (not columns or not columns.isdisjoint(obstacle.columns))
    ]
    start = statement_table(catalog, clues)
    if start is not None:
        below = ways_from(catalog, start)
        found = [each for each in found if node(catalog, each[0].referenced) in below] or found
    found.sort(key=lambda each: not each[1].certain)
    return first_of(found, lambda each: contradiction(catalog, clues, *each, sure=False))


def by_code(catalog: Catalog, sqlstate: str) -> Candidates:
    """Give the keys that can raise a SQLSTATE, the likeliest first: contradictions, then the largest tables."""
    found: list[tuple[tuple[bool, int], ForeignKey, Obstacle | None]] = []
    clues = Clues(sqlstate, Kind.CODE)
    seen: set[ForeignKey] = set()
    for write, met in obstacles(catalog):
        obstacle = next((each for each in met if each.error.sqlstate == sqlstate), None)
        if obstacle is not None and write.key not in seen:
            seen.add(write.key)
            found.append(((not obstacle.certain, -_rows(catalog, write.key)), write.key, obstacle))
    found += [
        ((key.on_delete not in REFUSING, -_rows(catalog, key)), key, None)
        for key in catalog.foreign_keys
        if key not in seen and not {key.on_delete, key.on_update}.isdisjoint(_REFUSING_BY.get(sqlstate, ()))
    ]
    found.sort(key=lambda each: each[0])

    def answer(each: tuple[tuple[bool, int], ForeignKey, Obstacle | None]) -> Cause:
        _, key, obstacle = each
        if obstacle is None:
            return _refusing(catalog, key, sqlstate)
        return contradiction(catalog, clues, key, obstacle, sure=False)

    return first_of(found, answer)


def _rows(catalog: Catalog, key: ForeignKey) -> int:
    return rows_of(catalog, key.table) or 0


def _what(key: ForeignKey, sqlstate: str) -> str:
    """Give what a key refuses to let a referenced row do with this SQLSTATE."""
    refusing = _REFUSING_BY[sqlstate]
    if key.on_delete not in refusing:
        return "change its key"
    return "go or change its key" if key.on_update in refusing else "go"


def _refusing(catalog: Catalog, key: ForeignKey, sqlstate: str) -> Cause:
    also = f", and a row of {key.table.shown} that refers to nothing" if sqlstate == FOREIGN_KEY_VIOLATION else ""
    return Cause(
        key,
        sqlstate,
        f"{key.qualified} is ON DELETE {key.on_delete} ON UPDATE {key.on_update}: it refuses to let a row of "
        f"{referenced_table(key)} that {key.table.shown} ({listed(key.columns)}) refers to "
        f"{_what(key, sqlstate)}{also}; {key.table.shown} has {in_words(rows_of(catalog, key.table))}.",
        (),
        f"{previewing(key.referenced)} shows whom it concerns.",
    )


def between_models(catalog: Catalog, clues: Clues) -> tuple[ForeignKey, ...]:
    """Give the keys between two tables that a client library calls models."""
    first, second = (table_called(catalog, (name,)) for name in (clues.table, clues.referenced))
    return tuple(key for key in catalog.foreign_keys if {key.table, key.referenced} == {first, second})


def unindexed(catalog: Catalog, clues: Clues) -> Candidates:
    """Give the keys that no index serves, of those that a statement which waited too long goes over."""
    start = statement_table(catalog, clues)
    if start is None or clues.statement is None:
        return Candidates()
    below = ways_from(catalog, start)
    found = [
        (key, (*below[top], key))
        for key in catalog.foreign_keys
        if (top := node(catalog, key.referenced)) in below
        and (clues.statement[0] != "UPDATE" or not below[top])
        and serving_index(catalog, key) is None
    ]
    found.sort(key=lambda each: -_rows(catalog, each[0]))
    return first_of(found, lambda each: _unindexed(catalog, clues, *each))


def _unindexed(catalog: Catalog, clues: Clues, key: ForeignKey, way: tuple[ForeignKey, ...]) -> Cause:
    return Cause(
        key,
        clues.sqlstate,
        f"{key.qualified}: no index serves ({listed(key.columns)}), so that every row of "
        f"{referenced_table(key)} that goes or whose key changes makes it read all of {key.table.shown}, "
        f"{in_words(rows_of(catalog, key.table))}.",
        (way,),
        f"{planning(key, 'create-index')} shows the statement that creates one meanwhile.",
    )


def _fits(catalog: Catalog, clues: Clues, key: ForeignKey, obstacle: Obstacle) -> bool:
    if clues.sqlstate and obstacle.error.sqlstate != clues.sqlstate:
        return False
    if obstacle.kind is Met.DOMAIN:
        return _domain_named(catalog, clues, key, obstacle)
    if obstacle.kind not in _MET.get(clues.kind, frozenset()) and not (
        clues.kind is Kind.CHECK and obstacle.kind is Met.UNIQUE
    ):
        return False
    tables = referencing_names(catalog, key)
    if clues.kind in {Kind.NULL, Kind.IDENTITY}:
        return clues.table in tables and not set(obstacle.columns).isdisjoint(clues.columns)
    if clues.table and clues.table not in tables:
        return False
    named = clues.kind is Kind.PARTITION or f'"{clues.constraint}"' in obstacle.error.message
    return named or (obstacle.kind is Met.UNIQUE and _copied(catalog, clues.constraint, key, obstacle))


def _copied(catalog: Catalog, name: str, key: ForeignKey, obstacle: Obstacle) -> bool:
    """Tell whether a partition's unique index over the same columns has this name: that one is told of."""
    for table in catalog.with_partitions(key.table)[1:]:
        for index in table.indexes:
            if index.name == name and (index.unique or index.exclusion):
                columns = {table.columns_by_number[number].name for number in index.columns if number}
                return set(obstacle.columns) <= columns
    return False


def _domain_named(catalog: Catalog, clues: Clues, key: ForeignKey, obstacle: Obstacle) -> bool:
    names = {clues.constraint, clues.table, *clues.names} - {""}
    for column in obstacle.columns:
        domain = catalog.tables[key.table].columns_by_name[column].domain
        chain = domain.chain if domain is not None else ()
        if not names.isdisjoint({each.name for each in chain}):
            return clues.kind in {Kind.DOMAIN, Kind.CHECK}
    return False


def contradiction(
    catalog: Catalog, clues: Clues, key: ForeignKey, obstacle: Obstacle, *, sure: bool = True
) -> Cause:
    """Give the answer for a key whose own action meets an obstacle."""
    whose = ""
    if sure and clues.statement is not None:
        whose = " Nobody wrote that statement; the foreign key did."
    elif sure:
        whose = (
            " No statement of yours has to write that, the foreign key does; "
            f"an INSERT or UPDATE of {key.table.shown} can fail with the same words."
        )
    doing = " and ".join(
        f"ON {statement} {action_of(key, statement)}"
        for statement in Statement
        if action_of(key, statement) in WRITING
    )
    ways = ways_to(catalog, key)
    start = statement_table(catalog, clues)
    top = node(catalog, start) if start is not None else None
    return Cause(
        key=key,
        sqlstate=obstacle.error.sqlstate,
        message=f"{key.qualified} is {doing}: when a row of {referenced_table(key)} goes, it writes "
        f"{listed(key.set_columns)} of {key.table.shown}, but {obstacle.reason}.{whose}",
        paths=(ways[top],) if top is not None and top in ways else tuple(ways.values())[:_MOST_PATHS],
        next_step=f"{planning(key, 'no-action')} shows the mildest repair; "
        f"{previewing(key.referenced)} shows whom a delete concerns.",
    )
