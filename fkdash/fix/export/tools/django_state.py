"""What an app's migrations say of its models, read in their order without running them."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.fix.export.folder import Text

Written = tuple["Text", ast.expr]
"""A field's expression, and the file that it stands in."""


@fact
class Field:
    """A field as the migrations have it last: the model, its name, its expression, and the file's imports."""

    model: str
    name: str
    expression: str
    imports: tuple[str, ...]


@dataclass(slots=True)
class Model:
    """A model so far: its name, the table that was asked for ("" for Django's own name), its fields."""

    name: str
    asked: str = ""
    fields: dict[str, Written] = field(default_factory=dict)

    def table(self, label: str) -> str:
        """Its table in an app."""
        return self.asked or f"{label}_{self.name.lower()}"


def models_of(files: Iterable[tuple[Text, ast.ClassDef]]) -> tuple[Model, ...]:
    """Give the models after all migrations, renamed and removed ones too."""
    found: dict[str, Model] = {}
    for text, call in _operations(files):
        _follow(found, text, call)
    return tuple(found.values())


def field_of(model: Model, column: str) -> Field | None:
    """Give the field of a column, allowing NULL; None where the migrations have none that another file can say."""
    for name, (text, value) in model.fields.items():
        if column_of(name, value) == column:
            return _made(text, model.name, name, value)
    return None


def column_of(name: str, value: ast.expr) -> str:
    """Give the column of a field."""
    if isinstance(value, ast.Call):
        column = _constant(value, "db_column", -1)
        if column:
            return column
        if _called(value) in {"ForeignKey", "OneToOneField"}:
            return f"{name}_id"
    return name


def _operations(files: Iterable[tuple[Text, ast.ClassDef]]) -> Iterator[tuple[Text, ast.Call]]:
    for text, tree in sorted(files, key=lambda each: each[0].path.name):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield text, node


def _follow(found: dict[str, Model], text: Text, call: ast.Call) -> None:
    what = _called(call)
    if what.endswith("Field"):
        model = found.get((_constant(call, "model_name", 0) or "").lower())
        if model is not None:
            _follow_field(model, what, text, call)
        return
    name = _constant(call, "name", 0) or ""
    if what == "CreateModel" and name:
        made = Model(name, _table_in(_argument(call, "options", 2)))
        fields = _argument(call, "fields", 1)
        for pair in fields.elts if isinstance(fields, ast.List | ast.Tuple) else ():
            if isinstance(pair, ast.Tuple) and len(pair.elts) == 2 and isinstance(pair.elts[0], ast.Constant):  # noqa: PLR2004
                made.fields[str(pair.elts[0].value)] = (text, pair.elts[1])
        found[name.lower()] = made
    elif what == "RenameModel":
        old, new = _constant(call, "old_name", 0) or "", _constant(call, "new_name", 1) or ""
        if new and (renamed := found.pop(old.lower(), None)) is not None:
            renamed.name = new
            found[new.lower()] = renamed
    elif what == "DeleteModel":
        found.pop(name.lower(), None)
    elif what == "AlterModelTable" and name.lower() in found:
        found[name.lower()].asked = (_constant(call, "table", 1) or "").strip('"')


def _follow_field(model: Model, what: str, text: Text, call: ast.Call) -> None:
    if what in {"AddField", "AlterField"}:
        own, value = _constant(call, "name", 1), _argument(call, "field", 2)
        if own and value is not None:
            model.fields[own] = (text, value)
    elif what == "RemoveField":
        model.fields.pop(_constant(call, "name", 1) or "", None)
    elif what == "RenameField":
        kept = model.fields.pop(_constant(call, "old_name", 1) or "", None)
        if kept is not None:
            model.fields[_constant(call, "new_name", 2) or ""] = kept


def _table_in(options: ast.expr | None) -> str:
    if isinstance(options, ast.Dict):
        for key, value in zip(options.keys, options.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "db_table" and isinstance(value, ast.Constant):
                return str(value.value).strip('"')
    return ""


def _made(text: Text, model: str, name: str, value: ast.expr) -> Field | None:
    tree = ast.parse(text.text)
    imported = [
        node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__"
    ]
    bound = {(each.asname or each.name).partition(".")[0] for node in imported for each in node.names}
    used = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    if used - bound - set(dir(builtins)):
        # A function or a constant of that file.
        return None
    imports = tuple(ast.unparse(node) for node in imported)
    changed = value
    if isinstance(value, ast.Call):
        keywords = [each for each in value.keywords if each.arg != "null"]
        changed = ast.Call(value.func, value.args, [*keywords, ast.keyword("null", ast.Constant(value=True))])
    return Field(model, name, ast.unparse(changed), imports)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _argument(call: ast.Call, name: str, place: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[place] if 0 <= place < len(call.args) else None


def _constant(call: ast.Call, name: str, place: int) -> str | None:
    value = _argument(call, name, place)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
