"""Alembic: one revision after the head of the chain; what must not share its transaction leaves it there."""

from __future__ import annotations

import ast
import configparser
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import Text, above, created, folders, names, only_one, read
from fkdash.fix.export.model import Exported, Kind, Missing, Transaction, UnfitFolderError
from fkdash.fix.export.models_of_python import line_of
from fkdash.fix.export.sequence import note_of
from fkdash.fix.export.sql_text import down, heading, is_alone, python, up, without_bind_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.fix.export.model import Part, Request

_REVISION_LENGTH: Final = 12
_LONGEST_VERSION: Final = 32
_DEFAULT_TEMPLATE: Final = "%(rev)s_%(slug)s"


@dataclass(frozen=True, slots=True)
class _Revision:
    """A revision file: its id, and the ids it follows."""

    text: Text
    id: str
    down: tuple[str, ...]
    depends: tuple[str, ...]


def export(request: Request) -> Exported:
    """Give one revision file."""
    migration, plan = request.migration, request.migration.plan
    folder = _versions_folder(request)
    revisions = _revisions(folder)
    head = _head(revisions, folder)
    for each in revisions:
        if each.text.path.stem.endswith(migration.slug):
            raise UnfitFolderError(f"{each.text.path} is there already.", next_step="Deploy it, or give a --name.")
    revision = _next_id(revisions, migration.slug, request)
    path = folder / f"{_stem(folder, revision, migration.slug, request)}.py"
    ups = "".join(_part(up(part), part, first=number == 0) for number, part in enumerate(migration.parts))
    downs = "".join(_back(part) for part in reversed(migration.parts))
    said = "\n".join(heading(migration, part) for part in migration.parts)
    text = (
        f'"""{_docstring(migration.title)}\n\nRevision ID: {revision}\nRevises: {head.id}\n'
        f'Create Date: {request.now:%Y-%m-%d %H:%M:%S}\n\n"""\n\nfrom alembic import op\n\n'
        f'revision = "{revision}"\ndown_revision = "{head.id}"\nbranch_labels = None\ndepends_on = None\n\n\n'
        f"def upgrade() -> None:\n{_comments(said)}{ups}\n\n"
        f"def downgrade() -> None:\n{downs or '    pass' + chr(10)}"
    )
    home = next((each for each in above(folder) if (each / "alembic.ini").is_file()), request.folder)
    return Exported(
        tool="alembic",
        files=(created(path, text, head.text.newline),),
        mark_applied=(f"alembic stamp {revision}",),
        transactions=tuple(
            Transaction(path, up(part), note_of(part, "autocommit_block commits what the run has done so far"))
            for part in migration.parts
        ),
        incomplete=_models(home, request),
        notes=(f"follows {head.id}",) if plan.steps else (),
    )


def _versions_folder(request: Request) -> Path:
    candidates = [
        each
        for each in folders(request.folder)
        if (each.name == "versions" and (each.parent / "env.py").is_file()) or _has_revisions(each)
    ]
    if len(candidates) > 1:
        key = request.migration.plan.key
        for word in (key.name, key.table.name):
            naming = [each for each in candidates if any(word in _text(each / name) for name in names(each))]
            if naming:
                candidates = naming
                break
    return only_one(candidates, "Alembic", request.folder, sign="env.py with versions/")


def _text(path: Path) -> str:
    try:
        return read(path).text if path.suffix == ".py" else ""
    except UnfitFolderError:
        return ""


def _has_revisions(folder: Path) -> bool:
    return any(
        re.search(r"^down_revision\b", _text(folder / name), re.MULTILINE)
        for name in names(folder)
        if name.endswith(".py")
    )


def _revisions(folder: Path) -> tuple[_Revision, ...]:
    found = []
    for name in names(folder):
        if not name.endswith(".py"):
            continue
        text = read(folder / name)
        values = _assigned(text)
        if isinstance(values.get("revision"), str):
            found.append(
                _Revision(
                    text,
                    str(values["revision"]),
                    _ids(values.get("down_revision")),
                    _ids(values.get("depends_on")),
                )
            )
    return tuple(found)


