-- Returns whether a cancel request was sent to the server process $1.
-- Versions 14-18; the same role, a member of it, or pg_signal_backend.
SELECT pg_catalog.pg_cancel_backend($1);
