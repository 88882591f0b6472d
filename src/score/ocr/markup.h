/*
 * markup.h
 *		HTML and XML as a sequence of tags and the text between them.
 */
#ifndef WL_MARKUP_H
#define WL_MARKUP_H

#include "score/ocr/slice.h"

typedef enum WlToken
{
	WL_TOKEN_TEXT,				/* may contain entities */
	WL_TOKEN_CDATA,				/* cannot */
	WL_TOKEN_OPEN,				/* <name ...> */
	WL_TOKEN_EMPTY,				/* <name .../> */
	WL_TOKEN_CLOSE,				/* </name> */
	WL_TOKEN_END
} WlToken;

/* A scan: where it is, and the token that was read last. */
typedef struct WlMarkup
{
	const char *p;
	const char *end;
	WlSlice text;				/* of TEXT and CDATA */
	WlSlice		name;			/* of a tag, without its prefix */
	WlSlice		attributes;		/* of OPEN and EMPTY */
} WlMarkup;

extern void wl_markup_begin(WlMarkup *m, WlSlice text);
extern WlToken wl_markup_next(WlMarkup *m);
extern WlSlice wl_markup_attribute(const WlMarkup *m, const char *name);
extern void wl_append_decoded(StringInfo buffer, WlSlice s);
extern void wl_append_text(StringInfo buffer, const WlMarkup *m, WlToken token);

/* A document is markup if it starts with <. */
static inline bool
wl_is_markup(WlSlice text)
{
	return wl_slice_starts(text, "<");
}

/* Read on to the next tag that opens an element; false at the end. */
static inline bool
wl_markup_next_element(WlMarkup *m)
{
	WlToken		token;

	do
		token = wl_markup_next(m);
	while (token != WL_TOKEN_OPEN && token != WL_TOKEN_EMPTY && token != WL_TOKEN_END);
	return token != WL_TOKEN_END;
}

/* Begin a scan and read on to the root element. Is the text markup whose root has this name? */
static inline bool
wl_markup_begin_root(WlMarkup *m, WlSlice text, const char *name)
{
	if (!wl_is_markup(text))
		return false;
	wl_markup_begin(m, text);
	return wl_markup_next_element(m) && wl_slice_is_any_case(m->name, name);
}

#endif							/* WL_MARKUP_H */
