"""What was copied from a picture leads to the key that its message names, and to none where that is not certain."""

from __future__ import annotations

from random import Random

import pytest

from fkdash.catalog.model import Catalog
from fkdash.explain.find import explain

pytestmark = pytest.mark.newest_version
SCHEMA = """
create table workspaces (id int primary key);
create table internal_users (id int primary key, primary_workspace_id int not null
  constraint internal_users_primary_workspace_fk references workspaces on delete set null);
create table modern_orders (id int primary key, user_id int constraint "modern-orders: 10 → user" references internal_users);
create table lines (order_id int constraint lines_order_1l references modern_orders on delete restrict);
create table lines2 (order_id int constraint lines_order_ll references modern_orders on delete restrict);
"""
_MESSAGES = {
    'ERROR:  null value in column "primary_workspace_id" of relation "internal_users" violates not-null constraint\n'
    "DETAIL:  Failing row contains (1, null).": "internal_users_primary_workspace_fk",
    'ERROR:  update or delete on table "internal_users" violates foreign key constraint "modern-orders: 10 → user" on '
    'table "modern_orders"\nDETAIL:  Key (id)=(10) is still referenced from table "modern_orders".': "modern-orders: 10 → user",
    'ERROR:  insert or update on table "modern_orders" violates foreign key constraint "modern-orders: 10 → user"\n'
    'DETAIL:  Key (user_id)=(10) is not present in table "internal_users".': "modern-orders: 10 → user",
}
_ALIKE = {
    "l": "lI1|",
    "I": "Il|",
    "1": "1lI",
    "0": "0O",
    "O": "O0",
    "o": "oooo0",
    '"': "\"'“”`",
    "_": "_ ",
    "→": "→-",
}


def _seen(text: str, random: Random) -> str:
    """Give a text as a reader of pictures may give it, no word with a sign for its first letter."""
    read = "".join(random.choice(_ALIKE.get(each, each)) for each in text)
    for letters, alike in (("rn", "m"), ("m", "rn"), ("w", "vv")):
        read = read.replace(letters, alike) if random.random() < 0.2 else read
    return read.replace('"', "") if random.random() < 0.3 else read


@pytest.mark.parametrize("message", _MESSAGES)
async def test_letters_that_look_alike_and_lost_marks_lead_to_the_same_key(schema: Catalog, message: str) -> None:
    wrong = []
    for seed in range(150):
        text = _seen(message, Random(seed))
        found = explain(schema, text)
        if [each.key.name for each in found.answers] != [_MESSAGES[message]]:
            wrong.append((text, found.headline))
    assert wrong == []


async def test_it_is_said_how_it_was_read(schema: Catalog) -> None:
    text = (
        "ERR0R: nuII value in coIumn primary_workspace_id of reIation internaI_users vioIates not-nuII constraint"
    )
    found = explain(schema, text)
    assert "were put right by the names here; it was read as: ERROR: null value in column" in found.advice
    assert '"primary_workspace_id" of relation "internal_users" violates not-null constraint' in found.advice


@pytest.mark.parametrize(
    "text",
    [
        # Two keys are called so.
        "update or delete on tabIe modern orders vioIates RESTRICT setting of foreign key constraint Iines order II",
        "nuII value in coIumn primary_workspace_id of reIation externaI_users vioIates not-nuII constraint",
        "insert or update on tabIe modern_orders vioIates foreign key constraint modern_orders_user_fk",
        "why vioIates internaI_users_primary_workspace_fk no constraint?",
    ],
)
async def test_what_is_not_certain_is_not_put_right(schema: Catalog, text: str) -> None:
    found = explain(schema, text)
    assert len(found.answers) != 1 or found.ambiguous, found.headline
