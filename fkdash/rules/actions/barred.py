"""Actions that the server refuses whatever the rows, before it looks for any: nothing is left to act on at all.

The action is a statement of its own. Where that cannot be prepared or run, deleting a referenced row fails even
if no row refers to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action, Statement
from fkdash.catalog.surroundings import OwnerRights
from fkdash.catalog.table_name import listed, visible
from fkdash.fact import fact
from fkdash.rules.actions.enforcement import action_runs
from fkdash.rules.actions.rivals import action_of
from fkdash.rules.actions.statements import replacing_rules
from fkdash.rules.finding import PredictedError
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.sqlstates import GENERATED_ALWAYS, INSUFFICIENT_PRIVILEGE, INTERNAL_ERROR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.catalog.surroundings import Unpublishable
    from fkdash.catalog.table_name import TableName


@fact
class Bar:
    """A key's action that is always refused, with the statements that set it off and the reason in words.

    `rule` is the id of the rule that tells of it.
    """

    key: ForeignKey
    statements: tuple[Statement, ...]
    rule: str
    reason: str
    error: PredictedError

    @property
    def doing(self) -> str:
        """`ON DELETE CASCADE and ON UPDATE CASCADE`."""
        return " and ".join(f"ON {statement} {action_of(self.key, statement)}" for statement in self.statements)


def any_row(catalog: Catalog, key: ForeignKey) -> str:
    """Give `any row of users`: nothing is looked for where the referenced key is NULL."""
    columns = catalog.tables[key.referenced].columns_by_name
    nullable = [name for name in key.referenced_columns if not columns[name].forbids_null]
    unless = f" whose {listed(nullable, ' and ')} is not NULL" if nullable else ""
    return f"any row of {key.referenced.shown}{unless}"


def event_of(action: Action, statement: Statement) -> str:
    """Give the statement that an action is on the referencing table; empty for one that only looks."""
    if action is Action.CASCADE:
        return str(statement)
    return "UPDATE" if action in {Action.SET_NULL, Action.SET_DEFAULT} else ""


@once_per_catalog
def barred(catalog: Catalog) -> tuple[Bar, ...]:
    """Give the actions that are always refused, in the order of PostgreSQL's own looking."""
    asked = {name for name, table in catalog.tables.items() if _may_bar(catalog, table)}
    if not asked:
        return ()
    return tuple(
        bar
        for key in catalog.foreign_keys
        if key.table in asked or key.referenced in asked
        for bar in bars_of(catalog, key)
    )


def _may_bar(catalog: Catalog, table: Table) -> bool:
    return (
        bool(table.rules)
        or table.owner_rights not in _ALL_RIGHTS
        or any(column.identity_always for column in table.columns)
        or any(each.unpublishable for each in catalog.with_partitions(table.name))
    )


