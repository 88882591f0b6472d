--
-- The trigger williams_score_ocr and the fields of a row that a person has verified:
-- they are not for review until their value changes, and keep their scores.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

INSERT INTO williams_profile (name, rules) VALUES ('bill', '{"fields": {"total": "number", "due": "date", "note": null, "ref": null}, "checks": [
    {"check": "range", "fields": ["total"], "max": 100}]}'), ('letter', '{"fields": {"due": null, "name": null}}');
CREATE TABLE scan (id int PRIMARY KEY, type text, doc jsonb, engine jsonb, verified text[], note text,
    score float8, confidence float8, n int, scores jsonb, review text[], reasons jsonb, version bigint);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'profile_column=type', 'verified=verified', 'score=score', 'confidence=confidence', 'num_fields=n',
    'scores=scores', 'review=review', 'reasons=reasons', 'profile_version=version');
CREATE VIEW state AS SELECT id, doc, verified, review, scores, round(score::numeric, 4) AS score FROM scan ORDER BY id;

--
-- The life of a row
--
INSERT INTO scan (id, type, doc, engine) VALUES (1, 'bill', '{"total": "999", "due": "1 May", "note": "x"}', '{"total": 0.9, "due": 0.7, "note": 0.6}');
SELECT * FROM state;
SELECT reasons FROM scan;
-- A clerk says that the note is right: its score is what the engine said.
UPDATE scan SET verified = verified || '{note}';
SELECT * FROM state;
-- corrects the date and verifies it in one UPDATE: the score stays that of what the engine read
UPDATE scan SET doc = doc || '{"due": "2024-05-01"}', verified = verified || '{due}';
SELECT * FROM state;
SELECT reasons FROM scan;
-- Other columns, other fields and other confidences do not matter.
UPDATE scan SET note = 'seen', doc = doc || '{"total": "12.50", "extra": 1}', engine = engine || '{"note": 0.1, "due": 0.2, "total": 0.8}';
SELECT * FROM state;
-- A later change drops the name, and the field is scored anew.
UPDATE scan SET doc = doc || '{"due": "2 May"}';
SELECT * FROM state;
-- It is verified again by adding the name; once more if it is still there.
UPDATE scan SET verified = verified || '{due}';
SELECT * FROM state;
UPDATE scan SET doc = doc || '{"due": "2024-05-02"}', verified = verified || '{due}';
SELECT * FROM state;
-- The list itself, in another order, is no confirmation of a new value.
UPDATE scan SET doc = doc || '{"due": "2024-05-03"}', verified = '{due,note}';
SELECT * FROM state;
-- A name that is taken out: the field is scored anew.
UPDATE scan SET verified = '{}';
SELECT * FROM state;
-- A field that is missing: that it is missing can be verified, too.
UPDATE scan SET verified = '{ref,note,due}';
SELECT * FROM state;
UPDATE scan SET doc = doc || '{"ref": null}' WHERE id = 1;   -- from absent to null: a change
SELECT * FROM state;
UPDATE scan SET verified = verified || '{ref}';
UPDATE scan SET doc = doc || '{"ref": "A1"}';
UPDATE scan SET verified = verified || '{ref}';
UPDATE scan SET doc = doc - 'ref';
SELECT * FROM state;
-- An equal value is no change: 1.0 is 1.00, and objects have no order. "12" is not 12.
UPDATE scan SET doc = '{"total": 1.0, "due": {"a": 1, "b": [2.0]}, "note": "x"}', verified = '{total,due,note,total,due,note}';
UPDATE scan SET doc = '{"note": "x", "due": {"b": [2], "a": 1.00}, "total": 1.00}';
SELECT * FROM state;
UPDATE scan SET doc = '{"note": "x ", "due": {"b": [2, 2], "a": 1.00}, "total": "1.00"}';
SELECT * FROM state;
TRUNCATE scan;

