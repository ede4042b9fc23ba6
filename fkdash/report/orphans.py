"""What a scan for orphans found, for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fkdash.catalog.confirmed_references import reference_name, spelled_reference
from fkdash.catalog.table_name import visible
from fkdash.counted import counted
from fkdash.db.literals import literal
from fkdash.db.text import plain
from fkdash.orphans.consequences import consequences
from fkdash.report.documents.parts import columns_document
from fkdash.report.not_run import not_run_field, not_run_lines
from fkdash.rules.registry import rule
from fkdash.shell import command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.errors import NotRun
    from fkdash.orphans.evidence import Evidence, Orphan
    from fkdash.orphans.references import Reference
    from fkdash.orphans.scan import OrphanCount, ScannedReference


def orphans_document(scanned: Sequence[ScannedReference], catalog: Catalog) -> dict[str, Any]:
    """Give the versioned document that scripts read."""
    results = [_result(each, catalog) for each in scanned]
    return {"fkdash": 1, "kind": "orphans", "results": results, **not_run_field(not_run_in(scanned))}


def not_run_in(scanned: Sequence[ScannedReference]) -> tuple[NotRun, ...]:
    """Give everything that was not run, once."""
    return tuple(dict.fromkeys(found for each in scanned for found in each.orphans.not_run))


def orphans_text(scanned: Sequence[ScannedReference], catalog: Catalog) -> str:
    """Give each reference with what was found, the most orphans first, those not known between."""
    if not scanned:
        return "No reference looks as if it could have orphans; --all looks at every foreign key.\n"
    order = sorted(scanned, key=lambda each: (each.orphans.rows == 0, -(each.orphans.rows or 0)))
    lines: list[str] = []
    for each in order:
        lines.append(reference_line(each))
        lines += [f"{'':<18}{line}" for line in details(each, catalog)]
    return "".join(f"{plain(line)}\n" for line in (*lines, *not_run_lines(not_run_in(scanned))))


def reference_line(each: ScannedReference) -> str:
    """Give one line: how many, from where to where, under which name."""
    return f"{count_words(each.orphans):<16}  {arrow(each.reference.key)}  [{standing(each.reference)}]"


def arrow(key: ForeignKey) -> str:
    """Give a reference as `table (columns) -> table (columns)`."""
    ours, theirs = (", ".join(map(visible, each)) for each in (key.columns, key.referenced_columns))
    return f"{key.table} ({ours}) -> {key.referenced} ({theirs})"


def standing(reference: Reference) -> str:
    """Give the constraint's name, or that there is none."""
    if reference.declared:
        return visible(reference.key.name)
    return "not declared, confirmed in [references]" if reference.confirmed else "not declared"


def count_words(orphans: OrphanCount) -> str:
    """Give the number in words; one that is not known never looks like none."""
    if orphans.rows is None:
        return f"not known: {orphans.reason}"
    if orphans.status == "complete":
        return counted(orphans.rows, "orphans") if orphans.rows else "no orphans"
    return f"at least {counted(orphans.rows, 'orphans')} ({orphans.reason})"


def details(each: ScannedReference, catalog: Catalog) -> list[str]:
    """Give what else is known of the orphans of one reference, one line for each thing; none without orphans."""
    offered = next_plan(each.reference)
    if not each.orphans.rows:
        return offered
    lines = [f"row {orphan_words(row, each.reference.key)}" for row in each.evidence.rows]
    if each.evidence.oldest is not None:
        lines.append(f"{each.evidence.column} from {each.evidence.oldest} to {each.evidence.newest}")
    return [*lines, *consequences(catalog, each.reference), *offered]


def next_plan(reference: Reference) -> list[str]:
    """Say how a reference without a foreign key becomes one; nothing of a declared one."""
    if reference.declared:
        return []
    if not reference.confirmed:
        return [f"if it is one, confirm it in fkdash.toml: [references] {spelled_reference(reference.key)}"]
    return [f"add the foreign key: {command('fix', 'plan', reference_name(reference.key))}"]


def why(reference: Reference) -> tuple[str, ...]:
    """Say why the reference does not guarantee its rows."""
    return tuple(doubt for each in reference.rules if (doubt := rule(each).doubt))


def orphan_words(row: Orphan, key: ForeignKey) -> str:
    """Give a row by its identity, its labels, and what it refers to."""
    identity = ", ".join(f"{visible(name)} = {_value(value)}" for name, value in row.identity)
    labels = ", ".join(value for _, value in row.labels)
    refers = ", ".join(
        f"{visible(name)} = {_value(value)}" for name, value in zip(key.columns, row.refers_to, strict=True)
    )
    return f"{identity}{f' ({labels})' if labels else ''} has {refers}"


def _value(value: str | None) -> str:
    """Give a value as it is, in quotes where it would be taken for no value or its blanks would not be seen."""
    if value is None:
        return "NULL"
    return value if value.strip() == value and value not in {"", "NULL"} else literal(value)


def _result(each: ScannedReference, catalog: Catalog) -> dict[str, Any]:
    key, orphans = each.reference.key, each.orphans
    found: dict[str, Any] = {
        "constraint": key.name if each.reference.declared else None,
        "schema": key.table.schema,
        "table": key.table.name,
        "columns": list(key.columns),
        "referenced": columns_document(key.referenced, key.referenced_columns),
        "declared": each.reference.declared,
        "status": orphans.status,
        "rows": orphans.rows,
    }
    if orphans.reason:
        found["reason"] = orphans.reason
    found |= {"confirmed": each.reference.confirmed, "rules": list(each.reference.rules)}
    if orphans.rows:
        found |= {**_evidence(each.evidence, key), "fails": list(consequences(catalog, each.reference))}
    return found


def _evidence(evidence: Evidence, key: ForeignKey) -> dict[str, Any]:
    samples = [
        {
            "key": dict(row.identity),
            "refers_to": dict(zip(key.columns, row.refers_to, strict=True)),
            "labels": dict(row.labels),
        }
        for row in evidence.rows
    ]
    if evidence.oldest is None:
        return {"samples": samples}
    return {
        "samples": samples,
        "oldest": evidence.oldest,
        "newest": evidence.newest,
        "timestamp_column": evidence.column,
    }
