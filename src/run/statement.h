/*
 * statement.h
 *		Check the statement of a task, and prepare it with the bounds of a batch.
 */
#ifndef WL_STATEMENT_H
#define WL_STATEMENT_H

#include "executor/spi.h"
#include "nodes/params.h"

#include "plan/key.h"

/*
 * What the analysis of a task's statement needs, and what it finds. It refers to nothing
 * else, and must live as long as the plan: whenever PostgreSQL analyzes the statement
 * anew, the bounds are added anew.
 */
typedef struct WlStatement
{
	Oid			relation;
	WlKey		key;
	int			used;			/* its own parameters: a bit for each */
	/* while it is prepared: */
	MemoryContext context;		/* of what follows; else NULL */
	Query	   *query;			/* analyzed, with its bounds */
	const char *refusal;		/* why it cannot be bounded, or NULL */
} WlStatement;

/* Does it have $1 and $2 of its own? */
static inline bool
wl_has_own_bounds(const WlStatement *s)
{
	return s->used != 0;
}

/* Install the hook by which bounds are added; called once, when the library is loaded. */
extern void wl_init_statements(void);

/*
 * Parse and check a task's statement: exactly one, which can be planned, and which uses
 * both bounds or can be bounded. The plan is for this key; if the key's type or collation
 * changes, prepare the statement again. Errors: 42601, 0A000, 22023. s->query is left in
 * the current memory context. Between SPI_connect and SPI_finish.
 */
extern SPIPlanPtr wl_prepare_statement(WlStatement *s, const char *text, Relation rel,
									   const WlKey *key);

/* The bounds of a batch as the parameters of such a plan. */
extern ParamListInfo wl_bound_params(const WlKey *key, const Datum bounds[2]);

/* Error 0A000 if the plan writes to rel or to a table that can route rows into it. */
extern void wl_check_no_write(SPIPlanPtr plan, Relation rel);

#endif							/* WL_STATEMENT_H */
