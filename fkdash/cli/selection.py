"""The arguments that choose rules and tables, shared by the commands that look at the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.names import name_parts, nearest
from fkdash.cli.messages import tell
from fkdash.errors import UsageError
from fkdash.shell import shell_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from fkdash.catalog.table_name import TableName
    from fkdash.rules.finding import Rule


def add_table_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the schemas and tables to look at."""
    parser.add_argument("--schema", action="append", metavar="NAME", help="only this schema (may be repeated)")
    parser.add_argument(
        "--table",
        action="append",
        metavar="NAME",
        help="only foreign keys of or to this table, [schema.]table as psql reads it (may be repeated)",
    )


def chosen_tables(arguments: argparse.Namespace) -> Callable[[TableName], bool] | None:
    """Give what tells the chosen tables, None where all are; with one --schema, --table is taken verbatim."""
    schemas, tables = arguments.schema or [], arguments.table or []
    if not schemas and not tables:
        return None
    ends = [(each,) if schemas else name_parts(each) for each in tables]

    def chosen(name: TableName) -> bool:
        in_schema = not schemas or name.schema in schemas
        return in_schema and (not ends or any(tuple(name)[-len(end) :] == end for end in ends))

    return chosen


def tell_unmatched(arguments: argparse.Namespace) -> int:
    """Say that the choice names no table there is, which must not pass for a clean result; give the exit code."""
    named = [f"--schema {shell_word(each)}" for each in arguments.schema or ()] + [
        f"--table {shell_word(each)}" for each in arguments.table or ()
    ]
    tell(f"fkdash: No table matches {' '.join(named)}.\n  fkdash list shows the foreign keys there are.")
    return UsageError.exit_code


def add_rule_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the rules to ask."""
    parser.add_argument(
        "--rule", action="append", metavar="RULE", help="only this rule, by id or name, or a family such as FK1"
    )


def chosen_rules(arguments: argparse.Namespace) -> tuple[Rule, ...]:
    """Give the chosen rules, all of them without a choice; raises UsageError for a word that names none."""
    from fkdash.rules.registry import RULES  # the dashboard takes other arguments of here, before its first frame

    wanted = [found for word in arguments.rule or [] for found in rules_named(word)]
    return tuple(dict.fromkeys(wanted)) or RULES


def rules_named(word: str) -> tuple[Rule, ...]:
    """Give the rules that an id, a name or the beginning of an id means; raises UsageError for none."""
    from fkdash.rules.registry import EVERY_RULE, rule  # as above

    try:
        return (rule(word),)
    except KeyError:
        family = tuple(each for each in EVERY_RULE if each.id.startswith(word.upper()))
        if family and word.upper() != "FK":
            return family
    known = [each.id for each in EVERY_RULE] + [each.name for each in EVERY_RULE]
    raise UsageError(f"There is no rule {word}.", next_step=nearest(word, known) or "fkdash rules lists them all.")
