"""What a scan for orphans found, for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.report.not_run import not_run_field, not_run_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.errors import NotRun
    from fkdash.orphans.references import ScannedReference


def orphans_document(scanned: Sequence[ScannedReference]) -> dict[str, Any]:
    """Give the versioned document that scripts read."""
    results = [_result(each) for each in scanned]
    return {"fkdash": 1, "kind": "orphans", "results": results, **not_run_field(not_run_in(scanned))}


def not_run_in(scanned: Sequence[ScannedReference]) -> tuple[NotRun, ...]:
    """Give everything that was not run, once."""
    return tuple(dict.fromkeys(found for each in scanned for found in each.orphans.not_run))


def orphans_text(scanned: Sequence[ScannedReference]) -> str:
    """Give one line for each reference, the most orphans first, those not known between."""
    if not scanned:
        return "No reference looks as if it could have orphans; --all looks at every foreign key.\n"
    order = sorted(scanned, key=lambda each: (each.orphans.rows == 0, -(each.orphans.rows or 0)))
    lines = (*(_line(each) for each in order), *not_run_lines(not_run_in(scanned)))
    return "".join(f"{plain(line)}\n" for line in lines)


def _line(each: ScannedReference) -> str:
    key, orphans = each.reference.key, each.orphans
    arrow = f"{key.table} ({', '.join(key.columns)}) -> {key.referenced} ({', '.join(key.referenced_columns)})"
    name = key.name if each.reference.declared else "not declared"
    if orphans.rows is None:
        count = f"not known: {orphans.reason}"
    elif orphans.status == "complete":
        count = counted(orphans.rows, "orphans") if orphans.rows else "no orphans"
    else:
        count = f"at least {counted(orphans.rows, 'orphans')} ({orphans.reason})"
    return f"{count:<16}  {arrow}  [{name}]"


def _result(each: ScannedReference) -> dict[str, Any]:
    key, orphans = each.reference.key, each.orphans
    found: dict[str, Any] = {
        "constraint": key.name if each.reference.declared else None,
        "schema": key.table.schema,
        "table": key.table.name,
        "columns": list(key.columns),
        "referenced": {
            "schema": key.referenced.schema,
            "table": key.referenced.name,
            "columns": list(key.referenced_columns),
        },
        "declared": each.reference.declared,
        "status": orphans.status,
        "rows": orphans.rows,
    }
    if orphans.reason:
        found["reason"] = orphans.reason
    return found
