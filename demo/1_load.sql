-- Load scanned documents that Tesseract read; a trigger scores each result as it comes in.

\echo '=== 1.1 What the office knows of its forms: a profile for each document type ================='
\echo 'null stands for any text. A value that fits its format gains 0.05 or 0.10, one that should be'
\echo 'a date or a number and is not loses 0.15. A failed check halves the score of its fields.'
\echo

\set ECHO none
CREATE EXTENSION williams;
\set ECHO queries
INSERT INTO williams_profile (name, rules) VALUES
    ('building_permit', '{
        "fields": {"permit_number": null, "permit_type": null, "date_entered": "date",
                   "construction_cost": "number", "address": null, "city": null, "contact": null,
                   "parcel": null, "state": "alphanumeric", "zip": "alphanumeric"},
        "checks": [{"check": "pattern", "fields": ["permit_number"], "pattern": "^BP-2025-[0-9]{5}$"},
                   {"check": "pattern", "fields": ["parcel"], "pattern": "^[0-9]{3}-[0-9]{3}-[0-9]{2}$"},
                   {"check": "length", "fields": ["zip"], "length": 5}]}');
\echo
\set ECHO none
INSERT INTO williams_profile (name, rules) VALUES
    ('event_permit', '{
        "fields": {"permit_number": null, "event_name": null, "organizer": null, "phone": null,
                   "venue": null, "date_from": "date", "visitors": "number", "fee": "number"},
        "checks": [{"check": "pattern", "fields": ["permit_number"],
                    "pattern": "^EV-2025-[0-9]{5}$"},
                   {"check": "pattern", "fields": ["phone"], "pattern": "^[0-9]{3}-[0-9]{4}$"}]}'),
    ('employment_contract', '{
        "fields": {"employer_name": null, "employer_kvk": "alphanumeric", "job_title": null,
                   "contract_duration": null, "start_date": "date",
                   "salary_amount": "number", "salary_currency": "alphanumeric"},
        "checks": [{"check": "length", "fields": ["employer_kvk"], "length": 8},
                   {"check": "range", "fields": ["salary_amount"], "min": 500, "max": 20000}]}');
CREATE TYPE scan_quality AS ENUM ('clean', 'good', 'fair', 'poor', 'unreadable');
CREATE TABLE document (
    document_id   integer PRIMARY KEY,
    quality       scan_quality NOT NULL,
    received_at   timestamptz NOT NULL,
    week          integer NOT NULL,     -- 1 or 2
    width_px      integer NOT NULL,
    height_px     integer NOT NULL);
\set ECHO queries
\echo 'The profiles of event permits and employment contracts are much the same: they are not shown.'
\echo

\echo '=== 1.2 The table of OCR results, and one trigger for all types =============================='
\echo

CREATE TABLE ocr_result (
    document_id integer PRIMARY KEY REFERENCES document,
    received_at timestamptz,
    doc_type    text NOT NULL,   -- names the profile
    engine_read jsonb,           -- what the engine read: name -> text; stays as it is
    engine_says jsonb,           -- how sure it is of it: name -> 0 to 1
    fields      jsonb,           -- the same as engine_read, until a clerk corrects it
    verified    text[],          -- the fields that a clerk has checked
    score       float8,          -- this and all below: written by the trigger
    scores      jsonb,           -- of each field: name -> 0 to 1
    review      text[],          -- the fields that a clerk must check,
    reasons     jsonb,           -- and why
    accepted    text[],          -- the fields that need no check, by what the engine read
    version     bigint);         -- of the profile
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr_result
    FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
        'profile_column=doc_type', 'fields=fields', 'engine_confidence=engine_says',
        'verified=verified', 'score=score', 'scores=scores', 'review=review',
        'reasons=reasons', 'accepted=accepted', 'profile_version=version');
\echo

\set ECHO none
CREATE TABLE scan (
    document_id integer, doc_type text, layout text, quality scan_quality,
    received_at timestamptz, width_px integer, height_px integer, dpi integer, image_bytes bigint);
CREATE TABLE word (
    document_id integer, word_no integer, field text,    -- field: NULL for labels, stamps, specks
    "left" integer, top integer, width integer, height integer,
    conf float8, text text);                             -- conf: of the word, 0 to 100
CREATE TABLE truth (document_id integer, field text, value text);
\copy scan FROM demo/data/document.tsv WITH (FORMAT text, HEADER)
\copy word FROM demo/data/word.tsv WITH (FORMAT text, HEADER)
\copy truth FROM demo/data/truth.tsv WITH (FORMAT text, HEADER)

