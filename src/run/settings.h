/*
 * settings.h
 *		The settings of a task.
 */
#ifndef WL_SETTINGS_H
#define WL_SETTINGS_H

#include "base/compat.h"

/*
 * Check settings as ALTER ROLE ... SET does: that they exist, their values, and that
 * the current user may set them. Error 22023 if they are not an object of scalars, or
 * for a setting that a task cannot have.
 */
extern void wl_check_settings(Jsonb *settings);

/* Put them into force at the level of settings begun last; NULL: none. */
extern void wl_apply_settings(Jsonb *settings);

/*
 * Put those of them into force that take effect when a transaction commits, until it
 * does.
 */
extern void wl_apply_commit_settings(Jsonb *settings);

#endif							/* WL_SETTINGS_H */
