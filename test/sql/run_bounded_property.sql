--
-- A statement that is bounded and run in batches does what it does as a whole. Random
-- tables from fixed seeds, in two schemas with the same rows: in one the statement is
-- executed once, in the other as a task. Then all tables must be equal, and as many rows
-- must have been processed.
--
SET client_min_messages = error;
CREATE ROLE williams_bounded;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO williams_bounded', current_database()); END $$;
-- row-level security applies to this role
SET ROLE williams_bounded;
CREATE SCHEMA run_bounded_property;
CREATE SCHEMA run_whole;
CREATE SCHEMA run_batched;
SET search_path = run_bounded_property, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/collations.sql
CREATE DOMAIN short AS varchar(9);
CREATE TYPE shade AS ENUM ('white', 'light', 'dark', 'black');

CREATE TABLE kind (kind text, type text, key text);
INSERT INTO kind VALUES
	('int, repeated', 'int', '(random() * 20)::int'),
	('text, "C"', 'text COLLATE "C"', 'substr(md5(random()::text), 1, 4)'),
	('text, a language''s order', 'text COLLATE run_bounded_property.of_language', 'translate(md5(random()::text), ''0123456789'', ''ZYXWVU äßé'')'),
	('text, any case', 'text COLLATE run_bounded_property.of_any_case', 'substr(translate(md5(random()::text), ''0123456789'', ''ABCDEFABÄß''), 1, 2)'),
	('domain', 'run_bounded_property.short', 'substr(md5(random()::text), 1, 2)'),
	('enum', 'run_bounded_property.shade', '(enum_range(NULL::run_bounded_property.shade))[1 + floor(random() * 4)]'),
	('uuid', 'uuid', 'md5(random()::text)::uuid'),
	('timestamptz', 'timestamptz', '''1890-01-01 UTC''::timestamptz + random() * ''200 years''::interval'),
	('numeric', 'numeric', '(random() * 1e2 - 50)::numeric(8, 1)');

-- how the relation "item" is made of a table of that name or of "base"
CREATE TABLE shape (shape text, create_item text, later text, last text);
INSERT INTO shape VALUES
	('table', 'CREATE TABLE item (key %s, part int, gone int, a int, b int, PRIMARY KEY (key, part))', 'ALTER TABLE item DROP COLUMN gone', NULL),
	('partitions', 'CREATE TABLE item (key %s, part int, a int, b int, PRIMARY KEY (key, part)) PARTITION BY LIST (part)',
		'CREATE TABLE item_1 PARTITION OF item FOR VALUES IN (1, 2);
		CREATE TABLE item_2 (b int, a int, x int, part int NOT NULL, key %s NOT NULL); ALTER TABLE item_2 DROP COLUMN x;
		ALTER TABLE item ATTACH PARTITION item_2 DEFAULT', NULL),
	('children', 'CREATE TABLE item (key %s, part int, a int, b int, PRIMARY KEY (key, part))',
		'CREATE TABLE item_1 (c int, PRIMARY KEY (key, part)) INHERITS (item)', NULL),
	('view', 'CREATE TABLE base (key %s, part int, x int, y int, PRIMARY KEY (key, part))',
		'CREATE VIEW item AS SELECT part, y AS b, key, x AS a FROM base WHERE part <> 3', NULL),
	('policies', 'CREATE TABLE item (key %s, part int, a int, b int, PRIMARY KEY (key, part))',
		'ALTER TABLE item ENABLE ROW LEVEL SECURITY; ALTER TABLE item FORCE ROW LEVEL SECURITY;
		CREATE POLICY seen ON item USING (part <> 4) WITH CHECK (true)', NULL),
	('rules', 'CREATE TABLE item (key %s, part int, a int, b int, PRIMARY KEY (key, part))',
		'ANALYZE item', 'CREATE RULE also AS ON UPDATE TO item DO ALSO INSERT INTO log VALUES (OLD.key::text, OLD.part, NEW.a);
		CREATE RULE kept AS ON DELETE TO item WHERE OLD.part = 2 DO INSTEAD INSERT INTO log VALUES (OLD.key::text, 99, OLD.a)');

-- the statements, and the shapes for which PostgreSQL does not have them (before 17)
CREATE TABLE statement (no int GENERATED ALWAYS AS IDENTITY, statement text, but text[] NOT NULL DEFAULT '{}');
INSERT INTO statement (statement) VALUES
	('UPDATE item SET a = a + 1'),
	('UPDATE item SET a = a + 1, b = DEFAULT WHERE b > 3 OR a IS NULL'),
	('UPDATE item SET (a, b) = (b, a) WHERE key IN (SELECT key FROM item WHERE part = 1)'),
	('UPDATE item i SET a = o.n FROM other o WHERE o.id = i.b'),
	('UPDATE item i SET a = o.n FROM other o LEFT JOIN other p ON p.id = o.id + 1 WHERE o.id = i.b AND p.id IS NOT NULL'),
	('UPDATE item i SET a = j.part FROM item j WHERE j.part = i.part + 1 AND j.key = i.key'),
	('UPDATE item SET a = (SELECT count(*) FROM item j WHERE j.key < item.key)'),
	('UPDATE item SET a = (SELECT max(n) FROM other WHERE id <= item.b) WHERE EXISTS (SELECT FROM other WHERE id = item.a)'),
	('DELETE FROM item'),
	('DELETE FROM item WHERE a % 2 = 0'),
	('DELETE FROM item i USING other o WHERE o.id = i.a AND o.n > i.b'),
	('DELETE FROM item i USING item j WHERE j.key = i.key AND j.part < i.part'),
	('INSERT INTO log SELECT key, part, a FROM item'),
	('INSERT INTO log SELECT i::text, o.id, generate_series(1, o.n % 3) FROM item i LEFT JOIN other o ON o.id = i.a'),
	('INSERT INTO log (part) SELECT i.part FROM other o RIGHT JOIN (item i JOIN other p ON p.id = i.b) ON o.id = i.a WHERE o.n IS NULL OR o.n > 3'),
	('INSERT INTO log SELECT i.key, o.m FROM item i, LATERAL (SELECT max(n) AS m FROM other WHERE id < i.b) o'),
	('INSERT INTO log (a) SELECT a FROM item WHERE b > (SELECT avg(b) FROM item) ORDER BY a'),
	('INSERT INTO log WITH m AS (SELECT part, max(a) AS a FROM item GROUP BY part) SELECT i.key, i.part, m.a FROM item i JOIN m USING (part)'),
	('INSERT INTO other SELECT 1000 + part * 100 + row_number, a FROM item, LATERAL (SELECT count(*) AS row_number FROM item j WHERE j.key < item.key) c ON CONFLICT DO NOTHING'),
	('SELECT key, a FROM item WHERE a > b'),
	('SELECT i.key FROM item i JOIN other o ON o.id BETWEEN i.a AND i.b'),
	('MERGE INTO log l USING (SELECT key, part FROM item WHERE part = 1) i ON l.key = i.key::text WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (part) VALUES (i.part)'),
	('MERGE INTO log l USING item i ON l.key = i.key::text AND l.part = i.part WHEN MATCHED AND i.a > 5 THEN DELETE WHEN MATCHED THEN UPDATE SET a = i.b WHEN NOT MATCHED THEN INSERT VALUES (i.key, i.part, i.a)'),
	('MERGE INTO log l USING item i ON l.key = i.key::text AND l.part = i.part WHEN NOT MATCHED AND i IS NOT NULL THEN INSERT VALUES (to_jsonb(i) ->> ''key'', i.part, (i).b)'),
	('MERGE INTO log l USING (SELECT i.key, i.part, o.n FROM item i LEFT JOIN other o ON o.id = i.a) s ON l.key = s.key::text AND l.part = s.part WHEN NOT MATCHED THEN INSERT VALUES (s.key, s.part, s.n)');
INSERT INTO statement (statement, but) VALUES
	('UPDATE item SET a = a + 1 RETURNING key, a', '{}'),
	('DELETE FROM item WHERE b > 4 RETURNING *', '{rules}'),
	('WITH o AS (SELECT id, n FROM other WHERE n > 2) UPDATE item SET a = o.n FROM o WHERE o.id = item.b', '{rules}'),
	('WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 9) DELETE FROM item USING r WHERE r.i = a', '{rules}'),
	('MERGE INTO log l USING item i ON l.key = i.key::text AND i.ctid <> ''(0,9)'' WHEN NOT MATCHED AND i.tableoid > 9::oid THEN INSERT VALUES (i.ctid || regexp_replace(i.tableoid::regclass::text, ''.*[.]'', ''''), (SELECT i.xmin IS NOT NULL)::int, (to_jsonb(i) ->> ''a'')::int)', '{view}'),
	('MERGE INTO item i USING other o ON o.id = i.b WHEN MATCHED AND o.n > 5 THEN DELETE WHEN MATCHED THEN UPDATE SET a = o.n', '{view,rules}'),
	('MERGE INTO item i USING item j ON j.key = i.key AND j.part = i.part + 1 WHEN MATCHED AND j.b > 2 THEN UPDATE SET a = j.part WHEN NOT MATCHED THEN DO NOTHING', '{view,rules}'),
	('UPDATE item SET a = (SELECT n FROM other WHERE id >= item.b ORDER BY id LIMIT 1)', '{}');

