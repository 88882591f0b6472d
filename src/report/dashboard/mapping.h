/*
 * mapping.h
 *		Which columns of the source a dashboard reads.
 */
#ifndef WL_MAPPING_H
#define WL_MAPPING_H

#include "utils/rel.h"

/* In the order of williams_create_dashboard's arguments. */
typedef enum WlDashboardColumn
{
	WL_COLUMN_AT,
	WL_COLUMN_TYPE,
	WL_COLUMN_SCORE,
	WL_COLUMN_SCORES,
	WL_COLUMN_REVIEW,
	WL_COLUMN_REASONS,
	WL_COLUMN_VERIFIED,
	WL_COLUMN_ACCEPTED,
	WL_COLUMN_FIELDS,
	WL_COLUMN_AS_READ,
	WL_COLUMN_CONFIDENCE,
	WL_COLUMN_VERSION,
	WL_COLUMN_TRUTH,
	WL_DASHBOARD_COLUMNS
} WlDashboardColumn;

typedef struct WlMapping
{
	AttrNumber	attnums[WL_DASHBOARD_COLUMNS];	/* 0: there is none */
	const char *names[WL_DASHBOARD_COLUMNS];
	Oid			types[WL_DASHBOARD_COLUMNS];	/* the base type if it is a
												 * domain */
	const char *no_type;		/* stands for the type of documents that have
								 * none */
} WlMapping;

/*
 * Resolve the names; NULL is a column that the trigger names which calls score_function,
 * or none. Errors: 42703, 42804 or 42P17 for a column.
 */
extern void wl_map_columns(Relation rel, Oid score_function,
						   const char *names[WL_DASHBOARD_COLUMNS], WlMapping *m);

/* The query of NAME_documents. */
extern const char *wl_documents_query(Relation rel, const WlMapping *m, const char *zone);

#endif							/* WL_MAPPING_H */
