"""Targets as an operator gives them who wants to look as the superuser of a test's server."""

from __future__ import annotations

from dataclasses import replace

from fkdash.db.target import Target
from fkdash.db.where.resolve import ConnectionArguments, resolve


def target_at(dsn: str) -> Target:
    """Give the target of a DSN, without the advice to look as somebody else."""
    return replace(resolve(ConnectionArguments(dsn=dsn), {}), looks_as_itself=True)
