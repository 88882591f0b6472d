--
-- Misuse of the trigger williams_score_ocr fails at the first row (or statement)
-- that fires it, with a specific SQLSTATE and a hint.
--

CREATE TABLE ocr (
    id int PRIMARY KEY, extracted jsonb, engine jsonb, base float8, confidence float8, multiplier float8,
    n int, review boolean, plain json, note text, low real, many bigint, names text[], gone jsonb,
    computed jsonb GENERATED ALWAYS AS (extracted -> 'a') STORED,
    doubled float8 GENERATED ALWAYS AS (base * 2) STORED,
    "odd =Name" jsonb);
ALTER TABLE ocr DROP COLUMN gone;
INSERT INTO ocr (id, extracted) VALUES (0, '{"a": 1}');
CREATE VIEW ocr_view AS SELECT * FROM ocr;

-- Create a trigger, fire it, return the error, and roll all of it back.
CREATE FUNCTION pg_temp.fire(arguments text[], timing text = 'BEFORE INSERT OR UPDATE ON ocr FOR EACH ROW',
                             command text = 'INSERT INTO ocr (id, extracted) VALUES (1, ''{}'')',
                             OUT error text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE %s EXECUTE FUNCTION williams_score_ocr(%s)',
                   CASE WHEN timing LIKE 'CONSTRAINT%' THEN timing ELSE 'TRIGGER score ' || timing END,
                   (SELECT string_agg(quote_literal(a), ', ') FROM unnest(arguments) AS a));
    EXECUTE command;
    RAISE SQLSTATE 'UNDO0';
EXCEPTION
    WHEN SQLSTATE 'UNDO0' THEN error := 'no error';
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
        error := SQLSTATE || ': ' || SQLERRM;
END $$;

--
-- 39P01: the trigger is not BEFORE INSERT OR UPDATE, FOR EACH ROW
--
SELECT timing, command, split_part(error, ':', 1) AS error
FROM (VALUES
    ('BEFORE INSERT ON ocr FOR EACH ROW', 'INSERT INTO ocr VALUES (1)'),
    ('AFTER INSERT ON ocr FOR EACH ROW', 'INSERT INTO ocr VALUES (1)'),
    ('AFTER UPDATE ON ocr FOR EACH ROW', 'UPDATE ocr SET n = 1'),
    ('CONSTRAINT TRIGGER score AFTER INSERT ON ocr DEFERRABLE INITIALLY DEFERRED FOR EACH ROW',
     'INSERT INTO ocr VALUES (1); SET CONSTRAINTS ALL IMMEDIATE'),
    ('BEFORE INSERT ON ocr FOR EACH STATEMENT', 'INSERT INTO ocr VALUES (1)'),
    ('BEFORE UPDATE ON ocr', 'UPDATE ocr SET n = 1 WHERE false'),
    ('AFTER INSERT ON ocr FOR EACH STATEMENT', 'INSERT INTO ocr VALUES (1)'),
    ('BEFORE DELETE ON ocr FOR EACH ROW', 'DELETE FROM ocr'),
    ('AFTER DELETE ON ocr FOR EACH ROW', 'DELETE FROM ocr'),
    ('BEFORE TRUNCATE ON ocr', 'TRUNCATE ocr'),
    ('AFTER TRUNCATE ON ocr', 'TRUNCATE ocr'),
    ('INSTEAD OF INSERT ON ocr_view FOR EACH ROW', 'INSERT INTO ocr_view (id) VALUES (1)'),
    ('INSTEAD OF UPDATE ON ocr_view FOR EACH ROW', 'UPDATE ocr_view SET n = 1'),
    ('BEFORE INSERT OR DELETE ON ocr FOR EACH ROW', 'INSERT INTO ocr VALUES (1)'),
    ('BEFORE INSERT OR DELETE ON ocr FOR EACH ROW', 'DELETE FROM ocr')
) AS v (timing, command), pg_temp.fire('{fields=extracted,confidence=confidence}', timing, command);
SELECT * FROM pg_temp.fire('{}', 'BEFORE TRUNCATE ON ocr', 'TRUNCATE ocr');
\set VERBOSITY sqlstate
SELECT williams_score_ocr();
\set VERBOSITY default

-- The timing is checked first, then the arguments in their order.
SELECT left(a.error, 5) AS timing, left(b.error, 5) AS first_argument
FROM pg_temp.fire('{nonsense}', 'AFTER INSERT ON ocr FOR EACH ROW') AS a, pg_temp.fire('{fields=absent,nonsense}') AS b;

-- Nothing is checked unless the trigger fires; an UPDATE that does not change an input fires it too.
SELECT a.error AS no_row, b.error AS one_row
FROM pg_temp.fire('{nonsense}', command => 'UPDATE ocr SET n = 1 WHERE false') AS a,
     pg_temp.fire('{nonsense}', command => 'UPDATE ocr SET n = 1') AS b;

