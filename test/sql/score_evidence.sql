--
-- The type williams_evidence: what is counted, by hand and against plain SQL; merging
-- is exact in any order; text, wire and stored forms read back, and invalid ones are
-- refused. Parallel plans are in all_parallel, the model in score_fit.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
CREATE FUNCTION pg_temp.seen(fields jsonb, truth jsonb, confidence jsonb = NULL, rules jsonb = '{"fields": {"a": null, "b": null, "c": null}}')
RETURNS williams_evidence LANGUAGE sql AS 'SELECT williams_evidence_agg(fields, rules, confidence, truth)';
CREATE VIEW empty AS SELECT '{"version": 1, "fields": {}}'::williams_evidence AS e;

--
-- What is an observation, and when is it right?
--
SELECT pg_temp.seen('{"a": "x", "b": "y", "c": null, "d": "z"}', '{"a": "x", "b": "Y ", "c": "w", "d": "z"}', '{"a": 0.5, "b": 0.96, "c": 0.1}');
-- An absent key is not an observation; a null or blank truth makes what was read wrong.
SELECT truth, pg_temp.seen('{"a": "x"}', truth::jsonb)::jsonb #> '{fields,a,none,silent}' AS seen_right
FROM unnest(ARRAY['{}', '{"b": "x"}', '{"a": null}', '{"a": ""}', '{"a": " \t\u3000"}', '{"a": "x"}', '{"a": "y"}', '{"a": []}', '{"a": {"b": null}}']) AS truth;
-- So is a field that was not read, whatever its truth.
SELECT read, pg_temp.seen(read::jsonb, '{"a": "x", "b": null}') AS evidence
FROM unnest(ARRAY[NULL, 'null', '[]', '"a"', '{}', '{"a": null}', '{"a": " "}', '{"a": {"x": []}}', '{"b": null}']) AS read;
-- White space is collapsed, case folded.
SELECT read, truth, (pg_temp.seen(jsonb_build_object('a', read::jsonb), jsonb_build_object('a', truth::jsonb))::jsonb #> '{fields,a,none,silent,1}') = '1' AS right
FROM (VALUES ('"x"', '"x"'), ('"X y"', '" x\t\n Y "'), ('"x y"', '"xy"'), ('"x y"', '"x  "'), ('"xy"', '"xyz"'), ('"xyz"', '"xy "'), ('"É"', '"é"'), ('"x É"', '"X\u00a0é"'),
      ('"É"', '"E"'), ('"x\u3000\u00a0"', '"\u2003X"'), ('"x \u00a0y"', '"x y"'), ('"x"', '"x\u00a0"'), ('"\u00a0x"', '"x"'), ('"xé"', '"xe"'), ('"x"', '"xé"'), ('"ß"', '"ss"'),
      ('"Ω一"', '"ω一"'), ('42', '"42"'), ('42', '42'), ('1.0', '1'), ('true', '"TRUE"'), ('true', 'true'), ('false', 'true'),
      ('["x", 1]', '["x", 1]'), ('["x", 1]', '["X",  1]'), ('["x"]', '["y"]'), ('{"b": 1, "c": "x"}', '{"c": "x", "b": 1}'), ('"[1]"', '[1]')) AS v (read, truth);

-- Outcomes: a format and the checks of single fields; those between fields do not count.
SELECT pg_temp.seen('{"d": "2024-01-01", "e": "2023-01-01", "n": "x", "p": "T1", "q": "1", "s": "abc", "free": "x"}', '{"d": "", "e": "", "n": "", "p": "", "q": "", "s": "", "free": ""}', NULL,
    '{"fields": {"d": "date", "e": "date", "n": "number", "p": null, "q": "number", "s": "alphanumeric", "free": null},
      "checks": [{"check": "ordered", "fields": ["d", "e"]}, {"check": "pattern", "fields": ["p"], "pattern": "^T"}, {"check": "range", "fields": ["q", "n"], "min": 2}, {"check": "length", "fields": ["s"], "length": 3}]}') AS e \gset
SELECT key, value FROM jsonb_each(:'e'::williams_evidence::jsonb -> 'fields');

-- Bins: each begins at its lower bound.
SELECT c, string_agg(bin, ' ') AS bin
FROM unnest('{0,0.0199999,0.02,0.05,0.5,0.7999999999,0.8,0.9,0.93,0.95,0.9599999999999999,0.96,0.97,0.98,0.99,0.995,0.9979999,0.998,1,NULL}'::numeric[]) AS c,
     LATERAL jsonb_object_keys(pg_temp.seen('{"a": "x"}', '{"a": "x"}', jsonb_build_object('a', c))::jsonb #> '{fields,a,none}') AS bin GROUP BY c ORDER BY c;
SELECT pg_temp.seen('{"a": "x"}', '{"a": "x"}', confidence::jsonb)::jsonb #> '{fields,a,none}' AS silent FROM unnest(ARRAY[NULL, 'null', '{}', '{"b": 0.5}']) AS confidence;

-- Documents that are left out: without fields, rules or truth, or with bad confidences.
SELECT williams_evidence_agg(f, r, c, t) AS evidence
FROM (VALUES (NULL::jsonb, '{"fields": {"a": null}}'::jsonb, NULL::jsonb, '{"a": "x"}'::jsonb), ('{"a": "x"}', NULL, NULL, '{"a": "x"}'), ('{"a": "x"}', '{"fields": {"a": null}}', NULL, NULL),
      ('{"a": "x"}', '{"fields": {"a": null}}', NULL, 'null'), ('{"a": "x"}', '{"fields": {"a": null}}', '{"a": 1.1}', '{"a": "x"}'), ('{"a": "x"}', '{"fields": {"a": null}}', '{"a": "0.5"}', '{"a": "x"}'),
      ('{"a": "x"}', '{"fields": {"a": null}}', '7', '{"a": "x"}'), (NULL, NULL, NULL, '7')) AS v (f, r, c, t);
SELECT call, pg_temp.error_of('SELECT ' || call) AS error FROM unnest(ARRAY[
    'williams_evidence_agg(''{}'', ''{"fields": {"a": null}}'', NULL, ''[]'')', 'williams_evidence_agg(NULL, ''{"fields": {"a": null}}'', NULL, ''"x"'')',
    'williams_evidence_agg(''{}'', ''{"fields": {}}'', NULL, ''{}'')', 'williams_evidence_agg(''{}'', ''[]'', NULL, ''{}'')']) AS call;

-- No documents.
SELECT e, williams_count(e), e = (TABLE empty) AS empty
FROM (VALUES ((SELECT williams_evidence_agg('{}', '{}', '{}', '{}') WHERE false)), ((SELECT williams_rollup(NULL::williams_evidence))), ((SELECT williams_rollup(e) FROM empty)), (pg_temp.seen('{}', '{}'))) AS v (e);

--
-- Compared with plain SQL, over documents with fields in three types and of three kinds
--
SELECT setseed(0.3);
CREATE TABLE rule (kind int, rules jsonb);
INSERT INTO rule VALUES (0, '{"fields": {"id": "number", "name": null, "city": null, "due": "date"}, "checks": [{"check": "length", "fields": ["city"], "length": 3}]}'),
    (1, '{"fields": {"name": null, "total": "number", "a very long name of a field that is in no other document": null}}'),
    (2, '{"fields": {"é": null, "zz": null, "é2": "date", "due": null}}');
CREATE TABLE value AS
SELECT d, d % 3 AS kind, d % 7 AS part, name, read, CASE WHEN random() < 0.2 THEN NULL WHEN random() < 0.1 THEN 'gone' ELSE coalesce(upper(read), 'x') END AS truth, random() < 0.9 AS known,
       CASE WHEN random() < 0.8 THEN round((1 - random() ^ 3)::numeric, 4) END AS c, '' AS outcome
FROM (SELECT d, name, CASE floor(random() * 5) WHEN 0 THEN NULL WHEN 1 THEN '2024-01-0' || d % 9 + 1 WHEN 2 THEN d::text WHEN 3 THEN 'ab c' ELSE 'abc' END AS read
      FROM generate_series(1, 3000) AS d, unnest('{id,name,city,due,total,"a very long name of a field that is in no other document",é,zz,é2}'::text[]) AS name) AS v;
UPDATE value SET outcome = CASE
    WHEN coalesce(rules #>> ARRAY['fields', name], '') = 'date' THEN CASE WHEN read ~ '^\d{4}-\d\d-\d\d$' THEN 'passed' ELSE 'failed' END
    WHEN coalesce(rules #>> ARRAY['fields', name], '') = 'number' THEN CASE WHEN read ~ '^\d+$' THEN 'passed' ELSE 'failed' END
    WHEN name = 'city' THEN CASE WHEN length(read) = 3 THEN 'passed' ELSE 'failed' END ELSE 'none' END FROM rule WHERE rule.kind = value.kind;
CREATE TABLE doc AS
SELECT d, kind, part, jsonb_object_agg(name, read) AS fields, jsonb_object_agg(name, c) AS confidence, jsonb_object_agg(name, truth) FILTER (WHERE known) AS truth FROM value GROUP BY d, kind, part;
ALTER TABLE doc ADD rules jsonb;
UPDATE doc SET rules = rule.rules FROM rule WHERE rule.kind = doc.kind;
CREATE TABLE bound AS SELECT '{0,0.02,0.05,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.85,0.9,0.93,0.95,0.96,0.97,0.98,0.99,0.995,0.998}'::numeric[] AS b;
CREATE VIEW plain AS
SELECT part, name, outcome, coalesce(trim_scale(b[width_bucket(c, b)])::text, 'silent') AS bin, count(*) AS seen, count(*) FILTER (WHERE lower(read) = lower(truth)) AS right
FROM value JOIN rule USING (kind), bound WHERE rules -> 'fields' ? name AND known AND read IS NOT NULL GROUP BY part, name, outcome, bin;
CREATE FUNCTION pg_temp.cells(e williams_evidence) RETURNS TABLE (name text, outcome text, bin text, seen bigint, "right" bigint) LANGUAGE sql AS $$
    SELECT f.key, o.key, b.key, (b.value ->> 0)::bigint, (b.value ->> 1)::bigint
    FROM jsonb_each(e::jsonb -> 'fields') AS f, jsonb_each(f.value) AS o, jsonb_each(o.value) AS b
$$;
CREATE TABLE part AS SELECT part, williams_evidence_agg(fields, rules, confidence, truth ORDER BY d) AS e FROM doc GROUP BY part;
CREATE TABLE cells AS SELECT part, c.* FROM part, pg_temp.cells(e) AS c;
SELECT count(*) > 700 AS cells, count(*) FILTER (WHERE bin = 'silent') > 20 AS silent, count(DISTINCT (name, outcome)) AS kinds, (SELECT count(*) FROM ((TABLE cells EXCEPT ALL TABLE plain) UNION ALL (TABLE plain EXCEPT ALL TABLE cells)) AS v) AS differ FROM cells;
SELECT sum(williams_count(e)) = (SELECT sum(seen) FROM plain) AS count FROM part;

--
-- Merging: equal evidence has equal bytes, however it came about
--
CREATE TABLE whole AS SELECT williams_evidence_agg(fields, rules, confidence, truth) AS e FROM doc;
CREATE FUNCTION pg_temp.bits(e williams_evidence) RETURNS bytea LANGUAGE sql AS 'SELECT williams_evidence_send(e)';
CREATE AGGREGATE pg_temp.plus(williams_evidence) (SFUNC = williams_evidence_add, STYPE = williams_evidence);
CREATE AGGREGATE pg_temp.combined(williams_evidence) (SFUNC = williams_evidence_combine, STYPE = williams_evidence, FINALFUNC = williams_evidence_final);
-- without a final function: the state itself is the result
CREATE AGGREGATE pg_temp.bare(williams_evidence) (SFUNC = williams_evidence_combine, STYPE = williams_evidence);
CREATE TABLE made AS
SELECT how, e FROM (
    SELECT 'backwards' AS how, williams_evidence_agg(fields, rules, confidence, truth ORDER BY d DESC) AS e FROM doc
    UNION ALL SELECT 'by kind', williams_evidence_agg(fields, rules, confidence, truth ORDER BY kind, md5(d::text)) FROM doc
    UNION ALL SELECT 'rollup', williams_rollup(e ORDER BY part) FROM part
    UNION ALL SELECT 'rollup backwards', williams_rollup(e ORDER BY part DESC) FROM part
    UNION ALL SELECT 'plus', pg_temp.plus(e) FROM part
    UNION ALL SELECT 'combined', pg_temp.combined(e) FROM part
    UNION ALL SELECT 'bare', pg_temp.bare(e) FROM part
    UNION ALL SELECT 'rollup of documents', williams_rollup(e) FROM (SELECT williams_evidence_agg(fields, rules, confidence, truth) AS e FROM doc GROUP BY d) AS v
    UNION ALL SELECT 'text', e::text::williams_evidence FROM whole
    UNION ALL SELECT 'jsonb', e::jsonb::text::williams_evidence FROM whole
    UNION ALL SELECT 'pretty', jsonb_pretty(e::jsonb)::williams_evidence FROM whole) AS v;
SELECT count(*) AS ways, count(DISTINCT made.e) AS results, bool_and(made.e = whole.e) AS equal, bool_and(pg_temp.bits(made.e) = pg_temp.bits(whole.e)) AS wire,
       bool_and(pg_column_size(made.e) = pg_column_size(whole.e)) AS size, bool_and(made.e::text = whole.e::text) AS text FROM made, whole;
CREATE TABLE sample AS SELECT e FROM part UNION ALL TABLE empty UNION ALL SELECT pg_temp.seen('{"a": "x"}', '{"a": "x"}');
SELECT count(*) AS pairs, bool_and(a.e + b.e = b.e + a.e) AS commutative FROM sample AS a, sample AS b;
SELECT count(*) AS triples, bool_and(a.e + b.e + c.e = a.e + (b.e + c.e)) AS associative FROM sample AS a, sample AS b, sample AS c;
SELECT bool_and(s.e + empty.e = s.e AND empty.e + s.e = s.e) AS identity, bool_and((s.e + NULL) IS NULL) AS unknown FROM sample AS s, empty;
SELECT bool_and(e::text::jsonb = e::jsonb AND williams_to_jsonb(e) = e::jsonb) AS jsonb FROM sample;

-- The functions of the aggregates, called directly, do not change their arguments.
DO $$
DECLARE
    a williams_evidence := '{"version": 1, "fields": {}}';
    b williams_evidence;
    c williams_evidence;
BEGIN
    b := williams_evidence_accum(a, '{"a": "x"}', '{"fields": {"a": null}}', '{"a": 0.5}', '{"a": "x"}');
    c := williams_evidence_accum(b, '{"a": "x"}', '{"fields": {"a": null}}', '{"a": 0.5}', '{"a": "y"}');
    RAISE NOTICE '% % %', a, b, c;
    RAISE NOTICE '%', williams_evidence_accum(NULL, '{"a": "x"}', '{"fields": {"a": null}}', NULL, '{"a": "x"}');
    RAISE NOTICE '% %', williams_evidence_accum(NULL, NULL, NULL, NULL, NULL), williams_evidence_accum(b, NULL, NULL, NULL, NULL);
    RAISE NOTICE '% %', williams_evidence_combine(a, b), williams_evidence_combine(b, a);
    RAISE NOTICE '% %', williams_evidence_combine(NULL, b), williams_evidence_combine(b, NULL);
    RAISE NOTICE '% %', williams_evidence_combine(NULL, NULL), williams_evidence_combine(b, b);
    RAISE NOTICE '% %', williams_evidence_accum(b, c), williams_evidence_final(b);
    RAISE NOTICE '% % %', a, b, c;
END $$;

-- Many groups: in memory, spilled and sorted. Several aggregates share the states' memory.
CREATE TEMP VIEW grouped AS SELECT d / 2 AS g, williams_evidence_agg(fields, rules, confidence, truth) AS e, williams_evidence_agg(fields, rules, NULL, truth) AS silent FROM doc GROUP BY 1;
SET enable_sort = off;
CREATE TABLE hashed AS SELECT * FROM grouped;
SET work_mem = '64kB';
CREATE TABLE spilled AS SELECT * FROM grouped;
RESET enable_sort;
SET enable_hashagg = off;
CREATE TABLE sorted AS SELECT * FROM grouped;
RESET enable_hashagg;
RESET work_mem;
SELECT count(*) AS groups, bool_and(h.e = s.e AND h.e = o.e AND h.silent = s.silent AND h.silent = o.silent) AS same, williams_rollup(h.e) = (TABLE whole) AS whole,
       bool_and(h.e = (SELECT williams_evidence_agg(fields, rules, confidence, truth) FROM doc WHERE d IN (2 * g, 2 * g + 1))) FILTER (WHERE g % 50 = 0) AS alone
FROM hashed AS h JOIN spilled AS s USING (g) JOIN sorted AS o USING (g);
SELECT kind, part, williams_count(williams_evidence_agg(fields, rules, confidence, truth)) > 0 AS counted, count(*) FROM doc GROUP BY GROUPING SETS ((), (kind), (part)) ORDER BY 1, 2;

-- As a window aggregate: the final function is called for each row, and leaves the state as it is.
SELECT count(*) AS rows, bool_and(grows = williams_rollup) AS grows, bool_and(slides = near) AS slides
FROM (SELECT d, williams_evidence_agg(fields, rules, confidence, truth) OVER g AS grows, williams_evidence_agg(fields, rules, confidence, truth) OVER s AS slides
      FROM doc WHERE d <= 60 WINDOW g AS (ORDER BY d), s AS (ORDER BY d ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING)) AS v,
     LATERAL (SELECT williams_evidence_agg(fields, rules, confidence, truth) AS williams_rollup FROM doc WHERE doc.d <= v.d) AS r,
     LATERAL (SELECT williams_evidence_agg(fields, rules, confidence, truth) AS near FROM doc WHERE doc.d BETWEEN v.d - 5 AND least(v.d + 2, 60)) AS n;

-- Sorting, joining, indexing; values that are short, plain, compressed and out of line.
SELECT count(*) = count(DISTINCT e) AS distinct FROM hashed WHERE williams_count(e) > 3;
SELECT count(*) = (SELECT count(*) FROM hashed) AS joined FROM (SELECT DISTINCT e FROM hashed) AS a JOIN hashed AS b ON a.e = b.e;
CREATE INDEX ON hashed (e);
CREATE INDEX ON hashed USING hash (e);
SET enable_seqscan = off;
SELECT bool_and((SELECT count(*) > 0 FROM hashed AS b WHERE b.e = a.e)) AS found FROM spilled AS a;
RESET enable_seqscan;
CREATE TABLE way (how text, e williams_evidence);
INSERT INTO way SELECT 'compressed', e FROM whole UNION ALL SELECT 'short', e FROM sample WHERE williams_count(e) = 1 UNION ALL SELECT 'empty', e FROM empty;
ALTER TABLE way ALTER e SET STORAGE external;
INSERT INTO way SELECT 'out of line', e FROM whole;
SELECT how, williams_count(e), e = e::text::williams_evidence AS text, e + (TABLE empty) = e AS plus, (SELECT williams_rollup(e) FROM (SELECT way.e) AS one) = e AS rollup FROM way ORDER BY how;
SELECT e < (TABLE whole) AS lt, e <= (TABLE whole) AS le, e >= (TABLE whole) AS ge, e > (TABLE whole) AS gt, e <> (TABLE whole) AS ne FROM way WHERE how = 'out of line';

--
-- Sizes: 200 fields, a million documents, all cells of passed and failed in use
--
CREATE TABLE big AS
SELECT jsonb_build_object('version', 1, 'fields', jsonb_object_agg('a field''s name ' || f, jsonb_build_object('passed', cells, 'failed', cells)))::text::williams_evidence AS e
FROM generate_series(1, 200) AS f, (SELECT jsonb_object_agg(bin, '[22727, 20000]'::jsonb) AS cells FROM (SELECT trim_scale(unnest(b))::text FROM bound UNION ALL VALUES ('silent')) AS v (bin)) AS c;
ALTER TABLE big ALTER e SET STORAGE external;
UPDATE big SET e = e + (TABLE empty);
SELECT williams_count(e), pg_column_size(e) < 64 * 1024 AS small FROM big;
SELECT pg_column_size(e) < 16 AS empty FROM empty;

-- The limits.
CREATE FUNCTION pg_temp.many(prefix text, n int) RETURNS williams_evidence LANGUAGE sql AS $$
    SELECT jsonb_build_object('version', 1, 'fields', jsonb_object_agg(prefix || f, '{"none": {"0.5": [1, 1]}}'::jsonb))::text::williams_evidence FROM generate_series(1, n) AS f
$$;
SELECT williams_count(pg_temp.many('x', 10000)), pg_temp.error_of($$SELECT pg_temp.many('x', 10001)$$) AS more,
       pg_temp.error_of($$SELECT pg_temp.many('x', 10000) + pg_temp.many('y', 1)$$) AS merged;
CREATE FUNCTION pg_temp.one(seen numeric, "right" numeric, bin text = '0.5') RETURNS text LANGUAGE sql AS $$
    SELECT format('{"version": 1, "fields": {"a": {"none": {"%s": [%s, %s]}}}}', bin, seen, "right")
$$;
SELECT pg_temp.one(9223372036854775807, 9223372036854775807)::williams_evidence AS most;
SELECT pg_temp.error_of(format('SELECT %L::williams_evidence + %L', pg_temp.one(9223372036854775807, 0), pg_temp.one(1, 0, 'silent'))) AS add,
       pg_temp.error_of(format('SELECT williams_rollup(e::williams_evidence) FROM unnest(ARRAY[%L, %L]) AS e', pg_temp.one(9223372036854775806, 0), pg_temp.one(2, 2))) AS rollup,
       pg_temp.error_of(format($$SELECT williams_evidence_accum(%L::williams_evidence, '{"a": "x"}', '{"fields": {"a": null}}', NULL, '{"a": "x"}')$$, pg_temp.one(9223372036854775807, 0))) AS accum;

--
-- Text: any order and white space, but nothing else
--
SELECT E' {"fields" : {"b":{"failed":{"silent":[3,1], "0": [1,1]},"passed":{"0.998":[1e1,0]}},\n"a":{"none":{"0.1":[2,2]}}}, "version":1}'::williams_evidence;
SELECT quote_literal(text) AS text, pg_temp.error_of(format('SELECT %L::williams_evidence', text)) AS error FROM unnest(ARRAY[
    '[]', '{}', '1', '{"fields": {}}', '{"version": 1}', '{"version": 2, "fields": {}}', '{"version": "1", "fields": {}}', '{"version": 1.5, "fields": {}}',
    '{"version": 1, "fields": []}', '{"version": 1, "fields": {}, "x": 1}', '{"version": 1, "fieldz": {}}', '{"version": 1, "fields": {"a": {}}}', '{"version": 1, "fields": {"a": {"none": {}}}}',
    '{"version": 1, "fields": {"a": {"maybe": {"0.5": [1, 1]}}}}', '{"version": 1, "fields": {"a": {"none": {"0.55": [1, 1]}}}}', '{"version": 1, "fields": {"a": {"none": {"0.50": [1, 1]}}}}',
    '{"version": 1, "fields": {"a": {"none": [1, 1]}}}', '{"version": 1, "fields": {"a": {"none": {"0.5": 1}}}}', '{"version": 1, "fields": {"a": {"none": {"0.5": [1]}}}}',
    '{"version": 1, "fields": {"a": {"none": {"0.5": [1, 1, 1]}}}}', '{"version": 1, "fields": {"a": {"none": {"0.5": [0, 0]}}}}', '{"version": 1, "fields": {"a": {"none": {"0.5": [1, 2]}}}}',
    '{"version": 1, "fields": {"a": {"none": {"0.5": [1, -1]}}}}', '{"version": 1, "fields": {"a": {"none": {"0.5": [1.5, 1]}}}}', '{"version": 1, "fields": {"a": {"none": {"0.5": ["1", 1]}}}}',
    '{"version": 1, "fields": {"a": {"none": {"0.5": [null, 1]}}}}', '{"version": 1, "fields": {"a": {"none": {"0.5": {"0": 1, "1": 1}}}}}',
    '{"version": 1, "fields": {"a": {"none": {"0.5": [9223372036854775808, 1]}}}}', '{"version": 1, "fields": {"a": {"none": {"0.5": [99999999999999999999, 1]}}}}',
    '{"version": 1, "fields": {"a": {"none": {"0": [9223372036854775807, 1], "0.5": [1, 1]}}}}']) AS text;
-- What is not JSON is refused as such.
SELECT quote_literal(text) AS text, left(pg_temp.error_of(format('SELECT %L::williams_evidence', text)), 44) AS error FROM unnest(ARRAY['', 'x', '{"version": 1, "fields": {}', '{"version": 1, "fields": {"\u0000": {"none": {"0.5": [1, 1]}}}}']) AS text;
SELECT pg_temp.error_of(format('SELECT %L::williams_evidence', '{"version": 2, "x": "' || repeat('é', 200) || '"}')) = '22P02: invalid input syntax for type williams_evidence: "{"version": 2, "x": "' || repeat('é', 89) || '..."' AS clipped;

--
-- Wire form
--
CREATE TABLE received (LIKE sample);
\copy sample TO 'results/evidence.bin' WITH (FORMAT binary)
\copy received FROM 'results/evidence.bin' WITH (FORMAT binary)
SELECT count(*) AS values, (SELECT count(*) FROM (TABLE received EXCEPT ALL TABLE sample) AS v) AS differ FROM received;
SELECT pg_temp.bits('{"version": 1, "fields": {"é": {"failed": {"silent": [258, 3]}}, "b": {"none": {"0": [1, 0], "0.02": [2, 2]}}}}') AS wire;
-- A bytea is sent as its bytes, so it can stand for any wire form; each change makes it invalid.
CREATE TABLE bytes (b bytea);
CREATE FUNCTION pg_temp.cell(cell int, seen bigint, "right" bigint) RETURNS bytea LANGUAGE sql AS $$ SELECT set_byte('\x00', 0, cell) || int8send(seen) || int8send("right") $$;
CREATE FUNCTION pg_temp.field(name bytea, VARIADIC cells bytea[]) RETURNS bytea LANGUAGE sql AS $$
    SELECT int4send(length(name)) || name || set_byte('\x00', 0, cardinality(cells)) || string_agg(c, ''::bytea ORDER BY i) FROM unnest(cells) WITH ORDINALITY AS c (c, i)
$$;
CREATE TABLE wire (n int, what text, b bytea);
INSERT INTO wire VALUES
(0, 'valid', '\x0100' || int4send(2) || pg_temp.field('b', pg_temp.cell(0, 1, 1), pg_temp.cell(65, 2, 0)) || pg_temp.field('aa', pg_temp.cell(21, 1, 0))),
(1, 'version', '\x0200' || int4send(0)), (2, 'reserved', '\x0101' || int4send(0)), (3, 'short', '\x0100'), (4, 'a byte more', '\x0100' || int4send(0) || '\x00'),
(5, 'fewer fields than said', '\x0100' || int4send(1)), (6, 'a negative number of fields', '\x0100' || int4send(-1)), (7, 'a count of fields', '\x0100' || int4send(2147483647)),
(8, 'twice, apart', '\x0100' || int4send(3) || pg_temp.field('b', pg_temp.cell(0, 1, 1)) || pg_temp.field('aa', pg_temp.cell(0, 1, 1)) || pg_temp.field('b', pg_temp.cell(1, 1, 1))),
(9, 'twice', '\x0100' || int4send(2) || pg_temp.field('b', pg_temp.cell(0, 1, 1)) || pg_temp.field('b', pg_temp.cell(1, 1, 1))),
(10, 'no cells', '\x0100' || int4send(1) || int4send(1) || 'b' || '\x00'), (11, 'a cell out of range', '\x0100' || int4send(1) || pg_temp.field('b', pg_temp.cell(66, 1, 1))),
(12, 'the order of cells', '\x0100' || int4send(1) || pg_temp.field('b', pg_temp.cell(1, 1, 1), pg_temp.cell(0, 1, 1))), (13, 'a cell twice', '\x0100' || int4send(1) || pg_temp.field('b', pg_temp.cell(1, 1, 1), pg_temp.cell(1, 1, 1))),
(14, 'an empty cell', '\x0100' || int4send(1) || pg_temp.field('b', pg_temp.cell(0, 0, 0))), (15, 'more right than seen', '\x0100' || int4send(1) || pg_temp.field('b', pg_temp.cell(0, 1, 2))),
(16, 'negative', '\x0100' || int4send(1) || pg_temp.field('b', pg_temp.cell(0, -1, 1))), (17, 'the sum', '\x0100' || int4send(1) || pg_temp.field('b', pg_temp.cell(0, 9223372036854775807, 1), pg_temp.cell(1, 1, 1))),
(18, 'the length of a name', '\x0100' || int4send(1) || int4send(9) || 'b'), (19, 'a negative length', '\x0100' || int4send(1) || int4send(-2) || 'b'),
(20, 'a zero in a name', '\x0100' || int4send(1) || pg_temp.field('\x6200', pg_temp.cell(0, 1, 1))), (21, 'the encoding of a name', '\x0100' || int4send(1) || pg_temp.field('\xff', pg_temp.cell(0, 1, 1)));
CREATE TABLE taken (e williams_evidence);
\set VERBOSITY sqlstate
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 0; -- valid
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
SELECT e FROM taken;
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 1; -- version
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 2; -- reserved
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 3; -- short
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 4; -- a byte more
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 5; -- fewer fields than said
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 6; -- a negative number of fields
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 7; -- a count of fields
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 8; -- twice, apart
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 9; -- twice
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 10; -- no cells
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 11; -- a cell out of range
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 12; -- the order of cells
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 13; -- a cell twice
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 14; -- an empty cell
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 15; -- more right than seen
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 16; -- negative
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 17; -- the sum
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 18; -- the length of a name
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 19; -- a negative length
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 20; -- a zero in a name
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
TRUNCATE bytes;
INSERT INTO bytes SELECT b FROM wire WHERE n = 21; -- the encoding of a name
\copy bytes TO 'results/evidence_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/evidence_bytes.bin' WITH (FORMAT binary)
\set VERBOSITY default

--
-- Stored form: damaged values. Only a superuser can make one.
--
SET client_min_messages = warning;
CREATE TYPE raw;
CREATE FUNCTION raw_in(cstring) RETURNS raw LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
CREATE FUNCTION raw_out(raw) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
CREATE TYPE raw (INPUT = raw_in, OUTPUT = raw_out, INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended);
CREATE CAST (raw AS williams_evidence) WITHOUT FUNCTION;
CREATE CAST (williams_evidence AS raw) WITHOUT FUNCTION;
SELECT '{"version": 1, "fields": {"b": {"none": {"0": [1, 0], "0.02": [300, 2]}, "failed": {"silent": [1, 1]}}}}'::williams_evidence::raw AS stored;
SELECT what, pg_temp.error_of(format('SELECT williams_count(%L::raw::williams_evidence)', b)) AS error
FROM (VALUES ('valid', '\x0100000001620300000000000000020100ac02020101'), ('one cell', '\x0100000001620100000000000000000101'), ('two fields', '\x010000000161010000000000000000010101620100000000000000000101'), ('empty', '\x'), ('short', '\x010000'), ('version', '\x02000000'), ('reserved', '\x01000001'),
    ('the length of a name', '\x010000007f62'), ('an endless length', '\x01000000ffffffffffffffffffffffff'), ('no map', '\x01000000016203'), ('an empty map', '\x010000000162000000000000000000'),
    ('a cell out of range', '\x0100000001620000000000000000040101'), ('no counts', '\x010000000162010000000000000000'), ('one count', '\x01000000016201000000000000000001'),
    ('nothing seen', '\x0100000001620100000000000000000000'), ('more right than seen', '\x0100000001620100000000000000000102'), ('a byte more', '\x010000000162010000000000000000010100'),
    ('the order of names', '\x010000000162010000000000000000010101610100000000000000000101')) AS v (what, b);
DROP TYPE raw CASCADE;

-- A user's aggregate without a final function has the state itself as its result: it is as any other value.
SELECT pg_temp.bare(e) = (TABLE whole) AS equal, pg_temp.bare(e)::text = (TABLE whole)::text AS text, williams_count(pg_temp.bare(e)) = (SELECT williams_count(e) FROM whole) AS count,
       pg_temp.bits(pg_temp.bare(e)) = (SELECT pg_temp.bits(e) FROM whole) AS wire, pg_temp.bare(e) + (TABLE empty) = (TABLE whole) AS plus, pg_column_size(pg_temp.bare(e)) = pg_column_size(williams_rollup(e)) AS size FROM part;

DROP TABLE rule, value, doc, bound, part, cells, whole, made, sample, hashed, spilled, sorted, way, big, received, bytes, wire, taken CASCADE;
DROP VIEW empty;
