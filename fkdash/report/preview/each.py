"""Which rows of a table cannot be deleted, for people and for programs: text, the JSON document, Markdown, CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.preview.model import Verdict
from fkdash.report.markdown import escaped
from fkdash.report.preview.delete import (
    blocker_words,
    limit_sign,
    markdown_of_effects,
    preview_document,
    row_document,
    row_name,
    subject,
    text_of_effects,
    text_of_notes,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.preview.each.answer import EachPreview


def each_json(found: EachPreview) -> str:
    """Give the JSON document: a preview's, with what is said of the rows in fields of its own."""
    return json.dumps(each_document(found), indent=2) + "\n"


def each_document(found: EachPreview) -> dict[str, Any]:
    """Give the same document as data.

    `each_row` says that the question was about every row alone; `holds_back` of a blocker
    is the number of rows that it keeps from being deleted; `not_known` is null where a
    limit came before the rows were counted.
    """
    document = preview_document(found.preview)
    for blocker, held in zip(document["blockers"], found.holds_back, strict=True):
        blocker["holds_back"] = held
    return document | {
        "each_row": True,
        "cannot_be_deleted": found.cannot,
        "not_known": found.unknown if found.preview.target_rows or not found.preview.cut_short else None,
        "rows": [
            row_document(found.key_columns, found.label_columns, row.row) | {"blocking_rows": row.blocking_rows}
            for row in found.rows
        ],
        "more_rows": found.more,
    }


def each_sentence(found: EachPreview) -> str:
    """Give the answer in one sentence, plain text."""
    preview, table = found.preview, plain(str(found.preview.target.table))
    whole = f"{counted(preview.target_rows, 'rows')} of {table}"
    if preview.verdict is Verdict.ALLOWED:
        if not preview.target_rows:
            return f"{table} has no row to delete."
        return f"Each of the {whole} can be deleted by itself."
    if preview.verdict is Verdict.UNKNOWN:
        return f"Whether the rows of {table} can be deleted is not known."
    least = "At least " if found.unknown else ""
    stops = f": {why(preview, preview.blockers[0])}" if len(preview.blockers) == 1 else ""
    return f"{least}{found.cannot:,} of {whole} cannot be deleted{stops}."


def each_text(found: EachPreview) -> str:
    """Give the answer as plain text; nothing from the database is interpreted."""
    return "".join(f"{line}\n" for line in _text_lines(found))


def each_markdown(found: EachPreview) -> str:
    """Give the answer as Markdown, for a ticket."""
    return "".join(f"{line}\n" for line in _markdown_lines(found))


def each_csv(found: EachPreview) -> str:
    """Give the rows that cannot be deleted as CSV, under their columns' names."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([*found.key_columns, *found.label_columns, "blocking_rows"])
    for row in found.rows:
        labels = ["" if label is None else plain(label) for label in row.row.labels]
        writer.writerow([*map(plain, row.row.key), *labels, row.blocking_rows])
    return written.getvalue()


def _text_lines(found: EachPreview) -> Iterator[str]:
    preview = found.preview
    yield f"{preview.verdict.value.upper()}: {each_sentence(found)}"
    if preview.blockers:
        yield ""
        yield "What stands in the way, each row being deleted by itself"
        for blocker, held in zip(preview.blockers, found.holds_back, strict=True):
            yield f"   {blocker_words(preview, blocker)}; holds back {held:,}"
    if found.rows:
        yield ""
        first = f"the first {len(found.rows):,} of {found.cannot:,}; " if found.more else ""
        yield f"Rows that cannot be deleted ({first}rows in the way at the end)"
        for row in found.rows:
            yield f"   {row_name(found.key_columns, row.row)}  {row.blocking_rows:,}"
    yield from text_of_effects(preview, "What deleting all of them would do")
    yield from _unknown(found)
    yield from text_of_notes(preview)


def _unknown(found: EachPreview) -> Iterator[str]:
    if found.unknown and found.preview.target_rows:
        yield ""
        yield f"Not known for {found.unknown:,} of {counted(found.preview.target_rows, 'rows')}."


def _markdown_lines(found: EachPreview) -> Iterator[str]:
    preview = found.preview
    table = escaped(str(preview.target.table))
    yield f"## Rows of {table} that cannot be deleted: {preview.verdict.value}"
    yield ""
    yield escaped(each_sentence(found))
    if preview.blockers:
        yield from ("", "| blocker | rows in the way | rows held back | SQLSTATE |", "|---|---:|---:|---|")
        least = limit_sign(preview)
        for blocker, held in zip(preview.blockers, found.holds_back, strict=True):
            numbers = f"{least}{blocker.rows:,} | {least}{held:,}"
            yield f"| {escaped(subject(blocker))} | {numbers} | {blocker.sqlstate} |"
    if found.rows:
        yield from ("", "| row that cannot be deleted | rows in the way |", "|---|---:|")
        for row in found.rows:
            yield f"| {escaped(row_name(found.key_columns, row.row))} | {row.blocking_rows:,} |"
        if found.more:
            yield from ("", f"These are the first {len(found.rows):,} of {found.cannot:,}.")
    yield from map(escaped, _unknown(found))
    yield from markdown_of_effects(preview, "What deleting all of them would do")
