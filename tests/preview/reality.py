"""The real DELETE, run and rolled back: the truth that previews are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import asyncpg

_LOG = """
CREATE TABLE pg_temp.fk_log(seq serial, rel oid, rid int, col text, old text, new text);
CREATE FUNCTION pg_temp.fk_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO pg_temp.fk_log(rel, rid, col, old, new)
  VALUES (TG_ARGV[1]::oid, NEW.rid, TG_ARGV[0], OLD::text, NEW::text);
  RETURN NULL;
END $$;
"""


@dataclass(frozen=True)
class Refusal:
    """An error of the real statement, by its machine-readable fields."""

    sqlstate: str
    schema: str | None
    table: str | None
    column: str | None
    constraint: str | None
    data_type: str | None
    message: str

    @staticmethod
    def of(error: asyncpg.PostgresError) -> Refusal:
        return Refusal(
            error.sqlstate or "",
            error.schema_name,
            error.table_name,
            error.column_name,
            error.constraint_name,
            error.data_type_name,
            str(error),
        )


@dataclass
class Truth:
    """What happened: the first refusal, those met after taking it away, and the effects once nothing refuses.

    `complete` is False when a refusal could not be taken away by itself; there
    are no effects then. Effects are (deleted, set_null, set_default) by table
    OID; tables in `unclear` have two actions that write the same columns.
    """

    refusals: list[Refusal] = field(default_factory=list)
    complete: bool = True
    effects: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    unclear: set[int] = field(default_factory=set)

    @property
    def allowed(self) -> bool:
        return not self.refusals


async def run_delete(
    connection: asyncpg.Connection[asyncpg.Record], statement: str, tables: list[int], *, effects: bool = True
) -> Truth:
    """Run a DELETE to the end, deferred constraints included, taking away one refusal after the other."""
    truth = Truth()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await _attempts(connection, statement, tables, truth, effects=effects)
    finally:
        await transaction.rollback()
    return truth


async def _attempts(
    connection: asyncpg.Connection[asyncpg.Record],
    statement: str,
    tables: list[int],
    truth: Truth,
    *,
    effects: bool,
) -> None:
    if effects:
        await connection.execute(_LOG)
        for oid in tables:
            await _watch(connection, oid)
    for _ in range(30):
        attempt = connection.transaction()
        await attempt.start()
        try:
            before = {oid: await _rids(connection, oid) for oid in tables} if effects else {}
            await connection.execute(statement)
            await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except asyncpg.PostgresError as error:
            await attempt.rollback()
            truth.refusals.append(await _declared(connection, Refusal.of(error)))
            if len(truth.refusals) > 1 and truth.refusals[-1] in truth.refusals[:-1]:
                truth.refusals.pop()
                truth.complete = False
                return
            if not effects or not await _take_away(connection, truth.refusals[-1]):
                truth.complete = False
                return
            continue
        for oid, rids in before.items():
            await _measure(connection, oid, rids, truth)
        return
    truth.complete = False


async def _declared(connection: asyncpg.Connection[asyncpg.Record], refusal: Refusal) -> Refusal:
    """Give the refusal under the name of the declared foreign key, where a partition's clone was named."""
    if not refusal.sqlstate.startswith("23") or refusal.constraint is None or refusal.table is None:
        return refusal
    names = await connection.fetchrow(
        "WITH RECURSIVE up AS ("
        " SELECT c.oid, c.conname, c.conrelid, c.conparentid FROM pg_constraint c"
        "  JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
        "  WHERE c.contype = 'f' AND c.conname = $1 AND t.relname = $2 AND n.nspname = $3"
        " UNION ALL SELECT p.oid, p.conname, p.conrelid, p.conparentid FROM up JOIN pg_constraint p"
        "  ON p.oid = up.conparentid)"
        " SELECT conname, relname FROM up JOIN pg_class ON pg_class.oid = conrelid WHERE conparentid = 0",
        refusal.constraint,
        refusal.table,
        refusal.schema,
    )
    if names is None:
        return refusal
    return replace(refusal, constraint=names["conname"], table=names["relname"])


