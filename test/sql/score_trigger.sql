--
-- The trigger williams_score_ocr scores any row by its rules, however the row
-- arrives. An UPDATE that does not change an input leaves the outputs alone. The
-- trigger finds its columns in every kind of table. For its misuse see
-- score_trigger_errors.
--

CREATE TABLE ocr (
    id int PRIMARY KEY, extracted jsonb, engine jsonb, base float8,
    n int, multiplier float8, confidence float8, review boolean, note text);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=extracted', 'base=base', 'engine_confidence=engine', 'base_value=0.81', 'threshold=0.75',
    'num_fields=n', 'multiplier=multiplier', 'confidence=confidence', 'review=review');
CREATE VIEW scored AS
SELECT id, n, round(multiplier::numeric, 6) AS multiplier, round(confidence::numeric, 6) AS confidence, review, note
FROM ocr ORDER BY id;

--
-- The rules: the multiplier is 1 for one field, 0.857071 for two, 0.855464 for three
--
INSERT INTO ocr (id, extracted, engine, base, note) VALUES
(1, '{"a": "x", "b": "y"}', '{"a": 0.1}', 0.9, '0.9 * 0.857071: the base column comes first; a is below'),
(2, '{"a": "x", "b": "y"}', '{"a": 0.7, "b": 0.78}', NULL, '0.74 * 0.857071: then the engine; below 0.75'),
(3, '{"a": "x", "b": "y"}', NULL, NULL, '0.81 * 0.857071: then the constant'),
(4, '{"a": "x"}', NULL, 0.75, 'equal to the threshold, not below it'),
(5, '{"a": "x"}', NULL, 0.7499, 'below'),
(6, '{"a": "x"}', '{"z": 0.1}', NULL, '0.81: no engine confidence for a'),
(7, '{"a": "x", "b": "y"}', '{"a": null, "b": 0.9}', NULL, '0.9 * 0.857071: null is ignored'),
(16, '{"a": "x"}', 'null', NULL, '0.81: jsonb null is ignored'),
(8, '{"a": "x", "b": " ", "c": null}', '{"a": 0.9, "b": 0.1, "c": 0}', NULL, '0.9: b and c were not extracted'),
(9, '{"a": {"x": 1, "y": [2, ""]}, "b": {}}', '{"a": 0.6, "b": 0.9, "x": 1}', NULL, '0.6 * 0.857071: top-level fields only'),
(10, '["x", "y", "z"]', '{"x": 0.1}', NULL, '0.81 * 0.855464: an array has no names'),
(11, '{"a": "x"}', '{"a": 1}', NULL, 'certain'),
(12, '{"a": "x"}', '{"a": 1}', 0, 'a base of 0 is a base'),
(13, '{"a": "x"}', '{"a": 0.9, "z": 7, "y": "high", "b": 1e400}', NULL, '0.9: absent fields are ignored'),
(14, '{"a": "x"}', '{}', NULL, '0.81'),
(15, '{"a": 0, "b": false}', '[7]', 0.9, 'bad data, although base is good');
SELECT * FROM scored;
TRUNCATE ocr;

