"""Workspaces, their users and memberships: the heart of the incident.

Of 1,208 workspaces, 412 are the primary workspace of somebody; "Acme GmbH" is
that for 1,204 of the 5,000 users. 42 memberships name workspaces that are gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fkdash.demo.names import NOW, Invention, slug
from fkdash.demo.population.batch import Batch
from fkdash.demo.population.reference import COUNTRIES
from fkdash.fact import fact

WORKSPACES = 1_208
REFERENCED_WORKSPACES = 412
USERS = 5_000
USERS_OF_THE_LARGEST = 1_204
ORPHANED_MEMBERSHIPS = 42
_VANISHED_WORKSPACES = 17
_LARGEST = "Acme GmbH"
_TITLES = ("Accountant", "Analyst", "Designer", "Developer", "Editor", "Engineer", "Lead", "Planner", None)
_TIME_ZONES = ("Europe/Berlin", "Europe/Lisbon", "Asia/Tokyo", "America/New_York", "Africa/Lagos", "UTC")


@dataclass(slots=True)
class Workspace:
    """A workspace and the users whose primary workspace it is."""

    id: UUID
    name: str
    slug: str
    created_at: datetime
    users: list[User]


@fact
class User:
    """A user; knows nothing of the workspace, which knows its users."""

    id: UUID
    email: str
    name: str
    created_at: datetime


@fact
class Crowd:
    """All workspaces in order of creation, and all users."""

    workspaces: list[Workspace]
    users: list[User]

    @property
    def populated(self) -> list[Workspace]:
        """The workspaces that are somebody's primary one."""
        return [workspace for workspace in self.workspaces if workspace.users]


def invented_crowd(invent: Invention) -> Crowd:
    """Invent all workspaces and users."""
    slugs: Counter[str] = Counter()
    names = [invent.company() for _ in range(WORKSPACES)]
    places = sorted(range(WORKSPACES), key=lambda _: invent.below(2**32))[:REFERENCED_WORKSPACES]
    sizes = dict(zip(places, _sizes(), strict=True))
    names[places[0]] = _LARGEST
    moments = sorted(invent.moment(days=1_500) for _ in range(WORKSPACES))
    workspaces = [
        Workspace(invent.uuid(), name, _unique("acme" if name == _LARGEST else slug(name), slugs), created_at, [])
        for name, created_at in zip(names, moments, strict=True)
    ]
    addresses: Counter[str] = Counter()
    for place in sorted(places):
        _fill(workspaces[place], sizes[place], addresses, invent)
    users = sorted(
        (user for workspace in workspaces for user in workspace.users), key=lambda user: user.created_at
    )
    return Crowd(workspaces, users)


