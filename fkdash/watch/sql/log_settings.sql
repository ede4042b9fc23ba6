-- What decides how the server's log looks, and which file of which format is written now; NULL where none is.
-- One row. Versions 14-18: jsonlog exists from 15 on. pg_current_logfile needs superuser or pg_monitor.
select current_setting('log_line_prefix')      as prefix,
       current_setting('log_timezone')         as zone,
       current_setting('log_error_verbosity')  as verbosity,
       current_setting('log_min_messages')     as threshold,
       current_setting('log_directory')        as directory,
       current_setting('logging_collector')    as collector,
       pg_current_logfile('csvlog')            as csv,
       case when current_setting('server_version_num')::int >= 150000 then pg_current_logfile('jsonlog') end as json,
       pg_current_logfile('stderr')            as text
