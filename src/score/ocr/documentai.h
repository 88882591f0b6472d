/*
 * documentai.h
 *		What the readers of Document AI's fields and of its words share.
 */
#ifndef WL_DOCUMENTAI_H
#define WL_DOCUMENTAI_H

#include "score/ocr/json.h"
#include "score/ocr/ocr.h"

/* The document's text, with marks to find the nth character by. */
typedef struct WlAnchored
{
	WlSlice		characters;
	bool		single;			/* is every character one byte? */
	int		   *marks;			/* where each MARK_STEPth character starts */
	int			n_marks;
} WlAnchored;

extern JsonbContainer *wl_documentai_document(JsonbContainer *root);
extern void wl_anchored_begin(WlAnchored *a, WlSlice text);
extern WlSlice wl_anchor_text(const WlAnchored *a, JsonbContainer *anchor);

/* The number of a page, or else its place in the document. */
static inline int
wl_documentai_page(JsonbContainer *page, int place)
{
	double		number = wl_json_number(page, "pageNumber");

	return isnan(number) ? place : wl_as_count(number);
}

#endif							/* WL_DOCUMENTAI_H */
