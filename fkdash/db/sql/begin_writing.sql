-- Begins a transaction that may write, READ COMMITTED or REPEATABLE READ; a client that vanishes is rolled back after {idle_ms} ms.
-- Returns nothing. It does not say READ WRITE: a server or role whose default is read-only
-- (a failover, maintenance) means it, and every write then fails with 25006.
-- CHECKs are not looked at while planning (constraint_exclusion): that would run what they call, as the session's role.
-- Values travel as text: a float prints every digit, and a date or interval that an operator typed is read as looking
-- read it (pins.sql), whatever the role's settings. The time zone stays the application's: triggers ask the clock.
-- Time limits that are meant for the application's statements end none of ours: each step has its own, and what is asked
-- before one has {statement_ms} ms. transaction_timeout exists from 17 on.
-- Versions 14-18; no privileges.
BEGIN ISOLATION LEVEL {isolation};
{settings}
SET LOCAL constraint_exclusion = off;
SET LOCAL extra_float_digits = 1;
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = postgres;
SET LOCAL idle_in_transaction_session_timeout = {idle_ms};
SET LOCAL statement_timeout = {statement_ms};
SELECT pg_catalog.set_config('transaction_timeout', '0', true)
 WHERE pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL;
