-- Every column of every table that can take part in a foreign key. Tables have many columns alike (`id`,
-- `created_at`), so those that are come in one row, with OIDs only and the tables that have them.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18. No privileges needed.
select attnum::int        as number,
       attname            as name,
       atttypid::int8     as type_oid,
       atttypmod          as modifier,
       attnotnull         as not_null,
       inherited,
       attidentity <> ''  as identity,
       attidentity = 'a'  as identity_always,
       attgenerated <> '' as generated,
       attgenerated = 'v' as virtual,
       attcollation::int8 as collation_oid,
       atthasdef          as has_default,
       tables
  from (
    -- As they stand: what is made of a value is made once for all that are alike.
    select attnum, attname, atttypid, atttypmod, attnotnull, attinhcount > 0 as inherited, attidentity, attgenerated,
           attcollation, atthasdef, array_agg(attrelid::int8) as tables
      from pg_attribute
     where attnum > 0
       and not attisdropped
       and ($1::oid[] is null or attrelid = any ($1))
       and attrelid in (
         select oid
           from pg_class
          where relkind in ('r', 'p', 'f')
            and ($1::oid[] is not null or relnamespace <> all (array(
              select oid
                from pg_namespace
               where nspname in ('pg_catalog', 'information_schema')
                  or nspname like 'pg\_toast%'
                  or nspname like 'pg\_temp\_%'
            )))
       )
     group by attnum, attname, atttypid, atttypmod, attnotnull, inherited, attidentity, attgenerated, attcollation,
           atthasdef
  ) alike
