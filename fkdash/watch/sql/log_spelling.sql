-- How the lines of the server's log look. One row. Versions 14-18, no privileges.
select current_setting('log_line_prefix')     as prefix,
       current_setting('log_timezone')        as zone,
       current_setting('log_error_verbosity') as verbosity,
       current_setting('log_min_messages')    as threshold
