"""What happened: events by month, the audit log, notifications, and the tables no key points at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fkdash.demo.names import NOW, Invention
from fkdash.demo.population.batch import Batch
from fkdash.demo.population.people import Crowd

ACTIONS_OF_VANISHED_ACTORS = 23
_DAYS_OF_EVENTS = 180  # all in the months that have a partition
_EVENT_KINDS = ("login", "logout", "page.view", "search", "task.done")
_ACTIONS = ("member.invited", "member.removed", "plan.changed", "project.archived", "workspace.renamed")
_NOTIFICATIONS = ("assigned", "mentioned", "overdue", "weekly digest")
_JOBS = ("export", "mail", "reindex", "thumbnail")
_FIRST_MIGRATION = datetime(2021, 2, 1, 8, 0, tzinfo=UTC)


def batches(crowd: Crowd, invent: Invention) -> Iterator[Batch]:
    """Give the rows of the tables about what happened."""
    yield Batch(
        "notifications",
        ("id", "user_id", "kind", "read_at"),
        [
            (invent.uuid(), invent.one_of(crowd.users).id, invent.one_of(_NOTIFICATIONS), _maybe_read(invent))
            for _ in range(1_200)
        ],
    )
    yield Batch(
        "events",
        ("id", "occurred_at", "user_id", "kind"),
        [
            (
                number,
                invent.moment(days=_DAYS_OF_EVENTS),
                invent.one_of(crowd.users).id,
                invent.one_of(_EVENT_KINDS),
            )
            for number in range(1, 4_001)
        ],
    )
    yield Batch("audit_log", ("id", "actor_id", "action", "object", "at"), _audit_log(crowd, invent))
    yield Batch(
        "jobs",
        ("id", "kind", "payload", "run_at"),
        [
            (number, invent.one_of(_JOBS), json.dumps({"attempt": invent.below(3)}), invent.moment(days=1))
            for number in range(1, 31)
        ],
    )
    moments = [_FIRST_MIGRATION + timedelta(days=60 * number) for number in range(26)]
    yield Batch("schema_migrations", ("version", "applied_at"), [(f"{at:%Y%m%d%H%M}", at) for at in moments])


def _maybe_read(invent: Invention) -> datetime | None:
    return invent.moment(days=20) if invent.happens(0.6) else None


def _audit_log(crowd: Crowd, invent: Invention) -> list[tuple[object, ...]]:
    actors: list[UUID] = [invent.one_of(crowd.users).id for _ in range(1_000)]
    vanished = [invent.uuid() for _ in range(ACTIONS_OF_VANISHED_ACTORS)]
    # Older than the foreign key, which was added NOT VALID because of them.
    return [
        (
            *(number, actor, invent.one_of(_ACTIONS), f"workspace {invent.one_of(crowd.workspaces).slug}"),
            NOW - timedelta(hours=9 * (1_023 - number)),
        )
        for number, actor in enumerate([*vanished, *actors], 1)
    ]
