"""The order in which several processes run the tests: those that last begin first, so that none is left at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

_Test = TypeVar("_Test")


def long_ones_first(tests: Sequence[_Test], processes: int, is_long: Callable[[_Test], bool]) -> list[_Test]:
    """Give the tests in as many parts of a size as there are processes, with the long ones dealt out at their heads.

    Each process begins with a part of its own; the others keep their order.
    """
    long, others = [each for each in tests if is_long(each)], [each for each in tests if not is_long(each)]
    sizes = [
        (number + 1) * len(tests) // processes - number * len(tests) // processes for number in range(processes)
    ]
    ordered: list[_Test] = []
    begin = 0
    for number, size in enumerate(sizes):
        head = long[number::processes]
        rest = max(0, size - len(head))
        ordered += head + others[begin : begin + rest]
        begin += rest
    return ordered + others[begin:]
