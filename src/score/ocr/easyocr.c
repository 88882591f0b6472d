/*
 * easyocr.c
 *		EasyOCR: one row for each line.
 *
 * A line is {"boxes": box, "text": text, "confident": confidence} or [box, text,
 * confidence]. Paragraphs have no confidence.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/json.h"
#include "score/ocr/lines.h"
#include "score/ocr/ocr.h"

/* [box, text] or [box, text, confidence] */
static bool
is_plain_line(JsonbContainer *array, WlSlice *text, double *confidence)
{
	WlWalk		w;

	if (JsonContainerSize(array) != 2 && JsonContainerSize(array) != 3)
		return false;
	wl_walk_begin(&w, array);
	if (!wl_walk_next(&w) || !wl_json_is_box(&w.value) ||
		!wl_walk_next(&w) || w.value.type != jbvString)
		return false;
	*text = wl_json_value_text(&w.value);
	*confidence = wl_walk_next(&w) ? wl_json_value_number(&w.value) : NAN;
	return true;
}

static bool
is_line(const JsonbValue *value, WlSlice *text, double *confidence)
{
	JsonbContainer *line = wl_json_container(value);
	JsonbValue	box;

	if (wl_json_is_array(line))
		return is_plain_line(line, text, confidence);
	if (!wl_json_get(line, "boxes", &box) || !wl_json_is_box(&box) || !wl_json_has_string(line, "text"))
		return false;
	*text = wl_json_string(line, "text");
	*confidence = wl_json_number(line, "confident");
	return true;
}

static bool
recognise(JsonbContainer *root)
{
	return wl_has_line(root, is_line) || wl_is_blank_list(root);
}

static void
read_lines(WlOutput *out, JsonbContainer *root)
{
	wl_read_lines(out, root, is_line);
}

const WlOcrEngine wl_ocr_easyocr = {
	.name = "easyocr",
	.shape = "an array of \"boxes\" with \"text\", or of arrays of a box, a text and a confidence",
	.words = true,
	.recognise_json = recognise,
	.read_json = read_lines,
};