-- Bad data is never an error: the row scores 0 and goes to review.
INSERT INTO ocr (id, extracted, engine, base, note) VALUES
(1, NULL, NULL, 0.9, 'no document'), (2, 'null', NULL, 0.9, 'JSON null'), (3, '"text"', NULL, 0.9, 'a string'),
(4, '7', NULL, 0.9, 'a number'), (5, 'true', NULL, 0.9, 'a boolean'), (6, '{}', NULL, 0.9, 'no field'),
(7, '[]', NULL, 0.9, 'no field'), (8, '{"a": "", "b": ["\t", null]}', NULL, 0.9, 'blank fields'),
(10, '{"a": 1}', '{"a": 0.9}', 7, 'base 7'), (11, '{"a": 1}', '{"a": 0.9}', 'NaN', 'base NaN'),
(12, '{"a": 1}', '{"a": 0.9}', -1, 'base -1'), (13, '{"a": 1}', '{"a": 0.9}', 'Infinity', 'base Infinity'),
(14, '{"a": 1}', '{"a": 0.9}', '-Infinity', 'base -Infinity'), (15, '{"a": 1}', NULL, 1.0000001, 'base above 1'),
(20, '{"a": 1, "b": 2}', '0.9', NULL, 'engine: a number'), (21, '{"a": 1, "b": 2}', '"0.9"', NULL, 'engine: a string'),
(22, '{"a": 1, "b": 2}', '[0.9]', NULL, 'engine: an array'), (23, '{"a": 1, "b": 2}', '[]', NULL, 'engine: an empty array'),
(24, '{"a": 1, "b": 2}', '{"a": 0.9, "b": 7}', NULL, 'engine: 7'), (25, '{"a": 1, "b": 2}', '{"a": -0.1}', NULL, 'engine: -0.1'),
(26, '{"a": 1, "b": 2}', '{"a": "0.9"}', NULL, 'engine: a string'), (27, '{"a": 1, "b": 2}', '{"a": true}', NULL, 'engine: a boolean'),
(28, '{"a": 1, "b": 2}', '{"a": {"value": 0.9}}', NULL, 'engine: an object'), (29, '{"a": 1, "b": 2}', '{"a": [0.9]}', NULL, 'engine: an array'),
(30, '{"a": 1, "b": 2}', '{"a": 1e400}', NULL, 'engine: beyond float8'), (31, '{"a": 1, "b": 2}', '{"a": -1e400}', NULL, 'engine: beyond float8'),
(32, '["x"]', '0.9', NULL, 'engine: a number');
SELECT * FROM scored;
TRUNCATE ocr;

-- Random rows, compared with the rules in plain SQL.
SELECT setseed(0.7);
INSERT INTO ocr (id, base, extracted, engine)
SELECT i, CASE WHEN random() < 0.3 THEN round(random()::numeric * 1.2, 3) END,
       (SELECT jsonb_object_agg('f' || f, (ARRAY['"x"', '" "', 'null', '{"p": 1, "q": 2}', '[]', '[3, ""]']::jsonb[])
                                          [1 + floor(random() * 6)])
        FROM generate_series(1, i % 9) AS f),
       CASE WHEN random() < 0.8 THEN
       (SELECT jsonb_object_agg('f' || f, round(random()::numeric * 1.02, 3)) FROM generate_series(3, i % 11) AS f) END
FROM generate_series(1, 3000) AS i;
WITH mean AS (
    SELECT o.*, m.mean, coalesce(m.bad, false) AS bad, coalesce(m.low, false) AS low
    FROM ocr AS o, LATERAL (
        SELECT avg(c.value::float8) AS mean, bool_or(c.value::float8 > 1) AS bad,
               bool_or(c.value::float8 < 0.75) AS low
        FROM jsonb_each(o.extracted) AS f JOIN jsonb_each_text(o.engine) AS c USING (key)
        WHERE williams_field_count(f.value) > 0) AS m),
plain AS (
    SELECT *, coalesce(williams_field_count(extracted), 0) AS count,
           CASE WHEN base > 1 OR bad THEN NULL ELSE coalesce(base, mean, 0.81) END AS start
    FROM mean)
SELECT count(*) AS rows, count(*) FILTER (WHERE review) > 500 AS to_review,
       count(*) FILTER (WHERE confidence > 0) > 500 AS scored,
       count(*) FILTER (WHERE n <> count OR multiplier <> williams_confidence_multiplier(count)
           OR abs(confidence - CASE WHEN count = 0 OR start IS NULL THEN 0
                               ELSE start * williams_confidence_multiplier(count) END) > 1e-15
           OR review <> (count = 0 OR start IS NULL OR start < 0.75 OR low)) AS wrong
FROM plain;
TRUNCATE ocr;

