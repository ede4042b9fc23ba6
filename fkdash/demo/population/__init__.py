"""Everybody and everything in the incident, as rows ready to be loaded; the same seed gives the same rows."""

from __future__ import annotations

from collections.abc import Iterator

from fkdash.demo.names import Invention
from fkdash.demo.population import activity, people, reference, support, work
from fkdash.demo.population.batch import Batch

SEED = 2025


def batches(seed: int = SEED) -> Iterator[Batch]:
    """Give the rows of every table, one batch for each."""
    invent = Invention(seed)
    yield from reference.batches()
    crowd = people.invented_crowd(invent)
    yield from people.batches(crowd, invent)
    yield from work.batches(crowd, invent)
    yield from support.batches(invent)
    yield from activity.batches(crowd, invent)
