-- Report what the engine's confidences are worth: are they to be believed, and above which is no
-- look needed? Small summaries of each day answer the same.

\echo '=== 3.1 Can the confidence be believed? Fields by what Tesseract said of them ================'
\echo 'confidence is the mean of a bin (lower <= confidence < upper), accuracy the share read right.'
\echo 'All go from 0 to 1. If accuracy is below confidence, Tesseract was too sure.'
\echo

SELECT bin, round(lower::numeric, 1) AS lower, round(upper::numeric, 1) AS upper, count AS fields,
       round(r.confidence::numeric, 3) AS confidence, round(accuracy::numeric, 3) AS accuracy
FROM (SELECT williams_calibration_agg(confidence, correct) AS c FROM reading) AS all_fields,
     williams_reliability(c, 10) AS r;

\echo '=== 3.2 Above which confidence can the office skip review? ==================================='
\echo 'threshold is the lowest confidence from which on the fields are right as often as wanted.'
\echo 'accepted_share of the fields are above it, and precision of those are right. precision_low is'
\echo 'the lower end of Wilson''s 95 % interval of precision. All go from 0 to 1.'
\echo

CREATE VIEW cut AS
SELECT wanted, t.*
FROM (SELECT williams_calibration_agg(confidence, correct) AS c FROM reading) AS all_fields,
     unnest(ARRAY[0.95, 0.99]) AS wanted, williams_threshold(c, wanted) AS t;
SELECT wanted, threshold, round(accepted_share::numeric, 3) AS accepted_share,
       round("precision"::numeric, 4) AS precision, round(precision_low::numeric, 4) AS precision_low
FROM cut ORDER BY wanted;

\echo '=== 3.3 Two weeks, from two small summaries of each of 10 days ==============================='
\echo 'For each day, the table daily has a summary of the scores of documents, and one of the confidences'
\echo 'of fields and whether they are right. The rows themselves give the same, the median within 0.005.'
\echo

\set ECHO none
CREATE TABLE daily (
    day         date PRIMARY KEY,
    score       williams_scorecard NOT NULL,
    calibration williams_calibration NOT NULL);
INSERT INTO daily
SELECT day, score, calibration
FROM (SELECT (received_at AT TIME ZONE 'UTC')::date AS day, williams_scorecard_agg(score) AS score
      FROM loaded GROUP BY day) AS s
JOIN (SELECT day, williams_calibration_agg(confidence, correct) AS calibration
      FROM reading GROUP BY day) AS c USING (day);
CREATE VIEW fortnight AS
SELECT '10 summaries' AS source, williams_rollup(score) AS score,
       williams_rollup(calibration) AS calibration
FROM daily
UNION ALL
SELECT 'all rows', (SELECT williams_scorecard_agg(score) FROM loaded),
       (SELECT williams_calibration_agg(confidence, correct) FROM reading);

-- 30,000 results inserted without the trigger and with it: the best of three rounds
CREATE TEMP TABLE many AS
SELECT r.* FROM ocr_result AS r, generate_series(1, 100);
CREATE TEMP TABLE unscored_copy (LIKE ocr_result);
CREATE TEMP TABLE scored_copy (LIKE ocr_result);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scored_copy
    FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
        'profile_column=doc_type', 'fields=fields', 'engine_confidence=engine_says',
        'verified=verified', 'score=score', 'scores=scores', 'review=review',
        'reasons=reasons', 'accepted=accepted', 'profile_version=version');
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
SELECT williams_count(score) AS documents, round(williams_average(score)::numeric, 4) AS average,
       round(williams_quantile(score, 0.5)::numeric, 3) AS median,
       round(williams_share_below(score, 0.80)::numeric, 3) AS below_80,
       williams_count(calibration) AS fields, round(williams_accuracy(calibration)::numeric, 4) AS accuracy
FROM (SELECT williams_rollup(score) AS score, williams_rollup(calibration) AS calibration FROM daily) AS two_weeks;
