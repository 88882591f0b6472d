--
-- The trigger williams_score_ocr scores each row of a table by the profile of its own
-- type, and writes scores, reasons and the version of the rules.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

INSERT INTO williams_profile (name, rules) VALUES
('bill', '{"fields": {"total": {"format": "number", "threshold": 0.9}, "due": "date", "note": {"threshold": 0}}}'),
('letter', '{"fields": {"name": null, "date": "date"}, "threshold": 0.9}');

--
-- A row of each type, without a profile, and with bad data
--
CREATE TABLE scan (
    id int PRIMARY KEY, type text, doc jsonb, engine jsonb, note text, base float8,
    score float8, confidence float8, multiplier float8, n int, scores jsonb, review text[], flag boolean, reasons jsonb, version bigint);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'base=base', 'profile_column=type', 'score=score', 'confidence=confidence', 'multiplier=multiplier',
    'num_fields=n', 'scores=scores', 'review=review', 'reasons=reasons', 'profile_version=version');
INSERT INTO scan (id, type, doc, engine) VALUES
(1, 'bill', '{"total": "12.50", "due": "1 May", "extra": 7}', '{"due": 0.7}'), (2, 'letter', '{"name": "Ash", "date": "2024-05-01"}', NULL),
(3, 'bill', '{"total": "12.50", "due": "2024-05-01"}', '{"total": 0.79, "extra": 7}'),
(4, 'diploma', '{"grade": "12", "country": "NL"}', NULL), (5, 'no such type', '{"a": "xy", "b": "xy"}', '{"a": 0.5, "b": 0.9}'),
(6, NULL, '{"a": "xy", "b": {"c": 1}}', '{"a": 0.9}'), (7, '', '["x", "y"]', NULL), (8, 'Bill', NULL, NULL), (9, NULL, '{}', '{}'),
(10, 'bill', '{"total": "12.50"}', '{"total": 7}'), (11, 'bill', NULL, NULL), (12, 'bill', '["x"]', '7'), (13, NULL, '{"a": "xy"}', '{"a": 7}'),
(14, NULL, '["x"]', '7');
UPDATE scan SET base = 0.6 WHERE id IN (2, 6);
SELECT id, type, round(score::numeric, 6) AS score, n, scores, review, reasons FROM scan ORDER BY id;
SELECT count(*) AS wrong FROM scan WHERE abs(confidence - score * multiplier) > 1e-15 OR version IS DISTINCT FROM coalesce(
    (SELECT williams_rules_version(rules) FROM williams_profile WHERE name = type), (SELECT williams_rules_version(rules) FROM williams_shipped_profile WHERE name = type), 0);
-- williams_score gives the same, but calls a document without fields "fields", and knows no base.
SELECT count(*), bool_and(s.overall = confidence AND (s.review = scan.review OR (s.review, scan.review) = ('{fields}', '{doc}')) AND s.scores = scan.scores AND s.num_fields = n) AS same
FROM scan, williams_score(doc, type, engine) AS s WHERE base IS NULL;
TRUNCATE scan;

--
-- The type is an input
--
INSERT INTO scan (id, type, doc) VALUES (1, 'bill', '{"total": "12.50", "name": "Ash"}'), (2, NULL, '{"total": "12.50"}');
UPDATE scan SET review = '{}';                              -- a clerk's decision stays ...
UPDATE scan SET note = 'seen', type = type || '', doc = doc || '{}';
SELECT id, type, review, n FROM scan ORDER BY id;
UPDATE scan SET type = 'letter';                            -- ... until the type changes
SELECT id, type, review, n, version = williams_rules_version(rules) AS version FROM scan JOIN williams_profile ON name = type ORDER BY id;
UPDATE scan SET type = NULL, review = '{x}' WHERE id = 1;
UPDATE scan SET type = 'unknown' WHERE id = 2;
SELECT id, type, review, reasons, version FROM scan ORDER BY id;
UPDATE scan SET type = 'bill', review = '{}' WHERE id = 2;
SELECT id, type, review, reasons FROM scan ORDER BY id;
-- a long type, out of line
INSERT INTO williams_profile (name, rules) SELECT string_agg(md5(i::text), ''), '{"fields": {"long": null}}' FROM generate_series(1, 80) AS i;
ALTER TABLE scan ALTER COLUMN type SET STORAGE EXTERNAL;
UPDATE scan SET type = (SELECT name FROM williams_profile WHERE length(name) > 1000) WHERE id = 2;
UPDATE scan SET review = '{}', note = repeat('x', 3000) WHERE id = 2;
UPDATE scan SET type = type || '' WHERE id = 2;
SELECT length(type), review, reasons FROM scan WHERE id = 2;
UPDATE scan SET type = type || 'x' WHERE id = 2;
SELECT length(type), review, reasons FROM scan WHERE id = 2;
DELETE FROM williams_profile WHERE length(name) > 1000;
TRUNCATE scan;

