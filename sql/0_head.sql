/*
 * The install script, williams--VERSION.sql, which make concatenates of these
 * files, in the order of their names: this head, then a room each. Every object
 * has its COMMENT: meaning, units, NULLs, errors. It is run with the rights of
 * the bootstrap superuser: test/pgtap/all_qualified.sql says what that asks of it.
 */
-- complain if the script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION williams" to load this file. \quit

CREATE FUNCTION williams_version() RETURNS text
	AS 'MODULE_PATHNAME', 'wl_version'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_version() IS
'the version of the loaded library';
