"""Reads the experiments of `experiments.sql`: tables, rows and a delete each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = re.compile(
    r"^-- experiment (?P<name>\w+): (?P<says>.*)\n"
    r"-- delete (?P<table>\w+) WHERE (?P<condition>.*)\n"
    r"-- versions (?P<first>\d+) to (?P<last>\d+)\n",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Experiment:
    """A schema with rows, and a delete from it; `first` and `last` are the versions that accept the DDL."""

    name: str
    says: str
    setup: str
    table: str
    condition: str
    first: int
    last: int


def _read() -> Iterator[Experiment]:
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(text))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        end = following.start() if following is not None else len(text)
        yield Experiment(
            name=head["name"],
            says=head["says"],
            setup=text[head.end() : end],
            table=head["table"],
            condition=head["condition"],
            first=int(head["first"]),
            last=int(head["last"]),
        )


EXPERIMENTS = tuple(_read())
