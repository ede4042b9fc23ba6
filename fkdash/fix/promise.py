"""What an option promises of the rows that are blocked today: what the rules say of the schema as it would be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Action, Statement
from fkdash.catalog.hypothetical import with_defaults, with_nullable
from fkdash.catalog.table_name import listed
from fkdash.fix.changed_key import statements_of
from fkdash.fix.declare import is_new
from fkdash.fix.option import AS_TODAY
from fkdash.fix.undeclared import around, referring
from fkdash.rules.actions.cascades import node
from fkdash.rules.actions.enforcement import action_runs, check_runs, is_silenced
from fkdash.rules.actions.swallowing import not_letting_through
from fkdash.rules.actions.trigger_code import Fate
from fkdash.sqlstates import FOREIGN_KEY_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.option import Option
    from fkdash.rules.finding import Finding

_MOST_NAMED: Final = 4
_MOST_BESIDE: Final = 50
_MOST_TABLES: Final = 300
_NOT_NULL: Final = "now()"
"""An expression of which the rules know that it gives a value, and not which."""


def promised(
    catalog: Catalog, finding: Finding, option: Option, defaults: Mapping[str, str] | None = None
) -> Option:
    """Give an option with what it means for the rows that are blocked today, as far as the schema tells.

    `defaults` are the columns' defaults, as expressions, where the option sets them.
    """
    if option.refused:
        return option
    key = finding.key
    if key.enforced and not check_runs(catalog, key) and (option.proves or option.becomes not in (None, key)):
        # Declared anew it has all its triggers, and they fire.
        checked = f"{option.application}; gets 23503 again for rows of {key.table.shown} that refer to nothing"
        option = replace(option, application=checked)
    if not acts(catalog, key) and not is_new(catalog, key):
        option = _of_silent(key, option)
    new = option.becomes
    if new is None or not new.enforced:
        return option
    supposed = catalog
    for table, name in option.nullable:
        supposed = with_nullable(supposed, table, (name,))
    defaults = defaults or _still_to_be_named(option, new)
    if defaults:
        supposed = with_defaults(supposed, new.table, defaults)
    option = replace(option, then=option.then + _unless_kept(catalog, new, statements_of(finding)))
    words = _words(catalog, supposed, finding.key, new, statements_of(finding), named=bool(defaults))
    if not acts(catalog, key) and Statement.UPDATE not in statements_of(finding):
        words += _changing_keys(supposed, new)
    deletes = Statement.DELETE in statements_of(finding)
    return replace(option, frees=option.frees and deletes and _stops(catalog, finding.key), blocked=words)


def _still_to_be_named(option: Option, new: ForeignKey) -> Mapping[str, str]:
    """Give the defaults that the operator is asked for: each will be a value of an existing row."""
    writes = Action.SET_DEFAULT in {new.on_delete, new.on_update}
    return dict.fromkeys(option.asks, _NOT_NULL) if writes else {}


def acts(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether a key does anything to a delete today: it is enforced, and its action's triggers fire."""
    return key.enforced and (not is_silenced(catalog, key) or action_runs(catalog, key, Statement.DELETE))


def _of_silent(key: ForeignKey, option: Option) -> Option:
    """Give an option for a key that does nothing today: it begins to, or goes on doing nothing."""
    if option.proves:
        then = (
            f"deleting a row of {key.referenced.shown} sets ON DELETE {key.on_delete} off, which never runs today"
        )
        return replace(option, then=then, becomes=replace(key, validated=True, enforced=True))
    if option.becomes is None or option.becomes.enforced:
        return option
    return replace(
        option,
        then=f"{AS_TODAY}: {key.shown} stays NOT ENFORCED, and none of its actions runs",
        application="notices nothing",
        frees=False,
        undo="any time",
    )


def _unless_kept(catalog: Catalog, new: ForeignKey, statements: Iterable[Statement]) -> str:
    """Name the triggers that let no action through: where one keeps a row as it is, the promise does not hold."""
    names: dict[str, None] = {}
    for statement in statements:
        for trigger, fate in not_letting_through(catalog, new, statement).items():
            if fate is not Fate.UNKNOWN:
                names[trigger.shown] = None
    if not names:
        return ""
    which = f"trigger{'s' if len(names) > 1 else ''} {listed(names)} of {new.table.shown}"
    return f"; but {which} can keep such a row of {new.table.shown} as it is, and it then refers to nothing"


