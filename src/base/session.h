/*
 * session.h
 *		State that belongs to a session: the plans of the extension's own queries,
 *		a guard over the relations they name, and temporary settings.
 */
#ifndef WL_SESSION_H
#define WL_SESSION_H

#include "executor/spi.h"

/*
 * Execute one of the extension's own queries and return SPI's result. Its plan is
 * kept for the session under the query's text, which includes the schema: if the
 * extension's schema is renamed, the text is another. Whenever the query is
 * analyzed, it may use only the given relations, or error 42P01 is raised: after a
 * schema was renamed or dropped, its name may lead to other tables. Call it between
 * SPI_connect and SPI_finish.
 */
extern int	wl_execute_kept(const char *query, int nargs, const Oid *types,
							const Datum *values, const char *nulls, bool read_only,
							const Oid *relations, int nrelations);

/* Install the guard's hook; called once, when the library is loaded. */
extern void wl_init_guard(void);

typedef struct WlSetting
{
	const char *name;
	const char *value;
} WlSetting;

/*
 * Apply settings until wl_end_settings, or until the (sub)transaction fails.
 * Settings that are changed in between are restored too. Returns the level to pass
 * to wl_end_settings; levels nest.
 */
extern int	wl_begin_settings(const WlSetting *settings, int n);
extern void wl_end_settings(int level);

/* Apply one more setting, at the level begun last. */
extern void wl_set_local(const char *setting, const char *value);

/* The same until the end of the transaction, as SET LOCAL does. */
extern void wl_set_for_transaction(const char *setting, const char *value);

#endif							/* WL_SESSION_H */