async def _rids(connection: asyncpg.Connection[asyncpg.Record], oid: int) -> set[int]:
    name = await connection.fetchval(
        "SELECT CASE relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || oid::regclass FROM pg_class WHERE oid = $1", oid
    )
    return {row[0] for row in await connection.fetch(f"SELECT rid FROM {name}")}


async def _watch(connection: asyncpg.Connection[asyncpg.Record], oid: int) -> None:
    name = await connection.fetchval("SELECT $1::oid::regclass::text", oid)
    columns = await connection.fetch(
        "SELECT DISTINCT a.attname AS name, a.attnum AS number FROM pg_constraint c"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)"
        " WHERE c.conrelid = $1 AND c.contype = 'f'",
        oid,
    )
    for column in columns:
        quoted = '"' + column["name"].replace('"', '""') + '"'
        await connection.execute(
            f"CREATE TRIGGER zzzz_{column['number']} AFTER UPDATE OF {quoted} ON {name} FOR EACH ROW"
            f" EXECUTE FUNCTION pg_temp.fk_note({column['number']}, {oid})"
        )


async def _measure(
    connection: asyncpg.Connection[asyncpg.Record], oid: int, before: set[int], truth: Truth
) -> None:
    after = await _rids(connection, oid)
    if await connection.fetchval("SELECT relkind = 'p' FROM pg_class WHERE oid = $1", oid):
        truth.unclear.add(oid)  # a row that moves between partitions is no UPDATE to a trigger
    keys = await connection.fetch(
        "SELECT conkey, confdeltype::text AS del, confupdtype::text AS upd,"
        " to_jsonb(c) -> 'confdelsetcols' AS only FROM pg_constraint c WHERE conrelid = $1 AND contype = 'f'",
        oid,
    )
    kinds: dict[frozenset[int], set[str]] = {}
    for key in keys:
        columns = frozenset(key["conkey"])
        listed = key["only"]
        if key["del"] in "nd":
            chosen = (
                columns if listed in (None, "null") else frozenset(int(n) for n in listed.strip("[]").split(","))
            )
            kinds.setdefault(chosen, set()).add(key["del"])
        if key["upd"] in "ndc":
            kinds.setdefault(columns, set()).add(key["upd"])
    groups: dict[tuple[int, str, str], set[int]] = {}
    order: list[tuple[int, str, str]] = []
    previous: tuple[int, str, str] | None = None
    serial = 0
    for row in await connection.fetch("SELECT * FROM pg_temp.fk_log WHERE rel = $1 ORDER BY seq", oid):
        name = (row["rid"], row["old"], row["new"])
        if previous != name or int(row["col"]) in groups.get((*name[:2], f"{name[2]}#{serial}"), set()):
            serial += 1
            order.append(name)
        previous = name
        groups.setdefault((name[0], name[1], f"{name[2]}#{serial}"), set()).add(int(row["col"]))
    null_rows: set[int] = set()
    default_rows: set[int] = set()
    for (rid, _, _), columns_set in groups.items():
        kind = kinds.get(frozenset(columns_set), set())
        if len(kind) != 1:
            truth.unclear.add(oid)
        if "n" in kind and rid in after:
            null_rows.add(rid)
        if "d" in kind and rid in after:
            default_rows.add(rid)
    truth.effects[oid] = (len(before - after), len(null_rows), len(default_rows))


