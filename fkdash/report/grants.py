"""The privileges that roles lack, as a script for psql and for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fkdash.catalog.pasted_names import pasted_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.postgres.grants import Grants


def grants_document(found: Sequence[Grants]) -> dict[str, Any]:
    """Give the versioned document that scripts read."""
    return {
        "fkdash": 1,
        "kind": "grants",
        "roles": [
            {
                "role": each.role,
                "statements": [{"sql": grant.sql, "why": grant.why} for grant in each.grants],
                "limits": list(each.limits),
            }
            for each in found
        ],
    }


def grants_sql(found: Sequence[Grants]) -> str:
    """Give one script, in one transaction; comments hold no name but in the form that a script can hold."""
    lines = [line for each in found for line in _lines(each)]
    if any(each.grants for each in found):
        lines = ["BEGIN;", "", *lines, "COMMIT;"]
    return "\n".join(lines) + "\n"


def _lines(found: Grants) -> Iterator[str]:
    yield f"-- For {pasted_name(found.role)}" + ("" if found.grants else ": nothing is missing.")
    why = ""
    for grant in found.grants:
        if grant.why != why:
            yield f"-- {grant.why}"
        why = grant.why
        yield grant.sql
    for limit in found.limits:
        yield f"-- NOT SOLVED BY A GRANT: {limit}"
    yield ""