def _words(
    catalog: Catalog,
    supposed: Catalog,
    old: ForeignKey,
    new: ForeignKey,
    statements: tuple[Statement, ...],
    *,
    named: bool,
) -> str:
    """Say it; `named` says that the default is an existing row, which the plan looks for."""
    rows, theirs = f"rows of {new.referenced.shown}", new.table.shown
    if Statement.DELETE not in statements:
        still = _still(supposed, new, Statement.UPDATE, named=named)
        deletes = "refuses it" if new.on_delete in REFUSING else "acts"
        as_before = f"a DELETE goes as before: {old.on_delete} {deletes}"
        if new.on_update in REFUSING:
            return f"a key of {new.referenced.shown} that {theirs} refers to stays as it is; {as_before}"
        return f"{rows} whose key cannot be changed today can get another key{_except(still)}; {as_before}"
    still = _still(supposed, new, Statement.DELETE, named=named)
    if _stops(catalog, old):
        if new.on_delete in REFUSING:
            return f"{rows} that are blocked today stay so"
        return f"{rows} that are blocked today can be deleted{_except(still)}"
    if new.on_delete in REFUSING:
        return f"{old.shown} blocks nothing today; {rows} to which {theirs} refers can then not be deleted"
    starts = f"; then these may stop a delete: {still}" if still else ""
    return f"{old.shown} blocks nothing today{starts}"


def _changing_keys(supposed: Catalog, new: ForeignKey) -> str:
    """Say what a key that begins to act does to statements that change the key of a referenced row."""
    still = _still(supposed, new, Statement.UPDATE, named=False)
    return f"; changing the key of a row of {new.referenced.shown} may then be stopped: {still}" if still else ""


def _except(still: str) -> str:
    return f", except where one of these stops it: {still}" if still else ""


def _stops(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether a key can hold rows back as it is."""
    return acts(catalog, key) and (key.on_delete in REFUSING or any(_own(catalog, key, Statement.DELETE)))


def _still(catalog: Catalog, new: ForeignKey, statement: Statement, *, named: bool) -> str:
    """Name what can stop the statement although the key is declared as `new`: "" for nothing."""
    own = [
        _named(finding)
        for finding in _own(catalog, new, statement)
        if not (named and _lacks_default_row(finding, new))
    ]
    others = _others(catalog, new) if statement is Statement.DELETE else ()
    found = tuple(dict.fromkeys((*own, *others)))
    more = f"; {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
    return "; ".join(found[:_MOST_NAMED]) + more


def _lacks_default_row(finding: Finding, new: ForeignKey) -> bool:
    """Tell whether all that is said against a key is that the row of its default may not be there."""
    by_itself = finding.key.qualified == new.qualified and not finding.path
    return by_itself and finding.error is not None and finding.error.sqlstate == FOREIGN_KEY_VIOLATION


def _own(
    catalog: Catalog, key: ForeignKey, statement: Statement, beside: ForeignKey | None = None
) -> Iterator[Finding]:
    """Give what the rules say against the key itself, or further down the way that begins with it.

    `beside` is another key as it will be declared.
    """
    carried = _carried_to(catalog, key) if statement is Statement.DELETE else frozenset()
    for finding in around(catalog, key, beside):
        first = finding.path[0] if finding.path else finding.key
        below = not finding.path and node(catalog, first.referenced) in carried
        if statement in finding.statements and (first.qualified == key.qualified or below):
            yield finding


def _carried_to(catalog: Catalog, key: ForeignKey) -> frozenset[TableName]:
    """Give the tables whose rows a delete takes along by this key, as far as the rules are asked about them."""
    ahead = [node(catalog, key.table)] if key.on_delete is Action.CASCADE else []
    found: set[TableName] = set()
    while ahead and len(found) < _MOST_TABLES:
        name = ahead.pop()
        found.add(name)
        below = (each for each in referring(catalog, name) if each.on_delete is Action.CASCADE)
        ahead += [each for each in {node(catalog, one.table) for one in below} if each not in found]
    return frozenset(found)


def _others(catalog: Catalog, key: ForeignKey) -> Iterator[str]:
    """Give the other keys by which a row of the same table is held back, or what their actions run into."""
    beside = list(_beside(catalog, key))
    for other in beside:
        if other.on_delete in REFUSING:
            yield f"{other.shown} of {other.table.shown} ({other.on_delete})"
    acting = [other for other in beside if other.on_delete not in REFUSING]
    for other in acting[:_MOST_BESIDE]:
        for finding in _own(catalog, other, Statement.DELETE, key):
            yield _named(finding)
    if len(acting) > _MOST_BESIDE:
        yield f"what {len(acting) - _MOST_BESIDE:,} more keys to {key.referenced.shown} run into"


def _beside(catalog: Catalog, key: ForeignKey) -> Iterable[ForeignKey]:
    found = referring(catalog, key.referenced)
    return (each for each in found if each.enforced and each.qualified != key.qualified)


def _named(finding: Finding) -> str:
    """Say what stops a row, in the words PostgreSQL has for it."""
    if finding.error is None:
        return finding.message.rstrip(".")
    return f"{finding.error.message} ({finding.error.sqlstate})"
