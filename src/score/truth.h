/*
 * truth.h
 *		What people found to be true, compared with what was read.
 */
#ifndef WL_TRUTH_H
#define WL_TRUTH_H

#include "score/score.h"

/* Is what was read right? A truth that is null or blank makes it wrong. */
extern bool wl_is_right(const WlFieldText *read, const WlValue *truth);

#endif							/* WL_TRUTH_H */
