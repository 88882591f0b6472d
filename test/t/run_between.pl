# What happens between two batches: a task is stopped before its workers begin and while
# they wait; waiting workers are terminated; other sessions claim a batch whose commit
# failed; the extension, its schema and its database are dropped; there are tasks with
# the same name in two databases, and two tasks over one table.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

my $node = new_node('main', q{
max_worker_processes = 12
williams.max_workers = 2
});
my $workers = q{FROM pg_stat_activity WHERE backend_type = 'williams worker'};

sub value { return $node->safe_psql('postgres', $_[0]) }

make_documents($node, 'postgres', 1000);
my $count = 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2';

#
# Stopped after the launch and before the workers begin.
#
make_task($node, 'early', $count);
value(q{BEGIN; SELECT williams_launch('early', 2); SELECT williams_stop('early'); COMMIT});
wait_until($node, 'postgres', $no_worker, 'a task launched and stopped at once');
is(value('SELECT state, done FROM williams_progress'), 'stopped|0', 'stays stopped');
run_task($node, 'early');
is(value('SELECT state, done FROM williams_progress'), 'done|10', 'until it is run');
value(q{SELECT williams_drop_task('early')});

#
# A worker waits for the end of a pause, for the throttle or for the next attempt. It
# ends at once if the task is stopped or dropped or if it is terminated, and it is not
# in a long transaction.
#
value(
	q{
	CREATE FUNCTION unlucky() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE serialization_failure; END $$;
	CREATE TABLE throttle (closed boolean);
	INSERT INTO throttle VALUES (false);
});
my %waits = (
	'the pause' => [ $count, pause_ms => 3600000 ],
	'the throttle' => [ $count, throttle => q{'(SELECT closed FROM throttle)'} ],
	'the next attempt' => [ "$count AND (id <= 100 OR unlucky())", max_attempts => 1000 ]);
