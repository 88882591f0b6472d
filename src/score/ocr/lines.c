/*
 * lines.c
 *		Lists of lines, and lists of such lists.
 *
 * What is neither a line nor a list of lines is skipped. In a list of lists, the
 * place of a list is its page; a single list has no page.
 */
#include "postgres.h"

#include "score/ocr/lines.h"

#define CORNERS		4

static bool
is_point(const JsonbValue *value)
{
	JsonbContainer *point = wl_json_container(value);
	WlWalk		w;

	if (!wl_json_is_array(point) || JsonContainerSize(point) != 2)
		return false;
	wl_walk_begin(&w, point);
	while (wl_walk_next(&w))
		if (w.value.type != jbvNumeric)
			return false;
	return true;
}

/* Are these the corners of a box, [[x, y], [x, y], [x, y], [x, y]]? */
bool
wl_json_is_box(const JsonbValue *value)
{
	JsonbContainer *corners = wl_json_container(value);
	WlWalk		w;

	if (!wl_json_is_array(corners) || JsonContainerSize(corners) != CORNERS)
		return false;
	wl_walk_begin(&w, corners);
	while (wl_walk_next(&w))
		if (!is_point(&w.value))
			return false;
	return true;
}

/*
 * Is this a list of nothing, or of lists of nothing? Each engine with such lists
 * must recognise it, so that 'auto' asks which engine found no text.
 */
bool
wl_is_blank_list(JsonbContainer *root)
{
	WlWalk		w;

	if (!wl_json_is_array(root))
		return false;
	wl_walk_begin(&w, root);
	while (wl_walk_next(&w))
	{
		JsonbContainer *list = wl_json_container(&w.value);

		if (w.value.type != jbvNull && !(wl_json_is_array(list) && wl_json_is_empty(list)))
			return false;
	}
	return true;
}

/* Has the list a line? If not, has a list in it? */
bool
wl_has_line(JsonbContainer *root, WlIsLine line)
{
	WlSlice text;
	double		confidence;
	WlWalk		w;
	WlWalk		inner;

	wl_walk_begin(&w, wl_json_is_array(root) ? root : NULL);
	while (wl_walk_next(&w))
	{
		JsonbContainer *list = wl_json_container(&w.value);

		if (line(&w.value, &text, &confidence))
			return true;
		wl_walk_begin(&inner, wl_json_is_array(list) ? list : NULL);
		while (wl_walk_next(&inner))
			if (line(&inner.value, &text, &confidence))
				return true;
	}
	return false;
}

void
wl_read_lines(WlOutput *out, JsonbContainer *root, WlIsLine line)
{
	WlSlice text;
	double		confidence;
	WlWalk		w;
	WlWalk		inner;

	wl_walk_begin(&w, root);
	while (wl_walk_next(&w))
	{
		JsonbContainer *list = wl_json_container(&w.value);

		out->page = 0;
		if (line(&w.value, &text, &confidence))
		{
			wl_emit_word(out, text, confidence);
			continue;
		}
		out->page = w.index;
		wl_walk_begin(&inner, wl_json_is_array(list) ? list : NULL);
		while (wl_walk_next(&inner))
			if (line(&inner.value, &text, &confidence))
				wl_emit_word(out, text, confidence);
	}
}
