--
-- Report: dashboards, tables of summaries that follow the changes of a table
--

CREATE FUNCTION williams_note_change() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_note_change'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10;
COMMENT ON FUNCTION williams_note_change() IS
'trigger of a dashboard''s source, which williams_create_dashboard creates: notes the days and document types of the rows that change; never an error because of the dashboard';

CREATE FUNCTION williams_create_dashboard(source regclass, at name = 'created_at',
		document_type name = NULL, score name = NULL, scores name = NULL, review name = NULL,
		reasons name = NULL, verified name = NULL, accepted name = NULL, fields name = NULL,
		as_read name = NULL, engine_confidence name = NULL, profile_version name = NULL,
		truth name = NULL, time_zone text = NULL, rollup text = NULL) RETURNS regclass
	AS 'MODULE_PATHNAME', 'wl_create_dashboard'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION williams_create_dashboard(regclass, name, name, name, name, name, name, name,
	name, name, name, name, name, name, text, text) IS
'create a dashboard of a table: a rollup by day and document type, a view of it with _dashboard after its name, a view _documents, a table _changes, and triggers on the source; all belong to the owner of the source, and are empty until williams_refresh_dashboard; the names are those of columns, by default those in the arguments of the trigger williams_score_ocr; time_zone: that of days, by default the session''s; rollup: the name, by default that of the source with _daily after it; returns the rollup; locks the source in SHARE ROW EXCLUSIVE mode; errors: 42501 unless the current role has the rights of the owner, 42703, 42804 or 42P17 for a column, 42P07 if the name is in use, 55000 if a later trigger could change what is noted';

CREATE FUNCTION williams_refresh_dashboard(dashboard regclass, everything boolean = false)
		RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_refresh_dashboard'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION williams_refresh_dashboard(regclass, boolean) IS
'compute anew the rows of a dashboard whose days and document types have changed, or everything; dashboard: the rollup; returns the number of rows computed; runs with the rights of the owner; locks the rollup in SHARE ROW EXCLUSIVE mode, so that refreshes run one after the other; blocks no writer; errors: 42809 if it is no dashboard, 42501 unless the current role has the rights of its owner, 25000 unless the isolation level is READ COMMITTED, 55000 if changes may not have been noted, which is a WARNING if everything is computed';

CREATE FUNCTION williams_drop_dashboard(dashboard regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_drop_dashboard'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_drop_dashboard(regclass) IS
'drop a dashboard: its tables, views and triggers; dashboard: the rollup; locks the source in ACCESS EXCLUSIVE mode; errors: those of williams_refresh_dashboard, and 2BP01 if other objects depend on it';
