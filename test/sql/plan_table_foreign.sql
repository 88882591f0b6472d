--
-- williams_plan_table over a foreign table: a server that sorts, and one that sorts in
-- another order than the table declares. Needs postgres_fdw.
--

CREATE EXTENSION postgres_fdw;
DO $$ BEGIN
    EXECUTE format('CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L, use_remote_estimate ''true'')',
                   trim(split_part(current_setting('unix_socket_directories'), ',', 1)), current_setting('port'), current_database());
    EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER here OPTIONS (user %L)', current_user);
END $$;

CREATE TABLE archive (id bigint PRIMARY KEY, mb float8, title text COLLATE "C", note text);
INSERT INTO archive SELECT i, i % 7, CASE i % 3 WHEN 0 THEN 'A' WHEN 1 THEN 'a' ELSE 'b' END || i, repeat('n', i) FROM generate_series(1, 100) AS i;
ANALYZE archive;
CREATE FOREIGN TABLE remote (id bigint, mb float8, title text COLLATE "C", note text) SERVER here OPTIONS (table_name 'archive');

-- The batches are the same whether the remote server sorts or the local one.
EXPLAIN (COSTS OFF) SELECT id, mb FROM remote ORDER BY id;
SELECT * FROM williams_plan_table('remote', 100, 'mb', 'id', max_items => 40);
SELECT count(*) AS differ FROM (SELECT * FROM williams_plan_table('remote', 10, 'mb', 'id') EXCEPT SELECT * FROM williams_plan_table('archive', 10, 'mb')) AS s;
SELECT count(*) AS differ FROM (SELECT * FROM williams_plan_table('remote', 0.001, key_column => 'title') EXCEPT SELECT * FROM williams_plan_table('archive', 0.001, key_column => 'title')) AS s;
SELECT count(*) AS differ FROM (SELECT * FROM williams_plan_table('remote', 10, 'CASE WHEN pg_backend_pid() > 0 THEN mb END', 'id') EXCEPT SELECT * FROM williams_plan_table('archive', 10, 'mb')) AS s;
ALTER SERVER here OPTIONS (SET use_remote_estimate 'false');
SELECT count(*) AS differ FROM (SELECT * FROM williams_plan_table('remote', 10, 'mb', 'id') EXCEPT SELECT * FROM williams_plan_table('archive', 10, 'mb')) AS s;

-- No primary key, no block ranges.
SELECT * FROM williams_plan_table('remote', 10);
SELECT * FROM williams_plan_table('remote', 10, method => 'ctid');

-- A task that writes to the foreign table: the row that fails is isolated.
SELECT williams_create_task('archive', 'remote', 'UPDATE remote SET mb = 10 + 0 / (id - 77) WHERE id BETWEEN $1 AND $2', 1000, 'mb', 'id', max_items => 40);
SET client_min_messages = error;
CALL williams_run('archive');
RESET client_min_messages;
SELECT lower_key, upper_key, sqlstate FROM williams_batch WHERE state <> 'done';
SELECT count(*) FILTER (WHERE mb = 10) AS done, min(id) FILTER (WHERE mb <> 10) AS failed, (SELECT rows FROM williams_progress) AS rows FROM archive;
SELECT williams_drop_task('archive');

-- A column declared with another collation than its remote one: ranges in that order
-- would overlap.
ALTER SERVER here OPTIONS (SET use_remote_estimate 'true');
CREATE FOREIGN TABLE misled (id bigint, mb float8, title text COLLATE "en-x-icu", note text) SERVER here OPTIONS (table_name 'archive');
EXPLAIN (COSTS OFF) SELECT title, mb FROM misled ORDER BY title;
DO $$ BEGIN
    PERFORM williams_plan_table('misled', 10, 'mb', 'title');
EXCEPTION WHEN index_corrupted THEN
    RAISE NOTICE '%', SQLERRM;
END $$;
SELECT * FROM williams_plan_table('misled', 10, 'mb', 'title');

DROP FOREIGN TABLE remote, misled;
DROP TABLE archive;
DROP SERVER here CASCADE;
DROP EXTENSION postgres_fdw;
