"""FK502: a foreign key whose columns are part of another one to the same table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import listed
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey


def _find(catalog: Catalog) -> Iterator[Finding]:
    for keys in catalog.declared_on.values():
        composite = [key for key in keys if len(key.columns) > 1]
        for wide in composite:
            pairs = _pairs(wide)
            for key in keys:
                if key.referenced == wide.referenced and _pairs(key) < pairs:
                    yield _finding(key, wide)


def _pairs(key: ForeignKey) -> frozenset[tuple[str, str]]:
    return frozenset(zip(key.columns, key.referenced_columns, strict=True))


def _finding(key: ForeignKey, wide: ForeignKey) -> Finding:
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"{key.shown} ({listed(key.columns)}) is contained in {wide.shown} "
        f"({listed(wide.columns)}), to the same {key.referenced.shown}.",
        explanation=f"Where all columns of {wide.shown} are set, {key.shown} checks nothing more; where one of "
        "the others is NULL, it is the only one that does. If both are meant, their actions should agree.",
        evidence=(
            f"{wide.qualified}: ON DELETE {wide.on_delete}, ON UPDATE {wide.on_update}",
            f"{key.qualified}: ON DELETE {key.on_delete}, ON UPDATE {key.on_update}",
        ),
        path=(wide, key),
    )


RULE = Rule(
    id="FK502",
    name="overlapping",
    severity=Severity.INFO,
    summary="Its columns are part of another foreign key to the same table",
    explanation="The columns of this foreign key are among those of a wider one to the same table. Both are "
    "checked and both act; usually one of them is a leftover.",
    example="CREATE TABLE cases (id int PRIMARY KEY, tenant_id int, UNIQUE (tenant_id, id));\n"
    "CREATE TABLE invoices (\n"
    "  id int PRIMARY KEY,\n"
    "  tenant_id int,\n"
    "  case_id int REFERENCES cases,\n"
    "  FOREIGN KEY (tenant_id, case_id) REFERENCES cases (tenant_id, id)\n"
    ");\n",
    find=_find,
    brief="overlaps",
)
