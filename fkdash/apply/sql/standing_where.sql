-- Which server and database a session is in, one row that is the same for every session of that database: a standby,
-- or another server that was restored from the same backup, was started at another moment.
-- PostgreSQL 14 to 18. No privileges needed.
select d.datname::text              as database,
       d.oid::int8                  as oid,
       pg_postmaster_start_time()   as started
  from pg_database d
 where d.datname = current_database()
