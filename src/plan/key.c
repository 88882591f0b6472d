/*
 * key.c
 *		The key column by which a table is cut into batches: finding it, the order of
 *		its values, and bounds as text.
 *
 * A bound is written and read under fixed settings, so that its text is the same
 * in every session.
 *
 * Locks: wl_open_relation takes ACCESS SHARE on the relation, to the end of the
 * transaction. Everything else expects the relation to be open and locked.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/heap.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opfamily.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/check.h"
#include "base/session.h"
#include "plan/key.h"

/*
 * Finding the key
 */

/* Check rights before locking: a session that waits for a lock blocks others. */
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

/* The first column of the primary key, which may be deferrable. */
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
				 errhint("Name the column to cut by in key_column.")));
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
				 errmsg("system column \"%s\" cannot be the key", column),
				 errhint("Name another column in key_column, or use method \"ctid\" for block ranges.")));
	return attnum;
}

TypeCacheEntry *
wl_type_order(Oid type)
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
	if (!OidIsValid(wl_type_order(key->type)->lt_opr))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("column \"%s\" of type %s cannot be ordered",
						NameStr(key->column), format_type_be(key->type)),
				 errhint("Name a column in key_column whose type has a btree operator class.")));
}

void
wl_prepare_order(const WlKey *key, SortSupport order)
{
	order->ssup_cxt = CurrentMemoryContext;
	order->ssup_collation = key->collation;
	PrepareSortSupportFromOrderingOp(wl_type_order(key->type)->lt_opr, order);
}

/*
 * The type matters unless the bounds mean the same in all types of the family, as
 * with integers and texts. A date, for example, would be read as another time.
 */
char *
wl_key_order(const WlKey *key)
{
	Oid			family = wl_type_order(key->type)->btree_opf;
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

static const WlSetting text_settings[] = {
	{"DateStyle", "ISO"},
	{"TimeZone", "UTC"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
	{"lc_monetary", "C"},
	{"array_nulls", "on"},
	{"search_path", "pg_catalog, pg_temp"}
};

void
wl_key_texts(const WlKey *key, const Datum *values, char **texts, int n)
{
	int			level = wl_begin_settings(text_settings, lengthof(text_settings));
	FmgrInfo	output;
	Oid			function;
	bool		is_varlena;

	getTypeOutputInfo(key->type, &function, &is_varlena);
	fmgr_info(function, &output);
	for (int i = 0; i < n; i++)
		texts[i] = OutputFunctionCall(&output, values[i]);
	wl_end_settings(level);
}

void
wl_key_values(const WlKey *key, char *const *texts, Datum *values, int n)
{
	int			level = wl_begin_settings(text_settings, lengthof(text_settings));
	FmgrInfo	input;
	Oid			function;
	Oid			parameter;

	getTypeInputInfo(key->type, &function, &parameter);
	fmgr_info(function, &input);
	for (int i = 0; i < n; i++)
		values[i] = InputFunctionCall(&input, texts[i], parameter, -1);
	wl_end_settings(level);
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
