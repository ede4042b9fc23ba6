"""A preview for people and for programs: text, the versioned JSON document, Markdown."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from fkdash.catalog.table_name import listed
from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.preview.model import Verdict
from fkdash.report.markdown import escaped
from fkdash.report.not_run import not_run_field, not_run_lines
from fkdash.sqlstates import (
    CHECK_VIOLATION,
    EXCLUSION_VIOLATION,
    FEATURE_NOT_SUPPORTED,
    FOREIGN_KEY_VIOLATION,
    GENERATED_ALWAYS,
    INSUFFICIENT_PRIVILEGE,
    INTERNAL_ERROR,
    INVALID_COLUMN_REFERENCE,
    NOT_NULL_VIOLATION,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    READ_ONLY_SQL_TRANSACTION,
    RESTRICT_VIOLATION,
    STRING_DATA_RIGHT_TRUNCATION,
    SYNTAX_ERROR,
    UNIQUE_VIOLATION,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fkdash.apply.proof.delete_rehearsal import DeleteRehearsal
    from fkdash.preview.model import Blocker, Effect, Preview, Scan
    from fkdash.preview.rows.blocked import RowIdentity
    from fkdash.preview.rows.in_the_way import InTheWay

_REASONS: Final = {
    FEATURE_NOT_SUPPORTED: "must not move to another partition",
    STRING_DATA_RIGHT_TRUNCATION: "too long for the column",
    RESTRICT_VIOLATION: "still referenced (RESTRICT)",
    NOT_NULL_VIOLATION: "cannot be NULL",
    FOREIGN_KEY_VIOLATION: "foreign key",
    UNIQUE_VIOLATION: "duplicate key",
    CHECK_VIOLATION: "CHECK or partition",
    EXCLUSION_VIOLATION: "exclusion constraint",
    INSUFFICIENT_PRIVILEGE: "the table's owner lacks privileges",
    INVALID_COLUMN_REFERENCE: "what a publication publishes of it does not fit its replica identity",
    SYNTAX_ERROR: "set twice",
    GENERATED_ALWAYS: "GENERATED ALWAYS AS IDENTITY",
    READ_ONLY_SQL_TRANSACTION: "transactions are read-only here by default",
    OBJECT_NOT_IN_PREREQUISITE_STATE: "published, without a replica identity",
    INTERNAL_ERROR: "replaced by a rule",
}
Listed: TypeAlias = "Mapping[Blocker, InTheWay]"
_NONE: Final[Listed] = {}
_EFFECTS: Final = ("deleted", "set_null", "set_default", "updated")
_STILL_REFERENCED: Final = (RESTRICT_VIOLATION, FOREIGN_KEY_VIOLATION)


def preview_json(preview: Preview, listed: Listed = _NONE, rehearsed: DeleteRehearsal | None = None) -> str:
    """Give the JSON document; a blocker has the rows `listed` for it."""
    document = preview_document(preview, listed)
    if rehearsed is not None:
        document["rehearsal"] = {
            "agrees": rehearsed.agrees,
            "sqlstate": rehearsed.sqlstate,
            "detail": rehearsed.detail,
            "role": rehearsed.role,
        }
    return json.dumps(document, indent=2) + "\n"


def preview_document(preview: Preview, listed: Listed = _NONE) -> dict[str, Any]:
    """Give the same document as data; fields are added, never renamed."""
    return {
        "fkdash": 1,
        "kind": "preview",
        "verdict": preview.verdict.value,
        "exact": preview.exact,
        "blockers": [
            blocker_document(blocker) | _listed_document(listed.get(blocker)) for blocker in preview.blockers
        ],
        "effects": [_effect(effect) for effect in preview.effects],
        "notes": list(preview.notes),
        "target": {
            "schema": preview.target.table.schema,
            "table": preview.target.table.name,
            "rows": preview.target_rows,
        },
        "cut_short": preview.cut_short,
        "lower_limits": preview.lower_limits,
        "scans": [
            {
                "schema": scan.table.schema,
                "table": scan.table.name,
                "columns": list(scan.columns),
                "rows": scan.rows,
                "bytes": scan.bytes,
            }
            for scan in preview.scans
        ],
    } | not_run_field(preview.not_run)


def sentence(preview: Preview) -> str:
    """Give the consequence in one sentence, plain text."""
    table = plain(str(preview.target.table))
    rows = f"{counted(preview.target_rows, 'rows')} of {table}"
    if preview.verdict is Verdict.UNKNOWN:
        return f"Whether deleting {rows} succeeds is unknown." if preview.target_rows else f"Unknown for {table}."
    if preview.verdict is Verdict.BLOCKED:
        first = next((blocker for blocker in preview.blockers if blocker.first), None)
        shown = first or next(iter(preview.blockers), None)
        when = " at COMMIT" if shown is not None and shown.deferred else ""
        return f"Deleting {rows} fails{when}: {why(preview, shown)}." if shown else f"Deleting {rows} fails."
    if not preview.target_rows:
        return f"Nothing to delete from {table}."
    deleted, written = preview.taken_along, preview.changed
    if not deleted and not written:
        return f"Deleting {rows} is allowed and touches nothing else."
    return f"Deleting {rows} is allowed; it takes {counted(deleted, 'other rows')} along and changes {written:,}."


def preview_text(preview: Preview, listed: Listed = _NONE, way: Iterable[str] = ()) -> str:
    """Give the preview as plain text; nothing from the database is interpreted. `way` is its tree."""
    return "".join(f"{line}\n" for line in _text_lines(preview, listed, way))


def preview_markdown(preview: Preview, listed: Listed = _NONE) -> str:
    """Give the preview as Markdown, for a ticket."""
    return "".join(f"{line}\n" for line in _markdown_lines(preview, listed))


def row_name(columns: Sequence[str], row: RowIdentity) -> str:
    """Name a row by its key and its labels, plain text."""
    key = ",".join(f"{name}={value}" for name, value in zip(columns, row.key, strict=True))
    labels = "".join(f'  "{label}"' for label in row.labels if label is not None)
    return plain(f"{key}{labels}")


def row_document(columns: Sequence[str], labels: Sequence[str], row: RowIdentity) -> dict[str, Any]:
    """Give a row's key and labels as data."""
    return {
        "key": dict(zip(columns, row.key, strict=True)),
        "labels": dict(zip(labels, row.labels, strict=True)),
    }