def refuses_every_row(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether no referenced row can be deleted, referred to or not, unless its key is NULL."""
    asked = any(_may_bar(catalog, catalog.tables[name]) for name in (key.table, key.referenced))
    return asked and any(Statement.DELETE in bar.statements for bar in bars_of(catalog, key))


def bars_of(catalog: Catalog, key: ForeignKey) -> Iterator[Bar]:
    """Give why an action of one key is always refused."""
    table, referenced = catalog.tables[key.table], catalog.tables[key.referenced]
    if table.rules:
        yield from _by_rules(catalog, key)
    if any(table.columns_by_name[name].identity_always for name in key.columns):
        yield from _by_identity(catalog, key)
    if table.owner_rights not in _ALL_RIGHTS or referenced.owner_rights not in _ALL_RIGHTS:
        yield from _by_rights(catalog, key)
    if any(each.unpublishable for each in catalog.with_partitions(key.table)):
        yield from _by_publications(catalog, key)


def _by_rules(catalog: Catalog, key: ForeignKey) -> Iterator[Bar]:
    """Give the actions whose statement a rule always replaces: PostgreSQL refuses the result (ri_triggers.c).

    A rule that carries out another statement of the same kind passes for the action.
    """
    rules = {
        statement: [
            rule
            for rule in replacing_rules(catalog.tables[key.table], event_of(action_of(key, statement), statement))
            if not rule.conditional and not rule.alike
        ]
        for statement in Statement
        if action_runs(catalog, key, statement)
    }
    named = dict.fromkeys(rule.name for each in rules.values() for rule in each)
    for name in named:
        yield Bar(
            key,
            tuple(statement for statement, each in rules.items() if name in {rule.name for rule in each}),
            "FK208",
            f"rule {visible(name)} on {key.table.shown} replaces the statement that the action is",
            PredictedError(
                INTERNAL_ERROR,
                f'referential integrity query on "{key.referenced.name}" from constraint "{key.name}" on '
                f'"{key.table.name}" gave unexpected result',
            ),
        )


def _by_identity(catalog: Catalog, key: ForeignKey) -> Iterator[Bar]:
    """Give the actions that write what takes nothing but its own sequence's values (rewriteTargetListIU)."""
    columns = catalog.tables[key.table].columns_by_name
    for statement in Statement:
        action = action_of(key, statement)
        carries = action is Action.CASCADE and statement is Statement.UPDATE
        if (action is Action.SET_NULL or carries) and action_runs(catalog, key, statement):
            written = key.set_columns if statement is Statement.DELETE else key.columns
            names = [name for name in written if columns[name].identity_always]
            for name in names[:1]:
                yield Bar(
                    key,
                    (statement,),
                    "FK116",
                    f"{columns[name].shown} of {key.table.shown} is GENERATED ALWAYS AS IDENTITY",
                    PredictedError(GENERATED_ALWAYS, f'column "{name}" can only be updated to DEFAULT'),
                )


def _by_rights(catalog: Catalog, key: ForeignKey) -> Iterator[Bar]:
    """Give the actions that the owner of a table, as whom they run, lacks a privilege for (ri_triggers.c)."""
    for needs, statements in _grouped(catalog, key):
        lacking = next((each for each in needs if each.lacking(catalog)), None)
        if lacking is not None:
            table = catalog.tables[lacking.table]
            what, error = lacking.words(catalog)
            yield Bar(
                key,
                statements,
                "FK118",
                f"{table.owner}, who owns {table.name.shown} and as whom the action runs, lacks {what}",
                PredictedError(INSUFFICIENT_PRIVILEGE, error),
            )


@fact
class _Need:
    """Privileges that the owner of a table must have on it."""

    table: TableName
    privileges: tuple[str, ...]

    def lacking(self, catalog: Catalog) -> str:
        rights = catalog.tables[self.table].owner_rights
        return next((each for each in self.privileges if rights is not None and not getattr(rights, each)), "")

    def words(self, catalog: Catalog) -> tuple[str, str]:
        lacks = self.lacking(catalog)
        if lacks == "usage":
            return f"USAGE on schema {self.table.schema}", f"permission denied for schema {self.table.schema}"
        return f"{lacks.upper()} on it", f"permission denied for table {self.table.name}"


def _grouped(catalog: Catalog, key: ForeignKey) -> Iterator[tuple[tuple[_Need, ...], tuple[Statement, ...]]]:
    found: dict[tuple[_Need, ...], tuple[Statement, ...]] = {}
    for statement in Statement:
        if action_runs(catalog, key, statement):
            needs = _needs(key, action_of(key, statement), statement)
            found[needs] = (*found.get(needs, ()), statement)
    yield from found.items()


def _needs(key: ForeignKey, action: Action, statement: Statement) -> tuple[_Need, ...]:
    """Give what an action needs, in the order of looking; a look for a row locks it (FOR KEY SHARE)."""
    if action is Action.NO_ACTION or action is Action.RESTRICT:
        looks = _Need(key.table, ("usage", "select", "update"))
        peers = _Need(key.referenced, ("usage", "select", "update"))
        return (peers, looks) if action is Action.NO_ACTION else (looks,)
    event = "delete" if event_of(action, statement) == "DELETE" else "update"
    return (_Need(key.table, ("usage", event, "select")),)


def _by_publications(catalog: Catalog, key: ForeignKey) -> Iterator[Bar]:
    """Give the actions that a publication keeps from being carried out; of a partitioned table, by any partition.

    Where the key's columns decide about the partition, only its own matters: that is not every row.
    """
    tables = catalog.with_partitions(key.table)
    decides = {catalog.tables[key.table].columns_by_name[name].number for name in key.columns}
    if any(decides & set(table.partition_key) for table in tables[:1]):
        return
    for statement in Statement:
        event = event_of(action_of(key, statement), statement)
        if not event or not action_runs(catalog, key, statement):
            continue
        found = ((table, each) for table in tables for each in table.unpublishable if each.event == event)
        table, refused = next(found, (None, None))
        if table is not None and refused is not None:
            yield publication_bar(key, statement, table, refused)


def publication_bar(key: ForeignKey, statement: Statement, table: Table, refused: Unpublishable) -> Bar:
    """Give the bar that a publication is for a key's action."""
    verb = "delete from" if refused.event == "DELETE" else "update"
    because = f" because it does not have a replica identity and publishes {refused.event.lower()}s"
    return Bar(
        key,
        (statement,),
        "FK119",
        f"publication {refused.publication} {refused.reason} ({table.name.shown})",
        PredictedError(
            refused.sqlstate,
            f'cannot {verb} table "{table.name.name}"{because if refused.sqlstate == "55000" else ""}',
        ),
    )


_ALL_RIGHTS: Final = (None, OwnerRights())
