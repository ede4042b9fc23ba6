-- Returns whether the database has any table outside the system's schemas.
-- Versions 14-18. Needs no privilege.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f')
      AND n.nspname <> 'information_schema'
      AND n.nspname !~ '^pg_'
)
