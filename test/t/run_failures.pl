# How statements fail on a live server: a foreign server goes away, a commit fails, and
# there are conflicts, timeouts, lost rights, a dropped table and a cancel. The state of
# each batch stays correct.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

my $node = new_node('main', '');

sub value { return $node->safe_psql('postgres', $_[0]) }

sub is_blocked
{
	my ($what, $pid) = @_;

	wait_until($node, 'postgres', "SELECT cardinality(pg_blocking_pids($pid)) > 0", $what);
	return;
}

make_documents($node, 'postgres', 1000);
# every SQLSTATE that was recorded for a batch
value(
	q{
	CREATE TABLE history (n serial, task text, batch_no bigint, sqlstate text);
	CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
	BEGIN
		INSERT INTO public.history (task, batch_no, sqlstate) VALUES (NEW.task, NEW.batch_no, NEW.sqlstate);
		RETURN NULL;
	END $$;
	CREATE TRIGGER remember AFTER UPDATE ON williams_batch FOR EACH ROW
		WHEN (NEW.failures > OLD.failures) EXECUTE FUNCTION remember();
});

#
# A foreign server goes away: its batch is tried again.
#
SKIP:
{
	my $have = value(q{SELECT count(*) FROM pg_available_extensions WHERE name IN ('dblink', 'postgres_fdw')});
	skip 'dblink and postgres_fdw are not here', 1 if $have < 2;

	my $far = PostgreSQL::Test::Cluster->new('far');
	$far->init;
	$far->start;
	$far->safe_psql(
		'postgres', q{
		CREATE TABLE seen (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
		CREATE TABLE slow ();
		CREATE FUNCTION work(first int, last int) RETURNS bigint LANGUAGE plpgsql AS $$
		BEGIN
			IF EXISTS (SELECT FROM pg_tables WHERE tablename = 'slow') THEN
				PERFORM pg_sleep(600);
			END IF;
			INSERT INTO seen SELECT generate_series(first, last);
			RETURN last - first + 1;
		END $$;
	});
	my $connection = 'host=' . $far->host . ' port=' . $far->port . ' dbname=postgres';
	value('CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw');
	make_task($node, 'far', qq{SELECT * FROM dblink('$connection', format('SELECT work(%s, %s)', \$1, \$2)) AS t (n bigint)},
		items => 500, max_attempts => 1000);

	my $session = session($node, 'postgres');
	$session->begin(q{CALL williams_run('far')});
	for my $mode (qw(fast immediate))
	{
		ok($far->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}),
			'a batch is running on the foreign server');
		$far->stop($mode);
		wait_until($node, 'postgres', q{SELECT sqlstate = '08001' FROM williams_batch WHERE task = 'far' AND batch_no = 1},
			"after a shutdown there, $mode, it is tried again");
		$far->start;
	}
	ok($far->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}),
		'and again when the server is back');
	$far->safe_psql('postgres', 'DROP TABLE slow');
	$far->restart;
	$session->result;
	is(counts_of($node, 'postgres', 'far'), '2 0 0', 'in the end all batches are done');
	is($far->safe_psql('postgres', 'SELECT count(*), count(DISTINCT id) FROM seen'), '1000|1000', 'and each row was processed once');
	is(value(q{SELECT string_agg(DISTINCT sqlstate, ' ' ORDER BY sqlstate) FROM history WHERE task = 'far'}),
		'08001 08006', 'the failures were: no connection, a lost connection');
	value(q{SELECT williams_drop_task('far')});

	# A server that stays away: after max_attempts the task stops, and no batch fails.
	make_task($node, 'away', qq{SELECT * FROM dblink('$connection' || CASE WHEN \$1 < 500 THEN ' host=/nowhere' ELSE '' END, 'SELECT ' || \$2) AS t (n int)},
		items => 500, max_attempts => 2);
	run_task($node, 'away');
	is(value(q{SELECT string_agg(concat_ws(' ', state, attempts, sqlstate), ', ' ORDER BY batch_no) FROM williams_batch}),
		'pending 0 08001, pending 0', 'without a connection no batch fails, and no other is tried');
	is(value(q{SELECT stopped, sum(failures) FROM williams_task, williams_batch GROUP BY stopped}), 't|2', 'the task stops after max_attempts');
	value(qq{SELECT williams_alter_task('away', statement => \$\$SELECT * FROM dblink('$connection', 'SELECT ' || \$1 || ' + ' || \$2) AS t (n int)\$\$)});
	run_task($node, 'away');
	is(counts_of($node, 'postgres', 'away'), '2 0 0', 'once the server is there, the task goes on');
	value(q{SELECT williams_drop_task('away')});

	#
	# A commit that fails: postgres_fdw commits on the foreign server when the local
	# transaction commits, and only then finds the duplicate row.
	#
	$far->safe_psql('postgres', 'TRUNCATE seen; INSERT INTO seen VALUES (7), (777), (778)');
	value(
		qq{
		CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${\$far->host}', port '${\$far->port}', dbname 'postgres');
		CREATE USER MAPPING FOR CURRENT_USER SERVER far;
		CREATE FOREIGN TABLE seen_there (id int) SERVER far OPTIONS (table_name 'seen');
		CREATE FUNCTION raise_internal(id int) RETURNS int LANGUAGE plpgsql AS \$\$
		BEGIN
			RAISE 'connection to the remote node failed' USING ERRCODE = 'XX000';
		END \$\$;
	});
	make_task($node, 'copy', 'INSERT INTO seen_there SELECT id FROM document WHERE id BETWEEN $1 AND $2');
	value(q{SELECT williams_launch('copy', 2)});
	run_task($node, 'copy');
	wait_until($node, 'postgres', $no_worker, 'a session and two workers whose commits fail');
	is( value(q{SELECT string_agg(concat_ws(' ', lower_key, upper_key, attempts, sqlstate), ', ' ORDER BY lower_key)
			FROM williams_batch WHERE state <> 'done'}),
		'7 7 1 23505, 777 777 1 23505, 778 778 1 23505', 'the rows to blame are found');
	is(value(q{SELECT sum(rows) FROM williams_batch}), '997', 'all others are done');
	is($far->safe_psql('postgres', 'SELECT count(*), count(DISTINCT id) FROM seen'), '1000|1000', 'and each is there once');
	value(q{SELECT williams_drop_task('copy')});

	# An internal error of a statement over a foreign table may be the loss of a server.
	make_task($node, 'internal', q{SELECT raise_internal(id) FROM seen_there WHERE id BETWEEN $1 AND $2}, items => 500, max_attempts => 3);
	run_task($node, 'internal');
	is(value(q{SELECT string_agg(concat_ws(' ', state, failures, sqlstate), ', ' ORDER BY batch_no) FROM williams_batch}),
		'pending 3 XX000, pending 0', 'an internal error with a foreign table may pass');
	value(q{SELECT williams_drop_task('internal')});
	$far->stop;
}

