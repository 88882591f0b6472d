/*
 * compat.h
 *		The differences between PostgreSQL 15 and 19. This is the only file that
 *		uses PG_VERSION_NUM.
 */
#ifndef WL_COMPAT_H
#define WL_COMPAT_H

#include "access/sysattr.h"
#include "nodes/plannodes.h"
#include "parser/parse_relation.h"
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

/* 16 introduced a result of the actions that the JSON parser calls. */
#if PG_VERSION_NUM >= 160000
#define WL_JSON_ACTION JsonParseErrorType
#define wl_json_action_end() return JSON_SUCCESS
#else
#define WL_JSON_ACTION void
#define wl_json_action_end() return
#endif

/* 16 moved the permissions to check from range table entries to a separate list. */
#if PG_VERSION_NUM >= 160000
#define wl_set_perminfos(query, pstate) \
	((query)->rteperminfos = (pstate)->p_rteperminfos)
#else
#define wl_set_perminfos(query, pstate) ((void) 0)
#endif

/* A query reads a column of one of its relations: check the right to. */
static inline void
wl_require_select(Query *query, RangeTblEntry * rte, AttrNumber column)
{
#if PG_VERSION_NUM >= 160000
	RTEPermissionInfo *permissions = getRTEPermissionInfo(query->rteperminfos, rte);
#else
	RangeTblEntry *permissions = rte;
#endif

	permissions->requiredPerms |= ACL_SELECT;
	permissions->selectedCols = bms_add_member(permissions->selectedCols,
											   column - FirstLowInvalidHeapAttributeNumber);
}

/*
 * Turn a relation of a query into the subquery, whose only relation is a copy of it. From
 * 16 on both check permissions, as with a view; before, the copy does.
 */
static inline void
wl_move_into_subquery(Query *query, RangeTblEntry * rte, Query *subquery)
{
#if PG_VERSION_NUM >= 160000
	subquery->rteperminfos = list_make1(copyObject(getRTEPermissionInfo(query->rteperminfos, rte)));
	linitial_node(RangeTblEntry, subquery->rtable)->perminfoindex = 1;
#else
	rte->relid = InvalidOid;
	rte->relkind = 0;
	rte->rellockmode = 0;
	rte->requiredPerms = 0;
	rte->selectedCols = NULL;
#endif
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = subquery;
	rte->inh = false;
	rte->tablesample = NULL;
}

/* 17 introduced MERGE ... WHEN NOT MATCHED BY SOURCE, and moved the condition in ON. */
#if PG_VERSION_NUM >= 170000
#define wl_merge_condition(query) (&(query)->mergeJoinCondition)
#define wl_by_source(action) ((action)->matchKind == MERGE_WHEN_NOT_MATCHED_BY_SOURCE)
#else
#define wl_merge_condition(query) (&(query)->jointree->quals)
#define wl_by_source(action) ((void) (action), false)
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

/* 16 replaced the functions that check a privilege, one for each class of objects. */
#if PG_VERSION_NUM >= 160000
#define wl_may_execute(function, role) \
	object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE)
#else
#define wl_may_execute(function, role) pg_proc_aclcheck(function, role, ACL_EXECUTE)
#endif

/* 19 passes the jumble state to post_parse_analyze_hook as a constant. */
#if PG_VERSION_NUM >= 190000
#define WL_JUMBLE_STATE const JumbleState
#else
#define WL_JUMBLE_STATE JumbleState
#endif

#endif							/* WL_COMPAT_H */
