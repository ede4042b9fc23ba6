"""Reads a snapshot back into a catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from fkdash.catalog.action import Action, Match
from fkdash.catalog.model import Catalog, Check, Column, Copy, Domain, ForeignKey, Index, Table, TableKind
from fkdash.catalog.snapshot import (
    USUAL_CHECK,
    USUAL_COLUMN,
    USUAL_INDEX,
    USUAL_KEY,
    USUAL_RULE,
    USUAL_TABLE,
    USUAL_TRIGGER,
    VERSION,
    Document,
)
from fkdash.catalog.snapshot_judging import judged
from fkdash.catalog.surroundings import RewriteRule, Server, Trigger, TriggerFunction
from fkdash.catalog.table_name import TableName
from fkdash.errors import UsageError
from fkdash.reading.files import LARGE_BYTES
from fkdash.reading.source import parsed_json

_FIRST_OID: Final = 1_000_000


def load_snapshot(path: Path) -> Catalog:
    """Give the catalog in a snapshot's file; raises UsageError for any other file."""
    advice = "Write one with fkdash snapshot -o FILE."
    document, _ = parsed_json(path, "snapshot", next_step=advice, most_bytes=LARGE_BYTES)
    if not isinstance(document, dict) or document.get("kind") != "snapshot" or document.get("fkdash") != 1:
        raise UsageError(f"{path} is not a snapshot.", next_step="Write one with fkdash snapshot -o FILE.")
    if document.get("version") != VERSION:
        raise UsageError(
            f"{path} is a snapshot of version {document.get('version')}, which this fkdash does not read.",
            next_step="Write it again, or use the fkdash that wrote it.",
        )
    try:
        return judged(catalog_from(document))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{path} is a damaged snapshot: {type(error).__name__} at {error}.",
            next_step="Write it again with fkdash snapshot -o FILE.",
        ) from error


def catalog_from(document: Document) -> Catalog:
    """Give the catalog that a document describes; raises KeyError, TypeError or ValueError for a damaged one."""
    said = {(each["schema"], each["name"]): each for each in document["domains"]}
    domains: dict[tuple[str, str], Domain] = {}
    for name in said:
        _read_domain(name, said, domains)
    oids = iter(range(_FIRST_OID, 2**31))
    ordered = sorted(document["foreign_keys"], key=lambda each: (each["referenced"], each["order"]))
    numbers = {(each["schema"], each["table"], each["name"]): next(oids) for each in ordered}
    tables: dict[TableName, Table] = {}
    for each in document["tables"]:
        table = _read_table(each, domains, numbers)
        tables[table.name] = replace(
            table, oid=next(oids), indexes=tuple(replace(index, oid=next(oids)) for index in table.indexes)
        )
    keys = [_read_key(each, tables, numbers, oids) for each in document["foreign_keys"]]
    return Catalog(
        tables=tables,
        foreign_keys=tuple(sorted(keys, key=lambda key: key.oid or 0)),
        server=_read_server(document["server"]),
        domains=domains,
    )


def _read_server(said: Document | None) -> Server | None:
    if said is None:
        return None
    return Server(
        said["version_number"],
        said["version"],
        database="",
        role="",
        superuser=False,
        standby=False,
        read_only=True,
        bypasses_row_security=True,
    )


def _read_domain(
    name: tuple[str, str],
    said: Mapping[tuple[str, str], Document],
    found: dict[tuple[str, str], Domain],
    below: frozenset[tuple[str, str]] = frozenset(),
) -> Domain:
    if name not in found:
        entry = said[name]
        base = entry.get("base")
        if base is not None and (base[0], base[1]) in {*below, name}:
            raise ValueError(f"{name} is built on itself")
        found[name] = Domain(
            schema=entry["schema"],
            name=entry["name"],
            type=entry["type"],
            not_null=entry.get("not_null", False),
            default=entry.get("default"),
            checks=tuple(Check(each["name"], each["expression"]) for each in entry.get("checks", [])),
            base=_read_domain((base[0], base[1]), said, found, below | {name}) if base is not None else None,
        )
    return found[name]


