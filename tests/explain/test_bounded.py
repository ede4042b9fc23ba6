"""A text of any size and content is read within bounds, and the error in it is found wherever it stands."""

from __future__ import annotations

import random
from time import process_time

import pytest

from fkdash.explain.bounded import WHOLE, picked, picked_text
from fkdash.explain.find import explain
from tests.rules.catalogs import sound
from tests.support.patience import in_time

_ERROR = (
    'ERROR:  update or delete on table "organizations" violates foreign key constraint '
    '"workspaces_organization_id_fkey" on table "workspaces"\n'
    'DETAIL:  Key (id)=(7) is still referenced from table "workspaces".\n'
)
_MIB = 1024 * 1024


def _behind(text: str) -> list[str]:
    return [answer.key.name for answer in explain(sound(), text).answers]


@pytest.mark.parametrize("place", [0.0, 0.37, 1.0])
@pytest.mark.parametrize(
    "kind", ["log", "binary", "endless line", "the same error", "different errors", "of its kind"]
)
def test_an_error_in_megabytes_of_anything_is_found(kind: str, place: float) -> None:
    noise = {
        "log": b"".join(b"2026-07-02 21:40:22 UTC [%d] LOG:  duration: %d ms\n" % (n, n) for n in range(30_000)),
        "binary": random.Random(1).randbytes(_MIB),
        "endless line": b'{"a":1,"b":"some text"},' * (_MIB // 24),
        "the same error": b'2026-07-02 [1] ERROR:  duplicate key value violates unique constraint "a_pkey"\n'
        * 12_000,
        "different errors": b"".join(
            b'ERROR:  null value in column "%d%x" violates not-null constraint\n' % (n, n * 7919)
            for n in range(12_000)
        ),
        "of its kind": b"".join(
            b'[%d] ERROR:  update or delete on table "t%x" violates foreign key constraint "t%x_fk" on table "u"\n'
            % (n, n * 7919, n * 7919)
            for n in range(12_000)
        ),
    }[kind]
    noise = (noise * (3 * _MIB // len(noise) + 1))[: 3 * _MIB]
    at = int(len(noise) * place)
    raw = noise[:at] + b"\n" + _ERROR.encode() + noise[at:]
    found = picked(raw[start : start + 65_536] for start in range(0, len(raw), 65_536))
    assert (found.size, found.whole) == (len(raw), False)
    assert len(found.text) < 2 * WHOLE
    assert _behind(found.text) == ["workspaces_organization_id_fkey"]


def test_it_is_all_the_same_in_which_pieces_a_text_comes() -> None:
    random_ones = random.Random(7)
    noise = [
        f'2026-07-02 [{n}] ERROR:  null value in column "{"xyzwv"[n % 5]}{n}" violates not-null constraint\n'
        f"DETAIL:  Failing row contains ({n}, null).\n"
        for n in range(9_000)
    ]
    text = ("".join(noise[:4_000]) + _ERROR + "".join(noise[4_000:])).encode()
    whole = picked([text])
    assert not whole.whole
    for _ in range(5):
        cuts = sorted(random_ones.sample(range(len(text)), 30))
        parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
        assert picked(parts) == whole


def test_of_a_long_text_what_is_surely_an_error_comes_before_what_may_be_one() -> None:
    doubtful = "".join(
        f"ERROR: nothing of ours {chr(97 + n % 26)}{chr(97 + n // 26)} (a)=({n})\n" for n in range(600)
    )
    text = picked_text(doubtful + "x\n" * _MIB + _ERROR).text
    assert text.index("violates foreign key") < text.index("ERROR: nothing of ours")


def test_half_a_megabyte_is_read_whole() -> None:
    text = "x\n" * 1000 + _ERROR
    assert picked_text(text).text == text
    assert picked_text(text).whole


@pytest.mark.parametrize(
    "unit",
    ["a", " ", '"', "'", "(", "\\", "\n", "\t", '"a" ', "»", "[", "\x1b[", "\x1b]", 'UPDATE "a"."b" SET ', 'DELETE FROM ONLY "a"."b" WHERE $1 OPERATOR(', "a | ", "(a)=(", "&quot;", 'null value in column "', "ERROR:  ", "TABLE NAME:  x ", '""'],
)  # fmt: skip
def test_no_repetition_takes_long_to_read(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    started = process_time()
    explain(sound(), text)
    assert process_time() - started < in_time(5)
