-- Limits of ours, for the present transaction, in the place of those that a role or a database has for the
-- application's statements: what is asked has {statement_ms} ms, a step what the plan says, and a client that vanishes is
-- rolled back after {idle_ms} ms. An error ends the statement and not the session. The limit for one statement comes
-- first, because what was there holds until then. transaction_timeout exists from 17 on, other engines lack exit_on_error.
-- Versions 14-18; no privileges.
SET LOCAL statement_timeout = {statement_ms};
SET LOCAL idle_in_transaction_session_timeout = {idle_ms};
SELECT pg_catalog.set_config(l.column1, l.column2, true)
  FROM (VALUES ('transaction_timeout', '0'), ('exit_on_error', 'off')) AS l
 WHERE pg_catalog.current_setting(l.column1, true) IS NOT NULL;
