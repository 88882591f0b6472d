/*
 * verdict.h
 *		What an error says about the batch that failed with it.
 */
#ifndef WL_VERDICT_H
#define WL_VERDICT_H

typedef enum WlVerdict
{
	VERDICT_RETRY,				/* the batch may succeed the next time */
	VERDICT_LOST,				/* the same, but another server is not there:
								 * the other batches need it, too */
	VERDICT_SPLIT,				/* a row is to blame: find it */
	VERDICT_STOP				/* every batch would fail in the same way */
} WlVerdict;

/*
 * executed: the statement had begun. No row is to blame for an error before that,
 * such as one in parsing the statement.
 */
extern WlVerdict wl_judge(const ErrorData *error, bool executed);

#endif							/* WL_VERDICT_H */
