"""What the first screen does with 50,000 foreign keys: a letter of the filter, a sort, a count, a refresh.

    python -m tests.benchmarks.constraint_list [--tables 10000]

Prints the milliseconds of each, and their ratio to looking for a letter in 50,000 prepared strings, which is
the least that a filter can do. What stops the keys is marked; the rest is done in a thread.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Final, TypeVar

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog, Column
from fkdash.preview.rows.blocked import Impact
from fkdash.rules.checks import fk101_set_null_on_not_null, fk301_no_index
from fkdash.rules.registry import findings
from fkdash.tui.knowledge import Knowledge
from fkdash.tui.screens.findings.constraint_rows import (
    FIELDS,
    ConstraintRow,
    columns,
    constraint_rows,
    orders,
    renewed_rows,
)
from fkdash.tui.screens.findings.folds import Folds
from fkdash.tui.widgets.row_view import RowView
from fkdash.tui.words import fails_here
from tests.rules.catalogs import catalog, reference, table

_KEYS_PER_TABLE: Final = 5
_RUNS: Final = 5
_RULES: Final = (fk101_set_null_on_not_null.RULE, fk301_no_index.RULE)
_ACTIONS: Final = (Action.NO_ACTION, Action.CASCADE, Action.SET_NULL, Action.RESTRICT)
_T = TypeVar("_T")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=10_000)
    declared = _declared(parser.parse_args().tables)
    knowledge = Knowledge(declared, findings(declared, _RULES))
    rows, made = _timed(lambda: constraint_rows(knowledge))
    view = _view()
    looked_at, looking = _timed(lambda: view.look_at(rows))
    view.replace(tuple(rows), looked_at)
    strings = list(looked_at.values())
    _, least = _timed(lambda: [number for number, text in enumerate(strings) if "t" in text])
    counted = next(row.key for row in rows if any(map(fails_here, row.findings)))
    after = knowledge.with_impacts({counted.qualified: Impact(3, 9, 10)})
    measured = {
        "look for a letter in prepared strings": least,
        "* filter, one letter": _filtering(view, "t"),
        "* filter, severity:error": _filtering(view, "severity:error"),
        "* filter, table:t9 action:cascade": _filtering(view, "table:t9 action:cascade"),
    }
    view.filter_by("")
    for _ in orders():
        view.sort_by_next()
        measured[f"* sort by {view.order_title}"] = _timed(view.reverse)[1]
    measured["* a count that arrives"] = _timed(lambda: renewed_rows(rows, after, [counted.qualified]))[1]
    measured["* a refresh shown"] = _timed(lambda: view.replace(tuple(rows), looked_at))[1]
    measured |= {"rows made, in a thread": made, "filter prepared, in a thread": looking}
    for name, seconds in measured.items():
        sys.stdout.write(f"{name:<40} {seconds * 1000:7.1f} ms   {seconds / least:6.1f} x\n")


def _declared(tables: int) -> Catalog:
    chance = random.Random(20260301)
    names = [f"r{place}" for place in range(_KEYS_PER_TABLE)]
    made = [
        table(
            f"t{number}",
            *(
                Column(place, name, "bigint", not_null=chance.random() < 0.05)
                for place, name in enumerate(names, 2)
            ),
            indexed=tuple(name for name in names if chance.random() < 0.5),
        )
        for number in range(tables)
    ]
    keys = [reference(each, name, chance.choice(made), chance.choice(_ACTIONS)) for each in made for name in names]
    return catalog(*made, *keys)


def _view() -> RowView[ConstraintRow]:
    shown = columns(Folds())
    return RowView(
        key=lambda row: row.key.qualified,
        haystack=lambda row: "\n".join(column.text(row) for column in shown),
        orders=orders(),
        fields=FIELDS,
    )


def _filtering(view: RowView[ConstraintRow], typed: str) -> float:
    def again() -> None:
        view.filter_by("")
        view.filter_by(typed)

    return _timed(again)[1]


def _timed(work: Callable[[], _T]) -> tuple[_T, float]:
    """Give what the work gives, and the median of its seconds."""
    seconds: list[float] = []
    results: list[_T] = []
    for _ in range(_RUNS):
        began = perf_counter()
        results = [work()]
        seconds.append(perf_counter() - began)
    return results[0], median(seconds)


if __name__ == "__main__":
    main()
