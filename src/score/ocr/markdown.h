/*
 * markdown.h
 *		Markdown as it looks on the page, and its words.
 *
 * The copy that wl_append_printed appends to begins with a zero byte. The functions
 * for words look at the characters around p, in text with a zero byte on either side.
 */
#ifndef WL_MARKDOWN_H
#define WL_MARKDOWN_H

#include "score/ocr/slice.h"

extern int	wl_append_printed(StringInfo copy, const char *p, const char *end);
extern void wl_strip_blank(StringInfo copy);
extern WlSlice wl_next_word(const char **p, const char *end);
extern bool wl_is_in_word(const char *p);

#endif							/* WL_MARKDOWN_H */
