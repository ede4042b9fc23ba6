"""Which option an experienced hand would take tonight, with the reasons, and what is left for tomorrow.

A suggestion chooses nothing: it names what loses no row and can be taken back, and says what speaks for it here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import WRITING, Action
from fkdash.catalog.table_name import listed
from fkdash.counted import counted
from fkdash.fact import fact
from fkdash.fix.declare import is_new

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.option import Option
    from fkdash.rules.finding import Finding

_CONTRADICTIONS: Final = "FK1"
_COSTS_NOTHING: Final = {
    "create-index": "it changes no row and stops nobody; every delete reads the whole table until it is there",
    "validate": "it reads the table without stopping anybody, and changes nothing if it meets an orphan",
    "quarantine-orphans": "it keeps a copy of every row that it takes away",
    "enable-triggers": "the key is enforced again for every row written from then on",
    "drop-duplicate": "the other one guarantees the same",
}


@fact
class Suggestion:
    """An option, why it and not another here, and what it leaves to be done; sentences without a full stop."""

    option: Option
    reasons: tuple[str, ...]
    tomorrow: str


def suggestion(
    catalog: Catalog,
    finding: Finding,
    offered: Sequence[Option],
    *,
    holding: int | None = None,
    orphaned: bool = False,
) -> Suggestion | None:
    """Give what to do tonight about a finding, None where nothing is wrong or no answer to it can be planned.

    `offered` are the options that answer it, what changes least first; `holding` is how many rows
    hold others back today, None where that is not known; `orphaned` says that some are known to refer to nothing.
    """
    ready = {option.id: option for option in offered if not option.refused}
    if not ready or not (finding.rule or orphaned or is_new(catalog, finding.key)):
        return None
    if finding.rule.startswith(_CONTRADICTIONS) and "no-action" in ready:
        return Suggestion(
            ready["no-action"],
            tuple(_for_refusing(catalog, finding, holding)),
            _what_becomes_of_them(catalog, finding),
        )
    repairing = orphaned and ready.pop("validate", None) is not None
    if not ready:
        return None
    option, reason = _cheapest(finding.key, ready, repairing=repairing)
    first = ("rows refer to nothing, so checking them as they are would fail",) if repairing else ()
    return Suggestion(
        option, (*first, reason, *_others(catalog, finding)), "say the same in the application's migrations (M)"
    )


def _cheapest(key: ForeignKey, ready: Mapping[str, Option], *, repairing: bool) -> tuple[Option, str]:
    """Give what costs least of what answers a finding that is no contradiction, and why."""
    if repairing and key.on_delete is Action.SET_NULL and "null-orphans" in ready:
        gone = f"a row of {key.referenced.shown} goes"
        return ready["null-orphans"], f"it does to these rows what the key itself does when {gone}"
    option = next((ready[name] for name in _COSTS_NOTHING if name in ready), None)
    if option is not None:
        return option, _COSTS_NOTHING[option.id]
    return next(iter(ready.values())), "it changes least of all that answers this"


def _for_refusing(catalog: Catalog, finding: Finding, holding: int | None) -> Iterator[str]:
    key = finding.key
    yield "it changes no row, can be undone any time, and the error then names the key"
    if holding:
        yield f"{counted(holding, 'rows')} of {key.table.shown} hold others: none of them is emptied or deleted"
    elif holding == 0:
        yield f"no row of {key.table.shown} holds another today, so nothing is kept from being deleted"
    never = [column.name for column in catalog.columns(key) if column.not_null]
    if never and key.on_delete in WRITING:
        yield f"the application has never met a NULL in {listed(never)}, so allowing it may break what reads it"
    yield from _others(catalog, finding)


def _others(catalog: Catalog, finding: Finding) -> Iterator[str]:
    key = finding.key
    others = [each for each in catalog.referencing.get(key.referenced, ()) if each.qualified != key.qualified]
    if others:
        actions = Counter(each.on_delete.value for each in others).most_common()
        told = ", ".join(f"{number:,} {action}" for action, number in actions)
        yield f"of the {counted(len(others), 'other foreign keys')} to {key.referenced.shown}: {told}"


def _what_becomes_of_them(catalog: Catalog, finding: Finding) -> str:
    key = finding.key
    nullable = all(not column.not_null for column in catalog.columns(key))
    then = "SET NULL" if nullable else "allowing NULL once the application can meet it"
    return (
        f"decide what becomes of a row of {key.table.shown} whose {key.referenced.shown} goes: {then}, or CASCADE"
    )