--
-- Lists: duplicates, NULLs, names that are no fields, dimensions, quotes
--
INSERT INTO scan (id, type, doc, verified) VALUES
(1, 'bill', '{"total": "12", "due": "1 May"}', '{due,due,NULL,zzz,"",NULL,"due ",DUE}'), (2, 'bill', '{"total": "12"}', '{{due,ref},{note,NULL}}'),
(3, 'bill', '{"total": "12"}', NULL), (4, 'bill', '{"total": "12"}', '{}'), (5, 'bill', NULL, '{total,due,note,ref}'), (6, NULL, '{"a \"b\" \\": "x", "b": "x"}', ARRAY['a "b" \']),
(7, 'bill', '{"total": "12"}', '[5:6]={due,ref}'), (8, 'bill', '{"total": "12"}', '{NULL,NULL}');
SELECT * FROM state;
-- Each name counts by itself: due is there twice more, ref is not.
UPDATE scan SET doc = '{"total": "12", "due": "2 May", "ref": "A2"}', verified = ARRAY['due', 'due', 'ref'] WHERE id IN (1, 2);
-- once more than it was there, in two dimensions
UPDATE scan SET doc = '{"total": "12", "due": "3 May"}', verified = '{{due,ref},{due,NULL}}' WHERE id = 7;
SELECT * FROM state WHERE id IN (1, 2, 7);
UPDATE scan SET verified = NULL WHERE id = 1;
UPDATE scan SET verified = '{NULL}' WHERE id = 3;
UPDATE scan SET doc = '{"total": "13"}', verified = array_fill('total'::text, '{100000}') WHERE id = 4;
UPDATE scan SET verified = (SELECT array_agg('name ' || i) || 'due'::text FROM generate_series(1, 100000) AS i) WHERE id = 8;
SELECT id, cardinality(verified) AS names, review FROM scan ORDER BY id;
-- All of them are carried along, compressed and out of line.
UPDATE scan SET note = 'seen', review = '{decided}' WHERE id = 8;
UPDATE scan SET verified = verified || '{}' WHERE id = 8;
SELECT cardinality(verified) AS names, review FROM scan WHERE id = 8;
UPDATE scan SET verified = verified || '{note}' WHERE id = 8;
SELECT cardinality(verified) AS names, review, verified = (SELECT array_agg(v ORDER BY length(v), v COLLATE "C") FROM unnest(verified) AS v) AS in_order FROM scan WHERE id = 8;
TRUNCATE scan;

--
-- Bad data, and documents that have no field to name
--
INSERT INTO scan (id, type, doc, engine, verified) VALUES
(1, 'bill', '{"total": "12", "due": "1 May"}', '{"total": 7}', '{total}'), (2, 'bill', NULL, NULL, '{total,due}'), (3, 'bill', '["x"]', NULL, '{doc}'),
(4, NULL, NULL, NULL, '{doc}'), (5, NULL, '["x"]', '7', '{doc}'), (6, NULL, '["x"]', NULL, '{a}'), (7, NULL, '{"a": "x"}', '{"a": 7}', '{a}'),
(8, NULL, '{"a": "x", "doc": "x"}', NULL, '{doc}'), (9, 'bill', '{"total": "12", "due": "2024-05-01", "note": "xy", "ref": "xy"}', '{"note": 0.9}', '{}');
SELECT id, type, verified, review, reasons, scores, round(score::numeric, 4) AS score FROM scan ORDER BY id;
-- That a document has no field to name is verified by the name of the column, until the document changes.
UPDATE scan SET note = 'seen', doc = '["x"]', type = 'unknown' WHERE id = 5;
UPDATE scan SET doc = '["x", "y"]' WHERE id IN (4, 6);
UPDATE scan SET verified = verified || '{doc}', doc = doc || '["z"]' WHERE id = 6;
UPDATE scan SET doc = '{"a": "new", "doc": "x"}' WHERE id = 8;   -- here it is a field
-- Bad confidences arrive: what was verified before stays, and keeps its score.
UPDATE scan SET verified = '{note}' WHERE id = 9;
UPDATE scan SET engine = '{"note": 7}' WHERE id = 9;
SELECT id, verified, review, reasons, scores, round(score::numeric, 4) AS score FROM scan WHERE id IN (4, 5, 6, 8, 9) ORDER BY id;
UPDATE scan SET engine = NULL, doc = NULL WHERE id = 9;
SELECT id, verified, review, scores FROM scan WHERE id = 9;
TRUNCATE scan;

--
-- The type changes, the rules change, rows are scored again: what was verified stays, with its score
--
INSERT INTO scan (id, type, doc, engine) VALUES (1, 'bill', '{"total": "999", "due": "1 May", "name": "Ash"}', '{"due": 0.7, "total": 0.9}');
UPDATE scan SET doc = doc || '{"due": "2024-05-01"}', verified = '{due,total}';
SELECT * FROM state;
UPDATE scan SET type = 'letter';
SELECT * FROM state;
UPDATE scan SET type = 'unknown';
SELECT * FROM state;
UPDATE scan SET type = 'bill';
-- the score of total was forgotten while its type did not have it
SELECT * FROM state;
UPDATE williams_profile SET rules = '{"fields": {"total": null, "due": "date", "name": "number"}, "threshold": 0.99}' WHERE name = 'bill';
UPDATE scan SET note = 'not scored';
SELECT * FROM state;
UPDATE scan SET version = NULL;
SELECT * FROM state;
-- also in the UPDATE that verifies, and in one that corrects
UPDATE scan SET version = NULL, verified = verified || '{name}', doc = doc || '{"name": "12", "total": "13"}';
SELECT * FROM state;
-- Scores that are no numbers in [0, 1] are not kept.
UPDATE scan SET scores = '{"due": 7, "name": "x", "total": null}';
UPDATE scan SET version = NULL;
SELECT * FROM state;
UPDATE scan SET scores = '[]';
UPDATE scan SET version = NULL;
UPDATE scan SET scores = NULL;
UPDATE scan SET version = NULL;
SELECT * FROM state;
-- A decision about review stays as long as no input changes.
UPDATE scan SET review = '{x}', note = 'x';
UPDATE scan SET verified = verified || '{}';
SELECT review FROM scan;
-- An INSERT keeps the scores that verified fields come with; rows are copied as they are.
CREATE TABLE copied (LIKE scan);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON copied FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'profile_column=type', 'verified=verified', 'score=score', 'confidence=confidence', 'num_fields=n',
    'scores=scores', 'review=review', 'reasons=reasons', 'profile_version=version');
TRUNCATE scan;
INSERT INTO scan (id, type, doc, engine) SELECT i, 'bill', '{"total": "9", "due": "1 May", "name": "Ash"}', '{"due": 0.7}' FROM generate_series(1, 3) AS i;
UPDATE scan SET doc = doc || '{"due": "2024-05-01"}', verified = '{due}' WHERE id < 3;
UPDATE scan SET doc = doc || '{"due": "2024-05-01"}' WHERE id = 3;
INSERT INTO copied SELECT * FROM scan;
SELECT count(*) AS differ FROM (TABLE copied EXCEPT TABLE scan) AS d;
-- scores of fields that are not verified do not count
INSERT INTO copied (id, type, doc, engine, verified, scores) VALUES (4, 'bill', '{"total": "9", "due": "1 May"}', '{"due": 0.7}', '{due}', '{"due": 0.123, "total": 0.456}') RETURNING scores, review;
DROP TABLE copied;

--
-- ON CONFLICT, MERGE, several rows at once
--
TRUNCATE scan;
INSERT INTO scan (id, type, doc, verified) VALUES (1, 'bill', '{"total": "9", "due": "1 May"}', '{due}'), (2, 'bill', '{"total": "9", "due": "1 May"}', '{due}'), (3, 'bill', '{"total": "9", "due": "1 May"}', NULL);
INSERT INTO scan (id, type, doc, verified) VALUES (1, 'bill', '{"due": "2 May"}', '{due}'), (2, 'bill', '{"due": "1 May"}', '{name}')
    ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, verified = scan.verified || excluded.verified;
SELECT id, doc, verified, review FROM scan ORDER BY id;
MERGE INTO scan USING (VALUES (1, '3 May'), (2, '1 May'), (3, '3 May'), (4, '3 May')) AS v (id, due) ON scan.id = v.id
    WHEN MATCHED AND v.id = 3 THEN UPDATE SET doc = jsonb_build_object('due', due), verified = '{due}'
    WHEN MATCHED THEN UPDATE SET doc = jsonb_build_object('due', due)
    WHEN NOT MATCHED THEN INSERT (id, type, doc, verified) VALUES (id, 'bill', jsonb_build_object('due', due), '{due}');
SELECT id, doc, verified, review FROM scan ORDER BY id;
DROP VIEW state;
DROP TABLE scan;

--
-- Without profiles, without a scores column, with a profile for all, review as boolean
--
CREATE TABLE scan (id int, doc jsonb, engine jsonb, verified text[], score float8, review boolean, reasons jsonb);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'verified=verified', 'score=score', 'review=review', 'reasons=reasons');
INSERT INTO scan VALUES (1, '{"a": "x", "b": "x"}', '{"a": 0.5, "b": 0.9}'), (2, '["x"]', '7'), (3, '{"a": "x", "b": "x"}', '{"a": 7}');
SELECT id, verified, score, review, reasons FROM scan ORDER BY id;
UPDATE scan SET verified = '{a}', doc = CASE id WHEN 1 THEN '{"a": "corrected", "b": "x"}' ELSE doc END;
SELECT id, verified, score, review, reasons FROM scan ORDER BY id;   -- the base is what the engine said
UPDATE scan SET verified = verified || '{b,doc}';
SELECT id, verified, score, review, reasons FROM scan ORDER BY id;
UPDATE scan SET doc = '{"a": "new", "b": "x"}';
SELECT id, verified, score, review, reasons FROM scan ORDER BY id;
DROP TABLE scan;

