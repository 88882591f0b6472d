# A physical replica: queries that read work there, running tasks is refused. Tasks
# survive a restart and pg_upgrade, and are not in a dump.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

my $primary = new_node('primary', '', allows_streaming => 1);
make_documents($primary, 'postgres', 1000);
$primary->safe_psql(
	'postgres', q{
	SELECT williams_create_task('count', 'document', 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2', 100, 'mb', max_items => 1000);
	SELECT williams_run_batch('count');
});
$primary->backup('backup');
my $replica = PostgreSQL::Test::Cluster->new('replica');
$replica->init_from_backup($primary, 'backup', has_streaming => 1);
$replica->start;
$primary->wait_for_catchup($replica);

# queries that read return the same
for my $query (
	q{SELECT * FROM williams_plan_table('document', 100, 'mb', max_items => 300)},
	q{SELECT * FROM williams_plan_table('document', 1, method => 'ctid')},
	q{SELECT owner, task, state, batches, done, rows, percent FROM williams_progress},
	q{SELECT * FROM williams_batch ORDER BY batch_no},
	q{SELECT * FROM williams_stat_task},
	q{SELECT williams_workload(mb, 100) FROM document},
	q{SELECT williams_scorecard_agg(id / 1000.0) FROM document},
	q{SELECT williams_optimize_batch_size(1000, 100), williams_space_bound(1000)})
{
	is($replica->safe_psql('postgres', $query), $primary->safe_psql('postgres', $query), "on a replica: $query");
}

# functions of tasks are refused
for my $query (
	q{SELECT williams_create_task('x', 'document', 'SELECT $1, $2', 100)},
	q{SELECT williams_run_batch('count')},
	q{CALL williams_run('count')},
	q{SELECT williams_launch('count')},
	q{SELECT williams_stop('count')},
	q{SELECT williams_retry('count')},
	q{SELECT williams_bounded_statement('count')},
	q{SELECT williams_preview('count')},
	q{SELECT williams_extend_task('count')},
	q{SELECT williams_prune('1 day')},
	q{SELECT williams_drop_task('count')})
{
	like(error_of($replica, 'postgres', $query), qr/^25006: cannot execute williams_\w+\(\) (in a read-only transaction|during recovery)/, "refused: $query");
}

# after its promotion it can run tasks
$replica->promote;
run_task($replica, 'count');
is($replica->safe_psql('postgres', 'SELECT min(seen), max(seen) FROM document'), '1|1', 'after its promotion it does the rest');
$replica->stop;

# a restart
$primary->restart;
$primary->safe_psql('postgres', q{SELECT williams_run_batch('count')});
is(counts_of($primary, 'postgres', 'count'), '2 0 8', 'a task goes on after a restart');

# a dump has no tasks; new ones can be created in the restored database
$primary->safe_psql('postgres', 'CREATE DATABASE restored');
my $dump = $primary->backup_dir . '/dump.sql';
$primary->command_ok([ 'pg_dump', '-f', $dump, '-d', $primary->connstr('postgres') ], 'pg_dump');
$primary->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $dump, '-d', $primary->connstr('restored') ], 'restored');
is($primary->safe_psql('restored', 'SELECT (SELECT count(*) FROM williams_task), (SELECT count(*) FROM williams_batch), (SELECT count(*) FROM document)'),
	'0|0|1000', 'tasks are not dumped');
$primary->safe_psql(
	'restored', q{
	SELECT williams_create_task('count', 'document', 'UPDATE document SET seen = 7 WHERE id BETWEEN $1 AND $2', 100, 'mb', max_items => 1000);
	SET client_min_messages = error;
	CALL williams_run('count');
});
is($primary->safe_psql('restored', 'SELECT DISTINCT seen FROM document'), '7', 'two databases have a task with the same name');
is(counts_of($primary, 'postgres', 'count'), '2 0 8', 'and each runs its own');
$primary->safe_psql('restored', 'DROP EXTENSION williams; CREATE EXTENSION williams');
is($primary->safe_psql('restored', 'SELECT count(*) FROM williams_task'), '0', 'the extension takes its tasks with it');

# pg_upgrade keeps tasks, even those by blocks
$primary->safe_psql(
	'postgres', q{
	DROP DATABASE restored;
	SELECT williams_create_task('blocks', 'document', 'SELECT FROM document WHERE ctid BETWEEN $1 AND $2', 0.01, method => 'ctid');
});
$primary->stop;
my $upgraded = PostgreSQL::Test::Cluster->new('upgraded');
$upgraded->init;
my $bindir = $upgraded->config_data('--bindir');
chdir PostgreSQL::Test::Utils::tempdir;
command_ok(
	[
		'pg_upgrade', '--no-sync', '-b', $bindir, '-B', $bindir, '-d', $primary->data_dir, '-D', $upgraded->data_dir,
		'-s', $upgraded->host, '-p', $primary->port, '-P', $upgraded->port
	],
	'pg_upgrade');
$upgraded->start;
is(counts_of($upgraded, 'postgres', 'count'), '2 0 8', 'pg_upgrade keeps tasks');
is($upgraded->safe_psql('postgres', q{SET client_min_messages = error; CALL williams_run('count'); CALL williams_run('blocks');
	SELECT task, state FROM williams_progress ORDER BY task}), "blocks|done\ncount|done", 'which can go on');
is($upgraded->safe_psql('postgres', 'SELECT min(seen), max(seen) FROM document'), '1|1', 'each row is processed once');
$upgraded->stop;
done_testing();
