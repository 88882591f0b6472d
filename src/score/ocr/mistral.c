/*
 * mistral.c
 *		Mistral OCR: one row for each leaf of the document's annotation.
 *
 * The annotation is an object or an array, or either of them as JSON in a string.
 * Names are the dotted paths to the leaves. Leaves have no page and no
 * confidence. If the annotation was cut off, is nested too deep or cannot be
 * converted to jsonb, there are no fields. The pages' markdown is not read.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "score/ocr/json.h"
#include "score/ocr/ocr.h"

static bool
recognise(JsonbContainer *root)
{
	static const char *const keys[] = {"pages", "model", "document_annotation", "usage_info", NULL};
	JsonbContainer *pages = wl_json_array(root, "pages");
	bool		markdown = wl_json_has_string(wl_json_first_object(pages), "markdown");
	JsonbValue	v;

	if (wl_json_get(root, "document_annotation", &v))
		return markdown || wl_json_has_only(root, keys);
	return (markdown && wl_json_has_number(wl_json_first_object(pages), "index") &&
			wl_json_has_string(root, "model")) ||
		((markdown || wl_json_is_empty(pages)) &&
		 wl_json_object(root, "usage_info") != NULL && wl_json_has_only(root, keys));
}

static void
read_value(WlOutput *out, StringInfo path, const JsonbValue *value)
{
	JsonbContainer *parts = wl_json_container(value);
	WlOcrRow	row = {.confidence = NAN};

	check_stack_depth();
	if (parts != NULL && JsonContainerSize(parts) > 0)
	{
		WlWalk		w;
		int			length = path->len;

		wl_walk_begin(&w, parts);
		while (wl_walk_next(&w))
		{
			wl_path_push(path, &w);
			read_value(out, path, &w.value);
			wl_path_cut(path, length);
		}
		return;
	}
	wl_row_begin(out);
	row.field = wl_slice_of(path);
	row.value = wl_json_value_text(value);
	wl_emit(out, row);
}

static void
read_annotation(WlOutput *out, JsonbContainer *root)
{
	StringInfoData path;
	JsonbValue	annotation;

	if (!wl_json_get(root, "document_annotation", &annotation))
		return;
	if (annotation.type == jbvString)
	{
		WlSlice		s = wl_json_value_text(&annotation);

		if (!wl_json_is_parsable(s) || !wl_json_is_valid(s))
			return;
		annotation.type = jbvBinary;
		annotation.val.binary.data = wl_json_parse(s);
		if (JsonContainerIsScalar(annotation.val.binary.data))
			return;
	}
	else if (annotation.type == jbvBinary && wl_json_is_deep(annotation.val.binary.data))
		return;
	if (annotation.type != jbvBinary || wl_json_is_empty(annotation.val.binary.data))
		return;
	initStringInfo(&path);
	read_value(out, &path, &annotation);
}

const WlOcrEngine wl_ocr_mistral = {
	.name = "mistral",
	.shape = "\"document_annotation\", or \"pages\" with \"markdown\" and \"model\"",
	.recognise_json = recognise,
	.read_json = read_annotation,
};
