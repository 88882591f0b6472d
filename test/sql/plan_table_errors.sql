--
-- williams_plan_table: the errors it raises, the rights it checks, and that an
-- expression cannot become anything else.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
CREATE FUNCTION pg_temp.error_of_plan(arguments text) RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.error_of('SELECT * FROM williams_plan_table(' || arguments || ')') $$;

CREATE FUNCTION pg_temp.context_of(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    context text;
BEGIN
    EXECUTE command;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
    RETURN split_part(context, E'\n', 1);
END $$;
\set SHOW_CONTEXT never

CREATE TABLE page (id bigint PRIMARY KEY, image_mb float8, image text, tags json, seen int);
INSERT INTO page SELECT i, 2 + i % 7, 'x', '{}', nullif(i, 3) FROM generate_series(1, 20) AS i;
ANALYZE page;
CREATE TABLE bare (a int, b text);
INSERT INTO bare VALUES (1, 'one'), (NULL, 'none');
CREATE VIEW pages AS SELECT * FROM page;
CREATE SEQUENCE numbers;
CREATE TYPE pair AS (a int, b int);
CREATE TABLE weights (id int PRIMARY KEY, mb float8);
INSERT INTO weights VALUES (1, 1), (2, 'NaN'), (3, 'Infinity'), (4, -1), (5, -0.0);
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child () INHERITS (parent);
CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);

