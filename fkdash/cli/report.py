"""`fkdash report`: the diagnosis as Markdown, for a ticket or the people who wait."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fkdash.apply.journal.identity import identity_of
from fkdash.apply.journal.log_counts import counted_in_log
from fkdash.apply.journal.recovery import history
from fkdash.catalog.labels import label_columns
from fkdash.catalog.postgres.migrations import newest_migrations
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.checking.database import CheckOptions, check
from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say
from fkdash.cli.selection import (
    add_rule_argument,
    add_table_arguments,
    chosen_rules,
    chosen_tables,
    tell_unmatched,
)
from fkdash.cli.settings import label_columns_set, operator_settings
from fkdash.errors import FkdashError
from fkdash.fix.options import options
from fkdash.fix.planner import plan
from fkdash.preview.rows.blocked import blocked_rows
from fkdash.report.diagnosis import Diagnosis, PlannedOption, diagnosis_markdown
from fkdash.report.watch import summary_lines
from fkdash.watch.spans import moment_of
from fkdash.watch.statistics import read_statistics

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from fkdash.apply.journal.identity import Identity
    from fkdash.catalog.model import Catalog
    from fkdash.db.pool import ReadPool
    from fkdash.preview.rows.blocked import BlockedRow
    from fkdash.rules.finding import Finding

SUMMARY = (
    "Write the diagnosis as Markdown: what is wrong and why, how many rows it blocks, the options with their "
    "statements and way back, checklists, and what was applied. Only reads."
)
EXAMPLES = """examples:
  fkdash report app > incident.md
  fkdash report app --errors-since 24h > incident.md
  fkdash report app --rows --title "INC-42: workspaces cannot be deleted"
"""
_MOST_ROWS = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--title", default="Foreign keys", help="the document's title; default: %(default)s")
    parser.add_argument("--rows", action="store_true", help="also name the rows that cannot be deleted")
    parser.add_argument(
        "--errors-since",
        metavar="TIME",
        help="also count the errors in the server's log since then, before and after each change: 24h, 21:40",
    )
    add_table_arguments(parser)
    add_rule_argument(parser)
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the document."""
    diagnosis = run_async(_diagnose(arguments))
    if chosen_tables(arguments) is not None and not diagnosis.report.scope.tables:
        return tell_unmatched(arguments)
    say(diagnosis_markdown(diagnosis))
    return 0


async def _diagnose(arguments: argparse.Namespace) -> Diagnosis:
    chosen = CheckOptions(rules=chosen_rules(arguments), concerns=chosen_tables(arguments))
    async with looking(target_of(arguments)) as pool:
        report = await check(pool, chosen, where=pool.where)
        catalog = await read_whole_catalog(pool)
        migrations = await newest_migrations(pool, catalog)
        async with pool.session() as session:
            here = await identity_of(session)
        wrong = [each for each in report.findings if each.finding.fixes and each.finding.statements]
        blocked: Mapping[str, Sequence[BlockedRow]] = {}
        if arguments.rows:
            biting = [each.finding for each in wrong if each.impact is not None and each.impact.state == "biting"]
            blocked = {finding.fingerprint: await _blocked(pool, catalog, finding) for finding in biting}
        errors = await _errors(pool, catalog, here, arguments) if arguments.errors_since else ()
    return Diagnosis(
        title=arguments.title,
        report=report,
        remedies={each.finding.fingerprint: _remedies(catalog, each.finding) for each in wrong},
        blocked=blocked,
        runs=[run for run in history() if run.identity.is_same(here)],
        migrations=migrations,
        errors=errors,
        catalog=catalog,
    )


async def _errors(
    pool: ReadPool, catalog: Catalog, here: Identity, arguments: argparse.Namespace
) -> tuple[str, ...]:
    """Give what the server's log says, or why it says nothing, with what statistics count."""
    now = datetime.now().astimezone()
    since = moment_of(arguments.errors_since, now=now, argument="--errors-since")
    said = f"Since {since:%Y-%m-%dT%H:%M:%SZ}:"
    try:
        counts, notes = await counted_in_log(pool, catalog, here, since)
    except FkdashError as error:
        counters = await read_statistics(pool)
        return (
            said,
            f"not known: {error.what}",
            f"{counters.rolled_back:,} transactions were rolled back since the last reset (pg_stat_database).",
        )
    return (said, *summary_lines(counts, notes))


def _remedies(catalog: Catalog, finding: Finding) -> list[PlannedOption]:
    return [
        PlannedOption(option, plan(catalog, finding, option.id) if option.ready else None)
        for option in options(catalog, finding)
    ]


async def _blocked(pool: ReadPool, catalog: Catalog, finding: Finding) -> Sequence[BlockedRow]:
    labels = label_columns(catalog.tables[finding.key.referenced], label_columns_set(operator_settings()))
    async with pool.session() as session:
        return (await blocked_rows(session, catalog, finding.key, labels, limit=_MOST_ROWS)).items
