/*
 * output.h
 *		What the engines' readers produce: one row for each field or word.
 *
 * A reader calls wl_emit for each row. Whatever it allocates between wl_row_begin
 * and wl_emit is freed with the row. A reader that has several documents in one
 * result sets "several" first and calls wl_next_document at each; rows of no
 * particular document follow wl_no_document.
 */
#ifndef WL_OUTPUT_H
#define WL_OUTPUT_H

#include <math.h>

#include "fmgr.h"
#include "utils/hsearch.h"
#include "utils/palloc.h"
#include "utils/tuplestore.h"

#include "base/check.h"
#include "base/compat.h"
#include "score/ocr/slice.h"

typedef struct WlFieldName
{
	WlSlice		name;			/* the hash key: must be first */
	bool		used;
	int			last;			/* the last number given to it */
} WlFieldName;

/*
 * Rows go either into a tuplestore or into two objects, whose keys are unique names:
 * words, which have none, are left out of them.
 */
typedef struct WlOutput
{
	MemoryContext whole;		/* lasts until the end */
	MemoryContext row;			/* reset after each row */
	bool		several;		/* does the result have several documents? */
	int			documents;		/* the number of documents begun */
	int			document;		/* the current document, from 1; 0 if the row
								 * belongs to none of several */
	int			page;			/* of wl_emit_word, which the reader sets */
	/* williams_ocr_fields */
	Tuplestorestate *store;
	TupleDesc	desc;
	/* williams_ocr_document */
	HTAB	   *names;			/* NULL if rows go into the tuplestore */
	Size		size;			/* total size of names and values */
	WlJsonb		fields;
	WlJsonb		confidence;
} WlOutput;

/*
 * One row. Item numbers the line items, or the parents of the same name, from 1;
 * 0 means that the field is not part of one. It goes into a repeated name, so
 * that name.3 and other.3 belong together even if the second item lacks one of
 * them.
 */
typedef struct WlOcrRow
{
	int			page;			/* from 1; 0 if unknown */
	WlSlice		field;			/* no text if the row is a word */
	int			item;
	WlSlice		value;
	double		confidence;		/* NaN if there is none */
} WlOcrRow;

extern HTAB *wl_name_table(Size entrysize);
extern HTAB *wl_blob_table(Size keysize, Size entrysize);
extern WlFieldName *wl_enter_name(HTAB *names, WlSlice name);
extern void wl_output_rows(WlOutput *out, FunctionCallInfo fcinfo);
extern void wl_output_objects(WlOutput *out);
extern void wl_output_objects_end(WlOutput *out, Datum *fields, Datum *confidence);
extern void wl_emit(WlOutput *out, WlOcrRow row);

/* The rows that follow belong to the whole result, not to one of its documents. */
static inline void
wl_no_document(WlOutput *out)
{
	out->document = out->several ? 0 : 1;
}

static inline void
wl_next_document(WlOutput *out)
{
	out->document = ++out->documents;
}

/* Allocations from here on last until the row is emitted. */
static inline void
wl_row_begin(WlOutput *out)
{
	MemoryContextSwitchTo(out->row);
}

/* A confidence in 0..1 from one in 0..scale; NaN if it is out of range. */
static inline double
wl_scaled(double x, double scale)
{
	x /= scale;
	return wl_is_fraction(x) ? x : NAN;
}

/* A number as a count; 0 if it is negative, NaN or too large for an int. */
static inline int
wl_as_count(double x)
{
	return x >= 0.0 && x < PG_INT32_MAX ? (int) x : 0;
}

/* Emit a word of the current page, with a confidence in 0..1. */
static inline void
wl_emit_word(WlOutput *out, WlSlice word, double confidence)
{
	WlOcrRow	row = {.page = out->page,.value = word,.confidence = wl_scaled(confidence, 1)};

	wl_emit(out, row);
}

#endif							/* WL_OUTPUT_H */
