--
-- The key accepted of the trigger williams_score_ocr: the fields that need no check, by what the engine read.
-- An audit does not matter, nor does what a person makes of the value afterwards.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

CREATE SCHEMA score_accepted;
SET search_path = score_accepted, public;
INSERT INTO williams_profile (name, rules) VALUES
    ('bill', '{"fields": {"total": "number", "due": "date", "note": {"threshold": 0}, "ref": null}, "checks": [{"check": "range", "fields": ["total"], "max": 100}]}'),
    ('checked bill', '{"fields": {"total": "number", "due": "date", "note": {"threshold": 0}, "ref": null}, "audit": 1}'), ('letter', '{"fields": {"due": null, "name": null}}');
CREATE TABLE scan (id int PRIMARY KEY, type text, doc jsonb, engine jsonb, verified text[], note text, score float8, scores jsonb, review text[], reasons jsonb, accepted text[], version bigint);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'engine_confidence=engine', 'profile_column=type',
    'verified=verified', 'score=score', 'scores=scores', 'review=review', 'reasons=reasons', 'accepted=accepted', 'profile_version=version');

-- What is not for review, an audit aside. An optional field that is missing is not for review. Without a profile, or
-- if a document cannot be scored, nothing is accepted.
INSERT INTO scan (id, type, doc, engine) VALUES
(1, 'bill', '{"total": "12", "due": "1 May", "ref": "A1"}', '{"total": 0.9, "due": 0.9, "ref": 0.7}'), (2, 'checked bill', '{"total": "12", "due": "1 May", "ref": "A1"}', '{"total": 0.9, "due": 0.9, "ref": 0.7}'),
(3, 'checked bill', '{"total": "12", "due": "2024-05-01", "ref": "A1"}', NULL), (4, 'bill', '{"note": "x"}', '{"note": 0.1}'), (5, 'no such type', '{"total": "12"}', '{"total": 1}'), (6, NULL, '{"total": "12"}', '{"total": 1}'),
(7, 'bill', '{"total": "12", "due": "2024-05-01"}', '{"total": 7}'), (8, 'checked bill', NULL, NULL), (9, 'bill', '["x"]', NULL), (10, 'bill', '{}', NULL), (11, 'bill', '{"total": "12", "other": "x"}', '[1]');
SELECT id, review, reasons, accepted FROM scan ORDER BY id;

--
-- The life of a row: a field that is verified stays what it was
--
DELETE FROM scan WHERE id > 2;
CREATE VIEW state AS SELECT id, doc ->> 'total' AS total, doc ->> 'due' AS due, verified, review, scores, accepted FROM scan ORDER BY id;
-- A clerk corrects a date that was for review, and an amount that was not; nobody looks at the reference.
UPDATE scan SET doc = doc || '{"due": "2024-05-01", "total": "999"}', verified = '{due,total}';
SELECT * FROM state;
-- What else changes does not matter: other fields, confidences, rules, the column itself.
UPDATE scan SET doc = doc || '{"ref": "B2"}', engine = '{"total": 0.1, "due": 1, "ref": 0.99}', accepted = '{due}';
SELECT * FROM state;
UPDATE scan SET version = NULL WHERE id = 1;
UPDATE scan SET verified = verified || '{note}';
SELECT * FROM state;
-- A value that is changed without confirmation, and a name that is taken out, are judged anew.
UPDATE scan SET doc = doc || '{"total": "13"}', engine = '{"total": 0.9}' WHERE id = 1;
UPDATE scan SET verified = '{total}' WHERE id = 2;
SELECT * FROM state;
-- A document that cannot be scored, and one without a profile, accept what they had.
UPDATE scan SET doc = '{"total": "12", "due": "2024-05-01", "ref": "A1"}', verified = '{}', engine = '{"ref": 0.7}';
UPDATE scan SET verified = '{total,ref}';
SELECT * FROM state;
UPDATE scan SET engine = '{"due": 7}' WHERE id = 1;
UPDATE scan SET type = NULL WHERE id = 2;
SELECT * FROM state;
-- A field that the type does not have is forgotten.
UPDATE scan SET type = 'letter', engine = NULL, doc = doc || '{"name": "Ash"}', verified = verified || '{name}';
UPDATE scan SET type = 'bill';
SELECT * FROM state;
-- It is no input: what somebody writes stays until the row is scored again, and counts then for verified fields.
UPDATE scan SET accepted = '{{ref,NULL},{ref,nothing}}';
SELECT accepted FROM scan;
UPDATE scan SET engine = '{}', accepted = '{total}';
SELECT id, verified, accepted FROM scan ORDER BY id;
UPDATE scan SET accepted = (SELECT array_agg('name ' || i) || 'total'::text FROM generate_series(1, 100000) AS i) WHERE id = 1;
UPDATE scan SET accepted = '{}' WHERE id = 2;
UPDATE scan SET doc = doc || '{"x": 1}';
SELECT id, verified, accepted FROM scan ORDER BY id;

