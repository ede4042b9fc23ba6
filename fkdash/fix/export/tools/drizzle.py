"""Drizzle 0.x: a SQL file, an entry in `meta/_journal.json` that makes it exist, and a snapshot of the schema.

The migrator reads the journal alone and runs what has a `when` above the last one recorded; the generator reads
the snapshots alone. So all three must grow together, `when` must be the largest, and the journal is written last.
"""

from __future__ import annotations

import copy
import hashlib
import re
import uuid
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from fkdash.fact import fact
from fkdash.fix.export import drizzle_config, drizzle_documents, typescript_edit
from fkdash.fix.export.folder import created, folders, names, only_one, read
from fkdash.fix.export.json_text import dumped, parsed
from fkdash.fix.export.migration import action_words
from fkdash.fix.export.model import (
    Exported,
    FileChange,
    Missing,
    Transaction,
    UnfitFolderError,
)
from fkdash.fix.export.sql_text import opening
from fkdash.fix.export.tools import drizzle_one
from fkdash.fix.export.tools.drizzle_folders import only_fitting
from fkdash.fix.export.tools.drizzle_statements import BREAK, migrated_together, notes, spelled
from fkdash.pasting import for_psql

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.folder import Text
    from fkdash.fix.export.model import Request
    from fkdash.fix.plan import Plan

_DIGITS_OF_INDEX: Final = 4
_DIGITS_OF_UNIX: Final = 10
_DIGITS_OF_TIMESTAMP: Final = 14
_SNAPSHOT_VERSION: Final = "7"
_UNNUMBERED: Final = "_snapshot.json"
"""The only snapshot where `prefix` is "none": drizzle-kit writes it and never reads it."""
_NO_PREFIX: Final = (
    "with prefix 'none' drizzle-kit passes over its own snapshot: generate makes everything anew, whatever is here"
)


@fact
class _Folder:
    """A folder of migrations: its journal, and its last snapshot."""

    out: Path
    journal: Text
    entries: list[dict[str, Any]]
    version: str
    snapshot: Text
    state: dict[str, Any]


def export(request: Request) -> Exported:
    """Give the three files and the edit of the schema; for a folder of 1.x what that takes."""
    if any(map(drizzle_one.is_one, folders(request.folder))):
        return _of_either(request)
    return _export(request, _found(request.folder, request.migration.plan))


def _of_either(request: Request) -> Exported:
    """Give the export to 1.x, or to 0.x where a repository has both and that one knows the foreign key."""
    try:
        newer = drizzle_one.export(request)
    except UnfitFolderError:
        if not _candidates(request.folder):
            raise
        return _export(request, _found(request.folder, request.migration.plan))
    try:
        older = _found(request.folder, request.migration.plan) if _candidates(request.folder) else None
    except UnfitFolderError:
        older = None
    if older is not None:
        only_one((older.out, newer.files[-1].path.parent.parent), "Drizzle", request.folder, sign="migrations")
    return newer


def _export(request: Request, folder: _Folder) -> Exported:
    migration, plan = request.migration, request.migration.plan
    every = [each for part in migration.parts for each in part.up]
    statements = [*opening(every), *(spelled(plan, each) for each in every)]
    apart = folder.entries[-1].get("breakpoints") is not False
    sql = (BREAK if apart else "\n").join(f"{for_psql(each)};" for each in statements) + "\n"
    index = folder.entries[-1]["idx"] + 1
    when = max(int(request.now.timestamp() * 1000), *(entry["when"] + 1 for entry in folder.entries))
    prefix = _prefix(folder.entries[-1]["tag"], index, request)
    tag = f"{prefix}_{migration.slug}"
    newest = read(folder.out / f"{folder.entries[-1]['tag']}.sql")
    file = created(folder.out / f"{tag}.sql", sql, newest.newline)
    state = _changed_state(folder, plan)
    state = {**state, "id": str(uuid.uuid4()), "prevId": folder.state["id"]}
    text = dumped(state, like=folder.snapshot.text)
    snapshot = (
        created(folder.out / "meta" / f"{prefix}_snapshot.json", text, folder.snapshot.newline)
        if prefix
        else folder.snapshot.edited(text)
    )
    entry = {"idx": index, "version": folder.version, "when": when, "tag": tag, "breakpoints": apart}
    grown = parsed(folder.journal)
    grown["entries"] = [*folder.entries, entry]
    journal = folder.journal.edited(dumped(grown, like=folder.journal.text))
    config = drizzle_config.of(folder.out)
    edits, left = typescript_edit.edits(request, config, folder.out)
    return Exported(
        tool="drizzle",
        files=(file, snapshot, *(edits if request.edit_schema else ()), journal),
        mark_applied=(_mark(config, file, when),),
        transactions=(Transaction(file.path, tuple(statements), migrated_together(migration)),),
        incomplete=(*left, *_not_in_snapshot(plan, state)),
        notes=(*notes(migration), *(() if prefix else (_NO_PREFIX,))),
        suggested=() if request.edit_schema else edits,
    )


