--
-- Failures that only the COMMIT of a batch finds are treated like failures of the
-- statement, and nothing of the batch is left.
--
SET client_min_messages = error;
CREATE TABLE letter (id int PRIMARY KEY);
INSERT INTO letter SELECT generate_series(1, 8);
ANALYZE letter;
-- a trigger that defers itself past the check at the end of the batch
CREATE TABLE late (id int);
CREATE SEQUENCE times;
CREATE FUNCTION fail_with(code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF code = 'P0004' THEN
		ASSERT false, 'no letter is left';
	ELSIF nextval('times') > 2 THEN
		RETURN;
	ELSIF code = '57014' THEN
		PERFORM pg_cancel_backend(pg_backend_pid()), pg_sleep(60);
	END IF;
	RAISE EXCEPTION 'too late' USING ERRCODE = code;
END $$;
CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.id > 0 THEN
		SET CONSTRAINTS ALL DEFERRED;
		INSERT INTO late VALUES (-NEW.id);
	ELSIF NEW.id = -3 THEN
		PERFORM fail_with(current_setting('test.code'));
	END IF;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later();
CREATE FUNCTION new_task(code text) RETURNS bigint LANGUAGE sql AS $$
	TRUNCATE late;
	SELECT setval('times', 1, false), set_config('test.code', code, false);
	SELECT williams_create_task('late', 'letter', 'INSERT INTO late SELECT id FROM letter WHERE id BETWEEN $1 AND $2', 2, '1')
$$;
CREATE VIEW outcome AS
	SELECT batch_no, lower_key, upper_key, state, attempts, rows, sqlstate, message,
		(SELECT count(*) FROM late WHERE abs(id) BETWEEN lower_key::int AND upper_key::int) AS there FROM williams_batch;
\set SHOW_CONTEXT never

-- a failed assertion: the bad row is found
SELECT new_task('P0004');
CALL williams_run('late');
SELECT * FROM outcome ORDER BY batch_no;
SELECT williams_drop_task('late');
-- a failure that may pass is tried again
SELECT new_task('40001');
CALL williams_run('late');
SELECT * FROM outcome ORDER BY batch_no;
SELECT williams_drop_task('late');
-- up to max_attempts times
SELECT new_task('53100');
UPDATE williams_task SET max_attempts = 2;
CALL williams_run('late');
SELECT * FROM outcome ORDER BY batch_no;
SELECT williams_drop_task('late');
-- a failure that every batch would have stops the task
SELECT new_task('42501');
CALL williams_run('late');
SELECT * FROM outcome ORDER BY batch_no;
SELECT stopped FROM williams_task;
SELECT williams_drop_task('late');
-- cancelled during the commit: no attempt is counted
SELECT new_task('57014');
CALL williams_run('late');
SELECT * FROM outcome ORDER BY batch_no;
CALL williams_run('late');
CALL williams_run('late');
SELECT * FROM outcome ORDER BY batch_no;
SELECT williams_drop_task('late');
-- williams_run_batch cannot record it: the transaction is undone and the batch is pending again
SELECT new_task('42501');
SELECT williams_run_batch('late');
SELECT williams_run_batch('late');
SELECT * FROM outcome ORDER BY batch_no;
SELECT williams_drop_task('late');

-- a commit that fails because of a throttle ends the run
CREATE FUNCTION throttle() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO late VALUES (3); RETURN true; END $$;
SELECT new_task('42501');
UPDATE williams_task SET throttle = 'throttle()';
CALL williams_run('late');
SELECT * FROM outcome ORDER BY batch_no;
SELECT williams_drop_task('late');

-- within the statement, a failed assertion is a failure like any other
SELECT williams_create_task('assert', 'letter', 'SELECT fail_with(''P0004'') FROM letter WHERE id BETWEEN $1 AND $2 AND id = 5', 8, '1');
CALL williams_run('assert');
SELECT lower_key, upper_key, state, rows, sqlstate, message FROM williams_batch ORDER BY lower_key;
SELECT williams_drop_task('assert');

\set SHOW_CONTEXT errors
DROP VIEW outcome;
DROP TABLE letter, late;
DROP FUNCTION later, new_task, throttle, fail_with;
DROP SEQUENCE times;
