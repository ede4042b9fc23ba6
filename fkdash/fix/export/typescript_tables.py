"""Finds a table of a Drizzle schema, its columns and its references, in the syntax tree of TypeScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fkdash.fact import fact
from fkdash.fix.export.typescript_tree import (
    arguments_of,
    base_of,
    chain,
    field_of,
    key_of,
    line_of,
    object_of,
    root_of,
    string_of,
    text_of,
    value_of,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tree_sitter import Node

    from fkdash.catalog.table_name import TableName
    from fkdash.fix.export.folder import Text
    from fkdash.fix.export.typescript_tree import Call


_NAME = "\0"
"""Where a table's own name stands in a pattern."""


class NotFoundError(Exception):
    """What is to be changed does not stand there in a form that can be edited; `line` is where one would look."""

    def __init__(self, why: str, line: int) -> None:
        self.why = why
        self.line = line
        super().__init__(why)


@fact
class Change:
    """A range of bytes of the text and what takes its place; `line` counts from 1."""

    start: int
    end: int
    text: str
    line: int


@fact
class Makers:
    """What makes tables beside `pgTable`, in all files of a schema: one may take it from another.

    The names that functions of `pgTableCreator` give, as patterns with _NAME in them, and the schema that each
    variable stands for; None where two files mean different ones.
    """

    creators: Mapping[str, str | None]
    schemas: Mapping[str, str | None]


@fact
class Table:
    """The call that declares a table; `casing` gives columns without a name of their own theirs.

    `names` are the names that drizzle-orm has for what the file imports under another one.
    """

    text: Text
    node: Node
    casing: str
    names: Mapping[str, str]

    @property
    def line(self) -> int:
        """Where it begins."""
        return line_of(self.node)

    def nullable(self, column: str) -> Change:
        """Give the change that lets a column be NULL; raises NotFoundError where no `.notNull()` stands there."""
        pair = self._column(column)
        for call in chain(value_of(pair)):
            if call.name == "notNull":
                raw = self.text.text.encode()
                start = call.dot
                while raw[start - 1 : start].isspace():
                    start -= 1
                return Change(start, call.node.end_byte, "", call.node.end_point.row + 1)
        raise NotFoundError(f"{column} has no .notNull() of its own", line_of(pair))

    def action(self, key: str, columns: Sequence[str], what: str, action: str) -> Change:
        """Give the change of a key's `onDelete` or `onUpdate`; raises NotFoundError where it is not found."""
        pairs = [self._column(column) for column in columns]
        if len(pairs) == 1 and not self._is_named(key):
            for call in chain(value_of(pairs[0])):
                if call.name == "references":
                    return _in_references(call, what, action)
        keys = [key_of(pair) for pair in pairs]
        found = [each for each in self._foreign_keys() if _columns_of(each) == keys]
        found = [each for each in found if _name_of(each) == key] or found
        if len(found) == 1:
            return _in_chain(found[0], what, action)
        raise NotFoundError(f"the reference of {', '.join(columns)} is not found", line_of(pairs[0]))

    def _is_named(self, key: str) -> bool:
        return any(_name_of(each) == key for each in self._foreign_keys())

    def _column(self, column: str) -> Node:
        columns = object_of(arguments_of(self.node)[1])
        pairs = [each for each in columns.named_children if each.type == "pair"] if columns is not None else []
        for pair in pairs:
            if _column_name(pair, self.casing) == column:
                return pair
        raise NotFoundError(f"the column {column} is not found", self.line)

    def _foreign_keys(self) -> Iterator[Node]:
        """Give the outermost calls of `foreignKey({...})` with what follows them."""
        for argument in arguments_of(self.node)[2:]:
            for node in walk(argument):
                if node.type == "call_expression" and _base_name(node, self.names) == "foreignKey":
                    parent = node.parent
                    if parent is None or parent.type != "member_expression":
                        yield node


def makers(texts: Iterable[Text]) -> Makers:
    """Give what makes tables in these files."""
    creators: dict[str, str | None] = {}
    schemas: dict[str, str | None] = {}
    for text in texts:
        if "pgTableCreator" in text.text or "pgSchema" in text.text:
            root, names = root_of(text), _imported(text)
            for known, own in ((creators, _creators(root, names)), (schemas, _schemas(root, names))):
                for name, value in own.items():
                    known[name] = value if known.get(name, value) == value else None
    return Makers(creators, schemas)


def find(text: Text, table: TableName, known: Makers, *, casing: str) -> list[Table]:
    """Give the declarations of a table in a file."""
    if table.name not in text.text and not any(creator in text.text for creator in known.creators):
        return []
    names = _imported(text)
    return [
        Table(text, node, casing, names)
        for node in walk(root_of(text))
        if node.type == "call_expression" and _declares(node, table, known, names)
    ]


def applied(text: str, changes: Iterable[Change]) -> str:
    """Give the text with the changes made."""
    raw = text.encode()
    for change in sorted(changes, key=lambda each: each.start, reverse=True):
        raw = raw[: change.start] + change.text.encode() + raw[change.end :]
    return raw.decode()


def _imported(text: Text) -> dict[str, str]:
    """Give the names of functions that a file imports under another one, as in `import { pgTable as table }`."""
    found = re.findall(r"\b(pgTable|pgTableCreator|pgSchema|foreignKey)\s+as\s+(\w+)", text.text)
    return {own: name for name, own in found}


