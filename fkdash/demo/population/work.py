"""What the people work on: projects, tasks and everything attached to a task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

from fkdash.demo.names import NOW, Invention
from fkdash.demo.population.batch import Batch
from fkdash.demo.population.people import Crowd, User, Workspace
from fkdash.demo.population.reference import TASK_STATUSES
from fkdash.fact import fact

_MOST_PROJECTS = 12
_COLOURS = ("red", "orange", "green", "blue", "grey")
_LABELS = ("bug", "customer", "later", "quick win")
_REMARKS = (
    "Done on my side, please have a look.",
    "I will be back at this on Monday.",
    "Same as last time: the numbers do not add up.",
    "The customer is happy with it.",
    "Who can take this over?",
)


@fact
class _Task:
    id: UUID
    project: UUID
    milestone: UUID | None
    parent: UUID | None
    workspace: Workspace


@fact
class _Plan:
    """The rows of projects, milestones and labels, and the tasks that refer to them."""

    projects: list[tuple[object, ...]] = field(default_factory=list)
    milestones: list[tuple[object, ...]] = field(default_factory=list)
    labels: dict[UUID, list[UUID]] = field(default_factory=dict)
    tasks: list[_Task] = field(default_factory=list)


def batches(crowd: Crowd, invent: Invention) -> Iterator[Batch]:
    """Give the rows of the tables about work."""
    plan = _Plan()
    for workspace in crowd.populated:
        for _ in range(_project_count(workspace, invent)):
            _add_project(plan, workspace, invent)
    yield Batch("projects", ("id", "workspace_id", "lead_id", "name"), plan.projects)
    yield Batch("milestones", ("id", "project_id", "title", "due_on"), plan.milestones)
    yield Batch(
        "tasks",
        ("id", "project_id", "milestone_id", "parent_id", "assignee_id", "status_code", "title", "created_at"),
        [
            (
                *(task.id, task.project, task.milestone, task.parent, _somebody(task.workspace, invent)),
                *(invent.one_of(TASK_STATUSES), invent.errand(), invent.moment(days=300)),
            )
            for task in plan.tasks
        ],
    )
    yield from _labels(plan, invent)
    yield from _attached(plan.tasks, invent)


def _project_count(workspace: Workspace, invent: Invention) -> int:
    return min(len(workspace.users) // 10, _MOST_PROJECTS) + invent.below(2)


def _somebody(workspace: Workspace, invent: Invention) -> UUID | None:
    return None if invent.happens(0.2) else _colleague(workspace, invent).id


def _colleague(workspace: Workspace, invent: Invention) -> User:
    return invent.one_of(workspace.users)


def _day(invent: Invention, *, earliest: int, latest: int) -> date:
    return NOW.date() + timedelta(days=earliest + invent.below(latest - earliest))


def _add_project(plan: _Plan, workspace: Workspace, invent: Invention) -> None:
    project = invent.uuid()
    plan.projects.append((project, workspace.id, _somebody(workspace, invent), invent.errand()))
    milestones = [invent.uuid() for _ in range(invent.below(3))]
    plan.milestones.extend(
        (milestone, project, f"Stage {number}", _day(invent, earliest=-60, latest=120))
        for number, milestone in enumerate(milestones, 1)
    )
    if workspace.id not in plan.labels:
        plan.labels[workspace.id] = [invent.uuid() for _ in _LABELS]
    first = len(plan.tasks)
    for _ in range(4 + invent.below(8 + len(workspace.users) // 30)):
        earlier = [task.id for task in plan.tasks[first:] if task.parent is None]
        parent = invent.one_of(earlier) if earlier and invent.happens(0.25) else None
        milestone = invent.one_of(milestones) if milestones and invent.happens(0.6) else None
        plan.tasks.append(_Task(invent.uuid(), project, milestone, parent, workspace))


def _labels(plan: _Plan, invent: Invention) -> Iterator[Batch]:
    yield Batch(
        "labels",
        ("id", "workspace_id", "name", "colour"),
        [
            (label, workspace, name, invent.one_of(_COLOURS))
            for workspace, labels in plan.labels.items()
            for label, name in zip(labels, _LABELS, strict=True)
        ],
    )
    yield Batch(
        "task_labels",
        ("task_id", "label_id"),
        [
            (task.id, label)
            for task in plan.tasks
            for label in plan.labels[task.workspace.id]
            if invent.happens(0.2)
        ],
    )


def _attached(tasks: list[_Task], invent: Invention) -> Iterator[Batch]:
    yield Batch(
        "task_dependencies",
        ("task_id", "depends_on_id"),
        [
            (task.id, previous.id)
            for previous, task in pairwise(tasks)
            if previous.project == task.project and invent.happens(0.2)
        ],
    )
    yield Batch(
        "comments",
        ("id", "task_id", "author_id", "body", "created_at"),
        [
            (
                invent.uuid(),
                task.id,
                _somebody(task.workspace, invent),
                invent.one_of(_REMARKS),
                invent.moment(days=200),
            )
            for task in tasks
            for _ in range(invent.below(3))
        ],
    )
    yield Batch(
        "attachments",
        ("id", "task_id", "uploaded_by", "file_name", "bytes"),
        [
            (
                invent.uuid(),
                task.id,
                _somebody(task.workspace, invent),
                f"scan-{n}.pdf",
                10_000 + invent.below(900_000),
            )
            for n, task in enumerate(tasks)
            if invent.happens(0.15)
        ],
    )
    yield Batch(
        "time_entries",
        ("id", "task_id", "user_id", "minutes", "worked_on"),
        [
            (
                *(invent.uuid(), task.id, _colleague(task.workspace, invent).id),
                *(15 + 15 * invent.below(20), _day(invent, earliest=-90, latest=0)),
            )
            for task in tasks
            for _ in range(invent.below(2))
        ],
    )
