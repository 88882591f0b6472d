/*
 * key_scan.c
 *		Reading a table in the order of its keys: one ordered scan, cutting a range
 *		in two, and the last key of a range.
 *
 * The scan's query is built of nodes, then planned and executed like any other, so
 * that everything PostgreSQL knows about the relation applies: the current user's
 * rights, row-level security, views, partitions, foreign servers, indexes, parallel
 * workers. Rows are passed on as they come; only the last key is kept.
 *
 * Invariant: keys never decrease. The order is checked: a key that is less than the
 * one before it, from a corrupt index or from a foreign server with other
 * collations, is an error, because batches must never overlap.
 *
 * Locks: none here. The caller has the relation open and locked; ACCESS SHARE is
 * enough.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "utils/catcache.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/check.h"
#include "base/expression.h"
#include "plan/key_scan.h"


/*
 * The scan's query: SELECT key, weight FROM relation WHERE key >= lower AND
 * key <= upper ORDER BY key
 */

/*
 * williams_row_mb, in whatever schema the extension is. The extension's owner may
 * have added another function of that name to it, but cannot own one in C.
 */
static Oid
row_mb_function(void)
{
	Oid			extension = get_extension_oid("williams", false);
	CatCList   *found = SearchSysCacheList1(PROCNAMEARGSNSP,
											CStringGetDatum("williams_row_mb"));
	Oid			function = InvalidOid;

	for (int i = 0; i < found->n_members; i++)
	{
		Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(&found->members[i]->tuple);

		if (proc->prolang == ClanguageId &&
			getExtensionOfObject(ProcedureRelationId, proc->oid) == extension)
			function = proc->oid;
	}
	ReleaseSysCacheList(found);
	if (!OidIsValid(function))
		elog(ERROR, "function williams_row_mb of the extension does not exist");
	return function;
}

