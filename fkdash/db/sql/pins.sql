-- Pins, for the present transaction, what the owner of a database or a role may have set for a session and what would
-- change the meaning or the spelling of what follows; search_path before all: names are those of pg_catalog.
-- CHECKs are not looked at while planning (constraint_exclusion): that would run what they call. Row security is
-- not applied but refused, for the same reason.
-- Versions 14-18; no privileges.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL standard_conforming_strings = on;
SET LOCAL array_nulls = on;
SET LOCAL transform_null_equals = off;
SET LOCAL quote_all_identifiers = off;
SET LOCAL constraint_exclusion = off;
SET LOCAL row_security = off;
SET LOCAL gin_fuzzy_search_limit = 0;
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = postgres;
SET LOCAL TimeZone = 'UTC';
SET LOCAL bytea_output = hex;
SET LOCAL extra_float_digits = 1;
SET LOCAL lc_monetary = 'C';
SET LOCAL xmloption = content;
