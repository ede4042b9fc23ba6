"""The edit of `schema.prisma` that makes it say what the migration does, or the next `migrate dev` undoes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.fact import fact
from fkdash.fix.export.folder import above, folders, names, read
from fkdash.fix.export.model import FileChange, Missing, UnfitFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fkdash.catalog.table_name import TableName
    from fkdash.fix.export.folder import Text
    from fkdash.fix.plan import Plan

_ACTIONS: Final = {
    Action.NO_ACTION: "NoAction",
    Action.RESTRICT: "Restrict",
    Action.CASCADE: "Cascade",
    Action.SET_NULL: "SetNull",
    Action.SET_DEFAULT: "SetDefault",
}
_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_FIELD: Final = re.compile(
    r"^[ \t]*(?P<name>\w+)[ \t]+(?P<type>\w+)(?P<marks>\??|\[\]\??)(?=[ \t\n]|$)", re.MULTILINE
)


@fact
class _Field:
    """A field of a model: where its type ends, and where its attributes are; places are in the file."""

    name: str
    type: str
    marks: str
    type_end: int
    start: int
    end: int


@fact
class _Model:
    """A model; `bare` is the file with what stands in strings and comments blanked out, at the same places."""

    text: Text
    bare: str
    name: str
    start: int
    end: int

    @property
    def table(self) -> tuple[str | None, str]:
        """Its schema, None where the file does not say, and its table."""
        mapped, schema = (self.said(each, self.start, self.end) for each in ("@@map", "@@schema"))
        return schema, self.name if mapped is None else mapped

    def said(self, attribute: str, start: int, end: int) -> str | None:
        """Give the name that an attribute has between two places, which is not in a comment; None for none."""
        found = re.compile(rf"(?<!@){attribute}\(").search(self.bare, start, end)
        named = re.compile(r'\s*(?:(?:name|map)\s*:\s*)?"([^"\n]+)"')
        quoted = named.match(self.text.text, found.end()) if found else None
        return quoted[1] if quoted else None

    def fields(self) -> Iterator[_Field]:
        """Give its fields, each with the attributes up to the next one."""
        found = [
            match for match in _FIELD.finditer(self.bare, self.start, self.end) if not self._inside(match.start())
        ]
        for match in found:
            end = self.bare.find("\n", match.end())
            end = self.end if end < 0 else end
            while self._depth(match.start(), end) > 0 and end < self.end:
                following = self.bare.find("\n", end + 1)
                end = self.end if following < 0 else following
            yield _Field(match["name"], match["type"], match["marks"], match.end(), match.start(), end)

    def _inside(self, place: int) -> bool:
        return self._depth(self.start, place) > 0

    def _depth(self, start: int, end: int) -> int:
        part = self.bare[start:end]
        return part.count("(") + part.count("[") - part.count(")") - part.count("]")


def edits(root: Path, plan: Plan) -> tuple[tuple[FileChange, ...], tuple[Missing, ...]]:
    """Give the edit of the schema, and what of it is left to the team."""
    wanted = _wanted(plan)
    found = [model for model in _models(root) if _is_of(model, plan.key.table)]
    if len(found) != 1:
        why = "is not found" if not found else f"is found {len(found)} times"
        return (), (Missing(None, 0, f"the model of {plan.key.table} {why}; in the schema {wanted}"),)
    model = found[0]
    scalars = [_scalar(model, column) for column in plan.key.columns]
    relation = _relation(model, [each.name for each in scalars if each is not None])
    if relation is None or None in scalars:
        line = _line(model.text.text, model.start)
        return (), (Missing(model.text.path, line, f"the relation is not found in {model.name}; there {wanted}"),)
    text, line = _edited(model, relation, plan), _line(model.text.text, relation.start)
    if text is None:
        return (), (Missing(model.text.path, line, f"the relation cannot be edited; there {wanted}"),)
    return (model.text.edited(text),), (Missing(model.text.path, line, f"the schema must say the same: {wanted}"),)


def _edited(model: _Model, relation: _Field, plan: Plan) -> str | None:
    old, new = plan.key, plan.goal.key
    changes: list[tuple[int, int, str]] = []
    arguments = _arguments(model, relation)
    if arguments is None:
        return None
    nullable = [column for table, column in plan.goal.nullable if table == old.table]
    actions = [("onDelete", old.on_delete, new.on_delete), ("onUpdate", old.on_update, new.on_update)]
    for name, before, after in actions:
        said = re.compile(rf"\b{name}\s*:\s*(\w+)").search(model.bare, *arguments)
        # What is not said depends on whether the relation is optional, so a change of that has to say it.
        if before != after or (name == "onDelete" and nullable and said is None):
            if said is not None:
                changes.append((said.start(1), said.end(1), _ACTIONS[after]))
            else:
                changes.append((arguments[1], arguments[1], f", {name}: {_ACTIONS[after]}"))
    for column in nullable:
        field = _scalar(model, column)
        if field is None:
            return None
        if not field.marks:
            changes.append((field.type_end, field.type_end, "?"))
    if nullable and not relation.marks:
        changes.append((relation.type_end, relation.type_end, "?"))
    text = model.text.text
    for start, end, put in sorted(changes, reverse=True):
        text = text[:start] + put + text[end:]
    return text


def _arguments(model: _Model, relation: _Field) -> tuple[int, int] | None:
    found = re.compile(r"@relation\s*\(").search(model.bare, relation.start, relation.end)
    if found is None:
        return None
    depth = 1
    for place in range(found.end(), relation.end):
        depth += {"(": 1, ")": -1}.get(model.bare[place], 0)
        if depth == 0:
            last = place
            while model.bare[last - 1].isspace() or model.bare[last - 1] == ",":
                last -= 1
            return found.end(), last
    return None


def _scalar(model: _Model, column: str) -> _Field | None:
    for field in model.fields():
        mapped = model.said("@map", field.type_end, field.end)
        related = "@relation" in model.bare[field.type_end : field.end]
        if (field.name if mapped is None else mapped) == column and not related:
            return field
    return None


def _relation(model: _Model, fields: list[str]) -> _Field | None:
    for field in model.fields():
        found = re.search(r"\bfields\s*:\s*\[([^\]]*)\]", model.bare[field.type_end : field.end])
        if found and re.findall(r"\w+", found[1]) == fields:
            return field
    return None


def _is_of(model: _Model, table: TableName) -> bool:
    schema, name = model.table
    return name == table.name and schema in {None, table.schema}


def _models(root: Path) -> Iterator[_Model]:
    for text in _schemas(root):
        bare = _TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text.text)
        for match in re.finditer(r"^[ \t]*model[ \t]+(\w+)[ \t]*\{", bare, re.MULTILINE):
            end = bare.find("\n}", match.end())
            yield _Model(text, bare, match[1], match.end(), len(bare) if end < 0 else end + 1)


def _schemas(migrations: Path) -> Iterator[Text]:
    """Give the schema's files: beside the migrations or below, else in the nearest folder above that has one."""
    for folder in above(migrations.parent):
        paths = [
            each / name
            for each in folders(folder)
            for name in names(each)
            if name.endswith(".prisma") and migrations not in (each, *each.parents)
        ]
        if paths:
            for path in paths:
                try:
                    yield read(path)
                except UnfitFolderError:
                    continue
            return


def _wanted(plan: Plan) -> str:
    old, new = plan.key, plan.goal.key
    parts = []
    if old.on_delete != new.on_delete:
        parts.append(f"onDelete: {_ACTIONS[new.on_delete]} for {', '.join(old.columns)}")
    if old.on_update != new.on_update:
        parts.append(f"onUpdate: {_ACTIONS[new.on_update]} for {', '.join(old.columns)}")
    parts += [f"a ? after the type of {column} and of its relation" for _, column in plan.goal.nullable]
    return ", ".join(parts) or f"what {plan.option} does"


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
