/*
 * state.h
 *		The text and binary forms of an aggregate's transition state.
 *
 * A state is a fixed-length base type: a struct of 8-byte fields, each an int64 or a
 * finite float8. A distributed planner sends it as text, so the text form must read
 * back bit for bit under any extra_float_digits.
 */
#ifndef WL_STATE_H
#define WL_STATE_H

#include "fmgr.h"
#include "nodes/nodes.h"

typedef struct WlStateType
{
	const char *name;			/* of the SQL type */
	const char *fields;			/* one letter each: i for int64, f for float8 */
	bool		(*valid) (const void *state);	/* the invariants */
} WlStateType;

extern Datum wl_state_in(FunctionCallInfo fcinfo, const WlStateType *type);
extern Datum wl_state_out(FunctionCallInfo fcinfo, const WlStateType *type);
extern Datum wl_state_recv(FunctionCallInfo fcinfo, const WlStateType *type);
extern Datum wl_state_send(FunctionCallInfo fcinfo, const WlStateType *type);

/* The four I/O functions of one state type, wl_NAME_in and so on. */
#define WL_STATE_IO(name, type) \
	PG_FUNCTION_INFO_V1(wl_##name##_in); \
	Datum wl_##name##_in(PG_FUNCTION_ARGS) { return wl_state_in(fcinfo, &(type)); } \
	PG_FUNCTION_INFO_V1(wl_##name##_out); \
	Datum wl_##name##_out(PG_FUNCTION_ARGS) { return wl_state_out(fcinfo, &(type)); } \
	PG_FUNCTION_INFO_V1(wl_##name##_recv); \
	Datum wl_##name##_recv(PG_FUNCTION_ARGS) { return wl_state_recv(fcinfo, &(type)); } \
	PG_FUNCTION_INFO_V1(wl_##name##_send); \
	Datum wl_##name##_send(PG_FUNCTION_ARGS) { return wl_state_send(fcinfo, &(type)); } \
	StaticAssertDecl(true, "takes the semicolon")

/*
 * The state that a transition or combine function may write to: argument 0 itself in
 * an aggregate, elsewhere a copy, because inputs are never modified. NULL gives the
 * identity, which is all zeros. The usual case, an existing state in a plain
 * aggregate, needs no function call.
 */
extern void *wl_state_writable_slow(FunctionCallInfo fcinfo, Size size);

static inline void *
wl_state_writable(FunctionCallInfo fcinfo, Size size)
{
	if (likely(fcinfo->context != NULL && IsA(fcinfo->context, AggState) && !PG_ARGISNULL(0)))
		return PG_GETARG_POINTER(0);
	return wl_state_writable_slow(fcinfo, size);
}

/* How many bytes of malformed text a message repeats. */
#define WL_MALFORMED_SHOWN 200

#endif							/* WL_STATE_H */
