-- Report what the scores say of the scans, and what the trigger costs.

\echo '=== 3.1 Scores by scan quality ==============================================================='
\echo 'All but documents and review_percent are means over the documents. engine_mean and confidence'
\echo 'are those of 1.3. They go from 0 to 1, and are 0 for a scan in which no field was found.'
\echo

\set ECHO none
CREATE VIEW scored AS
SELECT document_id, permit_number, doc_type, quality, received_at, fields, num_fields,
       confidence / multiplier AS base, confidence, needs_review
FROM document JOIN ocr_result USING (document_id)
WHERE engine = 'tesseract';
\set ECHO queries
SELECT quality, count(*) AS documents,
       round(avg(num_fields), 1) AS fields,
       round(avg(base)::numeric, 3) AS engine_mean,
       round(avg(confidence)::numeric, 3) AS confidence,
       round(100 * avg(needs_review::int), 1) AS review_percent
FROM scored GROUP BY quality ORDER BY quality;

\echo '=== 3.2 Are the right documents reviewed? The fields against what is printed on the forms ===='
\echo

SELECT CASE WHEN needs_review THEN 'for review' ELSE 'accepted' END AS document_is,
       count(DISTINCT document_id) AS documents, count(*) AS fields_on_the_forms,
       round(100 * avg((coalesce(s.fields->>t.field, '') = coalesce(t.value, ''))::int), 1)
           AS read_right_percent
FROM scored AS s JOIN truth AS t USING (document_id)
GROUP BY needs_review ORDER BY needs_review;

\echo '=== 3.3 The work list: the documents that have waited longest for a person to look ==========='
\echo

SELECT to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS received_utc,
       permit_number, applicant, num_fields, round(confidence::numeric, 3) AS confidence
FROM scored JOIN permit USING (permit_number)
WHERE needs_review ORDER BY received_at LIMIT 6;

\set ECHO none
-- 30,000 results inserted without the trigger and with it: the best of three rounds
CREATE TEMP TABLE many AS
SELECT r.* FROM ocr_result AS r, generate_series(1, 100) WHERE engine = 'tesseract';
CREATE TEMP TABLE unscored_copy (LIKE ocr_result);
CREATE TEMP TABLE scored_copy (LIKE ocr_result);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scored_copy
    FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
        'fields=fields', 'engine_confidence=field_confidence',
        'num_fields=num_fields', 'multiplier=multiplier',
        'confidence=confidence', 'review=needs_review', 'threshold=0.80');
CREATE TABLE clock (step text, at timestamptz DEFAULT clock_timestamp());
DO $$ BEGIN
    FOR round IN 1..3 LOOP
        INSERT INTO clock VALUES ('start');
        INSERT INTO unscored_copy SELECT * FROM many;
        INSERT INTO clock VALUES ('without trigger');
        INSERT INTO scored_copy SELECT * FROM many;
        INSERT INTO clock VALUES ('with trigger');
    END LOOP;
END $$;
CREATE VIEW speed AS
SELECT step, min(s) / 30000 AS seconds
FROM (SELECT step, extract(epoch FROM at - lag(at) OVER (ORDER BY at)) AS s FROM clock) AS c
WHERE step <> 'start' GROUP BY step;
\set ECHO queries
