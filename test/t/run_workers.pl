# Background workers: their names, their number, and what ends them.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(time);
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

my $node = new_node('main', q{
max_worker_processes = 8
williams.max_workers = 3
});
my $slow = 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2 AND pg_sleep((SELECT seconds FROM pace)) IS NOT NULL';
my $running = q{SELECT running > 0 AND done > 0 FROM williams_progress WHERE task = 'slow'};

sub value { return $node->safe_psql('postgres', $_[0]) }

# A task of 400 batches of 5 rows; each row takes as long as pace says.
sub new_task
{
	value(q{UPDATE document SET seen = 0});
	value(qq{SELECT williams_create_task('slow', 'document', \$\$$slow\$\$, 5, 'mb', max_items => 200)});
	return;
}

# Rows of batches that are done were processed once, all others not at all.
sub check_witness
{
	my ($what) = @_;

	is( value(q{SELECT count(*) FROM document JOIN williams_batch ON id BETWEEN lower_key::int AND upper_key::int
			WHERE seen <> (state = 'done')::int}),
		'0', "$what: no batch is half done");
	return;
}

sub end_task
{
	value(q{SELECT williams_drop_task('slow')});
	return;
}

make_documents($node, 'postgres', 2000);
value('CREATE TABLE pace AS SELECT 0.05 AS seconds');

# their names
new_task();
is(value(q{SELECT williams_launch('slow', 2)}), '2', 'two workers are launched');
wait_until($node, 'postgres',
	q{SELECT count(*) = 2 FROM pg_stat_activity WHERE backend_type = 'williams worker' AND application_name = 'slow'
		AND state = 'active' AND query ~ '^task "slow", batch \d+$'},
	'and show their task and batch');
wait_until($node, 'postgres',
	q{SELECT state = 'running' AND running = 2 AND batches = 400 AND failed = 0 AND rows = 5 * done AND abs(percent - done / 4.0) < 1e-9
		AND rows_per_s BETWEEN 1 AND 100 AND eta BETWEEN now() + interval '1 s' AND now() + interval '1 h'
		AND started_at BETWEEN now() - interval '1 h' AND updated_at AND updated_at <= clock_timestamp() FROM williams_progress},
	'the task is running and has an eta');

# their number
my ($rc, $out, $err) = $node->psql('postgres', q{SELECT williams_launch('slow', 2)});
is($out, '1', 'williams.max_workers leaves room for one more');
like($err, qr/WARNING:  only 1 of 2 workers can be launched/, 'and a warning says so');
is(error_of($node, 'postgres', q{SELECT williams_launch('slow')}), '53400: no more workers can be launched in this database', 'then there is no room for any');
$node->append_conf('postgresql.conf', 'williams.max_workers = 4');
$node->reload;
wait_until($node, 'postgres', q{SELECT current_setting('williams.max_workers') = '4'}, 'williams.max_workers is raised');
is(value(q{SELECT williams_launch('slow')}), '1', 'without a restart');

# stopped: running batches go on to their end, and no other begins
value(q{SELECT williams_stop('slow')});
wait_until($node, 'postgres', $no_worker, 'they end when the task is stopped');
check_witness('stopped');
is(value(q{SELECT state, done < batches FROM williams_progress}), 'stopped|t', 'there is work left');

# terminated and cancelled
for my $function (qw(pg_terminate_backend pg_cancel_backend))
{
	value(q{SELECT williams_launch('slow', 2)});
	wait_until($node, 'postgres', $running, 'they run again');
	value(qq{SELECT $function(pid) FROM pg_stat_activity WHERE backend_type = 'williams worker'});
	wait_until($node, 'postgres', $no_worker, "they end by $function");
	check_witness($function);
}
is(value(q{SELECT sum(attempts) - count(*) FILTER (WHERE state = 'done') FROM williams_batch}), '0', 'neither counts as an attempt');

# dropped: waits for running batches
value(q{SELECT williams_launch('slow', 2)});
wait_until($node, 'postgres', $running, 'they run once more');
end_task();
my $seen = value('SELECT sum(seen) FROM document');
wait_until($node, 'postgres', $no_worker, 'they end when the task is dropped');
is(value(q{SELECT count(*) FROM (SELECT (id - 1) / 5 FROM document GROUP BY 1 HAVING min(seen) <> max(seen)) b}),
	'0', 'dropped: no batch is half done');
is(value('SELECT sum(seen) FROM document'), $seen, 'and no batch began after that');

# the transaction that launches workers
new_task();
value(q{BEGIN; SELECT williams_launch('slow'); ROLLBACK});
wait_until($node, 'postgres', $no_worker, 'a launch is rolled back');
is(value(q{SELECT done FROM williams_progress}), '0', 'and nothing has run');
my $session = session($node, 'postgres');
$session->query(q{BEGIN; SELECT williams_launch('slow')});
wait_until($node, 'postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'williams worker' AND wait_event = 'transactionid'},
	'a worker waits for the transaction that launched it');
