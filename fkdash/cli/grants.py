"""`fkdash grants`: the SQL that gives a role what it lacks, to look or to change foreign keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from fkdash.catalog.names import find_table
from fkdash.catalog.postgres.grants import Grants, for_changing, for_looking
from fkdash.catalog.postgres.read import read_catalog
from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say
from fkdash.errors import UsageError
from fkdash.masking import masked, may_hold_a_password
from fkdash.report.grants import grants_document, grants_sql

if TYPE_CHECKING:
    import argparse

SUMMARY = (
    "Print the GRANTs that a role lacks: for looking with a login that can only read, and for changing the "
    "foreign keys of chosen tables. Prints, and changes nothing."
)
EXAMPLES = """examples:
  fkdash grants                            a role fkdash_look for everything that is read
  fkdash grants --look app_reader          the same for a role that may exist already
  fkdash grants --fix users orders         what the role you connect with lacks to change their foreign keys
  fkdash grants --fix users --fix-role dba
  fkdash grants | psql app
afterwards: fkdash --look fkdash_look, or look = "user=fkdash_look" in a profile of config.toml
"""
_LOOKING_ROLE: Final = "fkdash_look"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--look",
        metavar="ROLE",
        dest="looking_role",
        help=f"the role that is to look, existing or not; {_LOOKING_ROLE} where neither it nor --fix is given",
    )
    parser.add_argument(
        "--fix",
        metavar="TABLE",
        nargs="+",
        action="extend",
        default=[],
        help="the tables whose foreign keys are to be changed",
    )
    parser.add_argument(
        "--fix-role", metavar="ROLE", help="the role that is to change them; default: the one connected with"
    )
    parser.add_argument("--format", choices=("sql", "json"), default="sql", help="default: %(default)s")
    add_connection_arguments(parser, look=False)


def run(arguments: argparse.Namespace) -> int:
    """Print what is missing."""
    found = run_async(_missing(arguments))
    say(json.dumps(grants_document(found), indent=2) + "\n" if arguments.format == "json" else grants_sql(found))
    return 0


async def _missing(arguments: argparse.Namespace) -> list[Grants]:
    role = arguments.looking_role or (None if arguments.fix else _LOOKING_ROLE)
    for named in (arguments.looking_role, arguments.fix_role):
        if named is not None and may_hold_a_password(named):
            raise UsageError(
                f"{masked(named)} looks like where to connect; here the name of a role is wanted.",
                next_step="Give the role's name; the database goes last: fkdash grants --look ROLE DSN.",
            )
    found = []
    async with looking(target_of(arguments)) as pool, pool.session() as session:
        catalog = await read_catalog(session)
        if role is not None:
            found.append(await for_looking(session, catalog, role))
        if arguments.fix:
            tables = [find_table(catalog, name).name for name in arguments.fix]
            found.append(await for_changing(session, catalog, arguments.fix_role, tables))
    return found
