"""Drizzle 1.x: a folder `<time>_name` with `migration.sql` and `snapshot.json`; the name is what identifies it.

The first snapshot is the whole schema ("base"), each later one what it changes ("diff") and which it follows.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from fkdash.fact import fact
from fkdash.fix.export import drizzle_config, drizzle_documents, typescript_edit
from fkdash.fix.export.folder import created, folders, names, read
from fkdash.fix.export.json_text import dumped, parsed
from fkdash.fix.export.model import Exported, Missing, Transaction, UnfitFolderError
from fkdash.fix.export.naming import moments
from fkdash.fix.export.sequence import refuse_repeated
from fkdash.fix.export.sql_text import opening
from fkdash.fix.export.tools.drizzle_folders import only_fitting
from fkdash.fix.export.tools.drizzle_statements import BREAK, migrated_together, notes, spelled
from fkdash.pasting import for_psql

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fkdash.catalog.table_name import TableName
    from fkdash.fix.export.folder import Text
    from fkdash.fix.export.model import Request
    from fkdash.fix.plan import Plan

_NAME: Final = re.compile(r"(\d{14})_.+")
_VERSION: Final = "9"
_HASH_LENGTH: Final = 16

Entities = dict[str, dict[str, Any]]


@fact
class _Folder:
    """A folder of migrations: their names, the last files, the ids of the last snapshots, and the schema."""

    out: Path
    found: tuple[str, ...]
    sql: Text
    snapshot: Text
    leaves: tuple[str, ...]
    entities: Entities


def export(request: Request) -> Exported:
    """Give the two files of the migration and the edit of the schema; the SQL, which is what runs, comes last."""
    migration, plan = request.migration, request.migration.plan
    folder = _found(request, plan)
    refuse_repeated(folder.out, request)
    name = f"{moments(folder.found, request.now, 1)[0]}_{migration.slug}"
    every = [each for part in migration.parts for each in part.up]
    statements = [*opening(every), *(spelled(plan, each) for each in every)]
    sql = BREAK.join(f"{for_psql(each)};" for each in statements) + "\n"
    deltas = list(_deltas(plan, folder))
    state = {
        "type": "diff",
        "version": _VERSION,
        "dialect": "postgres",
        "id": str(uuid.uuid4()),
        "prevIds": list(folder.leaves),
        "footprints": list(_footprints(plan, statements)) if deltas else [],
        "deltas": deltas,
    }
    snapshot = created(
        folder.out / name / "snapshot.json", dumped(state, like=folder.snapshot.text), folder.snapshot.newline
    )
    file = created(folder.out / name / "migration.sql", sql, folder.sql.newline)
    config = drizzle_config.of(folder.out)
    edits, left = typescript_edit.edits(request, config, folder.out)
    table = f"{quoted(config.migrations_schema)}.{quoted(config.migrations_table)}"
    digest = hashlib.sha256(file.content).hexdigest()
    mark = (
        f"INSERT INTO {table} (hash, created_at, name) VALUES ({literal(digest)}, "
        f"{int(request.now.timestamp()) * 1000}, {literal(name)});"
    )
    not_shown = [
        Missing(None, 0, f"the snapshot does not have {plan.option}: write it in the schema, and generate")
    ]
    return Exported(
        tool="drizzle",
        files=(*(edits if request.edit_schema else ()), snapshot, file),
        mark_applied=(mark,),
        transactions=(Transaction(file.path, tuple(statements), migrated_together(migration)),),
        incomplete=(*left, *(() if deltas else not_shown)),
        notes=notes(migration),
        suggested=() if request.edit_schema else edits,
    )


def is_one(folder: Path) -> bool:
    """Tell whether a folder has migrations of Drizzle 1.x."""
    return any(
        _NAME.fullmatch(name)
        and (folder / name / "migration.sql").is_file()
        and (folder / name / "snapshot.json").is_file()
        for name in names(folder)
    )


def _found(request: Request, plan: Plan) -> _Folder:
    candidates = filter(is_one, folders(request.folder))
    sign = "*/migration.sql with snapshot.json"
    return only_fitting(candidates, partial(_checked, plan=plan), "Drizzle 1.x", request.folder, sign=sign)


def refuse_both(out: Path) -> None:
    """Raise UnfitFolderError for a folder with files of both kinds, which drizzle-kit 1.x refuses."""
    if is_one(out) and (out / "meta" / "_journal.json").is_file():
        raise UnfitFolderError(
            f"{out} has migrations of Drizzle 0.x (meta/_journal.json) and of 1.x.",
            next_step="drizzle-kit up makes all of them 1.x; or remove those that the team does not run.",
        )


def _checked(out: Path, plan: Plan) -> _Folder:
    refuse_both(out)
    found = tuple(name for name in names(out) if _NAME.fullmatch(name) and (out / name).is_dir())
    for name in found:
        for part in ("migration.sql", "snapshot.json"):
            if not (out / name / part).is_file():
                raise UnfitFolderError(f"{out / name} has no {part}.", next_step="Put the folder in order first.")
    texts = [read(out / name / "snapshot.json") for name in found]
    documents = [parsed(text) for text in texts]
    for text, document in zip(texts, documents, strict=True):
        if str(document.get("version")) != _VERSION:
            raise UnfitFolderError(
                f"{text.path} is of version {document.get('version')}; {_VERSION} is known here.",
                next_step="drizzle-kit up, or change the schema and run drizzle-kit generate.",
            )
        drizzle_documents.require(drizzle_documents.Change, document, text.path)
    followed = {each for document in documents for each in document.get("prevIds", ())}
    leaves = tuple(str(document["id"]) for document in documents if document.get("id") not in followed)
    entities = _entities(documents)
    _require(plan, entities, out)
    return _Folder(out, found, read(out / found[-1] / "migration.sql"), texts[-1], leaves, entities)


def _entities(documents: Iterable[dict[str, Any]]) -> Entities:
    """Give what the schema is after all snapshots, each thing under its key."""
    found: Entities = {}
    for document in documents:
        for row in document.get("ddl", ()):
            found[_key(row)] = copy.deepcopy(row)
        for delta in document.get("deltas", ()):
            if delta.get("op") == "create" and delta.get("row"):
                found[_key(delta["row"])] = copy.deepcopy(delta["row"])
            elif delta.get("op") == "drop":
                found.pop(delta.get("key", ""), None)
            elif delta.get("op") == "alter" and delta.get("key") in found:
                found[delta["key"]].update(delta.get("set", {}))
    return found


def _key(row: dict[str, Any]) -> str:
    path = [row[each] for each in ("schema", "table", "name") if row.get(each) is not None]
    return f"{row.get('entityType')}\0{json.dumps(path, separators=(',', ':'), ensure_ascii=False)}"


def _path(kind: str, table: TableName, name: str) -> str:
    return f"{kind}\0{json.dumps([table.schema, table.name, name], separators=(',', ':'), ensure_ascii=False)}"


def _require(plan: Plan, entities: Entities, out: Path) -> None:
    old, new = plan.key, plan.goal.key
    known = entities.get(_path("fks", old.table, old.name))
    if known is None:
        raise UnfitFolderError(
            f"The snapshots in {out} do not know {old.qualified}: another project made it.",
            next_step="Name the folder that made it.",
        )
    if (old.on_delete, old.on_update) == (new.on_delete, new.on_update):
        return
    found = (known.get("onDelete"), known.get("onUpdate"))
    if found == (new.on_delete.value, new.on_update.value):
        raise UnfitFolderError(
            f"The snapshots in {out} have ON DELETE {found[0]} for {old.name} already.",
            next_step="The migration is there: deploy it instead of writing another.",
        )
    if found != (old.on_delete.value, old.on_update.value):
        raise UnfitFolderError(
            f"The snapshots in {out} have ON DELETE {found[0]} for {old.name}, the database {old.on_delete}.",
            next_step="They must agree before the change: run the migrations that are open, or export again.",
        )


def _deltas(plan: Plan, folder: _Folder) -> Iterable[dict[str, Any]]:
    old, new = plan.key, plan.goal.key
    actions = {"onDelete": (old.on_delete, new.on_delete), "onUpdate": (old.on_update, new.on_update)}
    changed = {name: after.value for name, (before, after) in actions.items() if before != after}
    key = _path("fks", old.table, old.name)
    if plan.goal.gone:
        yield {"op": "drop", "key": key}
    elif changed:
        yield {"op": "alter", "key": key, "set": changed}
    for table, column in plan.goal.nullable:
        own = _path("columns", table, column)
        if folder.entities.get(own, {}).get("notNull") is not True:
            raise UnfitFolderError(
                f"The snapshots in {folder.out} do not have {table}.{column} as NOT NULL.",
                next_step="The migration may be there already: deploy it instead of writing another.",
            )
        yield {"op": "alter", "key": own, "set": {"notNull": False}}


def _footprints(plan: Plan, statements: list[str]) -> Iterable[dict[str, Any]]:
    """Give what drizzle-kit compares with other branches to find conflicts, in its own words."""
    key = plan.goal.key
    hashes = {
        statement: hashlib.sha256(f"{statement};".encode()).hexdigest()[:_HASH_LENGTH] for statement in statements
    }
    swaps = [each for each in statements if " ADD CONSTRAINT " in each]
    if swaps:
        own, other = ".".join(key.table), ".".join(key.referenced)
        constraint = f"{own}.{key.name}"
        yield {
            "statementType": "recreate_fk",
            "statementTarget": ["table", *key.table],
            "writes": [f"{kind}|fk|{constraint}" for kind in "sne"] + [f"n|con|{constraint}"],
            "reads": [
                f"n|tbl|{own}",
                f"n|sch|{key.table.schema}",
                f"n|tbl|{other}",
                f"n|sch|{key.referenced.schema}",
                *(f"n|col|{own}.{column}" for column in key.columns),
                *(f"n|col|{other}.{column}" for column in key.referenced_columns),
                f"e|uniqueness|{other}.{','.join(key.referenced_columns)}",
            ],
            "sqlHash": hashes[swaps[0]],
        }
    for table, column in plan.goal.nullable:
        found = next((each for each in statements if quoted(column) in each and "DROP NOT NULL" in each), None)
        if found is not None:
            yield {
                "statementType": "alter_column",
                "statementTarget": ["column", *table, column],
                "writes": [f"s|colprop|{'.'.join(table)}.{column}.notNull"],
                "reads": [
                    f"n|tbl|{'.'.join(table)}",
                    f"n|sch|{table.schema}",
                    f"n|col|{'.'.join(table)}.{column}",
                ],
                "sqlHash": hashes[found],
            }
