-- Begins a transaction that cannot write, on one snapshot, with its limits in milliseconds.
-- Returns nothing; fails with 22012 when something between us and the server made it writable.
-- SET TRANSACTION SNAPSHOT, to what another session has exported, must come before any query.
-- SET LOCAL only: behind a pooler a plain SET stays with the server connection.
-- Its limits come first: those that were there are meant for the application, and hold until then.
-- What would change the meaning or the spelling of what follows is pinned first (pins.sql). The path that was there is
-- kept in fkdash.path, for a condition that an operator typed. Roles whose functions the operator trusts
-- stand in fkdash.trusted_owners, as an array's text.
-- Messages below an error, which a database may ask for in any number, are not sent: the driver loses rows of COPY
-- among them. Which rows are looked at of many is decided by how they are read.
-- The last settings exist from some versions on.
-- Versions 14-18; no privileges.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
{snapshot}
{settings}SET LOCAL statement_timeout = {statement_ms};
SET LOCAL lock_timeout = {lock_ms};
SET LOCAL idle_in_transaction_session_timeout = {idle_ms};
SELECT pg_catalog.set_config(l.column1, l.column2, true)
  FROM (VALUES ('transaction_timeout', '0'), ('exit_on_error', 'off')) AS l
 WHERE pg_catalog.current_setting(l.column1, true) IS NOT NULL;
SELECT pg_catalog.set_config('fkdash.path', pg_catalog.current_setting('search_path'), true);
{pins}SET LOCAL client_min_messages = error;
SET LOCAL enable_seqscan = on;
SELECT set_config('fkdash.trusted_owners', {trusted_owners}, true);
SELECT set_config(name, value, true)
  FROM (VALUES ('restrict_nonsystem_relation_kind', 'view,foreign-table')) AS later (name, value)
 WHERE current_setting(name, true) IS NOT NULL;
SELECT 1 / (current_setting('transaction_read_only') = 'on')::int;
