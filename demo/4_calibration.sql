-- Compare the confidences with the truth: which fields need review, and above which confidence none do.

\echo '=== 4.1 What the office knows of its forms: rules for each document type ====================='
\echo 'null stands for any text. A value that fits its format gains 0.05 or 0.10, one that should be'
\echo 'a date or a number and is not loses 0.15. A failed check halves the score of its fields.'
\echo

INSERT INTO williams_profile (name, rules) VALUES
    ('building_permit', '{
        "fields": {"permit_number": null, "permit_type": null, "date_entered": "date",
                   "construction_cost": "number", "address": null, "city": null, "contact": null,
                   "parcel": null, "state": "alphanumeric", "zip": "alphanumeric"},
        "checks": [{"check": "pattern", "fields": ["permit_number"],
                    "pattern": "^BP-2025-[0-9]{5}$"},
                   {"check": "pattern", "fields": ["parcel"],
                    "pattern": "^[0-9]{3}-[0-9]{3}-[0-9]{2}$"},
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
CREATE VIEW reading AS      -- a row for each field of each form
SELECT document_id, (received_at AT TIME ZONE 'UTC')::date AS day, doc_type, field,
       (field_confidence->>field)::float8 AS confidence,
       coalesce(fields->>field, '') = coalesce(value, '') AS correct
FROM document JOIN ocr_result USING (document_id) JOIN truth USING (document_id)
WHERE engine = 'tesseract';
CREATE VIEW judged AS       -- those that the rules name
SELECT document_id, r.doc_type, field, r.confidence, correct, needs_review,
       field = ANY (s.review) AS for_review
FROM reading AS r JOIN ocr_result AS o USING (document_id)
JOIN williams_profile AS p ON p.name = r.doc_type,
     williams_score_fields(fields, rules, field_confidence) AS s
WHERE engine = 'tesseract' AND rules->'fields' ? field;
\set ECHO queries
\echo 'The rules of event permits and employment contracts are much the same: they are not shown.'
\echo

\echo 'By these rules, what is for review in the first building permit of each scan quality:'
\echo

SELECT DISTINCT ON (quality) quality, document_id AS document, s.review AS fields_for_review
FROM document JOIN ocr_result USING (document_id)
JOIN williams_profile AS p ON p.name = doc_type,
     williams_score_fields(fields, rules, field_confidence) AS s
WHERE doc_type = 'building_permit' AND engine = 'tesseract' ORDER BY quality, document_id;

\echo '=== 4.2 Review of whole documents, as in 1.3, and of single fields, as the rules say ========='
\echo 'The 2,500 fields that the rules name, on 300 forms. Of the fields that nobody looks at,'
\echo 'accepted_right_percent were read as they are printed.'
\echo

SELECT review, count(*) AS fields, round(100 * avg(look::int), 1) AS review_percent,
       round(100 * avg(correct::int) FILTER (WHERE NOT look), 1) AS accepted_right_percent
FROM judged,
     LATERAL (VALUES ('by document', needs_review), ('by field', for_review)) AS v(review, look)
GROUP BY review ORDER BY review;

\echo '=== 4.3 Can the confidence be believed? Fields by what Tesseract said of them ================'
\echo 'confidence is the mean of a bin (lower <= confidence < upper), accuracy the share read right.'
\echo 'All go from 0 to 1. If accuracy is below confidence, Tesseract was too sure.'
\echo

SELECT bin, round(lower::numeric, 1) AS lower, round(upper::numeric, 1) AS upper, count AS fields,
       round(r.confidence::numeric, 3) AS confidence, round(accuracy::numeric, 3) AS accuracy
FROM (SELECT williams_calibration_agg(confidence, correct) AS c FROM reading) AS all_fields,
     williams_reliability(c, 10) AS r;

\echo '=== 4.4 Above which confidence can the office skip review? ==================================='
\echo 'threshold is the lowest confidence from which on the fields are right as often as wanted.'
\echo 'accepted_share of the fields are above it, and precision of those are right. precision_low is'
\echo 'the lower end of Wilson''s 95 % interval of precision. All go from 0 to 1.'
\echo

\set ECHO none
CREATE VIEW cut AS
SELECT wanted, t.*
FROM (SELECT williams_calibration_agg(confidence, correct) AS c FROM reading) AS all_fields,
     unnest(ARRAY[0.95, 0.99]) AS wanted, williams_threshold(c, wanted) AS t;
\set ECHO queries
SELECT wanted, threshold, round(accepted_share::numeric, 3) AS accepted_share,
       round("precision"::numeric, 4) AS precision,
       round(precision_low::numeric, 4) AS precision_low
FROM (SELECT williams_calibration_agg(confidence, correct) AS c FROM reading) AS all_fields,
     unnest(ARRAY[0.95, 0.99]) AS wanted, williams_threshold(c, wanted) AS t
ORDER BY wanted;

\echo '=== 4.5 Two summaries a day, small enough to keep ============================================'
\echo 'score summarizes the day''s documents, calibration their fields. Sizes are in bytes. Three days:'
\echo

CREATE TABLE daily (
    day         date PRIMARY KEY,
    score       williams_scorecard NOT NULL,
    calibration williams_calibration NOT NULL);
INSERT INTO daily
SELECT day, score, calibration
FROM (SELECT (received_at AT TIME ZONE 'UTC')::date AS day, williams_scorecard_agg(base) AS score
      FROM scored GROUP BY day) AS s
JOIN (SELECT day, williams_calibration_agg(confidence, correct) AS calibration
      FROM reading GROUP BY day) AS c USING (day);
\echo
SELECT day, williams_count(score) AS documents,
       round(williams_average(score)::numeric, 3) AS engine_mean,
       williams_count(calibration) AS fields,
       round(williams_accuracy(calibration)::numeric, 3) AS accuracy,
       pg_column_size(score) AS score_bytes, pg_column_size(calibration) AS calibration_bytes
FROM daily ORDER BY day LIMIT 3;

\echo '=== 4.6 Two weeks, from the 10 days'' summaries ==============================================='
\echo 'The rows themselves give the same numbers, to the last bit; the median is within 0.005.'
\echo

\set ECHO none
CREATE VIEW fortnight AS
SELECT '10 summaries' AS source, williams_rollup(score) AS score,
       williams_rollup(calibration) AS calibration
FROM daily
UNION ALL
SELECT 'all rows', (SELECT williams_scorecard_agg(base) FROM scored),
       (SELECT williams_calibration_agg(confidence, correct) FROM reading);
\set ECHO queries
SELECT williams_count(score) AS documents,
       round(williams_average(score)::numeric, 4) AS average,
       round(williams_quantile(score, 0.5)::numeric, 3) AS median,
       round(williams_share_below(score, 0.80)::numeric, 3) AS below_80,
       williams_count(calibration) AS fields,
       round(williams_accuracy(calibration)::numeric, 4) AS accuracy
FROM (SELECT williams_rollup(score) AS score, williams_rollup(calibration) AS calibration
      FROM daily) AS two_weeks;