def _candidates(root: Path) -> list[Path]:
    if root.name == "meta" and (root / "_journal.json").is_file():
        return [root.parent]
    return [each for each in folders(root) if (each / "meta" / "_journal.json").is_file()]


def _found(root: Path, plan: Plan) -> _Folder:
    return only_fitting(
        _candidates(root), partial(_checked, plan=plan), "Drizzle 0.x", root, sign="meta/_journal.json"
    )


def _checked(out: Path, plan: Plan) -> _Folder:
    drizzle_one.refuse_both(out)
    journal = read(out / "meta" / "_journal.json")
    document = parsed(journal)
    drizzle_documents.require(drizzle_documents.Journal, document, journal.path)
    if document.get("dialect") not in {"postgresql", "pg"}:
        raise UnfitFolderError(f"{journal.path} is of {document.get('dialect')}, not of PostgreSQL.")
    entries = document.get("entries")
    if not _are_entries(entries):
        raise UnfitFolderError(f"{journal.path} has no list of entries as drizzle-kit 0.x writes them.")
    if not entries:
        raise UnfitFolderError(f"{journal.path} lists no migration, so {plan.key.qualified} is made elsewhere.")
    listed = [entry["tag"] for entry in entries]
    missing = [tag for tag in listed if not (out / f"{tag}.sql").is_file()]
    if missing:
        raise UnfitFolderError(
            f"{journal.path} lists {', '.join(missing)}, of which there is no file.",
            next_step="Restore the file; drizzle-kit migrate cannot run without it.",
        )
    unlisted = [name for name in names(out) if name.endswith(".sql") and name.removesuffix(".sql") not in listed]
    if unlisted:
        raise UnfitFolderError(
            f"{out} has {', '.join(unlisted)}, which {journal.path.name} does not list, so that it never runs.",
            next_step="List it in the journal, or remove it, then export again.",
        )
    whens = [entry["when"] for entry in entries]
    if any(later <= earlier for earlier, later in pairwise(whens)):
        raise UnfitFolderError(
            f"The times in {journal.path} do not increase, so drizzle-kit migrate skips migrations.",
            next_step="drizzle-kit check names them; put the journal in order first.",
        )
    snapshot = _last_snapshot(out)
    state = parsed(snapshot)
    if str(state.get("version")) != _SNAPSHOT_VERSION:
        raise UnfitFolderError(
            f"{snapshot.path} is of version {state.get('version')}, not {_SNAPSHOT_VERSION}.",
            next_step="drizzle-kit up brings it up to date.",
        )
    drizzle_documents.require(drizzle_documents.State, state, snapshot.path)
    expected = f"{entries[-1]['tag'].split('_')[0]}_snapshot.json"
    if snapshot.path.name != expected:
        raise UnfitFolderError(
            f"{journal.path} ends with {entries[-1]['tag']}, the snapshots with {snapshot.path.name}.",
            next_step="They must be of one state; drizzle-kit generate would go on from the wrong one.",
        )
    folder = _Folder(out, journal, entries, str(document.get("version", _SNAPSHOT_VERSION)), snapshot, state)
    _changed_state(folder, plan)
    return folder


def _are_entries(found: object) -> bool:
    return isinstance(found, list) and all(
        isinstance(each, dict)
        and isinstance(each.get("idx"), int)
        and isinstance(each.get("when"), int)
        and isinstance(each.get("tag"), str)
        and "/" not in each["tag"]
        for each in found
    )


