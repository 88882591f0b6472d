\set ECHO none
-- Two collations in the current schema: of_language, and of_any_case, which is not
-- deterministic. Without ICU, "C" replaces them. The tests of pg_regress read it through
-- PG_ABS_SRCDIR, as they do error_of.sql.
DO $$
BEGIN
	CREATE COLLATION of_language (provider = icu, locale = 'de');
	CREATE COLLATION of_any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
EXCEPTION WHEN feature_not_supported THEN
	CREATE COLLATION of_language FROM "C";
	CREATE COLLATION of_any_case FROM "C";
END $$;
\set ECHO all