--
-- 42703, 42804, 42P17: the columns
--
SELECT argument, error
FROM unnest(ARRAY[
    'fields=absent', 'fields=', 'fields=Extracted', 'fields= extracted', 'fields="extracted"', 'fields=extracted=x',
    'fields=ctid', 'num_fields=tableoid', 'fields=gone', 'fields=........pg.dropped.14........', 'base=absent', 'review=ocr.review',
    'fields=plain', 'fields=note', 'fields=names', 'confidence=low', 'confidence=n', 'base=note', 'engine_confidence=plain',
    'num_fields=many', 'multiplier=low', 'review=n', 'review=note',
    'fields=computed', 'engine_confidence=computed', 'base=doubled', 'confidence=doubled', 'multiplier=doubled',
    'fields=odd =Name']) AS argument,
    pg_temp.fire(array_remove(ARRAY['confidence=confidence', 'fields=extracted'],
                              CASE WHEN argument LIKE 'fields=%' THEN 'fields=extracted'
                                   WHEN argument LIKE 'confidence=%' THEN 'confidence=confidence' END) || argument);
SELECT left(error, 5) AS error, hint
FROM unnest('{base=absent,base=note,base=doubled}'::text[]) AS argument,
     pg_temp.fire(ARRAY['fields=extracted', 'confidence=confidence', argument]);

-- After a column is renamed, both INSERT and UPDATE fail.
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr FOR EACH ROW
    EXECUTE FUNCTION williams_score_ocr('fields=extracted', 'confidence=confidence', 'base=base');
ALTER TABLE ocr RENAME COLUMN base TO start;
INSERT INTO ocr (id) VALUES (1);
UPDATE ocr SET n = 1;
ALTER TABLE ocr RENAME COLUMN start TO base;
DROP TRIGGER score ON ocr;

--
-- 22023: the arguments
--
SELECT arguments, error
FROM (VALUES
    ('{}'::text[]), ('{fields=extracted}'), ('{confidence=confidence}'), ('{base=base,review=review}'),
    ('{fields=extracted,confidence=confidence,colour=red}'), ('{fields=extracted,confidence=confidence,Base=base}'),
    ('{" fields=extracted",confidence=confidence}'), ('{"fields =extracted",confidence=confidence}'),
    ('{=extracted,confidence=confidence}'), ('{extracted,confidence}'), ('{fields,confidence=confidence}'), ('{""}'),
    ('{fields=extracted,fields=extracted,confidence=confidence}'), ('{fields=extracted,confidence=confidence,confidence=multiplier}'),
    ('{fields=extracted,confidence=confidence,threshold=0.8,threshold=0.8}')) AS v (arguments),
    pg_temp.fire(arguments);
SELECT error, hint FROM unnest('{fields=,colour=red,colour}'::text[]) AS argument,
    pg_temp.fire(CASE argument WHEN 'fields=' THEN '{}' ELSE ARRAY[argument] END);

-- A number must be a plain number in [0, 1].
SELECT number, a.error AS base_value, split_part(b.error, ':', 1) AS threshold
FROM unnest('{0,1,0.5,.5,5e-1,1.0001,-0.1,80,nan,inf,1e999,abc,0.5x,"0,5","0.5 "," 0.5",0x1p-1,""}'::text[]) AS number,
     pg_temp.fire(ARRAY['fields=extracted', 'confidence=confidence', 'base_value=' || number]) AS a,
     pg_temp.fire(ARRAY['fields=extracted', 'confidence=confidence', 'threshold=' || number]) AS b;

-- A column that is written cannot be used for another key; two keys may read the same column.
SELECT arguments, error, hint IS NOT NULL AS hint
FROM (VALUES
    ('{confidence=confidence,base=confidence}'::text[]), ('{base=multiplier,confidence=confidence,multiplier=multiplier}'),
    ('{confidence=confidence,multiplier=confidence}'), ('{engine_confidence=extracted,confidence=confidence}')) AS v (arguments),
    pg_temp.fire('{fields=extracted}' || arguments);

-- A table partitioned by an output: PostgreSQL routes a row before its triggers fire.
CREATE TABLE by_review (id int, extracted jsonb, confidence float8, review boolean) PARTITION BY LIST (review);
CREATE TABLE by_review_none PARTITION OF by_review DEFAULT;
CREATE TABLE by_review_true PARTITION OF by_review FOR VALUES IN (true);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON by_review FOR EACH ROW
    EXECUTE FUNCTION williams_score_ocr('fields=extracted', 'confidence=confidence', 'review=review');
\set VERBOSITY sqlstate
INSERT INTO by_review (id) VALUES (1);
\set VERBOSITY default
DROP TABLE by_review;

-- A text[] column for review requires confidences by field; a profile has its own base.
SELECT arguments, error, hint
FROM (VALUES ('{review=names}'::text[]), ('{review=names,base=base}'), ('{review=names,engine_confidence=engine}'), ('{review=names,profile=permit}'),
             ('{profile=permit,base=base}'), ('{profile=permit,base_value=0.5}'), ('{profile=permit,threshold=0.5,engine_confidence=engine}'),
             ('{profile=Permit}'), ('{profile=}'), ('{profile=permit,profile=permit}'), ('{profile=none,base=absent}')) AS v (arguments),
    pg_temp.fire('{fields=extracted,confidence=confidence}' || arguments);

-- With a wrong trigger no row is loaded; other tables are not affected.
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=extracted');
\set VERBOSITY sqlstate
COPY ocr (id) FROM stdin;
1
2
\.
INSERT INTO ocr_view (id) VALUES (1);
\set VERBOSITY default
DELETE FROM ocr RETURNING id, confidence;
DROP VIEW ocr_view;
DROP TABLE ocr;
