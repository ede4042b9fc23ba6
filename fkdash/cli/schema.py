"""`fkdash schema`: the JSON Schema of a document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fkdash.cli.messages import say
from fkdash.report.documents.kinds import DOCUMENTS, schema_of

if TYPE_CHECKING:
    import argparse

SUMMARY = "Print the JSON Schema (2020-12) of a document that fkdash prints or reads. Needs no database."
EXAMPLES = """examples:
  fkdash schema check > check.schema.json
  fkdash schema                                    the kinds there are
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("kind", nargs="?", metavar="KIND", choices=tuple(DOCUMENTS), help=", ".join(DOCUMENTS))


def run(arguments: argparse.Namespace) -> int:
    """Print the schema, or the kinds there are."""
    if arguments.kind is None:
        say("\n".join(DOCUMENTS))
    else:
        say(json.dumps(schema_of(arguments.kind), indent=2))
    return 0