def _read_table(
    entry: Document,
    domains: Mapping[tuple[str, str], Domain],
    numbers: Mapping[tuple[str, str, str], int],
) -> Table:
    whole = {**USUAL_TABLE, **entry}
    triggers = entry["triggers"]
    partition_of = whole["partition_of"]
    return Table(
        name=TableName(entry["schema"], entry["name"]),
        kind=TableKind(whole["kind"]),
        columns=tuple(_read_column(each, domains) for each in entry["columns"]),
        checks=tuple(
            Check(**{**USUAL_CHECK, **each, "columns": tuple(each.get("columns", ()))}) for each in whole["checks"]
        ),
        indexes=tuple(
            Index(
                **{
                    **USUAL_INDEX,
                    **each,
                    "columns": tuple(each["columns"]),
                    "opclasses": tuple(each.get("opclasses", ())),
                }
            )
            for each in whole["indexes"]
        ),
        triggers=None if triggers is None else tuple(_read_trigger(each, numbers) for each in triggers),
        partition_of=TableName(*partition_of) if partition_of is not None else None,
        inherits=tuple(TableName(*parent) for parent in whole["inherits"]),
        row_security=whole["row_security"],
        force_row_security=whole["force_row_security"],
        rules=tuple(RewriteRule(**{**USUAL_RULE, **each}) for each in whole["rules"]),
        extension=whole["extension"],
        nulls_without_partition=tuple(whole["nulls_without_partition"]),
        nulls_into=TableName(*whole["nulls_into"]) if whole["nulls_into"] is not None else None,
        values_without_partition=whole["values_without_partition"],
        partition_key=tuple(whole["partition_key"]),
    )


def _read_column(entry: Document, domains: Mapping[tuple[str, str], Domain]) -> Column:
    domain = entry.get("domain")
    return Column(
        **{**USUAL_COLUMN, **entry, "domain": domains[domain[0], domain[1]] if domain is not None else None}
    )


def _read_trigger(entry: Document, numbers: Mapping[tuple[str, str, str], int]) -> Trigger:
    key = entry.get("constraint")
    return Trigger(
        **{
            **USUAL_TRIGGER,
            **entry,
            "events": frozenset(entry.get("events", ())),
            "columns": tuple(entry.get("columns", ())),
            "code": TriggerFunction(**entry["code"]) if entry.get("code") is not None else None,
            "constraint": numbers[key[0], key[1], key[2]] if key is not None else None,
        }
    )


def _read_key(
    entry: Document,
    tables: Mapping[TableName, Table],
    numbers: Mapping[tuple[str, str, str], int],
    oids: Iterator[int],
) -> ForeignKey:
    whole = {**USUAL_KEY, **entry}
    table, referenced = TableName(entry["schema"], entry["table"]), TableName(*entry["referenced"])
    index = next((each.oid for each in tables[referenced].indexes if each.name == whole["index"]), None)
    for name, columns in ((table, entry["columns"]), (referenced, entry["referenced_columns"])):
        if {*columns} - tables[name].columns_by_name.keys():
            raise ValueError(f"a column of {entry['name']} that {name} does not have")
    return ForeignKey(
        name=entry["name"],
        table=table,
        columns=tuple(entry["columns"]),
        referenced=referenced,
        referenced_columns=tuple(entry["referenced_columns"]),
        on_delete=Action(whole["on_delete"]),
        on_update=Action(whole["on_update"]),
        delete_columns=tuple(whole["delete_columns"]),
        match=Match(whole["match"]),
        deferrable=whole["deferrable"],
        initially_deferred=whole["initially_deferred"],
        validated=whole["validated"],
        enforced=whole["enforced"],
        period=whole["period"],
        comment=whole["comment"],
        index=index,
        operators=tuple(whole["operators"]),
        copies=tuple(
            Copy(
                each[2],
                TableName(each[0], each[1]),
                TableName(each[3], each[4]),
                validated=each[5],
                oid=next(oids),
            )
            for each in whole["copies"]
        ),
        oid=numbers[entry["schema"], entry["table"], entry["name"]],
    )
