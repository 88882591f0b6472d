-- What was shown, in numbers: a sentence each.

\set ECHO none
\echo '=== What this showed ========================================================================='
\echo
\pset tuples_only on
\pset format unaligned
SELECT line FROM (
    SELECT 1 AS no, format('Load:   one trigger scored %s forms of %s types as they were inserted, in %s microseconds each.',
           count(*), count(DISTINCT doc_type),
           (SELECT round(1000000 * (sum(seconds) FILTER (WHERE step = 'with trigger')
                                    - sum(seconds) FILTER (WHERE step = 'without trigger')), 1) FROM speed)) AS line
    FROM loaded
    UNION ALL
    SELECT 2, format('        It sent %s %% of the fields of clean scans to review, and %s %% of those of unreadable ones.',
           round(100 * avg(for_review::int) FILTER (WHERE quality = 'clean')),
           round(100 * avg(for_review::int) FILTER (WHERE quality = 'unreadable')))
    FROM reading
    UNION ALL
    SELECT 3, format('Plan:   %s page images of %s MB went into %s batches. The largest took %s MB of 64 MB.',
           sum(documents), round(sum(mb)::numeric), count(*), round(max(mb)::numeric, 1))
    FROM choice WHERE choice = 'williams_batch_no'
    UNION ALL
    SELECT 4, format('Report: Of the fields with a confidence from 0.7 to 0.8, %s %% are right.', round(100 * accuracy::numeric))
    FROM fortnight, williams_reliability(calibration, 10) WHERE source = 'all rows' AND bin = 8
    UNION ALL
    SELECT 5, format('        %s days'' summaries of at most %s bytes gave the numbers of all %s rows, to the last bit.',
           count(*), max(pg_column_size(calibration)), sum(williams_count(calibration)))
    FROM daily
    UNION ALL
    SELECT 6, format('Review: At the engine''s thresholds for 99 %%, %s %% of the fields need no check; %s %% of these are wrong.',
           round(accepted), round(wrong, 1))
    FROM outcome WHERE way LIKE 'engine%'
    UNION ALL
    SELECT 7, format('        With a model fitted to clerks'' verdicts, it is %s %%, and %s %% wrong.', round(accepted), round(wrong, 1))
    FROM outcome WHERE way LIKE 'model%'
    UNION ALL
    SELECT 8, format('        Its probabilities are off by %s on average, the engine''s confidences by %s.',
           round(m.ece::numeric, 3), round(e.ece::numeric, 3))
    FROM outcome AS m, outcome AS e WHERE m.way LIKE 'model%' AND e.way LIKE 'engine%'
    UNION ALL
    SELECT 9, format('        An audit of %s accepted fields found %s wrong.', audited, audited_wrong) FROM dashboard
    UNION ALL
    SELECT 10, format('Run:    A worker was killed after %s pages. The task went on from there, and read %s pages once each.',
           (SELECT pages_read FROM after_kill), (SELECT count(DISTINCT document_id) FROM page_text))
    UNION ALL
    SELECT 11, format('        %s page failed. It was found by halving, and its %s neighbours in the batch were done.',
           (SELECT count(*) FROM failure),
           (SELECT sum(items) - 1 FROM williams_batch
            WHERE lower_key::int BETWEEN 197 AND 224))
    UNION ALL
    SELECT 12, format('        The %s pages of the next day were added to the same task, and read with it.',
           (SELECT sum(items) FROM williams_batch WHERE lower_key::int > 270))
) AS summary ORDER BY no;
