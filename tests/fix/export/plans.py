"""Plans of the incident, made from a schema in words, without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog, Column, ForeignKey, Index, Table
from fkdash.catalog.surroundings import Server
from fkdash.catalog.table_name import TableName
from fkdash.fix.export.migration import migration_of
from fkdash.fix.export.model import Exported, Request
from fkdash.fix.export.table import exported
from fkdash.fix.fix_for import subject_of
from fkdash.fix.plan import Plan
from fkdash.fix.planner import plan

USERS, WORKSPACES = TableName("public", "users"), TableName("public", "workspaces")
KEY = ForeignKey(
    "users_primary_workspace_id_fkey",
    USERS,
    ("primary_workspace_id",),
    WORKSPACES,
    ("id",),
    Action.SET_NULL,
    oid=1,
)
NOW = datetime(2026, 11, 29, 4, 0, 0, tzinfo=UTC)


def catalog(*, major: int = 18) -> Catalog:
    """Give the two tables and the contradictory key."""
    identity = Column(1, "id", "integer", not_null=True)
    primary = Index("pk", (1,), unique=True, primary=True)
    reference = Column(2, "primary_workspace_id", "integer", not_null=True)
    tables = {
        USERS: Table(USERS, columns=(identity, reference), indexes=(primary,)),
        WORKSPACES: Table(WORKSPACES, columns=(identity,), indexes=(primary,)),
    }
    server = Server(major * 10000, str(major), "app", "postgres", superuser=True, standby=False, read_only=False)
    return Catalog(tables=tables, foreign_keys=(KEY,), server=server)


def plan_for(option: str, *, major: int = 18) -> Plan:
    """Give the plan of an option."""
    found = catalog(major=major)
    return plan(found, subject_of(found, KEY, option), option)


def export(tool: str, folder: Path, option: str = "no-action", *, edit_schema: bool = False) -> Exported:
    """Give what an export would write."""
    return exported(tool, Request(migration_of(plan_for(option)), folder.resolve(), NOW, edit_schema))
