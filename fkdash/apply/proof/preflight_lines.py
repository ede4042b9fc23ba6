"""The words of a preflight: each thing looked at, how it stands, and what to do where it does not pass."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fkdash.apply.engines import unproven
from fkdash.apply.kept_by_whom import way_out, whose
from fkdash.catalog.look_alikes import look_alikes, spelled_out
from fkdash.catalog.table_name import quoted
from fkdash.counted import counted
from fkdash.fact import fact
from fkdash.fix.durations import scan_seconds
from fkdash.fix.plan import SHORT_LOCK_MS, Duration
from fkdash.pasting import for_psql
from fkdash.rules.sizes import rows_of
from fkdash.shell import command, shell_word
from fkdash.sqlstates import INVALID_COLUMN_REFERENCE, OBJECT_NOT_IN_PREREQUISITE_STATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.apply.holders import Holder
    from fkdash.apply.kept_by_whom import Stranger
    from fkdash.catalog.model import Catalog
    from fkdash.catalog.surroundings import Unpublishable
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Row
    from fkdash.fix.plan import Plan
    from fkdash.orphans.scan import OrphanCount
    from fkdash.pictures.waits import Waiting

_ROW_BY_ROW_FACTOR: Final = 20
_OLD_TRANSACTION_SECONDS: Final = 1.0
_UNTIL_PUBLISHED: Final = {
    OBJECT_NOT_IN_PREREQUISITE_STATE: "ALTER TABLE ... REPLICA IDENTITY FULL, or add a primary key.",
    INVALID_COLUMN_REFERENCE: "ALTER PUBLICATION ... SET TABLE ... with a filter on columns of the replica "
    "identity only, and with all of them in the list; SET (publish_generated_columns = stored) where it has "
    "generated ones; or another REPLICA IDENTITY.",
}


class Standing(StrEnum):
    """What a preflight line means for the run."""

    OK = "ok"
    WARNING = "warning"
    STOP = "stop"


@fact
class PreflightLine:
    """One thing that was looked at, how it stands, and what to do where it does not pass.

    `chain` has who waits for whom where sessions are in the way.
    """

    standing: Standing
    what: str
    next_step: str = ""
    chain: tuple[Waiting, ...] = ()


def server_lines(row: Row, plan: Plan, *, pooled: bool) -> Iterator[PreflightLine]:
    """Look at the server: a primary that accepts writes, nothing in between, nobody else at work."""
    if row["standby"]:
        yield stop("this server is a standby", "Connect to the primary.")
    elif row["read_only"]:
        yield stop(
            "default_transaction_read_only is on",
            "That is usually a failover or maintenance signal: find out why before you change anything.",
        )
    else:
        yield ok("a primary that accepts writes")
    if row["replication_role"] == "replica":
        yield stop(
            "session_replication_role is replica: no foreign key is checked in this session",
            "Connect without it (ALTER ROLE ... RESET, PGOPTIONS).",
        )
    if not row["alone"]:
        yield stop(f"another fkdash is changing {plan.key.table} right now", "Wait until it is done.")
    if pooled and any(step.alone for step in plan.steps):
        yield stop(
            "a connection pooler stands between fkdash and the server, and an index build needs a session of "
            "its own",
            "Connect to the server directly.",
        )
    elif pooled:
        yield warning(
            "a connection pooler stands between fkdash and the server",
            "It works, one transaction at a time; a direct connection is safer for changing a schema.",
        )
    if row["deadlock_timeout_ms"] <= SHORT_LOCK_MS:
        yield warning(
            f"deadlock_timeout is {row['deadlock_timeout_ms']} ms; tries for a lock are kept even shorter",
            "Longer waits could make the application the victim of a deadlock.",
        )
    if row["standbys"]:
        replay = counted(
            row["standbys"],
            "standbys replay the lock; their readers wait",
            "standby replays the lock; its readers wait",
        )
        yield ok(f"{replay} for the same milliseconds")


def name_lines(catalog: Catalog, plan: Plan) -> Iterator[PreflightLine]:
    """Look at the names that are confirmed: none may be read as another table's."""
    for name, other in look_alikes(catalog, plan.key):
        yield warning(
            f"{spelled_out(name)} looks like {spelled_out(other)}, which is another table",
            "Make sure which one you mean.",
        )


