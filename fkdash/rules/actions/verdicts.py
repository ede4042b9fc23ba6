"""Turns the obstacles that an action meets into findings, in the words of the rule that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import visible
from fkdash.fact import fact
from fkdash.rules.actions.failing import first_error, is_late
from fkdash.rules.actions.obstacles import obstacles
from fkdash.rules.actions.rescues import rescues
from fkdash.rules.actions.writes import verbs
from fkdash.rules.finding import BrokenRow, Finding
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fkdash.catalog.action import Action, Statement
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.actions.obstacle import Obstacle
    from fkdash.rules.actions.writes import Write
    from fkdash.rules.finding import PredictedError, Rule


@fact
class Case:
    """One key's actions and what they meet; `error` is what the server reports first.

    `alone` says that nothing else is certainly in the way of the same actions.
    """

    key: ForeignKey
    writes: tuple[Write, ...]
    met: tuple[Obstacle, ...]
    error: PredictedError
    certain: bool
    alone: bool
    notes: tuple[str, ...]
    unless: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in question, each once."""
        return tuple(dict.fromkeys(name for obstacle in self.met for name in obstacle.columns))

    @property
    def column_names(self) -> str:
        """`users.workspace_id and users.tenant_id`."""
        return " and ".join(f"{self.key.table.shown}.{visible(name)}" for name in self.columns)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements that set it off."""
        return tuple(dict.fromkeys(each for write in self.writes for each in write.statements))

    @property
    def doing(self) -> str:
        """`ON DELETE SET NULL`."""
        action = self.writes[0].action
        return " and ".join(f"ON {statement} {action}" for statement in self.statements)

    @property
    def verbs(self) -> str:
        """`deleting or changing the key of`."""
        return verbs(self.statements)

    @property
    def fails(self) -> str:
        """What happens: `deleting a referenced workspaces row fails with 23502`."""
        how = "fails" if self.certain else "can fail"
        return f"{self.verbs} a referenced row of {self.key.referenced.shown} {how} with {self.error.sqlstate}"

    @property
    def reasons(self) -> str:
        """Why, in words."""
        return "; ".join(obstacle.reason for obstacle in self.met)


def cases(catalog: Catalog, action: Action, wanted: Callable[[Obstacle], bool], *, apart: bool) -> Iterator[Case]:
    """Give the keys whose action meets an obstacle that is wanted; one case for each obstacle when `apart`.

    What is certain of one statement and possible of the other, which writes other columns, is a case of its own.
    """
    found: dict[tuple[int, str, bool], list[tuple[Write, Obstacle, tuple[Obstacle, ...]]]] = {}
    for write, met in obstacles(catalog):
        if write.action is not action:
            continue
        mine = [*filter(wanted, met)]
        for obstacle in mine:
            certain = obstacle.certain if apart else any(each.certain for each in mine)
            which = (id(write.key), obstacle.reason if apart else "", certain)
            found.setdefault(which, []).append((write, obstacle, met))
    for each in found.values():
        yield _case(catalog, each)


def _case(catalog: Catalog, found: list[tuple[Write, Obstacle, tuple[Obstacle, ...]]]) -> Case:
    writes = tuple(dict.fromkeys(write for write, _, _ in found))
    met = tuple(dict.fromkeys(obstacle for _, obstacle, _ in found))
    key = writes[0].key
    late = is_late(found[0][2])
    spared = rescues(catalog, key, writes[0].statements[0], writes[0].columns, late=late)
    error = first_error(found[0][2]) if any(obstacle.certain for obstacle in met) else met[0].error
    everything = {obstacle for _, _, every in found for obstacle in every if obstacle.certain}
    return Case(
        key=key,
        writes=writes,
        met=met,
        error=error,
        certain=any(obstacle.certain for obstacle in met) and not spared,
        alone=everything <= set(met),
        notes=(*_masked(met, error), *spared),
        unless=tuple(spared) if any(obstacle.certain for obstacle in met) else (),
    )


def _masked(met: tuple[Obstacle, ...], error: PredictedError) -> tuple[str, ...]:
    if any(obstacle.error == error for obstacle in met):
        return ()
    return (f"PostgreSQL reports another obstacle first: {error.message}",)


def finding(rule: Rule, case: Case, *, message: str, explanation: str, fixes: tuple[str, ...]) -> Finding:
    """Give a case as a finding of a rule; what depends on the row is a warning."""
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=rule.severity if case.certain else Severity.WARNING,
        key=case.key,
        columns=case.columns,
        message=message,
        explanation=explanation,
        statements=case.statements,
        error=case.error,
        evidence=(*(obstacle.reason for obstacle in case.met), *case.notes),
        fixes=fixes,
        certain=case.certain,
        question=_question(case),
        unless=case.unless,
    )


def _question(case: Case) -> BrokenRow | None:
    """Give what to ask the data where nothing but rows from before can be in the way."""
    unproven = [obstacle.unproven for obstacle in case.met]
    if len(unproven) != 1 or unproven[0] is None:
        return None
    table, check = unproven[0]
    return BrokenRow(table, check, case.key.columns)
