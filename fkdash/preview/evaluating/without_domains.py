"""Takes casts to domains out of an expression, to tell what it gives where only a domain refuses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from fkdash.db.queries import query
from fkdash.rules.sql.depth import walkable

if TYPE_CHECKING:
    from fkdash.db.session import Session


async def without_domains(session: Session, expression: str) -> str | None:
    """Give an expression with every cast to a domain made one to what the domain is built on.

    None where there is no such cast, or the expression cannot be read. Raises the session's errors.
    """
    try:
        parsed = walkable(sqlglot.parse_one(expression, dialect="postgres"))
    except (SqlglotError, RecursionError):
        return None
    if parsed is None:
        return None
    named = [found for found in parsed.find_all(exp.DataType) if found.this is exp.DType.USERDEFINED]
    spelled = {found.sql(dialect="postgres") for found in named}
    if not spelled:
        return None
    rows = await session.rows(query("fkdash.preview.declared", "preview_domain_bases"), sorted(spelled))
    bases = {row["spelling"]: row["base"] for row in rows}
    for found in named:
        base = bases.get(found.sql(dialect="postgres"))
        if base is not None:
            found.replace(exp.DataType.build(base, dialect="postgres"))
    return parsed.sql(dialect="postgres") if bases else None
