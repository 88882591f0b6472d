# The extension in a hostile schema. The owner of a database, not a superuser, creates
# in it a shadow of every function, operator, type and relation of pg_catalog whose
# name occurs in the sources, with the same argument types and with types that match
# a call better. Then they install the extension there and put that schema first in
# everybody's search_path. A superuser and an ordinary role use everything that the
# extension provides. A shadow reports its caller, and makes the owner a superuser if
# it can.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

my $sources = join '', map { slurp_file($_) } glob("$FindBin::RealBin/../../sql/*.sql"), glob("$FindBin::RealBin/../../src/{,*/,*/*/}*.c");
my %words = map { lc($_) => 1 } $sources =~ /[a-z_][a-z0-9_]*/gi;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "track_functions = all\nlog_statement = none\nlog_min_messages = log");
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE mallory LOGIN;
	CREATE ROLE alice LOGIN;
	CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
	CREATE DATABASE mall OWNER mallory;
});

# The output of a role's query, under the given search_path or the database's.
sub as
{
	my ($role, $query, $path) = @_;

	local $ENV{PGOPTIONS} = defined $path ? "-c search_path=$path" : '';
	return $node->safe_psql('mall', $query, extra_params => $role ? [ '-U', $role ] : []);
}

# The shadows called since the last time, as "NAME as ROLE".
my $read = -s $node->logfile;

sub calls
{
	my $log = slurp_file($node->logfile, $read);
	my %called = map { $_ => 1 } $log =~ /LOG:  shadow called: (.*)/g;

	$read = -s $node->logfile;
	return sort keys %called;
}

#
# The shadows
#
as('mallory', slurp_file("$FindBin::RealBin/shadows.sql"));
as('mallory', q{INSERT INTO lair.word SELECT unnest(string_to_array('} . join(' ', sort keys %words) . q{', ' '))});
as('mallory', 'INSERT INTO lair.source VALUES ($williams_source$' . $sources . '$williams_source$)');
as('mallory', 'CALL lair.cast_shadows()');
my $made = as('mallory', 'SELECT count(*) FROM lair.shadow WHERE made');
note("$made shadows: ", as('mallory', q{SELECT string_agg(format('%s of %s %s', made, wanted, what), ', ' ORDER BY what)
	FROM (SELECT what, count(*) AS wanted, count(*) FILTER (WHERE made) AS made
		FROM lair.shadow JOIN (VALUES ('f', 'functions'), ('a', 'aggregates'), ('w', 'window functions'), ('o', 'operators'), ('r', 'relations'),
			('t', 'types')) AS k (kind, what) ON k.kind::"char" = shadow.kind GROUP BY what) c}));
cmp_ok($made, '>', 5000, 'shadows were created');

# they report callers that find them by a better match or by the search_path
as('mallory', q{SELECT quote_ident(current_user), 'pg_class'::regclass = 1259::oid}, 's');
is_deeply([ calls() ], [ 'pg_catalog.bool =(pg_catalog.regclass, pg_catalog.oid) as mallory', 'pg_catalog.text quote_ident(pg_catalog.name) as mallory' ],
	'shadows that match better report their caller');
as('mallory', q{SELECT sum(1::float8) FROM pg_namespace WHERE nspname = 's'::name}, 's,pg_catalog');
is_deeply([ calls() ], [ 'pg_catalog.bool =(pg_catalog.name, pg_catalog.name) as mallory', 'pg_catalog.float8 sum(pg_catalog.float8) as mallory',
	'relation pg_namespace as mallory', 'type float8 as mallory', 'type name as mallory' ], 'shadows that come first report their caller');

#
# The installation
#
as('mallory', 'CREATE EXTENSION williams SCHEMA s');
is(join("\n", calls()), '', 'the script calls no shadow');