-- Only the named columns are written. The defaults of base_value and threshold are 0.85 and 0.80.
CREATE TABLE least (id int, doc jsonb, score float8, n int, multiplier float8 DEFAULT -1, review boolean);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON least FOR EACH ROW
    EXECUTE FUNCTION williams_score_ocr('confidence=score', 'fields=doc');
INSERT INTO least VALUES (1, '{"a": 1}', 0.1), (2, '{}', 0.1);
DROP TRIGGER score ON least;
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON least FOR EACH ROW
    EXECUTE FUNCTION williams_score_ocr('confidence=score', 'fields=doc', 'base=multiplier', 'review=review');
INSERT INTO least VALUES (3, '{"a": 1}', 0.1, 3, 0.8), (4, '{"a": 1}', 0.1, 3, 0.79999), (5, '{"a": 1}', 0.1, 3, NULL);
SELECT * FROM least;
DROP TABLE least;

--
-- UPDATE: a row is scored again only if an input changed
--
INSERT INTO ocr (id, extracted, engine, base) VALUES
(1, '{"a": 1.0, "b": "x"}', NULL, 0.5), (2, '{"a": "x"}', '{"a": 0.5}', NULL), (3, NULL, NULL, 'NaN');
SELECT * FROM scored;
-- A clerk's decision and a confidence set by hand ...
UPDATE ocr SET review = false, confidence = 1;
-- ... stay if something else changes, or if an input is set to an equal value.
UPDATE ocr SET note = 'seen';
UPDATE ocr SET extracted = extracted, engine = engine, base = base;
UPDATE ocr SET extracted = extracted::text::jsonb, base = base::text::float8, engine = engine || '{}';
UPDATE ocr SET extracted = '{"b": "x", "a": 1.00}', base = 0.50 WHERE id = 1;
UPDATE ocr SET engine = '{"a": 0.500}' WHERE id = 2;
UPDATE ocr SET n = NULL, multiplier = 0 WHERE id = 3;
SELECT id, n, multiplier > 0 AS m, confidence, review, note, extracted, engine FROM ocr ORDER BY id;
-- Each input changes by itself, also from NULL and to NULL; outputs set by the same UPDATE are overwritten.
UPDATE ocr SET extracted = '{"b": "x", "a": 1.01, "c": 0}', review = false, n = 99 WHERE id = 1;
UPDATE ocr SET engine = '{"a": 0.6}' WHERE id = 2;
UPDATE ocr SET extracted = '{"a": 1}' WHERE id = 3;
SELECT * FROM scored;
UPDATE ocr SET base = NULL, confidence = 1 WHERE id = 1;
UPDATE ocr SET engine = NULL WHERE id = 2;
UPDATE ocr SET base = 0.9 WHERE id = 3;
SELECT * FROM scored;
UPDATE ocr SET extracted = NULL;
SELECT * FROM scored;
TRUNCATE ocr;

--
-- Ways in which a row arrives
--
COPY ocr (id, extracted, base, confidence) FROM stdin;
1	{"a": "x"}	0.9	1
2	\N	0.9	1
3	{"a": "x"}	NaN	1
\.
INSERT INTO ocr (id, extracted, base, confidence) SELECT id + 10, extracted, 0.8, 1 FROM ocr RETURNING id, confidence, review;
INSERT INTO ocr (id, extracted, base) VALUES (1, '{"a": "y"}', 0.5), (20, '{"a": "y"}', 0.6)
    ON CONFLICT (id) DO UPDATE SET extracted = excluded.extracted, base = excluded.base, note = 'replaced at ' || excluded.confidence;
UPDATE ocr SET review = false;
INSERT INTO ocr (id, extracted, base) VALUES (20, '{"a": "z"}', 0.4)
    ON CONFLICT (id) DO UPDATE SET note = 'kept';
MERGE INTO ocr USING (VALUES (2, 0.7::float8), (3, NULL), (30, 0.6)) AS v (id, base) ON ocr.id = v.id
    WHEN MATCHED AND v.base IS NULL THEN UPDATE SET note = 'merged, kept'
    WHEN MATCHED THEN UPDATE SET extracted = '{"m": 1}', base = v.base, note = 'merged'
    WHEN NOT MATCHED THEN INSERT (id, extracted, base, note) VALUES (v.id, '{"m": 1}', v.base, 'merged, new');
