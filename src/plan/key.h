/*
 * key.h
 *		The key column by which a table is cut into batches: finding it, the order of
 *		its values, and bounds as text.
 */
#ifndef WL_KEY_H
#define WL_KEY_H

#include "utils/relcache.h"
#include "utils/sortsupport.h"
#include "utils/typcache.h"

/* A column whose type has a btree order; ctid if batches are block ranges. */
typedef struct WlKey
{
	NameData	column;
	Oid			type;
	Oid			collation;
	int16		typlen;
	bool		typbyval;
} WlKey;

/*
 * Open a relation and lock it in ACCESS SHARE mode, if the current user may read
 * any of its columns. If it does not exist: NULL with missing_ok, else error 42P01.
 */
extern Relation wl_open_relation(Oid relid, bool missing_ok);

/*
 * Find the key of an open relation: the named column or, if column is NULL, the
 * first column of the primary key. "ctid" is accepted only with by_ctid, and is
 * then the default.
 */
extern void wl_find_key(Relation rel, const char *column, bool by_ctid, WlKey *key);

/* The btree order of a type: its operators < and =, and their operator family. */
extern TypeCacheEntry *wl_type_order(Oid type);

/*
 * Set up an order, all zero, whose comparator compares keys. What the comparator keeps
 * is allocated in the current memory context.
 */
extern void wl_prepare_order(const WlKey *key, SortSupport order);

/*
 * The order of a key as text: its operator family, its type if that matters, and
 * its collation. Under another order a range holds other rows.
 */
extern char *wl_key_order(const WlKey *key);

/*
 * Write bounds as text, and read them. The text is the same in every session: these
 * functions apply fixed settings and restore the session's own.
 */
extern void wl_key_texts(const WlKey *key, const Datum *values, char **texts, int n);
extern void wl_key_values(const WlKey *key, char *const *texts, Datum *values, int n);

/* A key's text for a message, cut off if it is long. */
extern const char *wl_key_excerpt(const WlKey *key, Datum value);

/*
 * A copy of a key that outlives its row. All zero to begin with. The buffer, used
 * for a type passed by reference, is allocated in the memory context that is
 * current when it grows.
 */
typedef struct WlKeptKey
{
	Datum		value;
	char	   *buffer;
	Size		size;
} WlKeptKey;

extern void wl_keep_copy(const WlKey *key, WlKeptKey *kept, Datum value);

/* Called for each row: no function call for a type passed by value. */
static inline void
wl_keep_key(const WlKey *key, WlKeptKey *kept, Datum value)
{
	if (key->typbyval)
		kept->value = value;
	else
		wl_keep_copy(key, kept, value);
}

#endif							/* WL_KEY_H */
