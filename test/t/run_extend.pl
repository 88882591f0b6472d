# A task is extended while workers run it, and by several sessions at a time: every row is
# processed once, also if the server crashes. Runs are counted, and a task that a worker
# has is not pruned.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

my $node = new_node('main', 'max_worker_processes = 16');
my $count = 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2';

sub value { return $node->safe_psql('postgres', $_[0]) }

# One session adds rows and two extend the task, with and without gaps, each 100 times.
sub grow
{
	my @sessions = map { session($node, 'postgres') } 1 .. 3;
	my @work = (
		'INSERT INTO document SELECT max(id) + n, 1 FROM document, generate_series(1, 7) AS n GROUP BY n',
		q{PERFORM williams_extend_task('grow')},
		q{PERFORM williams_extend_task('grow', gaps => true)});

	$sessions[$_]->begin("DO \$\$ BEGIN FOR i IN 1 .. 100 LOOP $work[$_]; COMMIT; PERFORM pg_sleep(0.002); END LOOP; END \$\$") for 0 .. 2;
	$_->result for @sessions;
	is(join('', map { $_->{err} } @sessions), '', 'rows arrive and the task is extended, without errors');
	$_->quit for @sessions;
	return;
}

sub once
{
	my ($what, $rows) = @_;

	is(value('SELECT min(seen), max(seen), count(*) FROM document'), "1|1|$rows", "$what: every row is processed once");
	is( value(q{SELECT count(*), max(batch_no) - count(*), sum(items) FROM (SELECT batch_no, items, lower_key::int AS lower,
			lag(upper_key::int) OVER (ORDER BY lower_key::int) AS before FROM williams_batch WHERE task = 'grow') AS b
			WHERE before IS NULL OR before < lower}) =~ /^\d+\|0\|$rows$/,
		1, "$what: in batches that are disjoint and numbered without gaps");
	return;
}

#
# While workers run it
#
make_documents($node, 'postgres', 1000);
make_task($node, 'grow', $count, items => 10, pause_ms => 1);
is(value(q{SELECT williams_launch('grow', 2)}), '2', 'two workers');
grow();
run_task($node, 'grow');
value(q{SELECT williams_extend_task('grow')});
run_task($node, 'grow');
wait_until($node, 'postgres', $no_worker, 'the workers end');
once('while workers run it', 1700);
is(value('SELECT runs, done = (SELECT count(*) FROM williams_batch), rows FROM williams_stat_task'), '3|t|1700', 'a launch and two calls are three runs');

#
# A crash undoes an extension as a whole
#
my $before = value('SELECT last_key, (SELECT count(*) FROM williams_batch) FROM williams_task');
value('INSERT INTO document SELECT generate_series(2001, 2100)');
my $session = session($node, 'postgres');
is($session->query("BEGIN; SELECT williams_extend_task('grow')"), '10', 'extended in a transaction');
$node->stop('immediate');
$node->start;
$session->quit;
is(value('SELECT last_key, (SELECT count(*) FROM williams_batch) FROM williams_task'), $before, 'after a crash nothing is left of it');
is(value(q{SELECT williams_extend_task('grow')}), '10', 'and it can be done again');
run_task($node, 'grow');
once('after a crash', 1800);
is(value('SELECT runs, rows FROM williams_stat_task'), '4|1800', 'the statistics have survived');

#
# What counts as a run
#
value(q{BEGIN; SELECT williams_launch('grow', 2); ROLLBACK});
value(q{SELECT williams_launch('grow', 3)});
wait_until($node, 'postgres', 'SELECT runs = 5 FROM williams_stat_task', 'a launch is one run, however many workers it has');
wait_until($node, 'postgres', $no_worker, 'the workers end');
is(value('SELECT runs FROM williams_stat_task'), '5', 'and one that is rolled back is none');
# nobody waits for the transaction that launches workers
$session = session($node, 'postgres');
$session->query(q{BEGIN; SELECT williams_launch('grow')});
run_task($node, 'grow');
$session->query('COMMIT');
$session->quit;
wait_until($node, 'postgres', 'SELECT runs = 7 FROM williams_stat_task', 'a run beside a launch that is not committed');
wait_until($node, 'postgres', $no_worker, 'the worker ends');

#
# A worker that pauses still has its task. It does not see yet that the other batch is done.
#
make_task($node, 'pause', 'SELECT $1, $2', items => 900, pause_ms => 600000);
value(q{SELECT williams_launch('pause')});
wait_until($node, 'postgres', q{SELECT done = 1 AND running = 0 FROM williams_progress WHERE task = 'pause'}, 'one of its two batches is done');
is( value(q{BEGIN; UPDATE williams_batch SET state = 'done', finished_at = now() WHERE task = 'pause' AND state = 'pending';
		SELECT williams_prune('0'); SELECT string_agg(name, ' ') FROM williams_task; COMMIT}),
	"1\npause", 'only the other task is pruned, not the one that a worker has');
value(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'williams worker'});
wait_until($node, 'postgres', $no_worker, 'the worker ends');
is(value(q{SELECT williams_prune('0')}), '1', 'then it is pruned, too');
is(value(q{SELECT string_agg(concat_ws(' ', task, runs, rows), ', ' ORDER BY task) FROM williams_stat_task}), 'grow 7 1800, pause 1 1', 'the statistics are kept');

$node->stop;
done_testing();
