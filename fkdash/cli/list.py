"""`fkdash list`: every foreign key in one line, and in one those that many schemas have alike."""

from __future__ import annotations

import argparse
import csv
import io
import json
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final

from fkdash.catalog.action import Action
from fkdash.catalog.names import with_wholes
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.catalog.table_name import listed
from fkdash.checking.alike import referenced_words
from fkdash.checking.key_groups import key_groups
from fkdash.cli.connection import (
    LEFT_TO_THE_END,
    add_connection_arguments,
    add_from_argument,
    looking,
    run_async,
    snapshot_of,
    target_of,
)
from fkdash.cli.messages import say, say_pieces, tell
from fkdash.cli.selection import add_table_arguments, chosen_tables, tell_unmatched
from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.report.documents.parts import columns_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.checking.key_groups import KeyGroup

SUMMARY = "List the foreign keys of a database, one line each or for many of one shape."
EXAMPLES = """examples:
  fkdash list
  fkdash list --table workspaces --on-delete "set null"
  fkdash list --format csv app > foreign-keys.csv
"""
_CSV_COLUMNS: Final = (
    "schema",
    "table",
    "constraint",
    "columns",
    "referenced",
    "on_delete",
    "on_update",
    "delete_columns",
    "match",
    "deferrable",
    "initially_deferred",
    "validated",
    "enforced",
)
"""Those of the document but the comment, which may have many lines."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--format", choices=("text", "csv", "json"), default="text", help="default: %(default)s")
    parser.add_argument(
        "--each", action="store_true", help="a line for each; otherwise what many schemas have in common is one"
    )
    add_table_arguments(parser)
    parser.add_argument(
        "--on-delete",
        action="append",
        type=_action,
        metavar="ACTION",
        help='"cascade", "set null", "set default", "restrict" or "no action" (may be repeated)',
    )
    parser.add_argument(
        "--on-update", action="append", type=_action, metavar="ACTION", help="the same for ON UPDATE"
    )
    parser.add_argument("--not-valid", action="store_true", help="only those that are NOT VALID or NOT ENFORCED")
    add_from_argument(parser)
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the foreign keys."""
    catalog, keys = run_async(_keys(arguments))
    if arguments.format == "json":
        say_pieces(_json_pieces(catalog, keys))
    elif arguments.format == "csv":
        say(_csv(keys))
    else:
        groups, left = ([], keys) if arguments.each else key_groups(catalog, keys)
        families = {group.keys[0].table.name for group in groups}
        # What differs from most of its family is looked for: it comes first.
        lines = [_line(key) for key in left if key.table.name in families]
        lines += [_group_line(group) for group in groups]
        lines += [_line(key) for key in left if key.table.name not in families]
        say_pieces(f"{line}\n" for line in lines)
        more = "; --each lists them one by one" if groups else ""
        tell(f"{len(keys):,} of {counted(len(catalog.foreign_keys), 'foreign keys')}{more}")
    chosen = chosen_tables(arguments)
    if chosen is not None and not any(map(chosen, catalog.tables)):
        return tell_unmatched(arguments)
    return 0


async def _keys(arguments: argparse.Namespace) -> tuple[Catalog, list[ForeignKey]]:
    chosen = chosen_tables(arguments)
    catalog = snapshot_of(arguments)
    if catalog is None:
        async with looking(target_of(arguments), nothing_else=True) as pool:
            catalog = await read_whole_catalog(pool, LEFT_TO_THE_END)
    chosen = with_wholes(catalog, chosen)
    keys = [
        key
        for key in catalog.foreign_keys
        if (chosen is None or chosen(key.table) or chosen(key.referenced))
        and (not arguments.on_delete or key.on_delete in arguments.on_delete)
        and (not arguments.on_update or key.on_update in arguments.on_update)
        and not (arguments.not_valid and key.validated and key.enforced)
    ]
    return catalog, sorted(keys, key=lambda key: (key.table, key.name))


def _action(text: str) -> Action:
    try:
        return Action(text.upper().replace("-", " "))
    except ValueError:
        known = ", ".join(action.lower() for action in Action)
        raise argparse.ArgumentTypeError(f"{text!r} is no action; there are {known}") from None


def _group_line(group: KeyGroup) -> str:
    """Say once what many schemas have in common: names without the schema, and who differs."""
    key = group.keys[0]
    count = f"{len(group.keys):,} \N{MULTIPLICATION SIGN} "
    return plain(f"{count}{_said(key, key.table.shown, referenced_words(key))}  in {group.places_words}")


def _line(key: ForeignKey) -> str:
    return plain(f"{_said(key, str(key.table), str(key.referenced))}  {key.shown}")


def _said(key: ForeignKey, table: str, referenced: str) -> str:
    state = "" if key.enforced else "  NOT ENFORCED"
    if key.enforced and not key.validated:
        state = "  NOT VALID"
    late = "  INITIALLY DEFERRED" if key.initially_deferred else "  DEFERRABLE" if key.deferrable else ""
    some = f" ({listed(key.delete_columns)})" if key.delete_columns else ""
    return (
        f"{table}({listed(key.columns)}) -> {referenced}({listed(key.referenced_columns)})  ON "
        f"DELETE {key.on_delete}{some}  ON UPDATE {key.on_update}{late}{state}"
    )


def _json_pieces(catalog: Catalog, keys: list[ForeignKey]) -> Iterator[str]:
    """Give the document piece by piece: that of fifty thousand foreign keys is large."""
    server = catalog.server
    head = {
        "fkdash": 1,
        "kind": "list",
        "server": {"version": server.version, "database": server.database} if server else None,
    }
    yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "foreign_keys": ['
    before = "\n"
    for key in keys:
        yield before + indent(json.dumps(_entry(key), indent=2), "    ")
        before = ",\n"
    yield "\n  ]\n}\n" if keys else "]\n}\n"


def _entry(key: ForeignKey) -> dict[str, Any]:
    return {
        "schema": key.table.schema,
        "table": key.table.name,
        "constraint": key.name,
        "columns": list(key.columns),
        "referenced": columns_document(key.referenced, key.referenced_columns),
        "on_delete": str(key.on_delete),
        "on_update": str(key.on_update),
        "delete_columns": list(key.delete_columns),
        "match": str(key.match),
        "deferrable": key.deferrable,
        "initially_deferred": key.initially_deferred,
        "validated": key.validated,
        "enforced": key.enforced,
        "comment": key.comment,
    }


def _csv(keys: list[ForeignKey]) -> str:
    """Give a table with one row per foreign key; columns of a key are separated by commas."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_CSV_COLUMNS)
    for key in keys:
        entry = _entry(key) | {"referenced": f"{key.referenced}({', '.join(key.referenced_columns)})"}
        writer.writerow([_cell(entry[name]) for name in _CSV_COLUMNS])
    return written.getvalue()


def _cell(value: object) -> str:
    """Give a value as a cell that no spreadsheet takes for a formula."""
    if isinstance(value, list):
        value = ", ".join(value)
    text = plain(str(value).lower() if isinstance(value, bool) else str(value))
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text