is(value(q{SELECT done + running FROM williams_progress}), '0', 'and takes no batch');
value(q{SELECT pg_stat_reset_single_table_counters('document'::regclass)});
$session->query('COMMIT');
wait_until($node, 'postgres', $running, 'until it commits');
$session->quit;

# the statistics know of a long run before it ends
wait_until($node, 'postgres',
	q{SELECT n_tup_upd BETWEEN 1 AND 1999 FROM pg_stat_user_tables WHERE relname = 'document'},
	'statistics are reported during the run');

# shutdowns: workers are not restarted
for my $mode (qw(fast smart immediate))
{
	value(q{SELECT williams_launch('slow')}) if $mode ne 'fast';
	wait_until($node, 'postgres', $running, "running before a shutdown, $mode");
	$node->stop($mode);
	$node->start;
	is(value($no_worker), 't', "no worker runs after a shutdown, $mode");
	check_witness("shutdown, $mode");
	is(value(q{SELECT count(*) FROM williams_batch WHERE state = 'failed'}), '0', 'and nothing failed');
}
value('UPDATE pace SET seconds = 0');
run_task($node, 'slow');
is(counts_of($node, 'postgres', 'slow'), '400 0 0', 'another run does the rest');
is(value('SELECT min(seen), max(seen) FROM document'), '1|1', 'each row is processed once');
end_task();

# a failure that stops the task ends its workers, and the server log says why
new_task();
value(q{ALTER TABLE document RENAME seen TO sighted});
my $log = -s $node->logfile;
value(q{SELECT williams_launch('slow', 4)});
wait_until($node, 'postgres', q{SELECT stopped FROM williams_task}, 'a misspelt column stops the task');
wait_until($node, 'postgres', $no_worker, 'and ends its workers');
my $failed = value(q{SELECT count(*) FROM williams_batch WHERE state = 'failed'});
my $said = slurp_file($node->logfile, $log);
cmp_ok($failed, '<=', 4, 'after an execution each');
is(scalar(() = $said =~ /WARNING:  task "slow": $failed of 400 batches failed/g), 1, 'the last of them says so in the log, once');
is(scalar(() = $said =~ /WARNING:  task "slow" was stopped/g), 1, 'and that batches are pending');
is(scalar(() = $said =~ /WARNING/g), 2, 'the others are silent');
value(q{ALTER TABLE document RENAME sighted TO seen});
end_task();

# so many failed batches stop the task: each worker may be executing one more
new_task();
value(q{SELECT williams_alter_task('slow', 'UPDATE document SET seen = 1 / (id - id) WHERE id BETWEEN $1 AND $2', max_failed => 20)});
$log = -s $node->logfile;
value(q{SELECT williams_launch('slow', 3)});
wait_until($node, 'postgres', q{SELECT stopped FROM williams_task}, 'max_failed stops the task');
wait_until($node, 'postgres', $no_worker, 'and ends its workers');
$failed = value(q{SELECT count(*) FROM williams_batch WHERE state = 'failed'});
cmp_ok($failed, '>=', 20, 'when as many batches have failed');
cmp_ok($failed, '<=', 22, 'or one more for each of the other workers');
is(value(q{SELECT state, done FROM williams_progress}), 'stopped|0', 'batches are pending');
$said = slurp_file($node->logfile, $log);
like($said, qr/WARNING:  task "slow" was stopped with \d+ batches pending\n.*DETAIL:  $failed batches failed, and max_failed is 20; the commonest SQLSTATE is 22012, of $failed of them\./,
	'the log says which SQLSTATE is the commonest');
