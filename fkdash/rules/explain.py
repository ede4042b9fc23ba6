"""Explains an error: which foreign key is behind it, on which way a delete gets there, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Action
from fkdash.catalog.names import typed
from fkdash.rules.cascades import node
from fkdash.rules.error_text import is_odd, read_error
from fkdash.rules.finding import Statement
from fkdash.rules.obstacles import Kind, obstacles
from fkdash.rules.once import once_per_catalog
from fkdash.rules.rivals import action_of
from fkdash.rules.ways import ways_to
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog, Domain, ForeignKey, Table, TableName
    from fkdash.rules.error_text import Clues
    from fkdash.rules.obstacles import Obstacle

_MOST_PATHS: Final = 5
_LETS_GO: Final = frozenset({Action.CASCADE, Action.SET_NULL})
_REFUSING: Final = frozenset({Action.NO_ACTION, Action.RESTRICT})
_COLUMN_ONLY: Final = frozenset({Kind.NOT_NULL, Kind.IDENTITY})
_MORE: Final = (
    "To be certain, paste more of it: the table (psql prints it after \\set VERBOSITY verbose, drivers have it as "
    "a field) and the statement that failed (CONTEXT and STATEMENT in the server's log)."
)
_ROW_ERRORS: Final = frozenset({"23502", "23514", "23505", "23P01", "428C9"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A foreign key that explains the error.

    `message` says how, `paths` are the ways on which a delete gets there (each
    from the table deleted from to this key; the key alone for a direct one), and
    `next_step` is what to do.
    """

    key: ForeignKey
    sqlstate: str
    message: str
    paths: tuple[tuple[ForeignKey, ...], ...]
    next_step: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an error means in this database: a headline, and the foreign keys behind it, likeliest first.

    Without answers no foreign key of this database explains it; the headline says what was understood.
    `advice` is empty where the answer is certain, else it says what would make it so.
    """

    clues: Clues
    headline: str
    answers: tuple[Answer, ...]
    advice: str = ""


def explain(catalog: Catalog, text: str) -> Explanation:
    """Explain a pasted error with the catalog of the database it came from."""
    clues = read_error(text, _odd_names(catalog))
    named = _named_keys(catalog, clues)
    answers: list[Answer] = []
    by_column = False
    if clues.sqlstate in _ROW_ERRORS or not named:
        answers = list(_by_obstacle(catalog, clues))
        if not answers:
            answers = _by_column(catalog, clues)
            by_column = bool(answers)
    if not answers:
        answers = [_refusal(catalog, clues, key) for key in named]
    return Explanation(
        clues,
        _headline(clues, answers, by_column=by_column),
        tuple(answers),
        advice=_MORE if by_column or len(answers) > 1 else "",
    )


def _named_keys(catalog: Catalog, clues: Clues) -> list[ForeignKey]:
    """Give the foreign keys that are named, their partitions' copies included; tables in the text narrow them."""
    by_name = _keys_by_name(catalog)
    candidates = [key for name in (*clues.names, *sorted(clues.words)) for key in by_name.get(name, ())]
    candidates = list(dict.fromkeys(candidates))
    if len(candidates) > 1:
        mentioned = set(clues.names) | clues.words
        both = [key for key in candidates if {key.table.name, key.referenced.name} <= mentioned]
        either = [key for key in candidates if key.table.name in mentioned]
        candidates = both or either or candidates
        schemas = [key for key in candidates if key.table.schema in clues.names]
        candidates = schemas or candidates
    return candidates


@once_per_catalog
def _keys_by_name(catalog: Catalog) -> Mapping[str, tuple[ForeignKey, ...]]:
    found: dict[str, list[ForeignKey]] = {}
    for key in catalog.foreign_keys:
        for name in dict.fromkeys((key.name, *(copy.name for copy in key.copies))):
            found.setdefault(name, []).append(key)
    return {name: tuple(keys) for name, keys in found.items()}


def _by_obstacle(catalog: Catalog, clues: Clues) -> Iterator[Answer]:
    """Give the keys whose SET NULL or SET DEFAULT meets what the error names."""
    found: list[tuple[bool, ForeignKey, Obstacle]] = []
    tables = _tables(catalog, clues)
    written = _written_table(catalog, clues)
    for write, met in obstacles(catalog):
        if written == write.key.table != write.key.referenced:
            continue
        for obstacle in met:
            if _fits(catalog, clues, write.key, obstacle, tables):
                exact = clues.action is None or clues.action == tuple(write.key.table)
                found.append((exact, write.key, obstacle))
                break
    if any(exact for exact, _, _ in found):
        found = [each for each in found if each[0]]
    for _, key, obstacle in found:
        yield _contradiction(catalog, clues, key, obstacle)


