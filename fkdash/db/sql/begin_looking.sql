-- Begins a transaction that cannot write, on one snapshot, with its limits in milliseconds.
-- Returns nothing; fails with 22012 when something between us and the server made it writable.
-- SET TRANSACTION SNAPSHOT, to what another session has exported, must come before any query.
-- SET LOCAL only: behind a pooler a plain SET stays with the server connection.
-- Values travel as text: a float prints every digit, whatever the role's setting.
-- Versions 14-18; no privileges.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
{snapshot}
SET LOCAL statement_timeout = {statement_ms};
SET LOCAL lock_timeout = {lock_ms};
SET LOCAL extra_float_digits = 1;
SET LOCAL idle_in_transaction_session_timeout = {idle_ms};
SELECT 1 / (current_setting('transaction_read_only') = 'on')::int;
