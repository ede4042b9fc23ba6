-- Begins a transaction that may write; a client that vanishes is rolled back after {idle_ms} ms.
-- Returns nothing. It does not say READ WRITE: a server or role whose default is read-only
-- (a failover, maintenance) means it, and every write then fails with 25006.
-- Values travel as text: a float prints every digit, whatever the role's setting.
-- Versions 14-18; no privileges.
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL extra_float_digits = 1;
SET LOCAL idle_in_transaction_session_timeout = {idle_ms};
