-- Load scanned documents that Tesseract read; a trigger scores each result as it comes in.

\echo '=== 1.1 The table of OCR results, and the trigger that scores them ==========================='
\echo

\set ECHO none
CREATE EXTENSION williams;
CREATE TYPE scan_quality AS ENUM ('clean', 'good', 'fair', 'poor', 'unreadable');
CREATE TABLE permit (
    permit_number text PRIMARY KEY,
    applicant     text NOT NULL);
CREATE TABLE document (
    document_id   integer PRIMARY KEY,
    permit_number text NOT NULL REFERENCES permit,
    doc_type      text NOT NULL,
    quality       scan_quality NOT NULL,
    received_at   timestamptz NOT NULL,
    width_px      integer NOT NULL,
    height_px     integer NOT NULL);
\set ECHO queries
CREATE TABLE ocr_result (
    result_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id      integer NOT NULL REFERENCES document,
    engine           text NOT NULL,
    fields           jsonb,      -- what was read: name -> text
    field_confidence jsonb,      -- how sure the engine is of it: name -> 0 to 1
    num_fields       integer,    -- this and all below: written by the trigger
    multiplier       float8,
    confidence       float8,     -- 0 to 1
    needs_review     boolean);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr_result
    FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
        'fields=fields', 'engine_confidence=field_confidence',
        'num_fields=num_fields', 'multiplier=multiplier',
        'confidence=confidence', 'review=needs_review', 'threshold=0.80');
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

-- Every document belongs to a permit. A contract has no number on it: it gets a work permit's.
CREATE VIEW register AS
SELECT document_id,
       coalesce(max(value) FILTER (WHERE field = 'permit_number'),
                'WP-2025-' || to_char(400 + document_id, 'FM00000')) AS permit_number,
       max(split_part(value, ',', 1))
           FILTER (WHERE field IN ('contact', 'organizer', 'employer_name')) AS applicant
FROM truth GROUP BY document_id;
INSERT INTO permit SELECT permit_number, applicant FROM register;
INSERT INTO document
SELECT document_id, permit_number, doc_type, quality, received_at, width_px, height_px
FROM scan JOIN register USING (document_id);
\set ECHO queries

\echo '=== 1.2 From words to scored results ========================================================='
\echo 'The tables document and word are loaded: the scans, and the words that Tesseract read in them.'
\echo 'The text of a field is its words in order. The confidence of a field is the mean of theirs.'
\echo 'A scan in which Tesseract found no field is loaded as well: the LEFT JOIN gives it NULL fields.'
\echo

WITH field AS (
    SELECT document_id, field,
           string_agg(text, ' ' ORDER BY word_no) AS value,
           round(avg(conf)::numeric / 100, 4) AS confidence
    FROM word WHERE field IS NOT NULL
    GROUP BY document_id, field)
INSERT INTO ocr_result (document_id, engine, fields, field_confidence)
SELECT document_id, 'tesseract',
       jsonb_object_agg(field, value) FILTER (WHERE field IS NOT NULL),
       jsonb_object_agg(field, confidence) FILTER (WHERE field IS NOT NULL)
FROM document LEFT JOIN field USING (document_id)
GROUP BY document_id ORDER BY document_id;
\echo
SELECT (SELECT count(*) FROM word) AS words, count(*) AS documents,
       count(*) FILTER (WHERE needs_review) AS documents_for_review,
       count(*) FILTER (WHERE fields IS NULL) AS documents_without_fields
FROM ocr_result;

\echo '=== 1.3 What the trigger wrote: the first building permit of each scan quality ==============='
\echo 'engine_mean is the mean of field_confidence. A person must look if it is below 0.80.'
\echo 'The multiplier depends on the number of fields alone: 1 for one field, about 0.86 for 2 to 500.'
\echo 'confidence, the score, is engine_mean times the multiplier.'
\echo

SELECT DISTINCT ON (quality)
       quality, document_id AS document,
       left(fields->>'address', 18) AS address_as_read, num_fields,
       round((confidence / multiplier)::numeric, 3) AS engine_mean,
       round(multiplier::numeric, 3) AS multiplier,
       round(confidence::numeric, 3) AS confidence, needs_review
FROM document JOIN ocr_result USING (document_id)
WHERE doc_type = 'building_permit'
ORDER BY quality, document_id;

\echo '=== 1.4 Bad rows do not stop the load: they score 0 and go to review ========================='
\echo

INSERT INTO ocr_result (document_id, engine, fields, field_confidence) VALUES
    (1, 'broken', NULL, NULL),
    (2, 'broken', '"scan failed"', NULL),
    (3, 'broken', '{}', '{}'),
    (4, 'broken', '{"city": "  ", "zip": ""}', '{"city": 0.9, "zip": 0.9}'),
    (5, 'broken', '{"city": "Eastwold"}', '{"city": 7}'),
    (6, 'broken', '{"city": "Eastwold"}', '[0.9]')
RETURNING fields, field_confidence, num_fields, confidence, needs_review;
