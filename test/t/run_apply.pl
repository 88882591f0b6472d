# CALL williams_apply, and CALL williams_run with max_duration and raise: killed, cancelled,
# beside workers and other sessions; and what williams_progress shows of who runs a task.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(time usleep);
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

my $node = new_node('main', q{
restart_after_crash = on
autovacuum = off
});
my $slow = 'UPDATE document SET seen = seen + 1 WHERE pg_sleep(0.002) IS NOT NULL';

sub value { return $node->safe_psql('postgres', $_[0]) }

sub workers { return value(qq{SELECT workers FROM williams_progress WHERE task = '$_[0]'}) }

# Kill a process and wait until the server has restarted.
sub kill_9
{
	my ($pid) = @_;
	my $before = value('SELECT pg_postmaster_start_time(), pid FROM pg_stat_activity WHERE backend_type = \'checkpointer\'');

	kill('KILL', $pid);
	$node->poll_query_until('postgres',
		qq{SELECT (pg_postmaster_start_time() || '|' || pid) IS DISTINCT FROM '$before' FROM pg_stat_activity WHERE backend_type = 'checkpointer'});
	return;
}

make_documents($node, 'postgres', 2000);

#
# Killed in the middle: the task is there, another williams_apply is refused, williams_run ends it
#
for my $n (1 .. 6)
{
	my $session = session($node, 'postgres');
	my $pid = $session->pid;
	my $workers = $n % 2;

	value('UPDATE document SET seen = 0');
	$session->begin(qq{CALL williams_apply('$slow', max_items => 20, workers => $workers)});
	wait_until($node, 'postgres', qq{SELECT done >= 8 * $n FROM williams_progress WHERE task = 'apply document'}, "applied in part, $n");
	usleep(rand(40_000));
	kill_9($pid);
	$session->result;
	like($session->{err}, qr/NOTICE:  00000: task "apply document" has 100 batches\nHINT:  If it is interrupted, CALL williams_run\('apply document'\)/,
		'the task was named');
	is( value(q{SELECT count(*) FROM document JOIN williams_batch ON id BETWEEN lower_key::int AND upper_key::int
			WHERE seen <> (state = 'done')::int}),
		'0', 'no batch is half done');
	cmp_ok(value('SELECT sum(seen) FROM document'), '<', 2000, 'and not all of them');
	like(error_of($node, 'postgres', qq{CALL williams_apply('$slow')}), qr/^55000: task "apply document" of an earlier williams_apply has the same statement/,
		'the same line does not begin anew');
	is(workers('apply document'), '0', 'nobody runs it');
	value(q{CALL williams_run('apply document', raise => true)});
	is(value('SELECT min(seen), max(seen), count(*) FROM document'), '1|1|2000', 'each row is processed once');
	value(q{SELECT williams_drop_task('apply document')});
}

#
# Cancelled: its workers go on, and the task stays
#
value('UPDATE document SET seen = 0');
my $s1 = session($node, 'postgres');
my $pid = $s1->pid;
$s1->begin(qq{CALL williams_apply('$slow', max_items => 20, workers => 1)});
wait_until($node, 'postgres', q{SELECT workers = 2 AND done > 10 FROM williams_progress}, 'a session and a worker');
value("SELECT pg_cancel_backend($pid)");
$s1->result;
like($s1->{err}, qr/ERROR:  57014/, 'cancelled');
is(workers('apply document'), '1', 'the worker runs it alone');
wait_until($node, 'postgres', $no_worker, 'to its end');
is(value(q{SELECT state, workers FROM williams_progress}), 'done|0', 'the task stays');
is(value('SELECT min(seen), max(seen) FROM document'), '1|1', 'each row is processed once');
value(q{SELECT williams_drop_task('apply document')});

#
# With workers: all take part, the last lines of the log say how much, and nothing is left
#
value('UPDATE document SET seen = 0');
my $log = -s $node->logfile;
my $runs = value(q{SELECT runs FROM williams_stat_task WHERE task = 'apply document'});
$s1->begin(qq{CALL williams_apply('$slow', max_items => 5, workers => 2)});
wait_until($node, 'postgres', q{SELECT workers = 3 AND running = 3 AND state = 'running' FROM williams_progress}, 'a session and two workers');
$s1->result;
unlike($s1->{err}, qr/WARNING|ERROR/, 'it succeeds');
like($s1->{err}, qr/400 of 400 batches done, 2000 rows, 100\.0 %/, 'and says so');
is(value('SELECT (SELECT count(*) FROM williams_task), (SELECT count(*) FROM williams_batch), min(seen), max(seen) FROM document'),
	'0|0|1|1', 'nothing of it is left');