for my $what (sort keys %waits)
{
	for my $end ('SELECT williams_stop(\'waiting\')', 'SELECT williams_drop_task(\'waiting\')', "SELECT pg_terminate_backend(pid) $workers")
	{
		my ($function) = $end =~ /(\w+)\(/;

		value('UPDATE throttle SET closed = true');
		make_task($node, 'waiting', @{ $waits{$what} });
		value(q{SELECT williams_launch('waiting')});
		wait_until($node, 'postgres', "SELECT count(*) = 1 $workers AND wait_event = 'Extension'
			AND (SELECT count(*) = 10 AND max(attempts) >= CASE '$what' WHEN 'the next attempt' THEN 5 WHEN 'the pause' THEN 1 ELSE 0 END
				FROM williams_batch)", "a worker waits for $what");
		# more than one transaction, none of them long
		wait_until($node, 'postgres', "SELECT now() > backend_start + interval '1500 ms' AND now() < xact_start + interval '1400 ms' $workers",
			'not in a long transaction');
		value($end);
		wait_until($node, 'postgres', $no_worker, "$function ends it");
		value(q{SELECT williams_drop_task('waiting')}) if $end !~ /drop/;
	}
}
# they go on when the throttle allows it
make_task($node, 'waiting', @{ $waits{'the throttle'} });
value('UPDATE document SET seen = 0');
value(q{SELECT williams_launch('waiting', 2)});
wait_until($node, 'postgres', "SELECT count(*) = 2 $workers AND wait_event = 'Extension'", 'workers wait');
value('UPDATE throttle SET closed = false');
wait_until($node, 'postgres', q{SELECT state = 'done' FROM williams_progress}, 'until the throttle is false');
is(value('SELECT min(seen), max(seen) FROM document'), '1|1', 'each row is processed once');
value(q{SELECT williams_drop_task('waiting')});

#
# A commit fails, and meanwhile another session claims the batch, fails and splits it. The
# error may not come from the rows that are left, so it is not recorded.
#
value(
	q{
	DELETE FROM document WHERE id > 6;
	CREATE TABLE mine (id int);
	CREATE FUNCTION explode() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF NEW.id = 2 THEN
			SET CONSTRAINTS ALL DEFERRED;
			INSERT INTO mine VALUES (0);
		ELSIF NEW.id = 0 THEN
			PERFORM pg_advisory_xact_lock(1);
			RAISE division_by_zero;
		END IF;
		RETURN NULL;
	END $$;
	CREATE CONSTRAINT TRIGGER explode AFTER INSERT ON mine DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION explode();
	-- row 2 fails, in one session at the commit only
	CREATE FUNCTION touch(id int) RETURNS boolean LANGUAGE plpgsql AS $$
	BEGIN
		IF id = 2 AND current_setting('application_name') = 'first' THEN
			INSERT INTO mine VALUES (2);
		ELSIF id = 2 THEN
			RAISE division_by_zero;
		END IF;
		RETURN true;
	END $$;
});
make_task($node, 'changed', 'SELECT touch(id) FROM document WHERE id BETWEEN $1 AND $2', items => 2);
my %s = map { $_ => session($node, 'postgres') } qw(lock first second third drop);
my %pid = map { $_ => $s{$_}->pid } keys %s;
my $blocked = sub { wait_until($node, 'postgres', "SELECT cardinality(pg_blocking_pids($pid{$_[0]})) > 0", $_[1]) };

# the first session claims batch 1 and waits in its commit; the others claim 2 and 3
$s{first}->query(q{SET application_name = 'first'; SET statement_timeout = 0});
$s{lock}->query('BEGIN; SELECT pg_advisory_xact_lock(1)');
$s{first}->begin(q{CALL williams_run('changed')});
$blocked->('first', 'a commit is about to fail');
is($s{second}->query(q{BEGIN; SELECT williams_run_batch('changed')}), '2', 'another session runs the second batch');
is($s{third}->query(q{BEGIN; SELECT williams_run_batch('changed')}), '3', 'and one runs the third');
# a session that wants to drop the task keeps the first from recording its failure
$s{drop}->begin(q{SELECT williams_drop_task('changed')});
$blocked->('drop', 'the task cannot be dropped yet');
$s{lock}->query('ROLLBACK');
wait_until($node, 'postgres', "SELECT $pid{drop} = ANY (pg_blocking_pids($pid{first}))", 'the commit has failed');
is($s{second}->query(q{SELECT williams_run_batch('changed')}), '1', 'the second session runs that batch');
$s{second}->query('COMMIT');
is(value(q{SELECT string_agg(concat_ws(' ', batch_no, lower_key, upper_key, state), ', ' ORDER BY batch_no) FROM williams_batch}),
	'1 1 1 pending, 2 3 4 done, 3 5 6 pending, 4 2 2 pending', 'and splits it');
value("SELECT pg_cancel_backend($pid{drop})");
$s{drop}->result;
like($s{drop}->{err}, qr/57014/, 'the task is not dropped');
$s{third}->query('COMMIT');
$s{first}->result;
is(value(q{SELECT string_agg(concat_ws(' ', batch_no, lower_key, upper_key, state), ', ' ORDER BY batch_no) FROM williams_batch}),
	'1 1 1 done, 2 3 4 done, 3 5 6 done, 4 2 2 failed', 'one row fails, the other is done');
$_->quit for values %s;
value(q{SELECT williams_drop_task('changed')});

#
# Two tasks over one table, which update the same rows.
#
value('DELETE FROM document; INSERT INTO document (id) SELECT generate_series(1, 1000)');
make_task($node, 'one', $count, items => 20);
make_task($node, 'two', 'UPDATE document SET seen = seen + 1000 WHERE id BETWEEN $1 AND $2', items => 30);
value(q{SELECT williams_launch('one'), williams_launch('two')});
run_task($node, $_) for qw(two one);
wait_until($node, 'postgres', $no_worker, 'two tasks over one table, a worker and a session each');
is(value('SELECT min(seen), max(seen) FROM document'), '1001|1001', 'each row is processed once by each');
is(counts_of($node, 'postgres', 'one') . ', ' . counts_of($node, 'postgres', 'two'), '50 0 0, 34 0 0', 'all batches are done');
value(q{SELECT williams_drop_task('one'), williams_drop_task('two')});

#
# Two databases: each has a task with the same name, and workers count per database.
#
my $slow = "$count AND pg_sleep(0.001) IS NOT NULL";
value('UPDATE document SET seen = 0');
value('CREATE DATABASE other');
$node->safe_psql('other', 'CREATE SCHEMA documents; CREATE EXTENSION williams SCHEMA documents; ALTER DATABASE other SET search_path = public, documents');
make_documents($node, 'other', 1000);
my $create = qq{SELECT williams_create_task('same', 'document', '%s', 20, 'mb', max_items => 20)};
for my $db (qw(postgres other))
{
	$node->safe_psql($db, sprintf($create, $db eq 'other' ? $slow =~ s/1 WHERE/2 WHERE/r : $slow));
	is($node->safe_psql($db, q{SELECT williams_launch('same', 2)}), '2', "$db: williams.max_workers workers are launched");
	is(error_of($node, $db, q{SELECT williams_launch('same')}), '53400: no more workers can be launched in this database', 'and no more');
}
wait_until($node, 'postgres', $no_worker, 'four workers');
is($node->safe_psql($_, q{SELECT state, done FROM williams_progress}), 'done|50', "$_: all batches are done") for qw(postgres other);
is(value('SELECT min(seen), max(seen) FROM document'), '1|1', 'postgres: each row is processed once');
is($node->safe_psql('other', 'SELECT min(seen), max(seen) FROM document'), '2|2', 'other: each row is processed once');
value(q{SELECT williams_drop_task('same')});

#
# The extension, its schema or the database is dropped during a run. Other sessions are
# not affected.
#
my $checkpointer = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'};
my $before = value($checkpointer);
my $session = session($node, 'other');
for my $drop ('EXTENSION williams', 'SCHEMA documents CASCADE', 'DATABASE other WITH (FORCE)')
{
	$node->safe_psql('other', q{
		DROP EXTENSION IF EXISTS williams;
		CREATE SCHEMA IF NOT EXISTS documents;
		CREATE EXTENSION williams SCHEMA documents;
		UPDATE document SET seen = 0});
	# all three wait when the schema is dropped, and each runs a batch when the extension is
	my $pause = $drop =~ /SCHEMA/ ? 900 : 0;
	# long enough to be seen running, however busy the machine is
	$node->safe_psql('other', sprintf($create, $slow =~ s/0\.001/0.05/r) =~ s/, max/, pause_ms => $pause, max/r);
	$node->safe_psql('other', q{SELECT williams_launch('same', 2)});
	$session->begin(q{CALL williams_run('same')});
	ok($node->poll_query_until('other', 'SELECT done > 2 FROM williams_progress'), 'workers and a session run');
	$node->safe_psql($drop =~ /DATABASE/ ? 'postgres' : 'other', $drop =~ /DATABASE/ ? "DROP $drop" : "SET deadlock_timeout = '1 h'; DROP $drop");
	wait_until($node, 'postgres', $no_worker, "DROP $drop ends workers");
	$session->result;
	last if $drop =~ /DATABASE/;
	like($session->{err}, qr/ERROR:  (42P01|3F000|40P01): /, 'and so does the CALL, with an error that says why');
	is($node->safe_psql('other', 'SELECT count(*) FROM (SELECT (id - 1) / 20 FROM document GROUP BY 1 HAVING min(seen) <> max(seen)) b'),
		'0', 'no batch is half done');
	is($session->query('SELECT 1'), '1', 'the session is still usable');
}
like($session->{err}, qr/57P01/, 'and the session');
$session->quit;
is(value($checkpointer), $before, 'the server did not restart');

$node->stop;
done_testing();
