"""Takes over what an earlier scan's document has counted to the end, so that only the rest is counted again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fkdash.errors import UsageError
from fkdash.orphans.evidence import Evidence, Orphan
from fkdash.orphans.scan import COMPLETE, OrphanCount, ScannedReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fkdash.catalog.model import ForeignKey
    from fkdash.orphans.references import Reference


def counted_earlier(
    document: object, references: Iterable[Reference], origin: str
) -> Mapping[Reference, ScannedReference]:
    """Give what a document of `fkdash orphans scan` says of these references, where that was complete.

    Raises UsageError, naming `origin`, for anything but such a document.
    """
    try:
        if isinstance(document, dict) and document.get("kind") == "orphans":
            return dict(_taken_over(document["results"], references))
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise UsageError(
        f"{origin} is no document of a scan for orphans.",
        next_step="Write one with fkdash orphans scan --format json.",
    )


def _taken_over(
    results: Iterable[Mapping[str, Any]], references: Iterable[Reference]
) -> Iterator[tuple[Reference, ScannedReference]]:
    by_name = {_named(each): each for each in results if each["status"] == COMPLETE}
    for reference in references:
        result = by_name.get(_identity(reference))
        if result is not None:
            count = OrphanCount(int(result["rows"]))
            yield reference, ScannedReference(reference, count, _evidence(result, reference.key))


def _identity(reference: Reference) -> tuple[Any, ...]:
    key = reference.key
    return (
        key.name if reference.declared else None,
        *key.table,
        *key.columns,
        *key.referenced,
        *key.referenced_columns,
    )


def _named(result: Mapping[str, Any]) -> tuple[Any, ...]:
    referenced = result["referenced"]
    return (
        result["constraint"],
        result["schema"],
        result["table"],
        *result["columns"],
        referenced["schema"],
        referenced["table"],
        *referenced["columns"],
    )


def _evidence(result: Mapping[str, Any], key: ForeignKey) -> Evidence:
    rows = tuple(
        Orphan(
            tuple(each["key"].items()),
            tuple(each["refers_to"].get(name) for name in key.columns),
            tuple(each["labels"].items()),
        )
        for each in result.get("samples", ())
    )
    return Evidence(rows, result.get("timestamp_column", ""), result.get("oldest"), result.get("newest"))
