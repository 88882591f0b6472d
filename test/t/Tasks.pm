# Shared by the tests of tasks: sessions that run in the background, and tables of
# documents whose column "seen" counts how often a row was processed.
package Tasks;

use strict;
use warnings;
use Exporter 'import';
use IPC::Run;
use Test::More;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(new_node make_documents make_task run_task error_of wait_until counts_of session $no_worker);

our $no_worker = q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'williams worker'};

# Start a server with the extension in the database postgres.
sub new_node
{
	my ($name, $conf, %params) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(%params);
	$node->append_conf('postgresql.conf', "log_statement = none\n$conf");
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION williams');
	return $node;
}

# Create a table of documents 1 to n, of 1 MB each, not seen yet.
sub make_documents
{
	my ($node, $db, $n, $name) = @_;
	$name ||= 'document';
	$node->safe_psql(
		$db, qq{
		CREATE TABLE $name (id int PRIMARY KEY, mb float8 NOT NULL DEFAULT 1, seen int NOT NULL DEFAULT 0);
		INSERT INTO $name (id) SELECT generate_series(1, $n);
		ANALYZE $name;
	});
	return;
}

# Create a task in the database postgres, over document or $with{table}, in batches of
# 100 or $with{items} rows; the rest of %with are arguments of williams_create_task.
sub make_task
{
	my ($node, $name, $statement, %with) = @_;
	my $items = delete $with{items} || 100;
	my $table = delete $with{table} || 'document';
	my $more = join '', map { ", $_ => $with{$_}" } sort keys %with;

	$node->safe_psql('postgres',
		qq{SELECT williams_create_task('$name', '$table', \$\$$statement\$\$, $items, 'mb', max_items => $items$more)});
	return;
}

# Run a task until it is done, without messages.
sub run_task
{
	my ($node, $name) = @_;

	$node->safe_psql('postgres', qq{SET client_min_messages = error; CALL williams_run('$name')});
	return;
}

# The SQLSTATE and message of a query's error, or ''.
sub error_of
{
	my ($node, $db, $query) = @_;
	my ($rc, $out, $err) = $node->psql($db, "\\set VERBOSITY verbose\n$query");

	return $err =~ /ERROR:  (\w{5}: .*)/ ? $1 : '';
}

# Poll until the query returns true, as a test.
sub wait_until
{
	my ($node, $db, $query, $what) = @_;

	ok($node->poll_query_until($db, $query), $what)
	  or diag($node->safe_psql($db, 'SELECT pid, backend_type, state, wait_event, query FROM pg_stat_activity'));
	return;
}

# The numbers of a task's batches as "done failed pending"
sub counts_of
{
	my ($node, $db, $task) = @_;

	return $node->safe_psql(
		$db, qq{
		SELECT concat_ws(' ', count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'failed'),
			count(*) FILTER (WHERE state = 'pending')) FROM williams_batch WHERE task = '$task'});
}

# A psql that stays connected.
sub session
{
	my ($node, $db) = @_;
	my $self = bless { in => '', out => '', err => '', sent => 0 }, 'Tasks::Session';
	my $psql = $node->can('installed_command') ? $node->installed_command('psql') : 'psql';

	$self->{timer} = IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default);
	$self->{run} = IPC::Run::start([ $psql, '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr($db), '-f', '-' ],
		'<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err}, $self->{timer});
	$self->query('SELECT');
	return $self;
}

package Tasks::Session;

use strict;
use warnings;

# Begin a query without waiting for its result.
sub begin
{
	my ($self, $query) = @_;

	$self->{out} = $self->{err} = '';
	$self->{sent}++;
	$self->{in} .= "$query;\n\\echo end $self->{sent}\n\\warn end $self->{sent}\n";
	$self->{run}->pump_nb while length $self->{in};
	return;
}

# Wait for the query that was begun and return its output. Its messages are in err.
sub result
{
	my ($self) = @_;
	my $end = "end $self->{sent}\n";

	$self->{timer}->start;
	until ($self->{out} =~ /$end/ and $self->{err} =~ /$end/)
	{
		last unless $self->{run}->pumpable;
		$self->{run}->pump;
	}
	s/$end// for $self->{out}, $self->{err};
	chomp(my $out = $self->{out});
	return $out;
}

sub query
{
	my ($self, $query) = @_;

	$self->begin($query);
	return $self->result;
}

sub pid
{
	my ($self) = @_;

	return $self->query('SELECT pg_backend_pid()');
}

# The server may have closed the connection.
sub quit
{
	my ($self) = @_;

	$self->{in} .= "\\q\n";
	eval { $self->{run}->finish };
	return;
}

1;
