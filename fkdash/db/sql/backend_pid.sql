-- Returns the process id of the server process that runs this; behind a pooler it is not the
-- one the driver was told at connect, and it may change with every transaction.
-- Versions 14-18; no privileges.
SELECT pg_catalog.pg_backend_pid()
