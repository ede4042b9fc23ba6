"""A preview for people and for programs: text, the versioned JSON document, Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from fkdash.db.text import plain
from fkdash.preview.model import Verdict
from fkdash.report.check_markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.preview.model import Blocker, Effect, Preview

_REASONS: Final = {
    "0A000": "must not move to another partition",
    "22001": "too long for the column",
    "23001": "still referenced (RESTRICT)",
    "23502": "cannot be NULL",
    "23503": "foreign key",
    "23505": "duplicate key",
    "23514": "CHECK or partition",
    "23P01": "exclusion constraint",
    "42501": "the table's owner lacks privileges",
    "42601": "set twice",
    "428C9": "GENERATED ALWAYS AS IDENTITY",
}


def preview_json(preview: Preview) -> str:
    """Give the JSON document."""
    return json.dumps(preview_document(preview), indent=2) + "\n"


def preview_document(preview: Preview) -> dict[str, Any]:
    """Give the same document as data; fields are added, never renamed."""
    return {
        "fkdash": 1,
        "kind": "preview",
        "verdict": preview.verdict.value,
        "exact": preview.exact,
        "blockers": [_blocker(blocker) for blocker in preview.blockers],
        "effects": [_effect(effect) for effect in preview.effects],
        "notes": list(preview.notes),
        "target": {
            "schema": preview.target.table.schema,
            "table": preview.target.table.name,
            "rows": preview.target_rows,
        },
        "cut_short": preview.cut_short,
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
    }


def sentence(preview: Preview) -> str:
    """Give the consequence in one sentence, plain text."""
    table = plain(str(preview.target.table))
    rows = f"{preview.target_rows:,} {'row' if preview.target_rows == 1 else 'rows'} of {table}"
    if preview.verdict is Verdict.UNKNOWN:
        return f"Whether deleting {rows} succeeds is unknown." if preview.target_rows else f"Unknown for {table}."
    if preview.verdict is Verdict.BLOCKED:
        first = next((blocker for blocker in preview.blockers if blocker.first), None)
        shown = first or next(iter(preview.blockers), None)
        return (
            f"Deleting {rows} fails: {_why(shown, at_least=not preview.exact)}."
            if shown
            else f"Deleting {rows} fails."
        )
    if not preview.target_rows:
        return f"Nothing to delete from {table}."
    others = [effect for effect in preview.effects if effect.table != preview.target.table]
    if not others:
        return f"Deleting {rows} is allowed and touches nothing else."
    deleted = sum(effect.deleted for effect in others)
    written = sum(effect.set_null + effect.set_default + effect.updated for effect in others)
    return f"Deleting {rows} is allowed; it takes {deleted:,} other rows along and changes {written:,}."


def preview_text(preview: Preview) -> str:
    """Give the preview as plain text; nothing from the database is interpreted."""
    return "".join(f"{line}\n" for line in _text_lines(preview))


def preview_markdown(preview: Preview) -> str:
    """Give the preview as Markdown, for a ticket."""
    return "".join(f"{line}\n" for line in _markdown_lines(preview))


def _text_lines(preview: Preview) -> Iterator[str]:
    yield f"{preview.verdict.value.upper()}: {sentence(preview)}"
    least = "" if preview.exact else "at least "
    if preview.blockers:
        yield ""
        yield "What stops it"
        for blocker in preview.blockers:
            mark = "*" if blocker.first else " "
            reason = f"{_reason(blocker)} ({blocker.sqlstate})"
            yield f" {mark} {_subject(blocker)}: {least}{blocker.rows:,} rows, {reason}"
        if any(blocker.first for blocker in preview.blockers):
            yield "   (* is what PostgreSQL reports)"
    if preview.effects:
        yield ""
        yield (
            "What it would do" if preview.verdict is Verdict.ALLOWED else "What it would do if nothing stopped it"
        )
        for effect in preview.effects:
            yield f"   {plain(str(effect.table))}: {least}{_words(effect)}"
    for scan in preview.scans:
        yield ""
        size = f"about {scan.rows:,} rows" if scan.rows is not None else "of unknown size"
        columns = plain(", ".join(scan.columns))
        yield f"{plain(str(scan.table))} ({size}) has no index on {columns}: --allow-scan reads all of it."
    if preview.notes:
        yield ""
        yield from (f"Note: {plain(note)}" for note in preview.notes)


def _markdown_lines(preview: Preview) -> Iterator[str]:
    yield f"## Deleting from {escaped(str(preview.target.table))}: {preview.verdict.value}"
    yield ""
    yield escaped(sentence(preview))
    least = "" if preview.exact else "≥ "
    if preview.blockers:
        yield from ("", "| blocker | rows | SQLSTATE | reported first |", "|---|---:|---|---|")
        for blocker in preview.blockers:
            first = "yes" if blocker.first else ""
            yield f"| {escaped(_subject(blocker))} | {least}{blocker.rows:,} | {blocker.sqlstate} | {first} |"
    if preview.effects:
        yield from (
            "",
            "| table | deleted | set NULL | set DEFAULT | other updates |",
            "|---|---:|---:|---:|---:|",
        )
        for effect in preview.effects:
            numbers = (effect.deleted, effect.set_null, effect.set_default, effect.updated)
            cells = " | ".join(f"{least}{number:,}" for number in numbers)
            yield f"| {escaped(str(effect.table))} | {cells} |"
    if preview.notes:
        yield ""
        yield from (f"- {escaped(note)}" for note in preview.notes)


def _blocker(blocker: Blocker) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "constraint": blocker.constraint,
        "schema": blocker.table.schema,
        "table": blocker.table.name,
        "columns": list(blocker.columns),
        "sqlstate": blocker.sqlstate,
        "rows": blocker.rows,
    }
    return fields | ({"first": True} if blocker.first else {})


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "schema": effect.table.schema,
        "table": effect.table.name,
        "deleted": effect.deleted,
        "set_null": effect.set_null,
        "set_default": effect.set_default,
        "updated": effect.updated,
    }


def _subject(blocker: Blocker) -> str:
    columns = ", ".join(blocker.columns)
    name = f" {blocker.constraint}" if blocker.constraint is not None else ""
    return plain(f"{blocker.table} ({columns}){name}")


def _reason(blocker: Blocker) -> str:
    return _REASONS.get(blocker.sqlstate, "an expression fails")


def _why(blocker: Blocker, *, at_least: bool) -> str:
    if not blocker.rows:
        return f"the action on {_subject(blocker)} is refused, whatever its rows ({_reason(blocker)})"
    least = "at least " if at_least else ""
    rows = f"{least}{blocker.rows:,} {'row' if blocker.rows == 1 else 'rows'} of {plain(str(blocker.table))}"
    columns = plain(", ".join(blocker.columns))
    if blocker.sqlstate == "23502":
        return f"{rows} would get no {columns}, which cannot be NULL"
    if blocker.constraint is None:
        return f"{rows} cannot be written ({_reason(blocker)}: {columns})"
    return f"{rows} are held by {plain(blocker.constraint)} ({_reason(blocker)})"


def _words(effect: Effect) -> str:
    parts = (
        (effect.deleted, "deleted"),
        (effect.set_null, "set NULL"),
        (effect.set_default, "set DEFAULT"),
        (effect.updated, "updated otherwise"),
    )
    return ", ".join(f"{number:,} {word}" for number, word in parts if number)