is(scalar(() = $said =~ /WARNING:  task "slow" was stopped/g), 1, 'once');
value(q{SELECT williams_alter_task('slow', 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2'), williams_retry('slow')});
run_task($node, 'slow');
is(value('SELECT min(seen), max(seen) FROM document'), '1|1', 'repaired and retried, each row is processed once');
end_task();

# progress, for clients that want to see it
value('UPDATE pace SET seconds = 0.02');
new_task();
my $teller = session($node, 'postgres');
my $began = time;
$teller->query("\\set VERBOSITY default\nSELECT");
$teller->begin(q{CALL williams_run('slow')});
# it runs until it has reported twice
$teller->{run}->pump until 2 <= (() = $teller->{err} =~ /NOTICE.*\n/g);
value('UPDATE pace SET seconds = 0');
$teller->result;
my $seconds = time - $began;
like($teller->{err}, qr/NOTICE:  task "slow": \d+ of 400 batches done, \d+ rows, [\d.]+ %, \d+ rows\/s, \d+ s to go$/m, 'CALL reports progress');
my $notices = () = $teller->{err} =~ /NOTICE/g;
cmp_ok($notices, '<=', $seconds + 1, 'at most once a second and at the end');
like($teller->{err}, qr/400 of 400 batches done, 2000 rows, 100\.0 %, \d+ rows\/s$/m, 'up to the end');
$teller->quit;
end_task();
new_task();
($rc, $out, $err) = $node->psql('postgres', q{SET client_min_messages = warning; CALL williams_run('slow')});
is($err, '', 'unless client_min_messages is higher');
end_task();

# a worker can write like the session that launched it, even if the default is read only
value('ALTER DATABASE postgres SET default_transaction_read_only = on');
$node->safe_psql('postgres', q{
	SET default_transaction_read_only = off;
	SELECT williams_create_task('slow', 'document', 'UPDATE document SET seen = 0 WHERE id BETWEEN $1 AND $2', 1000, 'mb');
	SELECT williams_launch('slow');
});
wait_until($node, 'postgres', q{SELECT state = 'done' FROM williams_progress}, 'a worker writes in a database that is read-only by default');
wait_until($node, 'postgres', $no_worker, 'and ends');
$node->safe_psql('postgres', q{
	SET default_transaction_read_only = off;
	ALTER DATABASE postgres RESET default_transaction_read_only;
});
end_task();

# a worker that waits does not claim to run a batch
value(q{SELECT williams_create_task('slow', 'document', 'UPDATE document SET seen = 0 WHERE id BETWEEN $1 AND $2', 1000, 'mb', max_items => 100,
	throttle => 'EXISTS (SELECT FROM williams_batch WHERE batch_no = 1 AND state = ''done'')')});
value(q{SELECT williams_launch('slow')});
wait_until($node, 'postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'williams worker' AND state = 'idle'
	AND query = 'task "slow" waits: its throttle is true'}, 'a throttled worker shows that it waits');
value(q{SELECT williams_alter_task('slow', throttle => 'false', pause_ms => 3600000)});
wait_until($node, 'postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'williams worker' AND state = 'idle'
	AND query = 'task "slow" waits: pause_ms'}, 'so does one in a pause');
end_task();
wait_until($node, 'postgres', $no_worker, 'it ends with its task');

# a role whose settings switch to another role still runs its own tasks
value(q{
	CREATE ROLE grp; CREATE ROLE clerk LOGIN IN ROLE grp; GRANT EXECUTE ON FUNCTION williams_launch TO clerk;
	CREATE TABLE letter AS SELECT i AS id, '' AS by FROM generate_series(1, 100) AS i; ALTER TABLE letter OWNER TO clerk;
	ALTER ROLE clerk SET role = grp;
});
is( value(q{SET ROLE clerk; SELECT williams_create_task('by clerk', 'letter', 'UPDATE letter SET by = current_user WHERE id BETWEEN $1 AND $2', 1,
		key_column => 'id', max_items => 10); SELECT williams_launch('by clerk')}),
	"10\n1", 'a task of a role with another as its default');
wait_until($node, 'postgres', q{SELECT state = 'done' FROM williams_progress WHERE task = 'by clerk'}, 'is run');
is(value(q{SELECT DISTINCT by FROM letter}), 'clerk', 'as its owner');
wait_until($node, 'postgres', $no_worker, 'to its end');
value(q{SET ROLE clerk; SELECT williams_drop_task('by clerk')});

# from 19 on, dropping a database ends its workers
SKIP:
{
	skip 'before PostgreSQL 19 DROP DATABASE fails where a worker is connected', 3 if value('SHOW server_version_num') < 190000;
	$node->safe_psql('postgres', 'CREATE DATABASE leaving');
	$node->safe_psql('leaving', q{
		CREATE EXTENSION williams;
		CREATE TABLE letter AS SELECT generate_series(1, 9) AS id;
		SELECT williams_create_task('letters', 'letter', 'SELECT pg_sleep(600) FROM letter WHERE id BETWEEN $1 AND $2', 9, key_column => 'id');
		SELECT williams_launch('letters')});
	wait_until($node, 'postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = 'leaving' AND wait_event = 'PgSleep'},
		'a worker is running a batch');
	is(error_of($node, 'postgres', 'DROP DATABASE leaving'), '', 'its database is dropped');
	is(value($no_worker), 't', 'and the worker has ended');
}

# the server has few or no slots for workers left
value('UPDATE pace SET seconds = 0.02');
new_task();
$node->append_conf('postgresql.conf', "max_worker_processes = 1\nmax_logical_replication_workers = 0\nwilliams.max_workers = 100");
$node->restart;
($rc, $out, $err) = $node->psql('postgres', q{SELECT williams_launch('slow', 2)});
is($out, '1', 'max_worker_processes leaves room for one more');
like($err, qr/WARNING:  only 1 of 2 workers could be started\n.*\nHINT:  Raise max_worker_processes/, 'a warning says why');
like(error_of($node, 'postgres', q{SELECT williams_launch('slow', 2)}), qr/^53400: only 0 of 2 workers could be started/, 'then there is no room for any');
$node->stop;
done_testing();
