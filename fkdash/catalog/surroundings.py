"""What stands around a table and decides what statements on it come to: triggers, rules, rights, statistics.

And the server's own standing. Frozen facts like those of `model`, which hold them.
"""

from __future__ import annotations

from typing import Final

from fkdash.catalog.table_name import Named
from fkdash.fact import fact

LONGEST_SOURCE: Final = 50_000
"""Characters of a function's text; a longer one is not read."""


@fact
class TriggerFunction:
    """What a trigger runs; `source` is its text (pg_proc.prosrc), None where it is longer than LONGEST_SOURCE."""

    name: str
    language: str
    source: str | None


@fact
class Trigger(Named):
    """A trigger; `constraint` is the OID of the foreign key whose machinery it is, else None.

    `enabled` is tgenabled: O origin, D disabled, R replica, A always. A foreign
    key's own triggers are listed only where they are not enabled, or not called, as usual. `columns`
    are those of UPDATE OF (attribute numbers), `conditional` says that it has a WHEN.
    `code` is None for a foreign key's own and where nobody read it.
    """

    name: str
    function: str
    enabled: str = "O"
    before: bool = False
    row: bool = True
    events: frozenset[str] = frozenset()
    constraint: int | None = None
    columns: tuple[int, ...] = ()
    conditional: bool = False
    code: TriggerFunction | None = None


@fact
class RewriteRule(Named):
    """A rule that rewrites a statement on a table in an ordinary session; `event` is DELETE or UPDATE.

    `instead` says that the statement itself is not carried out, `conditional` that this depends on the row,
    `alike` that it carries out another statement of that kind.
    """

    name: str
    event: str
    instead: bool
    conditional: bool
    alike: bool = False


@fact
class Unpublishable:
    """An UPDATE or DELETE (`event`) of a table that a publication has the server refuse; `reason` in words."""

    event: str
    publication: str
    sqlstate: str
    reason: str


@fact
class OwnerRights:
    """What a table's owner, as whom referential actions run, may do with it: may be less than everything.

    `select` and `update` say that some column may be read or written.
    """

    usage: bool = True
    select: bool = True
    update: bool = True
    delete: bool = True


@fact
class Size:
    """What statistics say of a table; estimates, never counted. None where never analysed."""

    rows: int | None
    bytes: int | None


@fact
class Replication:
    """How logical replication takes part in a table.

    `publications` publish its rows, `subscriptions` write them; `new_tables_too` says that one of the publications
    also publishes tables that are made later (FOR ALL TABLES, TABLES IN SCHEMA).
    """

    publications: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    new_tables_too: bool = False


@fact
class Privileges:
    """What the connected role may do with a table (relowner membership counts as own)."""

    select: bool
    references: bool
    own: bool


@fact
class Server:
    """The server and the session's standing on it.

    `read_only`: transactions are so by default, `read_only_for_all`: for whoever has no setting of their own;
    `replica` and `replica_for_all`: sessions begin with session_replication_role = replica.
    """

    version_number: int
    version: str
    database: str
    role: str
    superuser: bool
    standby: bool
    read_only: bool
    host: str = ""
    encoding: str = "UTF8"
    bypasses_row_security: bool = False
    read_only_for_all: bool = False
    replica: bool = False
    replica_for_all: bool = False

    @property
    def major(self) -> int:
        """The major version, such as 18."""
        return self.version_number // 10000
