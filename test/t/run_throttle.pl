# The throttle for replication lag, exactly as in docs/run.md: a task waits while a
# replica is behind, if its owner is allowed to see that.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my ($throttle) = slurp_file("$FindBin::RealBin/../../docs/run.md") =~ /throttle => \$\$(\(SELECT[^\$]*pg_stat_replication\))\$\$/;
ok($throttle, 'docs/run.md shows a throttle for replication lag');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->start;
$node->backup('backup');
my $replica = PostgreSQL::Test::Cluster->new('replica');
$replica->init_from_backup($node, 'backup', has_streaming => 1);
$replica->start;

$node->safe_psql('postgres', qq{
	CREATE EXTENSION williams;
	CREATE TABLE page (id int PRIMARY KEY, body text);
	INSERT INTO page SELECT generate_series(1, 100);
	CREATE ROLE blind;
	CREATE ROLE clerk IN ROLE pg_monitor;
	GRANT SELECT ON page TO blind, clerk;
	CREATE FUNCTION make_task() RETURNS bigint LANGUAGE sql AS \$f\$
		SELECT williams_create_task('pages', 'page', 'SELECT \$1, \$2', 1, max_items => 10, throttle => \$\$$throttle\$\$) \$f\$;
	SET ROLE blind; SELECT make_task();
	SET ROLE clerk; SELECT make_task();
});

sub taken
{
	my ($role) = @_;
	return $node->safe_psql('postgres', "SET ROLE $role; SELECT williams_run_batch('pages')");
}

$node->wait_for_catchup($replica, 'replay', $node->lsn('insert'));
is(taken('clerk'), '1', 'runs if the replica has caught up');

# more than the 64 MB of WAL
$replica->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$node->safe_psql('postgres', q{
	SELECT pg_logical_emit_message(false, 'williams', repeat('x', 10000000)) FROM generate_series(1, 7)});
is(taken('clerk'), '', 'waits if the replica is behind');
is(taken('blind'), '1', 'but not if the owner cannot see that');

$replica->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
$node->wait_for_catchup($replica, 'replay', $node->lsn('insert'));
is(taken('clerk'), '2', 'runs if it has caught up again');
$replica->stop;
$node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM pg_stat_replication)');
is(taken('clerk'), '3', 'runs if it is not connected');

$node->stop;
done_testing();
