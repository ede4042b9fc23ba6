"""Finds a table of a Drizzle schema, its columns and its references, in the syntax tree of TypeScript."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import tree_sitter_typescript
from tree_sitter import Language, Parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tree_sitter import Node

    from fkdash.catalog.model import TableName
    from fkdash.fix.export.folder import Text


_NAME = "\0"
"""Where a table's own name stands in a pattern."""


class NotFoundError(Exception):
    """What is to be changed does not stand there in a form that can be edited; `line` is where one would look."""

    def __init__(self, why: str, line: int) -> None:
        self.why = why
        self.line = line
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Change:
    """A range of bytes of the text and what takes its place; `line` counts from 1."""

    start: int
    end: int
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class _Call:
    """A link of a chain of calls: its name, its arguments, where its dot and its end are."""

    name: str
    node: Node
    dot: int


@dataclass(frozen=True, slots=True)
class Makers:
    """What makes tables beside `pgTable`, in all files of a schema: one may take it from another.

    The names that functions of `pgTableCreator` give, as patterns with _NAME in them, and the schema that each
    variable stands for; None where two files mean different ones.
    """

    creators: Mapping[str, str | None]
    schemas: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Table:
    """The call that declares a table; `casing` gives columns without a name of their own theirs."""

    text: Text
    node: Node
    casing: str

    @property
    def line(self) -> int:
        """Where it begins."""
        return _line(self.node)

    def nullable(self, column: str) -> Change:
        """Give the change that lets a column be NULL; raises NotFoundError where no `.notNull()` stands there."""
        pair = self._column(column)
        for call in _chain(_value(pair)):
            if call.name == "notNull":
                raw = self.text.text.encode()
                start = call.dot
                while raw[start - 1 : start].isspace():
                    start -= 1
                return Change(start, call.node.end_byte, "", call.node.end_point.row + 1)
        raise NotFoundError(f"{column} has no .notNull() of its own", _line(pair))

    def action(self, key: str, columns: Sequence[str], what: str, action: str) -> Change:
        """Give the change of a key's `onDelete` or `onUpdate`; raises NotFoundError where it is not found."""
        pairs = [self._column(column) for column in columns]
        if len(pairs) == 1 and not self._is_named(key):
            for call in _chain(_value(pairs[0])):
                if call.name == "references":
                    return _in_references(call, what, action)
        keys = [_key(pair) for pair in pairs]
        found = [each for each in self._foreign_keys() if _columns_of(each) == keys]
        found = [each for each in found if _name_of(each) == key] or found
        if len(found) == 1:
            return _in_chain(found[0], what, action)
        raise NotFoundError(f"the reference of {', '.join(columns)} is not found", _line(pairs[0]))

    def _is_named(self, key: str) -> bool:
        return any(_name_of(each) == key for each in self._foreign_keys())

    def _column(self, column: str) -> Node:
        columns = _object(_arguments(self.node)[1])
        pairs = [each for each in columns.named_children if each.type == "pair"] if columns is not None else []
        for pair in pairs:
            if _column_name(pair, self.casing) == column:
                return pair
        raise NotFoundError(f"the column {column} is not found", self.line)

    def _foreign_keys(self) -> Iterator[Node]:
        """Give the outermost calls of `foreignKey({...})` with what follows them."""
        for argument in _arguments(self.node)[2:]:
            for node in _walk(argument):
                if node.type == "call_expression" and _base_name(node) == "foreignKey":
                    parent = node.parent
                    if parent is None or parent.type != "member_expression":
                        yield node


def makers(texts: Iterable[Text]) -> Makers:
    """Give what makes tables in these files."""
    creators: dict[str, str | None] = {}
    schemas: dict[str, str | None] = {}
    for text in texts:
        if "pgTableCreator" in text.text or "pgSchema" in text.text:
            root = _root(text)
            for known, own in ((creators, _creators(root)), (schemas, _schemas(root))):
                for name, value in own.items():
                    known[name] = value if known.get(name, value) == value else None
    return Makers(creators, schemas)


