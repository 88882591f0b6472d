/*
 * jsonb_walk.h
 *		Walks the values and keys of jsonb in place.
 *
 * Nothing is copied or allocated: a document is walked for each row of a load.
 * The keys and values of an object are in jsonb's order of keys, by length and
 * then by bytes, so that one walk over two objects merges them.
 */
#ifndef WL_JSONB_WALK_H
#define WL_JSONB_WALK_H

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/space.h"

/* A number as a double. A number that is too large becomes infinite; it is not an error. */
static inline double
wl_number(Numeric number)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
											  NumericGetDatum(number)));
}

/*
 * The values of a container, from first to last. Offsets are relative to the
 * data, which follows the entries. A string starts where the value before it ends,
 * a container or number at the next multiple of four.
 */
typedef struct WlValues
{
	const JsonbContainer *container;
	const char *data;
	uint32		next;			/* index of the next value's entry */
	uint32		end;
	uint32		offset;			/* where its data starts */
} WlValues;

/* A value. length is that of a string. */
typedef struct WlValue
{
	JEntry		entry;
	const char *data;
	uint32		length;
} WlValue;

static inline void
wl_values_begin(WlValues *v, const JsonbContainer *container)
{
	uint32		count = JsonContainerSize(container);
	bool		object = JsonContainerIsObject(container);

	v->container = container;
	v->next = object ? count : 0;	/* an object's keys come first */
	v->end = object ? 2 * count : count;
	v->data = (const char *) &container->children[v->end];
	v->offset = count == 0 ? 0 : getJsonbOffset(container, v->next);
}

static inline bool
wl_values_next(WlValues *v, WlValue *value)
{
	uint32		start = v->offset;

	if (v->next == v->end)
		return false;
	value->entry = v->container->children[v->next++];
	JBE_ADVANCE_OFFSET(v->offset, value->entry);
	if (!JBE_ISSTRING(value->entry))
		start = INTALIGN(start);
	value->data = v->data + start;
	value->length = v->offset - start;
	return true;
}

/* A leaf counts unless it is null or a blank string. */
static inline bool
wl_leaf_counts(const WlValue *value)
{
	if (JBE_ISSTRING(value->entry))
		return !wl_is_blank(value->data, value->length);
	return !JBE_ISNULL(value->entry);
}

/* The keys of an object, in jsonb's order. */
typedef struct WlKeys
{
	const JsonbContainer *object;
	const char *data;
	uint32		next;
	uint32		end;
	uint32		offset;
} WlKeys;

typedef struct WlName
{
	const char *name;
	uint32		length;
} WlName;

static inline void
wl_keys_begin(WlKeys *k, const JsonbContainer *object)
{
	k->object = object;
	k->next = 0;
	k->end = JsonContainerSize(object);
	k->data = (const char *) &object->children[2 * k->end];
	k->offset = 0;
}

static inline bool
wl_keys_next(WlKeys *k, WlName *key)
{
	JEntry		entry;
	uint32		start = k->offset;

	if (k->next == k->end)
		return false;
	entry = k->object->children[k->next++];
	JBE_ADVANCE_OFFSET(k->offset, entry);
	key->name = k->data + start;
	key->length = k->offset - start;
	return true;
}

/* jsonb's order of keys: by length, then by bytes */
static inline int
wl_compare_keys(const void *a, const void *b)
{
	const WlName *x = a;
	const WlName *y = b;

	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return memcmp(x->name, y->name, x->length);
}

/* The members of an object, in jsonb's order of keys, and the current one. */
typedef struct WlMembers
{
	WlKeys		keys;
	WlValues	values;
	bool		valid;			/* false after the last member */
	WlName		key;
	WlValue		value;
} WlMembers;

static inline void
wl_members_next(WlMembers *m)
{
	m->valid = wl_keys_next(&m->keys, &m->key) && wl_values_next(&m->values, &m->value);
}

/* The first member becomes the current one. */
static inline void
wl_members_begin(WlMembers *m, const JsonbContainer *object)
{
	wl_keys_begin(&m->keys, object);
	wl_values_begin(&m->values, object);
	wl_members_next(m);
}

/*
 * Go on to the member of this key; false if there is none. Keys must be looked for in
 * jsonb's order: one walk over two objects then finds the common ones.
 */
static inline bool
wl_members_find(WlMembers *m, const WlName *key)
{
	int			order = 1;

	while (m->valid && (order = wl_compare_keys(&m->key, key)) < 0)
	{
		CHECK_FOR_INTERRUPTS();
		wl_members_next(m);
	}
	return m->valid && order == 0;
}

#endif							/* WL_JSONB_WALK_H */
