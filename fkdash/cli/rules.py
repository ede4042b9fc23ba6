"""`fkdash rules`: the rules, and one of them explained."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from fkdash.cli.messages import say
from fkdash.cli.selection import rules_named
from fkdash.rules.registry import EVERY_RULE

if TYPE_CHECKING:
    import argparse

    from fkdash.rules.finding import Rule

SUMMARY = "List the rules, or explain some of them with the smallest schema that has the problem."
EXAMPLES = """examples:
  fkdash rules                       every rule in one line
  fkdash rules FK101                 one rule, with an example for psql
  fkdash rules set-null-on-not-null  the same by name
  fkdash rules FK1                   a whole family
"""
_WIDTH = 78


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("rule", nargs="*", metavar="RULE", help="an id, a name, or a family such as FK1")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Print the rules."""
    chosen = list(dict.fromkeys(each for word in arguments.rule for each in rules_named(word)))
    if arguments.format == "json":
        document = {"fkdash": 1, "kind": "rules", "rules": [_entry(rule) for rule in chosen or EVERY_RULE]}
        say(json.dumps(document, indent=2))
    elif chosen:
        say("\n\n".join(_explained(rule) for rule in chosen))
    else:
        width = max(len(rule.name) for rule in EVERY_RULE)
        say(
            "\n".join(
                f"{rule.id}  {rule.severity:<7}  {rule.name:<{width}}  {rule.summary}" for rule in EVERY_RULE
            )
        )
    return 0


def _explained(rule: Rule) -> str:
    explanation = textwrap.fill(rule.explanation, _WIDTH)
    example = textwrap.indent(rule.example.rstrip(), "  ")
    return f"{rule.id} {rule.name} ({rule.severity})\n{rule.summary}\n\n{explanation}\n\nExample:\n\n{example}"


def _entry(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "name": rule.name,
        "severity": str(rule.severity),
        "summary": rule.summary,
        "explanation": rule.explanation,
        "example": rule.example,
    }