CREATE TABLE scan (id int, doc jsonb, verified text[], score float8, review text[]);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'profile=letter', 'verified=verified', 'score=score', 'review=review');
INSERT INTO scan VALUES (1, '{"due": "x", "name": "A"}');
UPDATE scan SET doc = '{"due": "corrected", "name": "A"}', verified = '{due}';
SELECT * FROM scan;                                           -- there is no place to keep a score
DROP TABLE scan;

--
-- Several triggers: by the order of their names, each sees what the one before has made of verified
--
CREATE TABLE scan (id int, doc jsonb, verified text[], names text[], flag boolean, scores jsonb);
CREATE TRIGGER a BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'profile=letter', 'verified=verified', 'review=names', 'scores=scores');
CREATE TRIGGER b BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'profile=letter', 'verified=verified', 'review=flag');
CREATE FUNCTION pg_temp.trim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.doc := jsonb_set(NEW.doc, '{name}', to_jsonb(btrim(NEW.doc ->> 'name')));
    RETURN NEW;
END $$;
CREATE TRIGGER "0" BEFORE INSERT OR UPDATE ON scan FOR EACH ROW WHEN (NEW.doc ->> 'name' IS NOT NULL) EXECUTE FUNCTION pg_temp.trim();
INSERT INTO scan VALUES (1, '{"due": "x", "name": " A "}', '{due,name}');
SELECT * FROM scan;
UPDATE scan SET doc = '{"due": "x", "name": " A"}';           -- trimmed, so not changed
SELECT * FROM scan;
UPDATE scan SET doc = '{"due": "x", "name": "B"}';
SELECT * FROM scan;
-- The first trigger writes a name once, so to the second a name that is added once more is not added.
UPDATE scan SET doc = '{"due": "y", "name": "B"}', verified = verified || '{due}';
SELECT * FROM scan;
DROP TABLE scan;