UPDATE ocr SET base = v.base, note = 'joined' FROM (VALUES (11, 0.65), (11, 0.65), (13, NULL)) AS v (id, base) WHERE ocr.id = v.id;
WITH new AS (INSERT INTO ocr (id, extracted) VALUES (40, '{"a": 1}') RETURNING *)
SELECT id, confidence, review FROM new;
CREATE VIEW open_ocr AS SELECT id, extracted, base FROM ocr WHERE id >= 50;
INSERT INTO open_ocr VALUES (50, '{"a": 1}', 0.55);
UPDATE open_ocr SET base = 0.56;
SELECT * FROM scored;
DROP VIEW open_ocr;
TRUNCATE ocr;

--
-- Columns added, dropped and renamed in the same session
--
ALTER TABLE ocr ADD COLUMN page int DEFAULT 7;
INSERT INTO ocr (id, extracted, base) VALUES (1, '{"a": 1}', 0.9);
DROP VIEW scored;
ALTER TABLE ocr DROP COLUMN note;
INSERT INTO ocr (id, extracted, base) VALUES (2, '{"a": 1}', 0.8);
ALTER TABLE ocr RENAME COLUMN extracted TO fields;
\set SHOW_CONTEXT never
INSERT INTO ocr (id, fields) VALUES (3, '{"a": 1}');
UPDATE ocr SET page = 8;
ALTER TABLE ocr RENAME COLUMN fields TO extracted;
UPDATE ocr SET page = 8, base = base + 0.01;
-- A column that is dropped and added again comes last, and leaves a gap.
ALTER TABLE ocr DROP COLUMN extracted;
INSERT INTO ocr (id) VALUES (3);
ALTER TABLE ocr ADD COLUMN extracted jsonb;
INSERT INTO ocr (id, extracted) VALUES (4, '{"a": 1}');
UPDATE ocr SET extracted = '{"a": 2}' WHERE id = 1;
SELECT id, base, n, confidence, review, page, extracted FROM ocr ORDER BY id;

-- A prepared statement with custom and generic plans, and DDL between its executions.
PREPARE add_row (int, jsonb, float8) AS INSERT INTO ocr (id, extracted, base) VALUES ($1, $2, $3) RETURNING confidence;
DO $$
DECLARE
    confidence float8[];
    c float8;
BEGIN
    FOR i IN 101..120 LOOP
        EXECUTE format('EXECUTE add_row(%s, %L, %s)', i, '{"a": 1}', i / 200.0) INTO c;
        confidence := confidence || c;
        IF i = 108 THEN ALTER TABLE ocr DROP COLUMN page; END IF;
        IF i = 112 THEN ALTER TABLE ocr ADD COLUMN page text DEFAULT 'late'; END IF;
        IF i = 116 THEN ALTER TABLE ocr ALTER COLUMN n TYPE int USING n + 1, ALTER COLUMN confidence SET DEFAULT 3; END IF;
    END LOOP;
    RAISE NOTICE '%', confidence;
END $$;
SELECT generic_plans > 0 AS generic, custom_plans > 0 AS custom FROM pg_prepared_statements WHERE name = 'add_row';
DEALLOCATE add_row;
DROP TABLE ocr;

--
-- Partitions whose columns are in another order and have gaps
--
CREATE TABLE page (id int, doc jsonb, score float8, review boolean) PARTITION BY RANGE (id);
CREATE TABLE page_1 (gone text, review boolean, score float8, gone_too jsonb, doc jsonb, id int);
ALTER TABLE page_1 DROP COLUMN gone, DROP COLUMN gone_too;
ALTER TABLE page ATTACH PARTITION page_1 FOR VALUES FROM (0) TO (100);
CREATE TABLE page_2 PARTITION OF page FOR VALUES FROM (100) TO (200);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON page FOR EACH ROW EXECUTE FUNCTION
    williams_score_ocr('fields=doc', 'confidence=score', 'review=review');
