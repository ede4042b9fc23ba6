"""Logs as clouds, containers and log shippers give them on standard input: what is an error is counted once."""

from __future__ import annotations

import bz2
import json
import lzma

import pytest

from fkdash.watch.classify import Classifier
from fkdash.watch.clock import Clock
from fkdash.watch.counts import Counts
from fkdash.watch.notes import notes_of
from fkdash.watch.reading import Reading

_SAID = 'update or delete on table "ws" violates foreign key constraint "task_ws" on table "task"'
_STAMP = "2026-07-02 21:40:22.285 UTC"
_TEXT = f"{_STAMP} [4211] app@shop ERROR:  {_SAID}"
_RDS = "2026-07-02 21:40:22 UTC:10.0.0.5(52134):app@shop:[4211]:"
_SQL = f"{_STAMP} [4211]: [2-1] db=shop,user=app ERROR:  {_SAID}"
_ERROR = {"error_severity": "ERROR", "user_name": "app", "database_name": "shop"}
_DETAIL = 'Key (id)=(3) is still referenced from table "task".'


def _line(value: object) -> str:
    return json.dumps(value) + "\n"


_LOGS = {
    "RDS": f"{_RDS}ERROR:  {_SAID}\n{_RDS}DETAIL:  {_DETAIL}\n{_RDS}STATEMENT:  delete from ws\n",
    "RDS with %e": f"2026-07-02 21:40:22 UTC:10.0.0.5(52134):app@shop:[4211]:23503:ERROR:  {_SAID}\n",
    "CloudWatch tail": f"2026-07-02T21:40:22.000000+00:00 db.0 {_RDS}ERROR:  {_SAID}\n",
    "CloudWatch": _line({"events": [{"timestamp": 1783028422000, "message": f"{_RDS}ERROR:  {_SAID}"}]}),
    "CloudWatch, many lines": json.dumps({"events": [{"message": f"{_RDS}ERROR:  {_SAID}"}]}, indent=4),
    "Cloud SQL": f"{_SQL}\n",
    "Cloud SQL's entry": _line({"textPayload": _SQL, "timestamp": "2026-07-02T21:40:22.285Z", "severity": "ERROR"}),
    "gcloud logging read": json.dumps([{"textPayload": _SQL, "severity": "ERROR"}, {"textPayload": "x"}], indent=2),
    "gcloud in YAML": f"---\ninsertId: x\ntextPayload: '{_SQL}'\ntimestamp: '2026-07-02T21:40:22.285Z'\n",
    "Azure": _line(
        {
            "time": "2026-07-02T21:40:22Z",
            "properties": {
                "timestamp": _STAMP, "errorLevel": "ERROR", "sqlerrcode": "23503", "detail": _DETAIL,
                "message": f"{_STAMP}-6286f-ERROR:  {_SAID}",
            },
        }
    ),
    "Azure's records": _line({"records": [{"properties": {"timestamp": _STAMP, "sqlerrcode": "23503", "message": _SAID}}]}),
    "CloudNativePG": _line({"logger": "postgres", "record": {**_ERROR, "log_time": _STAMP, "sql_state_code": "23503", "message": _SAID}}),
    "Supabase": _line(
        {
            "event_message": _SAID,
            "metadata": [{"parsed": [{**_ERROR, "sql_state_code": "23503", "timestamp": _STAMP}]}],
        }
    ),
    "Heroku": "".join(
        f"2026-07-02T21:40:22.000000+00:00 app[postgres.12]: [DATABASE] [5-{number}]  sql_error_code = 23503 {said}\n"
        for number, said in enumerate((f"ERROR:  {_SAID}", f"DETAIL:  {_DETAIL}"), 1)
    ),
    "syslog": f"Jul  2 21:40:22 db1 postgres[4211]: [5-1] {_TEXT}\n",
    "RFC 5424": f"<131>1 2026-07-02T21:40:22.285123Z db1 postgres 4211 - - [5-1] ERROR:  {_SAID}\n",
    "the journal": _line({"__REALTIME_TIMESTAMP": "1783028422285000", "MESSAGE": _TEXT, "_COMM": "postgres"}),
    "Docker": f"db-1  | {_TEXT}\ndb-1  | {_STAMP} [4211] app@shop DETAIL:  {_DETAIL}\n",
    "Docker's file": _line({"log": f"{_TEXT}\n", "stream": "stderr", "time": "2026-07-02T21:40:22.285Z"}),
    "kubectl --timestamps": f"2026-07-02T21:40:22.285123456Z {_TEXT}\n",
    "Windows": f"{_TEXT}\r\n{_STAMP} [4211] app@shop DETAIL:  {_DETAIL}\r\n",
}  # fmt: skip


def counted(data: bytes, part: int) -> Reading:
    """Read a log that comes in parts of some length."""
    reading = Reading(Classifier(), Counts(), Clock())
    for place in range(0, len(data), part):
        reading.take("stream", data[place : place + part])
    reading.take("stream", b"", final=True)
    return reading


@pytest.mark.parametrize("part", [7, 1 << 20], ids=["in small parts", "at once"])
@pytest.mark.parametrize("log", _LOGS.values(), ids=_LOGS)
def test_each_error_is_counted_once_for_its_constraint_and_minute(log: str, part: int) -> None:
    [seen] = counted(log.encode(), part).counts.seen.values()
    assert (seen.name, seen.sqlstate, seen.count) == ("task.task_ws", "23503", 1)
    assert seen.last is not None
    assert f"{seen.last:%F %H:%M}" == "2026-07-02 21:40"


def test_what_powershell_writes_is_read() -> None:
    [seen] = counted(f"{_TEXT}\r\n".encode("utf-16"), 7).counts.seen.values()
    assert (seen.name, seen.count) == ("task.task_ws", 1)


@pytest.mark.parametrize(
    "data", [lzma.compress(_TEXT.encode()), bz2.compress(_TEXT.encode())], ids=["xz", "bzip2"]
)
def test_what_is_packed_in_another_way_does_not_pass_for_a_quiet_log(data: bytes) -> None:
    assert "could not be read" in "".join(notes_of(counted(data, 1 << 20)))


def test_the_servers_own_entries_that_quote_an_error_are_none() -> None:
    quoting = {**_ERROR, "error_severity": "LOG", "message": f"{_TEXT}\n", "timestamp": _STAMP}
    assert not counted(_line(quoting).encode(), 1 << 20).counts.total
