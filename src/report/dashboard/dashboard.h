/*
 * dashboard.h
 *		A dashboard: a table of summaries by day and document type (the rollup), brought
 *		up to date from the changes of a source table. It consists of ordinary tables and
 *		views, which belong to the owner of the source:
 *
 *		NAME			the rollup; its name is that of the dashboard
 *		NAME_changes	the days and types that have changed since the last refresh
 *		NAME_documents	a view of the source under fixed names of columns
 *		NAME_dashboard	a view of the rollup, for those who look at it
 *
 *		Two triggers on the source fill NAME_changes. Their arguments say where, and what
 *		the day of a row is; there is no other record of a dashboard.
 */
#ifndef WL_DASHBOARD_H
#define WL_DASHBOARD_H

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/rights.h"

/* The arguments of a dashboard's triggers. */
enum
{
	WL_CHANGE_SCHEMA,			/* of NAME_changes */
	WL_CHANGE_TABLE,			/* its name */
	WL_CHANGE_AT,				/* the column with the time of a row */
	WL_CHANGE_TYPE,				/* that with its document type, or empty */
	WL_CHANGE_ZONE,				/* the time zone of days; empty unless the
								 * time has the type timestamptz */
	WL_CHANGE_ARGS
};

/* Only so many characters of a type are taken: it must fit into an index, and be readable. */
#define WL_TYPE_LENGTH 500

/*
 * Times before and from these are on days that are infinite. So near to its limits,
 * PostgreSQL cannot compute with a time in every zone, and has dates that are no times.
 */
#define WL_FIRST_TIME "'4713-01-01 00:00:00+00 BC'"
#define WL_END_TIME "'294276-01-01 00:00:00+00'"
#define WL_FIRST_DAY (date2j(-4712, 1, 1) - POSTGRES_EPOCH_JDATE)
#define WL_END_DAY (date2j(294276, 1, 1) - POSTGRES_EPOCH_JDATE)

typedef struct WlDashboard
{
	Oid			owner;			/* of the source, and so of all objects */
	Oid			source;
	bool		unlogged;		/* the source, and so the tables of the
								 * dashboard */
	const char *schema;
	const char *name;
	const char *at;				/* WL_CHANGE_AT, _TYPE and _ZONE of the
								 * triggers */
	const char *type;
	const char *zone;
	Oid			note;			/* williams_note_change, which its triggers
								 * call */
} WlDashboard;

/* An object of a dashboard as in SQL; suffix is "" or as above, for example "_changes". */
extern const char *wl_dashboard_object(const WlDashboard *d, const char *suffix);

/* The OID of such an object; InvalidOid if nothing has its name. */
extern Oid	wl_dashboard_oid(const WlDashboard *d, const char *suffix);

/* A table or view as in SQL. */
extern const char *wl_relation_in_sql(Oid relation);

/* The name of its trigger for rows. It is the last of the BEFORE triggers of most tables. */
extern const char *wl_dashboard_trigger(const WlDashboard *d);

/* The name of that for TRUNCATE. */
extern const char *wl_dashboard_truncate_trigger(const WlDashboard *d);

/* One of the extension's functions without arguments; function is any other of them. */
extern Oid	wl_own_function(const char *name, Oid function);

/*
 * Find the dashboard of a rollup. Lock its source in the mode, and the rollup against other
 * refreshes. Errors: 42809 if the relation is not the rollup of a dashboard, 42501 unless the
 * user has the rights of its owner.
 */
extern void wl_lock_dashboard(WlDashboard *d, Oid rollup, Oid function, LOCKMODE mode);

/*
 * Lock what a refresh uses besides the rollup. Error 55000 unless all of it is there, and belongs
 * to the dashboard's owner.
 */
extern void wl_lock_parts(const WlDashboard *d);

/* Error 42P01. */
pg_noreturn extern void wl_no_relation(Oid relation);

/* Error 42P01 if there is no such relation, 42501 unless the user has the rights of its owner. */
extern void wl_check_owner(Oid relation);

/* Why changes of the source may not be noted, as the detail of a message; NULL if they are. */
extern const char *wl_broken_dashboard(const WlDashboard *d, Relation source);

/* Execute SQL within wl_begin_dashboard and wl_end_dashboard: with the owner's rights. */
extern void wl_begin_dashboard(WlRights *saved, Oid owner);
extern void wl_end_dashboard(const WlRights *saved);
extern void wl_execute_for_dashboard(const char *sql);

/* Likewise: comment on an object, which is given as in COMMENT ON. */
extern void wl_comment_for_dashboard(const char *kind, const char *object, const char *comment);

/* Create all tables and views; see objects.c. Documents is the query of NAME_documents. */
extern void wl_create_dashboard_objects(const WlDashboard *d, const char *extension_schema,
										const char *documents, const char *zone,
										const char *no_type, bool has_accepted);

/* The query that computes rows of the rollup from those of NAME_documents; condition is on d. */
extern const char *wl_rollup_query(const WlDashboard *d, const char *extension_schema,
								   const char *condition);

/* Forget which changes this transaction has noted, because they have been taken away. */
extern void wl_forget_notes(void);

#endif							/* WL_DASHBOARD_H */
