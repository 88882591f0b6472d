/*
 * session.h
 *		What is kept for a session, what is set for a while in it, and what the names
 *		in queries of ours may lead to.
 */
#ifndef WL_SESSION_H
#define WL_SESSION_H

#include "executor/spi.h"

/*
 * Execute a query of ours, whose plan is kept for the session: what SPI returns. The
 * text is what it is known by, the schema in it included: if the extension's schema
 * gets another name, that is another query. It may be about these relations alone,
 * whenever it is analysed: names lead elsewhere once a schema was renamed or
 * dropped. Between SPI_connect and SPI_finish.
 */
extern int	wl_execute_kept(const char *query, int nargs, const Oid *types,
							const Datum *values, const char *nulls, bool read_only,
							const Oid *relations, int nrelations);

/* As the library is loaded. */
extern void wl_init_guard(void);

/* A setting's value, until the level of NewGUCNestLevel() that is open ends. */
extern void wl_set_local(const char *setting, const char *value);

#endif							/* WL_SESSION_H */
