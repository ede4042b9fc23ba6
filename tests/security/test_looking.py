"""Looking runs nothing that another role planted, whoever looks and whichever command it is.

Every command runs on connections of its own: the server keeps what it has computed of an index as long as one lasts.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.security.faces import brief_preview_faces, database_faces, ended, plan_faces, preview_faces, walk
from tests.security.plants import plants_of
from tests.security.stage import ADMINISTRATOR, OWNER, PLANTER, READER, SUPERUSER, Stage, provoked, stage_for
from tests.support.servers import TestServer, is_whole_run, versions_under_test

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("own_folders")]

_FIRST_KEYS: Mapping[str, object] = {
    "public.b15_p": "red",
    "public.b16_p": "red",
    "public.b17_p": "dark",
    "public.b18_p": "(1,2)",
    "public.b21_p": "[1,2)",
    "public.c03": "00000000-0000-0000-0000-000000000001",
}
_EXITS = {0, 1, 2, 3, 4}
_ALL_SCREENS, _ABOUT_ROWS = "b p f t x o", "b p o"


def every_face(stage: Stage, dsn: str) -> dict[str, tuple[str, ...]]:
    faces = database_faces(dsn)
    for table in stage.tables:
        of_table = (
            preview_faces if table.startswith("public.c0") or table == "public.hub01" else brief_preview_faces
        )
        faces |= of_table(table, _FIRST_KEYS.get(table, 1), dsn)
    return faces


def few_faces(stage: Stage, dsn: str) -> dict[str, tuple[str, ...]]:
    """Give the commands about a whole database, and for each table one of the two about its rows, in turn."""
    faces = database_faces(dsn)
    for number, table in enumerate(stage.tables):
        [*both] = brief_preview_faces(table, _FIRST_KEYS.get(table, 1), dsn).items()
        name, arguments = both[number % len(both)]
        faces[name] = arguments
    return faces


async def assert_nothing_runs(stage: Stage, role: str, faces: Mapping[str, tuple[str, ...]]) -> None:
    """Run the commands, then the dashboard; whatever ran is named with the command and fkdash's statement."""
    found: list[str] = []
    stage.ran()
    for name, arguments in faces.items():
        command = await ended(*arguments)
        ran = stage.ran()
        found += [f"{name}: {each}" for each in {each.tag: each for each in ran}.values()]
        if command.code not in _EXITS:
            found.append(f"{name}: exit code {command.code}: {command.err}")
    await walk(stage.dsn(role), keys=_ALL_SCREENS if role == SUPERUSER else _ABOUT_ROWS)
    found += [f"dashboard: {each}" for each in {each.tag: each for each in stage.ran()}.values()]
    assert not found, f"as {role}, {len(found)} ran:\n" + "\n".join(found)


async def test_what_the_planner_would_compute_is_not_run(server: TestServer) -> None:
    faces_of = every_face if server.major == versions_under_test()[-1] else few_faces
    async with stage_for(server, plants_of("planner")) as stage:
        dsn = stage.dsn(SUPERUSER)
        await assert_nothing_runs(stage, SUPERUSER, faces_of(stage, dsn) | plan_faces("a22_hub", dsn))


@pytest.mark.newest_version
@pytest.mark.parametrize("strings", ["on", "off"] if is_whole_run() else ["off"])
async def test_what_a_preview_would_evaluate_is_not_run(server: TestServer, strings: str) -> None:
    faces_of = every_face if strings == "off" else few_faces
    async with stage_for(server, plants_of("evaluated")) as stage:
        await stage.database.execute(
            f"ALTER DATABASE {stage.database.name} SET standard_conforming_strings = {strings}"
        )
        await assert_nothing_runs(stage, SUPERUSER, faces_of(stage, stage.dsn(SUPERUSER)))


@pytest.mark.newest_version
@pytest.mark.parametrize("group", ["path", "overloads"])
async def test_no_name_is_looked_up_where_another_role_may_put_one(server: TestServer, group: str) -> None:
    async with stage_for(server, plants_of(group)) as stage:
        dsn = stage.dsn(SUPERUSER)
        faces = every_face(stage, dsn) | plan_faces("c03_loose", dsn)
        typed = ("--where", "name = 'one' and id = any (array[1, 2])", "--format", "json", dsn)
        faces["preview --where of the operator"] = ("preview", "--table", "public.hub", *typed)
        await assert_nothing_runs(stage, SUPERUSER, faces)


@pytest.mark.newest_version
@pytest.mark.parametrize(
    ("role", "groups"),
    [
        *(
            (role, groups)
            for role in ((READER, ADMINISTRATOR) if is_whole_run() else (READER,))
            for groups in ("planner evaluated", "path")
        ),
        *((OWNER, groups) for groups in ("planner evaluated", "overloads")),
    ],
)
async def test_nothing_runs_for_others_who_may_more_than_the_planter(
    server: TestServer, role: str, groups: str
) -> None:
    owner = OWNER if role == OWNER else PLANTER
    plants = [plant for group in groups.split() for plant in plants_of(group)]
    async with stage_for(server, plants, owner=owner) as stage:
        dsn = stage.dsn(role)
        await assert_nothing_runs(stage, role, few_faces(stage, dsn))


@pytest.mark.newest_version
async def test_nothing_runs_with_the_planter_s_own_role_set_for_the_session(server: TestServer) -> None:
    async with stage_for(server, plants_of("planner")) as stage:
        await stage.database.execute(f"ALTER DATABASE {stage.database.name} SET role = '{PLANTER}'")
        dsn = stage.dsn(SUPERUSER)
        await assert_nothing_runs(stage, SUPERUSER, few_faces(stage, dsn))


async def test_what_extensions_offer_a_planter_is_not_run(contrib_server: TestServer) -> None:
    plants = plants_of("contrib")
    async with stage_for(
        contrib_server, plants, extensions={e for plant in plants for e in plant.extensions}
    ) as stage:
        await assert_nothing_runs(stage, SUPERUSER, every_face(stage, stage.dsn(SUPERUSER)))


async def test_every_plant_that_the_planner_computes_is_alive(server: TestServer) -> None:
    await _assert_alive(server, "planner")


@pytest.mark.newest_version
@pytest.mark.parametrize("group", ["evaluated", "path", "overloads"])
async def test_every_plant_is_alive(server: TestServer, group: str) -> None:
    await _assert_alive(server, group)


async def test_every_plant_that_needs_an_extension_is_alive(contrib_server: TestServer) -> None:
    await _assert_alive(contrib_server, "contrib")


async def _assert_alive(server: TestServer, group: str) -> None:
    """A suite in which nothing runs proves nothing unless a careless tool would have run it."""
    plants = plants_of(group)
    async with stage_for(server, plants, extensions={e for plant in plants for e in plant.extensions}) as stage:
        dead = [plant.name for plant in plants if not await provoked(stage, plant)]
    assert dead == []