--
-- Rules that change, in between and within a statement
--
INSERT INTO scan (id, type, doc) SELECT i, (ARRAY['bill', 'letter', NULL])[1 + i % 3], '{"total": "12.50", "name": "Ash"}' FROM generate_series(1, 9) AS i;
UPDATE williams_profile SET rules = '{"fields": {"total": null}}' WHERE name = 'bill';
SELECT type, count(*), bool_and(version = coalesce(williams_rules_version(rules), 0)) AS current FROM scan LEFT JOIN williams_profile ON name = type GROUP BY type ORDER BY type;
-- A row is stale if its version is not that of the rules; setting the version to NULL scores it. Decisions about other rows stay.
UPDATE scan SET review = '{decided}';
UPDATE scan SET version = NULL FROM williams_profile WHERE name = type AND version <> williams_rules_version(rules);
SELECT id, type, review, version = coalesce(williams_rules_version(rules), 0) AS current FROM scan LEFT JOIN williams_profile ON name = type ORDER BY id;
-- Any other version is stored as it is, and nothing is scored.
UPDATE scan SET version = 7, review = '{}' WHERE id = 3;
SELECT id, version, review FROM scan WHERE id = 3;
UPDATE scan SET version = version WHERE id = 3;
SELECT id, version, review FROM scan WHERE id = 3;
-- One statement scores all rows by the rules that it saw first.
CREATE FUNCTION pg_temp.change_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE williams_profile SET rules = jsonb_build_object('fields', jsonb_build_object('f' || NEW.id, NULL)) WHERE name = 'bill';
    RETURN NEW;
END $$;
CREATE TRIGGER a_change BEFORE UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION pg_temp.change_rules();
UPDATE scan SET version = NULL WHERE type = 'bill';
SELECT id, review FROM scan WHERE type = 'bill' ORDER BY id;
DROP TRIGGER a_change ON scan;
UPDATE scan SET version = NULL WHERE id = 3;
SELECT review IN ('{f3}', '{f6}', '{f9}') AS by_the_last FROM scan WHERE id = 3;
TRUNCATE scan;

-- 100 types in one statement, in turn and mixed, each scored by its own rules
INSERT INTO williams_profile (name, rules) SELECT 'type ' || i, jsonb_build_object('fields', jsonb_build_object('f' || i, NULL, 'g', NULL)) FROM generate_series(1, 100) AS i;
INSERT INTO scan (id, type, doc) SELECT i, 'type ' || 1 + (i * 37) % 100, '{"g": "xy"}' FROM generate_series(1, 1000) AS i;
INSERT INTO scan (id, type, doc) SELECT 1000 + i, 'type ' || 1 + (i * i) % 103, '{"g": "xy"}' FROM generate_series(1, 1000) AS i ORDER BY md5(i::text);
SELECT count(DISTINCT type) AS types, count(*) FILTER (WHERE review = ARRAY['f' || substr(type, 6)]) AS right, count(*) FILTER (WHERE review = '{g}') AS without,
       count(*) FILTER (WHERE version <> coalesce((SELECT williams_rules_version(rules) FROM williams_profile WHERE name = type), 0)) AS wrong_version FROM scan;
-- the same row by row
CREATE TEMP TABLE by_row AS SELECT * FROM scan;
DO $$
BEGIN
    FOR i IN 1..300 LOOP UPDATE scan SET version = NULL WHERE id = i * 6; END LOOP;
END $$;
SELECT count(*) AS differ FROM (TABLE scan EXCEPT TABLE by_row) AS d;

