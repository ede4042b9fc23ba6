"""Whether what looks like a reference holds keys of the other table: some of its values, looked up in time."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableKind
from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.catalog.spelling import source
from fkdash.catalog.table_name import quoted
from fkdash.errors import NotPermittedError, NotRunError, ServerRefusedError, StoppedError
from fkdash.rules.registry import rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, Table
    from fkdash.db.session import Sessions
    from fkdash.rules.finding import Finding

_ROWS, _VALUES = 1000, 200
"""How many rows of a column are looked at, and how many different values of them are looked up."""
_NONE_IS_TELLING, _ALL_IS_TELLING = 3, 10
_AT_ONCE: Final = 10
_PATIENCE: Final = 5
_BUILT_IN: Final = frozenset(
    {"smallint", "integer", "bigint", "uuid", "text", "character varying", "character", "numeric"}
)


async def with_sampled_values(
    sessions: Sessions, catalog: Catalog, found: Sequence[Finding], seconds: float
) -> tuple[Finding, ...]:
    """Give the findings, those of undeclared references judged by values: none found drops one that a name made.

    Each query ends after `seconds`, all of them after a few times that; what is not looked up stays as it is, as
    does what the role may not read in full, and what only other roles' code could compare.
    """
    until = time.monotonic() + _PATIENCE * seconds
    asked = [(place, each) for place, each in enumerate(found) if _can_be_asked(catalog, each)]
    counts: dict[int, tuple[int, int]] = {}
    for start in range(0, len(asked), _AT_ONCE):
        if time.monotonic() >= until:
            break
        counts |= await _counts(sessions, catalog, asked[start : start + _AT_ONCE], seconds)
    judged = (_judged(each, *counts[place]) if place in counts else each for place, each in enumerate(found))
    return tuple(each for each in judged if each is not None)


def _can_be_asked(catalog: Catalog, finding: Finding) -> bool:
    key = finding.key
    if not rule(finding.rule).undeclared or finding.certain:
        return False
    sides = ((key.table, key.columns), (key.referenced, key.referenced_columns))
    tables = [catalog.tables.get(name) for name, _ in sides]
    if not all(table is not None and _readable(catalog, table) for table in tables):
        return False
    columns = (catalog.tables[name].columns_by_name[column] for name, own in sides for column in own)
    return all(column.type.partition("(")[0] in _BUILT_IN for column in columns)


def _readable(catalog: Catalog, table: Table) -> bool:
    """Tell whether the role sees every row: a policy could hide all that a value is looked for in."""
    hidden = table.row_security and not (catalog.server is not None and catalog.server.bypasses_row_security)
    return (
        table.kind is not TableKind.FOREIGN
        and not table.locked
        and not hidden
        and table.privileges is not None
        and table.privileges.select
    )


async def _counts(
    sessions: Sessions, catalog: Catalog, asked: Sequence[tuple[int, Finding]], seconds: float
) -> dict[int, tuple[int, int]]:
    """Give by place how many values were looked up and how many are keys; one by one where one is refused."""
    names = dict.fromkeys(name for _, each in asked for name in (each.key.table, each.key.referenced))
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_of(session, tuple(catalog.tables[name] for name in names))
            rows = await session.asked(" union all ".join(_query(catalog, *each) for each in asked))
    except StoppedError:
        return {}
    except (NotRunError, NotPermittedError, ServerRefusedError):
        if len(asked) == 1:
            return {}
        single: dict[int, tuple[int, int]] = {}
        for each in asked:
            single |= await _counts(sessions, catalog, [each], seconds)
        return single
    return {row["place"]: (row["seen"], row["found"]) for row in rows}


def _query(catalog: Catalog, place: int, finding: Finding) -> str:
    key = finding.key
    own = [quoted(name) for name in key.columns]
    named = ", ".join(f"{name} as v{number}" for number, name in enumerate(own))
    whole = " and ".join(f"{name} is not null" for name in own)
    values = (
        f"select distinct c.* from (select {named} from {source(catalog, key.table)} as r"
        f" where {whole} limit {_ROWS}) as c limit {_VALUES}"
    )
    same = " and ".join(f"p.{quoted(name)} = s.v{number}" for number, name in enumerate(key.referenced_columns))
    there = f"exists (select from {source(catalog, key.referenced)} as p where {same})"
    counted = f"count(*) as seen, count(*) filter (where {there}) as found"
    return f"(select {place} as place, {counted} from ({values}) as s)"


def _judged(finding: Finding, seen: int, found: int) -> Finding | None:
    if not seen:
        return finding
    by_name = finding.severity is Severity.INFO
    if not found and by_name and seen >= _NONE_IS_TELLING:
        return None
    number = "all" if found == seen else f"{found:,}" if found else "none"
    said = f"{number} of {seen:,} different values sampled are keys of {finding.key.referenced}"
    telling = found == seen and seen >= _ALL_IS_TELLING
    return replace(
        finding,
        severity=Severity.WARNING if telling else finding.severity,
        message=finding.message.replace("(by name and type)", "(by name and type; " + said + ")"),
        evidence=(*finding.evidence, said),
    )
