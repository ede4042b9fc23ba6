"""Django: `app/migrations/NNNN_name.py` after the app's only leaf, a transaction for each.

A plain AlterField drops every foreign key of the column and makes Django's own in its place, without what the
database says (run with 5.2). So the database gets the statements, and only Django's state gets the field.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact
from fkdash.fix.export.folder import Text, already_there, created, folders, names, read
from fkdash.fix.export.model import Exported, FileChange, Kind, Missing, Transaction, UnfitFolderError
from fkdash.fix.export.models_of_python import line_of
from fkdash.fix.export.naming import part_slugs
from fkdash.fix.export.sequence import note_of
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, python, up
from fkdash.fix.export.tools.django_state import Field, Model, column_of, field_of, models_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fkdash.fix.export.model import Part, Request

_NAME: Final = re.compile(r"(?P<number>\d+)(?:_\w+)?\.py")
_WIDTH: Final = 4


@fact
class _App:
    """An app's migrations: their files in order and the syntax tree of each class."""

    label: str
    folder: Path
    files: tuple[tuple[Text, ast.ClassDef], ...]
    models: tuple[Model, ...]

    def makes(self, table: str) -> bool:
        """Tell whether one of its models has the table."""
        return any(model.table(self.label) == table for model in self.models)

    def names(self, table: str) -> bool:
        """Tell whether one of its files has the table's name in it."""
        return any(re.search(rf"\b{re.escape(table)}\b", text.text) for text, _ in self.files)


def export(request: Request) -> Exported:
    """Give one file for each part."""
    migration, plan = request.migration, request.migration.plan
    app = _app(request)
    leaf = _leaf(app)
    for name in names(app.folder):
        if migration.slug in name:
            raise already_there(str(app.folder / name))
    last = max(int(match["number"]) for text, _ in app.files if (match := _NAME.fullmatch(text.path.name)))
    newline = leaf.newline
    fields = [
        found
        for table, column in plan.goal.nullable
        if table == plan.key.table
        for model in app.models
        if model.table(app.label) == table.name and (found := field_of(model, column)) is not None
    ]
    files: list[FileChange] = []
    transactions, stems = [], []
    parent = leaf.path.stem
    for number, (part, slug) in enumerate(zip(migration.parts, part_slugs(migration), strict=True), start=1):
        stem = f"{last + number:0{_WIDTH}d}_{slug}"
        text = _text(request, part, app.label, parent, fields if number == 1 else ())
        files.append(created(app.folder / f"{stem}.py", text, newline))
        transactions.append(
            Transaction(files[-1].path, up(part), note_of(part, "Django gives each migration one"))
        )
        stems.append(stem)
        parent = stem
    return Exported(
        tool="django",
        files=tuple(files),
        mark_applied=(f"python manage.py migrate {app.label} {stems[-1]} --fake",),
        transactions=tuple(transactions),
        incomplete=_models(app, request, fields),
        notes=_doubt(app, request),
    )


def _app(request: Request) -> _App:
    table = request.migration.plan.key.table.name
    apps = [
        app
        for folder in folders(request.folder)
        if folder.name == "migrations" and (app := _read(folder)) is not None
    ]
    if not apps and (app := _read(request.folder)) is not None:
        apps = [app]
    if not apps:
        raise UnfitFolderError(
            f"{request.folder} is no Django project: no migrations/NNNN_name.py is in it.",
            next_step="Name the project's root or an app's folder.",
        )
    making = [app for app in apps if app.makes(table)]
    naming = making or [app for app in apps if app.names(table)]
    chosen = naming or (apps if len(apps) == 1 else [])
    if len(chosen) != 1:
        listed = ", ".join(app.label for app in chosen or apps)
        raise UnfitFolderError(
            f"Which app has the table {table}? {'Several name it' if chosen else 'None names it'}: {listed}.",
            next_step="Name the app's folder.",
        )
    return chosen[0]


def _read(folder: Path) -> _App | None:
    files = []
    for name in names(folder):
        if name.endswith(".py") and name != "__init__.py":
            text = read(folder / name)
            tree = _class(text)
            if tree is not None:
                files.append((text, tree))
    if not any(_NAME.fullmatch(text.path.name) for text, _ in files):
        return None
    return _App(_label(folder, files), folder, tuple(files), models_of(files))


def _doubt(app: _App, request: Request) -> tuple[str, ...]:
    """Say where nothing in the only app that there is speaks of the table."""
    table = request.migration.plan.key.table.name
    if app.makes(table) or app.names(table):
        return ()
    return (f"no migration of {app.label} speaks of {table}: if another app is meant, name its folder",)


