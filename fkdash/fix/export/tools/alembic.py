"""Alembic: one revision after the head of the chain; what must not share its transaction leaves it there."""

from __future__ import annotations

import ast
import configparser
import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact
from fkdash.fix.export.folder import Text, above, already_there, created, folders, names, only_one, read
from fkdash.fix.export.model import LOCK_TIMEOUT, Exported, Kind, Missing, Transaction, UnfitFolderError
from fkdash.fix.export.models_of_python import line_of
from fkdash.fix.export.sequence import note_of
from fkdash.fix.export.sql_text import down, heading, is_alone, python, up, without_bind_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.fix.export.model import Part, Request

_REVISION_LENGTH: Final = 12
_DEFAULT_TEMPLATE: Final = "%(rev)s_%(slug)s"


@fact
class _Revision:
    """A revision file: its id, and the ids it follows."""

    text: Text
    id: str
    down: tuple[str, ...]
    depends: tuple[str, ...]
    labelled: bool


def export(request: Request) -> Exported:
    """Give one revision file."""
    migration, plan = request.migration, request.migration.plan
    revisions, folder = _chain(request)
    head = _head(revisions, folder, request)
    folder = head.text.path.parent
    for each in revisions:
        if each.text.path.stem.endswith(migration.slug):
            raise already_there(str(each.text.path))
    revision = _next_id(revisions, migration.slug, request)
    path = folder / f"{_stem(folder, revision, migration.slug, request)}.py"
    ups = "".join(_part(up(part), part, first=number == 0) for number, part in enumerate(migration.parts))
    downs = "".join(_back(part) for part in reversed(migration.parts))
    said = "\n".join(heading(migration, part) for part in migration.parts)
    text = (
        f'"""{_docstring(migration.title)}\n\nRevision ID: {revision}\nRevises: {_docstring(head.id)}\n'
        f'Create Date: {request.now:%Y-%m-%d %H:%M:%S}\n\n"""\n\nfrom alembic import op\n\n'
        f'revision = "{revision}"\ndown_revision = {json.dumps(head.id)}\n'
        "branch_labels = None\ndepends_on = None\n\n\n"
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


def _chain(request: Request) -> tuple[tuple[_Revision, ...], Path]:
    """Give the revisions of the table's folder and of those that are of one chain with it, and that folder.

    `version_locations` may spread one chain over several folders.
    """
    candidates = _candidates(request)
    folder = _meant(candidates, request)
    chain = _revisions(folder)
    others = {each: _revisions(each) for each in candidates if each != folder}
    while linked := [each for each, found in others.items() if _are_linked(chain, found)]:
        for each in linked:
            chain += others.pop(each)
    return chain, folder


def _are_linked(some: tuple[_Revision, ...], others: tuple[_Revision, ...]) -> bool:
    return any(
        parent in {other.id for other in second}
        for first, second in ((some, others), (others, some))
        for each in first
        for parent in (*each.down, *each.depends)
    )


def _candidates(request: Request) -> list[Path]:
    return [
        each
        for each in folders(request.folder)
        if (each.name == "versions" and (each.parent / "env.py").is_file()) or _has_revisions(each)
    ]


def _meant(candidates: list[Path], request: Request) -> Path:
    if len(candidates) > 1 and request.folder not in candidates:
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
                    bool(values.get("branch_labels")),
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


def _head(revisions: tuple[_Revision, ...], folder: Path, request: Request) -> _Revision:
    """Give the last revision; where the team's branches have labels, that of the one that speaks of the table."""
    known = {each.id for each in revisions}
    missing = [parent for each in revisions for parent in each.down if not _meant_by(parent, known)]
    if missing:
        raise UnfitFolderError(f"{folder} has no revision {missing[0]}, which another one follows.")
    followed = {own for each in revisions for parent in each.down for own in _meant_by(parent, known)}
    heads = [each for each in revisions if each.id not in followed]
    if len(heads) > 1 and any(each.labelled for each in revisions):
        key = request.migration.plan.key
        for word in (key.name, key.table.name):
            speaking = {each.id for each in revisions if word in each.text.text}
            meant = [each for each in heads if speaking & _lineage(each, revisions)]
            if len(meant) == 1:
                return meant[0]
    if len(heads) != 1:
        listed = ", ".join(each.id for each in heads) or "none"
        raise UnfitFolderError(
            f"{folder} must have one head, it has: {listed}.", next_step="alembic merge heads makes one of them."
        )
    return heads[0]


def _lineage(head: _Revision, revisions: tuple[_Revision, ...]) -> set[str]:
    """Give a revision's id and those of all that it follows."""
    by_id = {each.id: each for each in revisions}
    found: set[str] = set()
    waiting = [head.id]
    while waiting:
        own = waiting.pop()
        if own in by_id and own not in found:
            found.add(own)
            waiting += [each for parent in by_id[own].down for each in _meant_by(parent, set(by_id))]
    return found


def _meant_by(parent: str, known: set[str]) -> set[str]:
    """Give the ids that one stands for: itself, else those that it is the beginning of."""
    return {parent} if parent in known else {each for each in known if each.startswith(parent)}


def _next_id(revisions: Sequence[_Revision], slug: str, request: Request) -> str:
    ids = [each.id for each in revisions]
    if all(each.isdigit() and len(each) < _REVISION_LENGTH for each in ids):
        width = max(map(len, ids))
        return f"{max(map(int, ids)) + 1:0{width}d}"
    seed = f"{slug} {request.now.isoformat()} {' '.join(sorted(ids))}"
    return hashlib.sha256(seed.encode()).hexdigest()[:_REVISION_LENGTH]


def _stem(folder: Path, revision: str, slug: str, request: Request) -> str:
    """Give the file's name as `file_template` of alembic.ini asks for it."""
    template = next((found for each in above(folder) if (found := _template(each))), _DEFAULT_TEMPLATE)
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


def _template(home: Path) -> str:
    """Give the `file_template` that a folder's alembic.ini or pyproject.toml has; "" for none."""
    if (home / "alembic.ini").is_file():
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(read(home / "alembic.ini").text)
            said: object = parser.get("alembic", "file_template", fallback="")
        except configparser.Error:
            return ""
        if said:
            return str(said).replace("%%", "%")
    if (home / "pyproject.toml").is_file():
        try:
            said = tomllib.loads(read(home / "pyproject.toml").text)["tool"]["alembic"]["file_template"]
        except (tomllib.TOMLDecodeError, KeyError, TypeError):
            return ""
        return str(said).replace("%%", "%")
    return ""


def _part(statements: tuple[str, ...], part: Part, *, first: bool) -> str:
    if part.kind is Kind.CHANGE or (first and part.kind is Kind.CHECK):
        return _execute(statements, "    ")
    # Outside a transaction SET LOCAL would do nothing.
    limited = (f"SET lock_timeout = '{LOCK_TIMEOUT}'", *statements[1:], "RESET lock_timeout")
    inside = limited if part.kind is Kind.CHECK else statements
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
