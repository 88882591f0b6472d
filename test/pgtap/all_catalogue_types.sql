/*
 * all_catalogue_types.sql
 *		The extension in the system catalogues: every type, cast, operator, operator
 *		class, table and view is listed here with its required properties, and there
 *		are no others. Functions and aggregates are in all_catalogue.sql.
 */
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS williams;

SELECT plan(24);

\ir member.psql

--
-- Types
--
SELECT set_eq(
	$$SELECT typname, typtype::text, typlen::int, typalign::text, typstorage::text, typbyval
	  FROM member JOIN pg_type AS t ON t.oid = objid WHERE classid = 'pg_type'::regclass$$,
	$$VALUES ('williams_workload_state', 'b', 40, 'd', 'p', false),
		('williams_efficiency_state', 'b', 64, 'd', 'p', false),
		('williams_field_score', 'c', -1, 'd', 'x', false),
		('williams_evidence', 'b', -1, 'd', 'x', false),
		('williams_scorecard', 'b', -1, 'd', 'x', false),
		('williams_scorecard_state', 'b', 1664, 'd', 'p', false),
		('williams_calibration', 'b', -1, 'd', 'x', false),
		('williams_calibration_state', 'b', 6448, 'd', 'p', false),
		('williams_workload_result', 'c', -1, 'd', 'x', false),
		('williams_efficiency_result', 'c', -1, 'd', 'x', false)$$,
	'types: fixed-length states aligned as double, stored summaries, results');
SELECT set_eq(
	$$SELECT typname, typinput::text, typoutput::text, typreceive::text, typsend::text
	  FROM member JOIN pg_type AS t ON t.oid = objid WHERE classid = 'pg_type'::regclass AND typtype = 'b'$$,
	$$VALUES ('williams_workload_state', 'williams_workload_state_in', 'williams_workload_state_out',
			'williams_workload_state_recv', 'williams_workload_state_send'),
		('williams_efficiency_state', 'williams_efficiency_state_in', 'williams_efficiency_state_out',
			'williams_efficiency_state_recv', 'williams_efficiency_state_send'),
		('williams_evidence', 'williams_evidence_in', 'williams_evidence_out',
			'williams_evidence_recv', 'williams_evidence_send'),
		('williams_scorecard', 'williams_scorecard_in', 'williams_scorecard_out',
			'williams_scorecard_recv', 'williams_scorecard_send'),
		('williams_scorecard_state', 'williams_scorecard_state_in', 'williams_scorecard_state_out',
			'williams_scorecard_state_recv', 'williams_scorecard_state_send'),
		('williams_calibration', 'williams_calibration_in', 'williams_calibration_out',
			'williams_calibration_recv', 'williams_calibration_send'),
		('williams_calibration_state', 'williams_calibration_state_in', 'williams_calibration_state_out',
			'williams_calibration_state_recv', 'williams_calibration_state_send')$$,
	'every state and summary has a text and a binary form');
SELECT is(string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum), attributes, typname || ': attributes')
FROM (VALUES
	('williams_field_score',
		'overall double precision, multiplier double precision, num_fields bigint, script text, review text[], scores jsonb'),
	('williams_workload_result',
		'items bigint, total_mb double precision, max_item_mb double precision, space_bound double precision, '
		'efficiency double precision, batch_size bigint, batches bigint, peak_mb double precision'),
	('williams_efficiency_result',
		'operation_count bigint, average_efficiency double precision, max_efficiency double precision, '
		'total_space_saved double precision, total_time_complexity numeric, total_space_bound double precision'))
	AS v (typname, attributes) JOIN pg_attribute ON attrelid = v.typname::regclass
GROUP BY typname, attributes;
SELECT set_eq(
	$$SELECT castsource::regtype::text, casttarget::regtype::text, castfunc::regprocedure::text, castcontext::text FROM pg_cast
	  WHERE castsource IN (SELECT objid FROM member) OR casttarget IN (SELECT objid FROM member)$$,
	$$VALUES ('williams_evidence', 'jsonb', 'williams_to_jsonb(williams_evidence)', 'e'),
		('williams_scorecard', 'jsonb', 'williams_to_jsonb(williams_scorecard)', 'e'),
		('williams_calibration', 'jsonb', 'williams_to_jsonb(williams_calibration)', 'e')$$,
	'summaries have an explicit cast to jsonb; no cast bypasses the checks of a type''s input function');
