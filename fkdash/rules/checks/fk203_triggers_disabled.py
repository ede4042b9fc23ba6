"""FK203: a foreign key whose internal triggers do not fire in an ordinary session.

ALTER TABLE ... DISABLE TRIGGER ALL and ENABLE REPLICA TRIGGER leave convalidated
as it was, so everything looks in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.rules.finding import Finding, Rule
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.surroundings import Trigger
    from fkdash.catalog.table_name import TableName

_SILENT: Final = {"D": "disabled", "R": "replica-only"}
_LEFT_OUT: Final = {
    "_del": "its ON DELETE action",
    "_upd": "its ON UPDATE action",
    "check_ins": "the check of new rows",
    "check_upd": "the check of changed rows",
}


@once_per_catalog
def _silent(catalog: Catalog) -> Mapping[int, tuple[tuple[TableName, Trigger], ...]]:
    """Give for each constraint's OID its triggers that do not fire, with the tables they are on."""
    found: dict[int, list[tuple[TableName, Trigger]]] = {}
    for table in catalog.tables.values():
        for trigger in table.triggers or ():
            if trigger.constraint is not None and trigger.enabled in _SILENT:
                found.setdefault(trigger.constraint, []).append((table.name, trigger))
    return {oid: tuple(each) for oid, each in found.items()}


def _find(catalog: Catalog) -> Iterator[Finding]:
    silent = _silent(catalog)
    if not silent:
        return
    for key in catalog.foreign_keys:
        oids = [oid for oid in (key.oid, *(copy.oid for copy in key.copies)) if oid is not None]
        found = [each for oid in oids for each in silent.get(oid, ())]
        if found:
            yield _finding(key, found)


def _left_out(trigger: Trigger) -> str:
    if "check_" in trigger.function:
        return _LEFT_OUT["check_" + trigger.function.rpartition("_")[2]]
    return _LEFT_OUT["_" + trigger.function.rpartition("_")[2]]


def _finding(key: ForeignKey, found: list[tuple[TableName, Trigger]]) -> Finding:
    what = list(dict.fromkeys(_left_out(trigger) for _, trigger in found))
    tables = sorted({str(table) for table, _ in found})
    how = " and ".join(sorted({_SILENT[trigger.enabled] for _, trigger in found}))
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"{key.shown} claims to hold, but triggers of it on {' and '.join(tables)} are {how}: "
        f"{', '.join(what)} {'does' if len(what) == 1 else 'do'} not happen.",
        explanation=f"PostgreSQL enforces {key.shown} through internal triggers, and some of them do not fire in "
        "an ordinary session, most likely since a DISABLE TRIGGER ALL that was never taken back. Rows may "
        f"refer to rows of {key.referenced.shown} that do not exist, although the constraint is shown as valid.",
        evidence=tuple(
            f"{trigger.shown} on {table} ({trigger.function}) is {_SILENT[trigger.enabled]}"
            for table, trigger in found
        ),
        fixes=("enable-triggers",),
    )


RULE = Rule(
    id="FK203",
    name="triggers-disabled",
    severity=Severity.WARNING,
    summary="Claims to be valid, but its triggers are disabled",
    explanation="The foreign key is shown as valid, but the internal triggers that enforce it are disabled or "
    "fire only in replica sessions. On the referenced table that silences the ON DELETE and ON UPDATE action, "
    "on the referencing table the check of new rows. Orphans come into being without a word.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);\n"
    "INSERT INTO users VALUES (1);\n"
    "INSERT INTO orders VALUES (10, 1);\n"
    "ALTER TABLE users DISABLE TRIGGER ALL;\n"
    "DELETE FROM users;  -- succeeds and leaves order 10 behind\n",
    find=_find,
    doubt="its triggers are disabled",
)
