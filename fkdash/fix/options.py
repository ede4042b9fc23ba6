"""The fixes that answer a finding, side by side, each with the words of its consequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.fix.option import Option
from fkdash.fix.remedies.action_options import ACTION_OPTIONS
from fkdash.fix.remedies.combined_options import COMBINED_OPTIONS
from fkdash.fix.remedies.orphan_options import ORPHAN_OPTIONS
from fkdash.fix.remedies.other_options import OTHER_OPTIONS

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding

__all__ = ["OPTION_NAMES", "Option", "options", "possible_fixes"]

OPTION_NAMES: Final = (
    "no-action",
    "restrict",
    "cascade",
    "set-null",
    "set-null-columns",
    "set-default",
    "drop-not-null",
    "validate",
    "create-index",
    "enable-triggers",
    "drop-duplicate",
    "reparent-orphans",
    "null-orphans",
    "delete-orphans",
    "drop-not-null-set-null",
    "set-column-default",
    "quarantine-orphans",
    "recreate-parents",
    "move-blockers",
    "null-blockers",
    "delete-blockers",
)
"""The names that `--option` takes; they never change their meaning."""

_REPAIRS: Final = ("reparent-orphans", "null-orphans", "quarantine-orphans", "delete-orphans")
_OWN_DEFAULT: Final = ("set-column-default",)
_ANSWERS_WITHOUT_BEING_NAMED: Final = {
    "FK201": _REPAIRS,
    "FK202": ("validate", *_REPAIRS),
    "FK203": _REPAIRS,
    "FK105": _OWN_DEFAULT,
    "FK106": _OWN_DEFAULT,
    "FK107": _OWN_DEFAULT,
}
_MAKERS: Final = (*ACTION_OPTIONS, *COMBINED_OPTIONS, *OTHER_OPTIONS, *ORPHAN_OPTIONS)
_SHOWN_WHEN_REFUSED: Final = frozenset({"drop-not-null", "set-null-columns"})


_BY_ID: Final = {make.__name__.replace("_", "-"): make for make in _MAKERS}


def possible_fixes(catalog: Catalog, finding: Finding) -> tuple[str, ...]:
    """Give those of a finding's fixes that can be planned here, in the rule's order."""
    return tuple(
        fix
        for fix in finding.fixes
        if fix in _BY_ID and (option := _BY_ID[fix](catalog, finding)) is not None and not option.refused
    )


def options(catalog: Catalog, finding: Finding) -> tuple[Option, ...]:
    """Give the options that answer a finding, in the rule's order, which starts with what changes least.

    With them come those an operator would look for that are refused here, with the reason. A finding of no
    rule is about a key with nothing wrong, or about another side of it: then everything that can be done is there.
    """
    if not finding.key.name:
        return ()
    made = [option for make in _MAKERS if (option := make(catalog, finding)) is not None]
    if not finding.rule:
        return tuple(made)
    answering = (*finding.fixes, *_ANSWERS_WITHOUT_BEING_NAMED.get(finding.rule, ()))
    answers = [option for option in made if option.id in answering]
    answers.sort(key=lambda option: answering.index(option.id))
    refused = [
        option
        for option in made
        if option.refused and option.id in _SHOWN_WHEN_REFUSED and option not in answers and finding.statements
    ]
    return (*answers, *refused)
