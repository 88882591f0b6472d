/*
 * all_qualified.sql
 *		Whatever the extension's views, policies, defaults, checks etc. call belongs to
 *		PostgreSQL or to the extension, no matter what was in the schema where its
 *		script ran. Every call has exactly the declared argument types, because another
 *		function could be a better match for a call that needs a cast.
 *
 * The tests search the catalogue, so they cover objects that are added later.
 */
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
DROP EXTENSION IF EXISTS williams;
CREATE SCHEMA alone;
CREATE EXTENSION williams SCHEMA alone;

SELECT plan(39);

-- The objects of a dashboard belong to users, but the extension has written them: as members they are checked, too.
CREATE TABLE alone.scan (created_at timestamptz, type text, fields jsonb, as_read jsonb, engine jsonb, score float8, scores jsonb,
	review text[], reasons jsonb, verified text[], accepted text[], version bigint, truth jsonb);
CREATE INDEX ON alone.scan (created_at);
DO $$
DECLARE
	c text;
BEGIN
	PERFORM alone.williams_create_dashboard(source => 'alone.scan', document_type => 'type', score => 'score', scores => 'scores',
		review => 'review', reasons => 'reasons', verified => 'verified', accepted => 'accepted', fields => 'fields', as_read => 'as_read',
		engine_confidence => 'engine', profile_version => 'version', rollup => 'alone.all_columns');
	PERFORM alone.williams_create_dashboard(source => 'alone.scan', fields => 'fields', truth => 'truth', rollup => 'alone.truth_only');
	FOR c IN SELECT format('ALTER EXTENSION williams ADD %s %s', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass)
		FROM pg_catalog.pg_class WHERE relnamespace = 'alone'::pg_catalog.regnamespace AND relkind IN ('r', 'v')
			AND (relname = 'scan' OR relname ~ '^(all_columns|truth_only)') LOOP
		EXECUTE c;
	END LOOP;
END $$;

-- the members and their parts: rules, policies, defaults, constraints, triggers, indexes
CREATE TEMP VIEW part AS
WITH RECURSIVE p AS (
	SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON d.refobjid = e.oid
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'williams'
	UNION
	SELECT d.classid, d.objid FROM p JOIN pg_depend d ON (d.refclassid, d.refobjid) = (p.classid, p.objid) AND d.deptype IN ('i', 'a', 'P', 'S'))
SELECT classid, objid, pg_describe_object(classid, objid, 0) AS object FROM p;

-- their expressions and queries as stored trees, from every pg_node_tree column of every catalogue
CREATE FUNCTION pg_temp.trees() RETURNS TABLE (object text, tree text) LANGUAGE plpgsql AS $$
DECLARE
	c record;
BEGIN
	FOR c IN SELECT a.attrelid::regclass AS catalogue, a.attname AS tree, coalesce(k.attname, f.attname) AS key,
			CASE WHEN k.attname IS NULL THEN 'pg_class'::regclass ELSE a.attrelid::regclass END AS class
		FROM pg_attribute a JOIN pg_class ON pg_class.oid = a.attrelid AND relkind = 'r'
			LEFT JOIN pg_attribute k ON k.attrelid = a.attrelid AND k.attname = 'oid'
			-- a catalogue without an oid describes the relation that its first column names
			JOIN pg_attribute f ON f.attrelid = a.attrelid AND f.attnum = 1
		WHERE a.atttypid = 'pg_node_tree'::regtype AND relnamespace = 'pg_catalog'::regnamespace LOOP
		RETURN QUERY EXECUTE format('SELECT object, %I::text FROM %s JOIN part ON classid = %s AND objid = %I WHERE %1$I IS NOT NULL',
			c.tree, c.catalogue, c.class::oid, c.key);
	END LOOP;
END $$;