-- Stale rows are found by an index.
CREATE INDEX scan_version ON scan (type, version);
ANALYZE scan;
\i :abs_srcdir/common/plan_has.sql
UPDATE williams_profile SET rules = '{"fields": {"new": null}}' WHERE name IN ('type 7', 'type 8');
\set stale 'SELECT id FROM williams_profile, scan WHERE type = name AND (version < williams_rules_version(rules) OR version > williams_rules_version(rules))'
SET enable_seqscan = off;
SELECT pg_temp.plan_has(:'stale', 'scan_version') AS by_index, pg_temp.plan_has('SELECT FROM scan WHERE version IS NULL', 'scan_version') AS unscored_by_index,
       (SELECT count(*) FROM (:stale) AS s) AS stale, (SELECT count(*) FROM scan WHERE type IN ('type 7', 'type 8')) AS all_of_them;
RESET enable_seqscan;
UPDATE scan SET version = NULL WHERE id IN (:stale);
SELECT (SELECT count(*) FROM (:stale) AS s) AS stale, count(*) FROM scan WHERE review = '{new}';
DELETE FROM williams_profile WHERE name LIKE 'type %';
DROP TABLE scan;

-- Rows from before the trigger
CREATE TABLE scan (id int, type text, doc jsonb, review text[], version bigint);
INSERT INTO scan VALUES (1, 'bill', '{"total": "12"}'), (2, 'letter', '{"name": "x"}'), (3, NULL, NULL);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'profile_column=type', 'review=review', 'profile_version=version');
UPDATE scan SET version = NULL WHERE id < 3;
SELECT id, review, version <> 0 AS version FROM scan ORDER BY id;
DROP TABLE scan;

--
-- Random rows: the trigger, williams_score and plain SQL agree; review as boolean is true where the text[] is not empty.
--
UPDATE williams_profile SET rules = '{"fields": {"f1": {"format": "number", "threshold": 0.3}, "f2": {"threshold": 0}, "f3": {"threshold": 0}}, "threshold": 0.7, "audit": 0.2}' WHERE name = 'bill';
UPDATE williams_profile SET rules = '{"fields": {"f1": null, "f2": null, "f4": "number"}, "checks": [{"check": "pattern", "fields": ["f1", "f2"], "pattern": "^.{2,}$", "factor": 0.8}], "threshold": 0.7}' WHERE name = 'letter';
CREATE TABLE scan (i int, type text, doc jsonb, engine jsonb, base float8);
SELECT setseed(0.2);
INSERT INTO scan
SELECT i, (ARRAY['bill', 'letter', 'none', NULL])[1 + floor(random() * 4)],
       (SELECT jsonb_object_agg('f' || f, (ARRAY['"x"', '" "', 'null', '"2001-02-03"', '12', '"abc"', '{"p": 1}', '[]', '"1e9"']::jsonb[])[1 + floor(random() * 9)]) FROM generate_series(1, i % 7) AS f),
       CASE WHEN random() < 0.8 THEN (SELECT jsonb_object_agg('f' || f, CASE WHEN random() < 0.9 THEN round(random()::numeric * 1.01, 3) END) FROM generate_series(1 + i % 2, i % 8) AS f) END,
       CASE WHEN random() < 0.2 THEN round(random()::numeric * 1.1, 2) END
FROM generate_series(1, 4000) AS i;
UPDATE scan SET doc = (ARRAY['[]', '["x"]', '"x"', 'null', NULL]::jsonb[])[1 + i % 5] WHERE i % 50 = 0;
UPDATE scan SET engine = (ARRAY['[]', '0.9', 'null', NULL]::jsonb[])[1 + i % 4] WHERE i % 40 = 1;
CREATE TABLE scored (LIKE scan, score float8, confidence float8, n int, scores jsonb, review text[], flag boolean, reasons jsonb);
CREATE TRIGGER names BEFORE INSERT ON scored FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'engine_confidence=engine', 'profile_column=type',
    'score=score', 'confidence=confidence', 'num_fields=n', 'scores=scores', 'review=review', 'reasons=reasons');
