-- $3 bytes at most of the file $1 from its byte $2 on; NULL where the file is gone.
-- pg_read_file would refuse a part in which a character of several bytes is cut.
-- Versions 14-18. Superuser, or EXECUTE on this function and the role pg_read_server_files.
select pg_read_binary_file($1::text, $2::int8, $3::int8, true)
