"""What a column that is inherited may say of its generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.state import RefusedError, State
from fkdash.sqlstates import FEATURE_NOT_SUPPORTED, INVALID_COLUMN_DEFINITION
from fkdash.versions import CHILDS_OWN_GENERATION

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Attribute
    from fkdash.catalog.files.reading.nodes import ConstraintSaid


def want_same_generation(state: State, above: Attribute, own: Attribute, *, otherwise: bool) -> None:
    """Raise RefusedError where a column is not generated as the one above; `otherwise`: it has a default."""
    later = state.version >= CHILDS_OWN_GENERATION
    more = bool(own.default or own.sequence or own.identity) or otherwise
    refused = (not later if own.generated else more) if above.generated else bool(own.generated) and later
    if refused:
        raise RefusedError(INVALID_COLUMN_DEFINITION, f"{own.name} is not generated as where it is inherited from")


def want_redefinable(state: State, inherited: Attribute, said: ConstraintSaid) -> None:
    """Raise RefusedError where a partition says of a column what its table does not let it say."""
    later = state.version >= CHILDS_OWN_GENERATION
    if said.kind == "generated" and not later:
        raise RefusedError(FEATURE_NOT_SUPPORTED, "a partition generates no columns before PostgreSQL 16")
    if later and bool(inherited.generated) is not (said.kind == "generated"):
        raise RefusedError(
            INVALID_COLUMN_DEFINITION, f"{inherited.name} is not generated as in the partitioned table"
        )
