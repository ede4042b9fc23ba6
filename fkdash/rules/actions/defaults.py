"""What SET DEFAULT writes into a column.

The column's own default comes first, then its identity sequence, then the
defaults of its domain from the outermost on; without any it is NULL (CREATE
TABLE, "DEFAULT"; CREATE DOMAIN). For a partition it is the partitioned table's
default that counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.rules.sql.values import ANYTHING, NOT_NULL, NULL_ONLY, SOME

if TYPE_CHECKING:
    from fkdash.catalog.model import Column
    from fkdash.rules.sql.values import Results


_CONSTANT_NODES: Final = frozenset(
    {"Literal", "Cast", "DataType", "DataTypeParam", "Neg", "Paren", "Boolean", "Dot", "Identifier"}
)


def default_expression(column: Column) -> str | None:
    """Give the expression that SET DEFAULT evaluates; None for a plain NULL or an identity sequence."""
    if column.default is not None:
        return column.default
    if column.identity or column.domain is None:
        return None
    return next((domain.default for domain in column.domain.chain if domain.default is not None), None)


def default_value(column: Column) -> Results:
    """Give what is known of the value: NULL, a constant, or something evaluated when the action runs."""
    if column.identity and column.default is None:
        return NOT_NULL
    text = default_expression(column)
    if text is None:
        return NULL_ONLY
    from fkdash.rules.sql.expression import parsed, results  # the SQL parser takes a while to load

    tree = parsed(text)
    return ANYTHING if tree is None else results(tree, {}, {})


def is_constant(column: Column) -> bool:
    """Tell whether the default is a value written down, the same for every row."""
    text = default_expression(column)
    if text is None:
        return False
    from fkdash.rules.sql.expression import columns_of, parsed  # the SQL parser takes a while to load

    tree = parsed(text)
    if tree is None or columns_of(tree):
        return False
    return all(type(node).__name__ in _CONSTANT_NODES for node in tree.walk())


def known(found: Results) -> bool:
    """Tell whether the value is one constant."""
    return len(found) == 1 and SOME not in found
