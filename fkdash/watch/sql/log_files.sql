-- The files of the log's folder with their sizes in bytes, oldest first.
-- Versions 14-18. Superuser, or pg_monitor.
select name, size, extract(epoch from modification)::float8 as modified from pg_ls_logdir() order by modification, name
