-- Limits of ours, for the present transaction, in the place of those that a role or a database has for the
-- application's statements: what is asked has {statement_ms} ms, a step what the plan says, and a client that vanishes is
-- rolled back after {idle_ms} ms. An error ends the statement and not the session. The limit for one statement comes
-- first, because what was there holds until then. transaction_timeout exists from 17 on.
-- Versions 14-18; no privileges.
SET LOCAL statement_timeout = {statement_ms};
SET LOCAL idle_in_transaction_session_timeout = {idle_ms};
SET LOCAL exit_on_error = off;
SELECT pg_catalog.set_config('transaction_timeout', '0', true)
 WHERE pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL;