def _declares(node: Node, table: TableName, known: Makers, names: Mapping[str, str]) -> bool:
    arguments = arguments_of(node)
    if len(arguments) < 2 or object_of(arguments[1]) is None:  # noqa: PLR2004 - a name and its columns
        return False
    named = string_of(arguments[0])
    function = node.child_by_field_name("function")
    if function is not None and field_of(function, "property") == "withRLS":
        function = function.child_by_field_name("object")
    if named is None or function is None:
        return False
    if field_of(function, "property") == "table":
        owner = field_of(function, "object")
        return named == table.name and (known.schemas.get(owner) or table.schema) == table.schema
    if table.schema != "public" or function.type not in {"identifier", "member_expression"}:
        return False
    name = _drizzles(text_of(function), names)
    pattern = known.creators.get(name, _NAME if name == "pgTable" else None)
    return pattern is not None and re.fullmatch(pattern.replace(_NAME, re.escape(named)), table.name) is not None


def _creators(root: Node, names: Mapping[str, str]) -> dict[str, str]:
    """Give what `pgTableCreator((name) => `app_${name}`)` makes of a name, for each such function.

    What else stands in the template than the name can be anything.
    """
    found = {}
    for node in walk(root):
        value = node.child_by_field_name("value") if node.type == "variable_declarator" else None
        if value is None or _base_name(value, names) != "pgTableCreator":
            continue
        text = text_of(value)
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
            found[field_of(node, "name")] = pattern
    return found


def _pattern(part: str) -> str:
    return r"\w+" if part.startswith("${") else re.escape(part)


def _schemas(root: Node, names: Mapping[str, str]) -> dict[str, str]:
    """Give the schema that each variable of `pgSchema('auth')` stands for."""
    found = {}
    for node in walk(root):
        value = node.child_by_field_name("value") if node.type == "variable_declarator" else None
        if value is not None and _base_name(value, names) == "pgSchema":
            named = string_of(arguments_of(value)[0]) if arguments_of(value) else None
            if named is not None:
                found[field_of(node, "name")] = named
    return found


def _in_references(call: Call, what: str, action: str) -> Change:
    arguments = arguments_of(call.node)
    if len(arguments) == 1:
        place = arguments[0].end_byte
        return Change(place, place, f", {{ {what}: '{action}' }}", line_of(arguments[0]))
    options = arguments[1]
    if options.type != "object" or any(each.type not in {"pair", "comment"} for each in options.named_children):
        # `...cascade` or `onDelete` alone: what is written before it would not count.
        raise NotFoundError("the reference takes its actions from elsewhere", line_of(options))
    for pair in options.named_children:
        if pair.type == "pair" and key_of(pair) == what:
            return _in_string(value_of(pair), action)
    place = options.start_byte + 1
    more = "," if any(each.type == "pair" for each in options.named_children) else " "
    return Change(place, place, f" {what}: '{action}'{more}", line_of(options))


def _in_chain(node: Node, what: str, action: str) -> Change:
    for call in chain(node):
        if call.name == what and arguments_of(call.node):
            return _in_string(arguments_of(call.node)[0], action)
    return Change(node.end_byte, node.end_byte, f".{what}('{action}')", node.end_point.row + 1)


def _in_string(node: Node, action: str) -> Change:
    if node.type in {"as_expression", "satisfies_expression", "parenthesized_expression"} and node.named_children:
        return _in_string(node.named_children[0], action)
    if string_of(node) is None:
        raise NotFoundError("the action does not stand there as a constant", line_of(node))
    return Change(node.start_byte + 1, node.end_byte - 1, action, line_of(node))


def _columns_of(node: Node) -> list[str]:
    listed = _said(node, "columns")
    if listed is None:
        return []
    return [_property(each) for each in listed.named_children if each.type != "comment"]


def _property(node: Node) -> str:
    """Give the name of what is taken of a table: `table.id` or `table['id']`."""
    index = node.child_by_field_name("index")
    said = string_of(index) if index is not None else None
    return text_of(node).rpartition(".")[2] if said is None else said


def _name_of(node: Node) -> str | None:
    said = _said(node, "name")
    return string_of(said) if said is not None else None


def _said(node: Node, what: str) -> Node | None:
    """Give a value of the object that `foreignKey({...})` takes."""
    base = base_of(node)
    for argument in (arguments_of(base) if base is not None else [])[:1]:
        for pair in argument.named_children:
            if pair.type == "pair" and key_of(pair) == what:
                return value_of(pair)
    return None


def _base_name(node: Node, names: Mapping[str, str]) -> str:
    base = base_of(node)
    return _drizzles(field_of(base, "function"), names) if base is not None else ""


def _drizzles(said: str, names: Mapping[str, str]) -> str:
    """Give drizzle-orm's name of a function, said as `pg.pgTable` or under the name of its import too."""
    own = said.rpartition(".")[2]
    return names.get(own, own)


def _column_name(pair: Node, casing: str) -> str:
    base = base_of(value_of(pair))
    arguments = arguments_of(base) if base is not None else []
    named = string_of(arguments[0]) if arguments else None
    if named is not None:
        return named
    key = key_of(pair)
    # As drizzle-orm finds the words of a name.
    words = re.findall(r"[\da-z]+|[A-Z]+(?![a-z])|[A-Z][\da-z]+", key.replace("'", ""))
    if casing == "snake_case":
        return "_".join(words).lower()
    if casing == "camelCase":
        return "".join(each[:1].upper() + each[1:] if place else each.lower() for place, each in enumerate(words))
    return key
