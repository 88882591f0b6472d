/*
 * json.h
 *		Looking things up in jsonb, tolerantly, and walking it.
 *
 * Whatever is missing or has another type than the caller wants is NULL,
 * wl_no_slice or NaN, and so is everything inside it: lookups need no checks in
 * between. A key is found in camel case and in snake case, whichever is given; a
 * key in upper camel case, like Textract's, only as it is.
 */
#ifndef WL_JSON_H
#define WL_JSON_H

#include <math.h>

#include "utils/jsonb.h"

#include "score/jsonb_walk.h"
#include "score/ocr/slice.h"

/* Nesting that the stack can hold, within reason, to parse, convert and walk JSON */
#define WL_JSON_DEPTH	1000

/* The members of an object or the elements of an array. */
typedef struct WlWalk
{
	WlKeys		keys;			/* none if it is an array */
	WlValues	values;
	int			index;			/* of the current value, from 1 */
	WlSlice		key;			/* of the current member */
	JsonbValue	value;
} WlWalk;

typedef void (*WlJsonVisit) (void *arg, JsonbContainer *object);

extern bool wl_json_get(JsonbContainer *object, const char *key, JsonbValue *value);
extern double wl_json_int64(JsonbContainer *object, const char *key);
extern WlSlice wl_json_value_text(const JsonbValue *value);
extern void wl_walk_begin(WlWalk *w, JsonbContainer *container);
extern bool wl_walk_next(WlWalk *w);
extern JsonbContainer *wl_walk_next_object(WlWalk *w);
extern JsonbContainer *wl_json_first_object(JsonbContainer *array);
extern void wl_json_visit(JsonbContainer *object, const char *const *keys, WlJsonVisit visit, void *arg);
extern int	wl_json_count_objects(JsonbContainer *array);
extern bool wl_json_has_array(JsonbContainer *object, const char *const *keys);
extern uint32 wl_json_count_keys(JsonbContainer *object, const char *const *keys);
extern bool wl_json_has_only(JsonbContainer *object, const char *const *keys);
extern void wl_path_push(StringInfo path, const WlWalk *w);
extern void wl_path_cut(StringInfo path, int length);
extern bool wl_json_is_valid(WlSlice s);
extern bool wl_json_is_parsable(WlSlice s);
extern bool wl_json_is_deep(JsonbContainer *container);
extern JsonbContainer *wl_json_parse(WlSlice s);

static inline bool
wl_json_is_object(const JsonbContainer *c)
{
	return c != NULL && JsonContainerIsObject(c);
}

static inline bool
wl_json_is_array(const JsonbContainer *c)
{
	return c != NULL && JsonContainerIsArray(c) && !JsonContainerIsScalar(c);
}

static inline bool
wl_json_is_empty(const JsonbContainer *c)
{
	return c != NULL && JsonContainerSize(c) == 0;
}

static inline JsonbContainer *
wl_json_container(const JsonbValue *value)
{
	return value->type == jbvBinary ? value->val.binary.data : NULL;
}

static inline double
wl_json_value_number(const JsonbValue *value)
{
	return value->type == jbvNumeric ? wl_number(value->val.numeric) : NAN;
}

static inline JsonbContainer *
wl_json_object(JsonbContainer *object, const char *key)
{
	JsonbValue	v;
	JsonbContainer *c = wl_json_get(object, key, &v) ? wl_json_container(&v) : NULL;

	return wl_json_is_object(c) ? c : NULL;
}

static inline JsonbContainer *
wl_json_array(JsonbContainer *object, const char *key)
{
	JsonbValue	v;
	JsonbContainer *c = wl_json_get(object, key, &v) ? wl_json_container(&v) : NULL;

	return wl_json_is_array(c) ? c : NULL;
}

static inline WlSlice
wl_json_string(JsonbContainer *object, const char *key)
{
	JsonbValue	v;

	if (!wl_json_get(object, key, &v) || v.type != jbvString)
		return wl_no_slice;
	return wl_slice(v.val.string.val, v.val.string.len);
}

static inline double
wl_json_number(JsonbContainer *object, const char *key)
{
	JsonbValue	v;

	return wl_json_get(object, key, &v) ? wl_json_value_number(&v) : NAN;
}

static inline bool
wl_json_has_string(JsonbContainer *object, const char *key)
{
	return wl_json_string(object, key).data != NULL;
}

static inline bool
wl_json_has_number(JsonbContainer *object, const char *key)
{
	return !isnan(wl_json_number(object, key));
}

#endif							/* WL_JSON_H */
