"""What a remedy is: how a foreign key can be mended, offered in words and carried out by a plan."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from fkdash.fact import fact
from fkdash.fix.option import consequences
from fkdash.fix.plan import Pace, Plan
from fkdash.fix.plan_file.fingerprint import fingerprint, objects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.fix.option import Option
    from fkdash.fix.plan import Goal, Step
    from fkdash.fix.statements.values import Values
    from fkdash.rules.finding import Finding


@fact
class Asked:
    """What an operator says beside the name of a remedy.

    `keep_validated` asks for a way on which a validated key stands at every moment. `values` are those that the
    option asks for, `words` what was typed. `pace` is how fast rows are changed. `of` are referenced rows, `picks`
    what a query gave for each row that refers to them.
    """

    keep_validated: bool = False
    values: Values = ()
    words: Sequence[str] = ()
    pace: Pace = field(default_factory=Pace)
    of: Sequence[str] = ()
    picks: Picks | None = None


@fact
class Picks:
    """What a query gave for each referring row, by how the plan knows the row; `unpicked` names the others."""

    sql: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    unpicked: tuple[str, ...] = ()


def _never_so(_catalog: Catalog, _finding: Finding) -> str:
    return ""


@fact
class Remedy:
    """One way to mend a foreign key; everything that is said of it stands in its module.

    `offer` gives its option for a finding, None where it makes no sense. `plan` may raise UsageError. `so` says,
    as a clause, what is so already where it would change nothing. `answers` are rules whose findings do not
    name it. `by_name`: only where an operator asks for it, as it must be told of rows. `fills`: its values are
    those of other columns and may be left out. `paced`: it changes rows batch by batch. `of_rows`: it is about
    referenced rows that are named. `shown_refused`: listed with the reason also where it is impossible.
    `is_possible` tells whether it can be planned where that is known in far less time than an option.
    """

    id: str
    offer: Callable[[Catalog, Finding], Option | None]
    plan: Callable[[Catalog, Finding, Option, Asked], Plan]
    so: Callable[[Catalog, Finding], str] = _never_so
    answers: frozenset[str] = frozenset()
    by_name: bool = False
    fills: bool = False
    paced: bool = False
    of_rows: bool = False
    shown_refused: bool = False
    is_possible: Callable[[Catalog, Finding], bool] | None = None


def planned(
    catalog: Catalog,
    finding: Finding,
    option: Option,
    *,
    procedure: str,
    steps: tuple[Step, ...],
    undo: tuple[Step, ...],
    goal: Goal,
    abandon: tuple[Step, ...] = (),
) -> Plan:
    """Give the plan of an option, with what is the same in all of them filled in."""
    return Plan(
        key=finding.key,
        rule=finding.rule,
        option=option.id,
        procedure=procedure,
        fingerprint=fingerprint(catalog, finding.key),
        steps=steps,
        undo=undo,
        undo_condition=option.undo,
        consequences=consequences(option),
        goal=goal,
        abandon=abandon,
        objects=objects(catalog, finding.key),
    )
