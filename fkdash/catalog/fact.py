"""How the facts of a catalog are declared: as dataclasses that nobody changes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def fact(declared: type[_T]) -> type[_T]:
    """Make a class a dataclass with slots that the type checker holds to be frozen.

    A large catalog is some hundred thousand of them. A dataclass that refuses assignment at run time as well
    takes five times as long to make, because it cannot assign its own fields either.
    """
    return dataclass(slots=True, unsafe_hash=True)(declared)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def deriving_fact(declared: type[_T]) -> type[_T]:
    """Make a class a fact that also keeps what is derived from it (cached_property), so it has no slots."""
    return dataclass(unsafe_hash=True)(declared)


_D = TypeVar("_D", bound="DataclassInstance")


def fuller(kind: type[_D], declared: DataclassInstance, **more: Any) -> _D:  # noqa: ANN401 - each field's own type
    """Give a fact again as one of a kind that says more of the same, with what is `more` or other."""
    return kind(**{each.name: getattr(declared, each.name) for each in fields(declared)} | more)
