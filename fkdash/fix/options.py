"""The fixes that answer a finding, side by side, each with the words of its consequence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.too_long import MOST_CHARACTERS, TOO_LONG
from fkdash.fix.declare import FOR_NEW_KEYS, is_new, then_of_new
from fkdash.fix.option import AS_TODAY
from fkdash.fix.promise import promised
from fkdash.fix.remedies.registry import BY_ID, REMEDIES

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.option import Option
    from fkdash.fix.remedy import Remedy
    from fkdash.rules.finding import Finding


def possible_fixes(catalog: Catalog, finding: Finding) -> tuple[str, ...]:
    """Give those of a finding's fixes that can be planned here, in the rule's order."""
    return tuple(fix for fix in finding.fixes if fix in BY_ID and _is_possible(catalog, finding, BY_ID[fix]))


def _is_possible(catalog: Catalog, finding: Finding, remedy: Remedy) -> bool:
    if remedy.is_possible is not None:
        return remedy.is_possible(catalog, finding)
    option = remedy.offer(catalog, finding)
    return option is not None and not option.refused


def options(catalog: Catalog, finding: Finding) -> tuple[Option, ...]:
    """Give the options that answer a finding, in the rule's order, which starts with what changes least.

    With them come those an operator would look for that are refused here, with the reason. A finding of no
    rule is about a key with nothing wrong, or about another side of it: then everything that can be done is there.
    """
    if not finding.key.name:
        return ()
    listed = [
        (remedy, _as_it_can_be_put_back(catalog, finding.key, option))
        for remedy in REMEDIES
        if _listed(catalog, finding, remedy) and (option := remedy.offer(catalog, finding)) is not None
    ]
    if is_new(catalog, finding.key):
        then = then_of_new(finding.key)
        return tuple(replace(each, then=then) if each.then == AS_TODAY else each for _, each in listed)
    if not finding.rule:
        return tuple(promised(catalog, finding, option) for _, option in listed)
    answering = (*finding.fixes, *(remedy.id for remedy in REMEDIES if finding.rule in remedy.answers))
    answers = [promised(catalog, finding, option) for _, option in listed if option.id in answering]
    answers.sort(key=lambda option: answering.index(option.id))
    refused = [
        option
        for remedy, option in listed
        if remedy.shown_refused and option.refused and option.id not in answering and finding.statements
    ]
    return (*answers, *refused)


def _as_it_can_be_put_back(catalog: Catalog, key: ForeignKey, option: Option) -> Option:
    """Give an option, refused where what it replaces is too long to be read: it would be lost."""
    columns = catalog.tables[key.table].columns_by_name
    if key.comment == TOO_LONG and option.id != "create-index":
        lost = "the comment of the constraint"
    elif option.id == "set-column-default" and any(columns[name].default == TOO_LONG for name in key.columns):
        lost = "the default"
    else:
        return option
    return replace(option, refused=f"{lost} has more than {MOST_CHARACTERS:,} characters and would be lost")


def _listed(catalog: Catalog, finding: Finding, remedy: Remedy) -> bool:
    if is_new(catalog, finding.key):
        return remedy.id in FOR_NEW_KEYS
    return not remedy.by_name or not finding.rule