def _by_column(catalog: Catalog, clues: Clues) -> list[Answer]:
    """Give every key that may be behind an error that names a column and no table, the certain ones first."""
    if clues.names_table or (clues.statement is not None and clues.statement[0] == "INSERT"):
        return []
    columns = set(clues.names or clues.words)
    found = [
        (write.key, obstacle)
        for write, met in obstacles(catalog)
        for obstacle in met[:1]
        if obstacle.kind in _COLUMN_ONLY
        and clues.sqlstate in {"", obstacle.error.sqlstate}
        and not columns.isdisjoint(obstacle.columns)
    ]
    start = _statement_table(catalog, clues)
    if start is not None:
        found = [each for each in found if node(catalog, start) in ways_to(catalog, each[0])] or found
    found.sort(key=lambda each: not each[1].certain)
    return [_contradiction(catalog, clues, key, obstacle, sure=False) for key, obstacle in found]


@once_per_catalog
def _odd_names(catalog: Catalog) -> frozenset[str]:
    """Give what may stand in an error and cannot be told from the words around it without knowing it."""
    names = {key.name for key in catalog.foreign_keys}
    for table in catalog.tables.values():
        names.update(
            (*table.name, *(check.name for check in table.checks), *(index.name for index in table.indexes))
        )
        for column in table.columns:
            names.add(column.name)
            names.update(domain.name for domain in (column.domain.chain if column.domain is not None else ()))
    return frozenset(filter(is_odd, names))


def _tables(catalog: Catalog, clues: Clues) -> frozenset[TableName]:
    """Give the tables that are named, a partition's partitioned table along with it."""
    spoken = set(clues.names) if set(clues.names) & {name.name for name in catalog.tables} else clues.words
    schemas = {name.schema for name in catalog.tables} & set(clues.names)
    named = [name for name in catalog.tables if name.name in spoken]
    in_schema = [name for name in named if name.schema in schemas]
    chosen = in_schema or named
    return frozenset(chosen) | {node(catalog, name) for name in chosen}


def _fits(
    catalog: Catalog, clues: Clues, key: ForeignKey, obstacle: Obstacle, tables: frozenset[TableName]
) -> bool:
    if clues.sqlstate and obstacle.error.sqlstate != clues.sqlstate:
        return False
    if obstacle.kind is Kind.DOMAIN:
        domains = {
            domain.name for name in obstacle.columns for domain in _domains(catalog.tables[key.table], name)
        }
        return not domains.isdisjoint(clues.words | set(clues.names))
    if key.table not in tables and not _constraint_named(catalog, clues, obstacle):
        return False
    if obstacle.kind is Kind.PARTITION:
        checks = {check.name for table in catalog.with_partitions(key.table) for check in table.checks}
        return checks.isdisjoint(clues.names)
    if obstacle.kind in {Kind.NOT_NULL, Kind.IDENTITY}:
        return not set(obstacle.columns).isdisjoint(clues.names or clues.words)
    return _constraint_named(catalog, clues, obstacle)


def _domains(table: Table, column: str) -> Iterable[Domain]:
    domain = table.columns_by_name[column].domain
    return domain.chain if domain is not None else ()


def _constraint_named(catalog: Catalog, clues: Clues, obstacle: Obstacle) -> bool:
    """Tell whether the error names the CHECK or index that the obstacle's own error would name."""
    quoted = read_error(obstacle.error.message, _odd_names(catalog)).names
    return bool(quoted) and obstacle.kind > Kind.NOT_NULL and quoted[-1] in {*clues.names, *clues.words}


def _contradiction(
    catalog: Catalog, clues: Clues, key: ForeignKey, obstacle: Obstacle, *, sure: bool = True
) -> Answer:
    whose = " Nobody wrote that statement; the foreign key did." if sure else ""
    doing = " and ".join(
        f"ON {statement} {action_of(key, statement)}"
        for statement in Statement
        if action_of(key, statement) in {Action.SET_NULL, Action.SET_DEFAULT}
    )
    return Answer(
        key=key,
        sqlstate=obstacle.error.sqlstate,
        message=f"{key.qualified} is {doing}: when a row of {key.referenced.name} goes, it writes "
        f"{', '.join(key.set_columns)} of {key.table.name}, but {obstacle.reason}.{whose}",
        paths=_paths(catalog, clues, key),
        next_step=f"fkdash fix plan {shell_word(key.qualified)} --option no-action shows the mildest repair; "
        f"fkdash preview --table {shell_word(typed(key.referenced))} shows whom a delete concerns.",
    )