CREATE TABLE page_3 (review boolean, doc jsonb, id int, score float8);
ALTER TABLE page ATTACH PARTITION page_3 FOR VALUES FROM (200) TO (300);
INSERT INTO page (id, doc) SELECT i, CASE WHEN i % 20 = 0 THEN '{"a": 1}' ELSE '{}' END::jsonb FROM generate_series(10, 290, 70) AS i;
UPDATE page SET review = NOT review, score = 0.5;
UPDATE page SET id = id + 1;              -- each row stays in its partition
SELECT tableoid::regclass, id, doc, score, review FROM page ORDER BY id;
UPDATE page SET id = id + 100 WHERE id < 200;     -- an INSERT into another: scored again
SELECT tableoid::regclass, id, doc, score, review FROM page ORDER BY id;
DROP TABLE page;

-- Inheritance: a child table does not inherit the trigger.
CREATE TABLE upright (id int, doc jsonb, score float8);
CREATE TABLE turned (angle int);
CREATE TABLE both_ways (extra text) INHERITS (turned, upright);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON upright FOR EACH ROW EXECUTE FUNCTION
    williams_score_ocr('fields=doc', 'confidence=score');
INSERT INTO upright VALUES (1, '{"a": 1}');
INSERT INTO both_ways VALUES (90, 2, '{"a": 1}');
SELECT id, score FROM upright ORDER BY id;
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON both_ways FOR EACH ROW EXECUTE FUNCTION
    williams_score_ocr('fields=doc', 'confidence=score', 'base_value=0.5');
UPDATE upright SET doc = '{"b": 1}';
SELECT id, score FROM upright ORDER BY id;
DROP TABLE upright, turned, both_ways;

--
-- Domains: their constraints are enforced for the outputs
--
CREATE DOMAIN fields AS jsonb CHECK (jsonb_typeof(VALUE) = 'object');
CREATE DOMAIN confidence AS float8 NOT NULL CHECK (VALUE <= 0.8);
CREATE DOMAIN low_confidence AS confidence CHECK (VALUE < 0.6);
CREATE DOMAIN few AS int CHECK (VALUE < 3);
CREATE DOMAIN decision AS boolean CHECK (VALUE OR NOT VALUE);
CREATE TABLE strict (doc fields, base confidence, score low_confidence, n few, multiplier confidence, review decision NOT NULL);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON strict FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'base=base', 'confidence=score', 'num_fields=n', 'review=review');
INSERT INTO strict VALUES ('{"a": 1, "b": 2}', 0.6, 0, NULL, 0);
INSERT INTO strict VALUES ('{"a": 1}', 0.59, 0, 2, 0, NULL);
\set VERBOSITY sqlstate
INSERT INTO strict VALUES ('{"a": 1}', 0.7, 0, 0, 0);                   -- score 0.7: the domain's own check
INSERT INTO strict VALUES ('{"a": 1, "b": 2, "c": 3}', 0.6, 0, 0, 0);   -- three fields
UPDATE strict SET doc = '{"a": 1}', base = 0.6;                         -- score 0.6
DROP TRIGGER score ON strict;
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON strict FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'base=base', 'confidence=score', 'multiplier=multiplier');
INSERT INTO strict VALUES ('{"a": 1}', 0.5, 0, 0, 0, true);             -- multiplier 1: the check of the domain
\set VERBOSITY default
SELECT doc, base, round(score::numeric, 6) AS score, n, multiplier, review FROM strict;
DROP TABLE strict;
DROP DOMAIN fields, few, decision, low_confidence, confidence;

--
-- Other features of the table
--

-- Generated columns read the outputs. Triggers that come earlier by name set the
-- inputs; for later ones it is too late.
CREATE TABLE busy (
    id int PRIMARY KEY, doc jsonb, base float8, back jsonb, score float8 NOT NULL, back_score float8, review boolean,
    grade text GENERATED ALWAYS AS (CASE WHEN review THEN 'look' ELSE 'fine' END || ' ' || score) STORED,
    UNIQUE (score));
