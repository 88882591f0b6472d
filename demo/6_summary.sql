-- What was shown, in numbers: a sentence each.

\set ECHO none
\echo '=== What this showed ========================================================================='
\echo
\pset tuples_only on
\pset format unaligned
SELECT line FROM (
    SELECT 1 AS no, format('Load:   a trigger scored %s documents as they were inserted, in %s microseconds each.',
           (SELECT count(*) FROM scored),
           (SELECT round(1000000 * (sum(seconds) FILTER (WHERE step = 'with trigger')
                                    - sum(seconds) FILTER (WHERE step = 'without trigger')), 1) FROM speed)) AS line
    UNION ALL
    SELECT 2, format('        It sent %s %% of the clean scans to review, and %s %% of the unreadable ones.',
           round(100 * avg(needs_review::int) FILTER (WHERE quality = 'clean')),
           round(100 * avg(needs_review::int) FILTER (WHERE quality = 'unreadable')))
    FROM scored
    UNION ALL
    SELECT 3, format('Plan:   %s page images of %s MB went into %s batches. The largest took %s MB of 64 MB.',
           sum(documents), round(sum(mb)::numeric), count(*), round(max(mb)::numeric, 1))
    FROM choice WHERE choice = 'williams_batch_no'
    UNION ALL
    SELECT 4, format('Report: %s %% of the fields of accepted documents were right; with rules for each field, %s %%.',
           round(100 * avg(correct::int) FILTER (WHERE NOT needs_review), 1),
           round(100 * avg(correct::int) FILTER (WHERE NOT for_review), 1))
    FROM judged
    UNION ALL
    SELECT 5, format('        Above a confidence of %s, %s %% of the fields need no review: %s in 1,000 of them are wrong.',
           threshold, round(100 * accepted_share), round(1000 * (1 - "precision")))
    FROM cut WHERE wanted = 0.99
    UNION ALL
    SELECT 6, format('        %s days'' summaries of at most %s bytes gave the numbers of all %s rows, to the last bit.',
           count(*), max(pg_column_size(calibration)), sum(williams_count(calibration)))
    FROM daily
    UNION ALL
    SELECT 7, format('Run:    A worker was killed after %s pages. The task went on from there, and read %s pages once each.',
           (SELECT pages_read FROM after_kill), (SELECT count(DISTINCT document_id) FROM page_text))
    UNION ALL
    SELECT 8, format('        %s page failed. It was found by halving, and its %s neighbours in the batch were done.',
           (SELECT count(*) FROM failure),
           (SELECT sum(items) - 1 FROM williams_batch
            WHERE lower_key::int BETWEEN 197 AND 224))
) AS summary ORDER BY no;
