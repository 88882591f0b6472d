/*
 * field_text.h
 *		The text of a field's value.
 */
#ifndef WL_FIELD_TEXT_H
#define WL_FIELD_TEXT_H

#include "score/score.h"

/* The text of a value as ->> returns it; none if the field counts as missing. */
extern WlFieldText wl_text_of(const WlValue *value);

#endif							/* WL_FIELD_TEXT_H */