is(value(q{SELECT runs FROM williams_stat_task WHERE task = 'apply document'}), $runs + 1, 'it is one run');
wait_until($node, 'postgres', $no_worker, 'and no worker');
my $said = slurp_file($node->logfile, $log);
is(scalar(() = $said =~ /LOG:  williams worker of task apply document started$/mg), 2, 'the log says that two workers began');
my @done = $said =~ /LOG:  williams worker of task apply document ended: (\d+) executions? succeeded, 0 failed$/mg;
is(scalar @done, 2, 'and ended');
cmp_ok($_, '>', 20, 'after a share of the batches') for @done;
unlike($said, qr/WARNING|ERROR/, 'without a warning that the task is gone');

# a worker in a long pause ends with the last batch
$s1->begin(q{CALL williams_apply('UPDATE document SET seen = 2', max_items => 500, workers => 1, pause_ms => 1500)});
$s1->result;
unlike($s1->{err}, qr/WARNING|ERROR/, 'workers that pause are waited for');
is(value('SELECT min(seen), max(seen) FROM document'), '2|2', 'all is done');

# a batch fails in a worker or in the session: an error here, and a line of the worker's in the log
$log = -s $node->logfile;
$s1->begin(q{CALL williams_apply('UPDATE document SET seen = 1 / (id % 500 * seen) WHERE id BETWEEN $1 AND $2 AND pg_sleep(0.001) IS NOT NULL', max_items => 100, workers => 2)});
$s1->result;
like($s1->{err}, qr/ERROR:  22012: task "apply document": 4 of \d+ batches failed\nDETAIL:  Batch \d+, keys (?:500|1000|1500|2000) /, 'failed batches are an error');
wait_until($node, 'postgres', $no_worker, 'the workers end');
is(value(q{SELECT count(*) FROM williams_batch WHERE state = 'failed' AND lower_key = upper_key}), '4', 'the batches are there');
is(value(q{SELECT count(*) FROM document WHERE seen = 0}), '1996', 'all other rows are done');
value(q{SELECT williams_drop_task('apply document')});

# terminated: the log has the counts nevertheless
value('UPDATE document SET seen = 0');
make_task($node, 'ended', $slow, items => 20);
$log = -s $node->logfile;
value(q{SELECT williams_launch('ended')});
wait_until($node, 'postgres', q{SELECT done > 3 FROM williams_progress}, 'a worker is under way');
value(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'williams worker'});
wait_until($node, 'postgres', $no_worker, 'and is terminated');
my ($counted) = slurp_file($node->logfile, $log) =~ /LOG:  williams worker of task ended ended: (\d+) executions? succeeded, 0 failed$/m;
is($counted, value(q{SELECT done FROM williams_progress}), 'it has logged what it has done');
value(q{SELECT williams_drop_task('ended')});

#
# Who runs a task: also in a pause, for its owner and for monitors
#
value(q{CREATE ROLE clerk LOGIN; GRANT ALL ON document TO clerk; CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher});
my $clerk = session($node, 'postgres');
$clerk->query('SET SESSION AUTHORIZATION clerk');
my $clerk_pid = $clerk->pid;
$clerk->query(q{SELECT williams_create_task('resting', 'document', 'UPDATE document SET seen = 5 WHERE id BETWEEN $1 AND $2', max_items => 1000, pause_ms => 3600000)});
my $progress = q{SELECT state, done, running, workers FROM williams_progress WHERE task = 'resting'};
is(value($progress), 'pending|0|0|0', 'before it runs');
$clerk->begin(q{CALL williams_run('resting')});
wait_until($node, 'postgres', q{SELECT done = 1 AND running = 0 FROM williams_progress WHERE task = 'resting'}, 'a session pauses');
is(value("SET ROLE watcher; $progress"), 'running|1|0|1', 'which is shown to a monitor');
is(value("SET ROLE clerk; $progress"), 'running|1|0|1', 'and to its owner');
is(value("SET ROLE clerk; SELECT count(*) FROM williams_progress WHERE seconds > 0 AND seconds < 3600 AND missed = 0"), '1', 'with its seconds');
# stopped, it ends within a second
value(q{SET ROLE clerk; SELECT williams_stop('resting')});
$clerk->result;
like($clerk->{err}, qr/WARNING:  57000: task "resting" was stopped with 1 batch pending/, 'a WARNING when it is stopped');
is(value($progress), 'stopped|1|0|0', 'then nobody runs it');
# an error of the run ends it, too
value(q{SET ROLE clerk; SELECT williams_alter_task('resting', throttle => 'true')});
$clerk->begin(q{CALL williams_run('resting')});
wait_until($node, 'postgres', q{SELECT workers = 1 AND state = 'running' FROM williams_progress WHERE task = 'resting'}, 'a throttled session runs it');
value("SELECT pg_cancel_backend($clerk_pid)");
$clerk->result;
is(value($progress), 'pending|1|0|0', 'a cancelled one does not');
$clerk->begin(q{CALL williams_run('resting')});
wait_until($node, 'postgres', q{SELECT workers = 1 FROM williams_progress WHERE task = 'resting'}, 'again');
value(q{SET ROLE clerk; SELECT williams_alter_task('resting', throttle => '1 / 0 = 1')});
$clerk->result;
like($clerk->{err}, qr/ERROR:  22012/, 'the throttle fails');
is(value($progress), 'pending|1|0|0', 'and nobody runs it');
# the same name of another role is another task
value(q{SET ROLE clerk; SELECT williams_alter_task('resting', throttle => 'true')});
value(q{SELECT williams_create_task('resting', 'document', 'SELECT $1, $2', throttle => 'true')});
$s1->begin(q{CALL williams_run('resting', '1 h')});
wait_until($node, 'postgres', q{SELECT string_agg(owner || ' ' || workers, ' ' ORDER BY owner) = 'clerk 0 postgres 1' FROM williams_progress WHERE task = 'resting'},
	'of two tasks with one name only one is run');
