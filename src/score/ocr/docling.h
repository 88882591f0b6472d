/*
 * docling.h
 *		What the two parts of Docling's reader share: a document that is being read,
 *		and a field whose parts are being collected.
 *
 * A reader calls wl_field_begin, adds the parts of the name and of the value, in
 * order, and calls wl_field_end.
 */
#ifndef WL_DOCLING_H
#define WL_DOCLING_H

#include "utils/jsonb.h"

#include "score/ocr/output.h"
#include "score/ocr/slice.h"

/* A document that is being read */
typedef struct WlDocling
{
	WlOutput   *out;
	JsonbContainer *document;
	JsonbContainer *scores;		/* of the pages; NULL if there are none */
	int			first;			/* the number of the first page in scores */
	double		whole;			/* the confidence in the document, if it has
								 * no scores of its pages */
	int			page;			/* the page of the last row */
	double		confidence;		/* in that page */
} WlDocling;

/* The first part that has a page decides where the name or the value is. */
typedef struct WlField
{
	StringInfoData name;
	StringInfoData value;
	int			name_page;
	int			value_page;
} WlField;

extern WlSlice wl_docling_text(JsonbContainer *item);
extern int	wl_docling_page(JsonbContainer *item);
extern void wl_field_begin(WlDocling *r, WlField *f);
extern void wl_field_add_name(WlField *f, WlSlice s, JsonbContainer *item);
extern void wl_field_add_value(WlField *f, WlSlice s, JsonbContainer *item);
extern void wl_field_end(WlDocling *r, const WlField *f, int page);
extern void wl_read_graph(WlDocling *r, JsonbContainer *item);

#endif							/* WL_DOCLING_H */