def _sizes() -> list[int]:
    """Give the number of users of each referenced workspace, largest first: few are large, most are small."""
    others = REFERENCED_WORKSPACES - 1
    to_share = USERS - USERS_OF_THE_LARGEST - others
    weights = [1_000_000 // rank for rank in range(2, others + 2)]  # whole numbers: exact on every machine
    sizes = [1 + to_share * weight // sum(weights) for weight in weights]
    for rank in range(USERS - USERS_OF_THE_LARGEST - sum(sizes)):
        sizes[rank] += 1
    return [USERS_OF_THE_LARGEST, *sizes]


def _unique(word: str, taken: Counter[str]) -> str:
    taken[word] += 1
    return word if taken[word] == 1 else f"{word}-{taken[word]}"


def _fill(workspace: Workspace, size: int, addresses: Counter[str], invent: Invention) -> None:
    age = int((NOW - workspace.created_at).total_seconds())
    for _ in range(size):
        name = invent.person()
        mailbox = slug(name).replace("-", ".", 1)
        host = "example.org" if invent.happens(0.1) else f"{workspace.slug}.example"
        addresses[f"{mailbox}@{host}"] += 1
        number = addresses[f"{mailbox}@{host}"]
        email = f"{mailbox}{number if number > 1 else ''}@{host}"
        created_at = workspace.created_at + timedelta(seconds=invent.below(age))
        workspace.users.append(User(invent.uuid(), email, name, created_at))


def batches(crowd: Crowd, invent: Invention) -> Iterator[Batch]:
    """Give the rows of the tables about workspaces and people."""
    yield Batch(
        "workspaces",
        ("id", "name", "slug", "plan_code", "owner_id", "created_at"),
        [
            (w.id, w.name, w.slug, _plan(w), w.users[0].id if w.users else None, w.created_at)
            for w in crowd.workspaces
        ],
    )
    primary = {user.id: workspace.id for workspace in crowd.workspaces for user in workspace.users}
    yield Batch(
        "users",
        ("id", "email", "name", "primary_workspace_id", "created_at"),
        [(u.id, u.email, u.name, primary[u.id], u.created_at) for u in crowd.users],
    )
    yield Batch(
        "workspace_members",
        ("workspace_id", "user_id", "role_code", "invited_by", "joined_at"),
        _memberships(crowd, invent),
    )
    yield Batch(
        "user_profiles",
        ("user_id", "job_title", "time_zone", "country_code"),
        [
            (user.id, invent.one_of(_TITLES), invent.one_of(_TIME_ZONES), invent.one_of([None, *COUNTRIES]))
            for user in crowd.users
            if invent.happens(0.4)
        ],
    )
    yield from _access(crowd, invent)
    yield from _teams(crowd, invent)
    yield from _webhooks(crowd, invent)


def _plan(workspace: Workspace) -> str:
    steps = {1: "free", 10: "team", 200: "business"}
    return next((plan for size, plan in steps.items() if len(workspace.users) <= size), "enterprise")


def _memberships(crowd: Crowd, invent: Invention) -> list[tuple[object, ...]]:
    members: dict[tuple[UUID, UUID], tuple[object, ...]] = {}
    for workspace in crowd.populated:
        owner = workspace.users[0]
        for user in workspace.users:
            role = "owner" if user is owner else "admin" if invent.happens(0.05) else "member"
            inviter = None if user is owner else owner.id
            members[workspace.id, user.id] = (workspace.id, user.id, role, inviter, user.created_at)
    for _ in range(1_500):
        workspace, guest = invent.one_of(crowd.workspaces), invent.one_of(crowd.users)
        guest_row = (workspace.id, guest.id, "guest", None, invent.moment(days=90))
        members.setdefault((workspace.id, guest.id), guest_row)
    vanished = [invent.uuid() for _ in range(_VANISHED_WORKSPACES)]
    for number in range(ORPHANED_MEMBERSHIPS):
        # The step makes every pair of workspace and user a different one.
        gone, user = vanished[number % len(vanished)], crowd.users[(number * 97) % USERS]
        members[gone, user.id] = (gone, user.id, "member", None, invent.moment(days=400))
    return list(members.values())


def _access(crowd: Crowd, invent: Invention) -> Iterator[Batch]:
    sessions = [(invent.uuid(), invent.one_of(crowd.users).id, invent.moment(days=30)) for _ in range(1_500)]
    yield Batch(
        "user_sessions",
        ("id", "user_id", "address", "started_at", "ended_at"),
        [
            (
                key,
                user,
                f"192.0.2.{invent.below(254) + 1}",
                at,
                at + timedelta(hours=1) if invent.happens(0.8) else None,
            )
            for key, user, at in sessions
        ],
    )
    yield Batch(
        "oauth_accounts",
        ("provider", "subject", "user_id"),
        [(invent.one_of(("saml", "oidc")), f"{n:08}", invent.one_of(crowd.users).id) for n in range(600)],
    )
    yield Batch(
        "api_keys",
        ("id", "workspace_id", "user_id", "name", "key_hash", "last_used_at"),
        [
            (invent.uuid(), workspace.id, invent.one_of(workspace.users).id, "deploy", invent.octets(20), None)
            for workspace in crowd.populated
            if invent.happens(0.3)
        ],
    )
    yield Batch(
        "invitations",
        ("id", "workspace_id", "invited_by", "email", "expires_at"),
        [
            (invent.uuid(), w.id, w.users[0].id, f"guest{n}@example.net", NOW + timedelta(days=invent.below(14)))
            for n, w in enumerate(crowd.populated)
            if invent.happens(0.25)
        ],
    )


def _teams(crowd: Crowd, invent: Invention) -> Iterator[Batch]:
    teams: list[tuple[object, ...]] = []
    members: list[tuple[object, ...]] = []
    for workspace in crowd.populated:
        for name in ("Design", "Engineering", "Finance", "Support")[: len(workspace.users) // 8]:
            team = invent.uuid()
            teams.append((team, workspace.id, name))
            members += [(team, user.id) for user in workspace.users[:100] if invent.happens(0.3)]
    yield Batch("teams", ("id", "workspace_id", "name"), teams)
    yield Batch("team_members", ("team_id", "user_id"), members)


def _webhooks(crowd: Crowd, invent: Invention) -> Iterator[Batch]:
    hooks = [
        (invent.uuid(), w.id, f"https://{w.slug}.example/hook") for w in crowd.populated if invent.happens(0.15)
    ]
    yield Batch("webhooks", ("id", "workspace_id", "url"), list(hooks))
    yield Batch(
        "webhook_deliveries",
        ("id", "webhook_id", "status", "delivered_at"),
        [
            (n, invent.one_of(hooks)[0], invent.one_of((200, 200, 200, 500)), invent.moment(days=7))
            for n in range(1, 801)
        ],
    )
