-- The names of the collations $1.
-- PostgreSQL 14 to 18. No privileges needed.
select oid, collname as name from pg_collation where oid = any ($1::oid[])
