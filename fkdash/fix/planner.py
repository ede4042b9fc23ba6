"""Turns a chosen option into a plan: pure, from the catalog alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.errors import AlreadySoError, UsageError
from fkdash.fix.already_so import already_so
from fkdash.fix.blockers import BLOCKER_OPTIONS, chosen_rows, relieve
from fkdash.fix.changed_key import ACTIONS, wanted_key
from fkdash.fix.options import Option, options
from fkdash.fix.plan import Goal, Pace, Plan
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.recreate_parents import RECREATE, recreate
from fkdash.fix.remedies.change_action import change
from fkdash.fix.remedies.combined_plans import allow_null_and_set_null, name_default
from fkdash.fix.remedies.orphan_plans import REPAIRS, repair
from fkdash.fix.remedies.other_plans import OTHER_PLANS
from fkdash.fix.statements.values import named_values
from fkdash.fix.subscribers import with_elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.fix.statements.values import Values
    from fkdash.rules.finding import Finding


def plan(
    catalog: Catalog,
    finding: Finding,
    option_id: str,
    *,
    keep_validated: bool = False,
    words: Sequence[str] = (),
    pace: Pace | None = None,
    of: Sequence[str] = (),
) -> Plan:
    """Give the plan for an option of a finding; raises UsageError where it does not exist or cannot work.

    Raises AlreadySoError, which is one, where there is nothing left to do.

    `keep_validated` asks for a way on which a validated key stands at every moment. `words` are the values that
    the option asks for: one for a single column, else COLUMN=VALUE for each. `pace` is how fast an option that
    changes rows goes; the others change none. `of` are the referenced rows whose blockers are moved.
    """
    if option_id in BLOCKER_OPTIONS or option_id == RECREATE:
        about_rows = _about_rows(catalog, finding, option_id, words=words, pace=pace or Pace(), of=of)
        return with_elsewhere(catalog, about_rows)
    if of:
        raise UsageError(f"{option_id} is about the key, not about some rows.", next_step="Leave --of out.")
    chosen = _chosen(catalog, finding, option_id)
    values = _values(finding, chosen, words)
    if pace is not None and pace != Pace() and chosen.id not in REPAIRS:
        raise UsageError(
            f"{chosen.id} changes no rows batch by batch.",
            next_step="Leave --batch-rows, --pause-ms and --rows-per-second out.",
        )
    made = _plan(catalog, finding, chosen, values, keep_validated=keep_validated, pace=pace or Pace())
    return with_elsewhere(catalog, made)


def _plan(
    catalog: Catalog, finding: Finding, chosen: Option, values: Values, *, keep_validated: bool, pace: Pace
) -> Plan:
    if chosen.id in ACTIONS:
        return _change_action(catalog, finding, chosen, keep_validated=keep_validated)
    if chosen.id == "drop-not-null-set-null":
        return allow_null_and_set_null(catalog, finding, chosen, keep_validated=keep_validated)
    if chosen.id == "set-column-default":
        return name_default(catalog, finding, chosen, values, keep_validated=keep_validated)
    if chosen.id in REPAIRS:
        return repair(catalog, finding, chosen, values, pace)
    return OTHER_PLANS[chosen.id](catalog, finding, chosen)


def _about_rows(
    catalog: Catalog, finding: Finding, option_id: str, *, words: Sequence[str], pace: Pace, of: Sequence[str]
) -> Plan:
    """Plan what is offered by its name alone, as it needs to be told of rows."""
    if option_id == RECREATE:
        if of:
            raise UsageError(f"{option_id} is about all orphans.", next_step="Leave --of out.")
        return recreate(catalog, finding.key, finding.rule, words=words, pace=pace)
    chosen = chosen_rows(finding.key, of)
    return relieve(catalog, finding.key, option_id, chosen=chosen, words=words, pace=pace)


def _values(finding: Finding, chosen: Option, words: Sequence[str]) -> Values:
    if not chosen.asks:
        if words:
            raise UsageError(f"{chosen.id} takes no value.", next_step="Leave --value out.")
        return ()
    if not words:
        row = f"an existing row of {finding.key.referenced.name}"
        single = len(chosen.asks) == 1
        how = "--value VALUE" if single else " ".join(f"--value {name}=..." for name in chosen.asks)
        raise UsageError(f"{chosen.id} needs the key of {row}.", next_step=f"Name it: {how}")
    return named_values(chosen.asks, words)


def _chosen(catalog: Catalog, finding: Finding, option_id: str) -> Option:
    offered = options(catalog, finding)
    chosen = next((option for option in offered if option.id == option_id), None)
    so = already_so(catalog, finding, option_id) if chosen is None or chosen.refused else ""
    if so:
        raise AlreadySoError(finding.key.qualified, option_id, so)
    if chosen is not None and chosen.refused:
        raise UsageError(
            f"{chosen.title} cannot be used for {finding.key.qualified}: {chosen.refused}.",
            next_step=f"Choose one of: {_names(offered)}.",
        )
    if chosen is not None:
        return chosen
    about = f" ({finding.rule})" if finding.rule else ""
    raise UsageError(
        f'There is no option "{option_id}" for {finding.key.qualified}{about}.',
        next_step=f"Choose one of: {_names(offered)}.",
    )


def _names(offered: tuple[Option, ...]) -> str:
    return ", ".join(option.id for option in offered if not option.refused) or "none is possible"


def _change_action(catalog: Catalog, finding: Finding, option: Option, *, keep_validated: bool) -> Plan:
    old = finding.key
    new = wanted_key(catalog, finding, option.id)
    way = change(catalog, old, new, keep_validated=keep_validated)
    back = change(catalog, new, old, keep_validated=keep_validated)
    return Plan(
        key=old,
        rule=finding.rule,
        option=option.id,
        procedure=way.why,
        fingerprint=fingerprint(catalog, old),
        steps=way.steps,
        undo=back.steps,
        undo_condition=option.undo,
        consequences=consequences(option),
        goal=Goal(key=new),
        abandon=way.abandon,
        objects=objects(catalog, old),
    )


def consequences(option: Option) -> tuple[str, ...]:
    """Say what an option means, one sentence for each side of it."""
    freed = "rows that are blocked today can be deleted" if option.frees else "rows that are blocked today stay so"
    return (option.then, f"the application {option.application}", freed, f"undo: {option.undo}")
