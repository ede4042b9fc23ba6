"""How the facts of a catalog are declared: as dataclasses that nobody changes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import DataclassInstance

_T = TypeVar("_T")
_V = TypeVar("_V")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def fact(declared: type[_T]) -> type[_T]:
    """Make a class a dataclass with slots that the type checker holds to be frozen.

    A large catalog is some hundred thousand of them. A dataclass that refuses assignment at run time as well
    takes five times as long to make, because it cannot assign its own fields either.
    """
    return dataclass(slots=True, unsafe_hash=True)(declared)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def deriving_fact(declared: type[_T]) -> type[_T]:
    """Make a class a fact that also keeps what is `derived` from it, so it has no slots."""
    return dataclass(unsafe_hash=True)(declared)


class derived(Generic[_V]):  # noqa: N801 - used as a decorator, like `property`
    """What is worked out of a fact when it is first asked for, and kept with it.

    functools.cached_property before Python 3.12 takes a lock for each, which costs more than most of these do. Two
    threads may work one out at the same time and find the same.
    """

    def __init__(self, work_out: Callable[[Any], _V]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    def __get__(self, of: Any, owner: type[Any] | None = None) -> _V:  # noqa: ANN401 - any fact
        """Give it; the next time Python finds it in the fact's own dictionary and does not come here."""
        found = of.__dict__[self._name] = self._work_out(of)
        return found


_D = TypeVar("_D", bound="DataclassInstance")


def fuller(kind: type[_D], declared: DataclassInstance, **more: Any) -> _D:  # noqa: ANN401 - each field's own type
    """Give a fact again as one of a kind that says more of the same, with what is `more` or other."""
    return kind(**{each.name: getattr(declared, each.name) for each in fields(declared)} | more)
