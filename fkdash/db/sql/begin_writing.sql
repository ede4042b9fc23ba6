-- Begins a transaction that may write, READ COMMITTED or REPEATABLE READ, within its limits (limits.sql).
-- Returns nothing. It does not say READ WRITE: a server or role whose default is read-only
-- (a failover, maintenance) means it, and every write then fails with 25006.
-- CHECKs are not looked at while planning (constraint_exclusion): that would run what they call, as the session's role.
-- Values travel as text: a float prints every digit, and a date or interval that an operator typed is read as looking
-- read it (pins.sql), whatever the role's settings. The time zone stays the application's: triggers ask the clock.
-- Versions 14-18; no privileges.
BEGIN ISOLATION LEVEL {isolation};
{settings}
{limits}
SET LOCAL constraint_exclusion = off;
SET LOCAL extra_float_digits = 1;
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = postgres;