--
-- Arguments
--
SELECT arguments, pg_temp.error_of_plan(arguments) AS error FROM unnest(ARRAY[
    'NULL, 64', '''page'', -1', '''page'', ''NaN''', '''page'', ''Infinity''', '''page'', 64, max_items => 0', '''page'', 64, max_items => -5',
    '''page'', 64, method => ''fast''', '''page'', 64, method => ''EXACT''', '''page'', 64, method => ''''', '4294967295, 64', '''nowhere'', 64']) AS arguments;

-- The key: no primary key, no such column, a system column, no order, a NULL among the values.
SELECT arguments, pg_temp.error_of_plan(arguments) AS error FROM unnest(ARRAY[
    '''bare'', 64', '''pages'', 64', '''bare'', 64, key_column => ''c''', '''bare'', 64, key_column => ''A''', '''bare'', 64, key_column => ''ctid''', '''bare'', 64, key_column => ''tableoid''',
    '''bare'', 64, key_column => ''''', '''page'', 64, key_column => ''tags''', '''bare'', 64, key_column => ''a''', '''page'', 64, ''0'', ''seen''']) AS arguments;
-- Relations that are not tables or views.
SELECT arguments, pg_temp.error_of_plan(arguments) AS error FROM unnest(ARRAY[
    '''numbers'', 64', '''page_pkey'', 64', '''pair'', 64']) AS arguments;

-- Invalid weights.
SELECT pg_temp.error_of_plan(format('''weights'', 64, ''CASE id WHEN %s THEN mb END''', id)) AS error FROM generate_series(1, 5) AS id;
SELECT pg_temp.error_of_plan('''page'', 64, ''1 / (id - 5)''') AS error;
-- A key that exceeds the limits.
SELECT pg_temp.error_of_plan('''page'', 7, ''image_mb'', strict => true') AS error
UNION ALL SELECT pg_temp.error_of_plan('''page'', 70, ''image_mb'', ''image'', max_items => 5, strict => true');
CREATE TEMP TABLE long AS SELECT repeat('é', 80) || i AS key FROM generate_series(1, 3) AS i;
SELECT pg_temp.error_of_plan('''long'', 1, ''2'', ''key'', strict => true') AS error;

-- ctid: plain tables only, and no option that requires reading rows.
SELECT arguments, pg_temp.error_of_plan(arguments || ', method => ''ctid''') AS error FROM unnest(ARRAY[
    '''pages'', 64', '''parts'', 64', '''parent'', 64', '''numbers'', 64', '''page_pkey'', 64', '''page'', 64, ''image_mb''', '''page'', 64, key_column => ''id''', '''page'', 64, strict => true',
    '''page'', -1', '''page'', 64, max_items => 0']) AS arguments;

--
-- An expression is only an expression
--
SELECT item_mb, pg_temp.error_of_plan(format('''page'', 64, %L', item_mb)) AS error FROM unnest(ARRAY[
    '', ' ', E'\n\t', ';', '1;', '1; DROP TABLE page', '1) FROM pg_authid --', '1 FROM pg_authid', '1 WHERE true', '1 AS x', '1 x', '*', 'page.*', '(page).*', '1, 2', 'DISTINCT 1', 'ALL 1', '1 ORDER BY 1', '1 LIMIT 1', '1 OFFSET 1',
    '1 GROUP BY 1', '1 HAVING true', '1 WINDOW w AS ()', '1 FOR UPDATE', '1 UNION SELECT 2', 'SELECT 1', 'WITH w AS (SELECT 1) SELECT 1', 'INSERT INTO page VALUES (1)', 'x := 1', '1 INTO x', '/* 1', '-- 1', '''1', '1 + ', '$1', 'DEFAULT',
    'sum(image_mb)', 'count(*)', 'sum(image_mb) OVER ()', 'row_number() OVER (ORDER BY id)', 'generate_series(1, 3)', '(SELECT sum(page.image_mb))', 'GROUPING(id)',
    '(WITH d AS (DELETE FROM page RETURNING 1) SELECT count(*) FROM d)', '(SELECT 1, 2)', '(SELECT id FROM page)', 'nothing', 'bare.a', 'id::no_such_type',
    'image', 'tags', 'true', '''abc''', 'page', 'ROW(1)', 'NULL::text', '''2024-01-01''::date', 'ARRAY[1]']) AS item_mb;
SELECT count(*) FROM page;
-- errors point into the expression
SELECT * FROM williams_plan_table('page', 64, 'image_mb +
    no_such_column');
SELECT * FROM williams_plan_table('page', 64, 'image');
SELECT pg_temp.context_of($$SELECT * FROM williams_plan_table('page', 64, 'image')$$);

-- An expression uses the caller's search_path; the extension's own calls do not.
CREATE SCHEMA trap;
CREATE FUNCTION trap.row_mb_trap(VARIADIC "any") RETURNS float8 LANGUAGE internal IMMUTABLE AS 'pg_num_nulls';
ALTER FUNCTION trap.row_mb_trap RENAME TO williams_row_mb;
CREATE FUNCTION trap.float8pl(float8, float8) RETURNS float8 LANGUAGE sql AS 'SELECT 1 / 0.0::float8';
CREATE FUNCTION trap.less(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''trapped''; END';
CREATE OPERATOR trap.< (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = trap.less);
CREATE OPERATOR trap.<= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = trap.less);
BEGIN;
SET LOCAL search_path = trap, public, pg_catalog;
SELECT items, memory_mb > 0 AND memory_mb < 0.001 AS is_size FROM williams_plan_table('page', 64);
ROLLBACK;

--
-- Rights: the caller's, and row-level security
--
CREATE ROLE regress_williams_clerk NOSUPERUSER;
CREATE TABLE secret (id int PRIMARY KEY, mb float8, name text);
INSERT INTO secret SELECT i, i % 4, 'n' || i FROM generate_series(1, 20) AS i;
ANALYZE secret;
CREATE VIEW of_secret AS SELECT id, mb FROM secret WHERE id > 10;
CREATE FUNCTION forbidden(float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT $1';
REVOKE EXECUTE ON FUNCTION forbidden FROM PUBLIC;
CREATE FUNCTION public.error_as_clerk(arguments text) RETURNS text LANGUAGE plpgsql SET role = 'regress_williams_clerk' AS $$
BEGIN
    EXECUTE 'SELECT count(*) FROM williams_plan_table(' || arguments || ')';
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
SELECT arguments, error_as_clerk(arguments) AS no_right FROM unnest(ARRAY['''secret'', 64', '''secret'', 64, ''mb''', '''secret'', 64, ''1''', '''secret'', 64, method => ''ctid''', '''of_secret'', 64, ''mb'', ''id''']) AS arguments;
GRANT SELECT (id) ON secret TO regress_williams_clerk;
SELECT arguments, error_as_clerk(arguments) AS id_alone FROM unnest(ARRAY['''secret'', 64', '''secret'', 64, ''mb''', '''secret'', 64, ''1''', '''secret'', 64, ''1'', ''mb''', '''secret'', 64, ''(SELECT max(s.mb) FROM secret AS s)''',
    '''secret'', 64, ''length(secret::text)''', '''secret'', 64, method => ''ctid''']) AS arguments;
GRANT SELECT (mb) ON secret TO regress_williams_clerk;
SELECT arguments, error_as_clerk(arguments) AS id_and_mb FROM unnest(ARRAY['''secret'', 64', '''secret'', 64, ''mb''', '''secret'', 64, ''forbidden(mb)''', '''secret'', 64, ''(SELECT image_mb FROM page WHERE page.id = secret.id)''']) AS arguments;
GRANT SELECT ON of_secret TO regress_williams_clerk;
REVOKE SELECT (id, mb) ON secret FROM regress_williams_clerk;
SELECT error_as_clerk('''of_secret'', 64, ''mb'', ''id''') AS view_alone, error_as_clerk('''secret'', 64, ''mb''') AS not_its_table;

GRANT SELECT ON secret TO regress_williams_clerk;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secret FOR SELECT USING (id <= 5);
SET ROLE regress_williams_clerk;
SELECT * FROM williams_plan_table('secret', 64, 'mb', max_items => 100);
-- an expression sees no other rows either
SELECT items, memory_mb FROM williams_plan_table('secret', 1e6, '(SELECT count(*) FROM secret)', max_items => 100);
SET row_security = off;
SELECT * FROM williams_plan_table('secret', 64, 'mb');
RESET row_security;
RESET ROLE;
SELECT items FROM williams_plan_table('secret', 64, 'mb', max_items => 100);

-- A scan that is cancelled ends at once.
SET statement_timeout = '1s';
SELECT * FROM williams_plan_table('page', 64, 'length(pg_sleep(60)::text)');
RESET statement_timeout;

-- The table cannot be dropped during the scan.
CREATE FUNCTION drop_page() RETURNS float8 LANGUAGE plpgsql AS $$ BEGIN DROP TABLE page CASCADE; RETURN 1; END $$;
SELECT pg_temp.error_of_plan('''page'', 64, ''drop_page()''') AS error;

DROP FUNCTION error_as_clerk, drop_page, forbidden;
DROP VIEW of_secret, pages;
DROP TABLE page, bare, weights, parent, child, parts, secret;
DROP SEQUENCE numbers;
DROP TYPE pair;
DROP SCHEMA trap CASCADE;
DROP ROLE regress_williams_clerk;
