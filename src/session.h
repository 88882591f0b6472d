/*
 * session.h
 *		What is kept for a session, what is set for a while in it, and what the names
 *		in queries of ours may lead to.
 */
#ifndef WL_SESSION_H
#define WL_SESSION_H

#include "executor/spi.h"

/*
 * The plan of a query of ours, which is kept for the session. The text is what it
 * is known by, the schema in it included: where the extension's schema gets another
 * name, that is another query. Between SPI_connect and SPI_finish.
 */
extern SPIPlanPtr wl_kept_plan(const char *query, int nargs, const Oid *types);

/*
 * Until wl_end_guard this query may be about these relations alone, whenever it is
 * analysed: names lead elsewhere once a schema was renamed or dropped. Errors end
 * the guard only through PG_FINALLY.
 */
extern void wl_begin_guard(const char *query, const Oid *relations, int n);
extern void wl_end_guard(void);

/* As the library is loaded. */
extern void wl_init_guard(void);

/* A setting's value, until the level of NewGUCNestLevel() that is open ends. */
extern void wl_set_local(const char *setting, const char *value);

#endif							/* WL_SESSION_H */
