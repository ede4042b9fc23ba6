"""Whether a foreign key's machinery runs at all in an ordinary session.

Enforcement lives in pg_trigger: a NOT ENFORCED key has no triggers, and one
whose triggers are disabled or replica-only does nothing, whatever
convalidated says (ALTER TABLE, "DISABLE/ENABLE TRIGGER").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action, Statement
from fkdash.rules.actions.of_partitions import a_leaf
from fkdash.rules.actions.statements import is_replaced
from fkdash.rules.finding import PredictedError
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.sqlstates import FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION
from fkdash.versions import RESTRICT_HAS_ITS_OWN_SQLSTATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName

_SUFFIX: Final = {Statement.DELETE: "_del", Statement.UPDATE: "_upd"}
_SILENT: Final = frozenset("DR")


@once_per_catalog
def _silenced(catalog: Catalog) -> frozenset[int]:
    """Give the OIDs of the constraints of which some trigger does not fire."""
    return frozenset(
        trigger.constraint
        for table in catalog.tables.values()
        for trigger in table.triggers or ()
        if trigger.constraint is not None and trigger.enabled in _SILENT
    )


@once_per_catalog
def _as_declared(catalog: Catalog) -> bool:
    """Tell whether every enforced key does what it says: no trigger is silenced and no rule is in the way."""
    return not _silenced(catalog) and not any(table.rules for table in catalog.tables.values())


def running(catalog: Catalog, keys: Iterable[ForeignKey], statement: Statement) -> Iterator[ForeignKey]:
    """Give those of the keys whose action is set off by deleting or updating a referenced row."""
    if _as_declared(catalog):
        return (key for key in keys if key.enforced)
    return (key for key in keys if action_runs(catalog, key, statement))


def action_runs(catalog: Catalog, key: ForeignKey, statement: Statement) -> bool:
    """Tell whether deleting or updating a referenced row sets the key's action off.

    For a partitioned referenced table it is True as soon as one partition's action runs.
    """
    if _as_declared(catalog):
        return key.enforced
    if catalog.tables[key.referenced].rules and is_replaced(catalog, key.referenced, str(statement)):
        return False
    silenced = _silenced(catalog)
    if not key.enforced or not silenced:
        return key.enforced
    oids = {key.oid, *(copy.oid for copy in key.copies)}
    if silenced.isdisjoint(oids):
        return True
    return not all(
        any(
            trigger.constraint in oids
            and trigger.enabled in _SILENT
            and trigger.function.endswith(_SUFFIX[statement])
            for trigger in table.triggers or ()
        )
        for table in catalog.with_partitions(key.referenced)
    )


def refers_to_itself_only(key: ForeignKey) -> bool:
    """Tell whether a row can refer to itself alone by a key: its columns are those that it refers to.

    Nothing is left for an action to act on then. Its statement is prepared all the same.
    """
    return key.table == key.referenced and key.columns == key.referenced_columns


def check_runs(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether writing a referencing row is checked against the referenced table."""
    if key.oid not in _silenced(catalog):
        return key.enforced
    return key.enforced and not any(
        trigger.constraint == key.oid and trigger.enabled in _SILENT and trigger.function.endswith("check_upd")
        for trigger in catalog.tables[key.table].triggers or ()
        if trigger.constraint is not None
    )


def refusal_sqlstate(catalog: Catalog, action: Action) -> str:
    """Give the SQLSTATE of a refusal: RESTRICT has its own from PostgreSQL 18 on."""
    version = catalog.server.major if catalog.server else 0
    return (
        RESTRICT_VIOLATION
        if action is Action.RESTRICT and version >= RESTRICT_HAS_ITS_OWN_SQLSTATE
        else FOREIGN_KEY_VIOLATION
    )


def refusal_error(catalog: Catalog, key: ForeignKey, action: Action) -> PredictedError:
    """Give the error with which NO ACTION or RESTRICT refuses, or SET DEFAULT the default row itself."""
    sqlstate = refusal_sqlstate(catalog, action)
    setting = "RESTRICT setting of " if sqlstate == RESTRICT_VIOLATION else ""
    referenced = a_leaf(catalog, key.referenced)
    name = _name_between(key, key.table, referenced)
    return PredictedError(
        sqlstate,
        f'update or delete on table "{referenced.name}" violates {setting}foreign key constraint "{name}" '
        f'on table "{key.table.name}"',
    )


def _name_between(key: ForeignKey, table: TableName, referenced: TableName) -> str:
    """Give what the key is called from `table` to `referenced`: each end may be a partition of its own."""
    copies = (copy.name for copy in key.copies if (copy.table, copy.referenced) == (table, referenced))
    return next(copies, key.name)


def no_such_row_error(catalog: Catalog, key: ForeignKey) -> PredictedError:
    """Give the error with which a written row is refused that refers to nothing."""
    table = a_leaf(catalog, key.table)
    name = _name_between(key, table, key.referenced)
    return PredictedError(
        FOREIGN_KEY_VIOLATION,
        f'insert or update on table "{table.name}" violates foreign key constraint "{name}"',
    )


def is_silenced(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether a trigger of the key does not fire in an ordinary session."""
    oids = {key.oid, *(copy.oid for copy in key.copies)}
    tables = (*catalog.with_partitions(key.table), *catalog.with_partitions(key.referenced))
    found = any(
        trigger.constraint in oids and trigger.enabled in "DR"
        for table in tables
        for trigger in table.triggers or ()
    )
    return key.enforced and (found or not check_runs(catalog, key))
