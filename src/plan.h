/*
 * plan.h
 *		How many items fit a memory budget, for the planning functions and for
 *		williams_workload.
 */
#ifndef WL_PLAN_H
#define WL_PLAN_H

/* min(bound, items that fit, items), at least 1; an item of 0 MB always fits */
extern int64 wl_batch_size_for(int64 items, double memory, double item);

#endif							/* WL_PLAN_H */