-- An INSERT takes what verified fields come with; rows are copied as they are.
CREATE TABLE copied (LIKE scan);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON copied FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'engine_confidence=engine', 'profile_column=type',
    'verified=verified', 'score=score', 'scores=scores', 'review=review', 'reasons=reasons', 'accepted=accepted', 'profile_version=version');
INSERT INTO copied TABLE scan;
SELECT count(*) AS differ FROM (TABLE copied EXCEPT TABLE scan) AS d;
INSERT INTO copied (id, type, doc, verified, accepted) VALUES (3, 'bill', '{"total": "12", "due": "1 May", "ref": "A1"}', '{total,due}', '{due,ref}'), (4, 'bill', '{"total": "12", "due": "1 May", "ref": "A1"}', '{total,due}', '{}'),
    (5, 'bill', '{"total": "12", "due": "1 May", "ref": "A1"}', '{total,due}', NULL) RETURNING id, accepted;
TRUNCATE scan;
INSERT INTO scan (id, type, doc) VALUES (1, 'bill', '{"total": "12", "due": "1 May"}');
INSERT INTO scan (id, type, doc, accepted) VALUES (1, 'bill', '{"total": "13", "due": "2024-05-01"}', '{due}') ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, verified = '{total,due}', accepted = excluded.accepted RETURNING accepted;
DROP TABLE copied;

--
-- Rows that are older than the column: a verified field is accepted if it is now, and if the score that it keeps is not below the threshold
--
TRUNCATE scan;
INSERT INTO scan (id, type, doc, engine) SELECT i, CASE WHEN i < 3 THEN 'bill' ELSE 'checked bill' END, '{"total": "12", "due": "1 May", "ref": "A1"}', '{"total": 0.9, "due": 0.9, "ref": 0.7}' FROM generate_series(1, 4) AS i;
UPDATE scan SET doc = doc || '{"due": "2024-05-01", "total": "13"}', verified = '{due,total}' WHERE id <> 2;
ALTER TABLE scan DISABLE TRIGGER score;
UPDATE scan SET accepted = NULL, version = NULL;
UPDATE scan SET scores = NULL WHERE id = 4;    -- no scores are kept
ALTER TABLE scan ENABLE TRIGGER score;
UPDATE scan SET note = 'scored';
SELECT * FROM state;
DROP VIEW state;
DROP TABLE scan;

--
-- Audits: of what would have been accepted, which was wrong?
--
SELECT setseed(0.8);
INSERT INTO williams_profile (name, rules) VALUES ('half', '{"fields": {"a": "number", "b": null, "c": {"threshold": 0.9}, "d": {"threshold": 0}}, "audit": 0.5}');
CREATE TABLE scan (id int, part int, fields jsonb, engine jsonb, truth jsonb, as_read jsonb, verified text[], review text[], reasons jsonb, accepted text[], first text[]) PARTITION BY LIST (part);
CREATE TABLE scan_1 PARTITION OF scan FOR VALUES IN (1);
CREATE TABLE scan_2 (first text[], accepted text[], gone int, reasons jsonb, review text[], verified text[], as_read jsonb, truth jsonb, engine jsonb, fields jsonb, part int, id int);
ALTER TABLE scan_2 DROP COLUMN gone;
ALTER TABLE scan ATTACH PARTITION scan_2 FOR VALUES IN (2);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=fields', 'engine_confidence=engine', 'profile=half', 'verified=verified', 'review=review', 'reasons=reasons', 'accepted=accepted');
INSERT INTO scan (id, part, fields, as_read, engine, truth)
SELECT i, 1, read, read, confidence, truth
FROM generate_series(1, 1000) AS i, LATERAL (
    SELECT jsonb_object_agg(name, CASE WHEN random() < 0.1 THEN NULL WHEN random() < 0.8 THEN '12' ELSE 'xy' END) AS read, jsonb_object_agg(name, round(random()::numeric ^ 0.3, 3)) AS confidence, jsonb_object_agg(name, '12') AS truth
    FROM unnest('{a,b,c,d}'::text[]) AS name WHERE i > 0) AS v;
