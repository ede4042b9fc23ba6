"""What takes the rights on a new table back that default privileges gave others."""

from __future__ import annotations

from typing import Final

from fkdash.db.literals import literal

_TAKE_BACK: Final = """DECLARE
  held record;
BEGIN
  FOR held IN
    SELECT CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
      FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
     WHERE c.oid OPERATOR(pg_catalog.=) {table}::pg_catalog.regclass
       AND a.grantee OPERATOR(pg_catalog.<>) c.relowner
  LOOP
    EXECUTE {revoke} OPERATOR(pg_catalog.||) held.grantee;
  END LOOP;
END"""


def taken_back(table: str) -> str:
    """Give the body of a DO that leaves nobody but its owner a right on `table`, its name in quotes."""
    return _TAKE_BACK.format(table=literal(table), revoke=literal(f"REVOKE ALL ON TABLE {table} FROM "))