INSERT INTO document
SELECT document_id, quality, received_at,
       dense_rank() OVER (ORDER BY date_trunc('week', received_at AT TIME ZONE 'UTC')),
       width_px, height_px
FROM scan;
CREATE VIEW result AS
WITH field AS (
    SELECT document_id, field,
           string_agg(text, ' ' ORDER BY word_no) AS value,
           round(avg(conf)::numeric / 100, 4) AS confidence
    FROM word WHERE field IS NOT NULL
    GROUP BY document_id, field)
SELECT document_id, received_at, doc_type,
       jsonb_object_agg(field, value) FILTER (WHERE field IS NOT NULL) AS engine_read,
       jsonb_object_agg(field, confidence) FILTER (WHERE field IS NOT NULL) AS engine_says
FROM scan LEFT JOIN field USING (document_id)
GROUP BY document_id, received_at, doc_type;
\set ECHO queries

\echo '=== 1.3 From words to scored results ========================================================='
\echo 'The text of a field is the words that Tesseract read, in order. The confidence of a field is the'
\echo 'mean of theirs. A scan in which Tesseract found no field is loaded as well, with NULL fields.'
\echo

INSERT INTO ocr_result (document_id, received_at, doc_type, engine_read, engine_says, fields)
SELECT document_id, received_at, doc_type, engine_read, engine_says, engine_read
FROM result ORDER BY document_id;
\echo

\set ECHO none
-- As loaded, before anybody corrects anything
CREATE TABLE loaded AS SELECT * FROM document JOIN ocr_result USING (document_id, received_at);
-- The same with a boolean for review, to check that both kinds agree
CREATE TABLE yes_or_no (document_id integer, doc_type text, fields jsonb, says jsonb, review boolean);
CREATE TRIGGER score BEFORE INSERT ON yes_or_no FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'profile_column=doc_type', 'fields=fields', 'engine_confidence=says', 'review=review');
INSERT INTO yes_or_no SELECT document_id, doc_type, engine_read, engine_says FROM loaded;
-- A row for each field that the profiles name: is it right, as williams_evidence_agg compares it?
CREATE TABLE reading AS
SELECT document_id, week, (received_at AT TIME ZONE 'UTC')::date AS day, doc_type, quality,
       field, (engine_says ->> field)::float8 AS confidence,
       (scores ->> field)::float8 AS score, field = ANY (review) AS for_review,
       coalesce(lower(engine_read ->> field) = lower(value), false) AS correct
FROM loaded JOIN truth USING (document_id)
WHERE scores ? field;
\set ECHO queries
\echo '=== 1.4 What the trigger wrote, by scan quality =============================================='
\echo 'score is the mean of documents. Of the fields not for review, right_percent are as printed.'
\echo

SELECT quality, (SELECT round(avg(score)::numeric, 3) FROM loaded AS l WHERE l.quality = r.quality) AS score,
       count(*) AS fields, round(100 * avg(for_review::int), 1) AS review_percent,
       round(100 * avg(correct::int) FILTER (WHERE NOT for_review), 1) AS right_percent
FROM reading AS r GROUP BY quality ORDER BY quality;

\echo '=== 1.5 Bad rows do not stop the load: they score 0 and go to review ========================='
\echo 'Nor does a document of an unknown type, or of a type without a profile.'
\echo

\set ECHO none
INSERT INTO document SELECT 1000 + i, 'unreadable', '2025-03-15', 2, 1, 1
FROM generate_series(1, 5) AS i;
\set ECHO queries
INSERT INTO ocr_result (document_id, doc_type, fields, engine_says) VALUES
    (1001, 'event_permit', NULL, NULL),
    (1002, 'event_permit', '"scan failed"', NULL),
    (1003, 'event_permit', '{"venue": "  ", "fee": ""}', '{"venue": 0.9, "fee": 0.9}'),
    (1004, 'event_permit', '{"venue": "Eastwold"}', '{"venue": 7}'),
    (1005, 'letter', '{"venue": "Eastwold"}', '{"venue": 0.97}')
RETURNING fields, engine_says, score, cardinality(review) AS for_review, reasons -> 'venue' AS venue;
\set ECHO none
CREATE TABLE broken AS SELECT * FROM ocr_result WHERE document_id > 1000;
DELETE FROM ocr_result WHERE document_id > 1000;
DELETE FROM document WHERE document_id > 1000;
\set ECHO queries
