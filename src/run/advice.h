/*
 * advice.h
 *		What a statement does with the bounds of a batch: warnings, and whether it
 *		processes whole ranges.
 */
#ifndef WL_ADVICE_H
#define WL_ADVICE_H

#include "run/statement.h"

/*
 * Warn (01000) of a statement's own bounds that leave keys out, and of a plan that does
 * not find the rows of a batch by the bounds. The plan is made as for a large table.
 */
extern void wl_advise(const WlStatement *s, SPIPlanPtr plan);

/*
 * Does it update or delete every row between its own $1 and $2? Then it should process
 * as many rows as were planned.
 */
extern bool wl_is_whole_range(const WlStatement *s);

#endif							/* WL_ADVICE_H */
