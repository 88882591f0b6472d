/*
 * compat.h
 *		What differs between PostgreSQL 15 and 19: the only file that names
 *		PG_VERSION_NUM.
 */
#ifndef WL_COMPAT_H
#define WL_COMPAT_H

#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "utils/jsonb.h"

#if PG_VERSION_NUM < 150000
#error "williams needs PostgreSQL 15 or later"
#endif

/* Soft errors of input functions came with 16. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#else
#define ereturn(escontext, dummy_value, ...) \
	do { \
		(void) (escontext); \
		ereport(ERROR, __VA_ARGS__); \
		return dummy_value; \
	} while (0)
#endif

/* The prefix that says of a function that it does not return came with 18. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* A module that tells its name and version came with 18. */
#if PG_VERSION_NUM >= 180000
#define WL_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = "williams", .version = WILLIAMS_VERSION)
#else
#define WL_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* A lexer that the caller may allocate came with 17. */
#if PG_VERSION_NUM >= 170000
#define wl_json_lexer(json, length, encoding) \
	makeJsonLexContextCstringLen(NULL, json, length, encoding, true)
#else
#define wl_json_lexer(json, length, encoding) \
	makeJsonLexContextCstringLen(json, length, encoding, true)
#endif

/* Rights to check moved from range table entries to a list of their own in 16. */
#if PG_VERSION_NUM >= 160000
#define wl_set_perminfos(query, pstate) \
	((query)->rteperminfos = (pstate)->p_rteperminfos)
#else
#define wl_set_perminfos(query, pstate) ((void) 0)
#endif

/* Until 17 the executor asked whether a query runs once only. */
#if PG_VERSION_NUM >= 180000
#define wl_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0)
#else
#define wl_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0, true)
#endif

/* The planner is told about an EXPLAIN in 19. */
#if PG_VERSION_NUM >= 190000
#define wl_plan_query(query, source, options) \
	pg_plan_query(query, source, options, NULL, NULL)
#else
#define wl_plan_query(query, source, options) \
	pg_plan_query(query, source, options, NULL)
#endif

/* The relations that a plan writes to became a set in 19: here, their OIDs. */
static inline List *
wl_result_relids(const PlannedStmt *stmt)
{
	List	   *relids = NIL;

#if PG_VERSION_NUM >= 190000
	int			rti = -1;

	while ((rti = bms_next_member(stmt->resultRelationRelids, rti)) >= 0)
		relids = lappend_oid(relids, rt_fetch(rti, stmt->rtable)->relid);
#else
	ListCell   *lc;

	foreach(lc, stmt->resultRelations)
		relids = lappend_oid(relids, rt_fetch(lfirst_int(lc), stmt->rtable)->relid);
#endif
	return relids;
}

/* A jsonb value that is being built, from zeroes, has a type of its own in 19. */
#if PG_VERSION_NUM >= 190000
typedef JsonbInState WlJsonb;
#define wl_push_jsonb(state, token, value) pushJsonbValue(state, token, value)
#else
typedef struct WlJsonb
{
	JsonbValue *result;			/* NULL until the outermost container ends */
	JsonbParseState *parse_state;
} WlJsonb;
#define wl_push_jsonb(state, token, value) \
	((void) ((state)->result = pushJsonbValue(&(state)->parse_state, token, value)))
#endif

/* A worker that ends when its database is to be dropped, renamed or copied came with 19. */
#if PG_VERSION_NUM >= 190000
#define WL_BGWORKER_INTERRUPTIBLE BGWORKER_INTERRUPTIBLE
#else
#define WL_BGWORKER_INTERRUPTIBLE 0
#endif

/* A row type that is built by hand is finished in 19. */
#if PG_VERSION_NUM >= 190000
#define wl_finish_desc(desc) TupleDescFinalize(desc)
#else
#define wl_finish_desc(desc) ((void) 0)
#endif

/* What a hook after the analysis is told of a query's shape is constant from 19 on. */
#if PG_VERSION_NUM >= 190000
#define WL_JUMBLE_STATE const JumbleState
#else
#define WL_JUMBLE_STATE JumbleState
#endif

#endif							/* WL_COMPAT_H */