CREATE FUNCTION set_inputs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.base := TG_ARGV[0]::float8 + NEW.id / 8.0;
    RETURN NEW;
END $$;
CREATE TRIGGER a_before BEFORE INSERT OR UPDATE ON busy FOR EACH ROW EXECUTE FUNCTION set_inputs('0.75');
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON busy FOR EACH ROW EXECUTE FUNCTION
    williams_score_ocr('fields=doc', 'base=base', 'confidence=score', 'review=review');
CREATE TRIGGER score_back BEFORE INSERT OR UPDATE ON busy FOR EACH ROW EXECUTE FUNCTION
    williams_score_ocr('fields=back', 'confidence=back_score', 'base_value=0.3');
CREATE TRIGGER z_after BEFORE INSERT OR UPDATE ON busy FOR EACH ROW EXECUTE FUNCTION set_inputs('0.25');
INSERT INTO busy (id, doc, base, back) VALUES (1, '{"a": 1}', 0, '{"b": 1}'), (2, '{"a": 1}', 0, NULL);
SELECT * FROM busy ORDER BY id;
-- The base that a_before sets differs from the one that z_after stored.
UPDATE busy SET review = NULL, back_score = 0.31;
DROP TRIGGER a_before ON busy;
UPDATE busy SET doc = '{"a": 2}' WHERE id = 2;
SELECT * FROM busy ORDER BY id;
\set VERBOSITY sqlstate
INSERT INTO busy (id, doc, base) VALUES (3, '{"a": 1}', 0.875);         -- not unique
INSERT INTO busy (id, doc, base) VALUES (3, '{"a": 1}', 0.625);
UPDATE busy SET base = 0.875 WHERE id = 3;                              -- not unique
\set VERBOSITY default
SELECT id, score, grade FROM busy ORDER BY id;

-- A cascaded change of a foreign key does not change an input.
CREATE TABLE batch (no int PRIMARY KEY);
CREATE TABLE sheet (batch int REFERENCES batch ON UPDATE CASCADE ON DELETE SET NULL, doc jsonb, score float8, review boolean);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON sheet FOR EACH ROW EXECUTE FUNCTION
    williams_score_ocr('fields=doc', 'confidence=score', 'review=review');
INSERT INTO batch VALUES (1);
INSERT INTO sheet VALUES (1, '{}');
UPDATE sheet SET review = false;
UPDATE batch SET no = 2;
DELETE FROM batch;
SELECT * FROM sheet;
DROP TABLE busy, sheet, batch;
DROP FUNCTION set_inputs;

-- UPDATE OF and WHEN decide whether the trigger runs.
CREATE TABLE parts (doc jsonb, base float8, score float8);
CREATE TRIGGER score BEFORE INSERT OR UPDATE OF doc ON parts FOR EACH ROW WHEN (NEW.base > 0.5)
    EXECUTE FUNCTION williams_score_ocr('fields=doc', 'base=base', 'confidence=score');
INSERT INTO parts VALUES ('{"a": 1}', 0.625), ('{"a": 1}', 0.25);
UPDATE parts SET base = base + 0.125;
SELECT * FROM parts;
UPDATE parts SET doc = '{"a": 2}', base = base + 0.25;
SELECT * FROM parts;
DROP TABLE parts;

-- Large values, compressed and out of line, do not change if an UPDATE leaves them
-- alone or writes an equal value.
CREATE TABLE big (id int, doc jsonb, engine jsonb, n int, score float8, review boolean);
ALTER TABLE big ALTER COLUMN engine SET STORAGE EXTERNAL;
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON big FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'num_fields=n', 'confidence=score', 'review=review');
INSERT INTO big
SELECT 1, jsonb_object_agg(md5(i::text), sha512(i::text::bytea)), jsonb_object_agg(md5(i::text), 0.5) FROM generate_series(1, 10000) AS i;
INSERT INTO big SELECT 2, jsonb_build_object('a', repeat('x', 1000000)), jsonb_build_object('a', 0.5, 'b', repeat('y', 1000000));
SELECT id, n, round(score::numeric, 6) AS score, review, pg_column_size(doc) > 500000 AS large,
       pg_column_size(doc) < octet_length(doc::text) / 10 AS compressed FROM big ORDER BY id;