/* The size of all columns: one call for every 100, a function's most arguments. */
static Expr *
row_size(ParseState *pstate, ParseNamespaceItem *nsitem)
{
	Oid			function = row_mb_function();
	List	   *columns = expandNSItemAttrs(pstate, nsitem, 0, true, -1);
	List	   *args = NIL;
	Expr	   *sum = NULL;

	for (int i = 0; i < list_length(columns); i++)
	{
		args = lappend(args, list_nth_node(TargetEntry, columns, i)->expr);
		if (list_length(args) == FUNC_MAX_ARGS || i == list_length(columns) - 1)
		{
			Expr	   *size = (Expr *) makeFuncExpr(function, FLOAT8OID, args,
													 InvalidOid, InvalidOid,
													 COERCE_EXPLICIT_CALL);

			sum = sum == NULL ? size :
				(Expr *) makeFuncExpr(F_FLOAT8PL, FLOAT8OID, list_make2(sum, size),
									  InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
			args = NIL;
		}
	}
	return sum;
}

/* Relabel a value as the operators' type: varchar, for example, uses those of text. */
static Expr *
as_operand(Expr *expr, const WlKey *key, Oid type)
{
	if (exprType((Node *) expr) == type || IsPolymorphicType(type))
		return expr;
	return (Expr *) makeRelabelType(expr, type, -1, key->collation,
									COERCE_IMPLICIT_CAST);
}

Expr *
wl_compare_key(const WlKey *key, Expr *column, int strategy, Expr *bound)
{
	TypeCacheEntry *order = wl_type_order(key->type);
	Oid			type = order->btree_opintype;
	Oid			operator = get_opfamily_member(order->btree_opf, type, type, strategy);
	Expr	   *result;

	if (!OidIsValid(operator))
		elog(ERROR, "operator of strategy %d does not exist for type %u",
			 strategy, type);
	result = make_opclause(operator, BOOLOID, false,
						   as_operand(copyObject(column), key, type),
						   as_operand(bound, key, type),
						   InvalidOid, key->collation);
	set_opfuncid((OpExpr *) result);
	return result;
}

static Expr *
bound_value(const WlKey *key, Datum value)
{
	return (Expr *) makeConst(key->type, -1, key->collation, key->typlen,
							  datumCopy(value, key->typbyval, key->typlen),
							  false, key->typbyval);
}

static Node *
range_quals(const WlKey *key, Expr *column, const WlRange *range)
{
	List	   *quals = NIL;

	if (range == NULL)
		return NULL;
	if (range->lower_end != END_OPEN)
		quals = lappend(quals, wl_compare_key(key, column, range->lower_end == END_INCLUSIVE ?
											  BTGreaterEqualStrategyNumber : BTGreaterStrategyNumber,
											  bound_value(key, range->lower)));
	if (range->upper_end != END_OPEN)
		quals = lappend(quals, wl_compare_key(key, column, range->upper_end == END_INCLUSIVE ?
											  BTLessEqualStrategyNumber : BTLessStrategyNumber,
											  bound_value(key, range->upper)));
	return (Node *) make_ands_explicit(quals);
}

static SortGroupClause *
ascending(const WlKey *key, TargetEntry *target)
{
	SortGroupClause *sort = makeNode(SortGroupClause);
	TypeCacheEntry *order = wl_type_order(key->type);

	target->ressortgroupref = 1;
	sort->tleSortGroupRef = 1;
	sort->eqop = order->eq_opr;
	sort->sortop = order->lt_opr;
	return sort;
}

static Query *
make_scan(Relation rel, const WlKey *key, const char *item_mb, const WlRange *range)
{
	ParseState *pstate = make_parsestate(NULL);
	ParseNamespaceItem *nsitem;
	Expr	   *column;
	Expr	   *weight;
	TargetEntry *targets[2];
	Query	   *query;

	nsitem = addRangeTableEntryForRelation(pstate, rel, AccessShareLock, NULL, true, true);
	addNSItemToQuery(pstate, nsitem, true, true, true);
	column = (Expr *) colNameToVar(pstate, NameStr(key->column), true, -1);
	if (column == NULL)
		elog(ERROR, "column \"%s\" does not exist", NameStr(key->column));
	if (item_mb == NULL)
		weight = row_size(pstate, nsitem);
	else
		weight = (Expr *) wl_parse_expression(pstate, item_mb, "item_mb", FLOAT8OID);
	targets[0] = makeTargetEntry(column, 1, NULL, false);
	targets[1] = makeTargetEntry(weight, 2, NULL, false);

	query = wl_make_select(pstate, list_make2(targets[0], targets[1]),
						   range_quals(key, column, range));
	query->sortClause = list_make1(ascending(key, targets[0]));
	free_parsestate(pstate);
	return query;
}

/*
 * The scan itself
 */

typedef struct KeyReceiver
{
	DestReceiver pub;
	const WlKey *key;
	Relation	rel;
	WlKeyRow	row;
	void	   *arg;
	MemoryContext context;		/* the caller's */
	MemoryContext row_context;	/* reset after each row */
	SortSupportData order;
	bool		any;			/* has a row been received? */
	WlKeptKey	last;			/* the last row's key */
} KeyReceiver;

static void
refuse_null_key(const KeyReceiver *r)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("key column \"%s\" of relation \"%s\" contains null values",
					NameStr(r->key->column), RelationGetRelationName(r->rel)),
			 errdetail("A range of keys cannot include these rows."),
			 errhint("Name another column in key_column, or use a view without these rows.")));
}

static void
refuse_order(const KeyReceiver *r, Datum key)
{
	ereport(ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("keys of relation \"%s\" are out of order",
					RelationGetRelationName(r->rel)),
			 errdetail("Key %s came after key %s.", wl_key_excerpt(r->key, key),
					   wl_key_excerpt(r->key, r->last.value)),
			 errhint("REINDEX the relation. For a foreign table, check that its server sorts by the same collation.")));
}

/* Make a key the last one; true if it was already. */
static bool
take_key(KeyReceiver *r, Datum key)
{
	if (r->any)
	{
		int			sign = r->order.comparator(r->last.value, key, &r->order);

		if (sign == 0)
			return true;
		if (unlikely(sign > 0))
			refuse_order(r, key);
	}
	r->any = true;
	MemoryContextSwitchTo(r->context);
	wl_keep_key(r->key, &r->last, key);
	return false;
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	KeyReceiver *r = (KeyReceiver *) self;
	MemoryContext old = MemoryContextSwitchTo(r->row_context);
	Datum		key;
	double		weight;
	bool		same;
	bool		more;

	slot_getsomeattrs(slot, 2);
	key = slot->tts_values[0];
	weight = slot->tts_isnull[1] ? 0.0 : DatumGetFloat8(slot->tts_values[1]);
	if (unlikely(slot->tts_isnull[0]))
		refuse_null_key(r);
	if (unlikely(!wl_is_megabytes(weight)))
		wl_refuse_weight(weight, wl_key_excerpt(r->key, key));

	if (r->key->typlen == -1)
		key = PointerGetDatum(PG_DETOAST_DATUM_PACKED(key));
	same = take_key(r, key);
	MemoryContextSwitchTo(r->context);
	more = r->row(r->arg, r->last.value, same, weight);
	MemoryContextSwitchTo(old);
	if (!r->key->typbyval)
		MemoryContextReset(r->row_context);
	return more;
}

