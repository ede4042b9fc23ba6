"""Words for an error in which a foreign key itself says no, or something else says no because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action, Match
from fkdash.catalog.table_name import listed, quoted
from fkdash.explain.clues import Clues, Kind
from fkdash.explain.holding import holding
from fkdash.explain.keys import referenced_names, referencing_names
from fkdash.explain.model import Cause, referenced_table
from fkdash.explain.next_steps import checking, previewing
from fkdash.sqlstates import FOREIGN_KEY_VIOLATION

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey

_MOST_HEIRS: Final = 3
_WRITES_VALUES: Final = frozenset({Action.CASCADE, Action.SET_DEFAULT})


def refusal(catalog: Catalog, clues: Clues, key: ForeignKey, paths: tuple[tuple[ForeignKey, ...], ...]) -> Cause:
    """Give the answer for a foreign key that the error names."""
    match clues.kind:
        case Kind.DETACHED:
            return _detached(clues, key)
        case Kind.DEPENDED_ON:
            return _depended_on(catalog, clues, key)
        case Kind.TRUNCATED:
            return _truncated(clues, key)
        case Kind.REWRITTEN:
            return _rewritten(clues, key)
    return _violated(catalog, clues, key, paths)


def _violated(catalog: Catalog, clues: Clues, key: ForeignKey, paths: tuple[tuple[ForeignKey, ...], ...]) -> Cause:
    held = _held(catalog, clues, key)
    back = None if held is False else holding(catalog, clues, key)
    written, own = _writers(catalog, clues, key)
    columns = listed(key.columns)
    there = f"{referenced_table(key)} ({listed(key.referenced_columns)})"
    missing = (
        f"its own {own} wrote ({columns}) of {key.table.shown}, and that is not in {there}"
        if own and not written
        else f"a row of {key.table.shown} was written whose ({columns}) is not in {there}"
        + (f", or its own {own} wrote it" if own else "")
    ) + (_other_writers(catalog, clues, key) + _heirs(catalog, key))
    look = (
        f"Check the value that was written; {checking(key.table)} tells whether the "
        "foreign key contradicts itself."
    )
    if back is None:
        said, next_step = missing, look
    elif held is None:
        said = f"either {back.said}, or {missing}"
        next_step = f"{back.next_step} If a row of {key.table.shown} was written: {look}"
    else:
        said, next_step = back.said, back.next_step
    called = f" (the error calls it {clues.constraint})" if clues.constraint not in _called(key) else ""
    shown = own is not None if back is None else not back.moved or (own is not None and held is None)
    return Cause(
        key=key,
        sqlstate=clues.sqlstate or FOREIGN_KEY_VIOLATION,
        message=f"{key.qualified}{called} is ON DELETE {key.on_delete}: {said}.",
        paths=(back.paths if back is not None else ()) or (paths if shown else ()),
        next_step=next_step,
        outdated=held is True and back is not None and back.outdated,
    )


def _writers(catalog: Catalog, clues: Clues, key: ForeignKey) -> tuple[bool, Action | None]:
    """Tell whether a statement of the operator's may have written the reference, and which action of the key's.

    SET NULL writes none that is looked up, but for half of a MATCH FULL key.
    """
    halves = key.match is Match.FULL and key.set_columns != key.columns
    by_delete = key.on_delete is Action.SET_DEFAULT or (key.on_delete is Action.SET_NULL and halves)
    on_delete = key.on_delete if by_delete else None
    on_update = key.on_update if key.on_update is Action.SET_DEFAULT else None
    verb, parts = clues.statement or ("", ("",))
    match verb:
        case "INSERT":
            return True, None
        case "DELETE":
            return on_delete is None, on_delete
        case "UPDATE" if parts[-1] not in referenced_names(catalog, key):
            return True, None
        case "UPDATE":
            return on_update is None or parts[-1] in referencing_names(catalog, key), on_update
    return True, on_delete or on_update


def _other_writers(catalog: Catalog, clues: Clues, key: ForeignKey) -> str:
    """Name the keys over the same columns whose actions write what this one refuses; its check comes later."""
    told = []
    for other in catalog.declared_on.get(key.table, ()):
        if other is key or set(other.columns).isdisjoint(key.columns):
            continue
        if clues.statement is not None and clues.statement[1][-1] not in referenced_names(catalog, other):
            continue
        if other.on_update in _WRITES_VALUES or other.on_delete is Action.SET_DEFAULT:
            action = (
                f"UPDATE {other.on_update}" if other.on_update in _WRITES_VALUES else f"DELETE {other.on_delete}"
            )
            told.append(f", or {other.shown} wrote it (ON {action})")
    return "".join(told)


def _heirs(catalog: Catalog, key: ForeignKey) -> str:
    """Say which tables inherit from the referenced one: the key does not look into them (FK209)."""
    heirs = [str(heir) for heir in catalog.heirs.get(key.referenced, ())]
    if not heirs:
        return ""
    more = f" and {len(heirs) - _MOST_HEIRS:,} more" if len(heirs) > _MOST_HEIRS else ""
    which = f"{', '.join(heirs[:_MOST_HEIRS])}{more}, which {'inherit' if len(heirs) > 1 else 'inherits'} from it"
    return f"; a row of {which}, does not count"


def _called(key: ForeignKey) -> frozenset[str]:
    return frozenset({"", key.name, *(copy.name for copy in key.copies)})


def _held(catalog: Catalog, clues: Clues, key: ForeignKey) -> bool | None:
    """Tell whether a referenced row is held back (True) or a reference has nothing to refer to (False)."""
    if clues.kind is Kind.HELD:
        return True
    if clues.kind is Kind.MISSING:
        return False
    if clues.columns and set(key.columns) != set(key.referenced_columns):
        if set(clues.columns) == set(key.columns):
            return False
        if set(clues.columns) == set(key.referenced_columns):
            return True
    if clues.statement is not None and clues.statement[0] in {"DELETE", "INSERT"}:
        return clues.statement[0] == "DELETE"
    return True if not (referenced_names(catalog, key) - {key.table.name}).isdisjoint(clues.names) else None


def _detached(clues: Clues, key: ForeignKey) -> Cause:
    there = key.referenced._replace(name=clues.referenced) if clues.referenced else key.referenced
    partition = clues.referenced or "the partition"
    along = (
        f" (ON DELETE {key.on_delete} takes {key.table.shown} along)" if key.on_delete is Action.CASCADE else ""
    )
    return Cause(
        key,
        clues.sqlstate,
        f"{key.qualified}: rows of {key.table.shown} ({listed(key.columns)}) refer to rows of {partition}, which "
        f"would not be in {referenced_table(key)} any more once it is detached; no action of the foreign key runs "
        "then.",
        (),
        f"Delete those rows of {partition}{along} or move the rows of {key.table.shown}, then detach; "
        f"{previewing(there)} lists them.",
    )


def _depended_on(catalog: Catalog, clues: Clues, key: ForeignKey) -> Cause:
    partitioned = bool(catalog.partitions.get(key.referenced))
    whole = f" of the whole partitioned table {referenced_table(key)}" if partitioned else ""
    give_up = f"ALTER TABLE {key.table.sql} DROP CONSTRAINT {quoted(key.name)}."
    return Cause(
        key,
        clues.sqlstate,
        f"{key.qualified} refers to what was to be dropped. DROP … CASCADE would drop the foreign key{whole}, not "
        f"rows: {key.table.shown} would keep its references, and nothing would check them.",
        (),
        (
            f"If a partition was to be dropped, delete or move the rows of {key.table.shown} that refer there, "
            "and DETACH it before the DROP. Anything else is refused whatever rows there are; to give the foreign "
            f"key up, say so: {give_up}"
        )
        if partitioned
        else "That is refused whatever rows there are, so deleting them does not help. If the foreign key is to "
        f"go as well, say so first: {give_up}",
    )


def _truncated(clues: Clues, key: ForeignKey) -> Cause:
    return Cause(
        key,
        clues.sqlstate,
        f"{key.qualified} refers to {referenced_table(key)}, and TRUNCATE is refused for a referenced "
        "table even where no row refers to it.",
        (),
        f"Truncate both in one statement, or DELETE; {previewing(key.referenced)} shows what that does. "
        "TRUNCATE … CASCADE empties every referencing table.",
    )


def _rewritten(clues: Clues, key: ForeignKey) -> Cause:
    return Cause(
        key,
        clues.sqlstate,
        f"{key.qualified}: a rule on {key.table.shown} or {referenced_table(key)} rewrites the statement that the "
        "foreign key runs, so that it does not do what it must.",
        (),
        f"{checking(key.table)} names the rule (FK208).",
    )
