-- A foreign key as pg_get_constraintdef spells it; schema-qualified under search_path = pg_catalog.
-- $1 the constraint's OID. PostgreSQL 14 to 18. No privileges needed.
select pg_get_constraintdef($1::oid)
