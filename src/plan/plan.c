/*
 * plan.c
 *		Batches within a memory budget: their size, the items in each, and a window
 *		function that labels the rows of any query.
 *
 * Invariant: no batch exceeds the budget, in the float8 arithmetic with which a user
 * would check it. items * memory_per_item_mb, or the sum of a batch's weights, is
 * never above available_memory_mb. Nothing here reads a table or takes a lock.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "windowapi.h"

#include "base/check.h"
#include "base/record.h"
#include "math/bound.h"
#include "plan/plan.h"

/*
 * How many items of one size fit into a budget; at least 1 if one fits. The quotient
 * may have been rounded up to a whole number, whose product then exceeds the budget:
 * this is one too many.
 */
static double
items_that_fit(double memory, double item)
{
	double		n = trunc(memory / item);

	return n * item > memory ? n - 1.0 : n;
}

int64
wl_batch_size_for(int64 items, double memory, double item)
{
	double		size = (double) wl_math_batch_size(items);

	if (item > 0.0)
		size = fmin(size, items_that_fit(memory, item));
	return (int64) fmax(size, 1.0);
}

/* The batch size for the arguments that williams_batch_size and williams_plan share. */
static int64
batch_size_argument(FunctionCallInfo fcinfo)
{
	int64		total_items = PG_GETARG_INT64(0);
	double		memory = PG_GETARG_FLOAT8(1);
	double		item = PG_GETARG_FLOAT8(2);

	wl_check_count(total_items, "total_items");
	wl_check_megabytes(memory, "available_memory_mb");
	wl_check_item_size(item);
	wl_check_fits(item, memory);
	return wl_batch_size_for(total_items, memory, item);
}

PG_FUNCTION_INFO_V1(wl_batch_size);
Datum
wl_batch_size(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(batch_size_argument(fcinfo));
}

/* The fewest batches, balanced: the first total % batches have one more item. */
typedef struct BatchPlan
{
	int64		batches;
	int64		items;			/* in each of the smaller batches */
	int64		larger;			/* number of batches with one more item */
	double		item_mb;
} BatchPlan;

static BatchPlan *
plan_begin(FunctionCallInfo fcinfo)
{
	BatchPlan  *p = palloc(sizeof(BatchPlan));
	int64		total = PG_GETARG_INT64(0);
	int64		size = batch_size_argument(fcinfo);

	p->batches = total / size + (total % size != 0);
	p->items = p->batches == 0 ? 0 : total / p->batches;
	p->larger = p->batches == 0 ? 0 : total % p->batches;
	p->item_mb = PG_GETARG_FLOAT8(2);
	return p;
}

/* (batch_no, first_item, last_item, items, memory_mb) in the order of batch_no */
PG_FUNCTION_INFO_V1(wl_plan);
Datum
wl_plan(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	BatchPlan  *p;
	int64		done;
	int64		items;
	int64		first;
	Datum		values[5];
	bool		nulls[5] = {0};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;

		context = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		context->tuple_desc = BlessTupleDesc(wl_result_desc(fcinfo, lengthof(values)));
		context->user_fctx = plan_begin(fcinfo);
		MemoryContextSwitchTo(old);
	}

	context = SRF_PERCALL_SETUP();
	p = context->user_fctx;
	done = (int64) context->call_cntr;
	if (done >= p->batches)
		SRF_RETURN_DONE(context);

	items = p->items + (done < p->larger);
	first = done * p->items + Min(done, p->larger) + 1;
	values[0] = Int64GetDatum(done + 1);
	values[1] = Int64GetDatum(first);
	values[2] = Int64GetDatum(first + items - 1);
	values[3] = Int64GetDatum(items);
	values[4] = Float8GetDatum((double) items * p->item_mb);
	SRF_RETURN_NEXT(context,
					HeapTupleGetDatum(heap_form_tuple(context->tuple_desc,
													  values, nulls)));
}

/* Get the three arguments of a call; false if the planner does not know all. */
static bool
known_arguments(SupportRequestRows *request, Datum *args)
{
	List	   *list = ((FuncExpr *) request->node)->args;

	for (int i = 0; i < 3; i++)
	{
		Node	   *arg = estimate_expression_value(request->root, list_nth(list, i));

		if (!IsA(arg, Const) || ((Const *) arg)->constisnull)
			return false;
		args[i] = ((Const *) arg)->constvalue;
	}
	return true;
}

