-- Of some columns of a table ($1, and $2 by name), those that a row gets no value for where none is named: they have
-- no default. None where a row trigger BEFORE INSERT of the table or a partition ($3) may give them one.
-- PostgreSQL 14 to 18. No privileges needed.
select coalesce(array_agg(a.attname order by a.attnum), '{}') as names
  from pg_attribute a
 where a.attrelid = $1::oid
   and a.attname = any ($2::text[])
   and not a.atthasdef
   and not exists (select
                     from pg_trigger t
                    where t.tgrelid = any ($3::oid[])
                      and not t.tgisinternal
                      and t.tgenabled in ('O', 'A')
                      and t.tgtype & 7 = 7)
