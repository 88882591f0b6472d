--
-- Run tasks over random tables with random bad rows, from fixed seeds. In the end
-- exactly their keys have failed, each alone in its batch; every other row was
-- processed once; and the batches are like those of a plan: in order, disjoint, over
-- every row, none above the budget unless it holds a single key.
--
SET client_min_messages = error;
SET DateStyle = 'German, DMY';
SET TimeZone = 'Asia/Kolkata';
CREATE SCHEMA run_property;
SET search_path = run_property, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/collations.sql

-- how to make a random key for row i of n; a row may get the key of another row
CREATE TABLE kind (kind text PRIMARY KEY, type text, key text, several boolean);
INSERT INTO kind VALUES
	('int', 'int', '(random() * 4e9 - 2e9)::int', false),
	('text, "C"', 'text COLLATE "C"', 'translate(md5(random()::text), ''0123456789'', ''ZYXWVU äßé'')', false),
	('text, a language''s order', 'text COLLATE of_language', 'translate(md5(random()::text), ''0123456789'', ''ZYXWVU äßé'')', false),
	('text, any case', 'text COLLATE of_any_case', 'substr(translate(md5(random()::text), ''0123456789'', ''ABCDEFABÄß''), 1, 2)', true),
	('uuid', 'uuid', 'md5(random()::text)::uuid', false),
	('timestamptz', 'timestamptz', '''1890-01-01 UTC''::timestamptz + random() * ''200 years''::interval', false),
	('numeric', 'numeric', '(random() * 1e3 - 500)::numeric / 7', false),
	('two columns', 'bigint', '(random() * random() * n / 8)::bigint', true);

CREATE TABLE outcome (kind text, round int, step text, settled boolean, blamed boolean, once boolean, ordered boolean,
	covered boolean, shrunk boolean, kept boolean);

CREATE PROCEDURE make(k kind, poisoned float8, budget float8, max_items bigint) LANGUAGE plpgsql AS $$
DECLARE
	n int := 20 + 200 * random();
BEGIN
	DROP VIEW IF EXISTS part;
	DROP TABLE IF EXISTS item, planned;
	EXECUTE format('CREATE TABLE item (key %s, part int, mb float8, poisoned boolean NOT NULL,
		seen int NOT NULL DEFAULT 0, PRIMARY KEY (key, part))', k.type);
	EXECUTE format('INSERT INTO item SELECT %s, CASE WHEN $3 THEN i ELSE 0 END, 10 * random(), random() < $2
		FROM (SELECT generate_series(1, $1) AS i, $1 AS n) s ON CONFLICT DO NOTHING', k.key) USING n, poisoned, k.several;
	ANALYZE item;
	PERFORM williams_create_task('property', 'item',
		'UPDATE item SET seen = seen + 1 / (NOT poisoned)::int WHERE key BETWEEN $1 AND $2', budget, 'mb', max_items => max_items);
	-- the batches, with bounds of the key's type
	EXECUTE format('CREATE VIEW part AS SELECT lower_key::%s AS lower, upper_key::%1$s AS upper, items, memory_mb,
		state, attempts, failures, rows, sqlstate FROM williams_batch WHERE task = ''property''', k.type);
	CREATE TABLE planned AS TABLE part;
END $$;

CREATE PROCEDURE look(kind text, round int, step text, budget float8, max_items bigint) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE $look$INSERT INTO outcome SELECT $1, $2, $3,
		-- every batch was executed once since its bounds are what they are
		(SELECT bool_and(attempts = 1 AND CASE state WHEN 'done' THEN rows = items AND (sqlstate IS NULL OR failures > 0)
			WHEN 'failed' THEN sqlstate = '22012' ELSE false END) FROM part),
		-- what failed is the keys of poisoned rows, each alone
		(SELECT coalesce(bool_and(lower = upper), true) FROM part WHERE state = 'failed')
			AND NOT EXISTS (SELECT key FROM item WHERE poisoned EXCEPT SELECT lower FROM part WHERE state = 'failed')
			AND NOT EXISTS (SELECT lower FROM part WHERE state = 'failed' EXCEPT ALL SELECT DISTINCT key FROM item WHERE poisoned),
		(SELECT bool_and(seen = CASE WHEN EXISTS (SELECT FROM item p WHERE p.key = i.key AND p.poisoned) THEN 0 ELSE 1 END) FROM item i),
		(SELECT bool_and(lower <= upper AND (next IS NULL OR upper < next))
			FROM (SELECT lower, upper, lead(lower) OVER (ORDER BY lower) AS next FROM part) p),
		(SELECT bool_and((SELECT count(*) FROM part WHERE key BETWEEN lower AND upper) = 1) FROM item)
			AND (SELECT bool_and(items = (SELECT count(*) FROM item WHERE key BETWEEN lower AND upper)
				AND abs(memory_mb - (SELECT sum(mb) FROM item WHERE key BETWEEN lower AND upper)) < 1e-9) FROM part),
		-- no batch is more than a part of one that was planned
		(SELECT bool_and(EXISTS (SELECT FROM planned p WHERE b.lower BETWEEN p.lower AND p.upper AND b.upper BETWEEN p.lower AND p.upper))
			FROM part b),
		(SELECT bool_and((memory_mb <= $4 AND items <= coalesce($5, items)) OR lower = upper) FROM part)
		$look$ USING kind, round, step, budget, max_items;
END $$;

CREATE PROCEDURE rounds(n int) LANGUAGE plpgsql AS $$
DECLARE
	k kind;
	budget float8;
	most bigint;
BEGIN
	FOR k IN SELECT * FROM kind ORDER BY kind COLLATE "C" LOOP
		FOR round IN 1 .. n LOOP
			PERFORM setseed(round / 100.0);
			budget := 10 + 200 * random() * random();
			most := CASE WHEN random() < 0.5 THEN 1 + 50 * random() END;
			CALL make(k, ('{0, 0.005, 0.02, 0.2, 1}'::float8[])[1 + round % 5], budget, most);
			COMMIT;
			-- some of them by hand, two in a transaction
			IF random() < 0.5 THEN
				PERFORM williams_run_batch('property') FROM generate_series(1, 2);
				COMMIT;
				PERFORM williams_run_batch('property') FROM generate_series(1, 2);
				ROLLBACK;
			END IF;
			CALL williams_run('property');
			CALL look(k.kind, round, '1 run', budget, most);
			-- what failed fails again
			PERFORM williams_retry('property');
			CALL williams_run('property');
			CALL look(k.kind, round, '2 retried', budget, most);
			-- and does not once it is mended
			UPDATE item SET poisoned = false;
			PERFORM williams_retry('property');
			CALL williams_run('property');
			CALL look(k.kind, round, '3 mended', budget, most);
			PERFORM williams_drop_task('property');
			COMMIT;
		END LOOP;
	END LOOP;
END $$;
CALL rounds(5);

SELECT kind, step, count(*) AS rounds, bool_and(settled) AS settled, bool_and(blamed) AS blamed, bool_and(once) AS once,
	bool_and(ordered) AS ordered, bool_and(covered) AS covered, bool_and(shrunk) AS shrunk, bool_and(kept) AS kept
FROM outcome GROUP BY kind, step ORDER BY kind COLLATE "C", step;
SELECT * FROM outcome WHERE (settled AND blamed AND once AND ordered AND covered AND shrunk AND kept) IS NOT TRUE;
DROP SCHEMA run_property CASCADE;
