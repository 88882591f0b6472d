-- Run a task over the documents, batch by batch: one batch hangs and is killed, one page fails.

\echo '=== 5.1 A task: one statement, run for each batch of at most 64 MB of page images ============'
\echo 'read_page stands in for an OCR service: it returns Tesseract''s answer for a page as TSV.'
\echo 'Today it hangs at page 150, and for page 214 it returns an error page.'
\echo '$1 and $2 are the first and the last key of a batch. Each batch is a transaction of its own.'
\echo

\set ECHO none
CREATE TABLE trouble (page integer PRIMARY KEY, kind text NOT NULL);
INSERT INTO trouble VALUES (150, 'hangs'), (214, 'error page');
CREATE FUNCTION read_page(page integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    what text := (SELECT kind FROM trouble WHERE trouble.page = read_page.page);
BEGIN
    IF what = 'hangs' THEN
        PERFORM pg_sleep(3600);
    ELSIF what = 'error page' THEN
        RETURN '<html><title>502 Bad Gateway</title></html>';
    END IF;
    RETURN (SELECT concat_ws(E'\n', E'level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft'
                                    '\ttop\twidth\theight\tconf\ttext',
                             string_agg(concat_ws(E'\t', 5, 1, 1, 1, 1, word_no, w."left", w.top,
                                                  w.width, w.height, w.conf, w.text),
                                        E'\n' ORDER BY word_no))
            FROM word AS w WHERE document_id = page);
END $$;
CREATE TABLE page_text (document_id integer NOT NULL, words bigint NOT NULL, confidence float8,
                        content text);
\set ECHO queries
SELECT williams_create_task('read pages', 'document', $$
    INSERT INTO page_text
    SELECT document_id, count(f.value), avg(f.confidence), string_agg(f.value, ' ')
    FROM document
         LEFT JOIN LATERAL williams_ocr_fields(read_page(document_id), 'tesseract_tsv') AS f ON true
    WHERE document_id BETWEEN $1 AND $2
    GROUP BY document_id $$,
    available_memory_mb => 64, item_mb => 'width_px::float8 * height_px / 1048576') AS batches;

\echo '=== 5.2 A background worker runs it, hangs, and is killed ===================================='
\echo

SELECT williams_launch('read pages') AS workers \g /dev/null
\echo
\set ECHO none
DO $$
BEGIN
    FOR tenths IN 1..600 LOOP   -- until it hangs: a minute at most
        PERFORM pg_stat_clear_snapshot(), pg_sleep(0.1);
        EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                          AND backend_type = 'williams worker' AND wait_event = 'PgSleep');
    END LOOP;
END $$;
\set ECHO queries
SELECT query, pg_terminate_backend(pid, 10000) AS killed FROM pg_stat_activity
WHERE backend_type = 'williams worker' AND datname = current_database();
SELECT state, batches, done, failed, running, rows, round(percent::numeric, 1) AS percent
FROM williams_progress;
\set ECHO none
CREATE TABLE after_kill AS
SELECT state, batches, done, failed, running, rows, round(percent::numeric, 1) AS percent,
       (SELECT count(*) FROM page_text) AS pages_read,
       (SELECT max(document_id) FROM page_text) AS last_page_read
FROM williams_progress;
\set ECHO queries
\echo 'The five batches that were done stay done. Nothing is left of the one that was killed.'
\echo

\echo '=== 5.3 The service no longer hangs. The task runs again, and goes on where it was ==========='
\echo

DELETE FROM trouble WHERE kind = 'hangs';
CALL williams_run('read pages');
\echo

\echo '=== 5.4 The page that failed was found by halving its batch. All other pages are done ========'
\echo

SELECT batch_no, lower_key, upper_key, items, round(memory_mb::numeric, 1) AS memory_mb, state
FROM williams_batch WHERE lower_key::int BETWEEN 197 AND 224 ORDER BY lower_key::int;
\set ECHO none
CREATE TABLE failure AS
SELECT batch_no, lower_key, upper_key, attempts, sqlstate, message
FROM williams_batch WHERE state = 'failed';
\set ECHO queries

\echo '=== 5.5 The service is well again. The failed page is read, and the task is done ============='
\echo

DELETE FROM trouble WHERE kind = 'error page';
SELECT williams_retry('read pages') AS batches_to_retry \g /dev/null
CALL williams_run('read pages');
\echo