#
# Its use. Every statement here is qualified, so only the extension can call a shadow.
#
as('', slurp_file("$FindBin::RealBin/calls.sql"), '');
my @queries = split /\n/, as('', "SELECT coalesce(query, 'no value of a type') FROM calls.queries('" . $node->basedir . "') AS query", '');
cmp_ok(scalar @queries, '>', 90, 'calls of all functions, operators, casts, types and relations');
ok(!grep(/^no value/, @queries), 'a value of each type');
as('', 'GRANT EXECUTE ON FUNCTION s.williams_launch(text, int) TO alice', '');

# statements that succeed, fail for one row, fail with a retryable error or another one, and defer a trigger
my $update = q{UPDATE %s.page SET seen = seen OPERATOR(pg_catalog.+) 1 WHERE id OPERATOR(pg_catalog.>=) $1 AND id OPERATOR(pg_catalog.<=) $2};
my %statement = (
	done => $update,
	blamed => qq{$update AND (1 OPERATOR(pg_catalog./) (id OPERATOR(pg_catalog.-) 7)) IS NOT NULL},
	passing => qq{$update AND %1\$s.fails('40001')},
	wrong => qq{$update AND %1\$s.fails('42501')},
	deferred => q{INSERT INTO %s.late SELECT id FROM %1$s.page WHERE id OPERATOR(pg_catalog.>=) $1 AND id OPERATOR(pg_catalog.<=) $2},
	bounded => q{UPDATE %s.page SET seen = 1},
	merged => q{MERGE INTO %s.late USING %1$s.page AS p ON false WHEN NOT MATCHED THEN INSERT VALUES (p.id OPERATOR(pg_catalog.+) 100)});

sub create_task
{
	my ($schema, $name, $statement, @more) = @_;
	my $text = sprintf $statement, $schema;

	return "SELECT s.williams_create_task(" . join(', ', "name => '$name'::pg_catalog.text", "relation => '$schema.page'::pg_catalog.regclass",
		"statement => \$s\$$text\$s\$::pg_catalog.text", "available_memory_mb => '4'::pg_catalog.float8", @more) . ");\n";
}

# A call of a function that takes a task's name.
sub task_call
{
	my ($function, $name) = @_;

	return "SELECT s.$function(task => '$name'::pg_catalog.text);\n";
}

# A dashboard of the table scan: its rows change, it is refreshed and read.
sub use_dashboard
{
	my $schema = shift;
	my ($source, $rollup) = ("'$schema.scan'::pg_catalog.regclass", "dashboard => '$schema.daily'::pg_catalog.regclass");
	my $refresh = "SELECT s.williams_refresh_dashboard($rollup);\n";

	return "SELECT s.williams_create_dashboard(source => $source, time_zone => 'Europe/Paris'::pg_catalog.text, as_read => 'fields'::pg_catalog.name, "
	  . "rollup => '$schema.daily'::pg_catalog.text);\n"
	  . "$refresh UPDATE $schema.scan SET version = NULL, created_at = 'infinity'::pg_catalog.timestamptz WHERE type IS NULL;\n"
	  . "INSERT INTO $schema.scan (type, created_at) VALUES ('permit', '2026-03-29'::pg_catalog.timestamptz);\n$refresh"
	  . "SELECT s.williams_refresh_dashboard($rollup, everything => true);\nSELECT * FROM $schema.daily_dashboard;\n"
	  . "SELECT s.williams_drop_dashboard($rollup);\n";
}

