/*
 * statement.h
 *		What the statement of a task may be.
 */
#ifndef WL_STATEMENT_H
#define WL_STATEMENT_H

#include "executor/spi.h"
#include "utils/relcache.h"

/*
 * A task's statement, parsed and checked: one statement, which can be planned and
 * takes both bounds. Between SPI_connect and SPI_finish.
 */
extern SPIPlanPtr wl_prepare_statement(const char *statement, Oid key_type);

/* Error 0A000 if its plan writes to a table, or to one through which rows get there. */
extern void wl_check_no_write(SPIPlanPtr plan, Relation rel);

#endif							/* WL_STATEMENT_H */
