"""Asks the server what may fail, without losing the preview's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import quoted
from fkdash.errors import NotPermittedError, ServerRefusedError
from fkdash.fact import fact
from fkdash.sqlstates import INSUFFICIENT_PRIVILEGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.db.session import Row
    from fkdash.preview.reader import Reader

# "$user" would mean another schema to another role, and the query is spelled for this one.
_PATH_AS_IT_IS: Final = (
    "SELECT pg_catalog.set_config('search_path', pg_catalog.array_to_string(ARRAY("
    "SELECT pg_catalog.quote_ident(s) FROM unnest(pg_catalog.current_schemas(false)) AS s), ', '), true)"
)


@fact
class Failure:
    """An evaluation that failed; `constraint` is a domain's that refused a value on the way, "" otherwise."""

    sqlstate: str
    message: str
    constraint: str = ""

    @property
    def repeats(self) -> bool:
        """Whether the real statement fails the same way: the data or a function's own RAISE is at fault."""
        return self.sqlstate[:2] in ("22", "23", "P0")


async def attempt(reader: Reader, sql: str, *arguments: object) -> Sequence[Row] | Failure:
    """Give the rows of a query, or how it fails."""
    session = reader.session
    await session.execute("SAVEPOINT fkdash_evaluation")
    try:
        answer = await reader.ask(sql, *arguments)
    except (ServerRefusedError, NotPermittedError) as error:
        await session.execute("ROLLBACK TO SAVEPOINT fkdash_evaluation")
        if isinstance(error, NotPermittedError):
            return Failure(INSUFFICIENT_PRIVILEGE, error.what)
        return Failure(error.sqlstate, error.what, error.constraint)
    await session.execute("RELEASE SAVEPOINT fkdash_evaluation")
    return answer


async def planned_as(reader: Reader, role: str, sql: str, width: int) -> bool | None:
    """Tell whether a role has the privileges for a query over `width` empty arrays; None where nobody can ask.

    PostgreSQL looks before it evaluates: no row is needed.
    """
    session = reader.session
    await session.execute("SAVEPOINT fkdash_role")
    acting = False
    try:
        await session.execute(f"{_PATH_AS_IT_IS}; SET LOCAL ROLE {quoted(role)}")
        acting = True
        await reader.ask(sql, *([] for _ in range(width)))
    except NotPermittedError:
        return False if acting else None
    except ServerRefusedError:
        return None
    else:
        return True
    finally:
        await session.execute("ROLLBACK TO SAVEPOINT fkdash_role; RELEASE SAVEPOINT fkdash_role")
