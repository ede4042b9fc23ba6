"""A remedy is one module: what offers it, plans it and tells that nothing is left to do stands there."""

from __future__ import annotations

import pkgutil

import pytest

from fkdash.fix import remedies
from fkdash.fix.remedies.registry import BY_ID, REMEDIES
from fkdash.fix.remedy import Remedy
from fkdash.rules.registry import RULES


def test_every_module_of_the_room_is_a_remedy_and_registered_under_its_name() -> None:
    modules = {each.name.replace("_", "-") for each in pkgutil.iter_modules(remedies.__path__)}
    assert modules == {*BY_ID, "registry"}
    assert len(BY_ID) == len(REMEDIES)


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: remedy.id)
def test_a_remedy_answers_only_rules_that_exist(remedy: Remedy) -> None:
    assert remedy.answers <= {rule.id for rule in RULES}
