/*
 * compat.h
 *		The differences between PostgreSQL 15 and 19. This is the only file that
 *		uses PG_VERSION_NUM.
 */
#ifndef WL_COMPAT_H
#define WL_COMPAT_H

#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "utils/jsonb.h"

#if PG_VERSION_NUM < 150000
#error "williams needs PostgreSQL 15 or later"
#endif

/* 16 introduced soft errors of input functions. */
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

/* Text as jsonb; false if it is not JSON and the error is soft. */
#if PG_VERSION_NUM >= 160000
#define wl_jsonb_in(text, escontext, result) \
	DirectInputFunctionCallSafe(jsonb_in, text, InvalidOid, -1, escontext, result)
#else
#define wl_jsonb_in(text, escontext, result) \
	((void) (escontext), *(result) = DirectFunctionCall1(jsonb_in, CStringGetDatum(text)), true)
#endif

/* 18 introduced the prefix of functions that do not return. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 18 introduced the name and version of a module. */
#if PG_VERSION_NUM >= 180000
#define WL_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = "williams", .version = WILLIAMS_VERSION)
#else
#define WL_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 17 introduced a JSON lexer that the caller may allocate. */
#if PG_VERSION_NUM >= 170000
#define wl_json_lexer(json, length, encoding) \
	makeJsonLexContextCstringLen(NULL, json, length, encoding, true)
#else
#define wl_json_lexer(json, length, encoding) \
	makeJsonLexContextCstringLen(json, length, encoding, true)
#endif

/* 16 moved the permissions to check from range table entries to a separate list. */
#if PG_VERSION_NUM >= 160000
#define wl_set_perminfos(query, pstate) \
	((query)->rteperminfos = (pstate)->p_rteperminfos)
#else
#define wl_set_perminfos(query, pstate) ((void) 0)
#endif

/* Before 18 the executor was told whether a query is run only once. */
#if PG_VERSION_NUM >= 180000
#define wl_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0)
#else
#define wl_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0, true)
#endif

/* 19 tells the planner about EXPLAIN. */
#if PG_VERSION_NUM >= 190000
#define wl_plan_query(query, source, options) \
	pg_plan_query(query, source, options, NULL, NULL)
#else
#define wl_plan_query(query, source, options) \
	pg_plan_query(query, source, options, NULL)
#endif

/* The OIDs of the relations that a plan writes to; 19 keeps these in a set. */
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

/* A jsonb value under construction, all zero at first; 19 has a type for it. */
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

/* 19 introduced workers that end when their database is to be dropped, renamed or copied. */
#if PG_VERSION_NUM >= 190000
#define WL_BGWORKER_INTERRUPTIBLE BGWORKER_INTERRUPTIBLE
#else
#define WL_BGWORKER_INTERRUPTIBLE 0
#endif

/* 19 requires a call when a row type built by hand is complete. */
#if PG_VERSION_NUM >= 190000
#define wl_finish_desc(desc) TupleDescFinalize(desc)
#else
#define wl_finish_desc(desc) ((void) 0)
#endif

/* 18 distinguishes primary keys that are deferrable; the extension has none. */
#if PG_VERSION_NUM >= 180000
#define wl_primary_key(rel) RelationGetPrimaryKeyIndex(rel, false)
#else
#define wl_primary_key(rel) RelationGetPrimaryKeyIndex(rel)
#endif

/* 19 passes the jumble state to post_parse_analyze_hook as a constant. */
#if PG_VERSION_NUM >= 190000
#define WL_JUMBLE_STATE const JumbleState
#else
#define WL_JUMBLE_STATE JumbleState
#endif

#endif							/* WL_COMPAT_H */
