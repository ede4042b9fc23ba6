"""Puts to the data what only rows can answer about a finding, each question bounded in time.

What could not be answered is reported as unknown, and the finding stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.postgres.node_tree import read_tree
from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.catalog.spelling import source
from fkdash.catalog.table_name import quoted
from fkdash.checking.result import Unknown
from fkdash.db.queries import query
from fkdash.errors import FkdashError, NotPermittedError, NotRunError, ServerRefusedError, StoppedError
from fkdash.preview.declared.called_functions import read_called
from fkdash.rules.checks.fk106_set_default_not_referenced import settled
from fkdash.rules.finding import BrokenRow, DefaultRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session, Sessions
    from fkdash.rules.finding import Finding


async def answered(
    sessions: Sessions, catalog: Catalog, found: Iterable[Finding], seconds: float
) -> tuple[tuple[Finding, ...], tuple[Unknown, ...]]:
    """Put the findings' questions to the data, each for `seconds` at most; what is not answered stays.

    A finding about rows of which there are none is left out.
    """
    settled_findings: list[Finding] = []
    unknowns: list[Unknown] = []
    for each in found:
        question = each.question
        try:
            if isinstance(question, DefaultRow):
                async with sessions.session(seconds) as session:
                    await refuse_planted_of(session, (catalog.tables[question.table],))
                    present = await session.value(default_row_query(catalog, question))
                settled_findings.append(settled(catalog, each, present=bool(present)))
            elif isinstance(question, BrokenRow):
                async with sessions.session(seconds) as session:
                    broken = await _is_broken(session, catalog, question)
                if broken is None:
                    settled_findings.append(each)
                elif broken:
                    settled_findings.append(_with_broken_rows(each, question))
            else:
                settled_findings.append(each)
        except (NotPermittedError, ServerRefusedError, StoppedError) as error:
            settled_findings.append(each)
            unknowns.append(unanswered(_asked(each), error))
    return tuple(settled_findings), tuple(unknowns)


def unanswered(what: str, error: FkdashError) -> Unknown:
    """Tell what stays unknown; what was stopped could have been a finding, so the check is not complete."""
    not_run = error.not_run if isinstance(error, NotRunError) else ()
    return Unknown(what, error.what, hides_findings=isinstance(error, StoppedError), not_run=not_run)


def _asked(finding: Finding) -> str:
    question = finding.question
    if isinstance(question, DefaultRow):
        return f"whether {question.table} has the default row of {finding.key.qualified}"
    assert isinstance(question, BrokenRow)  # noqa: S101 - there are these two
    return f"whether a row of {question.table} violates {question.check}"


def default_row_query(catalog: Catalog, question: DefaultRow) -> str:
    """Give the query whether the row is there; the defaults are constants as the catalog spells them."""
    wanted = " and ".join(
        f"p.{quoted(column)} = ({default})"
        for column, default in zip(question.columns, question.defaults, strict=True)
    )
    return f"select exists (select from {source(catalog, question.table)} p where {wanted})"


async def _is_broken(session: Session, catalog: Catalog, question: BrokenRow) -> bool | None:
    """Tell whether a row violates the CHECK; None where evaluating it would run code that looking must not run."""
    table = catalog.tables[question.table]
    if table.locked:
        return None
    await refuse_planted_of(session, (table,))
    row = await session.row(query("fkdash.checking", "one_check"), table.oid, question.check)
    if row is None or row["expression"] is None:
        return None
    called = await read_called(session, (row["tree"],), {})
    if read_tree(row["tree"]).conversions or not called.steady(row["tree"], row["expression"]):
        return None
    refers = " and ".join(f"{quoted(name)} is not null" for name in question.columns)
    broken = f"select from {source(catalog, question.table)} where {refers} and ({row['expression']}) is false"
    return bool(await session.value(f"select exists ({broken})"))


def _with_broken_rows(finding: Finding, question: BrokenRow) -> Finding:
    return replace(
        finding,
        question=None,
        evidence=(*finding.evidence, f"some row of {question.table} violates {question.check} today"),
    )
