"""FK6xx: how a migration gets there. No catalog shows it; `lint` finds it in the statements of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.rules.finding import Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def _nothing(_catalog: Catalog) -> Iterable[Finding]:
    """Give nothing: a catalog does not tell how it came about."""
    return ()


VALIDATING_ADD: Final = Rule(
    id="FK601",
    name="validating-add",
    severity=Severity.WARNING,
    summary="Adds a foreign key to a table in use and checks every row under the lock",
    explanation="ALTER TABLE ... ADD FOREIGN KEY reads the whole table while it holds SHARE ROW EXCLUSIVE on both "
    "tables: writers of both wait until it ends. Added NOT VALID it takes the lock for an instant; VALIDATE "
    "CONSTRAINT in a later transaction reads the rows and disturbs nobody.",
    example="ALTER TABLE orders\n"
    "  ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users NOT VALID;\n"
    "-- in a later transaction:\n"
    "ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_fkey;\n",
    find=_nothing,
)
VALIDATED_AT_ONCE: Final = Rule(
    id="FK602",
    name="validated-in-one-transaction",
    severity=Severity.WARNING,
    summary="Adds NOT VALID and validates in one transaction",
    explanation="VALIDATE CONSTRAINT in the transaction that added the foreign key NOT VALID reads the rows while "
    "the lock of the ADD is still held: nothing is gained over a plain ADD. It has to come in a later "
    "transaction, in most tools a migration of its own.",
    example="BEGIN;\n"
    "ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users NOT VALID;\n"
    "COMMIT;\n"
    "ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_fkey;\n",
    find=_nothing,
)
UNPROTECTED_MOMENT: Final = Rule(
    id="FK603",
    name="unprotected-moment",
    severity=Severity.WARNING,
    summary="Drops a foreign key and adds it again in another transaction",
    explanation="Between the two transactions nothing checks the reference: rows that refer to nothing can come "
    "in, and adding the key again then fails. One ALTER TABLE can drop and add under the same name.",
    example="ALTER TABLE orders\n"
    "  DROP CONSTRAINT orders_user_id_fkey,\n"
    "  ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE NOT VALID;\n",
    find=_nothing,
)
NO_LOCK_TIMEOUT: Final = Rule(
    id="FK604",
    name="no-lock-timeout",
    severity=Severity.INFO,
    summary="Changes a foreign key of a table in use without a lock_timeout",
    explanation="Adding or dropping a foreign key waits for its locks behind every running transaction, and "
    "everybody who comes later waits behind it. With a lock_timeout it gives up instead and can be tried again.",
    example="SET lock_timeout = '5s';\n"
    "ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users NOT VALID;\n",
    find=_nothing,
)
INDEX_LATER: Final = Rule(
    id="FK605",
    name="added-without-index",
    severity=Severity.WARNING,
    summary="Adds a foreign key to a table in use that has no index for it yet",
    explanation="From the moment that the foreign key is there every DELETE of a referenced row, and every change "
    "of its key, reads the whole referencing table. The index should come first.",
    example="CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);\n"
    "-- then:\n"
    "ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users NOT VALID;\n",
    find=_nothing,
)
FILE_RULES: Final = (VALIDATING_ADD, VALIDATED_AT_ONCE, UNPROTECTED_MOMENT, NO_LOCK_TIMEOUT, INDEX_LATER)
