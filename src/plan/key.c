/*
 * key.c
 *		The keys by which a table is cut into batches: finding the column, one
 *		ordered scan, cutting a range in two, and the text of a bound.
 *
 * The scan is a query built of nodes, planned and executed like any other, so
 * that what PostgreSQL knows of the relation holds: the current user's rights,
 * row-level security, views, partitions, foreign servers, indexes, parallel
 * workers. Rows are handed on as they come: nothing is kept but the last key.
 *
 * Order is checked, not believed: a key that is less than the one before it,
 * from a corrupt index or a foreign server with other collations, is an error,
 * for batches must never overlap.
 *
 * The relation is open and locked (ACCESS SHARE is enough) by the caller.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sortsupport.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/expression.h"
#include "base/session.h"
#include "plan/key.h"

/*
 * Finding the key
 */

/* The rights come first: a lock that is waited for makes others wait. */
Relation
wl_open_relation(Oid relid, bool missing_ok)
{
	Relation	rel = NULL;

	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
	{
		if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
			pg_attribute_aclcheck_all(relid, GetUserId(), ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
			aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(relid)),
						   get_rel_name(relid));
		rel = try_relation_open(relid, AccessShareLock);
	}
	if (rel == NULL && !missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	return rel;
}

static void
check_relation_kind(Relation rel)
{
	switch (rel->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("cannot cut relation \"%s\" into batches",
					RelationGetRelationName(rel)),
			 errdetail_relkind_not_supported(rel->rd_rel->relkind)));
}

/* The first column of the primary key, a deferrable one too. */
static AttrNumber
primary_key_column(Relation rel)
{
	AttrNumber	attnum = InvalidAttrNumber;
	ListCell   *lc;

	foreach(lc, RelationGetIndexList(rel))
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(lc)));
		Form_pg_index index;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for index %u", lfirst_oid(lc));
		index = (Form_pg_index) GETSTRUCT(tuple);
		if (index->indisprimary)
			attnum = index->indkey.values[0];
		ReleaseSysCache(tuple);
	}
	if (attnum == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("relation \"%s\" has no primary key",
						RelationGetRelationName(rel)),
				 errhint("Name the column to cut it by in key_column.")));
	return attnum;
}

static AttrNumber
named_column(Relation rel, const char *column)
{
	AttrNumber	attnum = get_attnum(RelationGetRelid(rel), column);

	if (attnum == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						column, RelationGetRelationName(rel))));
	if (attnum < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("system column \"%s\" cannot be the key of batches", column),
				 errhint("Name another column in key_column; for block ranges there is the method 'ctid'.")));
	return attnum;
}

static TypeCacheEntry *
type_order(Oid type)
{
	return lookup_type_cache(type, TYPECACHE_LT_OPR | TYPECACHE_EQ_OPR |
							 TYPECACHE_BTREE_OPFAMILY);
}

void
wl_find_key(Relation rel, const char *column, bool by_ctid, WlKey *key)
{
	AttrNumber	attnum;
	const FormData_pg_attribute *attribute;

	check_relation_kind(rel);
	if (by_ctid && (column == NULL || strcmp(column, "ctid") == 0))
		attribute = SystemAttributeDefinition(SelfItemPointerAttributeNumber);
	else
	{
		attnum = column == NULL ? primary_key_column(rel) : named_column(rel, column);
		attribute = TupleDescAttr(RelationGetDescr(rel), attnum - 1);
	}

	key->column = attribute->attname;
	key->type = getBaseType(attribute->atttypid);
	key->collation = attribute->attcollation;
	get_typlenbyval(key->type, &key->typlen, &key->typbyval);
	if (!OidIsValid(type_order(key->type)->lt_opr))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("column \"%s\" of type %s has no order to cut by",
						NameStr(key->column), format_type_be(key->type)),
				 errhint("Name a column of a type with a btree operator class in key_column.")));
}

/*
 * Integers and texts are the same in another type of their family; a date, say,
 * is read as another time.
 */
char *
wl_key_order(const WlKey *key)
{
	Oid			family = type_order(key->type)->btree_opf;
	HeapTuple	tuple = SearchSysCache1(OPFAMILYOID, ObjectIdGetDatum(family));
	char	   *order;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator family %u", family);
	order = pstrdup(NameStr(((Form_pg_opfamily) GETSTRUCT(tuple))->opfname));
	ReleaseSysCache(tuple);
	if (family != INTEGER_BTREE_FAM_OID && family != TEXT_BTREE_FAM_OID)
		order = psprintf("%s %s", order, format_type_be_qualified(key->type));
	if (OidIsValid(key->collation))
		order = psprintf("%s %s", order, get_collation_name(key->collation));
	return order;
}

/*
 * Bounds as text
 */

/* They begin here; AtEOXact_GUC(true, level) ends them. */
static int
fixed_settings(void)
{
	static const char *const settings[][2] = {
		{"DateStyle", "ISO"},
		{"TimeZone", "UTC"},
		{"IntervalStyle", "postgres"},
		{"extra_float_digits", "1"},
		{"bytea_output", "hex"},
		{"lc_monetary", "C"},
		{"array_nulls", "on"},
		{"search_path", "pg_catalog, pg_temp"}
	};
	int			level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(settings); i++)
		wl_set_local(settings[i][0], settings[i][1]);
	return level;
}

void
wl_key_texts(const WlKey *key, const Datum *values, char **texts, int n)
{
	int			level = fixed_settings();
	FmgrInfo	output;
	Oid			function;
	bool		is_varlena;

	getTypeOutputInfo(key->type, &function, &is_varlena);
	fmgr_info(function, &output);
	for (int i = 0; i < n; i++)
		texts[i] = OutputFunctionCall(&output, values[i]);
	AtEOXact_GUC(true, level);
}

