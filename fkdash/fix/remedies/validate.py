"""Check the rows that are there; enforce a key that is declared only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.fix.option import AS_TODAY, Option
from fkdash.fix.plan import Goal
from fkdash.fix.remedy import Remedy, planned
from fkdash.fix.statements.definition import validate
from fkdash.fix.statements.redeclaring import numbered, validation
from fkdash.fix.steps.change_key import change
from fkdash.rules.actions.enforcement import is_silenced

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(_: Catalog, finding: Finding) -> Option | None:
    """Offer to check the existing rows, and to enforce a key that is declared only."""
    key = finding.key
    if key.validated and key.enforced:
        return None
    if not key.enforced:
        return Option(
            id="validate",
            title="enforce and check",
            then=AS_TODAY,
            application=f"gets 23503 for rows of {key.table.shown} that refer to nothing",
            frees=False,
            proves=True,
            undo="any time",
        )
    return Option(
        id="validate",
        title="check the existing rows",
        then=AS_TODAY,
        application="notices nothing; the server may rely on the key afterwards",
        frees=False,
        undo="any time: the key is declared NOT VALID again",
    )


def _plan(catalog: Catalog, finding: Finding, option: Option, _asked: Asked) -> Plan:
    key = finding.key
    new = replace(key, validated=True, enforced=True)
    if not key.enforced:
        way = change(catalog, key, new)
        procedure = f"{way.why}; ALTER CONSTRAINT ... ENFORCED would read the table under ACCESS EXCLUSIVE"
        steps = way.steps
    else:
        procedure = f"{validate(key.table, key.name)} reads the rows without stopping anybody"
        steps = numbered(validation(catalog, key.table, key.name, key, 1))
    return planned(
        catalog,
        finding,
        option,
        procedure=procedure,
        steps=steps,
        undo=change(catalog, new, key).steps,
        goal=Goal(key=new),
    )


def _so(catalog: Catalog, finding: Finding) -> str:
    key = finding.key
    proven = key.validated and key.enforced and not is_silenced(catalog, key)
    return "every row was checked, and every new one is" if proven else ""


REMEDY = Remedy("validate", _offer, _plan, _so, answers=frozenset({"FK202"}))