def role_lines(row: Row, plan: Plan) -> Iterator[PreflightLine]:
    """Look at the role: owner of what is altered, REFERENCES for a key that is added, CREATE for what is made."""
    if row["owners"] is None:
        yield ok(f"{row['role']} may alter {plan.key.table}")
    else:
        how = f"Connect as {row['owners']} or as a member of it."
        if row["may_become_owner"]:
            how = (
                f"{row['role']} is a member without inheriting: connect with PGOPTIONS='-c role={row['owners']}'."
            )
        yield stop(
            f"{row['role']} does not own {plan.key.table} (or a partition of it): {row['owners']} does", how
        )
    if _declares_a_key(plan):
        if row["may_reference"]:
            yield ok(f"REFERENCES on {plan.key.referenced}")
        else:
            yield stop(
                f"{row['role']} lacks REFERENCES on the key of {plan.key.referenced}, needed to add the key again",
                for_psql(f"GRANT REFERENCES ON {plan.key.referenced.sql} TO {quoted(row['role'])}"),
            )
    for schema in row["no_create"] or ():
        what = "the table that keeps the rows" if plan.mends else "an index"
        yield stop(
            f"{row['role']} may not create {what} in schema {schema}",
            for_psql(f"GRANT CREATE ON SCHEMA {quoted(schema)} TO {quoted(row['role'])}")
            + ", for as long as it takes.",
        )


def _declares_a_key(plan: Plan) -> bool:
    return any("ADD CONSTRAINT" in step.sql and "REFERENCES" in step.sql for step in (*plan.steps, *plan.undo))


def made_in(plan: Plan) -> list[str]:
    """Give the schemas in which a plan makes something: indexes, or a table for rows that are kept."""
    indexes = [step.locks[0].table.schema for step in plan.steps if step.sql.startswith("CREATE INDEX")]
    return list(dict.fromkeys([*indexes, *([plan.key.table.schema] if plan.mends else ())]))


def object_lines(row: Row, plan: Plan) -> Iterator[PreflightLine]:
    """Look at what hangs on the tables."""
    meant = plan.option == "enable-triggers" or plan.mends
    if row["unusual_triggers"] and _declares_a_key(plan) and not meant:
        yield stop(
            "the key's own triggers are disabled or replica-only, and re-creating it would enable them",
            "Find out who disabled them and why; the option enable-triggers declares the key anew.",
        )
    if row["event_triggers"]:
        yield warning(f"event triggers may refuse the change: {row['event_triggers']}", "Nothing happens if so.")
    why = unproven(row["version"], row["extensions"] or (), row["kept_by_extension"])
    if why:
        yield stop(
            f"on what was never proven no plan is applied: {why}",
            "fkdash fix export gives the statements; try them on a copy first, with the engine's manual at hand.",
        )
    if row["inheriting_tables"]:
        inherit = counted(row["inheriting_tables"], "tables inherit", "table inherits")
        yield warning(f"{inherit} from it", "Foreign keys do not cover their rows.")
    if row["subscribed"]:
        yield warning(
            "a subscription writes to a table of this key, past its foreign keys",
            "Orphans can arrive that way; look for them afterwards with fkdash orphans scan.",
        )
    if row["wraparound_vacuums"]:
        yield warning(
            f"autovacuum works on {row['wraparound_vacuums']} to prevent wraparound, and does not give way",
            "The run waits until it is done.",
        )
    elif row["unseen_vacuums"]:
        yield warning(
            "an autovacuum is running and this role may not see which",
            "If it prevents wraparound on one of the tables, the run waits until it is done.",
        )
    if row["index_builds"]:
        yield warning(f"an index of {row['index_builds']} is being built now", "The run waits until it is done.")


