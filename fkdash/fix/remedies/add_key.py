"""Declare a confirmed reference as a foreign key, and prove it; the planner puts what declares it before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.fix.declare import is_new, refused, then_of_new
from fkdash.fix.option import Option
from fkdash.fix.plan import Goal
from fkdash.fix.remedy import Remedy, planned
from fkdash.fix.statements.redeclaring import numbered, validation

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option | None:
    key = finding.key
    if not is_new(catalog, key):
        return None
    return Option(
        id="add-key",
        title="add the foreign key",
        then=then_of_new(key),
        application=f"gets 23503 for rows of {key.table.shown} that refer to no row of {key.referenced.shown}",
        frees=False,
        undo="any time: the key is dropped",
        refused=refused(catalog, key),
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, _asked: Asked) -> Plan:
    key = finding.key
    proven = replace(key, validated=True)
    return planned(
        catalog,
        finding,
        option,
        procedure="the rows that are there are checked without stopping anybody",
        steps=numbered(validation(catalog, key.table, key.name, proven, 1)),
        undo=(),
        goal=Goal(key=proven),
    )


REMEDY = Remedy("add-key", _offer, _plan)
