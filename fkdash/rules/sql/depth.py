"""How deep an expression may be: it is somebody's, and what walks it calls itself for every level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEEPEST: Final = 64
_CONNECTIVES: Final = (exp.And, exp.Or)


def walkable(tree: exp.Expr) -> exp.Expr | None:
    """Give the same expression with long chains of AND and OR made shallow; None where it is too deep still."""
    if _is_shallow(tree):
        return tree
    made = tree
    for node in tuple(tree.walk()):
        if isinstance(node, _CONNECTIVES) and not isinstance(node.parent, type(node)):
            halved = _halved(type(node), tuple(node.flatten(unnest=False)))
            if node is made:
                made = halved
            else:
                node.replace(halved)
    return made if _is_shallow(made) else None


def _halved(kind: type[exp.Expr], operands: Sequence[exp.Expr]) -> exp.Expr:
    """Put operands together two by two: AND and OR come to the same whatever the brackets."""
    if len(operands) == 1:
        return operands[0]
    half = len(operands) // 2
    return kind(this=_halved(kind, operands[:half]), expression=_halved(kind, operands[half:]))


def _is_shallow(tree: exp.Expr) -> bool:
    """Tell whether an expression can be walked by calls, one for every level."""
    left = [(tree, 0)]
    while left:
        node, depth = left.pop()
        if depth > _DEEPEST:
            return False
        left += ((each, depth + 1) for each in node.iter_expressions())
    return True