def find(text: Text, table: TableName, known: Makers, *, casing: str) -> list[Table]:
    """Give the declarations of a table in a file."""
    if table.name not in text.text and not any(creator in text.text for creator in known.creators):
        return []
    return [
        Table(text, node, casing)
        for node in _walk(_root(text))
        if node.type == "call_expression" and _declares(node, table, known)
    ]


def applied(text: str, changes: Iterable[Change]) -> str:
    """Give the text with the changes made."""
    raw = text.encode()
    for change in sorted(changes, key=lambda each: each.start, reverse=True):
        raw = raw[: change.start] + change.text.encode() + raw[change.end :]
    return raw.decode()


def _root(text: Text) -> Node:
    return _parser(tsx=text.path.suffix == ".tsx").parse(text.text.encode()).root_node


@cache
def _parser(*, tsx: bool) -> Parser:
    make = tree_sitter_typescript.language_tsx if tsx else tree_sitter_typescript.language_typescript
    return Parser(Language(make()))


def _walk(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(each.named_children)


def _declares(node: Node, table: TableName, known: Makers) -> bool:
    arguments = _arguments(node)
    if len(arguments) < 2 or _object(arguments[1]) is None:  # noqa: PLR2004 - a name and its columns
        return False
    named = _string(arguments[0])
    function = node.child_by_field_name("function")
    if named is None or function is None:
        return False
    if function.type == "member_expression":
        method, owner = function.child_by_field_name("property"), function.child_by_field_name("object")
        if method is None or owner is None or _text(method) != "table":
            return False
        return named == table.name and (known.schemas.get(_text(owner)) or table.schema) == table.schema
    if table.schema != "public" or function.type != "identifier":
        return False
    name = _text(function)
    pattern = known.creators.get(name, _NAME if name == "pgTable" else None)
    return pattern is not None and re.fullmatch(pattern.replace(_NAME, re.escape(named)), table.name) is not None


def _creators(root: Node) -> dict[str, str]:
    """Give what `pgTableCreator((name) => `app_${name}`)` makes of a name, for each such function.

    What else stands in the template than the name can be anything.
    """
    found = {}
    for node in _walk(root):
        value = node.child_by_field_name("value") if node.type == "variable_declarator" else None
        if value is None or _base_name(value) != "pgTableCreator":
            continue
        text = _text(value)
        parameter = re.search(r"\(\s*\(?\s*(\w+)", text)
        template = re.search(r"=>\s*(?:\{\s*return\s*)?(`[^`]*`|\w+)", text)
        if parameter is None or template is None:
            continue
        name = parameter[1]
        body = f"${{{name}}}" if template[1] == name else template[1].strip("`")
        parts = re.split(r"(\$\{[^}]*\})", body)
        own = re.compile(rf"\$\{{\s*{name}\s*\}}")
        pattern = "".join(_NAME if own.fullmatch(each) else _pattern(each) for each in parts)
        if _NAME in pattern:
            found[_field(node, "name")] = pattern
    return found


def _pattern(part: str) -> str:
    return r"\w+" if part.startswith("${") else re.escape(part)


def _schemas(root: Node) -> dict[str, str]:
    """Give the schema that each variable of `pgSchema('auth')` stands for."""
    found = {}
    for node in _walk(root):
        value = node.child_by_field_name("value") if node.type == "variable_declarator" else None
        if value is not None and _base_name(value) == "pgSchema":
            named = _string(_arguments(value)[0]) if _arguments(value) else None
            if named is not None:
                found[_field(node, "name")] = named
    return found


def _in_references(call: _Call, what: str, action: str) -> Change:
    arguments = _arguments(call.node)
    if len(arguments) == 1:
        place = arguments[0].end_byte
        return Change(place, place, f", {{ {what}: '{action}' }}", _line(arguments[0]))
    options = arguments[1]
    if options.type != "object" or any(each.type not in {"pair", "comment"} for each in options.named_children):
        # `...cascade` or `onDelete` alone: what is written before it would not count.
        raise NotFoundError("the reference takes its actions from elsewhere", _line(options))
    for pair in options.named_children:
        if pair.type == "pair" and _key(pair) == what:
            return _in_string(_value(pair), action)
    place = options.start_byte + 1
    more = "," if any(each.type == "pair" for each in options.named_children) else " "
    return Change(place, place, f" {what}: '{action}'{more}", _line(options))


def _in_chain(node: Node, what: str, action: str) -> Change:
    for call in _chain(node):
        if call.name == what and _arguments(call.node):
            return _in_string(_arguments(call.node)[0], action)
    return Change(node.end_byte, node.end_byte, f".{what}('{action}')", node.end_point.row + 1)


def _in_string(node: Node, action: str) -> Change:
    if node.type in {"as_expression", "satisfies_expression", "parenthesized_expression"} and node.named_children:
        return _in_string(node.named_children[0], action)
    if _string(node) is None:
        raise NotFoundError("the action does not stand there as a constant", _line(node))
    return Change(node.start_byte + 1, node.end_byte - 1, action, _line(node))


def _columns_of(node: Node) -> list[str]:
    listed = _said(node, "columns")
    if listed is None:
        return []
    return [_text(each).rpartition(".")[2] for each in listed.named_children if each.type != "comment"]


def _name_of(node: Node) -> str | None:
    said = _said(node, "name")
    return _string(said) if said is not None else None


def _said(node: Node, what: str) -> Node | None:
    """Give a value of the object that `foreignKey({...})` takes."""
    base = _base(node)
    for argument in (_arguments(base) if base is not None else [])[:1]:
        for pair in argument.named_children:
            if pair.type == "pair" and _key(pair) == what:
                return _value(pair)
    return None


def _chain(node: Node) -> Iterator[_Call]:
    """Give the calls of `base(...).first(...).second(...)`, the last first and the base left out."""
    while node.type in {"call_expression", "as_expression", "parenthesized_expression", "non_null_expression"}:
        if node.type != "call_expression":
            node = node.named_children[0]
            continue
        function = node.child_by_field_name("function")
        if function is None or function.type != "member_expression":
            return
        name, owner = function.child_by_field_name("property"), function.child_by_field_name("object")
        if name is None or owner is None or owner.type not in {"call_expression", "parenthesized_expression"}:
            return
        dot = next((each.start_byte for each in function.children if each.type in {".", "?."}), name.start_byte)
        yield _Call(_text(name), node, dot)
        node = owner


def _base(node: Node) -> Node | None:
    """Give the first call of a chain."""
    while node.type == "call_expression":
        function = node.child_by_field_name("function")
        owner = function.child_by_field_name("object") if function is not None else None
        if owner is None or owner.type != "call_expression":
            return node
        node = owner
    return None


def _base_name(node: Node) -> str:
    base = _base(node)
    return _field(base, "function") if base is not None else ""


def _column_name(pair: Node, casing: str) -> str:
    base = _base(_value(pair))
    arguments = _arguments(base) if base is not None else []
    named = _string(arguments[0]) if arguments else None
    if named is not None:
        return named
    key = _key(pair)
    # As drizzle-orm finds the words of a name.
    words = re.findall(r"[\da-z]+|[A-Z]+(?![a-z])|[A-Z][\da-z]+", key.replace("'", ""))
    if casing == "snake_case":
        return "_".join(words).lower()
    if casing == "camelCase":
        return "".join(each[:1].upper() + each[1:] if place else each.lower() for place, each in enumerate(words))
    return key


def _object(node: Node) -> Node | None:
    """Give the object that a node is, or that an arrow function returns."""
    if node.type == "arrow_function":
        body = node.child_by_field_name("body")
        node = body if body is not None else node
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    return node if node.type == "object" else None


def _arguments(node: Node) -> list[Node]:
    found = node.child_by_field_name("arguments")
    return [each for each in found.named_children if each.type != "comment"] if found is not None else []


def _value(pair: Node) -> Node:
    value = pair.child_by_field_name("value")
    return value if value is not None else pair


def _key(pair: Node) -> str:
    key = pair.child_by_field_name("key")
    if key is None:
        return ""
    named = _string(key)
    return named if named is not None else _text(key)


def _string(node: Node) -> str | None:
    if node.type == "string" or (node.type == "template_string" and "${" not in _text(node)):
        return _text(node)[1:-1]
    return None


def _field(node: Node, name: str) -> str:
    found = node.child_by_field_name(name)
    return _text(found) if found is not None else ""


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _line(node: Node) -> int:
    return node.start_point.row + 1
