"""What programs do to a message before somebody copies it; written from the formats, not copied from anywhere."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable


def _csv(text: str) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_MINIMAL).writerow(
        [
            "2026-07-02 21:40:22.285 UTC",
            "app",
            "shop",
            "23505",
            "10.0.0.5:5432",
            "5958f7c6.661",
            "DELETE",
            text,
            "psql",
        ]
    )
    return out.getvalue().rstrip("\r\n")


def _lines(prefix: str) -> Callable[[str], str]:
    return lambda text: "\n".join(prefix + each for each in text.split("\n"))


def _logfmt(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'level=error msg="delete failed" err="pq: {quoted}" took=3ms'


def _screen(text: str) -> str:
    return "app=> \\i fix.sql\n" + text + "\napp=> \\q"


WRAPPERS: dict[str, Callable[[str], str]] = {
    "JSON": lambda text: json.dumps({"level": "error", "time": 1795369245497, "message": text}),
    "JSON, not ASCII": lambda text: json.dumps({"error": text, "id": 23505}, ensure_ascii=False),
    "GraphQL": lambda text: json.dumps(
        {"errors": [{"extensions": {"code": "constraint-violation"}, "message": text}]}
    ),
    "cloud entry": lambda text: json.dumps(
        {"insertId": "x1", "resource": {"type": "cloudsql_database"}, "severity": "ERROR", "textPayload": text},
        indent=2,
    ),
    "logfmt": _logfmt,
    "zerolog console": lambda text: f"7:53AM ERR Internal Server Error error={json.dumps(text)}",
    "Python": lambda text: f"Traceback (most recent call last):\n  x()\nDatabaseError({text!r})",
    "csvlog": _csv,
    "compose": _lines("app-1  | "),
    "journal": _lines("Jul 02 21:40:22 db-1 postgres[23505]: "),
    "pod": _lines("2026-07-02T21:40:22.123456789Z stderr F "),
    "syslog": lambda text: _lines("Jul 02 21:40:22 db-1 postgres[4211]: [3-1] ")(text.replace("\t", "#011")),
    "mail": _lines("> "),
    "colours": lambda text: f"\x1b[31m\x1b[1m{text}\x1b[0m",
    "colours as text": lambda text: f"\\u001b[31m{text}\\u001b[39m",
    "colours without their escape": lambda text: f"\u2190[31m[1m{text}[0m",
    "excerpt": lambda text: text.replace("\n", "\\n"),
    "page": html.escape,
    "screen": _screen,
    "box": lambda text: "┌────┐\n" + _lines("│ ")(text) + "\n└────┘",
    "pytest": _lines("E   "),
    "Windows": lambda text: text.replace("\n", "\r\n"),
}
UNRELATED = (
    "2026-07-02 21:40:21 UTC [23503] LOG:  duration: 23502.123 ms  statement: SELECT 1 FROM numbers",
    "GET /api/workspaces/23505 500 in 41ms",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
    "WARN  retrying in 5s (attempt 2 of 3), request id 23514",
    'INFO user "dba" connected to "app"',
    "",
)