UPDATE big SET review = false, score = 1;
UPDATE big SET id = id + 10;
UPDATE big SET doc = doc::text::jsonb, engine = engine::text::jsonb;
SELECT id, n, score, review FROM big ORDER BY id;
UPDATE big SET doc = doc || '{"a": "z"}', engine = engine || '{"a": 0.6}';
SELECT id, n, round(score::numeric, 6) AS score, review FROM big ORDER BY id;
DROP TABLE big;

--
-- A profile: confidence is overall, review has the fields below the threshold
--
INSERT INTO williams_profile (name, rules) VALUES ('sheet', '{"fields": {"total": "number", "due": "date", "city": null},
    "checks": [{"check": "range", "fields": ["total"], "max": 100}], "threshold": 0.7}');
CREATE TABLE sheet (id int, doc jsonb, engine jsonb, score float8, n int, multiplier float8, review text[]);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON sheet FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'profile=sheet', 'confidence=score', 'num_fields=n', 'multiplier=multiplier', 'review=review');
INSERT INTO sheet (id, doc, engine) VALUES
(1, '{"total": "12.50", "due": "2024-05-01", "city": "Ash"}', NULL),
(2, '{"total": "12.50", "due": "1 May", "city": "Ash"}', '{"city": 0.69, "due": 0.9}'),
(3, '{"total": "1,250", "due": "2024-05-01", "city": " "}', '{}'),
(4, '{"total": 1, "extra": {"a": 1}}', '{"extra": 7, "due": "bad"}'),
(10, NULL, NULL), (11, '{}', NULL), (12, '[1]', NULL), (13, '"x"', NULL), (14, 'null', '{"city": 1}'),
(20, '{"city": "Ash"}', '{"city": 7}'), (21, '{"city": "Ash"}', '{"city": "high"}'), (22, '{"city": "Ash"}', '0.9'),
(23, '{"city": "Ash"}', '[]'), (24, '{"city": "Ash"}', 'null'), (25, '{"city": "Ash"}', '{"city": 1e400}');
SELECT id, round(score::numeric, 6) AS score, n, round(multiplier::numeric, 6) AS multiplier, review FROM sheet ORDER BY id;
-- The results are those of williams_score_fields for each row without bad data.
SELECT count(*) AS differ FROM sheet, williams_profile AS p, williams_score_fields(doc, rules, CASE WHEN id < 20 OR id = 24 THEN engine END) AS s
WHERE name = 'sheet' AND (id < 20 OR id = 24) AND (score, n, sheet.multiplier, sheet.review) IS DISTINCT FROM (s.overall, s.num_fields, s.multiplier, s.review);
-- A clerk's decision stays; new rules apply from the next statement on.
UPDATE sheet SET review = '{}' WHERE id = 2;
UPDATE williams_profile SET rules = jsonb_set(rules, '{threshold}', '0') WHERE name = 'sheet';
UPDATE sheet SET id = id, n = 9 WHERE id <= 3;
UPDATE sheet SET doc = doc || '{"due": "2 May"}' WHERE id = 3;
UPDATE sheet SET engine = '{"city": 7}' WHERE id = 1;      -- bad data, whatever the threshold
INSERT INTO sheet (id) VALUES (0);
SELECT id, n, review FROM sheet WHERE id <= 3 ORDER BY id;
-- A user's own profile comes before a shipped one, and threshold= before the profile's; a boolean review column.
DROP TRIGGER score ON sheet;
ALTER TABLE sheet DROP COLUMN review, ADD COLUMN review boolean, ADD COLUMN names text[];
CREATE TRIGGER a BEFORE INSERT OR UPDATE ON sheet FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'profile=diploma', 'confidence=score', 'num_fields=n', 'review=review');
CREATE TRIGGER b BEFORE INSERT OR UPDATE ON sheet FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'profile=diploma', 'confidence=multiplier', 'review=names', 'threshold=0.86');
TRUNCATE sheet;
INSERT INTO sheet (id, doc) VALUES (1, '{"grade": "12", "country": "NL"}');
INSERT INTO williams_profile (name, rules) VALUES ('diploma', '{"fields": {"grade": "number", "country": null}}');
BEGIN;
SET LOCAL search_path = pg_catalog;
INSERT INTO public.sheet (id, doc) VALUES (2, '{"grade": "12", "country": "NL"}');
COMMIT;
DELETE FROM williams_profile WHERE name = 'diploma';
INSERT INTO sheet (id, doc) VALUES (3, '{"grade": "12", "country": "NL"}');
-- The profiles are those in the extension's schema, even after it was renamed.
BEGIN;
ALTER SCHEMA public RENAME TO room;
CREATE SCHEMA public;
CREATE TABLE public.williams_profile AS SELECT 'diploma' AS name, '{"fields": {"z": null}}'::jsonb AS rules;
CREATE VIEW public.williams_shipped_profile AS TABLE public.williams_profile;
INSERT INTO room.sheet (id, doc) VALUES (4, '{"grade": "12", "country": "NL"}') RETURNING n;
ROLLBACK;
INSERT INTO sheet (id, doc) VALUES (4, '{"grade": "12", "country": "NL"}');
SELECT id, n, round(score::numeric, 6) AS score, review, names FROM sheet ORDER BY id;
DELETE FROM williams_profile WHERE name = 'sheet';
DROP TABLE sheet;