def _listed_document(found: InTheWay | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {"first_rows": [row_document(found.key_columns, found.label_columns, row) for row in found.rows]}


def preview_csv(preview: Preview) -> str:
    """Give one line for each blocker and for each table something happens to, under the JSON document's names."""
    written = io.StringIO()
    columns = ["what", "schema", "table", "constraint", "columns", "sqlstate", "rows", *_EFFECTS, "exact"]
    writer = csv.DictWriter(written, columns, lineterminator="\n", extrasaction="ignore", restval="")
    writer.writeheader()
    for what, lines in (
        ("blocker", map(blocker_document, preview.blockers)),
        ("effect", map(_effect, preview.effects)),
    ):
        for line in lines:
            named = {name: plain(value) for name, value in line.items() if isinstance(value, str)}
            listed = plain(",".join(line["columns"])) if "columns" in line else ""
            writer.writerow({"what": what, **line, **named, "columns": listed, "exact": preview.exact})
    return written.getvalue()


def _text_lines(preview: Preview, listed: Listed, way: Iterable[str]) -> Iterator[str]:
    yield f"{preview.verdict.value.upper()}: {sentence(preview)}"
    if preview.blockers:
        yield ""
        yield "What stops it"
        for blocker in preview.blockers:
            yield f" {'*' if blocker.first else ' '} {blocker_words(preview, blocker)}"
            yield from (f"       {name}" for name in _listed_names(preview, blocker, listed))
        if any(blocker.first for blocker in preview.blockers):
            yield "   (* is what PostgreSQL reports)"
    yield from way
    yield from text_of_effects(preview, "What it would do")
    yield from text_of_notes(preview)


def blocker_words(preview: Preview, blocker: Blocker) -> str:
    """Give what stands in the way, its rows and why as one phrase."""
    rows = f"{limit_word(preview)}{counted(blocker.rows, 'rows')}"
    return f"{subject(blocker)}: {rows}, {reason(blocker)} ({blocker.sqlstate})"


def text_of_effects(preview: Preview, title: str) -> Iterator[str]:
    """Give a section with a line for each table something happens to; none when nothing does."""
    if preview.effects:
        yield ""
        yield _would(preview, title)
        for effect in preview.effects:
            yield f"   {plain(str(effect.table))}: {limit_word(preview)}{effect_words(effect)}"
        if any(effect.set_null for effect in preview.effects):
            yield "   (a row that loses its reference stays, with NULL in it: SET NULL)"


def _would(preview: Preview, title: str) -> str:
    return title if preview.verdict is Verdict.ALLOWED else f"{title} if nothing stopped it"


def text_of_notes(preview: Preview) -> Iterator[str]:
    """Give the scans that want consent, and the notes."""
    for scan in preview.scans:
        yield ""
        yield f"{plain(scan_words(scan))}: --allow-scan reads all of it."
    if preview.notes:
        yield ""
        yield from (f"Note: {plain(note)}" for note in preview.notes)
    yield from (f"Note: {plain(told)}" for told in not_run_lines(preview.not_run))


def scan_words(scan: Scan) -> str:
    """Name a table that would be read from end to end, with its estimated size and the missing index."""
    size = "size unknown"
    if scan.rows is not None:
        on_disk = f", {_bytes(scan.bytes)}" if scan.bytes is not None else ""
        size = f"about {counted(scan.rows, 'rows')}{on_disk}"
    return f"{scan.table} ({size}) has no index on {listed(scan.columns)}"


def _bytes(number: int) -> str:
    return f"{number / 1024**3:.1f} GB" if number >= 1024**3 else f"{max(1, number // 1024**2):,} MB"


def limit_word(preview: Preview) -> str:
    """Give what stands before a number: nothing, that it is a lower limit, or that it may be any."""
    return "" if preview.exact else "at least " if preview.lower_limits else "perhaps "


def limit_sign(preview: Preview) -> str:
    """Give the same for tables."""
    return "" if preview.exact else "≥ " if preview.lower_limits else "≈ "


def _listed_names(preview: Preview, blocker: Blocker, listed: Listed) -> Iterator[str]:
    found = listed.get(blocker)
    if found is not None:
        yield from (row_name(found.key_columns, row) for row in found.rows)
        if blocker.rows > len(found.rows):
            yield f"... the first {len(found.rows):,} of {limit_word(preview)}{blocker.rows:,}"


def _markdown_lines(preview: Preview, listed: Listed) -> Iterator[str]:
    yield f"## Deleting from {escaped(str(preview.target.table))}: {preview.verdict.value}"
    yield ""
    yield escaped(sentence(preview))
    least = limit_sign(preview)
    if preview.blockers:
        yield from ("", "| blocker | rows | SQLSTATE | reported first |", "|---|---:|---|---|")
        for blocker in preview.blockers:
            first = "yes" if blocker.first else ""
            yield f"| {escaped(subject(blocker))} | {least}{blocker.rows:,} | {blocker.sqlstate} | {first} |"
        for blocker in preview.blockers:
            names = [escaped(name) for name in _listed_names(preview, blocker, listed)]
            if names:
                yield from ("", f"{escaped(subject(blocker))}:", "", *(f"- {name}" for name in names))
    yield from markdown_of_effects(preview, "What it would do")


def markdown_of_effects(preview: Preview, title: str) -> Iterator[str]:
    """Give the effects as a table, then the scans that want consent and the notes as a list."""
    least = limit_sign(preview)
    if preview.effects:
        yield from (
            "",
            f"{_would(preview, title)}, in rows:",
            "",
            "| table | go | lose their reference (SET NULL) | get the default (SET DEFAULT) | change otherwise |",
            "|---|---:|---:|---:|---:|",
        )
        for effect in preview.effects:
            numbers = (effect.deleted, effect.set_null, effect.set_default, effect.updated)
            cells = " | ".join(f"{least}{number:,}" for number in numbers)
            yield f"| {escaped(str(effect.table))} | {cells} |"
    if preview.notes or preview.scans:
        yield ""
        yield from (f"- {escaped(scan_words(scan))} and was not read." for scan in preview.scans)
        yield from (f"- {escaped(note)}" for note in preview.notes)
        yield from (f"- {escaped(told)}" for told in not_run_lines(preview.not_run))


def blocker_document(blocker: Blocker) -> dict[str, Any]:
    """Give a blocker as data."""
    fields: dict[str, Any] = {
        "constraint": blocker.constraint,
        "schema": blocker.table.schema,
        "table": blocker.table.name,
        "columns": list(blocker.columns),
        "sqlstate": blocker.sqlstate,
        "rows": blocker.rows,
    }
    if blocker.partition is not None:
        fields["partition"] = {"schema": blocker.partition.schema, "table": blocker.partition.name}
    if blocker.missing is not None:
        fields["missing"] = {"schema": blocker.missing.schema, "table": blocker.missing.name}
        fields["value"] = list(blocker.value)
    more = {"first": blocker.first, "deferred": blocker.deferred, "half_null": blocker.half}
    return fields | {name: True for name, said in more.items() if said}


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "schema": effect.table.schema,
        "table": effect.table.name,
        "deleted": effect.deleted,
        "set_null": effect.set_null,
        "set_default": effect.set_default,
        "updated": effect.updated,
    }


