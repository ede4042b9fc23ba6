-- The CHECK called $2 of the table with the OID $1: as it is stored, and spelled out. Of one of millions of characters
-- only that it is one is given.
-- PostgreSQL 14 to 18. No privileges needed.
select case when octet_length(c.conbin::text) > 4000000 then '{TOOLONG}' else c.conbin::text end as tree,
       case when octet_length(c.conbin::text) > 4000000 then '<more than 4,000,000 characters>'
            else pg_get_expr(c.conbin, c.conrelid) end as expression
  from pg_constraint c
 where c.conrelid = $1::oid and c.conname = $2 and c.contype = 'c'