CREATE TABLE outcome (no int, kind text, shape text, batches int, processed bigint, same_rows boolean, same_count boolean);

-- the tables of one schema, the same for the same seed
CREATE PROCEDURE make(schema name, k kind, s shape, seed float8) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('DROP SCHEMA %I CASCADE', schema);
	EXECUTE format('CREATE SCHEMA %I', schema);
	PERFORM set_config('search_path', schema || ', public', true);
	CREATE TABLE other (id int PRIMARY KEY, n int);
	CREATE TABLE log (key text, part int, a int);
	INSERT INTO other SELECT i, i * 7 % 11 FROM generate_series(0, 9) AS i;
	EXECUTE format(s.create_item, k.type);
	EXECUTE format(s.later, k.type);
	PERFORM setseed(seed);
	EXECUTE format('INSERT INTO item (key, part, a, b) SELECT %s, i %% 7, random() * 9, random() * 9
		FROM generate_series(1, 60) AS i ON CONFLICT DO NOTHING', k.key);
	IF s.shape = 'children' THEN
		EXECUTE format('INSERT INTO item_1 (key, part, a, b) SELECT %s, 10 + i %% 7, random() * 9, random() * 9
			FROM generate_series(1, 20) AS i ON CONFLICT DO NOTHING', k.key);
	END IF;
	INSERT INTO log SELECT key, part, a FROM item WHERE a = 6;
	IF s.last IS NOT NULL THEN
		EXECUTE s.last;
	END IF;
	ANALYZE;
END $$;

CREATE FUNCTION content(schema name, tab name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	content text;
BEGIN
	EXECUTE format('SELECT string_agg(t::text, E''\n'' ORDER BY t::text COLLATE "C") FROM %I.%I AS t', schema, tab) INTO content;
	RETURN content;
END $$;
CREATE FUNCTION content(schema name) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(relname || coalesce(E':\n' || run_bounded_property.content(schema, relname), ''), E'\n' ORDER BY relname) FROM pg_class
	WHERE relnamespace = schema::regnamespace AND relkind IN ('r', 'v', 'p') $$;

-- everything is undone
CREATE PROCEDURE compare(q statement, k kind, s shape) LANGUAGE plpgsql AS $$
DECLARE
	o run_bounded_property.outcome;
	whole bigint;
BEGIN
	PERFORM set_config('search_path', 'run_whole, public', true);
	EXECUTE q.statement;
	GET DIAGNOSTICS whole = ROW_COUNT;
	PERFORM set_config('search_path', 'run_batched, public', true);
	PERFORM williams_create_task('bounded', 'run_batched.item', q.statement, key_column => 'key', max_items => 1 + q.no % 9);
	WHILE williams_run_batch('bounded') IS NOT NULL LOOP
	END LOOP;
	SELECT count(*), sum(rows) INTO o.batches, o.processed FROM williams_batch WHERE state = 'done' AND attempts = 1;
	o.no := q.no;
	o.kind := k.kind;
	o.shape := s.shape;
	o.same_rows := run_bounded_property.content('run_whole') = run_bounded_property.content('run_batched');
	o.same_count := o.processed = whole AND NOT EXISTS (SELECT FROM williams_batch WHERE state <> 'done');
	RAISE EXCEPTION USING ERRCODE = 'P0099', DETAIL = o::text;
END $$;

CREATE PROCEDURE compare_all() LANGUAGE plpgsql AS $$
DECLARE
	k run_bounded_property.kind;
	s run_bounded_property.shape;
	q run_bounded_property.statement;
	o text;
	n int := 0;
BEGIN
	FOR k IN SELECT * FROM run_bounded_property.kind ORDER BY kind LOOP FOR s IN SELECT * FROM run_bounded_property.shape ORDER BY shape LOOP
		n := n + 1;
		CALL run_bounded_property.make('run_whole', k, s, n / 100.0);
		CALL run_bounded_property.make('run_batched', k, s, n / 100.0);
		-- each statement over every shape, with half of the kinds
		FOR q IN SELECT * FROM run_bounded_property.statement WHERE s.shape <> ALL (but) AND (no + n + n / 6) % 2 = 0 ORDER BY no LOOP
			BEGIN
				CALL run_bounded_property.compare(q, k, s);
			EXCEPTION WHEN SQLSTATE 'P0099' THEN
				GET STACKED DIAGNOSTICS o = PG_EXCEPTION_DETAIL;
				INSERT INTO run_bounded_property.outcome SELECT (o::run_bounded_property.outcome).*;
			WHEN OTHERS THEN
				RAISE EXCEPTION '% over %, %: %', q.statement, s.shape, k.kind, SQLERRM;
			END;
		END LOOP;
		COMMIT;
	END LOOP; END LOOP;
END $$;
CALL compare_all();
SELECT no, count(*) AS compared, count(DISTINCT kind) AS kinds, count(DISTINCT shape) AS shapes, bool_and(batches > 1) AS batches, bool_and(same_rows) AS same_rows, bool_and(same_count) AS same_count,
	bool_or(processed > 0) AS processed FROM outcome GROUP BY no ORDER BY no;
SELECT no, kind, shape FROM outcome WHERE NOT (same_rows AND same_count) ORDER BY 1, 2, 3 LIMIT 20;

--
-- What is read as a whole sees what earlier batches did: such a statement depends on the
-- order of its batches
--
SET search_path = run_bounded_property, public;
CREATE TABLE chain (id int PRIMARY KEY, v int);
INSERT INTO chain SELECT i, i FROM generate_series(1, 6) AS i;
SELECT williams_create_task('chain', 'chain', 'UPDATE chain SET v = (SELECT sum(v) FROM chain)', max_items => 2);
CALL williams_run('chain');
SELECT array_agg(v ORDER BY id) FROM chain;
SELECT williams_drop_task('chain');
RESET ROLE;
DROP OWNED BY williams_bounded CASCADE;
DROP ROLE williams_bounded;
