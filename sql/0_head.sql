/*
 * The install script, williams--VERSION.sql: make concatenates these files in the
 * order of their names, first this head, then those of each room. Every object has
 * a COMMENT that gives meaning, units, NULLs and errors. The script runs with the
 * rights of the bootstrap superuser, so it must follow the rules that
 * test/pgtap/all_qualified.sql checks.
 */
-- complain if the script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION williams" to load this file. \quit

CREATE FUNCTION williams_version() RETURNS text
	AS 'MODULE_PATHNAME', 'wl_version'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_version() IS
'the version of the loaded library';
