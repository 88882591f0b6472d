# The owner of the database drops the extension and replaces its tables with objects of
# his own while others use it: nothing of his runs with their rights.
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

value('CREATE ROLE mallory LOGIN');

# His objects: tables with the same columns, with a task owned by the superuser, and a view.
my $replace = q{
	CREATE TABLE s.task AS TABLE s.williams_task WITH NO DATA;
	CREATE TABLE s.batch AS TABLE s.williams_batch WITH NO DATA;
	CREATE TABLE s.history AS TABLE s.williams_task_history WITH NO DATA;
	CREATE TABLE s.own AS SELECT 1 AS id;
	DROP EXTENSION williams;
	ALTER TABLE s.task RENAME TO williams_task;
	ALTER TABLE s.batch RENAME TO williams_batch;
	ALTER TABLE s.history RENAME TO williams_task_history;
	CREATE FUNCTION s.evil() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE mallory SUPERUSER'; RETURN 1; END $$;
	CREATE FUNCTION s.evil_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM s.evil(); RETURN new; END $$;
	INSERT INTO s.williams_task (owner, name, relation, statement, search_path, available_memory_mb, key_column, key_order, method, strict,
			max_attempts, pause_ms, first_pending, stopped, created_at)
		VALUES (10, 'task', 's.own'::regclass, 'SELECT s.evil() WHERE $1 <= $2', 's', 1, 'id', 'integer_ops', 'exact', false, 3, 0, 1, false, now());
	INSERT INTO s.williams_batch (owner, task, batch_no, lower_key, upper_key, items, memory_mb, state, attempts)
		VALUES (10, 'task', 1, '1', '2', 1, 1, 'pending', 0);
	CREATE TRIGGER evil BEFORE UPDATE ON s.williams_task FOR EACH ROW EXECUTE FUNCTION s.evil_row();
	CREATE TRIGGER evil BEFORE UPDATE ON s.williams_batch FOR EACH ROW EXECUTE FUNCTION s.evil_row();
	CREATE TRIGGER evil BEFORE INSERT OR UPDATE ON s.williams_task_history FOR EACH ROW EXECUTE FUNCTION s.evil_row();
	CREATE VIEW s.williams_progress AS SELECT 'postgres'::name AS owner, 'task'::text AS task, 1::bigint AS batches, s.evil()::bigint AS done,
		0::bigint AS failed, 0::bigint AS rows, 0::float8 AS percent;
	GRANT ALL ON ALL TABLES IN SCHEMA s TO PUBLIC};

# A database that he owns, with the extension and a task owned by the superuser.
sub new_office
{
	value('DROP DATABASE IF EXISTS office');
	value('CREATE DATABASE office OWNER mallory');
	$node->safe_psql('office', 'CREATE SCHEMA s; CREATE EXTENSION williams SCHEMA s', extra_params => [ '-U', 'mallory' ]);
	$node->safe_psql('office', q{
		CREATE TABLE page AS SELECT generate_series(1, 10) AS id;
		SELECT s.williams_create_task('task', 'page', 'SELECT $1, $2', 1, '0', 'id', max_items => 1, pause_ms => 3600000)});
	return;
}

sub still_plain
{
	my ($what) = @_;

	is(value(q{SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'}), 'f', "$what: mallory is not a superuser");
	return;
}

# while a call waits for his lock
for my $call ("SELECT s.williams_stop('task')", "SELECT s.williams_run_batch('task')", "CALL s.williams_run('task')",
	"SELECT s.williams_retry('task')", "SELECT s.williams_extend_task('task', true)", "SELECT s.williams_prune('0')", "SELECT s.williams_alter_task('task', pause_ms => 0)", "SELECT s.williams_drop_task('task')")
{
	new_office();
	my ($mallory, $victim) = map { session($node, 'office') } 1 .. 2;
	my $pid = $victim->pid;
	$mallory->query("SET SESSION AUTHORIZATION mallory; BEGIN; $replace");
	$victim->begin($call);
	wait_until($node, 'postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid", "$call waits");
	$mallory->query('COMMIT');
	$victim->result;
	like($victim->{err}, qr/ERROR:  42P01: /, 'and fails because the extension is gone');
	still_plain($call);
	$_->quit for $mallory, $victim;
}

# between two batches, of a session and of a worker
for my $run ("CALL s.williams_run('task')", "SELECT s.williams_launch('task')")
{
	new_office();
	my $session = session($node, 'office');
	my $log = -s $node->logfile;
	$session->begin($run);
	ok($node->poll_query_until('office', 'SELECT done = 1 FROM s.williams_progress'), "$run: a batch is done");
	$node->safe_psql('office', $replace, extra_params => [ '-U', 'mallory' ]);
	$session->result;
	wait_until($node, 'postgres', $no_worker, 'the run ends');
	like($run =~ /CALL/ ? $session->{err} : slurp_file($node->logfile, $log), qr/ERROR:  (42P01: )?the tables of extension "williams" no longer exist/,
		'because its tables are gone');
	still_plain($run);
	$session->quit;
}

$node->stop;
done_testing();