--
-- review as text[] without a profile: the engine's confidence in each field, or the base, counts
--
CREATE TABLE sheet (id int, doc jsonb, engine jsonb, base float8, score float8, review text[], flag boolean);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON sheet FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'base=base', 'confidence=score', 'review=review');
CREATE TRIGGER score_flag BEFORE INSERT OR UPDATE ON sheet FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'base=base', 'confidence=score', 'review=flag');
INSERT INTO sheet (id, doc, engine, base) VALUES
(1, '{"a": "x", "b": "y", "c": "z"}', '{"a": 0.9, "b": 0.79, "c": 0.8}', NULL), (2, '{"a": "x", "b": "y"}', '{"a": 0.9}', NULL),
(3, '{"a": "x", "b": " "}', '{"a": 0.9, "b": 0.1, "z": 0.1}', NULL), (4, '{"a": {"p": 1}, "b": []}', '{"a": 0.1}', NULL),
(5, '{"a": "x"}', NULL, NULL), (6, '["x"]', '{}', NULL), (7, '{"a": "x", "b": "y"}', '{"a": 0.9, "b": 0.9}', 0.5),
(8, '{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10}', -- in float8 their mean is a little less than 0.8
 '{"a": 0.8, "b": 0.8, "c": 0.8, "d": 0.8, "e": 0.8, "f": 0.8, "g": 0.8, "h": 0.8, "i": 0.8, "j": 0.8}', NULL),
(10, NULL, NULL, NULL), (11, '{}', NULL, NULL), (12, '"x"', NULL, NULL), (13, '{"a": " "}', '{"a": 0.9}', NULL),
(20, '{"a": "x", "b": "y"}', '{"a": 7, "b": 1}', NULL), (21, '{"a": "x", "b": ""}', '0.9', NULL), (22, '{"a": "x"}', '{"a": 1}', 7),
(23, '{"a": "x", "b": "y"}', '[0.9]', 0.9);
SELECT id, round(score::numeric, 6) AS score, review, flag, doc, engine, base FROM sheet ORDER BY id;
-- The boolean is true exactly where the array is not empty.
SELECT count(*) FROM sheet WHERE flag <> (review <> '{}') OR flag IS NULL OR review IS NULL;
DROP TABLE sheet;