CREATE TRIGGER flag BEFORE INSERT ON scored FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'engine_confidence=engine', 'profile_column=type', 'review=flag');
INSERT INTO scored SELECT * FROM scan;
SELECT count(*), count(*) FILTER (WHERE flag) > 1000 AS flagged, count(*) FILTER (WHERE NOT flag) > 100 AS accepted,
       bool_and(flag = (r.review <> '{}')) AS same_flag, bool_and(r.confidence = s.overall AND r.n = s.num_fields AND r.scores = s.scores) AS same_scores,
       bool_and(r.review = CASE s.review WHEN '{fields}' THEN '{doc}' ELSE s.review END) AS same_review,
       bool_and(r.reasons = e.reasons OR r.review = '{doc}') AS same_reasons, bool_and(ARRAY(SELECT jsonb_object_keys(r.reasons)) = r.review) AS reasons_of_review,
       bool_and((type IN ('bill', 'letter')) IS NOT TRUE OR abs(score - (SELECT avg(value::float8) FROM jsonb_each(r.scores))) < 1e-12) AS mean,
       bool_and((type IN ('bill', 'letter')) IS TRUE OR flag AND NOT EXISTS (SELECT FROM jsonb_each(r.reasons) WHERE NOT value ? 'no_profile')) AS no_profile
FROM scored AS r, williams_score(doc, type, engine) AS s,
     LATERAL (SELECT coalesce(jsonb_object_agg(field, to_jsonb(e.reasons)) FILTER (WHERE e.review), '{}') AS reasons FROM williams_explain(doc, type, engine) AS e) AS e;
-- threshold= is that of the fields that do not have their own; "base" counts where there is no profile.
CREATE TABLE strict (LIKE scored);
CREATE TRIGGER score BEFORE INSERT ON strict FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'engine_confidence=engine', 'base=base', 'base_value=0.4', 'profile_column=type', 'threshold=0.95',
    'score=score', 'scores=scores', 'review=review', 'reasons=reasons');
INSERT INTO strict SELECT * FROM scan;
SELECT count(*) AS with_profile, bool_and(s.scores = strict.scores AND s.review = strict.review) AS same
FROM strict JOIN williams_profile ON name = type, williams_score(doc, type, engine) AS n,
     williams_score_fields(doc, jsonb_set(rules, '{threshold}', '0.95'), CASE WHEN n.overall > 0 THEN engine END) AS s
WHERE n.overall > 0;
SELECT count(*) AS without, count(DISTINCT score) > 100 AS scores, bool_and(abs(score - CASE WHEN williams_field_count(doc) > 0 AND coalesce(base, 0.4) <= 1 THEN coalesce(base, engine_mean, 0.4) ELSE 0 END) < 1e-15) AS right,
       bool_and(review <> '{}') AS for_review
FROM strict, LATERAL (SELECT avg(c.value::float8) AS engine_mean, coalesce(bool_or(c.value::float8 > 1), false) AS bad FROM jsonb_each(CASE WHEN jsonb_typeof(doc) = 'object' THEN doc END) AS f
    JOIN jsonb_each_text(CASE WHEN jsonb_typeof(engine) = 'object' THEN engine END) AS c USING (key) WHERE williams_field_count(f.value) > 0) AS m
WHERE type IS DISTINCT FROM 'bill' AND type IS DISTINCT FROM 'letter' AND NOT bad AND jsonb_typeof(doc) IN ('object', 'array') AND coalesce(jsonb_typeof(engine), 'null') IN ('object', 'null');
-- Without a profile and without profile_column, boolean and text[] agree too.
CREATE TABLE plain (LIKE scored);
CREATE TRIGGER names BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'engine_confidence=engine', 'base=base', 'score=score', 'threshold=0.3', 'review=review', 'reasons=reasons');
CREATE TRIGGER flag BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'engine_confidence=engine', 'base=base', 'threshold=0.3', 'review=flag');
INSERT INTO plain SELECT * FROM scan;
SELECT count(*) FILTER (WHERE flag) > 500 AS flagged, count(*) FILTER (WHERE NOT flag) > 500 AS accepted, bool_and(flag = (review <> '{}')) AS same, bool_and(flag OR score >= 0.3) AS right,
       bool_and(flag = (reasons <> '{}')) AS reasons FROM plain;
SELECT key, value, count(*) > 0 AS some FROM plain, jsonb_each(reasons) WHERE key IN ('doc', 'f1') GROUP BY key, value ORDER BY key COLLATE "C", value;
DROP TABLE plain, strict, scored, scan;