-- how many arguments in a tree are cast implicitly to the declared type
CREATE FUNCTION pg_temp.implicit_casts(tree text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	token text;
	nodes text[] = '{}';
	n int := 0;
BEGIN
	FOR token IN SELECT m[1] FROM regexp_matches(tree, '(\{[A-Z_]+|\}|:[a-z]+format 2)', 'g') AS m LOOP
		IF token = '}' THEN
			nodes := trim_array(nodes, 1);
		-- an aggregate's arguments are target entries
		ELSIF token ^@ '{' THEN
			nodes := nodes || CASE token WHEN '{TARGETENTRY' THEN coalesce(nodes[cardinality(nodes)], '') ELSE token END;
		ELSIF nodes[cardinality(nodes) - 1] IN ('{FUNCEXPR', '{OPEXPR', '{DISTINCTEXPR', '{NULLIFEXPR', '{SCALARARRAYOPEXPR',
				'{AGGREF', '{WINDOWFUNC', '{MINMAXEXPR', '{ROWCOMPAREEXPR', '{SUBLINK') THEN
			n := n + 1;
		END IF;
	END LOOP;
	RETURN n;
END $$;

-- as text, under an empty search_path
CREATE FUNCTION pg_temp.texts() RETURNS TABLE (object text, definition text) LANGUAGE sql SET search_path = '' AS $$
	SELECT object, pg_get_viewdef(objid) FROM pg_temp.part WHERE classid = 'pg_class'::regclass AND (SELECT relkind IN ('v', 'm') FROM pg_class WHERE oid = objid)
	UNION ALL SELECT object, pg_get_indexdef(objid) FROM pg_temp.part WHERE classid = 'pg_class'::regclass AND objid IN (SELECT indexrelid FROM pg_index)
	UNION ALL SELECT object, pg_get_ruledef(objid) FROM pg_temp.part WHERE classid = 'pg_rewrite'::regclass
	UNION ALL SELECT object, pg_get_triggerdef(objid) FROM pg_temp.part WHERE classid = 'pg_trigger'::regclass
	UNION ALL SELECT object, pg_get_constraintdef(objid) FROM pg_temp.part WHERE classid = 'pg_constraint'::regclass
	UNION ALL SELECT object, pg_get_functiondef(objid) FROM pg_temp.part WHERE classid = 'pg_proc'::regclass AND (SELECT prokind <> 'a' FROM pg_proc WHERE oid = objid)
	UNION ALL SELECT object, pg_get_expr(adbin, adrelid) FROM pg_temp.part JOIN pg_attrdef d ON d.oid = objid WHERE classid = 'pg_attrdef'::regclass
	UNION ALL SELECT object, concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
		FROM pg_temp.part JOIN pg_policy p ON p.oid = objid WHERE classid = 'pg_policy'::regclass
$$;

CREATE TEMP VIEW fault AS
	-- dependencies on PostgreSQL's built-in objects are not recorded, all others are
	SELECT 'depends on an object of somebody else' AS fault, object, pg_describe_object(refclassid, refobjid, refobjsubid) AS what
	FROM part JOIN pg_depend USING (classid, objid)
	WHERE (refclassid, refobjid) NOT IN (SELECT classid, objid FROM part)
		AND refclassid NOT IN ('pg_extension'::regclass, 'pg_namespace'::regclass)
		AND (pg_identify_object(refclassid, refobjid, refobjsubid)).schema IS DISTINCT FROM 'pg_catalog'
	UNION ALL
	SELECT 'lies in another schema', object, refobjid::regnamespace::text
	FROM part JOIN pg_depend USING (classid, objid)
	WHERE refclassid = 'pg_namespace'::regclass AND refobjid <> 'alone'::regnamespace
	UNION ALL
	SELECT 'names another schema', object, nspname FROM pg_temp.texts(), pg_namespace
	WHERE nspname NOT IN ('alone', 'pg_catalog', 'pg_toast') AND definition ~ ('(^|[^a-zA-Z0-9_$."])' || regexp_replace(quote_ident(nspname), '(\W)', '\\\1', 'g') || '\.')
	UNION ALL
	SELECT 'has arguments that are cast implicitly', object, pg_temp.implicit_casts(tree)::text FROM pg_temp.trees() WHERE pg_temp.implicit_casts(tree) > 0
	UNION ALL
	SELECT 'has a body that is parsed when it is called', object, lanname FROM part JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
		JOIN pg_language l ON l.oid = prolang WHERE lanname NOT IN ('c', 'internal') AND prosqlbody IS NULL AND prokind <> 'a';

SELECT is_empty($$SELECT DISTINCT fault, object, what FROM fault ORDER BY 1, 2, 3$$, 'everything is qualified and matches exactly');
SELECT ok(count(*) > 20, 'there are trees to check') FROM pg_temp.trees();
SELECT ok(bool_and(n > 0), 'as text: ' || class) FROM (VALUES ('view'), ('policy'), ('rule'), ('trigger'), ('constraint'), ('index'), ('function'), ('default')) AS k (class),
	LATERAL (SELECT count(*) AS n FROM pg_temp.texts() WHERE object ~ class) t GROUP BY class ORDER BY class;

-- Each kind of fault is found. Some objects of somebody else, in the extension's schema and in another:
CREATE SCHEMA other;
CREATE FUNCTION other.f() RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION other.add(bigint, int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT 1::bigint';
CREATE FUNCTION alone.quote_ident(name) RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT 'x'$$;
CREATE FUNCTION alone.is_equal(regrole, regrole) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR alone.= (LEFTARG = regrole, RIGHTARG = regrole, FUNCTION = alone.is_equal);
CREATE DOMAIN other.word AS text;
CREATE COLLATION other.plain FROM "C";
CREATE TABLE alone.t (n int, r regrole, v varchar);
ALTER EXTENSION williams ADD TABLE alone.t;
CREATE FUNCTION pg_temp.faults(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before text[];
	found text;
BEGIN
	BEGIN
		SET LOCAL search_path = '';
		before := ARRAY(SELECT f::text FROM pg_temp.fault f);
		SET LOCAL search_path = alone;
		EXECUTE command;
		SET LOCAL search_path = '';
		SELECT string_agg(DISTINCT split_part(fault, ' ', 1), ' ' ORDER BY split_part(fault, ' ', 1)) INTO found
		FROM pg_temp.fault f WHERE f::text <> ALL (before);
		RAISE division_by_zero;
	EXCEPTION WHEN division_by_zero THEN
		RETURN found;
	END;
END $$;
SELECT is(pg_temp.faults(command), faults, command) FROM (VALUES
	-- unqualified names, under the script's search_path: pg_catalog, then its schema
	('CREATE POLICY p ON t USING (n = pg_catalog.length(quote_ident(CURRENT_USER)))', 'depends'),
	('CREATE VIEW w AS SELECT FROM t WHERE r = pg_catalog.to_regrole(v::text); ALTER EXTENSION williams ADD VIEW w', 'depends'),
	-- implicit casts, which no other object exploits yet
	('CREATE POLICY p ON t USING (pg_catalog.length(v) > 1)', 'has'),
	('CREATE POLICY p ON t FOR INSERT WITH CHECK (n::pg_catalog.float8 > 1.5)', 'has'),
	('CREATE VIEW w AS SELECT pg_catalog.max(v) FROM t; ALTER EXTENSION williams ADD VIEW w', 'has'),
	('CREATE VIEW w AS SELECT FROM t WHERE n IN (SELECT 10::oid); ALTER EXTENSION williams ADD VIEW w', 'has'),
	('ALTER TABLE t ADD CHECK (pg_catalog.length(v) < 64)', 'has'),
	('ALTER TABLE t ALTER n SET DEFAULT pg_catalog.length(CURRENT_USER)', 'has'),
	('CREATE INDEX i ON t (pg_catalog.upper(v))', 'has'),
	('CREATE INDEX i ON t (n) WHERE pg_catalog.length(v) < 64', 'has'),
	('CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (pg_catalog.length(NEW.v) < 64) EXECUTE FUNCTION williams_score_ocr()', 'has'),
	('CREATE RULE u AS ON INSERT TO t WHERE pg_catalog.length(NEW.v) < 64 DO NOTHING', 'has'),
	('CREATE FUNCTION f(v varchar) RETURNS int LANGUAGE sql RETURN pg_catalog.length(v); ALTER EXTENSION williams ADD FUNCTION f', 'has'),
	('CREATE FUNCTION f(n int = pg_catalog.length(CURRENT_USER)) RETURNS int LANGUAGE sql RETURN n; ALTER EXTENSION williams ADD FUNCTION f', 'has'),
	-- objects of another schema
	('CREATE POLICY p ON t USING (other.f())', 'depends names'),
	('CREATE VIEW w AS SELECT other.f(); ALTER EXTENSION williams ADD VIEW w', 'depends names'),
	('ALTER TABLE t ADD CHECK (other.f())', 'depends names'),
	('ALTER TABLE t ALTER n SET DEFAULT other.f()::int', 'depends names'),
	('CREATE INDEX i ON t ((other.f()))', 'depends names'),
	('ALTER TABLE t ADD w other.word', 'depends'),
	('ALTER TABLE t ADD w text COLLATE other.plain', 'depends'),
	('CREATE FUNCTION f(w other.word) RETURNS int LANGUAGE sql RETURN 1; ALTER EXTENSION williams ADD FUNCTION f', 'depends names'),
	('CREATE AGGREGATE a(int) (SFUNC = other.add, STYPE = bigint); ALTER EXTENSION williams ADD AGGREGATE a(int)', 'depends'),
	('CREATE OPERATOR + (LEFTARG = bigint, RIGHTARG = int, FUNCTION = other.add); ALTER EXTENSION williams ADD OPERATOR alone.+ (bigint, int)', 'depends'),
	('CREATE TABLE other.o (); ALTER EXTENSION williams ADD TABLE other.o', 'lies'),
	('CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 1''; ALTER EXTENSION williams ADD FUNCTION f', 'has'),
	-- no fault
	('CREATE POLICY p ON t USING (n OPERATOR(pg_catalog.=) pg_catalog.length(pg_catalog.quote_ident(CURRENT_USER::text)))', NULL),
	('CREATE VIEW w AS SELECT pg_catalog.max(v::text) FROM t WHERE r::oid IN (SELECT 10::oid); ALTER EXTENSION williams ADD VIEW w', NULL),
	('ALTER TABLE t ADD CHECK (pg_catalog.length(v::text) OPERATOR(pg_catalog.<) 64), ALTER n SET DEFAULT 1.0', NULL)
	) AS c (command, faults);

SELECT * FROM finish();
ROLLBACK;