void
wl_scan_keys(Relation rel, const WlKey *key, const char *item_mb,
			 const WlRange *range, WlKeyRow row, void *arg, double *estimate)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "williams scan",
												  ALLOCSET_DEFAULT_SIZES);
	KeyReceiver r = {.key = key};
	Query	   *query;

	r.rel = rel;
	r.row = row;
	r.arg = arg;
	r.context = MemoryContextSwitchTo(context);
	r.row_context = AllocSetContextCreate(context, "williams row",
										  ALLOCSET_SMALL_SIZES);
	wl_begin_receiver(&r.pub, receive_row);
	wl_prepare_order(key, &r.order);
	query = make_scan(rel, key, item_mb, range);
	wl_execute(query, psprintf("williams: the keys of %s in order",
							   RelationGetRelationName(rel)), &r.pub, estimate);
	MemoryContextSwitchTo(r.context);
	if (r.last.buffer != NULL)
		pfree(r.last.buffer);
	MemoryContextDelete(context);
}

/*
 * Cutting a range in two, between the two keys that are nearest to the middle of
 * its rows
 */

static bool
count_row(void *arg, Datum key, bool same_key, double weight_mb)
{
	(*(int64 *) arg)++;
	return true;
}

typedef struct Cutting
{
	const WlKey *key;
	int64		total;			/* rows of the range */
	int64		rows;			/* rows received */
	double		memory_mb;		/* of the rows received */
	WlCut	   *cut;			/* the best so far; items[0] is 0 without one */
	WlKeptKey	last;			/* key of the last row */
	WlKeptKey	cut_last;		/* the cut's keys */
	WlKeptKey	cut_first;
} Cutting;

static bool
cut_row(void *arg, Datum key, bool same_key, double weight_mb)
{
	Cutting    *c = arg;
	WlCut	   *cut = c->cut;

	if (!same_key)
	{
		/*
		 * Is this cut nearer to the middle than the last one? The first
		 * always is.
		 */
		if (c->rows > 0 && cut->items[0] < c->total - c->rows)
		{
			cut->items[0] = c->rows;
			cut->memory_mb[0] = c->memory_mb;
			cut->memory_mb[1] = 0.0;
			wl_keep_key(c->key, &c->cut_last, c->last.value);
			wl_keep_key(c->key, &c->cut_first, key);
		}
		wl_keep_key(c->key, &c->last, key);
	}
	c->rows++;
	c->memory_mb += weight_mb;
	cut->memory_mb[1] += weight_mb;
	return true;
}

bool
wl_cut_range(Relation rel, const WlKey *key, const char *item_mb, const WlRange *range,
			 WlCut *cut)
{
	Cutting		c = {.key = key,.cut = cut};

	memset(cut, 0, sizeof(*cut));
	wl_scan_keys(rel, key, "0", range, count_row, &c.total, NULL);
	wl_scan_keys(rel, key, item_mb, range, cut_row, &c, NULL);
	cut->last = c.cut_last.value;
	cut->first = c.cut_first.value;
	cut->items[1] = c.rows - cut->items[0];
	return cut->items[0] > 0;
}

typedef struct LastKey
{
	const WlKey *key;
	bool		any;
	WlKeptKey	kept;
} LastKey;

static bool
keep_last(void *arg, Datum key, bool same_key, double weight_mb)
{
	LastKey    *l = arg;

	l->any = true;
	if (!same_key)
		wl_keep_key(l->key, &l->kept, key);
	return true;
}

bool
wl_last_key(Relation rel, const WlKey *key, const WlRange *range, Datum *last)
{
	LastKey		l = {.key = key};

	wl_scan_keys(rel, key, "0", range, keep_last, &l, NULL);
	*last = l.kept.value;
	return l.any;
}