sub use_tasks
{
	my ($role, $path) = @_;
	my $schema = "of_" . ($role || 'superuser');
	my $run = sub { "CALL s.williams_run(task => '$_[0]'::pg_catalog.text);\n" };
	my $weights = "item_mb => '1'::pg_catalog.text";
	my $sql = '';

	# its own tables
	as('', "CREATE SCHEMA $schema AUTHORIZATION " . ($role || 'CURRENT_USER'), '');
	as($role, qq{
		CREATE TABLE $schema.page (id int PRIMARY KEY, seen int NOT NULL DEFAULT 0, body text);
		INSERT INTO $schema.page SELECT i, 0, repeat('x', 1000) FROM generate_series(1, 40) AS i;
		ANALYZE $schema.page;
		CREATE TABLE $schema.late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
		INSERT INTO $schema.late VALUES (5);
		CREATE TABLE $schema.scan (created_at timestamptz DEFAULT pg_catalog.now(), type text, fields jsonb, base float8, engine jsonb, score float8, confidence float8, n int, multiplier float8,
			scores jsonb, review text[], reasons jsonb, accepted text[], verified text[], version bigint);
		CREATE TRIGGER score BEFORE INSERT OR UPDATE ON $schema.scan FOR EACH ROW EXECUTE FUNCTION
			s.williams_score_ocr('fields=fields', 'engine_confidence=engine', 'base=base', 'profile_column=type', 'score=score', 'scores=scores',
				'confidence=confidence', 'num_fields=n', 'multiplier=multiplier', 'review=review', 'reasons=reasons', 'verified=verified', 'accepted=accepted',
				'profile_version=version');
		CREATE FUNCTION $schema.fails(code text) RETURNS boolean LANGUAGE plpgsql AS \$\$ BEGIN RAISE 'x' USING ERRCODE = code; END \$\$;
	}, '');
	$sql .= create_task($schema, 'forgotten', 'SELECT $1, $2') . &$run('forgotten') . "SELECT s.williams_prune(older_than => '0'::pg_catalog.interval);\n";
	# create tasks, preview them, run them by batches, by CALL and by workers, split, retry, stop, alter and drop them
	$sql .= create_task($schema, $_, $statement{$_}, $weights, "max_attempts => '2'::pg_catalog.int4",
		"throttle => '(SELECT false)'::pg_catalog.text", "pause_ms => '1'::pg_catalog.int4", "time_limit_ms => '60000'::pg_catalog.int4")
	  . task_call('williams_preview', $_) . task_call('williams_bounded_statement', $_)
	  . task_call('williams_run_batch', $_) . "BEGIN;\n" . task_call('williams_run_batch', $_) x 2 . "SELECT * FROM s.williams_progress;\nCOMMIT;\n"
	  . &$run($_) . task_call('williams_retry', $_) . &$run($_) . task_call('williams_stop', $_)
	  for sort keys %statement;
	$sql .= create_task($schema, 'blocks', q{INSERT INTO %s.late SELECT id FROM %1$s.page WHERE ctid OPERATOR(pg_catalog.>=) $1 AND ctid OPERATOR(pg_catalog.<=) $2},
		"method => 'ctid'::pg_catalog.text") . &$run('blocks');
	$sql .= create_task($schema, 'throttled', $update, "throttle => 'true'::pg_catalog.text") . task_call('williams_run_batch', 'throttled');
	$sql .= "SELECT s.williams_alter_task(task => 'throttled'::pg_catalog.text, statement => 'SELECT \$1, \$2'::pg_catalog.text, throttle => 'false'::pg_catalog.text);\n";
	$sql .= "CALL s.williams_apply(statement => \$s\$" . sprintf($update, $schema) . "\$s\$::pg_catalog.text, workers => '1'::pg_catalog.int4);\n";
	$sql .= "CALL s.williams_run(task => 'throttled'::pg_catalog.text, max_duration => '1 s'::pg_catalog.interval, raise => 'true'::pg_catalog.bool);\n";
	$sql .= "INSERT INTO $schema.page SELECT i, 0, 'x' FROM pg_catalog.generate_series(41, 50) AS i;\n" . task_call('williams_extend_task', 'throttled')
	  . "SELECT s.williams_extend_task(task => 'throttled'::pg_catalog.text, gaps => true);\nSELECT s.williams_extend_task(task => 'blocks'::pg_catalog.text);\n";
	$sql .= create_task($schema, 'launched', $statement{blamed}, $weights);
	$sql .= "SELECT s.williams_launch(task => 'launched'::pg_catalog.text, workers => '2'::pg_catalog.int4);\n";
	$sql .= "SELECT s.williams_plan_table(relation => '$schema.page'::pg_catalog.regclass, available_memory_mb => '1'::pg_catalog.float8);\n";
	$sql .= "SELECT s.williams_plan_table(relation => '$schema.page'::pg_catalog.regclass, available_memory_mb => '0.01'::pg_catalog.float8, method => 'ctid'::pg_catalog.text);\n";
	$sql .= qq{INSERT INTO $schema.scan (type, fields, engine) VALUES ('permit', '{"permit_number": "AB1", "zip": ""}', '{"permit_number": 0.7}'), (NULL, '{"a": 1}', NULL);
		UPDATE $schema.scan SET fields = '{"permit_number": "AB2"}', verified = '{permit_number,city}', type = 'passport';
		UPDATE $schema.scan SET version = NULL;\n};
	$sql .= use_dashboard($schema);
	$sql .= "SELECT * FROM s.williams_$_;\n" for 'task', 'batch', 'progress', 'stat_task', 'profile';
	no_shadow($role, $sql, "$path: tasks $schema");
	return;
}

