-- Put the page images into batches that never need more than 64 MB of memory.

\echo '=== 2.1 Batches of page images that fit 64 MB, in order of arrival ==========================='
\echo 'A page image takes width * height bytes in memory (8-bit grey). MB = 2^20 bytes.'
\echo 'williams_batch_no numbers the batches. It opens the next one if a page does not fit. The first three:'
\echo

\set ECHO none
CREATE VIEW page AS
SELECT document_id, width_px::float8 * height_px / 1048576 AS image_mb FROM document;
\set ECHO queries
CREATE TABLE batch AS
SELECT document_id, image_mb,
       williams_batch_no(image_mb, 64) OVER (ORDER BY document_id) AS batch_no
FROM page;
\echo
SELECT batch_no, min(document_id) AS first_document, max(document_id) AS last_document,
       count(*) AS documents, round(sum(image_mb)::numeric, 1) AS memory_mb
FROM batch GROUP BY batch_no ORDER BY batch_no LIMIT 3;

\set ECHO none
CREATE VIEW choice AS
SELECT choice, number, count(*) AS documents, sum(image_mb) AS mb
FROM (SELECT image_mb, batch_no,
             row_number() OVER (ORDER BY document_id) - 1 AS n,
             williams_optimal_batch_size(count(*) OVER ()) AS bound,
             floor(64 / avg(image_mb) OVER ()) AS average,
             floor(64 / max(image_mb) OVER ()) AS largest
      FROM batch) AS b,
     LATERAL (VALUES ('all at once', 0),
                     (bound || ' each: the bound', floor(n / bound)),
                     (average || ' each: 64 MB / average page', floor(n / average)),
                     (largest || ' each: 64 MB / largest page', floor(n / largest)),
                     ('williams_batch_no', batch_no)) AS c(choice, number)
GROUP BY choice, number;
\set ECHO queries
\echo '=== 2.2 The same pages in batches of a fixed size: how much the largest batch holds =========='
\echo 'The bound is sqrt(pages) * log2(pages). It knows nothing of memory.'
\echo

SELECT choice, count(*) AS batches, min(documents) || ' to ' || max(documents) AS documents_each,
       round(max(mb)::numeric, 1) AS largest_batch_mb,
       count(*) FILTER (WHERE mb > 64) AS batches_over_64_mb
FROM choice GROUP BY choice ORDER BY max(mb) DESC;

\echo 'Two choices keep to 64 MB. No plan in this order has fewer batches than williams_batch_no.'
\echo
