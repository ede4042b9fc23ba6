"""The tables in which tools note the migrations that they ran: what each is called, and its columns.

From tables that the tools made, and from their sources; one of that name with other columns is somebody else's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableKind
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, Table

_TEXT: Final = "text"
_NUMBER: Final = "number"
_MOMENT: Final = "moment"
TRUTH: Final = "truth"
_TYPES: Final = {
    _TEXT: re.compile(r"text|character varying(\(\d+\))?|character(\(\d+\))?"),
    _NUMBER: re.compile(r"smallint|integer|bigint"),
    _MOMENT: re.compile(r"timestamp(\(\d\))? with(out)? time zone"),
    TRUTH: re.compile(r"boolean"),
}


@fact
class Ledger:
    """A table in which a tool notes what it ran.

    `columns` are its columns and their kinds, as far as they are needed or tell it from others of the same name;
    `name` are those that say which migration, `at` the one that says when it ran, `made` one that says when it was
    written, as text or a number. `newest` orders; `done` is a column that is true, or a moment, once it worked.
    """

    tool: str
    table: str
    columns: tuple[tuple[str, str], ...]
    name: tuple[str, ...]
    newest: str
    at: str = ""
    made: str = ""
    done: str = ""
    undone: str = ""


_LEDGERS: Final = (
    Ledger("Drizzle", "__drizzle_migrations", (("id", _NUMBER), ("hash", _TEXT), ("created_at", _NUMBER),
            ("name", _TEXT), ("applied_at", _MOMENT)), ("name",), "id", at="applied_at", made="created_at"),
    Ledger("Drizzle", "__drizzle_migrations", (("id", _NUMBER), ("hash", _TEXT), ("created_at", _NUMBER)),
            ("hash",), "created_at", made="created_at"),
    Ledger("Prisma", "_prisma_migrations", (("migration_name", _TEXT), ("started_at", _MOMENT),
            ("finished_at", _MOMENT), ("rolled_back_at", _MOMENT)), ("migration_name",), "started_at",
            at="started_at", done="finished_at", undone="rolled_back_at"),
    Ledger("Ecto", "schema_migrations", (("version", _NUMBER), ("inserted_at", _MOMENT)), ("version",),
            "inserted_at", at="inserted_at", made="version"),
    Ledger("golang-migrate", "schema_migrations", (("version", _NUMBER), ("dirty", TRUTH)), ("version",),
            "version", made="version", undone="dirty"),
    Ledger("Rails or dbmate", "schema_migrations", (("version", _TEXT),), ("version",), "version", made="version"),
    Ledger("Alembic", "alembic_version", (("version_num", _TEXT),), ("version_num",), "version_num"),
    Ledger("Flyway", "flyway_schema_history", (("installed_rank", _NUMBER), ("version", _TEXT),
            ("description", _TEXT), ("installed_on", _MOMENT), ("success", TRUTH)), ("version", "description"),
            "installed_rank", at="installed_on", done="success"),
    Ledger("Django", "django_migrations", (("id", _NUMBER), ("app", _TEXT), ("name", _TEXT), ("applied", _MOMENT)),
            ("app", "name"), "id", at="applied"),
    Ledger("Knex", "knex_migrations", (("id", _NUMBER), ("name", _TEXT), ("migration_time", _MOMENT)), ("name",),
            "id", at="migration_time"),
    Ledger("goose", "goose_db_version", (("id", _NUMBER), ("version_id", _NUMBER), ("is_applied", TRUTH),
            ("tstamp", _MOMENT)), ("version_id",), "id", at="tstamp", done="is_applied"),
    Ledger("sqlx", "_sqlx_migrations", (("version", _NUMBER), ("description", _TEXT), ("installed_on", _MOMENT),
            ("success", TRUTH)), ("version", "description"), "version", at="installed_on", done="success"),
    Ledger("Diesel", "__diesel_schema_migrations", (("version", _TEXT), ("run_on", _MOMENT)), ("version",),
            "run_on", at="run_on"),
    Ledger("Entity Framework", "__EFMigrationsHistory", (("MigrationId", _TEXT), ("ProductVersion", _TEXT)),
            ("MigrationId",), "MigrationId", made="MigrationId"),
    Ledger("Sequelize", "SequelizeMeta", (("name", _TEXT),), ("name",), "name", made="name"),
    Ledger("TypeORM", "migrations", (("id", _NUMBER), ("timestamp", _NUMBER), ("name", _TEXT)), ("name",), "id",
            made="timestamp"),
    Ledger("Laravel", "migrations", (("id", _NUMBER), ("migration", _TEXT), ("batch", _NUMBER)), ("migration",),
            "id", made="migration"),
    Ledger("MikroORM", "mikro_orm_migrations", (("id", _NUMBER), ("name", _TEXT), ("executed_at", _MOMENT)),
            ("name",), "id", at="executed_at"),
    Ledger("node-pg-migrate", "pgmigrations", (("id", _NUMBER), ("name", _TEXT), ("run_on", _MOMENT)), ("name",),
            "id", at="run_on"),
    Ledger("Liquibase", "databasechangelog", (("id", _TEXT), ("author", _TEXT), ("dateexecuted", _MOMENT),
            ("orderexecuted", _NUMBER)), ("id", "author"), "orderexecuted", at="dateexecuted"),
    Ledger("Doctrine", "doctrine_migration_versions", (("version", _TEXT), ("executed_at", _MOMENT)),
            ("version",), "executed_at", at="executed_at"),
    Ledger("Phinx", "phinxlog", (("version", _NUMBER), ("migration_name", _TEXT), ("start_time", _MOMENT),
            ("end_time", _MOMENT)), ("version", "migration_name"), "start_time", at="start_time", done="end_time"),
    Ledger("SeaORM", "seaql_migrations", (("version", _TEXT), ("applied_at", _NUMBER)), ("version",),
            "applied_at", at="applied_at"),
    Ledger("Atlas", "atlas_schema_revisions", (("version", _TEXT), ("description", _TEXT),
            ("executed_at", _MOMENT)), ("version", "description"), "executed_at", at="executed_at"),
    Ledger("graphile-migrate", "migrations", (("hash", _TEXT), ("previous_hash", _TEXT), ("filename", _TEXT),
            ("date", _MOMENT)), ("filename",), "date", at="date"),
    Ledger("yoyo", "_yoyo_migration", (("migration_id", _TEXT), ("applied_at_utc", _MOMENT)), ("migration_id",),
            "applied_at_utc", at="applied_at_utc"),
    Ledger("sqitch", "changes", (("change_id", _TEXT), ("change", _TEXT), ("committed_at", _MOMENT),
            ("planned_at", _MOMENT)), ("change",), "committed_at", at="committed_at"),
)  # fmt: skip


def ledgers(catalog: Catalog) -> Iterator[tuple[Ledger, Table]]:
    """Give the tables that are just what a tool makes, each with the tool."""
    by_name: dict[str, list[Ledger]] = {}
    for ledger in _LEDGERS:
        by_name.setdefault(ledger.table, []).append(ledger)
    for table in catalog.tables.values():
        made_so = (ledger for ledger in by_name.get(table.name.name, ()) if _is_made_so(ledger, table))
        for ledger in made_so:
            yield ledger, table
            break


def _is_made_so(ledger: Ledger, table: Table) -> bool:
    if table.kind is not TableKind.ORDINARY:
        return False
    for name, kind in ledger.columns:
        column = table.columns_by_name.get(name)
        if column is None or column.domain is not None or column.generated:
            return False
        if not _TYPES[kind].fullmatch(column.type):
            return False
    return True
