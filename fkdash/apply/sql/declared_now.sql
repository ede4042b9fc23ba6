-- How the constraint $2 of the table $1 (OID) is declared now, whatever table it leads to; no row where it is gone.
-- PostgreSQL 14 to 18. No privileges needed.
select pg_get_constraintdef(oid) from pg_constraint where conrelid = $1::oid and conname = $2::text
