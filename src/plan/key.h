/*
 * key.h
 *		The keys by which a table is cut into batches: for williams_plan_table,
 *		which cuts, and for the tasks, which run what was cut and cut again what
 *		failed.
 */
#ifndef WL_KEY_H
#define WL_KEY_H

#include "utils/relcache.h"

/* A column with a btree order; ctid where batches are block ranges. */
typedef struct WlKey
{
	NameData	column;
	Oid			type;
	Oid			collation;
	int16		typlen;
	bool		typbyval;
} WlKey;

/* A range of keys: of a batch, or of what a split left of it. */
typedef struct WlRange
{
	Datum		lower;			/* inclusive */
	Datum		upper;
	bool		upper_inclusive;
} WlRange;

/* Where a range is cut in two, and what was in its parts. */
typedef struct WlCut
{
	Datum		last;			/* key of the lower part */
	Datum		first;			/* key of the upper part */
	int64		items[2];
	double		memory_mb[2];
} WlCut;

/*
 * One row, in the order of the keys. A key passed by reference lives until the
 * next row only. false ends the scan.
 */
typedef bool (*WlKeyRow) (void *arg, Datum key, bool same_key, double weight_mb);

/*
 * Open it and lock it in ACCESS SHARE mode, if the current user may read any of its
 * columns. If it is gone: NULL, or error 42P01.
 */
extern Relation wl_open_relation(Oid relid, bool missing_ok);

/*
 * The key of an open relation: column, or where that is NULL the first column
 * of the primary key. "ctid" only where by_ctid.
 */
extern void wl_find_key(Relation rel, const char *column, bool by_ctid, WlKey *key);

/*
 * The rows that the active snapshot sees, of a range or, if that is NULL, all, as
 * the current user. item_mb is one SQL expression over the row, NULL for the sizes
 * of its columns. estimate receives the planner's estimate of the rows before the
 * first of them is handed on; it may be NULL.
 */
extern void wl_scan_keys(Relation rel, const WlKey *key, const char *item_mb,
						 const WlRange *range, WlKeyRow row, void *arg, double *estimate);

/* Cut a range near the middle of its rows; false if it holds one key or none. */
extern bool wl_cut_range(Relation rel, const WlKey *key, const char *item_mb,
						 const WlRange *range, WlCut *cut);

/* The last key in a range; false if it holds none. */
extern bool wl_last_key(Relation rel, const WlKey *key, const WlRange *range, Datum *last);

/*
 * Bounds as text, the same in every session: written and read under settings of
 * our own, which these begin and end themselves.
 */
extern void wl_key_texts(const WlKey *key, const Datum *values, char **texts, int n);
extern void wl_key_values(const WlKey *key, char *const *texts, Datum *values, int n);

/*
 * What the values of a key are ordered by, as text: its operator family, its type
 * where that matters, and its collation. A range holds other rows under another order.
 */
extern char *wl_key_order(const WlKey *key);

/* A key's text for a message: cut off where it is long. */
extern const char *wl_key_excerpt(const WlKey *key, Datum value);

/*
 * A key that outlives its row. The buffer, of a type passed by reference, is of
 * the context that is current when it grows; all of it zero to begin with.
 */
typedef struct WlKeptKey
{
	Datum		value;
	char	   *buffer;
	Size		size;
} WlKeptKey;

extern void wl_keep_copy(const WlKey *key, WlKeptKey *kept, Datum value);

/* for each row, and so without a call where it can be */
static inline void
wl_keep_key(const WlKey *key, WlKeptKey *kept, Datum value)
{
	if (key->typbyval)
		kept->value = value;
	else
		wl_keep_copy(key, kept, value);
}

#endif							/* WL_KEY_H */
