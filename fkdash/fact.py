"""How facts are declared: as dataclasses that nobody changes, quick to make and quick to load."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from _typeshed import DataclassInstance

_T = TypeVar("_T")
_V = TypeVar("_V")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def fact(declared: type[_T]) -> type[_T]:
    """Make a class a dataclass with slots that the type checker holds to be frozen.

    A large catalog is some hundred thousand of them. A dataclass that refuses assignment at run time as well
    takes five times as long to make one, because it cannot assign its own fields either, and four times as long
    to load.
    """
    return _compared_by_its_fields(dataclass(slots=True, eq=False, repr=False)(declared))


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def deriving_fact(declared: type[_T]) -> type[_T]:
    """Make a class a fact that also keeps what is `derived` from it, so it has no slots."""
    return _compared_by_its_fields(dataclass(eq=False, repr=False)(declared))


def _compared_by_its_fields(made: type[_T]) -> type[_T]:
    """Give a class equality, hash and repr as a dataclass has them.

    A dataclass compiles every method of every class by itself, which a quarter of the time until the first frame
    went into.
    """
    every = fields(made)  # type: ignore[arg-type] # a dataclass
    compared = _values_of([each.name for each in every if each.compare])
    hashable = _values_of([each.name for each in every if (each.compare if each.hash is None else each.hash)])

    def same(self: object, other: object) -> bool:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(hashable(self))

    def shown(self: object) -> str:
        each = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in every if one.repr)
        return f"{self.__class__.__qualname__}({each})"

    for name, method in (("__eq__", same), ("__hash__", hashed), ("__repr__", shown)):
        setattr(made, name, method)
    return made


def _values_of(names: Sequence[str]) -> Callable[[object], object]:
    return attrgetter(*names) if names else lambda _: ()


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
