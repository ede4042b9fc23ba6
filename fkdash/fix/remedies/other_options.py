"""The options that leave the action as it is: checks, indexes, duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.fix.option import Option
from fkdash.fix.remedies.create_index import adopted, index_name, serving
from fkdash.fix.remedies.drop_duplicate import survivor, twins
from fkdash.rules.actions.enforcement import check_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.finding import Finding

_AS_NOW: Final = "as today"


def validate(_: Catalog, finding: Finding) -> Option | None:
    """Offer to check the existing rows, and to enforce a key that is declared only."""
    key = finding.key
    if key.validated and key.enforced:
        return None
    if not key.enforced:
        return Option(
            id="validate",
            title="enforce and check",
            then=f"deleting a row of {key.referenced.name} sets ON DELETE {key.on_delete} off, which never runs "
            "today",
            application=f"gets 23503 for rows of {key.table.name} that refer to nothing",
            frees=False,
            undo="any time",
        )
    return Option(
        id="validate",
        title="check the existing rows",
        then=_AS_NOW,
        application="notices nothing; the server may rely on the key afterwards",
        frees=False,
        undo="any time: the key is declared NOT VALID again",
    )


def create_index(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer the index on the referencing columns, where none on exactly these is there."""
    key = finding.key
    if serving(catalog.tables[key.table], key.columns) is not None:
        return None
    parts = adopted(catalog, key)
    return Option(
        id="create-index",
        title=f"index on ({', '.join(key.columns)})",
        then=f"deleting a row of {key.referenced.name} finds the rows of {key.table.name} by "
        f"{_name(catalog, key)} instead of reading the whole table",
        application=f"notices nothing while it is built; writing rows of {key.table.name} costs a little more",
        frees=False,
        undo="not by itself: indexes of partitions became parts of it" if parts else "any time",
    )


def enable_triggers(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer to make a key whose triggers are switched off work again, and to prove it."""
    key = finding.key
    if not silenced(catalog, key):
        return None
    return Option(
        id="enable-triggers",
        title="declare it anew",
        then=f"deleting a row of {key.referenced.name} sets ON DELETE {key.on_delete} off again",
        application=f"gets 23503 for rows of {key.table.name} that refer to nothing",
        frees=False,
        undo="not offered: it would switch the checks off again",
    )


def drop_duplicate(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer to drop the key, where another one says the same."""
    key = finding.key
    others = twins(catalog, key)
    if not others:
        return None
    stays = survivor(catalog, key)
    named = stays or others[0]
    return Option(
        id="drop-duplicate",
        title=f"drop {key.name}",
        then=f"only {named.name} decides: ON DELETE {named.on_delete}, ON UPDATE {named.on_update}",
        application=f"meets {named.name} in error messages, never {key.name}",
        frees=False,
        undo="any time; the order in which both act may then be another",
        refused=""
        if stays
        else f"{named.name} would be left alone, and it is not validated or not enforced; validate it first",
    )


def silenced(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether a trigger of the key does not fire in an ordinary session."""
    oids = {key.oid, *(copy.oid for copy in key.copies)}
    tables = (*catalog.with_partitions(key.table), *catalog.with_partitions(key.referenced))
    found = any(
        trigger.constraint in oids and trigger.enabled in "DR"
        for table in tables
        for trigger in table.triggers or ()
    )
    return key.enforced and (found or not check_runs(catalog, key))


def _name(catalog: Catalog, key: ForeignKey) -> str:
    return index_name(catalog, key.table, key.columns)


OTHER_OPTIONS: Final[tuple[Callable[[Catalog, Finding], Option | None], ...]] = (
    validate,
    enable_triggers,
    create_index,
    drop_duplicate,
)