--
-- An UPDATE that moves a row to another partition: what is verified moves with it
--
INSERT INTO williams_profile (name, rules) VALUES ('note', '{"fields": {"due": "date", "a": null}}');
CREATE TABLE scan (id int, type text, state text, doc jsonb, engine jsonb, verified text[], scores jsonb, review text[]) PARTITION BY LIST (state);
CREATE TABLE scan_open PARTITION OF scan FOR VALUES IN ('open');
CREATE TABLE scan_done (review text[], gone int, scores jsonb, verified text[], engine jsonb, doc jsonb, state text, type text, id int);
ALTER TABLE scan_done DROP COLUMN gone;
ALTER TABLE scan ATTACH PARTITION scan_done FOR VALUES IN ('done');
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'profile_column=type', 'verified=verified', 'scores=scores', 'review=review');
INSERT INTO scan (id, type, state, doc, engine) SELECT i, 'note', 'open', '{"due": "1 May", "a": "xy"}', '{"due": 0.7}' FROM generate_series(1, 4) AS i;
UPDATE scan SET doc = doc || '{"due": "2024-05-01"}', verified = '{due}', state = 'done' WHERE id IN (1, 2);
UPDATE scan SET verified = '{due}' WHERE id = 3;
UPDATE scan SET doc = doc || '{"due": "2 May"}', state = 'done' WHERE id = 3;
UPDATE scan SET state = 'done' WHERE id = 4;
SELECT tableoid::regclass AS part, id, doc, verified, scores, review FROM scan ORDER BY id;
UPDATE scan SET state = 'open' WHERE id = 2;
UPDATE scan SET state = 'open', doc = doc || '{"due": "2 May"}' WHERE id = 1;
SELECT tableoid::regclass AS part, id, doc, verified, scores, review FROM scan ORDER BY id;
DROP TABLE scan;