value(q{SELECT williams_drop_task('resting'); SET ROLE clerk; SELECT williams_drop_task('resting')});
$s1->result;
like($s1->{err}, qr/WARNING:  42704: task "resting" was dropped/, 'dropped');
$clerk->quit;

# a commit that fails does not hide who runs it
value(q{
	CREATE TABLE late (id int);
	CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF NEW.id > 0 THEN
			SET CONSTRAINTS ALL DEFERRED;
			INSERT INTO late VALUES (-NEW.id);
		ELSIF NEW.id = -1 THEN
			RAISE EXCEPTION 'too late' USING ERRCODE = '40001';
		END IF;
		RETURN NULL;
	END $$;
	CREATE CONSTRAINT TRIGGER later AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later();
});
make_task($node, 'late', 'INSERT INTO late SELECT id FROM document WHERE id BETWEEN $1 AND $2', items => 2000, pause_ms => 3600000);
$s1->begin(q{CALL williams_run('late')});
wait_until($node, 'postgres', q{SELECT failures = 1 AND sqlstate = '40001' FROM williams_batch WHERE task = 'late'}, 'a commit fails');
is(workers('late'), '1', 'and the session still runs it');
value(q{SELECT williams_stop('late')});
$s1->result;
value(q{SELECT williams_drop_task('late')});

#
# max_duration: a wait for the next attempt ends, too
#
value(q{CREATE FUNCTION busy() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'busy' USING ERRCODE = '40001'; END $$});
make_task($node, 'window', 'SELECT busy() FROM document WHERE id BETWEEN $1 AND $2', items => 2000, max_attempts => 20);
# the next attempt comes 51.2 s after the tenth
value(q{UPDATE williams_batch SET attempts = 9 WHERE task = 'window'});
my $began = time;
my ($rc, $out, $err) = $node->psql('postgres', q{CALL williams_run('window', '1 s', raise => true)});
my $took = time - $began;
is($rc, 0, 'a window that ends in a wait for the next attempt is no error');
like($err, qr/NOTICE:  task "window" has 1 batch left\nDETAIL:  max_duration is over/, 'it says what is left');
cmp_ok($took, '>=', 1, 'after its time');
cmp_ok($took, '<', 20, 'and before the next attempt');
is(value(q{SELECT state, attempts, failures FROM williams_batch WHERE task = 'window'}), 'pending|10|1', 'the batch was tried');
value(q{SELECT williams_drop_task('window')});

