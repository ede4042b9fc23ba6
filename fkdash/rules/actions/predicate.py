"""What the expressions of an index say: which rows a partial one covers, what an entry is computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from fkdash.rules.sql.expression import column_name, columns_of, parsed, results
from fkdash.rules.sql.values import NULL_ONLY, as_condition

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fkdash.catalog.model import Index
    from fkdash.rules.sql.values import Results


def implied(predicate: str, columns: Collection[str]) -> bool:
    """Tell whether an equality on columns implies the predicate: IS NOT NULL tests of them do."""
    tree = parsed(predicate)
    return tree is not None and _only_not_null(tree.unnest(), columns)


def _only_not_null(node: exp.Expr, columns: Collection[str]) -> bool:
    if isinstance(node, exp.And):
        return _only_not_null(node.this.unnest(), columns) and _only_not_null(node.expression.unnest(), columns)
    negated = isinstance(node, exp.Not) or bool(node.args.get("negate"))
    test = node.this.unnest() if isinstance(node, exp.Not) else node
    return (
        negated
        and isinstance(test, exp.Is)
        and isinstance(test.expression, exp.Null)
        and isinstance(test.this.unnest(), exp.Column)
        and column_name(test.this.unnest()) in columns
    )


def computed_from(index: Index, values: Mapping[str, Results]) -> tuple[str, ...]:
    """Give the written columns that an index's expressions are computed from, unless the result is NULL."""
    tree = parsed(f"ROW({index.expressions})") if index.expressions else None
    if tree is None:
        return ()
    parts = [part for part in tree.expressions if not columns_of(part).isdisjoint(values)]
    if any(results(part, values, {}) == NULL_ONLY for part in parts) and not index.nulls_not_distinct:
        return ()
    return tuple(sorted({name for part in parts for name in columns_of(part) & values.keys()}))


def deciding(index: Index, values: Mapping[str, Results]) -> tuple[str, ...]:
    """Give the written columns that decide whether a row belongs to a partial index, where it then may."""
    tree = parsed(index.predicate) if index.predicate else None
    if tree is None or True not in as_condition(results(tree, values, {})):
        return ()
    return tuple(sorted(columns_of(tree) & values.keys()))