/* Tell the planner how many rows williams_plan returns. */
PG_FUNCTION_INFO_V1(wl_plan_support);
Datum
wl_plan_support(PG_FUNCTION_ARGS)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);
	Datum		args[3];
	int64		total;
	double		memory;
	double		item;

	if (!IsA(request, SupportRequestRows) || !IsA(request->node, FuncExpr) ||
		!known_arguments(request, args))
		PG_RETURN_POINTER(NULL);
	total = DatumGetInt64(args[0]);
	memory = DatumGetFloat8(args[1]);
	item = DatumGetFloat8(args[2]);
	/* no estimate for arguments that the call will refuse */
	if (!(total >= 0 && item > 0.0 && item <= memory))
		PG_RETURN_POINTER(NULL);
	request->rows = ceil((double) total / wl_batch_size_for(total, memory, item));
	PG_RETURN_POINTER(request);
}

/*
 * williams_batch_no: greedy packing of a partition's rows in window order. A row
 * joins the current batch if it keeps to both limits, or opens the next one. This
 * takes one pass without looking ahead, and no memory beyond this state.
 */
typedef struct BatchNoState
{
	int64		batch_no;		/* 0 before the first row */
	int64		items;
	double		used_mb;
	double		budget_mb;
	int64		max_items;
	bool		limits_vary;	/* true if either limit can vary between rows */
} BatchNoState;

static double
read_budget(WindowObject winobj)
{
	bool		isnull;
	Datum		arg = WinGetFuncArgCurrent(winobj, 1, &isnull);
	double		budget;

	wl_check_not_null(isnull, "available_memory_mb");
	budget = DatumGetFloat8(arg);
	wl_check_megabytes(budget, "available_memory_mb");
	return budget;
}

static int64
read_max_items(WindowObject winobj)
{
	bool		isnull;
	Datum		arg = WinGetFuncArgCurrent(winobj, 2, &isnull);
	int64		max_items;

	if (isnull)
		return PG_INT64_MAX;
	max_items = DatumGetInt64(arg);
	wl_check_positive(max_items, "max_items");
	return max_items;
}

/* The first row of a partition sets the limits; a row with others is refused. */
static void
read_limits(WindowObject winobj, FmgrInfo *flinfo, BatchNoState *s)
{
	if (s->batch_no == 0)
	{
		s->budget_mb = read_budget(winobj);
		s->max_items = read_max_items(winobj);
		s->limits_vary = !get_fn_expr_arg_stable(flinfo, 1) ||
			!get_fn_expr_arg_stable(flinfo, 2);
	}
	else if (s->limits_vary)
	{
		wl_check_same(read_budget(winobj) == s->budget_mb, "available_memory_mb");
		wl_check_same(read_max_items(winobj) == s->max_items, "max_items");
	}
}

PG_FUNCTION_INFO_V1(wl_batch_no);
Datum
wl_batch_no(PG_FUNCTION_ARGS)
{
	WindowObject winobj = PG_WINDOW_OBJECT();
	BatchNoState *s = WinGetPartitionLocalMemory(winobj, sizeof(BatchNoState));
	bool		isnull;
	Datum		arg = WinGetFuncArgCurrent(winobj, 0, &isnull);
	double		item = isnull ? 0.0 : DatumGetFloat8(arg);

	wl_check_megabytes(item, "item_mb");
	read_limits(winobj, fcinfo->flinfo, s);
	wl_check_fits(item, s->budget_mb);

	if (s->batch_no == 0 || s->items >= s->max_items ||
		s->used_mb + item > s->budget_mb)
	{
		s->batch_no++;
		s->items = 0;
		s->used_mb = 0.0;
	}
	s->items++;
	s->used_mb += item;

	/* earlier rows are not needed again: now and then, let some be freed */
	if (WinGetCurrentPosition(winobj) % 256 == 255)
		WinSetMarkPosition(winobj, WinGetCurrentPosition(winobj));
	PG_RETURN_INT64(s->batch_no);
}

/* Batch numbers never decrease, so WHERE batch_no <= n can end the scan early. */
PG_FUNCTION_INFO_V1(wl_batch_no_support);
Datum
wl_batch_no_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (!IsA(request, SupportRequestWFuncMonotonic))
		PG_RETURN_POINTER(NULL);
	((SupportRequestWFuncMonotonic *) request)->monotonic = MONOTONICFUNC_INCREASING;
	PG_RETURN_POINTER(request);
}
