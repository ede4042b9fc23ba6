"""Runs fkdash as a process, as a shell would."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache

import jsonschema

from fkdash.report.documents.kinds import schema_of
from tests.support import forked


async def fkdash(
    *arguments: str, environment: Mapping[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without a terminal and without the caller's connection settings."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith("PG") and name != "DATABASE_URL"
    }
    ended = await asyncio.to_thread(forked.run, arguments, {**clean, **(environment or {})}, typed)
    validated(ended.stdout)
    return ended


def validated(printed: str) -> None:
    """Hold a document of fkdash's, if it is one, against the schema that fkdash gives of its kind."""
    if not printed.startswith('{\n  "fkdash": 1'):
        return
    document = json.loads(printed)
    _validator(document["kind"]).validate(document)


@cache
def _validator(kind: str) -> jsonschema.protocols.Validator:
    """Give what holds documents of a kind against their schema, which is held against its own once."""
    schema = schema_of(kind)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    return validator(schema)
