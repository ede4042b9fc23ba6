"""A syntax tree of TypeScript: how to walk through it, and what calls, objects and constants in it say."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import tree_sitter_typescript
from tree_sitter import Language, Parser

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from fkdash.fix.export.folder import Text


@fact
class Call:
    """A link of a chain of calls: its name, its arguments, where its dot and its end are."""

    name: str
    node: Node
    dot: int


def root_of(text: Text) -> Node:
    """Give the tree of a file."""
    return _parser(tsx=text.path.suffix == ".tsx").parse(text.text.encode()).root_node


@cache
def _parser(*, tsx: bool) -> Parser:
    make = tree_sitter_typescript.language_tsx if tsx else tree_sitter_typescript.language_typescript
    return Parser(Language(make()))


def walk(node: Node) -> Iterator[Node]:
    """Give a node and all below it, in the order in which they stand."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(each.named_children)


def chain(node: Node) -> Iterator[Call]:
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
        yield Call(text_of(name), node, dot)
        node = owner


def base_of(node: Node) -> Node | None:
    """Give the first call of a chain."""
    while node.type == "call_expression":
        function = node.child_by_field_name("function")
        owner = function.child_by_field_name("object") if function is not None else None
        if owner is None or owner.type != "call_expression":
            return node
        node = owner
    return None


def object_of(node: Node) -> Node | None:
    """Give the object that a node is, or that an arrow function returns."""
    if node.type == "arrow_function":
        body = node.child_by_field_name("body")
        node = body if body is not None else node
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    return node if node.type == "object" else None


def arguments_of(node: Node) -> list[Node]:
    """Give the arguments of a call, without the comments among them."""
    found = node.child_by_field_name("arguments")
    return [each for each in found.named_children if each.type != "comment"] if found is not None else []


def value_of(pair: Node) -> Node:
    """Give the value of a pair of an object."""
    value = pair.child_by_field_name("value")
    return value if value is not None else pair


def key_of(pair: Node) -> str:
    """Give the key of a pair of an object."""
    key = pair.child_by_field_name("key")
    if key is None:
        return ""
    named = string_of(key)
    return named if named is not None else text_of(key)


def string_of(node: Node) -> str | None:
    """Give a constant text; None for what is none."""
    if node.type == "string" or (node.type == "template_string" and "${" not in text_of(node)):
        return text_of(node)[1:-1]
    return None


def field_of(node: Node, name: str) -> str:
    """Give the text of a field of a node."""
    found = node.child_by_field_name(name)
    return text_of(found) if found is not None else ""


def text_of(node: Node) -> str:
    """Give what stands there."""
    return (node.text or b"").decode()


def line_of(node: Node) -> int:
    """Give the line where a node begins, from 1."""
    return node.start_point.row + 1