#
# Constraints checked at the end of the transaction belong to the batch.
#
value(
	q{
	CREATE TABLE page (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
	INSERT INTO page VALUES (500);
});
make_task($node, 'deferred', 'INSERT INTO page SELECT id FROM document WHERE id BETWEEN $1 AND $2');
value(q{SELECT williams_launch('deferred', 2)});
wait_until($node, 'postgres', q{SELECT state = 'failed' FROM williams_progress}, 'workers run into a deferred constraint');
is(value(q{SELECT lower_key, upper_key, sqlstate FROM williams_batch WHERE state = 'failed'}), '500|500|23505', 'one row is to blame');
is(value('SELECT count(*), count(DISTINCT id) FROM page'), '1000|1000', 'all others are done');
value(q{SELECT williams_drop_task('deferred')});

#
# A conflict: the row that a batch waits for moves to another partition.
#
value(
	q{
	CREATE TABLE parted (id int, mb float8 DEFAULT 1, seen int DEFAULT 0, part text DEFAULT 'a') PARTITION BY LIST (part);
	CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('a');
	CREATE TABLE parted_b PARTITION OF parted FOR VALUES IN ('b');
	INSERT INTO parted (id) SELECT generate_series(1, 200);
	ANALYZE parted;
});
make_task($node, 'moved', 'UPDATE parted SET seen = seen + 1 WHERE id BETWEEN $1 AND $2', table => 'parted', key_column => q{'id'});
my $other = session($node, 'postgres');
my $session = session($node, 'postgres');
my $pid = $session->pid;
$other->query(q{BEGIN; UPDATE parted SET part = 'b' WHERE id = 50});
$session->begin(q{CALL williams_run('moved')});
is_blocked('a batch waits for a row', $pid);
$other->query('COMMIT');
$session->result;
is(value(q{SELECT string_agg(concat_ws(' ', state, attempts), ', ' ORDER BY batch_no) FROM williams_batch}), 'done 2, done 1', 'and the batch is tried again');
is(value(q{SELECT sqlstate FROM history WHERE task = 'moved'}), '40001', 'a serialization failure');
is(value('SELECT min(seen), max(seen) FROM parted'), '1|1', 'each row is processed once');
value(q{SELECT williams_drop_task('moved')});

#
# lock_timeout in the statement and during a split: tried again.
#
make_task($node, 'locked', 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2', max_attempts => 1000);
$other->query('BEGIN; UPDATE document SET mb = mb WHERE id = 150');
$session->begin(q{SET lock_timeout = '50ms'; CALL williams_run('locked')});
wait_until($node, 'postgres', q{SELECT attempts > 1 AND sqlstate = '55P03' FROM williams_batch WHERE task = 'locked' AND batch_no = 2},
	'a batch whose row is locked is tried again');
is(value(q{SELECT sum(seen) FROM document WHERE id BETWEEN 101 AND 200}), '0', 'and nothing of it is done');
$other->query('COMMIT');
$session->result;
is(value(q{SELECT count(*), count(*) FILTER (WHERE state = 'done' AND (attempts = 1) = (batch_no <> 2)) FROM williams_batch}), '10|10', 'until it is done');
is(value('SELECT min(seen), max(seen) FROM document'), '1|1', 'each row is processed once');
value(q{SELECT williams_drop_task('locked')});

value(
	q{
	UPDATE document SET seen = 0;
	CREATE FUNCTION fails_later(id int) RETURNS int LANGUAGE plpgsql SET lock_timeout = 0 AS $$
	BEGIN
		IF id = 42 THEN
			PERFORM pg_advisory_xact_lock(42);
			RAISE division_by_zero;
		END IF;
		RETURN 1;
	END $$;
});
make_task($node, 'divided', 'UPDATE document SET seen = seen + fails_later(id) WHERE id BETWEEN $1 AND $2', max_attempts => 1000);
my $table = session($node, 'postgres');
my $table_pid = $table->pid;
$other->query('BEGIN; SELECT pg_advisory_xact_lock(42)');
$session->begin(q{CALL williams_run('divided')});
is_blocked('a batch is about to fail', $pid);
$table->begin('BEGIN; LOCK TABLE document');
is_blocked('another session waits for its table', $table_pid);
$other->query('ROLLBACK');
$table->result;
wait_until($node, 'postgres', q{SELECT count(*) > 0 FROM history WHERE task = 'divided' AND sqlstate = '55P03'},
	'a batch that cannot be split now is tried again');
$table->query('ROLLBACK');
$session->result;
is( value(q{SELECT string_agg(concat_ws(' ', lower_key, upper_key, sqlstate), ', ') FROM williams_batch WHERE state <> 'done'}),
	'42 42 22012', 'and then it is split');
is(value('SELECT count(*) FROM document WHERE seen = 1'), '999', 'every other row is done');
value(q{SELECT williams_drop_task('divided')});

#
# Cancelled by the user or by statement_timeout: no attempt is counted, nothing is half done.
#
# the run lasts until pace is 0, however slow the test is
my $pace = 'pg_sleep((SELECT seconds FROM pace)) IS NOT NULL';
value('UPDATE document SET seen = 0; CREATE TABLE pace AS SELECT 0.02 AS seconds; GRANT SELECT ON pace TO PUBLIC');
make_task($node, 'cancelled', "UPDATE document SET seen = seen + 1 WHERE id BETWEEN \$1 AND \$2 AND $pace");
$session->query(q{SET lock_timeout = 0});
for my $how ('pg_cancel_backend', 'statement_timeout')
{
	my $done = value(q{SELECT done FROM williams_progress});

	$session->query(q{SET statement_timeout = '1 s'}) if $how eq 'statement_timeout';
	$session->begin(q{CALL williams_run('cancelled')});
	if ($how eq 'pg_cancel_backend')
	{
		wait_until($node, 'postgres', "SELECT done > $done AND running = 1 FROM williams_progress", 'a batch is running');
		value("SELECT pg_cancel_backend($pid)");
	}
	$session->result;
	like($session->{err}, qr/ERROR:  57014: canceling statement due to/, "$how ends the CALL");
	is(value(q{SELECT sum(attempts) - count(*) FILTER (WHERE state = 'done') FROM williams_batch}), '0', 'that does not count as an attempt');
	is( value(q{SELECT count(*) FROM document JOIN williams_batch ON id BETWEEN lower_key::int AND upper_key::int
			WHERE seen <> (state = 'done')::int}),
		'0', 'no batch is half done');
}
$session->query('RESET statement_timeout');
value('UPDATE pace SET seconds = 0');
run_task($node, 'cancelled');
is(value('SELECT min(seen), max(seen) FROM document'), '1|1', 'another run does the rest');
value(q{SELECT williams_drop_task('cancelled')});

#
# Settings of the database and of the role apply to workers, and do not break them.
#
value(
	q{
	UPDATE document SET seen = 0;
	CREATE TABLE stay (at timestamptz PRIMARY KEY, seen int NOT NULL DEFAULT 0);
	INSERT INTO stay SELECT '2026-01-31 12:34:56.789012+00'::timestamptz + i * interval '1 day 1 second' FROM generate_series(1, 100) i;
	ANALYZE stay;
});
value("ALTER DATABASE postgres SET $_")
  for q{statement_timeout = '20ms'}, q{idle_in_transaction_session_timeout = '20ms'}, q{lock_timeout = '20ms'},
  q{default_transaction_isolation = 'serializable'}, q{DateStyle = 'German'}, q{TimeZone = 'Asia/Tokyo'}, q{search_path = ''},
  q{client_min_messages = 'error'};
my $quiet = 'SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET search_path = public;';
value(qq{$quiet SELECT williams_create_task('settings', 'document',
	'UPDATE document SET seen = seen + 1 WHERE id BETWEEN \$1 AND \$2 AND pg_sleep(0.001) IS NOT NULL', 100, 'mb', max_items => 100)});
# planned under other settings: the bounds are read back as they were written
value(qq{$quiet SET DateStyle = 'SQL, DMY'; SET TimeZone = 'America/St_Johns';
	SELECT williams_create_task('stays', 'stay', 'UPDATE stay SET seen = seen + 1 WHERE at BETWEEN \$1 AND \$2', 1, max_items => 7)});
$session->quit;
$session = session($node, 'postgres');
$session->query("$quiet BEGIN; SELECT williams_launch('settings', 2), williams_launch('stays')");
# all of them wait, longer than lock_timeout
wait_until($node, 'template1', q{SELECT count(*) = 3 FROM pg_stat_activity WHERE backend_type = 'williams worker' AND wait_event = 'transactionid'}, 'workers start');
$session->query('SELECT pg_sleep(0.2)');
is($session->query(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'williams worker' AND wait_event = 'transactionid'}),
	'3', 'workers wait for the transaction that launched them, whatever lock_timeout is');
$session->query('COMMIT');
{
	local $ENV{PGOPTIONS} = '-c statement_timeout=0 -c lock_timeout=0';
	ok($node->poll_query_until('postgres', q{SELECT bool_and(state = 'done') FROM public.williams_progress}),
		'timeouts of the database do not end workers');
}
$session->query(q{SELECT williams_drop_task('settings'), williams_drop_task('stays')});
$session->query('ALTER DATABASE postgres RESET ALL');
$session->quit;
is(value('SELECT min(seen), max(seen) FROM document'), '1|1', 'each row is processed once');
is(value('SELECT min(seen), max(seen) FROM stay'), '1|1', 'even if its key looks different to the worker');

#
# A role loses its rights, a table is dropped: no batch could be run.
#
value(
	q{
	UPDATE document SET seen = 0;
	UPDATE pace SET seconds = 0.01;
	CREATE ROLE clerk LOGIN;
	GRANT SELECT, UPDATE ON document TO clerk;
	GRANT EXECUTE ON FUNCTION williams_launch TO clerk;
	SET ROLE clerk;
	SELECT williams_create_task('rights', 'document',
		'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2 AND pg_sleep((SELECT seconds FROM pace)) IS NOT NULL', 100, 'mb', max_items => 100);
	SELECT williams_launch('rights', 2);
});
wait_until($node, 'postgres', 'SELECT done > 0 FROM williams_progress', q{a role's workers});
is(value(q{SELECT DISTINCT usename FROM pg_stat_activity WHERE backend_type = 'williams worker'}), 'clerk', 'workers connect as that role');
value('REVOKE UPDATE ON document FROM clerk');
wait_until($node, 'postgres', $no_worker, 'they end when the role loses its rights');
is(value('SELECT stopped FROM williams_task'), 't', 'the task is stopped');
is(value(q{SELECT string_agg(DISTINCT sqlstate, ' '), count(*) BETWEEN 1 AND 2 FROM williams_batch WHERE state = 'failed'}),
	'42501|t', 'after an execution each');
value(q{UPDATE pace SET seconds = 0; GRANT UPDATE ON document TO clerk; SET ROLE clerk; SELECT williams_retry('rights')});
value(q{SET client_min_messages = error; SET ROLE clerk; CALL williams_run('rights')});
is(value('SELECT min(seen), max(seen) FROM document'), '1|1', 'after they are granted again, a run does the rest');
value('REVOKE CONNECT ON DATABASE postgres FROM PUBLIC');
is(error_of($node, 'postgres', q{SET ROLE clerk; SELECT williams_launch('rights')}), '53000: a background worker exited before it could start',
	'without CONNECT the role has no workers');
value('GRANT CONNECT ON DATABASE postgres TO PUBLIC');
value(q{SET ROLE clerk; SELECT williams_drop_task('rights')});

make_documents($node, 'postgres', 1000, 'short_lived');
value('UPDATE pace SET seconds = 0.01');
make_task($node, 'gone', "UPDATE short_lived SET seen = seen + 1 WHERE id BETWEEN \$1 AND \$2 AND $pace", table => 'short_lived');
value(q{SELECT williams_launch('gone', 2)});
wait_until($node, 'postgres', 'SELECT done > 0 FROM williams_progress', 'workers run a task over a table');
value('DROP TABLE short_lived');
wait_until($node, 'postgres', $no_worker, 'they end when it is dropped');
is(value(q{SELECT string_agg(DISTINCT sqlstate, ' '), count(*) BETWEEN 1 AND 2 FROM williams_batch WHERE state = 'failed'}),
	'42P01|t', 'after an execution each');
value(q{SELECT williams_drop_task('gone')});

$_->quit for $other, $table;
$node->stop;
done_testing();
