/*
 * field_text.h
 *		The text of a field's value.
 */
#ifndef WL_FIELD_TEXT_H
#define WL_FIELD_TEXT_H

#include "score/score.h"

/* The text of a value as ->> returns it; none if the field counts as missing. */
extern WlFieldText wl_text_of(const WlValue *value);

/* The text of an object or array as ->> returns it, at least the first WL_CONTAINER_TEXT bytes. */
#define WL_CONTAINER_TEXT	(1024 * 1024)

extern char *wl_container_text(JsonbContainer *container);

#endif							/* WL_FIELD_TEXT_H */
