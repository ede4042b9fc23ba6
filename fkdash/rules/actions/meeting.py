"""Whether a CHECK still holds after an action wrote its columns.

A row that satisfied the CHECK before is taken through every combination of what
is not known (which other columns are NULL, how conditions on them came out), so
that `num_nonnulls(a, b) = 1` is seen to fail when `a` goes: `b` must have been
NULL. What depends on the row is said to depend, never claimed.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from fkdash.rules.sql.expression import columns_of, parsed, results, sql_of
from fkdash.rules.sql.values import ANYTHING, NOT_NULL, NULL_ONLY, as_condition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from fkdash.catalog.model import Table
    from fkdash.rules.sql.values import Results

_MOST_COMBINATIONS: Final = 4096
_MOST_NODES: Final = 400_000
"""So many parts of an expression are looked at in all combinations together: an expression is somebody else's."""
_FALSE: Final[Results] = frozenset({False})
_CONDITIONS: Final[tuple[Results, ...]] = (frozenset({True}), frozenset({False}), NULL_ONLY)
_CONNECTIVES: Final = (exp.And, exp.Or, exp.Not, exp.Paren, exp.Is)


class CheckOutcome(StrEnum):
    """What becomes of a CHECK."""

    HOLDS = "holds"
    DEPENDS = "depends"
    FAILS = "fails"


def domain_outcome(expression: str, value: Results) -> CheckOutcome:
    """Give what becomes of a domain's CHECK for a value."""
    tree = parsed(expression)
    if tree is None:
        return CheckOutcome.DEPENDS
    return _verdict([as_condition(results(tree, {"value": value}, {}))])


def check_outcome(
    table: Table,
    expression: str,
    written: Mapping[str, Results],
    *,
    referring: Collection[str],
    held: bool,
    comes: bool = False,
) -> CheckOutcome:
    """Give what becomes of a table's CHECK when `written` goes into its columns.

    `referring` are the columns that were not NULL before, those of the foreign
    key. `held` says that the row satisfied the CHECK before, `comes` that it comes from another
    partition, where the CHECK need not be.
    """
    tree = parsed(expression)
    if tree is None:
        return CheckOutcome.DEPENDS
    computed = generated_from(table, written)
    changed = {*written, *computed}
    if changed.isdisjoint(columns_of(tree)) and not comes:
        return CheckOutcome.HOLDS
    before = dict.fromkeys(computed, ANYTHING) | dict.fromkeys(referring, NOT_NULL)
    after = computed | dict.fromkeys(referring, NOT_NULL) | dict(written)
    found: list[Results] = []
    for columns, atoms in _combinations(table, tree, changed, referring):
        if held and as_condition(results(tree, columns | before, atoms)) == _FALSE:
            continue
        found.append(as_condition(results(tree, columns | after, atoms)))
    return _verdict(found)


def never_holds(table: Table, expression: str, nulls: Mapping[str, bool]) -> bool:
    """Tell whether a CHECK refuses every row in which these columns are NULL (True) or not (False)."""
    tree = parsed(expression)
    if tree is None:
        return False
    known = {name: NULL_ONLY if null else NOT_NULL for name, null in nulls.items()}
    found = [
        as_condition(results(tree, columns | known, atoms))
        for columns, atoms in _combinations(table, tree, set(nulls), ())
    ]
    return bool(found) and all(each == _FALSE for each in found)


def generated_from(table: Table, written: Mapping[str, Results]) -> dict[str, Results]:
    """Give what is known of the generated columns that are computed from the written ones."""
    found: dict[str, Results] = {}
    for column in table.generated_columns:
        tree = parsed(column.default) if column.default else None
        if tree is None:
            found[column.name] = ANYTHING
        elif not columns_of(tree).isdisjoint(written):
            others = {each.name: NOT_NULL for each in table.columns if each.forbids_null}
            found[column.name] = results(tree, others | dict(written), {})
    return found


def _verdict(found: list[Results]) -> CheckOutcome:
    if found and all(each == _FALSE for each in found):
        return CheckOutcome.FAILS
    return CheckOutcome.DEPENDS if any(False in each for each in found) else CheckOutcome.HOLDS


def _combinations(
    table: Table, tree: exp.Expr, changed: set[str], referring: Collection[str]
) -> Iterator[tuple[dict[str, Results], dict[str, Results]]]:
    """Go through what is not known; only the first few unknowns where there are too many."""
    fixed: dict[str, Results] = {}
    unknown: list[tuple[str, bool, tuple[Results, ...]]] = []
    for name in sorted(columns_of(tree) - changed):
        column = table.columns_by_name.get(name)
        if name in referring or (column is not None and column.forbids_null):
            fixed[name] = NOT_NULL
        else:
            unknown.append((name, False, (NULL_ONLY, NOT_NULL)))
    unknown += [(sql, True, _CONDITIONS) for sql in sorted(set(_atoms(tree, changed)))]
    most = min(_MOST_COMBINATIONS, _MOST_NODES // sum(1 for _ in tree.walk()))
    combinations = 1
    few = []
    for each in unknown:
        combinations *= len(each[2])
        if combinations > most:
            break
        few.append(each)
    for chosen in product(*(values for _, _, values in few)):
        columns: dict[str, Results] = dict(fixed)
        atoms: dict[str, Results] = {}
        for (name, is_atom, _), value in zip(few, chosen, strict=True):
            (atoms if is_atom else columns)[name] = value
        yield columns, atoms


def _atoms(node: exp.Expr, changed: set[str]) -> Iterator[str]:
    """Give the SQL of the conditions that the action does not touch."""
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return
    if isinstance(node, _CONNECTIVES):
        for operand in islice(node.iter_expressions(), 2):
            yield from _atoms(operand, changed)
        return
    columns = columns_of(node)
    if columns and columns.isdisjoint(changed):
        yield sql_of(node)
        return
    for part in node.iter_expressions():
        if not columns_of(part).isdisjoint(changed):
            yield from _atoms(part, changed)