SELECT set_eq(
	$$SELECT o.oprname::text, o.oprleft::regtype::text, o.oprresult::regtype::text, o.oprcode::text, c.oprname::text AS commutator, n.oprname::text AS negator,
		nullif(o.oprrest::text, '-') AS rest, nullif(o.oprjoin::text, '-') AS join, o.oprcanhash, o.oprcanmerge
	  FROM member JOIN pg_operator AS o ON o.oid = objid AND classid = 'pg_operator'::regclass
		LEFT JOIN pg_operator AS c ON c.oid = o.oprcom LEFT JOIN pg_operator AS n ON n.oid = o.oprnegate$$,
	$$VALUES ('+', 'williams_evidence', 'williams_evidence', 'williams_evidence_add', '+', NULL, NULL, NULL, false, false),
		('+', 'williams_scorecard', 'williams_scorecard', 'williams_scorecard_add', '+', NULL, NULL, NULL, false, false),
		('+', 'williams_calibration', 'williams_calibration', 'williams_calibration_add', '+', NULL, NULL, NULL, false, false),
		('=', 'williams_evidence', 'boolean', 'williams_evidence_eq', '=', '<>', 'eqsel', 'eqjoinsel', true, true),
		('<>', 'williams_evidence', 'boolean', 'williams_evidence_ne', '<>', '=', 'neqsel', 'neqjoinsel', false, false),
		('<', 'williams_evidence', 'boolean', 'williams_evidence_lt', '>', '>=', 'scalarltsel', 'scalarltjoinsel', false, false),
		('<=', 'williams_evidence', 'boolean', 'williams_evidence_le', '>=', '>', 'scalarlesel', 'scalarlejoinsel', false, false),
		('>=', 'williams_evidence', 'boolean', 'williams_evidence_ge', '<=', '<', 'scalargesel', 'scalargejoinsel', false, false),
		('>', 'williams_evidence', 'boolean', 'williams_evidence_gt', '<', '<=', 'scalargtsel', 'scalargtjoinsel', false, false),
		('=', 'williams_scorecard', 'boolean', 'williams_scorecard_eq', '=', '<>', 'eqsel', 'eqjoinsel', true, true),
		('<>', 'williams_scorecard', 'boolean', 'williams_scorecard_ne', '<>', '=', 'neqsel', 'neqjoinsel', false, false),
		('<', 'williams_scorecard', 'boolean', 'williams_scorecard_lt', '>', '>=', 'scalarltsel', 'scalarltjoinsel', false, false),
		('<=', 'williams_scorecard', 'boolean', 'williams_scorecard_le', '>=', '>', 'scalarlesel', 'scalarlejoinsel', false, false),
		('>=', 'williams_scorecard', 'boolean', 'williams_scorecard_ge', '<=', '<', 'scalargesel', 'scalargejoinsel', false, false),
		('>', 'williams_scorecard', 'boolean', 'williams_scorecard_gt', '<', '<=', 'scalargtsel', 'scalargtjoinsel', false, false),
		('=', 'williams_calibration', 'boolean', 'williams_calibration_eq', '=', '<>', 'eqsel', 'eqjoinsel', true, true),
		('<>', 'williams_calibration', 'boolean', 'williams_calibration_ne', '<>', '=', 'neqsel', 'neqjoinsel', false, false),
		('<', 'williams_calibration', 'boolean', 'williams_calibration_lt', '>', '>=', 'scalarltsel', 'scalarltjoinsel', false, false),
		('<=', 'williams_calibration', 'boolean', 'williams_calibration_le', '>=', '>', 'scalarlesel', 'scalarlejoinsel', false, false),
		('>=', 'williams_calibration', 'boolean', 'williams_calibration_ge', '<=', '<', 'scalargesel', 'scalargejoinsel', false, false),
		('>', 'williams_calibration', 'boolean', 'williams_calibration_gt', '<', '<=', 'scalargtsel', 'scalargtjoinsel', false, false)$$,
	'operators: commutators, negators, estimators');
SELECT is_empty(
	$$SELECT o.oid::regoperator FROM pg_operator AS o JOIN member ON o.oid = objid AND classid = 'pg_operator'::regclass
		LEFT JOIN pg_operator AS c ON c.oid = o.oprcom LEFT JOIN pg_operator AS n ON n.oid = o.oprnegate
	  WHERE (o.oprleft, c.oprleft, coalesce(n.oprleft, o.oprleft)) IS DISTINCT FROM (o.oprright, o.oprleft, o.oprleft)$$,
	'each operator takes one type, as do its commutator and negator');