def subject(blocker: Blocker) -> str:
    """Name what stands in the way: table, columns, constraint."""
    columns = f" ({', '.join(blocker.columns)})" if blocker.columns else ""
    name = f" {blocker.constraint}" if blocker.constraint is not None else ""
    inside = f", partition {blocker.partition}" if blocker.partition is not None else ""
    return plain(f"{blocker.table}{columns}{name}{inside}")


def reason(blocker: Blocker) -> str:
    """Give what the SQLSTATE means, in a few words."""
    late = ", at COMMIT" if blocker.deferred else ""
    if blocker.missing is not None:
        return f"no such row of {plain(str(blocker.missing))}{late}"
    if blocker.half:
        return f"MATCH FULL does not mix NULL and values{late}"
    return _REASONS.get(blocker.sqlstate, "an expression fails") + late


def why(preview: Preview, blocker: Blocker) -> str:
    """Give what stands in the way as a clause: rows, table and reason."""
    if not blocker.rows and not blocker.columns:
        return f"it is refused, whatever the rows ({reason(blocker)})"
    if not blocker.rows:
        return f"the action on {subject(blocker)} is refused, whatever its rows ({reason(blocker)})"
    rows = f"{limit_word(preview)}{counted(blocker.rows, 'rows')} of {plain(str(blocker.table))}"
    columns, name = plain(", ".join(blocker.columns)), plain(blocker.constraint or "")
    if blocker.missing is not None:
        nowhere = plain(str(blocker.missing))
        said = f"would refer to {plain(_value(blocker.value))}, which is no row of {nowhere} ({name})"
    elif blocker.half:
        said = f"would have NULL in some of ({columns}) and not in others, which {name} forbids (MATCH FULL)"
    elif blocker.sqlstate == NOT_NULL_VIOLATION:
        said = f"would get no {columns}, which cannot be NULL"
    elif blocker.constraint is None:
        said = f"cannot be written ({reason(blocker)}: {columns})"
    elif blocker.sqlstate in _STILL_REFERENCED:
        verb, them = "refers" if blocker.rows == 1 else "refer", "it" if preview.target_rows == 1 else "them"
        said = f"still {verb} to {them} by {name} ({reason(blocker)})"
    else:
        said = f"would break {name} ({reason(blocker)})"
    return f"{rows} {said}"


def _value(value: Sequence[str | None]) -> str:
    """Give a key's value: `'deleted-user'`, `(1, NULL)`."""
    parts = ["NULL" if each is None else each if each.lstrip("-").isdigit() else f"'{each}'" for each in value]
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def effect_words(effect: Effect) -> str:
    """Give what would happen to a table's rows: `3 go, 2 lose their reference`."""
    parts = (
        (effect.deleted, "goes", "go"),
        (effect.set_null, "loses its reference", "lose their reference"),
        (effect.set_default, "gets the default", "get the default"),
        (effect.updated, "changes otherwise", "change otherwise"),
    )
    return ", ".join(f"{number:,} {one if number == 1 else many}" for number, one, many in parts if number)