--
-- The column
--
CREATE DOMAIN few AS text[] NOT NULL CHECK (cardinality(VALUE) < 2);
CREATE TABLE scan (id int, doc jsonb, verified few DEFAULT '{}', names text[], word text, words varchar[], flag boolean, computed text[] GENERATED ALWAYS AS (ARRAY[id::text]) STORED);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'verified=verified', 'review=flag');
INSERT INTO scan (id, doc, verified) VALUES (1, '{"a": 1}', '{a}') RETURNING verified, flag;
SELECT pg_temp.error_of($$UPDATE scan SET verified = '{a,a}'$$) AS before_the_trigger, pg_temp.error_of($$INSERT INTO scan (doc, verified) VALUES ('{}', NULL)$$) AS nothing;
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
FROM unnest(ARRAY['{verified=verified}', '{verified=word,review=flag}', '{verified=words,review=flag}', '{verified=computed,review=flag}', '{verified=absent,review=flag}', '{verified=doc,review=flag}',
    '{verified=names,review=names,engine_confidence=doc}', '{verified=verified,verified=names,review=flag}', '{verified=names,review=flag}']) AS arguments;
DROP TABLE scan;
DROP DOMAIN few;
DELETE FROM williams_profile;

--
-- An UPDATE keeps the choice of what is audited; a new type, or a version of NULL, makes it anew
--
INSERT INTO williams_profile (name, rules) VALUES ('half', '{"fields": {"a": null, "b": null}, "audit": 0.5}'),
    ('other half', '{"fields": {"a": null, "b": null}, "audit": 0.5, "threshold": 0.7}');
CREATE TABLE audited (id int, type text, part int, doc jsonb, review text[], reasons jsonb, verified text[], version bigint, first boolean) PARTITION BY LIST (part);
CREATE TABLE audited_1 PARTITION OF audited FOR VALUES IN (1);
CREATE TABLE audited_2 PARTITION OF audited FOR VALUES IN (2);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON audited FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'profile_column=type', 'review=review', 'reasons=reasons', 'verified=verified', 'profile_version=version');
INSERT INTO audited (id, type, part, doc) SELECT i, 'half', 1, jsonb_build_object('a', 'name ' || i, 'b', 'xy') FROM generate_series(1, 400) AS i;
UPDATE audited SET first = review <> '{}';
CREATE VIEW choice AS
SELECT count(*) FILTER (WHERE first) BETWEEN 150 AND 250 AS half, bool_and((reasons -> 'b' = '["audit"]') IS TRUE = first) AS kept,
       count(*) FILTER (WHERE (reasons -> 'b' = '["audit"]') IS TRUE <> first) BETWEEN 100 AND 300 AS anew,
       bool_and((reasons -> 'b' = '["audit"]') IS TRUE = williams_audit(doc::text, 0.5)) AS by_text, bool_or(review @> '{a}') AS a FROM audited;
SELECT * FROM choice;
UPDATE audited SET doc = doc || '{"a": "corrected"}' || jsonb_build_object('c', id), verified = '{a}';
SELECT * FROM choice;
UPDATE audited SET doc = doc || '{"a": "corrected again"}', verified = verified || '{a}', part = 2;
SELECT tableoid::regclass AS partition, c.* FROM choice AS c, (SELECT DISTINCT tableoid FROM audited) AS t;
UPDATE audited SET reasons = '"audit"', doc = doc || '{"c": 1}' WHERE id = 1;       -- the row before counts, not what the UPDATE sets
SELECT * FROM choice;
UPDATE audited SET version = NULL;
SELECT * FROM choice;
UPDATE audited SET doc = doc || jsonb_build_object('c', -id), type = 'other half';
SELECT * FROM choice;
DROP TABLE audited CASCADE;
DELETE FROM williams_profile WHERE name LIKE '%half';
