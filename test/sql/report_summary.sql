--
-- What williams_scorecard and williams_calibration have in common. Equal summaries
-- have equal bytes, however they were computed and stored, so comparing bytes is
-- enough to sort, group, join, index and replicate them. Also: how a message quotes
-- a malformed text.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
CREATE FUNCTION pg_temp.nodes(query text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN ARRAY(SELECT node #>> '{}' FROM jsonb_path_query(plan, '$.**."Node Type"') AS node);
END $$;

--
-- Sets of observations: none, one, many; spread out, of few values, at the ends,
-- too small for the steps of a sum, the previous set without one observation
--
SELECT setseed(0.25);
CREATE TEMP TABLE observation AS
SELECT n AS set, i, CASE n % 6 WHEN 0 THEN random() WHEN 1 THEN round(random() * 20) / 20 WHEN 2 THEN random() ^ 9
       WHEN 3 THEN (ARRAY[0, '-0', 1, 0.5, '1e-300', '5e-324']::float8[])[1 + floor(random() * 6)]
       WHEN 4 THEN 0.9 + random() / 1000 ELSE 1 - random() ^ 9 END AS x, random() < 0.7 AS correct
FROM generate_series(0, 39) AS n, generate_series(1, n * n) AS i;
INSERT INTO observation SELECT set + 40, i, x, correct FROM observation WHERE i > 1;
CREATE TEMP TABLE placed AS SELECT *, floor(random() * 8) AS part, random() AS place FROM observation;
CREATE AGGREGATE pg_temp.plus(williams_scorecard) (SFUNC = williams_scorecard_add, STYPE = williams_scorecard);
CREATE AGGREGATE pg_temp.plus(williams_calibration) (SFUNC = williams_calibration_add, STYPE = williams_calibration);
CREATE AGGREGATE pg_temp.combined(williams_scorecard_state) (SFUNC = williams_scorecard_combine, STYPE = williams_scorecard_state, FINALFUNC = williams_scorecard_final);
CREATE AGGREGATE pg_temp.combined(williams_calibration_state) (SFUNC = williams_calibration_combine, STYPE = williams_calibration_state, FINALFUNC = williams_calibration_final);

CREATE TEMP TABLE whole AS
SELECT n AS set, williams_scorecard_agg(x ORDER BY i) AS card, williams_calibration_agg(x, correct ORDER BY i) AS seen
FROM generate_series(0, 79) AS n LEFT JOIN observation ON n = set GROUP BY n;
-- the parts of each set; the first part is empty
CREATE TEMP TABLE part AS
SELECT set, part, min(place) AS place, williams_scorecard_agg(x ORDER BY place) AS card, williams_calibration_agg(x, correct ORDER BY place) AS seen
FROM (SELECT set, part, place, x, correct FROM placed UNION ALL SELECT set, -1, random(), NULL, NULL FROM whole) AS v GROUP BY set, part;

CREATE TEMP TABLE made (how text, set int, card williams_scorecard, seen williams_calibration);
INSERT INTO made SELECT 'aggregated backwards', set, williams_scorecard_agg(x ORDER BY i DESC), williams_calibration_agg(x, correct ORDER BY i DESC) FROM placed GROUP BY set;
INSERT INTO made SELECT 'aggregated at random', set, williams_scorecard_agg(x ORDER BY place), williams_calibration_agg(x, correct ORDER BY place) FROM placed GROUP BY set;
INSERT INTO made SELECT 'rolled up', set, williams_rollup(card ORDER BY part), williams_rollup(seen ORDER BY part) FROM part GROUP BY set;
INSERT INTO made SELECT 'rolled up at random', set, williams_rollup(card ORDER BY place), williams_rollup(seen ORDER BY place) FROM part GROUP BY set;
INSERT INTO made SELECT 'added', set, pg_temp.plus(card ORDER BY part), pg_temp.plus(seen ORDER BY part) FROM part GROUP BY set;
INSERT INTO made SELECT 'added at random', set, pg_temp.plus(card ORDER BY place), pg_temp.plus(seen ORDER BY place) FROM part GROUP BY set;
INSERT INTO made SELECT 'combined', set, pg_temp.combined(card::text::williams_scorecard_state ORDER BY place), pg_temp.combined(seen::text::williams_calibration_state ORDER BY place)
    FROM part GROUP BY set;
INSERT INTO made SELECT 'read', set, card::text::williams_scorecard, seen::text::williams_calibration FROM whole;
-- the same numbers, spelled differently
INSERT INTO made SELECT 'spelled otherwise', set, replace(regexp_replace(card::text, '^\(1,([0-9]+),', '(1,\1.0,'), ':', ':000')::williams_scorecard,
    (E'\t' || replace(seen::text, ',', ',00') || ' ')::williams_calibration FROM whole;
CREATE TEMP TABLE received (LIKE whole);
\copy whole TO 'results/summary.bin' WITH (FORMAT binary)
\copy received FROM 'results/summary.bin' WITH (FORMAT binary)
INSERT INTO made SELECT 'received', * FROM received;
-- with long and short varlena headers, compressed, out of line, both
CREATE TABLE kept (how text, set int, card williams_scorecard, seen williams_calibration, filler text) WITH (toast_tuple_target = 128);
ALTER TABLE kept ALTER card SET STORAGE plain, ALTER seen SET STORAGE plain;
INSERT INTO kept SELECT 'stored plain', whole.* FROM whole;
ALTER TABLE kept ALTER card SET STORAGE external, ALTER seen SET STORAGE external, ALTER filler SET STORAGE plain;
INSERT INTO kept SELECT 'stored out of line', whole.*, repeat('x', 3000) FROM whole;
ALTER TABLE kept ALTER card SET STORAGE main, ALTER seen SET STORAGE main;
INSERT INTO kept SELECT 'stored compressed', whole.* FROM whole;
ALTER TABLE kept ALTER card SET STORAGE extended, ALTER seen SET STORAGE extended;
INSERT INTO kept SELECT 'stored compressed and out of line', whole.*, repeat('x', 3000) FROM whole;
SELECT count(*) FILTER (WHERE pg_column_compression(seen) IS NOT NULL) > 40 AS compressed,
       count(*) FILTER (WHERE how = 'stored plain' AND pg_column_size(card) < 127) > 0 AS short,
       count(*) FILTER (WHERE how = 'stored plain' AND pg_column_size(seen) > 1000) > 20 AS long,
       (SELECT pg_relation_size(reltoastrelid) > 0 FROM pg_class WHERE oid = 'kept'::regclass) AS out_of_line FROM kept;
INSERT INTO made SELECT how, set, card, seen FROM kept WHERE how = 'stored plain';
CREATE TEMP VIEW way AS TABLE made UNION ALL SELECT how, set, card, seen FROM kept;

-- However computed: equal by operator, stored bytes, hash and order.
SELECT how, count(*) > 70 AS sets,
       bool_and(w.card = o.card AND NOT w.card <> o.card AND record_image_eq(ROW(w.card), ROW(o.card)) AND williams_scorecard_send(w.card) = williams_scorecard_send(o.card)
                AND williams_scorecard_hash(w.card) = williams_scorecard_hash(o.card) AND williams_scorecard_cmp(w.card, o.card) = 0
                AND williams_scorecard_hash_extended(w.card, 7) = williams_scorecard_hash_extended(o.card, 7)) AS cards,
       bool_and(w.seen = o.seen AND NOT w.seen <> o.seen AND record_image_eq(ROW(w.seen), ROW(o.seen)) AND williams_calibration_send(w.seen) = williams_calibration_send(o.seen)
                AND williams_calibration_hash(w.seen) = williams_calibration_hash(o.seen) AND williams_calibration_cmp(w.seen, o.seen) = 0
                AND williams_calibration_hash_extended(w.seen, 7) = williams_calibration_hash_extended(o.seen, 7)) AS calibrations
FROM way AS w JOIN whole AS o USING (set) GROUP BY how ORDER BY how COLLATE "C";
SELECT williams_scorecard_agg(0) = williams_scorecard_agg('-0'::float8) AS zero FROM generate_series(1, 2);

-- Equal if and only if the texts are equal; and a total order: each pair compares as its ranks do.
CREATE TEMP TABLE ranked AS
SELECT card, seen, card::text AS card_text, seen::text AS seen_text,
       dense_rank() OVER (ORDER BY card) AS card_place, dense_rank() OVER (ORDER BY seen) AS seen_place FROM whole;
SELECT count(*) AS pairs,
       bool_and((a.card_place = b.card_place) = (a.card_text = b.card_text)) AS distinguished,
       bool_and((a.card = b.card) = (a.card_place = b.card_place) AND (a.card <> b.card) = (a.card_place <> b.card_place)
                AND (a.card < b.card) = (a.card_place < b.card_place) AND (a.card <= b.card) = (a.card_place <= b.card_place)
                AND (a.card > b.card) = (a.card_place > b.card_place) AND (a.card >= b.card) = (a.card_place >= b.card_place)
                AND sign(williams_scorecard_cmp(a.card, b.card)) = sign(a.card_place - b.card_place)) AS ordered
FROM ranked AS a, ranked AS b;
SELECT bool_and((a.seen_place = b.seen_place) = (a.seen_text = b.seen_text)) AS distinguished,
       bool_and((a.seen = b.seen) = (a.seen_place = b.seen_place) AND (a.seen <> b.seen) = (a.seen_place <> b.seen_place)
                AND (a.seen < b.seen) = (a.seen_place < b.seen_place) AND (a.seen <= b.seen) = (a.seen_place <= b.seen_place)
                AND (a.seen > b.seen) = (a.seen_place > b.seen_place) AND (a.seen >= b.seen) = (a.seen_place >= b.seen_place)
                AND sign(williams_calibration_cmp(a.seen, b.seen)) = sign(a.seen_place - b.seen_place)) AS ordered
FROM ranked AS a, ranked AS b;
SELECT count(DISTINCT card_text) > 60 AS cards, count(DISTINCT seen_text) > 60 AS calibrations,
       count(DISTINCT williams_scorecard_hash(card)) = count(DISTINCT card_text) AS card_hashes,
       count(DISTINCT williams_calibration_hash_extended(seen, 1)) = count(DISTINCT seen_text) AS seen_hashes,
       bool_and((williams_scorecard_hash_extended(card, 0) & 4294967295) = (williams_scorecard_hash(card)::bigint & 4294967295)) AS seed_0 FROM ranked;
-- NULL behaves as usual.
SELECT card = NULL AS equals, card IS DISTINCT FROM NULL AS distinct_from, card = ANY (ARRAY[card, NULL]) AS "any", (card, set) = (card, set) AS "row" FROM whole WHERE set = 1;

--
-- DISTINCT, GROUP BY, UNION and so on, by hashing and by sorting: 80 sets; the
-- empty ones count as one
--
CREATE TEMP VIEW use AS
SELECT count(*) AS n, 'distinct' AS how FROM (SELECT DISTINCT card, seen FROM way) AS v
UNION ALL SELECT count(*), 'group' FROM (SELECT card, seen FROM way GROUP BY card, seen) AS v
UNION ALL SELECT count(*), 'union' FROM (SELECT card, seen FROM whole UNION SELECT card, seen FROM kept) AS v
UNION ALL SELECT count(*), 'intersect' FROM (SELECT card, seen FROM whole INTERSECT SELECT card, seen FROM kept) AS v
UNION ALL SELECT count(*), 'except' FROM (SELECT card, seen FROM whole EXCEPT SELECT card, seen FROM kept) AS v
UNION ALL SELECT count(DISTINCT card), 'count of cards' FROM way
UNION ALL SELECT count(DISTINCT seen), 'count of calibrations' FROM way;
SELECT count(*) AS n FROM (SELECT DISTINCT card_text, seen_text FROM ranked) AS v;
SELECT how, n FROM use ORDER BY how COLLATE "C";
SET enable_hashagg = off;
SELECT how, n FROM use ORDER BY how COLLATE "C";
RESET enable_hashagg;

--
-- Joins
--
ANALYZE whole;
ANALYZE kept;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT pg_temp.nodes('SELECT FROM whole AS a JOIN kept AS b ON a.card = b.card') @> '{Hash Join}' AS cards,
       pg_temp.nodes('SELECT FROM whole AS a JOIN kept AS b ON a.seen = b.seen') @> '{Hash Join}' AS calibrations;
CREATE TEMP VIEW joined AS
SELECT (SELECT count(*) FROM whole AS a JOIN kept AS b ON a.card = b.card) AS cards, (SELECT count(*) FROM whole AS a JOIN kept AS b ON a.seen = b.seen) AS calibrations;
SELECT * FROM joined;
SET enable_hashjoin = off;
SET enable_mergejoin = on;
SELECT pg_temp.nodes('SELECT FROM whole AS a JOIN kept AS b ON a.card = b.card') @> '{Merge Join}' AS cards,
       pg_temp.nodes('SELECT FROM whole AS a JOIN kept AS b ON a.seen = b.seen') @> '{Merge Join}' AS calibrations;
SELECT * FROM joined;
SET enable_nestloop = on;
SET enable_mergejoin = off;
SELECT * FROM joined;
RESET enable_nestloop;
RESET enable_mergejoin;
RESET enable_hashjoin;

--
-- Indexes
--
CREATE TABLE day (id int PRIMARY KEY, card williams_scorecard, seen williams_calibration, changed int DEFAULT 0);
INSERT INTO day SELECT set, card, seen FROM whole WHERE williams_count(card) BETWEEN 1 AND 200;
CREATE UNIQUE INDEX ON day (card);
CREATE INDEX ON day (seen);
SELECT left(pg_temp.error_of('INSERT INTO day (id, card) SELECT 1000, card FROM day WHERE id = 5'), 5) AS again;
INSERT INTO day (id, card, seen) SELECT 1000, card, seen FROM day WHERE id = 5 ON CONFLICT (card) DO UPDATE SET changed = 1 RETURNING id;
SET enable_seqscan = off;
SELECT pg_temp.nodes('SELECT FROM day WHERE card = (SELECT card FROM whole WHERE set = 5)') && '{Index Scan,Bitmap Index Scan,Index Only Scan}' AS by_index;
SELECT count(*) FILTER (WHERE found = ARRAY[id]) = count(*) AS found
FROM day AS d, LATERAL (SELECT array_agg(id) AS found FROM day WHERE card = d.card AND seen = d.seen) AS v;
SELECT array_agg(id ORDER BY card) = (SELECT array_agg(id) FROM (SELECT id FROM day ORDER BY card) AS v) AS sorted FROM day;
SELECT count(*) = (SELECT sum((a.card > b.card)::int) FROM ranked AS a, day AS b WHERE b.id = 5 AND a.card IN (SELECT card FROM day)) AS range
FROM day WHERE card > (SELECT card FROM whole WHERE set = 5);
RESET enable_seqscan;
-- an entry of a B-tree is limited to a third of a page; a hash index has no limit
INSERT INTO kept SELECT 'stored', -1, NULL, williams_calibration_agg(sqrt(i / 100000.0), i % 3 > 0) FROM generate_series(1, 100000) AS i;
SELECT left(pg_temp.error_of('CREATE INDEX ON kept (seen)'), 5) AS btree, pg_temp.error_of('CREATE INDEX kept_hash ON kept USING hash (seen)') AS hash;
SET enable_seqscan = off;
SELECT pg_temp.nodes('SELECT FROM kept WHERE seen = (SELECT seen FROM whole WHERE set = 36)') && '{Index Scan,Bitmap Index Scan}' AS by_index;
SELECT count(*) AS found FROM whole AS w, LATERAL (SELECT count(*) AS n FROM kept WHERE seen = w.seen) AS v WHERE set > 2 AND n >= 4;
RESET enable_seqscan;
-- hash partitions, and a foreign key
CREATE TABLE archive (card williams_scorecard PRIMARY KEY) PARTITION BY HASH (card);
CREATE TABLE archive_0 PARTITION OF archive FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE archive_1 PARTITION OF archive FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE archive_2 PARTITION OF archive FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO archive SELECT card FROM day;
SELECT count(DISTINCT tableoid) AS parts, count(*) = (SELECT count(*) FROM day) AS rows FROM archive;
SELECT bool_and((SELECT count(*) FROM archive AS a WHERE a.card = day.card) = 1) AS found FROM day;
ALTER TABLE day ADD FOREIGN KEY (card) REFERENCES archive;
SELECT left(pg_temp.error_of('DELETE FROM archive WHERE card = (SELECT card FROM day WHERE id = 5)'), 5) AS referred_to;
ALTER TABLE day DROP CONSTRAINT day_card_fkey;
DROP TABLE archive;

--
-- A trigger with IS DISTINCT FROM in its WHEN
--
CREATE FUNCTION pg_temp.count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed = NEW.changed + 1;
    RETURN NEW;
END $$;
UPDATE day SET changed = 0;
CREATE TRIGGER changed BEFORE UPDATE ON day FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION pg_temp.count_change();
UPDATE day SET card = williams_rollup FROM (SELECT set, williams_rollup(card) FROM part GROUP BY set) AS v WHERE set = id AND id < 10;
SELECT DISTINCT changed FROM day;
UPDATE day SET seen = seen + williams_calibration_agg FROM (SELECT williams_calibration_agg(0.5, true)) AS v WHERE id < 10;
SELECT changed, count(*) = (SELECT count(*) FROM whole WHERE set < 10 AND williams_count(card) > 0) AS below_10 FROM day WHERE id < 10 GROUP BY changed;
DROP VIEW joined, use, way;
DROP TABLE day, kept;

-- States have no operators.
SELECT left(pg_temp.error_of(format('SELECT %L::%s = %L', text, type, text)), 5) AS states
FROM (VALUES ('(1,0,0,0,0,0,0,0)', 'williams_scorecard_state'), ('(1,0,0,0,0,0)', 'williams_calibration_state'), ('(0,0,0,0,0)', 'williams_workload_state'),
             ('(0,0,0,0,0,0,0,0)', 'williams_efficiency_state')) AS v (text, type);

--
-- A malformed text of any length: a message quotes its first 200 bytes, cut between characters
--
SELECT type, every(error = format('22P02: invalid input syntax for type %s: "%s"', type, shown)) AS right
FROM unnest(ARRAY['williams_scorecard', 'williams_calibration', 'williams_scorecard_state', 'williams_calibration_state', 'williams_workload_state', 'williams_efficiency_state']) AS type,
     (VALUES (repeat('x', 200), repeat('x', 200)), (repeat('x', 201), repeat('x', 200) || '...'), (repeat('(1,', 1000000), repeat('(1,', 66) || '(1...'),
             (repeat('é', 100), repeat('é', 100)), (repeat('é', 101), repeat('é', 100) || '...'), ('x' || repeat('é', 100), 'x' || repeat('é', 99) || '...'),
             ('(' || repeat('€', 1000), '(' || repeat('€', 66) || '...')) AS v (text, shown),
     pg_temp.error_of(format('SELECT %L::%s', text, type)) AS error GROUP BY type ORDER BY type COLLATE "C";
