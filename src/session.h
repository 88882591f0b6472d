/*
 * session.h
 *		What is kept for a session, and what is set for a while in it.
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

/* A setting's value, until the level of NewGUCNestLevel() that is open ends. */
extern void wl_set_local(const char *setting, const char *value);

#endif							/* WL_SESSION_H */