--
-- Partitions: with other orders of columns, dropped ones, keys of their own; a row that moves
--
UPDATE williams_profile SET rules = '{"fields": {"a": "date"}}' WHERE name = 'bill';
CREATE TABLE scan (id int, type text, doc jsonb, scores jsonb, review text[], reasons jsonb, version bigint, note text) PARTITION BY LIST (type);
CREATE TABLE scan_bill (version bigint, gone text, reasons jsonb, review text[], scores jsonb, note text, doc jsonb, type text, id int);
ALTER TABLE scan_bill DROP COLUMN gone;
ALTER TABLE scan ATTACH PARTITION scan_bill FOR VALUES IN ('bill');
CREATE TABLE scan_letter (gone int, LIKE scan);
ALTER TABLE scan_letter DROP COLUMN gone;
ALTER TABLE scan ATTACH PARTITION scan_letter FOR VALUES IN ('letter');
CREATE TABLE scan_other PARTITION OF scan DEFAULT;
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'profile_column=type', 'scores=scores', 'review=review', 'reasons=reasons', 'profile_version=version');
COPY scan (id, type, doc) FROM stdin;
1	bill	{"a": "xy"}
2	letter	{"f1": "xy"}
3	\N	{"a": "xy"}
4	other	{"a": "xy"}
\.
INSERT INTO scan (id, type, doc) SELECT id + 4, type, doc FROM scan;
SELECT scan.tableoid::regclass AS part, id, type, scores, review, reasons, version = coalesce(williams_rules_version(rules), 0) AS version FROM scan LEFT JOIN williams_profile ON name = type ORDER BY id;
UPDATE scan SET type = CASE type WHEN 'bill' THEN 'letter' WHEN 'letter' THEN 'bill' ELSE 'bill' END, note = 'moved' WHERE id <= 4;
MERGE INTO scan USING (VALUES (5, 'letter'), (6, NULL), (50, 'bill')) AS v (id, type) ON scan.id = v.id
    WHEN MATCHED AND v.type IS NULL THEN UPDATE SET review = '{decided}'
    WHEN MATCHED THEN UPDATE SET type = v.type, note = 'merged'
    WHEN NOT MATCHED THEN INSERT (id, type, doc) VALUES (v.id, v.type, '{"a": "2024-01-01"}');
SELECT scan.tableoid::regclass AS part, id, type, scores, review, reasons, version = coalesce(williams_rules_version(rules), 0) AS version, note FROM scan LEFT JOIN williams_profile ON name = type ORDER BY id;
DROP TABLE scan;

-- ON CONFLICT DO UPDATE: the type of the row that stays counts
CREATE TABLE scan (id int PRIMARY KEY, type text, doc jsonb, review text[], version bigint);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'profile_column=type', 'review=review', 'profile_version=version');
INSERT INTO scan VALUES (1, 'bill', '{"a": "xy"}'), (2, 'bill', '{"a": "xy"}');
INSERT INTO scan VALUES (1, 'letter', '{"a": "2024-01-01"}'), (2, NULL, '{}'), (3, 'letter', '{"f1": "xy"}')
    ON CONFLICT (id) DO UPDATE SET type = coalesce(excluded.type, scan.type), doc = CASE WHEN excluded.id = 1 THEN excluded.doc ELSE scan.doc END;
SELECT id, type, doc, review, version = williams_rules_version(rules) AS version FROM scan JOIN williams_profile ON name = type ORDER BY id;
DROP TABLE scan;

--
-- Domains, and columns that will not do
--
CREATE DOMAIN short_text AS text CHECK (length(VALUE) < 10);
CREATE DOMAIN names AS text[] CHECK (cardinality(VALUE) < 2);
CREATE DOMAIN version AS bigint CHECK (VALUE <> 0);
CREATE DOMAIN object AS jsonb CHECK (jsonb_typeof(VALUE) = 'object');
CREATE TABLE scan (id int, type short_text, doc object, scores object, reasons object, review names, version version, low real, plain json, number numeric, many int, flag boolean,
    twice jsonb GENERATED ALWAYS AS (doc -> 'a') STORED, upper text GENERATED ALWAYS AS (upper(id::text)) STORED, words varchar(9)[], kind varchar(9), list short_text[]);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'profile_column=type', 'scores=scores', 'review=review', 'reasons=reasons', 'profile_version=version');
INSERT INTO scan (id, type, doc) VALUES (1, 'bill', '{"a": "xy"}');
UPDATE scan SET type = 'letter', doc = '{"f1": "xy", "f2": "xy"}';
SELECT id, type, scores, review, reasons, version = williams_rules_version(rules) AS version FROM scan JOIN williams_profile ON name = type;
SELECT command, pg_temp.error_of(command) AS error FROM unnest(ARRAY[
    $$UPDATE scan SET type = 'unknown'$$, $$UPDATE scan SET doc = '{}'$$, $$UPDATE scan SET type = NULL, doc = '{"f1": "xy"}'$$]) AS command;
