/*
 * annotation.c
 *		JSON that a language model wrote about a document: one row for each leaf.
 *
 * Names are the dotted paths to the leaves. If the JSON consists of pairs, such as
 * {"total": {"value": "1250", "confidence": 0.97}}, each pair is a field. There
 * are no other values in it, except at the top, where a model may add what it was
 * not asked for.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "score/ocr/annotation.h"

/* An annotation is an object or an array, or either of them as JSON in a string. NULL if it is neither. */
JsonbContainer *
wl_annotation_of(const JsonbValue *value)
{
	JsonbContainer *c = wl_json_container(value);

	if (value->type == jbvString)
	{
		WlSlice		s = wl_json_value_text(value);

		if (!wl_json_is_parsable(s) || !wl_json_is_valid(s))
			return NULL;
		c = wl_json_parse(s);
		return JsonContainerIsScalar(c) ? NULL : c;
	}
	return c != NULL && !wl_json_is_deep(c) ? c : NULL;
}

/*
 * Pairs
 */

/* A value with a confidence, or a scalar value alone */
static bool
is_pair(JsonbContainer *c)
{
	JsonbValue	value;
	JsonbValue	confidence;

	return wl_json_get(c, "value", &value) &&
		(wl_json_get(c, "confidence", &confidence) ||
		 (JsonContainerSize(c) == 1 && wl_json_container(&value) == NULL));
}

/*
 * Are all values inside this in pairs? Counts the pairs that have a confidence. The
 * depth is that of what is nested in the JSON, not of what is in a pair.
 */
static bool
has_pairs_only(JsonbContainer *c, int depth, int *n)
{
	WlWalk		w;

	if (depth > WL_JSON_DEPTH)
		return false;
	wl_walk_begin(&w, c);
	while (wl_walk_next(&w))
	{
		JsonbContainer *inner = wl_json_container(&w.value);
		JsonbValue	v;

		if (inner == NULL)
		{
			if (depth > 0 && w.value.type != jbvNull)
				return false;
		}
		else if (is_pair(inner))
			*n += wl_json_get(inner, "confidence", &v);
		else if (!has_pairs_only(inner, depth + 1, n))
			return false;
	}
	return true;
}

bool
wl_is_pairs(JsonbContainer *root)
{
	int			n = 0;

	return wl_json_is_object(root) && has_pairs_only(root, 0, &n) && n > 0;
}

/* The confidences of pairs: the lowest above 0, and the highest */
typedef struct Range
{
	double		low;
	double		high;
} Range;

static void
find_range(JsonbContainer *c, Range *range)
{
	WlWalk		w;

	wl_walk_begin(&w, c);
	while (wl_walk_next(&w))
	{
		JsonbContainer *inner = wl_json_container(&w.value);

		if (inner == NULL)
			continue;
		if (is_pair(inner))
		{
			double		x = wl_json_number(inner, "confidence");

			if (x > 0 && x < range->low)
				range->low = x;
			if (x > range->high)
				range->high = x;
		}
		else
			find_range(inner, range);
	}
}

/* A model that was asked for confidences gives them from 0 to 1, or from 0 to 100. */
static double
pairs_scale(JsonbContainer *root)
{
	Range		range = {INFINITY, 0};

	find_range(root, &range);
	if (range.low <= 1 && range.high > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidences of the document are on two scales"),
				 errdetail("One is %g, another %g.", range.low, range.high),
				 errhint("Give all of them from 0 to 1, or all from 0 to 100.")));
	return range.high > 1 ? 100 : 1;
}

/*
 * Reading
 */

typedef struct Reading
{
	WlOutput   *out;
	WlJudge		judge;			/* NULL if there is none */
	void	   *arg;
	StringInfoData path;		/* of the current value in the JSON */
	StringInfoData field;		/* the same without the steps into pairs */
	double		scale;			/* of pairs; 0 if there are none, or inside
								 * one */
} Reading;

static void
read_leaf(Reading *r, const JsonbValue *value, WlOcrRow row)
{
	wl_row_begin(r->out);
	row.field = wl_slice_of(&r->field);
	row.value = wl_json_value_text(value);
	if (r->judge != NULL)
		r->judge(r->arg, wl_slice_of(&r->path), &row);
	wl_emit(r->out, row);
}

static void read_value(Reading *r, const JsonbValue *value, WlOcrRow row);

static void
read_parts(Reading *r, JsonbContainer *parts, WlOcrRow row)
{
	WlWalk		w;
	int			path = r->path.len;
	int			field = r->field.len;

	wl_walk_begin(&w, parts);
	while (wl_walk_next(&w))
	{
		wl_path_push(&r->path, &w);
		wl_path_push(&r->field, &w);
		read_value(r, &w.value, row);
		wl_path_cut(&r->path, path);
		wl_path_cut(&r->field, field);
	}
}

static void
read_pair(Reading *r, JsonbContainer *pair)
{
	double		scale = r->scale;
	int			path = r->path.len;
	WlOcrRow	row = {0};
	WlWalk		step = {.key = {"value", 5}};
	JsonbValue	value;

	row.page = wl_as_count(wl_json_number(pair, "page"));
	row.confidence = wl_scaled(wl_json_number(pair, "confidence"), scale);
	wl_json_get(pair, "value", &value);
	r->scale = 0;				/* what is inside a pair is its value */
	wl_path_push(&r->path, &step);
	read_value(r, &value, row);
	wl_path_cut(&r->path, path);
	r->scale = scale;
}

/* Read a value. The row has the page and the confidence of the pair that it is in. */
static void
read_value(Reading *r, const JsonbValue *value, WlOcrRow row)
{
	JsonbContainer *parts = wl_json_container(value);

	check_stack_depth();
	if (parts == NULL || JsonContainerSize(parts) == 0)
		read_leaf(r, value, row);
	else if (r->scale > 0 && is_pair(parts))
		read_pair(r, parts);
	else
		read_parts(r, parts, row);
}

void
wl_read_annotation(WlOutput *out, JsonbContainer *root, WlJudge judge, void *arg)
{
	Reading		r = {.out = out,.judge = judge,.arg = arg};
	WlOcrRow	row = {.confidence = NAN};

	if (wl_is_pairs(root))
		r.scale = pairs_scale(root);
	initStringInfo(&r.path);
	initStringInfo(&r.field);
	read_parts(&r, root, row);
	pfree(r.path.data);
	pfree(r.field.data);
}