def _label(folder: Path, files: Sequence[tuple[Text, ast.ClassDef]]) -> str:
    """Give an app's label, as its own files have it: MIGRATION_MODULES may lay them anywhere."""
    likely = folder.parent.name if folder.name == "migrations" else folder.name
    config = folder.parent / "apps.py"
    if config.is_file():
        found = re.search(r"^\s*label\s*=\s*[\"'](\w+)[\"']", read(config).text, re.MULTILINE)
        likely = found[1] if found else likely
    stems = {text.path.stem for text, _ in files}
    said = Counter(
        label
        for text, tree in files
        for what in ("dependencies", "replaces")
        for label, stem in _pairs(tree, what)
        if stem in stems - {text.path.stem}
    )
    return likely if likely in said or not said else said.most_common(1)[0][0]


def _class(text: Text) -> ast.ClassDef | None:
    try:
        tree = ast.parse(text.text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UnfitFolderError(f"{text.path} is no Python: {error}.") from error
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Migration":
            return node
    return None


def _leaf(app: _App) -> Text:
    replaced = {
        name: text.path.stem
        for text, tree in app.files
        for label, name in _pairs(tree, "replaces")
        if label == app.label
    }
    # What follows a migration that was squashed follows what it was squashed into.
    followed = {
        replaced.get(name, name)
        for text, tree in app.files
        if text.path.stem not in replaced
        for label, name in _pairs(tree, "dependencies")
        if label == app.label
    }
    leaves = [text for text, _ in app.files if text.path.stem not in followed and text.path.stem not in replaced]
    if len(leaves) != 1:
        listed = ", ".join(text.path.stem for text in leaves) or "none"
        raise UnfitFolderError(
            f"{app.label} must have one last migration, it has: {listed}.",
            next_step="python manage.py makemigrations --merge makes one of them.",
        )
    return leaves[0]


def _pairs(tree: ast.ClassDef, name: str) -> Iterator[tuple[str, str]]:
    value = _assigned(tree, name)
    for each in value.elts if isinstance(value, ast.List | ast.Tuple) else ():
        try:
            label, stem = ast.literal_eval(each)
        except (ValueError, TypeError):
            continue
        yield str(label), str(stem)


def _assigned(tree: ast.ClassDef, name: str) -> ast.expr | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return node.value
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            return node.value
    return None


def _text(request: Request, part: Part, label: str, parent: str, fields: Sequence[Field]) -> str:
    imports = sorted({"from django.db import migrations", *(line for field in fields for line in field.imports)})
    if any(line.startswith("from django.db import ") and "migrations" in line for line in imports[1:]):
        imports = [line for line in imports if line != "from django.db import migrations"] or imports
    outside = part.kind is Kind.ALONE or is_alone(part.down)
    run = _run(part, "        " if not fields else "                ")
    if fields:
        state = "".join(
            f"                migrations.AlterField(\n"
            f"                    model_name={field.model.lower()!r},\n"
            f"                    name={field.name!r},\n"
            f"                    field={field.expression},\n"
            f"                ),\n"
            for field in fields
        )
        run = (
            "        migrations.SeparateDatabaseAndState(\n"
            f"            database_operations=[\n{run}            ],\n"
            f"            state_operations=[\n{state}            ],\n        ),\n"
        )
    return (
        "\n".join(imports)
        + f"\n\n\n{comment(heading(request.migration, part), '#')}class Migration(migrations.Migration):\n"
        + ("    atomic = False\n\n" if outside else "")
        + f"    dependencies = [\n        ({label!r}, {parent!r}),\n    ]\n\n    operations = [\n{run}    ]\n"
    )


def _run(part: Part, indent: str) -> str:
    ups = "".join(f"{indent}        {python(each)},\n" for each in up(part))
    downs = "".join(f"{indent}        {python(each)},\n" for each in down(part))
    back = f"[\n{downs}{indent}    ]" if downs else "migrations.RunSQL.noop"
    return (
        f"{indent}migrations.RunSQL(\n{indent}    sql=[\n{ups}{indent}    ],\n"
        f"{indent}    reverse_sql={back},\n{indent}),\n"
    )


def _models(app: _App, request: Request, fields: Sequence[Field]) -> tuple[Missing, ...]:
    plan = request.migration.plan
    found = []
    for table, column in plan.goal.nullable:
        place = line_of(app.folder.parent, plan.key, r"ForeignKey|Field|OneToOne", column)
        known = any(
            column_of(field.name, ast.parse(field.expression, mode="eval").body) == column for field in fields
        )
        why = "or the next makemigrations undoes it" if known else "and the migration's state does not have it"
        found.append(Missing(*place, f"the model must say null=True for {column} of {table.name}, {why}"))
    if plan.key.on_delete != plan.goal.key.on_delete:
        place = line_of(app.folder.parent, plan.key, r"ForeignKey|OneToOne")
        found.append(
            Missing(
                *place,
                "Django acts on on_delete by itself, before the database: DO_NOTHING leaves it to the database, "
                "PROTECT refuses; with either nothing is left for makemigrations",
            )
        )
    return tuple(found)
