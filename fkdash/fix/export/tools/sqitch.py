"""sqitch: a change of three scripts, each run by psql, and a line at the end of `sqitch.plan`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import already_there, created, folders, names, only_one, read
from fkdash.fix.export.model import Exported, Kind, Transaction, UnfitFolderError
from fkdash.fix.export.sequence import note_of
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, lines, up
from fkdash.pasting import PSQL_SETTINGS, SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.model import Part, Request

_PLAN: Final = "sqitch.plan"
_CHANGE: Final = re.compile(
    r"^(?P<name>[^%#@\s-]\S*)(?:\s+\[[^\]]*\])?\s+(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\s+(?P<planner>[^#\n]*<[^>\n]*>)"
)
_PROJECT: Final = re.compile(r"^%project\s*=\s*(\S+)", re.MULTILINE)


def export(request: Request) -> Exported:
    """Give the three scripts and, last, the plan with one line more."""
    migration = request.migration
    plan = read(_folder(request) / _PLAN)
    folder = plan.path.parent
    changes = [match for line in plan.text.split("\n") if (match := _CHANGE.match(line))]
    if not changes:
        raise UnfitFolderError(f"{plan.path} has no change to go on from.")
    name = migration.slug
    if any(each["name"] == name for each in changes):
        raise already_there(f"The change {name} of {plan.path}")
    for each in changes:
        if not (folder / "deploy" / f"{each['name']}.sql").is_file():
            raise UnfitFolderError(
                f"{plan.path} names {each['name']}, but deploy/{each['name']}.sql is not there.",
                next_step="Restore it: sqitch cannot deploy without it.",
            )
    project = _PROJECT.search(plan.text)
    at = max(request.now.strftime("%Y-%m-%dT%H:%M:%SZ"), changes[-1]["at"])
    scripts = {
        "deploy": _script("Deploy", project, name, "".join(map(_there, migration.parts))),
        "revert": _script("Revert", project, name, "".join(map(_back, reversed(migration.parts)))),
        "verify": _script("Verify", project, name, _verify(request)),
    }
    said = "".join(comment(heading(migration, part)) for part in migration.parts)
    files = [
        created(folder / word / f"{name}.sql", text.replace("\n\n", f"\n{said}\n", 1), plan.newline)
        for word, text in scripts.items()
    ]
    line = f"{name} {at} {changes[-1]['planner'].strip()} # {migration.title}"
    grown = f"{plan.text.rstrip(chr(10))}\n{line}\n"
    return Exported(
        tool="sqitch",
        files=(*files, plan.edited(grown)),
        mark_applied=(f"sqitch deploy --log-only --to-change {name}",),
        transactions=tuple(
            Transaction(files[0].path, up(part), note_of(part, "a COMMIT stands between the two"))
            for part in migration.parts
        ),
        notes=(f"planned by {changes[-1]['planner'].strip()}, as the change before it",),
    )


def _folder(request: Request) -> Path:
    return only_one(
        [each for each in folders(request.folder) if _PLAN in names(each)], "sqitch", request.folder, sign=_PLAN
    )


def _script(word: str, project: re.Match[str] | None, name: str, body: str) -> str:
    return f"-- {word} {project[1] + ':' if project else ''}{name} to pg\n\n{PSQL_SETTINGS}{SETTINGS}{body}"


def _there(part: Part) -> str:
    return lines(up(part)) if part.kind is Kind.ALONE else f"BEGIN;\n{lines(up(part))}COMMIT;\n"


def _back(part: Part) -> str:
    if not part.down:
        return ""
    return lines(down(part)) if is_alone(part.down) else f"BEGIN;\n{lines(down(part))}COMMIT;\n"


def _verify(request: Request) -> str:
    """Fail where a part has not taken effect: dividing by the number of what is there."""
    asked = [each.done for part in request.migration.parts for each in part.up if each.done]
    return "".join(f"SELECT 1 / ({each})::int;\n" for each in asked) or "SELECT 1;\n"
