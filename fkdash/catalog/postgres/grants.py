"""Which privileges a role lacks for looking with fkdash, and for changing foreign keys of chosen tables."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fkdash.catalog.model import TableKind
from fkdash.catalog.pasted_names import pasted_name, pasted_table
from fkdash.db.queries import query
from fkdash.errors import UsageError
from fkdash.fact import fact
from fkdash.versions import MEMBERSHIP_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Row, Session


@fact
class Grant:
    """One statement, and what it is for: words without any name from the database."""

    sql: str
    why: str


@fact
class Grants:
    """What one role lacks; `limits` are the things that no statement here gives it, with what to do."""

    role: str
    grants: tuple[Grant, ...]
    limits: tuple[str, ...]


async def for_looking(session: Session, catalog: Catalog, role: str) -> Grants:
    """Give what `role` lacks to read every table a foreign key may concern; raises the session's errors.

    A role that does not exist is made first. Raises UsageError for a superuser, who lacks nothing.
    """
    standing = await _standing(session, role)
    if standing["superuser"]:
        raise UsageError(
            f"{role} is a superuser, and looking with it is what a role for looking is to avoid.",
            next_step="Name another role, or one that does not exist yet.",
        )
    names = [table.name for table in catalog.tables.values() if table.kind is not TableKind.FOREIGN]
    rows = await _lacking(session, role, _oids(catalog, names))
    return Grants(role, tuple(_looking(role, standing, rows)), tuple(_hidden(rows)))


async def for_changing(
    session: Session, catalog: Catalog, role: str | None, tables: Iterable[TableName]
) -> Grants:
    """Give what `role`, by default the session's own, lacks to change the foreign keys that `tables` declare.

    Raises the session's errors, and UsageError for a role that does not exist.
    """
    standing = await _standing(session, role or "")
    if role is None:
        role = standing["session_role"]
        standing = await _standing(session, role)
    if not standing["exists"]:
        raise UsageError(f"There is no role {role}.", next_step="Name one that can log in with --fix-role.")
    if standing["superuser"]:
        return Grants(role, (), ())
    chosen = list(tables)
    keys = [key for name in chosen for key in catalog.declared_on.get(name, ())]
    own = await _lacking(session, role, _oids(catalog, chosen))
    others = await _lacking(session, role, _oids(catalog, {key.referenced for key in keys} - set(chosen)))
    of_owner = {row["owner"] for row in own if not row["owner_is_superuser"]}
    grants = [
        *_changing(role, standing, own, splits=_splits_membership(catalog)),
        *_referring(role, [row for row in others if row["owner"] not in of_owner]),
    ]
    return Grants(role, tuple(grants), tuple(_owned_by_superusers(own)))


async def _standing(session: Session, role: str) -> Row:
    row = await session.row(query("fkdash.catalog.postgres", "role_standing"), role)
    assert row is not None  # noqa: S101 - one row, whether there is such a role or not
    return row


async def _lacking(session: Session, role: str, oids: Sequence[int]) -> Sequence[Row]:
    return await session.rows(query("fkdash.catalog.postgres", "missing_grants"), role, oids)


def _oids(catalog: Catalog, names: Iterable[TableName]) -> list[int]:
    tables = (table for name in names for table in catalog.with_partitions(name))
    return list({table.oid: None for table in tables if table.oid is not None})


def _splits_membership(catalog: Catalog) -> bool:
    return catalog.server is not None and catalog.server.major >= MEMBERSHIP_OPTIONS


def _looking(role: str, standing: Row, rows: Sequence[Row]) -> Iterator[Grant]:
    name = pasted_name(role)
    if not standing["exists"]:
        yield Grant(
            f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;",
            "a role that can log in and nothing else; give it a password as your server demands",
        )
    elif not standing["may_log_in"]:
        yield Grant(f"ALTER ROLE {name} LOGIN;", "it cannot log in yet")
    if standing["no_connect"]:
        yield Grant(f"GRANT CONNECT ON DATABASE {pasted_name(standing['database'])} TO {name};", "to connect")
    yield from _usage(name, rows)
    by_schema: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["no_select"]:
            by_schema[row["schema"]].append(pasted_table(row["schema"], row["name"]))
    for tables in by_schema.values():
        yield Grant(
            "GRANT SELECT ON TABLE\n  " + ",\n  ".join(tables) + f"\n  TO {name};",
            "to count and show rows",
        )


def _usage(name: str, rows: Sequence[Row]) -> Iterator[Grant]:
    for schema in dict.fromkeys(row["schema"] for row in rows if row["no_usage"]):
        yield Grant(f"GRANT USAGE ON SCHEMA {pasted_name(schema)} TO {name};", "to reach what is in it")


def _hidden(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row["hidden_rows"]:
            yield (
                f"Row-level security hides rows of {pasted_table(row['schema'], row['name'])} from this role: "
                "what hangs on them is unknown, unless a policy shows it every row or it has BYPASSRLS."
            )


def _changing(role: str, standing: Row, rows: Sequence[Row], *, splits: bool) -> Iterator[Grant]:
    name = pasted_name(role)
    if standing["no_temporary"]:
        yield Grant(
            f"GRANT TEMPORARY ON DATABASE {pasted_name(standing['database'])} TO {name};",
            "rehearsals and probes run in a temporary function",
        )
    owners = {row["owner"]: row for row in rows if not row["owner_is_superuser"]}
    for owner, row in owners.items():
        if row["may"] and row["become"]:
            continue
        if not splits and row["become"]:
            yield Grant(f"ALTER ROLE {name} INHERIT;", "it is a member of the owner, without the owner's rights")
            continue
        how = " WITH INHERIT TRUE, SET TRUE" if splits else ""
        yield Grant(
            f"GRANT {pasted_name(owner)} TO {name}{how};",
            "only the owner of a table, or a member of the owner, may change its foreign keys",
        )
    reached = [row for row in rows if not row["owner_is_superuser"]]
    yield from _usage(name, [row for row in reached if not row["owner_usage"]])
    for schema in dict.fromkeys(row["schema"] for row in reached if row["no_create"] and not row["owner_creates"]):
        yield Grant(
            f"GRANT CREATE ON SCHEMA {pasted_name(schema)} TO {name};",
            "for options that create an index, and for the table in which a repair of rows keeps the old ones",
        )


def _referring(role: str, rows: Sequence[Row]) -> Iterator[Grant]:
    name = pasted_name(role)
    yield from _usage(name, rows)
    for row in rows:
        lacks = {"SELECT": row["no_select"], "REFERENCES": row["no_references"]}
        rights = [right for right, missing in lacks.items() if missing]
        if rights:
            yield Grant(
                f"GRANT {', '.join(rights)} ON TABLE {pasted_table(row['schema'], row['name'])} TO {name};",
                "a foreign key that is declared again refers to this table, and its rows are compared",
            )


def _owned_by_superusers(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row["owner_is_superuser"]:
            table = pasted_table(row["schema"], row["name"])
            yield (
                f"{table} belongs to a superuser, whose rights nobody should get for this: "
                f"ALTER TABLE {table} OWNER TO a role that is none, or make the change as a superuser."
            )
