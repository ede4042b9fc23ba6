-- Puts pg_catalog first for the rest of a test's transaction, whatever the database has in its path, and keeps that path
-- for what the application would run. PostgreSQL 14 and later; needs no privilege.
DO $path$
BEGIN
  PERFORM pg_catalog.set_config('fkdash.path', pg_catalog.current_setting('search_path'), true);
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
END
$path$;