void
wl_key_values(const WlKey *key, char *const *texts, Datum *values, int n)
{
	int			level = fixed_settings();
	FmgrInfo	input;
	Oid			function;
	Oid			parameter;

	getTypeInputInfo(key->type, &function, &parameter);
	fmgr_info(function, &input);
	for (int i = 0; i < n; i++)
		values[i] = InputFunctionCall(&input, texts[i], parameter, -1);
	AtEOXact_GUC(true, level);
}

const char *
wl_key_excerpt(const WlKey *key, Datum value)
{
	char	   *text;

	wl_key_texts(key, &value, &text, 1);
	return wl_text_start(text, 100);
}

void
wl_keep_copy(const WlKey *key, WlKeptKey *kept, Datum value)
{
	Size		size = datumGetSize(value, false, key->typlen);

	if (size > kept->size)
	{
		kept->size = Max(size, 2 * kept->size);
		if (kept->buffer != NULL)
			pfree(kept->buffer);
		kept->buffer = palloc(kept->size);
	}
	memcpy(kept->buffer, DatumGetPointer(value), size);
	kept->value = PointerGetDatum(kept->buffer);
}

/*
 * The scan's query: SELECT key, weight FROM relation WHERE key BETWEEN lower AND
 * upper ORDER BY key
 */

/*
 * williams_row_mb, wherever the extension is: no other function of that name, which
 * the extension's owner may have added to it; of those in C they own none.
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

/* The sizes of all columns: a function takes 100 arguments at most. */
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

/* A value as the operators of the type's order take it: varchar's are text's. */
static Expr *
as_operand(Expr *expr, const WlKey *key, Oid type)
{
	if (exprType((Node *) expr) == type || IsPolymorphicType(type))
		return expr;
	return (Expr *) makeRelabelType(expr, type, -1, key->collation,
									COERCE_IMPLICIT_CAST);
}

/* key >= bound, key <= bound or key < bound */
static Expr *
comparison(const WlKey *key, Expr *column, int strategy, Datum bound)
{
	TypeCacheEntry *order = type_order(key->type);
	Oid			type = order->btree_opintype;
	Oid			operator = get_opfamily_member(order->btree_opf, type, type, strategy);
	Const	   *value = makeConst(key->type, -1, key->collation, key->typlen,
								  datumCopy(bound, key->typbyval, key->typlen),
								  false, key->typbyval);
	Expr	   *result;

	if (!OidIsValid(operator))
		elog(ERROR, "operator of strategy %d does not exist for type %u",
			 strategy, type);
	result = make_opclause(operator, BOOLOID, false,
						   as_operand(copyObject(column), key, type),
						   as_operand((Expr *) value, key, type),
						   InvalidOid, key->collation);
	set_opfuncid((OpExpr *) result);
	return result;
}

static Node *
range_quals(const WlKey *key, Expr *column, const WlRange *range)
{
	if (range == NULL)
		return NULL;
	return (Node *)
		make_ands_explicit(list_make2(comparison(key, column, BTGreaterEqualStrategyNumber,
												 range->lower),
									  comparison(key, column, range->upper_inclusive ?
												 BTLessEqualStrategyNumber :
												 BTLessStrategyNumber,
												 range->upper)));
}

static SortGroupClause *
ascending(const WlKey *key, TargetEntry *target)
{
	SortGroupClause *sort = makeNode(SortGroupClause);
	TypeCacheEntry *order = type_order(key->type);

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
	MemoryContext row_context;	/* what a comparison leaves behind */
	SortSupportData order;
	bool		any;			/* was there a row? */
	WlKeptKey	last;			/* its key */
} KeyReceiver;

static void
refuse_null_key(const KeyReceiver *r)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("key column \"%s\" of relation \"%s\" contains null values",
					NameStr(r->key->column), RelationGetRelationName(r->rel)),
			 errdetail("No range of keys would cover such a row."),
			 errhint("Name another key_column, or leave these rows out by a view.")));
}

static void
refuse_order(const KeyReceiver *r, Datum key)
{
	ereport(ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("keys of relation \"%s\" came out of order",
					RelationGetRelationName(r->rel)),
			 errdetail("Key %s came after %s.", wl_key_excerpt(r->key, key),
					   wl_key_excerpt(r->key, r->last.value)),
			 errhint("REINDEX the relation; for a foreign table, see that its server sorts by the same collation.")));
}

/* Take a key as the last one, and say whether it was that before. */
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
	r.order.ssup_cxt = context;
	r.order.ssup_collation = key->collation;
	wl_begin_receiver(&r.pub, receive_row);
	PrepareSortSupportFromOrderingOp(type_order(key->type)->lt_opr, &r.order);
	query = make_scan(rel, key, item_mb, range);
	wl_execute(query, psprintf("williams: the keys of %s in order",
							   RelationGetRelationName(rel)), &r.pub, estimate);
	MemoryContextSwitchTo(r.context);
	if (r.last.buffer != NULL)
		pfree(r.last.buffer);
	MemoryContextDelete(context);
}

/*
 * Cutting a range in two: at the boundary of two keys that is nearest to the
 * middle of its rows.
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
	int64		rows;			/* of those that came */
	double		memory_mb;
	WlCut	   *cut;			/* items[0] = 0: none yet */
	WlKeptKey	last;
	WlKeptKey	cut_last;
	WlKeptKey	cut_first;
} Cutting;

static bool
cut_row(void *arg, Datum key, bool same_key, double weight_mb)
{
	Cutting    *c = arg;
	WlCut	   *cut = c->cut;

	if (!same_key)
	{
		/* nearer to the middle than the cut before? the first cut always is */
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
