"""Reads what PostgreSQL stores of an expression: which functions it calls, and which of them planning would run.

The catalog keeps expressions as pg_node_tree, a text of nested `{KIND :field value …}` that no setting
changes (nodes/outfuncs.c). Planning runs a function ahead of all rows where no column decides about its
arguments (optimizer/util/clauses.c, eval_const_expressions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fkdash.catalog.too_long import TOO_LONG_TREE
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_OF_USERS: Final = 16384
"""The first OID that is not PostgreSQL's own (access/transam.h, FirstNormalObjectId)."""

_CALLS: Final = {
    "FUNCEXPR": "funcid",
    "OPEXPR": "opfuncid",
    "DISTINCTEXPR": "opfuncid",
    "NULLIFEXPR": "opfuncid",
    "SCALARARRAYOPEXPR": "opfuncid",
    "AGGREF": "aggfnoid",
    "WINDOWFUNC": "winfnoid",
}
_OPERATORS: Final = frozenset({"OPEXPR", "DISTINCTEXPR", "NULLIFEXPR", "SCALARARRAYOPEXPR"})
_PASSING: Final = frozenset({"RELABELTYPE", "COERCEVIAIO", "ARRAYCOERCEEXPR", "COLLATEEXPR", "COERCETODOMAIN"})
_CONVERSIONS: Final = {
    "COERCETODOMAIN": "resulttype",
    "COERCEVIAIO": "resulttype",
    "ARRAYCOERCEEXPR": "resulttype",
}
_TYPE_ENDS: Final = ("type", "typeid")
TOO_LONG: Final = TOO_LONG_TREE.strip("{}")
"""The kind of a node that stands for an expression which is not read: millions of characters of somebody's."""
# The bytes of a constant, one number each (outfuncs.c, outDatum). A name never has a plain space in it.
_VALUE: Final = re.compile(r"\[ [-0-9 ]*\]")
_COLUMN: Final = "VAR"
_CONSTANT: Final = "CONST"
_CHECKED_VALUE: Final = "COERCETODOMAINVALUE"


@dataclass(slots=True)
class _Node:
    """A node under way: what its fields say, and what is known of the nodes in it.

    `varies` counts the nodes directly below that keep depending on a column whatever planning
    makes of them, `others` those that may become constants or be left out.
    """

    kind: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    varies: int = 0
    others: int = 0


@fact
class Call:
    """A call of a function; `kept` says that planning cannot run it, as columns decide about its arguments."""

    function: int
    kept: bool


@fact
class ExpressionTree:
    """What one stored expression (or list of them) consists of, by OIDs.

    `operators` are those of row comparisons, which name no function. `conversions` are types
    of users that something is turned into by their input function or a domain's checks, `types` all types of users
    in it. `columns` are attribute numbers. `kinds` are the kinds of its nodes, as PostgreSQL writes them.
    """

    calls: tuple[Call, ...] = ()
    operators: frozenset[int] = frozenset()
    conversions: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    kinds: frozenset[str] = frozenset()
    types: frozenset[int] = frozenset()

    @property
    def functions(self) -> frozenset[int]:
        """The functions that it calls itself."""
        return frozenset(call.function for call in self.calls)


NOTHING: Final = ExpressionTree()


@lru_cache(maxsize=4096)
def read_tree(text: str | None, inlined: frozenset[int] = frozenset()) -> ExpressionTree:
    """Give what an expression consists of; `inlined` are functions that planning may replace by something else.

    Raises ValueError for what is no pg_node_tree.
    """
    if not text:
        return NOTHING
    reader = _Reader(inlined)
    for token in _tokens(_VALUE.sub("[]", text)):
        reader.take(token)
    return reader.result()


class _Reader:
    """Reads tokens from left to right, whatever the depth."""

    def __init__(self, inlined: frozenset[int]) -> None:
        self._inlined = inlined
        self._open: list[_Node] = []
        self._fields: list[str] = []
        self._calls: list[Call] = []
        self._operators: set[int] = set()
        self._conversions: set[int] = set()
        self._columns: set[int] = set()
        self._kinds: set[str] = set()
        self._types: set[int] = set()

    def take(self, word: str) -> None:
        """Read one more token."""
        if word == "{":
            self._open.append(_Node(""))
            self._fields.append("")
        elif word == "}":
            self._fields.pop()
            self._close(self._open.pop())
        elif not self._open:
            if word not in ("(", ")", "<>"):
                raise ValueError("not a stored expression")
        elif not self._open[-1].kind:
            self._open[-1].kind = word
        elif word.startswith(":") and len(word) > 1:
            self._fields[-1] = word[1:]
            self._open[-1].fields[word[1:]] = []
        elif self._fields[-1]:
            self._open[-1].fields[self._fields[-1]].append(word)

    def result(self) -> ExpressionTree:
        """Give what was read; raises ValueError where something was not closed."""
        if self._open:
            raise ValueError("a stored expression without its end")
        return ExpressionTree(
            calls=tuple(self._calls),
            operators=frozenset(self._operators),
            conversions=frozenset(self._conversions),
            columns=frozenset(self._columns),
            kinds=frozenset(self._kinds),
            types=frozenset(oid for oid in self._types if oid >= FIRST_OF_USERS),
        )

    def _close(self, node: _Node) -> None:
        self._kinds.add(node.kind)
        self._types.update(_number(node.fields, name) for name in node.fields if name.lower().endswith(_TYPE_ENDS))
        varies = self._varies(node)
        if self._open:
            above = self._open[-1]
            if varies:
                above.varies += 1
            elif not (node.kind == _CONSTANT and node.fields.get("constisnull") == ["false"]):
                above.others += 1

    def _varies(self, node: _Node) -> bool:
        """Note what a node calls, and tell whether it depends on a column whatever planning makes of it."""
        fields = node.fields
        if node.kind == _COLUMN:
            self._columns.add(_number(fields, "varattno"))
            return True
        if node.kind == _CHECKED_VALUE:
            return True
        if node.kind in _CONVERSIONS:
            converted = _number(fields, _CONVERSIONS[node.kind])
            if converted >= FIRST_OF_USERS:
                self._conversions.add(converted)
        if node.kind == "ROWCOMPAREEXPR":
            self._operators.update(int(each) for each in fields.get("opnos", ()) if each.isdigit())
        if node.kind in _OPERATORS:
            self._operators.add(_number(fields, "opno"))
        # A NULL among the arguments of a strict function takes the others along.
        kept = node.varies > 0 and node.others == 0
        if node.kind in _CALLS:
            function = _number(fields, _CALLS[node.kind])
            self._calls.append(Call(function, kept=kept))
            return kept and function not in self._inlined and node.kind in ("FUNCEXPR", "OPEXPR")
        return kept and node.kind in _PASSING


def _number(fields: dict[str, list[str]], name: str) -> int:
    found = fields.get(name) or ["0"]
    return int(found[0]) if found[0].lstrip("-").isdigit() else 0


def _tokens(text: str) -> Iterator[str]:
    """Give the tokens, as pg_strtok (nodes/read.c) splits them: a backslash takes the next character along."""
    token: list[str] = []
    characters = iter(text)
    for character in characters:
        if character in " \n\t(){}":
            if token:
                yield "".join(token)
                token.clear()
            if character not in " \n\t":
                yield character
        elif character == "\\":
            # Escaped, so that it cannot be taken for a field's name.
            token.append("\\" + next(characters, ""))
        else:
            token.append(character)
    if token:
        yield "".join(token)