def _assigned(text: Text) -> dict[str, object]:
    """Give the constants that a file's names are set to, without running it."""
    try:
        tree = ast.parse(text.text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UnfitFolderError(f"{text.path} is no Python: {error}.") from error
    found: dict[str, object] = {}
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for target in targets:
            if isinstance(target, ast.Name) and value is not None:
                try:
                    found[target.id] = ast.literal_eval(value)
                except ValueError:
                    continue
    return found


def _ids(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else ()


def _head(revisions: tuple[_Revision, ...], folder: Path) -> _Revision:
    known = {each.id for each in revisions}
    missing = [parent for each in revisions for parent in each.down if not _known(parent, known)]
    if missing:
        raise UnfitFolderError(f"{folder} has no revision {missing[0]}, which another one follows.")
    followed = {parent for each in revisions for parent in each.down}
    heads = [each for each in revisions if not any(each.id.startswith(parent) for parent in followed)]
    if len(heads) != 1:
        listed = ", ".join(each.id for each in heads) or "none"
        raise UnfitFolderError(
            f"{folder} must have one head, it has: {listed}.", next_step="alembic merge heads makes one of them."
        )
    return heads[0]


def _known(parent: str, known: set[str]) -> bool:
    return any(each.startswith(parent) for each in known)


def _next_id(revisions: Sequence[_Revision], slug: str, request: Request) -> str:
    ids = [each.id for each in revisions]
    if all(each.isdigit() and len(each) < _REVISION_LENGTH for each in ids):
        width = max(map(len, ids))
        return f"{max(map(int, ids)) + 1:0{width}d}"
    seed = f"{slug} {request.now.isoformat()} {' '.join(sorted(ids))}"
    return hashlib.sha256(seed.encode()).hexdigest()[:_REVISION_LENGTH]


def _stem(folder: Path, revision: str, slug: str, request: Request) -> str:
    """Give the file's name as `file_template` of alembic.ini asks for it."""
    template = _DEFAULT_TEMPLATE
    for each in above(folder):
        if (each / "alembic.ini").is_file():
            parser = configparser.RawConfigParser(strict=False)
            try:
                parser.read_string(read(each / "alembic.ini").text)
                template = parser.get("alembic", "file_template", fallback=template).replace("%%", "%")
            except configparser.Error:
                pass
            break
    now = request.now
    values = {
        "rev": revision,
        "slug": slug[:40].strip("_"),
        "epoch": int(now.timestamp()),
        "year": now.year,
        "month": now.month,
        "day": now.day,
        "hour": now.hour,
        "minute": now.minute,
        "second": now.second,
    }
    try:
        stem = template % values
    except (KeyError, ValueError, TypeError):
        stem = _DEFAULT_TEMPLATE % values
    return Path(stem).name


def _part(statements: tuple[str, ...], part: Part, *, first: bool) -> str:
    if part.kind is Kind.CHANGE or (first and part.kind is Kind.CHECK):
        return _execute(statements, "    ")
    # Outside a transaction SET LOCAL would do nothing.
    inside = statements[1:] if part.kind is Kind.CHECK else statements
    return f"    with op.get_context().autocommit_block():\n{_execute(inside, '        ')}"


def _back(part: Part) -> str:
    if is_alone(part.down):
        return f"    with op.get_context().autocommit_block():\n{_execute(down(part), '        ')}"
    return _execute(down(part), "    ")


def _execute(statements: Sequence[str], indent: str) -> str:
    return "".join(f"{indent}op.execute({python(without_bind_names(each))})\n" for each in statements)


def _comments(said: str) -> str:
    return "".join(f"    # {line}\n" for line in said.split("\n"))


def _docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "'")


def _models(home: Path, request: Request) -> tuple[Missing, ...]:
    plan = request.migration.plan
    found = []
    if plan.key.on_delete != plan.goal.key.on_delete:
        place = line_of(home, plan.key, r"ForeignKey")
        wanted = f"ondelete for {', '.join(plan.key.columns)} becomes {plan.goal.key.on_delete}"
        found.append(Missing(*place, f"the model must say the same, or the next autogenerate undoes it: {wanted}"))
    for name, column in plan.goal.nullable:
        place = line_of(home, plan.key, r"nullable|mapped_column|Column", column)
        found.append(
            Missing(*place, f"the model must say the same: {column} of {name.name} is nullable (nullable=True)")
        )
    return tuple(found)
