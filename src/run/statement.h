/*
 * statement.h
 *		Check the statement of a task.
 */
#ifndef WL_STATEMENT_H
#define WL_STATEMENT_H

#include "executor/spi.h"
#include "utils/relcache.h"

/*
 * Parse and check a task's statement: exactly one, which can be planned and uses both
 * bounds. Between SPI_connect and SPI_finish.
 */
extern SPIPlanPtr wl_prepare_statement(const char *statement, Oid key_type);

/* Error 0A000 if the plan writes to rel or to a table that can route rows into it. */
extern void wl_check_no_write(SPIPlanPtr plan, Relation rel);

#endif							/* WL_STATEMENT_H */