SELECT set_eq(
	$$SELECT amname::text, opcname::text, opcintype::regtype::text,
		(SELECT string_agg(amopstrategy || ' ' || oprname, ', ' ORDER BY amopstrategy)
		 FROM pg_amop JOIN pg_operator AS o ON o.oid = amopopr WHERE amopfamily = opcfamily) AS operators,
		(SELECT string_agg(amprocnum || ' ' || amproc::text, ', ' ORDER BY amprocnum) FROM pg_amproc WHERE amprocfamily = opcfamily) AS functions,
		opcdefault, amvalidate(c.oid)
	  FROM member JOIN pg_opclass AS c ON c.oid = objid AND classid = 'pg_opclass'::regclass JOIN pg_am AS m ON m.oid = opcmethod$$,
	$$VALUES
		('btree', 'williams_evidence_ops', 'williams_evidence', '1 <, 2 <=, 3 =, 4 >=, 5 >',
			'1 williams_evidence_cmp, 2 williams_evidence_sortsupport, 4 btequalimage', true, true),
		('hash', 'williams_evidence_ops', 'williams_evidence', '1 =', '1 williams_evidence_hash, 2 williams_evidence_hash_extended', true, true),
		('btree', 'williams_scorecard_ops', 'williams_scorecard', '1 <, 2 <=, 3 =, 4 >=, 5 >',
			'1 williams_scorecard_cmp, 2 williams_scorecard_sortsupport, 4 btequalimage', true, true),
		('hash', 'williams_scorecard_ops', 'williams_scorecard', '1 =', '1 williams_scorecard_hash, 2 williams_scorecard_hash_extended', true, true),
		('btree', 'williams_calibration_ops', 'williams_calibration', '1 <, 2 <=, 3 =, 4 >=, 5 >',
			'1 williams_calibration_cmp, 2 williams_calibration_sortsupport, 4 btequalimage', true, true),
		('hash', 'williams_calibration_ops', 'williams_calibration', '1 =', '1 williams_calibration_hash, 2 williams_calibration_hash_extended', true, true)$$,
	'operator classes, each the default of its type');

--
-- The tables and views
--
SELECT set_eq(
	$$SELECT relname::text, relkind::text, relpersistence::text, relrowsecurity, relforcerowsecurity, reloptions
	  FROM member JOIN pg_class AS c ON c.oid = objid WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'v')$$,
	$$VALUES ('williams_profile', 'r', 'p', false, false, NULL::text[]),
		('williams_shipped_profile', 'v', 'p', false, false, NULL),
		('williams_task', 'r', 'p', true, false, '{fillfactor=50}'),
		('williams_batch', 'r', 'p', true, false, '{fillfactor=70}'),
		('williams_task_history', 'r', 'p', true, false, '{fillfactor=70}'),
		('williams_progress', 'v', 'p', false, false, '{security_barrier=true}'),
		('williams_stat_task', 'v', 'p', false, false, '{security_barrier=true}')$$,
	'tables and views: the task tables have row-level security, and the views that bypass it are security barriers');
