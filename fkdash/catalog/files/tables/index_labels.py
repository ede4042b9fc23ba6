"""What the columns of an index are called (ChooseIndexColumnNames, FigureIndexColname)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.files.facts import IndexFact, Relation
    from fkdash.catalog.files.reading.nodes import ExpressionSaid


def label_of(taken: Sequence[str], name: str) -> str:
    """Give an index's own column a name that no other of it has (ChooseIndexColumnNames)."""
    made, number = name, 0
    while made in taken:
        number += 1
        cut = name.encode()[: 63 - len(str(number))].decode(errors="ignore")
        made = f"{cut}{number}"
    return made


def labels_now(table: Relation, fact: IndexFact) -> tuple[str, ...]:
    """Give the names of an index's own columns when it is made anew: as those of the table are called by now."""
    made: list[str] = []
    for number, label in zip((*fact.columns, *fact.include), fact.labels, strict=True):
        made.append(label_of(made, table.names.get(number, label)))
    return tuple(made)


def called(said: ExpressionSaid, table: Relation) -> str:
    """Give what an expression is called by (FigureIndexColname): its function, its column, else `expr`."""
    tokens = list(said.tokens)
    while len(tokens) > 2 and tokens[0].value == "(" and tokens[-1].value == ")":  # noqa: PLR2004 - a pair and more
        depth = 0
        closed = len(tokens)
        for number, token in enumerate(tokens):
            depth += {"(": 1, ")": -1}.get(token.value, 0) if token.kind == "sign" else 0
            if depth == 0:
                closed = number
                break
        if closed != len(tokens) - 1:
            break
        tokens = tokens[1:-1]
    names = [token for token in tokens if token.kind in {"word", "quoted"}]
    if len(tokens) == 1 and names:
        return tokens[0].value
    if not names or tokens[0] is not names[0]:
        return "expr"
    at = 1
    while at + 1 < len(tokens) and tokens[at].value == "." and tokens[at + 1].kind in {"word", "quoted"}:
        at += 2
    if at < len(tokens) and tokens[at].value == "(" and tokens[-1].value == ")":
        depth = 0
        for number in range(at, len(tokens)):
            depth += {"(": 1, ")": -1}.get(tokens[number].value, 0) if tokens[number].kind == "sign" else 0
            if depth == 0:
                return tokens[at - 1].value if number == len(tokens) - 1 else "expr"
    if at + 1 < len(tokens) and tokens[at].value == "::" and table.column(tokens[at - 1].value) is not None:
        return tokens[at - 1].value
    return "expr"