#
# raise: waits for the batches of others, and is about the task
#
value('UPDATE document SET seen = 0');
my $once = 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2';
for my $end ('COMMIT', 'ROLLBACK')
{
	make_task($node, 'shared', $once, items => 500);
	my $s2 = session($node, 'postgres');
	$s2->query(q{BEGIN; SELECT williams_run_batch('shared')});
	$s1->begin(q{CALL williams_run('shared', raise => true)});
	wait_until($node, 'postgres', q{SELECT done = 3 AND running = 1 AND workers = 1 FROM williams_progress WHERE task = 'shared'}, 'all but one batch');
	usleep(300_000);
	is(workers('shared'), '1', 'the session waits for the other');
	$s2->query($end);
	$s1->result;
	unlike($s1->{err}, qr/WARNING|ERROR/, "$end: no error");
	is(value(q{SELECT state FROM williams_progress WHERE task = 'shared'}), 'done', 'it is done');
	value(q{SELECT williams_drop_task('shared')});
	$s2->quit;
}
is(value('SELECT min(seen), max(seen) FROM document'), '2|2', 'each row is processed once');
# without raise it does not wait; with a window it waits no longer
make_task($node, 'shared', $once, items => 500);
my $s2 = session($node, 'postgres');
$s2->query(q{BEGIN; SELECT williams_run_batch('shared')});
$s1->query(q{CALL williams_run('shared', raise => false)});
is(value(q{SELECT done, running FROM williams_progress WHERE task = 'shared'}), '3|1', 'without raise a run does not wait');
$s1->query(q{CALL williams_run('shared', '1 s', raise => true)});
like($s1->{err}, qr/NOTICE:  00000: task "shared" has 1 batch left/, 'in a window it waits as long');
unlike($s1->{err}, qr/ERROR/, 'which is no error');
# two that raise do not wait for each other
my $s3 = session($node, 'postgres');
$s1->begin(q{CALL williams_run('shared', raise => true)});
$s3->begin(q{CALL williams_run('shared', raise => true)});
wait_until($node, 'postgres', q{SELECT workers = 2 FROM williams_progress WHERE task = 'shared'}, 'two sessions wait for a third');
# stopped while another still has a batch: an error, once that has ended
value(q{SELECT williams_stop('shared')});
usleep(1500_000);
is(workers('shared'), '2', 'stopped, they wait for the batch that is running');
$s2->query('COMMIT');
$_->result for $s1, $s3;
unlike($s1->{err} . $s3->{err}, qr/ERROR/, 'all batches are done: no error');
value(q{SELECT williams_drop_task('shared')});
make_task($node, 'shared', $once, items => 500, pause_ms => 3600000);
$s2->query(q{BEGIN; SELECT williams_run_batch('shared')});
$s1->begin(q{CALL williams_run('shared', raise => true)});
wait_until($node, 'postgres', q{SELECT done = 1 AND running = 1 AND workers = 1 FROM williams_progress WHERE task = 'shared'}, 'a session pauses, another has a batch');
value(q{SELECT williams_stop('shared')});
usleep(1500_000);
is(workers('shared'), '1', 'stopped with batches pending, it waits');
$s2->query('COMMIT');
$s1->result;
like($s1->{err}, qr/ERROR:  57000: task "shared" was stopped with 2 batches pending\nHINT/, 'then it is an error');
# also if max_duration is over while it waits
value(q{SELECT williams_drop_task('shared')});
make_task($node, 'shared', $once, items => 500, pause_ms => 3600000);
$s2->query(q{BEGIN; SELECT williams_run_batch('shared')});
$s1->begin(q{CALL williams_run('shared', '5 s', raise => true)});
wait_until($node, 'postgres', q{SELECT done = 1 AND running = 1 AND workers = 1 FROM williams_progress WHERE task = 'shared'}, 'one more');
value(q{SELECT williams_stop('shared')});
$s1->result;
like($s1->{err}, qr/ERROR:  57000: task "shared" was stopped with 3 batches pending/, 'the time passes, and it is an error');
$s2->query('COMMIT');
# the last NOTICE is not repeated
make_task($node, 'told', 'SELECT pg_sleep(1.2) FROM document WHERE id = 1 AND id BETWEEN $1 AND $2', items => 2000);
$s1->query(q{CALL williams_run('told')});
is(scalar(() = $s1->{err} =~ /1 of 1 batches done/g), 1, 'progress is reported once');
value(q{SELECT williams_drop_task('told')});
# dropped
$s1->begin(q{CALL williams_run('shared', raise => true)});
wait_until($node, 'postgres', q{SELECT done = 3 AND workers = 1 FROM williams_progress WHERE task = 'shared'}, 'it pauses again');
value(q{SELECT williams_drop_task('shared')});
$s1->result;
like($s1->{err}, qr/ERROR:  42704: task "shared" was dropped/, 'dropped: an error');
$_->quit for $s1, $s2, $s3;

is(value(q{SELECT count(*) FROM pg_locks WHERE classid = 'williams_task'::regclass}), '0', 'no lock is left');
$node->stop;
done_testing();