DROP TRIGGER score ON scan;
CREATE FUNCTION pg_temp.fire(arguments text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    error text;
BEGIN
    EXECUTE format('CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(%s)', (SELECT string_agg(quote_literal(a), ', ') FROM unnest(arguments) AS a));
    error := pg_temp.error_of('UPDATE scan SET id = id');
    DROP TRIGGER score ON scan;
    RETURN error;
END $$;
SELECT arguments, pg_temp.fire('{fields=doc}' || arguments::text[]) AS error
FROM unnest(ARRAY['{scores=review}', '{scores=plain}', '{scores=twice}', '{reasons=review}', '{reasons=twice}', '{reasons=absent}', '{score=low}', '{score=number}', '{score=absent}',
    '{profile_version=many}', '{profile_version=number}', '{profile_version=absent}', '{flag=flag}', '{review=words,profile_column=type}', '{review=list,profile_column=type}',
    '{profile_column=absent,review=review}', '{profile_column=doc,review=review}', '{profile_column=kind,review=review}', '{profile_column=many,review=review}', '{profile_column=upper,review=review}',
    '{profile_column=type}', '{profile_version=version}', '{scores=scores}',
    '{scores=scores,reasons=scores}', '{scores=doc}', '{reasons=doc,profile_column=type}', '{score=low,scores=scores,scores=reasons}', '{profile=bill,profile_column=type,review=review}',
    '{profile_column=type,profile_column=type,review=review}', '{review=review}', '{review=flag,profile_column=type}', '{profile_column=type,base_value=0.5,threshold=0.5,review=review}',
    '{profile_column=type,threshold=2,review=review}']) AS arguments;
DROP TABLE scan;
DROP DOMAIN short_text, names, version, object CASCADE;

--
-- Names with quotes and other characters; a document of 100,000 fields
--
INSERT INTO williams_profile (name, rules) VALUES ('it''s "quoted" \ {x}', '{"fields": {"a \"b\" \\ {c}, NULL": null, "null": null, "": null, " ": null}}');
CREATE TABLE scan (id int, "type of it" text, "the ""fields""" jsonb, scores jsonb, review text[], reasons jsonb);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=the "fields"', 'profile_column=type of it', 'scores=scores', 'review=review', 'reasons=reasons');
INSERT INTO scan VALUES (1, 'it''s "quoted" \ {x}', '{"a \"b\" \\ {c}, NULL": "x", "": "x", "null": null}'), (2, NULL, '{"a \"b\" \\ {c}, NULL": "x", "": "x", "null": null}'), (3, NULL, NULL);
SELECT id, scores, review, reasons FROM scan ORDER BY id;
INSERT INTO scan SELECT 4, NULL, jsonb_object_agg('field ' || i, i) FROM generate_series(1, 100000) AS i;
SELECT cardinality(review) AS review, (SELECT count(*) FROM jsonb_object_keys(scores)) AS scores, (SELECT count(DISTINCT value) FROM jsonb_each(reasons)) AS reasons,
       ARRAY(SELECT jsonb_object_keys(reasons)) = review AND ARRAY(SELECT jsonb_object_keys(scores)) = review AS same_order FROM scan WHERE id = 4;
DROP TABLE scan;

-- A role that may not read williams_profile cannot load rows that have a type.
CREATE ROLE regress_williams_loader;
CREATE TABLE scan (id int, type text, doc jsonb, review text[]);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'profile_column=type', 'review=review');
GRANT ALL ON scan TO regress_williams_loader;
REVOKE SELECT ON williams_profile FROM PUBLIC;
SET ROLE regress_williams_loader;
\set VERBOSITY terse
INSERT INTO scan VALUES (1, 'bill', '{"a": "xy"}');
\set VERBOSITY default
INSERT INTO scan VALUES (2, NULL, '{"a": "xy"}') RETURNING review;
RESET ROLE;
GRANT SELECT ON williams_profile TO PUBLIC;
SET ROLE regress_williams_loader;
INSERT INTO scan VALUES (1, 'bill', '{"a": "xy"}') RETURNING review;
RESET ROLE;
DROP TABLE scan;
DROP ROLE regress_williams_loader;
DELETE FROM williams_profile;
