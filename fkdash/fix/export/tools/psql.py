"""Plain SQL files for psql: transactions written out, the way back as a comment or in a file of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.another import owner_of, refuse_anothers
from fkdash.fix.export.folder import created, folders, names, newline_of, only_one
from fkdash.fix.export.model import Exported, Kind, Part, Transaction
from fkdash.fix.export.naming import numbers
from fkdash.fix.export.sequence import about, note_of, refuse_repeated
from fkdash.fix.export.sql_text import comment, heading, lines, up, way_back
from fkdash.pasting import PSQL_SETTINGS, SETTINGS, WHOSE_RIGHTS

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.model import Request

_NUMBERED: Final = re.compile(r"(?P<number>\d+)(?P<between>[_.-]+).*\.sql")
_ANY: Final = re.compile(r".*\.sql")


def export(request: Request) -> Exported:
    """Give one file, which goes on with the folder's numbers where it has any."""
    migration = request.migration
    folder = _folder(request)
    refuse_repeated(folder, request)
    matched = [match for name in names(folder) if (match := _NUMBERED.fullmatch(name))]
    number = numbers([match["number"] for match in matched], request.now, 1)[0] if matched else ""
    prefix = f"{number}{matched[-1]['between']}" if matched else ""
    text = [
        comment(f"{migration.title}\n{WHOSE_RIGHTS}\nFor psql: psql -X -v ON_ERROR_STOP=1 -f FILE"),
        PSQL_SETTINGS,
        SETTINGS,
    ]
    transactions = []
    path = folder / f"{prefix}{migration.slug}.sql"
    for part in migration.parts:
        text += ["\n", comment(heading(migration, part)), _in_transaction(part)]
        transactions.append(Transaction(path, up(part), note_of(part, "a COMMIT stands between the two")))
    text += ["\n", way_back(migration, transactions=True)]
    sql = [folder / name for name in names(folder) if name.endswith(".sql")]
    return Exported(
        tool="psql",
        files=(created(path, "".join(text), newline_of(sql)),),
        transactions=tuple(transactions),
        notes=("where the fix was applied live it changes nothing, so it can run everywhere",),
    )


def _folder(request: Request) -> Path:
    root = request.folder
    refuse_anothers(root, "a script for psql")
    if any(_ANY.fullmatch(name) for name in names(root)):
        return root
    found = [each for each in folders(root) if any(_ANY.fullmatch(name) for name in names(each))]
    own = [each for each in found if not owner_of(each)]
    if found and not own:
        refuse_anothers(found[0], "a script for psql")
    return only_one(about(own, _ANY, request), "psql", root, sign="a .sql file") if own else root


def _in_transaction(part: Part) -> str:
    statements = lines(up(part))
    return statements if part.kind is Kind.ALONE else f"BEGIN;\n{statements}COMMIT;\n"
