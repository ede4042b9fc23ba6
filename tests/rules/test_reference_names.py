"""Undeclared references by name: as people make names, and no more than the names say."""

from __future__ import annotations

import pytest

from tests.benchmarks.reference_names import STYLES, measure
from tests.benchmarks.reference_names_more import MORE_STYLES


@pytest.mark.parametrize("style", STYLES)
def test_references_are_found_again_by_the_names_that_people_make(style: str) -> None:
    recall = measure(STYLES[style])
    assert not recall.wrong
    assert len(recall.found) >= 0.45 * recall.references


@pytest.mark.parametrize("style", MORE_STYLES)
def test_references_are_found_again_in_what_well_known_applications_call_them(style: str) -> None:
    recall = measure(MORE_STYLES[style])
    assert len(recall.found) >= 0.75 * recall.references


def test_hardly_any_of_the_references_found_goes_elsewhere() -> None:
    recalls = [measure(style) for style in MORE_STYLES.values()]
    assert sum(len(each.wrong) for each in recalls) <= 0.01 * sum(len(each.found) for each in recalls)


@pytest.mark.parametrize(
    "tables",
    [
        # A value that another column says the table of, somebody else's key, a key's own name.
        "notes: id bigint, noteable_id bigint, noteable_type text\nnoteables: id bigint",
        "users: id bigint\npayments: id bigint, stripe_user_id bigint, external_user_id bigint",
        "users: user_id bigint\norders: id bigint, user_id uuid",
        # A word of a text is no key; two tables that fit equally are none.
        "statuses: id text\norders: id bigint, status text",
        "a_user: id bigint\nb_user: id bigint\norders: id bigint, user_id bigint",
        # What is counted or chosen, keys of two tables that are called alike, a table whose name is another's first.
        "actions: id bigint\nusers: id bigint\nlogs: id bigint, action integer, operator integer",
        "bosh: sid text\nproxy65: sid text",
        "hosts: hostid bigint\nitems: itemid bigint, templateid bigint\nhost_template: host_templateid bigint",
        "elements: elementid bigint\nlinks: linkid bigint, elementid bigint, elementtype integer",
        # What a table says of its rows may be a key there, and is no key's name in another table.
        "links: description text\ninvoices: id bigint, description text",
        # One to one: the satellite's key is a reference, not what others refer to.
        "builds: id uuid\nbuild_overrides: build_id bigint\nlogs: id bigint, build_id bigint",
    ],
)
def test_what_only_looks_like_a_reference_is_none(tables: str) -> None:
    assert measure(tables).wrong == ()


def test_a_satellite_is_passed_over_for_the_table_it_hangs_on() -> None:
    recall = measure(
        "p_build: id bigint\nbuild_overrides: build_id bigint > p_build\nlog: id bigint, build_id bigint > p_build"
    )
    assert (recall.missed, recall.wrong) == ((), ())