def publication_lines(
    catalog: Catalog, plan: Plan, unpublishable: Mapping[int, Sequence[Unpublishable]]
) -> Iterator[PreflightLine]:
    """Say what publishes the key's tables, and which changes of rows the server would refuse for it.

    `unpublishable` has those by the table's OID.
    """
    sides = dict.fromkeys((plan.key.table, plan.key.referenced))
    tables = [table for name in sides for table in catalog.with_partitions(name)]
    publishing = {name for each in tables if each.replication for name in each.replication.publications}
    if publishing:
        yield warning(
            f"published by {', '.join(sorted(publishing))}; a schema change is not replicated",
            "The plan's consequences say what is to be done on the subscribers, and in which order.",
        )
    refused: dict[tuple[TableName, str, str], list[Unpublishable]] = {}
    for table in catalog.tables.values() if unpublishable else ():
        for each in unpublishable.get(table.oid or 0, ()):
            refused.setdefault((table.name, each.publication, each.sqlstate), []).append(each)
    for (name, publication, sqlstate), found in refused.items():
        yield stop(
            f"{' and '.join(each.event for each in found)} on {name} would be refused ({sqlstate}): publication "
            f"{publication} {found[0].reason}",
            _UNTIL_PUBLISHED[sqlstate],
        )


def holder_lines(in_the_way: tuple[Holder, ...], chain: tuple[Waiting, ...]) -> Iterator[PreflightLine]:
    """Look at the sessions that hold conflicting locks now; the last line has who waits for whom, if anybody."""
    waited_for = chain if any(each.waits_for for each in chain) else ()
    old = [holder for holder in in_the_way if holder.seconds is None or holder.seconds > _OLD_TRANSACTION_SECONDS]
    for holder in old:
        how = "The run waits in short tries that stop nobody for long; ask its owner to end it."
        if holder.application == "pg_dump":
            how = "A dump keeps its locks to its end: wait for that."
        if holder.pid is None:
            how = "Only COMMIT PREPARED or ROLLBACK PREPARED ends it."
        yield replace(warning(str(holder), how), chain=waited_for if holder is old[-1] else ())
    if not old:
        yield ok("no long transaction holds the tables")


def duration_lines(row: Row, catalog: Catalog, plan: Plan) -> Iterator[PreflightLine]:
    """Say how long reading the tables takes."""
    if not any(lock.duration is Duration.SCAN for step in plan.steps for lock in step.locks):
        return
    rows = rows_of(catalog, plan.key.table)
    if rows is None:
        yield ok("the table was never analysed; how long reading its rows takes is not known")
        return
    seconds = scan_seconds(rows)
    if plan.checks_rows and not row["checks_fast"]:
        seconds *= _ROW_BY_ROW_FACTOR
        yield warning(
            "checking goes row by row, about 20 times slower: row security, or no SELECT on both keys",
            "Grant SELECT on the key columns of both tables, or let a role do it that bypasses row security.",
        )
    yield ok(f"reading about {counted(rows, 'rows')} takes about {max(seconds, 0.1):.1f} s and stops nobody")


def orphan_line(orphans: OrphanCount, plan: Plan) -> PreflightLine:
    """Say whether checking the rows would fail."""
    if orphans.rows is None:
        return warning(
            f"rows without a referenced row: not known, {orphans.reason}",
            "If there are any, checking fails and the key stays NOT VALID: enforced, but unchecked. "
            "As fkdash fix plan --keep-validated makes it, the old key stays until the new one is proven.",
        )
    refer = counted(orphans.rows, "rows refer", "row refers") + " to a row that does not exist"
    if orphans.rows and plan.mends:
        return ok(f"{refer}; {'it' if orphans.rows == 1 else 'they'} will be repaired")
    if orphans.rows:
        repair = command("fix", "plan", plan.key.qualified, "--option", "reparent-orphans")
        return stop(
            f"{refer}, so checking would fail",
            f"Repair them first: {repair}, or null-orphans, or delete-orphans.",
        )
    return ok("every row refers to an existing row")


def default_line(table: TableName, values: str, there: bool | None, why: str) -> PreflightLine:  # noqa: FBT001 - an answer
    """Say whether the row is there that SET DEFAULT makes rows refer to."""
    if there is None:
        return warning(
            f"whether {table} has the default row ({values}) is not known: {why}", "Look for it yourself."
        )
    if there:
        return ok(f"{table} has the default row ({values})")
    return stop(
        f"{table} has no row ({values}), which SET DEFAULT would make rows refer to",
        "Insert that row first, or choose another option.",
    )