SELECT is(
	(SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '' ELSE ' null' END,
		', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = relation::regclass AND attnum > 0),
	columns, relation || ': columns')
FROM (VALUES
	('williams_profile', 'name text, rules jsonb'),
	('williams_shipped_profile', 'name text null, rules jsonb null'),
	('williams_task', 'owner oid, name text, relation oid, statement text, search_path text, '
		'available_memory_mb double precision null, item_mb text null, key_column name, key_order text, method text, max_items bigint null, '
		'strict boolean, max_attempts integer, time_limit_ms integer null, pause_ms integer, throttle text null, '
		'max_failed integer null, settings jsonb null, whole_range boolean, filenode oid null, last_key text null, first_pending bigint, stopped boolean, created_at timestamp with time zone'),
	('williams_batch', 'owner oid, task text, batch_no bigint, lower_key text, upper_key text, below_key text null, items bigint, '
		'memory_mb double precision, state text, attempts integer, failures integer, rows bigint null, started_at timestamp with time zone null, '
		'finished_at timestamp with time zone null, duration_ms double precision null, ready_at timestamp with time zone null, sqlstate text null, message text null, failed_at timestamp with time zone null'),
	('williams_task_history', 'owner oid, task text, runs bigint, done bigint, failed bigint, retried bigint, rows bigint, seconds double precision, '
		'sqlstate text null, message text null, failed_at timestamp with time zone null, last_run_at timestamp with time zone null'),
	('williams_stat_task', 'owner name null, task text null, runs bigint null, done bigint null, failed bigint null, retried bigint null, '
		'rows bigint null, seconds double precision null, sqlstate text null, message text null, failed_at timestamp with time zone null, '
		'last_run_at timestamp with time zone null'),
	('williams_progress', 'owner name null, task text null, state text null, batches bigint null, done bigint null, '
		'failed bigint null, running bigint null, rows bigint null, percent double precision null, '
		'rows_per_s double precision null, eta timestamp with time zone null, started_at timestamp with time zone null, '
		'updated_at timestamp with time zone null, workers bigint null, seconds double precision null, missed bigint null')) AS v (relation, columns);
SELECT set_eq(
	$$SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
	  WHERE conrelid IN ('williams_task'::regclass, 'williams_batch'::regclass, 'williams_task_history'::regclass) AND contype IN ('p', 'f', 'u')$$,
	$$VALUES ('williams_task', 'p', 'PRIMARY KEY (owner, name)'), ('williams_batch', 'p', 'PRIMARY KEY (owner, task, batch_no)'),
		('williams_task_history', 'p', 'PRIMARY KEY (owner, task)'),
		('williams_batch', 'f', 'FOREIGN KEY (owner, task) REFERENCES williams_task(owner, name)')$$,
	'tasks and batches: a name is unique per owner, and every batch belongs to a task');
SELECT set_eq(
	$$SELECT polrelid::regclass::text, polname::text, polcmd::text, polpermissive, polroles,
		pg_get_expr(polqual, polrelid) AS qual, pg_get_expr(polwithcheck, polrelid) AS with_check,
		obj_description(oid, 'pg_policy') IS NOT NULL AS commented
	  FROM pg_policy WHERE polrelid IN (SELECT objid FROM member)$$,
	$$VALUES ('williams_task', 'williams_owner', '*', true, '{0}'::oid[],
			'(owner = (to_regrole(quote_ident((CURRENT_USER)::text)))::oid)', NULL, true),
		('williams_batch', 'williams_owner', '*', true, '{0}',
			'(owner = (to_regrole(quote_ident((CURRENT_USER)::text)))::oid)', NULL, true)$$,
	'policies: each role sees and changes only its own rows');
SELECT set_eq(
	$$SELECT tgrelid::regclass::text, tgname::text, tgfoid::regproc::text, tgtype::int, tgenabled::text FROM pg_trigger
	  WHERE tgrelid IN (SELECT objid FROM member) AND NOT tgisinternal$$,
	-- 1: row, 2: before, 4: insert, 8: delete, 16: update, 32: truncate
	$$VALUES ('williams_profile', 'williams_profile_check', 'williams_check_profile', 1 + 2 + 4 + 16, 'O'),
		('williams_task', 'williams_task_local', 'williams_drop_replicated', 1 + 2 + 4 + 8 + 16, 'R'),
		('williams_batch', 'williams_batch_local', 'williams_drop_replicated', 1 + 2 + 4 + 8 + 16, 'R'),
		('williams_task_history', 'williams_task_history_local', 'williams_drop_replicated', 1 + 2 + 4 + 8 + 16, 'R')$$,
	'triggers');
SELECT set_eq(
	$$SELECT oid::regclass::text, privilege_type, is_grantable FROM pg_class, aclexplode(relacl)
	  WHERE oid IN (SELECT objid FROM member) AND grantee = 0$$,
	$$VALUES ('williams_profile', 'SELECT', false), ('williams_shipped_profile', 'SELECT', false), ('williams_progress', 'SELECT', false), ('williams_stat_task', 'SELECT', false),
		('williams_task', 'SELECT', false), ('williams_batch', 'SELECT', false)$$,
	'PUBLIC may only read; row-level security limits the task tables further');
SELECT col_is_pk('williams_profile', 'name', 'profiles: primary key');
SELECT set_eq(
	$$SELECT a.privilege_type, a.is_grantable FROM pg_class AS c, aclexplode(relacl) AS a
	  WHERE c.oid = 'williams_profile'::regclass AND a.grantee = (SELECT extowner FROM pg_extension WHERE extname = 'williams')
		AND a.is_grantable$$,
	$$VALUES ('SELECT', true), ('INSERT', true), ('UPDATE', true), ('DELETE', true)$$,
	'profiles: the extension''s owner can write, and can grant this right');
SELECT is_empty(
	$$SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid JOIN member ON c.oid = objid
	  WHERE relkind IN ('r', 'v') AND attnum > 0 AND col_description(attrelid, attnum) IS NULL$$,
	'every column of a table or view has a comment');

SELECT * FROM finish();
ROLLBACK;