def _refusal(catalog: Catalog, clues: Clues, key: ForeignKey) -> Answer:
    held = _still_referenced(clues, key)
    columns = ", ".join(key.columns)
    own = [action for action in (key.on_delete, key.on_update) if action in {Action.SET_NULL, Action.SET_DEFAULT}]
    moved = key.on_delete in _LETS_GO and key.on_update in _REFUSING
    kept = (
        f"a row of {key.referenced.name} is still referred to by {key.table.name} ({columns}), so it cannot go"
        if not moved
        else f"it lets a row of {key.referenced.name} go, but it is ON UPDATE {key.on_update}, so the key of a "
        f"row that {key.table.name} ({columns}) refers to cannot change"
    )
    missing = (
        f"a row of {key.table.name} was written whose ({columns}) is not in {key.referenced.name} "
        f"({', '.join(key.referenced_columns)})" + (f", or its own {own[0]} wrote it" if own else "")
    )
    move = (
        f"Leave the key as it is, or move the rows of {key.table.name} first."
        if moved
        else f"Move or delete the rows of {key.table.name} first; fkdash preview --table "
        f"{shell_word(typed(key.referenced))} lists them."
    )
    look = (
        f"Check the value that was written; fkdash check --table {shell_word(typed(key.table))} tells whether the "
        "foreign key contradicts itself."
    )
    if held is None:
        said = f"either {kept}, or {missing}"
        next_step = f"{move} If a row of {key.table.name} was written: {look}"
    else:
        said, next_step = (kept, move) if held else (missing, look)
    return Answer(
        key=key,
        sqlstate=clues.sqlstate or "23503",
        message=f"{key.qualified} is ON DELETE {key.on_delete}: {said}.",
        paths=_paths(catalog, clues, key) if (held is not False and not moved) or own else (),
        next_step=next_step,
    )


def _still_referenced(clues: Clues, key: ForeignKey) -> bool | None:
    """Tell whether a referenced row is held back (True) or a reference has nothing to refer to (False)."""
    if clues.still_referenced is not None:
        return clues.still_referenced
    if clues.statement is not None and clues.statement[0] != "UPDATE":
        return clues.statement[0] == "DELETE"
    named = {key.referenced.name, *(copy.referenced.name for copy in key.copies)} - {key.table.name}
    return True if not named.isdisjoint(clues.names) else None


def _paths(catalog: Catalog, clues: Clues, key: ForeignKey) -> tuple[tuple[ForeignKey, ...], ...]:
    """Give the ways a delete takes to this key: from the table in the statement, else from all that lead here."""
    ways = ways_to(catalog, key)
    start = _statement_table(catalog, clues)
    if start is not None and node(catalog, start) in ways:
        return (ways[node(catalog, start)],)
    return tuple(ways.values())[:_MOST_PATHS]


def _statement_table(catalog: Catalog, clues: Clues) -> TableName | None:
    if clues.statement is None or clues.statement[0] == "INSERT":
        return None
    parts = clues.statement[1]
    found = [name for name in catalog.tables if name[-len(parts) :] == parts]
    in_public = [name for name in found if name.schema == "public"]
    return next(iter(in_public or found), None)


def _written_table(catalog: Catalog, clues: Clues) -> TableName | None:
    """Give the table that the operator's own INSERT or UPDATE wrote; there it needs no action to fail."""
    if clues.statement is None or clues.statement[0] == "DELETE" or clues.action is not None:
        return None
    parts = clues.statement[1]
    found = [name for name in catalog.tables if name[-len(parts) :] == parts]
    return found[0] if len(found) == 1 else None


def _headline(clues: Clues, answers: Sequence[Answer], *, by_column: bool) -> str:
    state = clues.sqlstate or (answers[0].sqlstate if answers else "")
    if len(answers) > 1:
        return f"{state} is ambiguous: it can come from {len(answers):,} foreign keys, the likeliest first."
    if by_column:
        return f"{state} names only a column: if a foreign key is behind it, it is {answers[0].key.qualified}."
    if answers:
        return f"{state} comes from {answers[0].key.qualified}."
    if clues.sqlstate:
        return (
            f"{clues.sqlstate} was understood, but no foreign key of this database explains it: the statement "
            "itself violates the constraint, or the error came from another database."
        )
    return "No SQLSTATE and no name in it belongs to a foreign key of this database."


def path_words(path: tuple[ForeignKey, ...]) -> str:
    """Give a way in words: `organizations → workspaces → users`."""
    return " → ".join([path[0].referenced.name, *(key.table.name for key in path)])