async def _take_away(connection: asyncpg.Connection[asyncpg.Record], refusal: Refusal) -> bool:
    """Make the database as if the constraint that refused did not exist; False when that cannot be done alone."""
    if refusal.table is None and refusal.schema is not None and refusal.data_type is not None:
        return await _loosen_domain(connection, refusal)
    if refusal.table is None or refusal.schema is None:
        return False
    name = f"{_quoted(refusal.schema)}.{_quoted(refusal.table)}"
    step = connection.transaction()
    await step.start()
    try:
        if refusal.sqlstate == "23502" and refusal.column:
            await connection.execute(f"ALTER TABLE {name} ALTER {_quoted(refusal.column)} DROP NOT NULL")
        elif refusal.sqlstate == "23514" and refusal.constraint:
            await connection.execute(f"ALTER TABLE {name} DROP CONSTRAINT {_quoted(refusal.constraint)}")
        elif refusal.sqlstate in ("23505", "23P01") and refusal.constraint:
            await _drop_unique(connection, name, refusal.schema, refusal.constraint)
        elif refusal.sqlstate in ("23503", "23001"):
            if not await _disable(connection, refusal, name):
                await step.rollback()
                return False
        else:
            await step.rollback()
            return False
    except asyncpg.PostgresError:
        await step.rollback()
        return False
    await step.commit()
    return True


async def _loosen_domain(connection: asyncpg.Connection[asyncpg.Record], refusal: Refusal) -> bool:
    """Take a NOT NULL or CHECK from the domain, or the one below it, that has it."""
    domains = await connection.fetch(
        "WITH RECURSIVE chain AS ("
        " SELECT t.oid, t.typbasetype, t.typnotnull FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
        "  WHERE t.typname = $1 AND n.nspname = $2"
        " UNION ALL SELECT t.oid, t.typbasetype, t.typnotnull FROM chain JOIN pg_type t ON t.oid = chain.typbasetype)"
        " SELECT oid::regtype::text AS name, typnotnull, EXISTS (SELECT FROM pg_constraint k"
        "  WHERE k.contypid = chain.oid AND k.conname = $3) AS checked FROM chain",
        refusal.data_type,
        refusal.schema,
        refusal.constraint,
    )
    for domain in domains:
        if refusal.sqlstate == "23502" and domain["typnotnull"]:
            await connection.execute(f"ALTER DOMAIN {domain['name']} DROP NOT NULL")
            return True
        if refusal.sqlstate == "23514" and domain["checked"] and refusal.constraint:
            await connection.execute(
                f"ALTER DOMAIN {domain['name']} DROP CONSTRAINT {_quoted(refusal.constraint)}"
            )
            return True
    return False


async def _drop_unique(
    connection: asyncpg.Connection[asyncpg.Record], name: str, schema: str, constraint: str
) -> None:
    known = await connection.fetchval(
        "SELECT 1 FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2", name, constraint
    )
    if known:
        await connection.execute(f"ALTER TABLE {name} DROP CONSTRAINT {_quoted(constraint)}")
    else:
        await connection.execute(f"DROP INDEX {_quoted(schema)}.{_quoted(constraint)}")


async def _disable(connection: asyncpg.Connection[asyncpg.Record], refusal: Refusal, name: str) -> bool:
    """Disable the checking trigger; an action's trigger would take its action along."""
    checks_child = refusal.message.startswith("insert or update")
    triggers = await connection.fetch(
        "SELECT t.tgname AS name, t.tgrelid::regclass::text AS rel, p.proname AS function FROM pg_trigger t"
        " JOIN pg_constraint c ON c.oid = t.tgconstraint JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE c.conrelid = $1::regclass AND c.conname = $2",
        name,
        refusal.constraint,
    )
    if checks_child:
        chosen = [t for t in triggers if t["function"].startswith("RI_FKey_check")]
    else:
        if any(t["function"].startswith("RI_FKey_setdefault") for t in triggers):
            return False
        restricts: tuple[str, ...] = ("RI_FKey_restrict", "RI_FKey_noaction")
        if connection.get_server_version().major >= 18:
            restricts = restricts[:1] if refusal.sqlstate == "23001" else restricts[1:]
        chosen = [t for t in triggers if t["function"].startswith(restricts)]
    for trigger in chosen:
        await connection.execute(f"ALTER TABLE {trigger['rel']} DISABLE TRIGGER {_quoted(trigger['name'])}")
    return bool(chosen)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
