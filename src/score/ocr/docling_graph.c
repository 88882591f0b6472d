/*
 * docling_graph.c
 *		Docling: the fields of a form that is a graph of cells.
 *
 * Cells are keys or values. Links lead from a key to its values, or back. Other
 * links, such as those of a key to its parent, are not followed.
 */
#include "postgres.h"

#include <math.h>

#include "nodes/pg_list.h"
#include "utils/memutils.h"

#include "score/ocr/docling.h"
#include "score/ocr/json.h"

typedef struct Cell
{
	double		id;				/* the hash key: must be first */
	JsonbContainer *cell;
	bool		is_value;		/* does a key lead to it? */
	List	   *values;			/* the cells to which it leads as a key */
} Cell;

typedef struct Link
{
	Cell	   *key;			/* both are the hash key */
	Cell	   *value;
} Link;

static Cell *
find_cell(HTAB *cells, JsonbContainer *object, const char *key, HASHACTION action, bool *found)
{
	double		id = wl_json_number(object, key);

	return isnan(id) ? NULL : hash_search(cells, &id, action, found);
}

/* The first of the cells that have the same id counts. */
static void
index_cells(HTAB *cells, JsonbContainer *graph)
{
	WlWalk		w;
	JsonbContainer *object;

	wl_walk_begin(&w, wl_json_array(graph, "cells"));
	while ((object = wl_walk_next_object(&w)) != NULL)
	{
		bool		found;
		Cell	   *cell = find_cell(cells, object, "cell_id", HASH_ENTER, &found);

		if (cell == NULL || found)
			continue;
		cell->cell = object;
		cell->is_value = false;
		cell->values = NIL;
	}
}

/* Links go from a key to its value, or back. A pair may have both. */
static void
index_links(HTAB *cells, HTAB *links, JsonbContainer *graph)
{
	WlWalk		w;
	JsonbContainer *object;

	wl_walk_begin(&w, wl_json_array(graph, "links"));
	while ((object = wl_walk_next_object(&w)) != NULL)
	{
		WlSlice		label = wl_json_string(object, "label");
		bool		back = wl_slice_is(label, "to_key");
		Link		link;
		bool		found;

		if (!back && !wl_slice_is(label, "to_value"))
			continue;
		link.key = find_cell(cells, object, back ? "target_cell_id" : "source_cell_id", HASH_FIND, NULL);
		link.value = find_cell(cells, object, back ? "source_cell_id" : "target_cell_id", HASH_FIND, NULL);
		if (link.key == NULL || link.value == NULL || link.key == link.value)
			continue;
		hash_search(links, &link, HASH_ENTER, &found);
		if (found)
			continue;
		link.key->values = lappend(link.key->values, link.value);
		link.value->is_value = true;
	}
}

/*
 * Read a cell. It is a key if it has values, whatever its label; or if it is
 * labelled so and is not a value, and then its value is missing. Any other cell is
 * a word, unless it is the value of a key.
 */
static void
read_cell(WlDocling *r, JsonbContainer *object, const Cell *cell, int page)
{
	bool		is_key = wl_slice_is(wl_json_string(object, "label"), "key");
	List	   *values = NIL;
	WlField		f;
	ListCell   *lc;

	if (cell != NULL && cell->cell == object)
	{
		if (cell->is_value && cell->values == NIL)
			return;
		values = cell->values;
	}
	wl_field_begin(r, &f);
	if (is_key || values != NIL)
		wl_field_add_name(&f, wl_docling_text(object), object);
	else
		wl_field_add_value(&f, wl_docling_text(object), object);
	foreach(lc, values)
	{
		JsonbContainer *value = ((Cell *) lfirst(lc))->cell;

		wl_field_add_value(&f, wl_docling_text(value), value);
	}
	wl_field_end(r, &f, page);
}

void
wl_read_graph(WlDocling *r, JsonbContainer *item)
{
	JsonbContainer *graph = wl_json_object(item, "graph");
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "williams docling graph",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	HTAB	   *cells = wl_blob_table(sizeof(double), sizeof(Cell));
	HTAB	   *links = wl_blob_table(sizeof(Link), sizeof(Link));
	WlWalk		w;
	JsonbContainer *object;

	index_cells(cells, graph);
	index_links(cells, links, graph);
	MemoryContextSwitchTo(old);
	wl_walk_begin(&w, wl_json_array(graph, "cells"));
	while ((object = wl_walk_next_object(&w)) != NULL)
		read_cell(r, object, find_cell(cells, object, "cell_id", HASH_FIND, NULL), wl_docling_page(item));
	MemoryContextDelete(context);
}
