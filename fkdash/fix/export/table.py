"""The tools that a fix can be exported to, one row each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.errors import UsageError
from fkdash.fact import fact
from fkdash.fix.export.belonging import refuse_elsewhere, with_doubt
from fkdash.fix.export.tools import (
    alembic,
    dbmate,
    django,
    drizzle,
    ecto,
    flyway,
    golang_migrate,
    goose,
    knex,
    liquibase,
    node_pg_migrate,
    pgtap,
    prisma,
    psql,
    rails,
    sequelize,
    sqitch,
    supabase,
    typeorm,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.fix.export.model import Exported, Request


@fact
class Tool:
    """A tool: the word for `--tool`, what it is called, and what makes a migration for it."""

    name: str
    title: str
    export: Callable[[Request], Exported]


TOOLS: Final = (
    Tool("drizzle", "Drizzle", drizzle.export),
    Tool("prisma", "Prisma", prisma.export),
    Tool("psql", "plain SQL for psql", psql.export),
    Tool("knex", "Knex", knex.export),
    Tool("typeorm", "TypeORM", typeorm.export),
    Tool("sequelize", "Sequelize", sequelize.export),
    Tool("node-pg-migrate", "node-pg-migrate", node_pg_migrate.export),
    Tool("alembic", "Alembic", alembic.export),
    Tool("django", "Django", django.export),
    Tool("rails", "Rails", rails.export),
    Tool("flyway", "Flyway", flyway.export),
    Tool("golang-migrate", "golang-migrate", golang_migrate.export),
    Tool("goose", "goose", goose.export),
    Tool("dbmate", "dbmate", dbmate.export),
    Tool("supabase", "Supabase", supabase.export),
    Tool("liquibase", "Liquibase", liquibase.export),
    Tool("sqitch", "sqitch", sqitch.export),
    Tool("ecto", "Ecto", ecto.export),
    Tool("pgtap", "pgTAP", pgtap.export),
)
_WHOSE_RIGHTS: Final = (
    "it runs with the rights of the role that connects, and so does what it sets off: triggers, checks and index "
    "expressions of the tables; let that be the tables' owner, not a superuser"
)
NAMES: Final = tuple(tool.name for tool in TOOLS)


def exported(tool: str, request: Request) -> Exported:
    """Give what an export to a tool would write, with a note on whose rights it runs with.

    Raises UsageError for an unknown tool, UnfitFolderError where the folder does not fit.
    """
    for each in TOOLS:
        if each.name == tool:
            made = with_doubt(request, each.export(request))
            refuse_elsewhere(request, made)
            return replace(made, notes=(*made.notes, _WHOSE_RIGHTS))
    raise UsageError(f"There is no export to {tool}.", next_step=f"Choose one of: {', '.join(NAMES)}.")
