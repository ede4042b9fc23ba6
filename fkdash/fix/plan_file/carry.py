"""A plan that was made elsewhere: carried out here only where it would be made the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fkdash.errors import AlreadySoError, UsageError
from fkdash.fix.fix_for import anything_about, subject_of
from fkdash.fix.plan_file.carried_out import reached
from fkdash.fix.plan_file.edited import edited
from fkdash.fix.plan_file.fingerprint import differences, objects
from fkdash.fix.planner import plan
from fkdash.fix.remedy import Picks

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.plan import Plan


def planned_here(catalog: Catalog, carried: Plan) -> Plan:
    """Give the plan that this database needs for what a carried one does.

    Raises AlreadySoError where that was done here; UsageError, with the differences, where the objects differ in
    what matters or where it was edited into something else.
    """
    so = reached(catalog, carried)
    if so:
        raise AlreadySoError(carried.key.qualified, carried.option, so)
    key = _key(catalog, carried)
    different = differences(carried.objects, objects(catalog, key))
    if different:
        raise UsageError(
            f"The plan was made for another {carried.key.qualified} than the one in this database.",
            next_step="\n".join((*different, "Make a plan for this database: fkdash fix plan")),
        )
    here = _made_here(catalog, key, carried)
    if [step.title for step in here.steps] != [step.title for step in carried.steps]:
        raise UsageError(
            f"On this server {carried.option} for {key.qualified} takes other steps than the plan has.",
            next_step=f"Here: {here.procedure}.\nMake a plan for this database: fkdash fix plan",
        )
    changed = {
        own.number: theirs.sql
        for own, theirs in zip(here.steps, carried.steps, strict=True)
        if own.sql != theirs.sql
    }
    plan_with_edits, objections = edited(here, changed)
    if objections:
        raise UsageError(
            "The plan's SQL was edited into something else than the plan claims; it can be exported, not applied.",
            next_step="\n".join(objections),
        )
    return plan_with_edits


def _made_here(catalog: Catalog, key: ForeignKey, carried: Plan) -> Plan:
    keep = any(step.title == "build" for step in carried.steps)
    subject = subject_of(catalog, key, carried.option)
    if subject.rule != carried.rule:
        subject = anything_about(key)
    words = [f"{name}={text}" for name, text in carried.filled]
    words += [f"{name}={text}" for name, text in carried.values]
    picks = Picks(carried.picked_by, carried.picked, carried.unpicked) if carried.picked_by else None
    here = plan(catalog, subject, carried.option, words=words, pace=carried.pace, of=_of(carried), picks=picks)
    if keep and not any(step.title == "build" for step in here.steps):
        here = plan(catalog, subject, carried.option, keep_validated=True, words=words)
    return here


def _of(carried: Plan) -> list[str]:
    """Give the words that name the referenced rows a plan is about, whatever stands in their keys."""
    return ["=".join(row[0]) if len(row) == 1 else json.dumps(dict(row)) for row in carried.chosen]


def _key(catalog: Catalog, carried: Plan) -> ForeignKey:
    for key in catalog.foreign_keys:
        if (key.table, key.name) == (carried.key.table, carried.key.name):
            return key
    if carried.brings and {carried.key.table, carried.key.referenced} <= set(catalog.tables):
        return carried.key
    raise UsageError(
        f"{carried.key.qualified}, which the plan is for, is not in this database.",
        next_step="Is it the right database? Else make a plan for this one: fkdash fix plan",
    )