def named_row_line(table: TableName, row: str, there: bool | None, why: str) -> PreflightLine:  # noqa: FBT001 - an answer
    """Say whether the row is there that the operator named."""
    if there is None:
        return warning(f"whether {table} has the row {row} is not known: {why}", "Look for it yourself.")
    if there:
        return ok(f"{table} has the row {row}")
    return stop(f"{table} has no row {row}" + (f": {why}" if why else ""), "Name the key of a row that is there.")


def writing_triggers_line(triggers: str) -> PreflightLine:
    """Say what runs besides for every row that is written."""
    return warning(
        f"{triggers} runs for the rows that are changed",
        "What it does outside the tables is not undone with them.",
    )


def policies_line(owner: str, tables: Sequence[TableName]) -> PreflightLine:
    """Say that rows may be hidden from the role that checks them: each that is seems to refer to nothing."""
    names = ", ".join(map(str, tables))
    return warning(
        f"rows are checked with the rights of {owner}, whom the policies of {names} bind (FORCE ROW LEVEL "
        "SECURITY): a row that refers to one that they hide would pass for an orphan (23503)",
        "Where they hide rows, for as long as it takes: "
        + "; ".join(for_psql(f"ALTER TABLE {each.sql} NO FORCE ROW LEVEL SECURITY") for each in tables),
    )


def rules_line(table: TableName) -> PreflightLine:
    """Say that rows cannot be changed as planned."""
    return stop(
        f"rules rewrite what is written to {table}, so rows would not be changed as planned",
        "Disable them (ALTER TABLE ... DISABLE RULE) for as long as it takes.",
    )


def own_columns_line(table: TableName, names: Sequence[str]) -> PreflightLine:
    """Say that rows cannot be kept beside what fkdash notes of them."""
    return stop(
        f"{table} has {', '.join(names)}, as fkdash calls what it notes beside a row, so no row of it can be kept",
        "Call the column otherwise for as long as it takes, or change these rows by SQL of your own.",
    )


def unfilled_line(table: TableName, names: Sequence[str]) -> PreflightLine:
    """Say that rows that are made would lack values."""
    values = " ".join(f"--value {shell_word(f'{name}=VALUE')}" for name in names)
    return stop(
        f"{table} needs a value for {', '.join(names)} of every row, and nothing gives the rows made again one",
        f"Name them: {values}, or --like KEY for those of a row that is there.",
    )


def kept_line(
    kept: TableName, *, used: bool, fits: bool, stranger: Stranger | None, others: Sequence[str]
) -> PreflightLine:
    """Say whether the table that keeps the rows is free for them, and in nobody else's hands."""
    if stranger is not None:
        return stop(whose(kept, stranger), f"Look at it, then {way_out(kept, stranger)}")
    if used:
        return stop(
            f"{kept} keeps rows of an earlier repair, and an undo could not tell them from this one's",
            f"Undo that repair (fkdash fix history), or give its rows up: DROP TABLE {for_psql(kept.sql)}",
        )
    if not fits:
        return stop(
            f"{kept} is left from an earlier repair, when the table had other columns",
            f"DROP TABLE {for_psql(kept.sql)}",
        )
    if others:
        named = ", ".join(name or "everybody" for name in others)
        them = ", ".join(for_psql(quoted(name)) if name else "PUBLIC" for name in others)
        return warning(
            f"the rows are kept as they were in {kept}, which {named} may read or write as well",
            f"By default privileges or grants; once it is there: REVOKE ALL ON {for_psql(kept.sql)} FROM {them}",
        )
    return ok(f"the rows are kept as they were in {kept}")


def ok(what: str) -> PreflightLine:
    """Give a line that passes."""
    return PreflightLine(Standing.OK, what)


def warning(what: str, next_step: str) -> PreflightLine:
    """Give a line that warns."""
    return PreflightLine(Standing.WARNING, what, next_step)


def stop(what: str, next_step: str) -> PreflightLine:
    """Give a line that stops the run."""
    return PreflightLine(Standing.STOP, what, next_step)
