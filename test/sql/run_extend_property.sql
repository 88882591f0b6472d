--
-- Rows arrive, the task is extended, with and without gaps, and its batches are run,
-- split and retried, in a random order from fixed seeds. In the end a row was processed
-- once, unless its key was in the range of a batch that was done when it arrived: then it
-- was not; and the ranges of the batches are disjoint.
--
SET client_min_messages = error;
SET DateStyle = 'German, DMY';
SET TimeZone = 'Asia/Kolkata';
CREATE SCHEMA run_extend_property;
SET search_path = run_extend_property, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/collations.sql

-- how to make a random key; in step n of one that ascends, it is mostly beyond the others
CREATE TABLE kind (kind text PRIMARY KEY, type text, key text);
INSERT INTO kind VALUES
	('int', 'int', '(random() * 4e9 - 2e9)::int'),
	('int, ascending', 'int', '(300 * n + 1500 * random())::int'),
	('text, "C"', 'text COLLATE "C"', 'translate(md5(random()::text), ''0123456789'', ''ZYXWVU äßé'')'),
	('text, a language''s order', 'text COLLATE of_language', 'translate(md5(random()::text), ''0123456789'', ''ZYXWVU äßé'')'),
	('text, any case', 'text COLLATE of_any_case', 'substr(translate(md5(random()::text), ''0123456789'', ''ABCDEFABÄß''), 1, 3)'),
	('uuid', 'uuid', 'md5(random()::text)::uuid'),
	('timestamptz', 'timestamptz', '''2020-01-01 UTC''::timestamptz + (n + 5 * random()) * ''1 day''::interval'),
	('numeric', 'numeric', '(random() * 1e3 - 500)::numeric / 7'),
	('two columns', 'bigint', '(random() * 100 + n * random() * 5)::bigint');

CREATE TABLE outcome (kind text, round int, rows bigint, lost bigint, batches bigint, splits bigint, once boolean, disjoint boolean, covered boolean);

CREATE PROCEDURE begin_round(k kind, items bigint) LANGUAGE plpgsql AS $$
BEGIN
	DROP VIEW IF EXISTS part;
	DROP TABLE IF EXISTS item;
	EXECUTE format('CREATE TABLE item (key %s, part serial, poisoned boolean NOT NULL, lost boolean NOT NULL,
		seen int NOT NULL DEFAULT 0, PRIMARY KEY (key, part))', k.type);
	PERFORM williams_create_task('property', 'item',
		'UPDATE item SET seen = seen + 1 / (NOT poisoned)::int WHERE key BETWEEN $1 AND $2', 20, '1', max_items => items);
	EXECUTE format('CREATE VIEW part AS SELECT batch_no, lower_key::%s AS lower, upper_key::%1$s AS upper, below_key::%1$s AS below, state
		FROM williams_batch WHERE task = ''property''', k.type);
	EXECUTE format('CREATE OR REPLACE FUNCTION arrive(rows int, n int) RETURNS void LANGUAGE sql AS $f$
		INSERT INTO item (key, poisoned, lost) SELECT key, random() < 0.03, EXISTS (SELECT FROM part
			WHERE state = ''done'' AND key >= lower AND CASE WHEN below IS NULL THEN key <= upper ELSE key < below END)
		FROM (SELECT (%s)::%s AS key FROM generate_series(1, rows)) AS s $f$', k.key, k.type);
END $$;

CREATE PROCEDURE end_round(k text, round int) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO outcome SELECT k, round, count(*), count(*) FILTER (WHERE lost),
		(SELECT count(*) FROM part), (SELECT count(*) FROM part WHERE below IS NOT NULL),
		bool_and(seen = CASE WHEN lost THEN 0 ELSE 1 END),
		(SELECT bool_and(next IS NULL OR CASE WHEN below IS NULL THEN upper < next ELSE below <= next END)
			FROM (SELECT *, lead(lower) OVER (ORDER BY lower) AS next FROM part) AS p),
		bool_and((SELECT count(*) FROM part WHERE key >= lower AND CASE WHEN below IS NULL THEN key <= upper ELSE key < below END) = 1)
	FROM item;
END $$;

CREATE PROCEDURE rounds(n int) LANGUAGE plpgsql AS $$
DECLARE
	k kind;
	die float8;
BEGIN
	FOR k IN SELECT * FROM kind ORDER BY kind COLLATE "C" LOOP
		FOR round IN 1 .. n LOOP
			PERFORM setseed(round / 100.0);
			CALL begin_round(k, (1 + 15 * random())::bigint);
			FOR step IN 1 .. 25 LOOP
				die := random();
				IF die < 0.4 THEN
					PERFORM arrive((1 + 40 * random())::int, step);
				ELSIF die < 0.6 THEN
					PERFORM williams_extend_task('property', gaps => random() < 0.4);
				ELSIF die < 0.9 THEN
					PERFORM williams_run_batch('property') FROM generate_series(1, 1 + (5 * random())::int);
				ELSIF die < 0.95 THEN
					UPDATE item SET poisoned = false;
					PERFORM williams_retry('property');
				ELSE
					COMMIT;
					CALL williams_run('property');
				END IF;
				COMMIT;
			END LOOP;
			UPDATE item SET poisoned = false;
			PERFORM williams_retry('property');
			PERFORM williams_extend_task('property', gaps => true);
			CALL williams_run('property');
			CALL end_round(k.kind, round);
			PERFORM williams_drop_task('property');
			COMMIT;
		END LOOP;
	END LOOP;
END $$;
CALL rounds(4);

SELECT kind, count(*) AS rounds, sum(rows) > 500 AS rows, sum(batches) > 60 AS batches, sum(splits) > 0 AS splits,
	sum(lost) > 0 AS lost, bool_and(once) AS once, bool_and(disjoint) AS disjoint, bool_and(covered) AS covered
FROM outcome GROUP BY kind ORDER BY kind COLLATE "C";
SELECT * FROM outcome WHERE (once AND disjoint AND covered) IS NOT TRUE;
DROP SCHEMA run_extend_property CASCADE;
