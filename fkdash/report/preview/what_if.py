"""The same delete under each fix, side by side: what would still stop it, and what it would take along."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from fkdash.catalog.table_name import visible
from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.fact import fact
from fkdash.pictures.fates import Outcome, fates
from fkdash.pictures.picture import TEXT_CELLS, UNICODE, text_of
from fkdash.preview.declared.what_if import Assumptions, NewAction
from fkdash.preview.model import Effect, Verdict
from fkdash.preview.preview import preview
from fkdash.report.markdown import escaped, fenced
from fkdash.report.preview.delete import effect_words, limit_word
from fkdash.rules.actions.enforcement import is_silenced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Sessions
    from fkdash.fix.plan import Plan
    from fkdash.preview.model import DeleteTarget, Limits, Preview


@fact
class Supposed:
    """What the delete would do once `plan` is carried out; None stands for today."""

    plan: Plan | None
    preview: Preview


@fact
class Fate:
    """What happens under one option, in the fewest words: to the delete, the key's own rows, and all others."""

    option: str
    works: bool
    delete: str
    referencing: str
    others: str


async def what_if(
    sessions: Sessions, catalog: Catalog, target: DeleteTarget, plans: Iterable[Plan], limits: Limits
) -> AsyncIterator[Supposed]:
    """Give today's answer and then one for each plan, each from a session of its own; only reads."""
    for plan in (None, *plans):
        assume = None if plan is None else assumptions_of(plan)
        async with sessions.session(limits.seconds) as session:
            found = await preview(session, target, limits, assume=assume)
        if plan is not None and _begins_to_act(catalog, plan):
            # What is declared has no trigger today whose place in the order could be told.
            note = f"{plan.key.shown} does nothing today, and what it would do is not previewed."
            found = replace(
                found, verdict=Verdict.UNKNOWN, exact=False, notes=(note, *found.notes), blockers=(), effects=()
            )
        yield Supposed(plan, found)


def _begins_to_act(catalog: Catalog, plan: Plan) -> bool:
    """Tell whether a key that does nothing today is to be enforced, or declared anew with its triggers on."""
    if plan.goal.gone or not plan.goal.key.enforced:
        return False
    return not plan.key.enforced or (plan.declares_anew and is_silenced(catalog, plan.key))


def assumptions_of(plan: Plan) -> Assumptions:
    """Give what a plan changes, as the preview can pretend it."""
    old, new = plan.key, plan.goal.key
    oid = old.oid or 0
    # Declared anew it acts after the keys that were there, also where what it does to a delete stays the same.
    anew = plan.declares_anew and not plan.goal.gone
    return Assumptions(
        actions={oid: NewAction(new.on_delete, new.delete_columns)} if anew else {},
        dropped=frozenset({oid}) if plan.goal.gone else frozenset(),
        nullable=frozenset(plan.goal.nullable),
        defaults={(old.table, name): text for name, text in plan.values if plan.option == "set-column-default"},
    )


def fate(supposed: Supposed, key: ForeignKey) -> Fate:
    """Give what happens under an option, the rows of `key`'s table apart from the others."""
    found = supposed.preview
    least = limit_word(found)
    stopping = sum(blocker.rows for blocker in found.blockers if blocker.table == key.table)
    own = [least + counted(stopping, "stop it", "stops it")] if stopping else []
    own += [_changed([each], least) for each in found.effects if each.table == key.table and not stopping]
    deletes = {
        Verdict.ALLOWED: f"works, {counted(found.target_rows, 'rows go', 'row goes')}",
        Verdict.BLOCKED: f"refused, {next((each.sqlstate for each in found.blockers), '')}",
        Verdict.UNKNOWN: "not known",
    }
    others = [each for each in found.effects if each.table not in {key.table, found.target.table}]
    if_not = "" if found.verdict is Verdict.ALLOWED else "else "
    changed = _changed(others, least)
    return Fate(
        option="today" if supposed.plan is None else supposed.plan.option,
        works=found.verdict is Verdict.ALLOWED,
        delete=deletes[found.verdict],
        referencing=", ".join(filter(None, own)) or "none",
        others=f"{if_not}{changed}" if changed else "none",
    )


def outcome(supposed: Supposed, titles: Mapping[str, str] = MappingProxyType({})) -> Outcome:
    """Give what happens under an option as it is drawn beside the others, called as `titles` call options."""
    found = supposed.preview
    works = {Verdict.ALLOWED: True, Verdict.BLOCKED: False, Verdict.UNKNOWN: None}[found.verdict]
    return Outcome(
        name="today" if supposed.plan is None else titles.get(supposed.plan.option, supposed.plan.option),
        works=works,
        words=in_words(supposed),
        stopping=sum(blocker.rows for blocker in found.blockers),
        deleted=found.taken_along,
        changed=found.changed,
    )


def what_if_text(supposed: Sequence[Supposed], key: ForeignKey, named: str) -> str:
    """Give the comparison as plain text, an option a line."""
    picture = text_of(fates([outcome(each) for each in supposed], TEXT_CELLS, UNICODE))
    return f"{plain(f'Deleting {named}, by {key.qualified}')}\n{picture}\n"


def what_if_markdown(supposed: Sequence[Supposed], key: ForeignKey, named: str) -> str:
    """Give the comparison as Markdown, for those who decide."""
    lines = [f"## Deleting {escaped(named)}: what each fix of {escaped(key.qualified)} would make of it", ""]
    lines += [f"| option | the delete | {escaped(str(key.table))} | other rows |", "|---|---|---|---|"]
    for each in supposed:
        row = fate(each, key)
        cells = (row.option, row.delete, row.referencing, row.others)
        lines.append(f"| {' | '.join(map(escaped, cells))} |")
    picture = text_of(fates([outcome(each) for each in supposed], TEXT_CELLS, UNICODE))
    lines += ["", *fenced(picture, "text")]
    return "".join(f"{each}\n" for each in lines)


def _changed(effects: Sequence[Effect], least: str) -> str:
    if not effects:
        return ""
    together = Effect(
        effects[0].table,
        deleted=sum(each.deleted for each in effects),
        set_null=sum(each.set_null for each in effects),
        set_default=sum(each.set_default for each in effects),
        updated=sum(each.updated for each in effects),
    )
    words = effect_words(together)
    return f"{least}{words}" if words else ""


def in_words(supposed: Supposed) -> str:
    """Give the answer as a phrase: `refused with 23503 (1,204 users)`, `works: 1,204 lose their reference`."""
    found = supposed.preview
    least = limit_word(found)
    if found.verdict is Verdict.UNKNOWN:
        return f"not known: {found.notes[0]}" if found.notes else "not known"
    if found.verdict is Verdict.BLOCKED:
        stops = next((each for each in found.blockers if each.first), found.blockers[0])
        return f"refused with {stops.sqlstate} ({least}{stops.rows:,} {visible(stops.table.name)})"
    along, kept = found.taken_along, [replace(each, deleted=0) for each in found.effects]
    parts = [f"{least}{counted(along, 'more go', 'more goes')}"] if along else []
    parts += filter(None, [_changed(kept, least)])
    return "works" + (f": {', '.join(parts)}" if parts else ", and touches nothing else")