def _last_snapshot(out: Path) -> Text:
    # drizzle-kit takes the last by name.
    found = [name for name in names(out / "meta") if not name.startswith("_")]
    if not found and (out / "meta" / _UNNUMBERED).is_file():
        return read(out / "meta" / _UNNUMBERED)
    if not found:
        raise UnfitFolderError(
            f"{out / 'meta'} has no snapshot.", next_step="Without one drizzle-kit generate starts from nothing."
        )
    texts = [read(out / "meta" / name) for name in found]
    ids: dict[str, str] = {}
    for text in texts:
        previous = parsed(text).get("prevId")
        if isinstance(previous, str) and previous in ids:
            raise UnfitFolderError(
                f"{ids[previous]} and {text.path.name} in {out / 'meta'} follow the same snapshot.",
                next_step="drizzle-kit check calls it a collision: merge the two first.",
            )
        ids[str(previous)] = text.path.name
    return texts[-1]


def _prefix(last: str, index: int, request: Request) -> str:
    """Give what the name begins with, in the style of the last tag; "" where that has none."""
    if last.startswith("_"):
        return ""
    digits = re.match(r"\d*", last)
    length = len(digits[0]) if digits else 0
    if length == _DIGITS_OF_TIMESTAMP:
        own = request.now.strftime("%Y%m%d%H%M%S")
        return str(max(int(own), int(last[:length]) + 1))
    if length == _DIGITS_OF_UNIX:
        return str(max(int(request.now.timestamp()), int(last[:length]) + 1))
    return f"{index:0{_DIGITS_OF_INDEX}d}"


def _changed_state(folder: _Folder, plan: Plan) -> dict[str, Any]:
    """Give the last snapshot with the change in it; raises UnfitFolderError where it shows another schema."""
    state = copy.deepcopy(folder.state)
    old, new = plan.key, plan.goal.key
    table = _table(state, plan)
    keys = table.get("foreignKeys", {})
    known = keys.get(old.name)
    if known is None:
        raise UnfitFolderError(
            f"{folder.snapshot.path} does not know {old.qualified}: another project or another migration made it.",
            next_step=f"Name the folder that made it. It knows here: {', '.join(keys) or 'none'}.",
        )
    if (old.on_delete, old.on_update) != (new.on_delete, new.on_update):
        found = (known.get("onDelete", "no action"), known.get("onUpdate", "no action"))
        wanted = (action_words(new.on_delete), action_words(new.on_update))
        if found == wanted:
            raise UnfitFolderError(
                f"{folder.snapshot.path} has ON DELETE {found[0]} for {old.name} already.",
                next_step="The migration is there: deploy it instead of writing another.",
            )
        if found != (action_words(old.on_delete), action_words(old.on_update)):
            raise UnfitFolderError(
                f"{folder.snapshot.path} has ON DELETE {found[0]} for {old.name}, the database {old.on_delete}.",
                next_step="They must agree before the change: run the migrations that are open, or export again.",
            )
        known["onDelete"], known["onUpdate"] = wanted
    if plan.goal.gone:
        del keys[old.name]
    for name, column in plan.goal.nullable:
        own = state["tables"].get(f"{name.schema}.{name.name}", {}).get("columns", {}).get(column)
        if own is None:
            raise UnfitFolderError(f"{folder.snapshot.path} does not know the column {column} of {name}.")
        if not own.get("notNull"):
            raise UnfitFolderError(
                f"{folder.snapshot.path} has {name}.{column} without NOT NULL already.",
                next_step="The migration is there: deploy it instead of writing another.",
            )
        own["notNull"] = False
    return state


def _table(state: dict[str, Any], plan: Plan) -> dict[str, Any]:
    name = plan.key.table
    table = state.get("tables", {}).get(f"{name.schema}.{name.name}")
    if not isinstance(table, dict):
        raise UnfitFolderError(
            f"The last snapshot does not know the table {name}.",
            next_step="Name the folder whose migrations made it.",
        )
    return table


def _not_in_snapshot(plan: Plan, state: dict[str, Any]) -> list[Missing]:
    del state
    if plan.option in {"create-index", "set-column-default"}:
        return [
            Missing(
                None,
                0,
                f"the snapshot does not have {plan.option}: write it in the schema as well, and delete what "
                "drizzle-kit generate then repeats",
            )
        ]
    return []


def _mark(config: drizzle_config.Config, file: FileChange, when: int) -> str:
    table = f"{quoted(config.migrations_schema)}.{quoted(config.migrations_table)}"
    digest = hashlib.sha256(file.content).hexdigest()
    return f"INSERT INTO {table} (hash, created_at) VALUES ({literal(digest)}, {when});"
