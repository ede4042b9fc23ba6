"""Turns a chosen option into a plan: pure, from the catalog alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.errors import AlreadySoError, UsageError
from fkdash.fix.declare import declared_first, is_new
from fkdash.fix.options import options
from fkdash.fix.plan import Pace, Plan
from fkdash.fix.promise import promised
from fkdash.fix.remedies.registry import BY_ID
from fkdash.fix.remedy import Asked
from fkdash.fix.statements.values import asking, named_values
from fkdash.fix.subscribers import with_elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.fix.option import Option
    from fkdash.fix.remedy import Picks, Remedy
    from fkdash.fix.statements.values import Values
    from fkdash.rules.finding import Finding

_OR_PICKED: Final = {"move-blockers": ", or --value-from 'SELECT …' to pick one for each row"}


def plan(
    catalog: Catalog,
    finding: Finding,
    option_id: str,
    *,
    keep_validated: bool = False,
    words: Sequence[str] = (),
    pace: Pace | None = None,
    of: Sequence[str] = (),
    picks: Picks | None = None,
) -> Plan:
    """Give the plan for an option of a finding; raises UsageError where it does not exist or cannot work.

    Raises AlreadySoError, which is one, where there is nothing left to do.

    `keep_validated` asks for a way on which a validated key stands at every moment. `words` are the values that
    the option asks for: one for a single column, else COLUMN=VALUE for each. `pace` is how fast an option that
    changes rows goes; the others change none. `of` are the referenced rows whose blockers are moved, `picks` what
    a query gave for each of these in place of `words`.
    """
    if of and not (option_id in BY_ID and BY_ID[option_id].of_rows):
        raise UsageError(f"{option_id} is about the key, not about some rows.", next_step="Leave --of out.")
    if picks is not None and option_id != "move-blockers":
        raise UsageError(f"{option_id} moves no rows to others.", next_step="Leave --value-from out.")
    remedy, chosen = _chosen(catalog, finding, option_id)
    if pace not in {None, Pace()} and not remedy.paced:
        raise UsageError(
            f"{option_id} changes no rows batch by batch.",
            next_step="Leave --batch-rows, --pause-ms and --rows-per-second out.",
        )
    if picks is not None and words:
        raise UsageError("--value and --value-from say two things.", next_step="Leave one of them out.")
    values = () if remedy.fills or picks is not None else _values(finding, chosen, words)
    asked = Asked(keep_validated, values, words, pace or Pace(), of, picks)
    made = remedy.plan(catalog, finding, chosen, asked)
    return with_elsewhere(catalog, declared_first(catalog, made) if is_new(catalog, made.key) else made)


def _values(finding: Finding, chosen: Option, words: Sequence[str]) -> Values:
    if not chosen.asks:
        if words:
            raise UsageError(f"{chosen.id} takes no value.", next_step="Leave --value out.")
        return ()
    if not words:
        row = f"an existing row of {finding.key.referenced.shown}"
        raise UsageError(
            f"{chosen.id} needs the key of {row}.",
            next_step=f"Name it: {asking(chosen.asks)}{_OR_PICKED.get(chosen.id, '')}",
        )
    return named_values(chosen.asks, words)


def _chosen(catalog: Catalog, finding: Finding, option_id: str) -> tuple[Remedy, Option]:
    remedy = BY_ID.get(option_id)
    offered = options(catalog, finding)
    chosen = next((option for option in offered if option.id == option_id), None)
    if remedy is not None and remedy.by_name:
        chosen = remedy.offer(catalog, finding)
        chosen = chosen and promised(catalog, finding, chosen)
    so = remedy.so(catalog, finding) if remedy is not None and (chosen is None or chosen.refused) else ""
    if so:
        raise AlreadySoError(finding.key.qualified, option_id, so)
    if chosen is not None and chosen.refused:
        raise UsageError(
            f"{chosen.title} cannot be used for {finding.key.qualified}: {chosen.refused}.",
            next_step=f"Choose one of: {_names(offered)}.",
        )
    if remedy is not None and chosen is not None:
        return remedy, chosen
    about = f" ({finding.rule})" if finding.rule else ""
    raise UsageError(
        f'There is no option "{option_id}" for {finding.key.qualified}{about}.',
        next_step=f"Choose one of: {_names(offered)}.",
    )


def _names(offered: tuple[Option, ...]) -> str:
    return ", ".join(option.id for option in offered if not option.refused) or "none is possible"
