-- Makes a function in pg_temp that runs a body once, with the rights of whoever owns it then, and gives what it met.
-- For what the body's triggers run it keeps the path that the session has now.
-- PostgreSQL 14 to 18. TEMP on the database, USAGE on plpgsql.
create function pg_temp.{name}({results})
language plpgsql volatile security definer set search_path from current as {body}
