"""Engines, and extensions that are engines of their own, on which no plan was ever proven."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_ENGINES: Final = re.compile(
    r"CockroachDB|YugabyteDB|-YB-|Greenplum|Cloudberry|Redshift|Materialize|QuestDB|CrateDB|RisingWave|Spanner"
)
"""What version() says of itself where it only speaks the protocol, or has another executor under it."""

_EXTENSIONS: Final = {
    "citus": "refuses to replace a key in one statement on the tables it manages, and any may be among them",
    "timescaledb": "keeps hypertables in chunks with keys of their own, which cannot be validated",
}


def unproven(version: str, extensions: Collection[str], kept_by_extension: str | None) -> str:
    """Say why a plan was never proven here, as a phrase; "" where it was.

    `version` is what version() says, `extensions` are those installed, `kept_by_extension` says which of them has
    one of the key's tables, or a part of it, as its own.
    """
    engine = _ENGINES.search(version)
    if engine is not None:
        return f"this server is {version.split(' on ', maxsplit=1)[0]}, not PostgreSQL"
    if kept_by_extension:
        return kept_by_extension
    found = next((name for name in _EXTENSIONS if name in extensions), None)
    return "" if found is None else f"the extension {found} is installed here, which {_EXTENSIONS[found]}"
