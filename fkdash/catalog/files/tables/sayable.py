"""What constraints can say of themselves at all, whatever is there: the grammar, and the version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.state import RefusedError, State
from fkdash.sqlstates import FEATURE_NOT_SUPPORTED, SYNTAX_ERROR
from fkdash.versions import NOT_ENFORCED

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.nodes import ConstraintSaid

_DEFERRABLE: Final = frozenset({"p", "u", "x", "f"})
_ENFORCED: Final = frozenset({"c", "f"})
_UNPROVEN: Final = frozenset({"c", "f", "n"})
_NO_DOMAINS: Final = {
    "p": "a primary key",
    "u": "unique",
    "f": "a foreign key",
    "x": "an exclusion constraint",
    "identity": "an identity",
    "generated": "computed",
}


def want_sayable(state: State, said: ConstraintSaid) -> None:
    """Raise RefusedError for what no constraint of the kind can say, or what is said twice."""
    if said.enforcement:
        if state.version < NOT_ENFORCED:
            raise RefusedError(SYNTAX_ERROR, "ENFORCED and NOT ENFORCED are known from PostgreSQL 18 on")
        if len(said.enforcement) > 1:
            raise RefusedError(SYNTAX_ERROR, "ENFORCED or NOT ENFORCED is said twice")
        if said.kind not in _ENFORCED:
            raise RefusedError(FEATURE_NOT_SUPPORTED, "only checks and foreign keys are ENFORCED or not")
    if said.deferrable is not None and said.kind not in _DEFERRABLE:
        raise RefusedError(FEATURE_NOT_SUPPORTED, "only keys and exclusion constraints are DEFERRABLE or not")
    if said.deferrable is False and said.initially_deferred:
        raise RefusedError(SYNTAX_ERROR, "what is INITIALLY DEFERRED must be DEFERRABLE")
    if said.not_valid and said.kind not in _UNPROVEN:
        raise RefusedError(FEATURE_NOT_SUPPORTED, "a key or exclusion constraint cannot be NOT VALID")


def want_sayable_of_domain(constraints: tuple[ConstraintSaid, ...]) -> None:
    """Raise RefusedError for what no domain can say."""
    kinds = [each.kind for each in constraints]
    for kind, words in _NO_DOMAINS.items():
        if kind in kinds:
            raise RefusedError(SYNTAX_ERROR, f"a domain cannot be {words}")
    if kinds.count("default") > 1:
        raise RefusedError(SYNTAX_ERROR, "a domain has one default")
    if "null" in kinds and "n" in kinds:
        raise RefusedError(SYNTAX_ERROR, "a domain cannot be both NULL and NOT NULL")
    if any(each.no_inherit or each.enforcement or each.deferrable is not None for each in constraints):
        raise RefusedError(FEATURE_NOT_SUPPORTED, "a domain's constraint is just that")
