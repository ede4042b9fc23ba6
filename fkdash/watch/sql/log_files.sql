-- The files of the log's folder with their sizes in bytes, oldest first, and the folder, which may change at a reload;
-- `current` says which are written now. jsonlog exists from 15 on.
-- Versions 14-18. Superuser, or pg_monitor.
select current_setting('log_directory') as folder, name, size, extract(epoch from modification)::float8 as modified,
       name in (select regexp_replace(path, '^.*/', '')
                  from unnest(array[pg_current_logfile('csvlog'), pg_current_logfile('stderr'),
                                    case when current_setting('server_version_num')::int >= 150000
                                         then pg_current_logfile('jsonlog') end]) path
                 where path is not null) as current
  from pg_ls_logdir() order by modification, name