sub drop_tasks
{
	my ($role, $path) = @_;
	my $schema = "of_" . ($role || 'superuser');

	no_shadow($role, join('', map { task_call('williams_drop_task', $_) } 'launched', 'throttled', 'blocks', sort keys %statement), "$path: no task $schema");
	as('', "DROP SCHEMA $schema CASCADE", '');
	return;
}

# Run a query under the database's search_path: without errors, and without calling a shadow.
sub no_shadow
{
	my ($role, $query, $what) = @_;

	my ($rc, $out, $err) = $node->psql('mall', $query, on_error_stop => 0, extra_params => $role ? [ '-U', $role ] : []);
	is(join("\n", grep { /ERROR/ } split /\n/, $err), '', "$what: no error");
	local $ENV{PGOPTIONS} = '-c search_path=';
	$node->poll_query_until('mall', $no_worker) or die 'workers did not end';
	is(join("\n", calls()), '', "$what: no shadow is called");
	return;
}

for my $path ('s, "$user", public', 's, pg_catalog')
{
	as('mallory', "ALTER DATABASE mall SET search_path = $path", '');
	no_shadow('', join(";\n", @queries), "$path: everything without side effects");
	use_tasks($_, $path) for '', 'alice';
	# roles that may see all tasks, and others
	no_shadow($_, 'SELECT * FROM s.williams_progress; SELECT * FROM s.williams_stat_task', "$path: the views for " . ($_ || 'a superuser'))
	  for '', 'monitor', 'alice', 'mallory';
	# fire the trigger for replicated changes
	no_shadow('', q{SET session_replication_role = replica; UPDATE s.williams_batch SET rows = rows; UPDATE s.williams_task SET stopped = stopped}, "$path: replicated changes");
	drop_tasks($_, $path) for '', 'alice';
	# a user's own profiles
	no_shadow(
		$_, q{
		INSERT INTO s.williams_profile (name, rules) VALUES ('own', '{"fields": {"a": null}}');
		UPDATE s.williams_profile SET rules = '{"fields": {"b": null}}' WHERE name OPERATOR(pg_catalog.=) 'own'::pg_catalog.text;
		DELETE FROM s.williams_profile WHERE name OPERATOR(pg_catalog.=) 'own'::pg_catalog.text;
	}, "$path: profiles of " . ($_ || 'a superuser')) for '', 'mallory';
}
is(as('', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'}, ''), 'f', 'nobody became a superuser');

# every function was called, except those of types, indexes and the planner, and aggregates, whose calls PostgreSQL does not count
is( as('', q{
	SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc p JOIN calls.member ON classid = 'pg_proc'::regclass AND objid = p.oid
	WHERE NOT proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[] AND prokind IN ('f', 'p')
		AND NOT EXISTS (SELECT FROM pg_stat_user_functions s WHERE s.funcid = p.oid AND calls > 0)}, ''),
	'', 'every function was called');

$node->stop;
done_testing();
