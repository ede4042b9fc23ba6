-- Adds pgTAP's functions to the path behind pg_catalog: the schema of the extension, else what the path was before.
-- PostgreSQL 14 and later, after pgtap_path.sql; needs no privilege.
DO $functions$
DECLARE
  there text := (
    SELECT quote_ident(n.nspname) FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'pgtap'
  );
BEGIN
  PERFORM set_config(
    'search_path', concat_ws(', ', 'pg_catalog', coalesce(there, nullif(current_setting('fkdash.path'), '')), 'pg_temp'), true
  );
END
$functions$;