UPDATE scan SET first = accepted;
-- Clerks check what is for review, correct it and confirm it; some rows move, and some are touched again.
UPDATE scan SET fields = fields || truth, verified = review WHERE review <> '{}';
UPDATE scan SET part = 2, engine = engine || '{"a": 0.3}' WHERE id % 3 = 0;
UPDATE scan SET fields = fields || '{"other": 1}', part = 3 - part WHERE id % 5 = 0;
SELECT count(*) AS documents, count(*) FILTER (WHERE first && verified) BETWEEN 300 AND 700 AS audited, count(*) FILTER (WHERE cardinality(verified) < 4 AND verified <> '{}') > 100 AS in_part, bool_or(tableoid = 'scan_2'::regclass) AS moved,
       -- in every third document, the engine's confidence has changed
       bool_and(ARRAY(SELECT unnest(first) INTERSECT SELECT unnest(verified) ORDER BY 1) = ARRAY(SELECT unnest(accepted) INTERSECT SELECT unnest(verified) ORDER BY 1)) AS kept,
       bool_and(first = ARRAY(SELECT field FROM williams_explain(as_read, (SELECT rules - 'audit' FROM williams_profile WHERE name = 'half'), engine) WHERE NOT review ORDER BY length(field), field)) FILTER (WHERE id % 3 > 0) AS explained
FROM scan;
-- What nobody has verified follows the present rules and confidences.
SELECT bool_and(ARRAY(SELECT unnest(accepted) EXCEPT SELECT unnest(verified) ORDER BY 1)
              = ARRAY(SELECT field FROM williams_explain(fields, (SELECT rules - 'audit' FROM williams_profile WHERE name = 'half'), engine) WHERE NOT review EXCEPT SELECT unnest(verified) ORDER BY 1)) AS not_verified,
       count(*) FILTER (WHERE NOT accepted <@ verified) > 100 AS some FROM scan;
SELECT sum(n) BETWEEN 500 AND 3000 AS audited, round(sum(wrong) / sum(n), 1) AS wrong
FROM scan, LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE as_read -> f IS DISTINCT FROM truth -> f) AS wrong FROM unnest(accepted) AS f WHERE f = ANY (verified)) AS v;
DROP TABLE scan;

--
-- Without profiles: by the engine, and by a base, which accepts all or nothing
--
CREATE TABLE scan (id int, doc jsonb, engine jsonb, base float8, verified text[], accepted text[]);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'engine_confidence=engine', 'verified=verified', 'accepted=accepted', 'threshold=0.7');
INSERT INTO scan (id, doc, engine) VALUES (1, '{"a": "x", "b": "x", "c": null}', '{"a": 0.6, "b": 0.75, "c": 1}'), (2, '["x"]', NULL), (3, '{"a": "x"}', '{"a": 7}'), (4, NULL, NULL), (5, '{"a": "x", "b": "x"}', NULL);
SELECT id, accepted FROM scan ORDER BY id;
UPDATE scan SET verified = '{a,b,doc}', doc = CASE WHEN id = 1 THEN '{"a": "y", "b": "z"}' ELSE doc END;
SELECT id, verified, accepted FROM scan ORDER BY id;
DROP TRIGGER score ON scan;
CREATE TRIGGER score BEFORE INSERT ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'base=base', 'accepted=accepted');
INSERT INTO scan (id, doc, base) VALUES (6, '{"a": "x", "b": "x"}', 0.81), (7, '{"a": "x", "b": "x"}', 0.79), (8, '{"a": "x", "b": "x"}', 7), (9, '{"a": "x", "b": " "}', NULL) RETURNING id, accepted;
DROP TABLE scan;

--
-- The column
--
CREATE DOMAIN few AS text[] NOT NULL CHECK (cardinality(VALUE) < 2);
CREATE TABLE scan (id int, doc jsonb, names text[], list few DEFAULT '{}', word text, words varchar[], flag boolean, object jsonb, computed text[] GENERATED ALWAYS AS (ARRAY[id::text]) STORED);
CREATE FUNCTION pg_temp.fire(arguments text[], doc jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    error text;
BEGIN
    EXECUTE format('CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(%s)', (SELECT string_agg(quote_literal(a), ', ') FROM unnest(arguments) AS a));
    error := pg_temp.error_of(format('INSERT INTO scan (doc) VALUES (%L)', doc));
    DROP TRIGGER score ON scan;
    RETURN error;
END $$;
SELECT arguments, pg_temp.fire('{fields=doc}' || arguments::text[], doc::jsonb) AS error
FROM (VALUES ('{accepted=names}', '{"a": 1}'), ('{accepted=list}', '{"a": 1}'), ('{accepted=list}', '{"a": 1, "b": 2}'), ('{accepted=word}', '{}'), ('{accepted=words}', '{}'), ('{accepted=flag}', '{}'), ('{accepted=object}', '{}'), ('{accepted=computed}', '{}'),
    ('{accepted=absent}', '{}'), ('{accepted=doc}', '{}'), ('{accepted=names,review=names,engine_confidence=doc}', '{}'), ('{accepted=names,verified=names}', '{}'), ('{accepted=names,accepted=list}', '{}')) AS v (arguments, doc);
DELETE FROM williams_profile WHERE name IN ('bill', 'checked bill', 'letter', 'half');
RESET search_path;
\set VERBOSITY terse
DROP SCHEMA score_accepted CASCADE;
