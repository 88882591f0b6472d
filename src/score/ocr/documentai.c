/*
 * documentai.c
 *		Google Document AI: one row for each entity that has no properties, and
 *		for each form field.
 *
 * An entity's properties are entities themselves, at any depth; only those at
 * the bottom are rows. Entities that are not fields are left out: the classes
 * of a splitter or a classifier, pictures, and the quality of a page. Text is
 * given in place or as an anchor, a range of characters in the document's text.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "score/ocr/documentai.h"

/*
 * Recognition
 */

/* The document: a part of the service's answer, or all of it. */
JsonbContainer *
wl_documentai_document(JsonbContainer *root)
{
	JsonbContainer *document = wl_json_object(root, "document");

	return document != NULL ? document : root;
}

/* The Python client library appends an underscore to "type", which Python reserves. */
static WlSlice
entity_type(JsonbContainer *entity)
{
	WlSlice		type = wl_json_string(entity, "type");

	return type.data != NULL ? type : wl_json_string(entity, "type_");
}

/*
 * Does this entity, or a property of it, contain text that was read? A class
 * does not: it has no text of its own.
 */
static bool
has_text(JsonbContainer *entity)
{
	WlWalk		w;
	JsonbContainer *property;

	check_stack_depth();
	if (!wl_slice_is_blank(wl_json_string(entity, "mentionText")) ||
		wl_json_object(entity, "normalizedValue") != NULL)
		return true;
	wl_walk_begin(&w, wl_json_array(entity, "properties"));
	while ((property = wl_walk_next_object(&w)) != NULL)
		if (has_text(property))
			return true;
	return false;
}

/*
 * A splitter or a classifier also answers with entities, one for each class,
 * whose anchor is the text of all its pages. They are not fields.
 */
static bool
are_classes(JsonbContainer *entities)
{
	WlWalk		w;
	JsonbContainer *entity;

	wl_walk_begin(&w, entities);
	while ((entity = wl_walk_next_object(&w)) != NULL)
		if (has_text(entity))
			return false;
	return true;
}

/* Does this entity, or a property of it, have text or a position? */
static bool
is_entity(JsonbContainer *entity)
{
	WlWalk		w;
	JsonbContainer *property;

	check_stack_depth();
	if (entity_type(entity).data == NULL)
		return false;
	if (wl_json_has_string(entity, "mentionText") || wl_json_object(entity, "textAnchor") != NULL ||
		wl_json_object(entity, "pageAnchor") != NULL)
		return true;
	wl_walk_begin(&w, wl_json_array(entity, "properties"));
	while ((property = wl_walk_next_object(&w)) != NULL)
		if (is_entity(property))
			return true;
	return false;
}

static bool
has_entity(JsonbContainer *document)
{
	WlWalk		w;
	JsonbContainer *entity;

	wl_walk_begin(&w, wl_json_array(document, "entities"));
	while ((entity = wl_walk_next_object(&w)) != NULL)
		if (is_entity(entity))
			return true;
	return false;
}

/* Has this page been read? */
static bool
is_page(JsonbContainer *page)
{
	JsonbContainer *field = wl_json_first_object(wl_json_array(page, "formFields"));
	JsonbContainer *layout = wl_json_object(page, "layout");

	return wl_json_has_number(page, "pageNumber") &&
		(wl_json_object(layout, "textAnchor") != NULL || wl_json_object(layout, "boundingPoly") != NULL ||
		 wl_json_object(page, "image") != NULL || wl_json_object(page, "imageQualityScores") != NULL ||
		 wl_json_object(field, "fieldName") != NULL || wl_json_object(field, "fieldValue") != NULL);
}

/* A field mask may leave nothing but a page's number. */
static bool
is_bare_page(JsonbContainer *page)
{
	return wl_json_has_number(page, "pageNumber") && JsonContainerSize(page) == 1;
}

static bool
recognise(JsonbContainer *root)
{
	static const char *const masked[] = {"text", "pages", "entities", "mimeType", "uri", "shardInfo", NULL};
	JsonbContainer *document = wl_documentai_document(root);
	JsonbContainer *page = wl_json_first_object(wl_json_array(document, "pages"));
	JsonbContainer *layout = wl_json_object(document, "documentLayout");
	JsonbContainer *chunked = wl_json_object(document, "chunkedDocument");

	return has_entity(document) || is_page(page) ||
		(is_bare_page(page) && wl_json_has_only(document, masked)) ||
		(layout != NULL && chunked != NULL) ||
		wl_json_array(layout, "blocks") != NULL || wl_json_array(chunked, "chunks") != NULL ||
		(wl_json_has_string(document, "text") &&
		 !isnan(wl_json_int64(wl_json_object(document, "shardInfo"), "shardCount"))) ||
		(document != root && wl_json_object(root, "humanReviewStatus") != NULL);
}

static bool
has_parts(JsonbContainer *root)
{
	JsonbContainer *document = wl_documentai_document(root);

	return wl_json_array(document, "entities") != NULL || wl_json_array(document, "pages") != NULL ||
		wl_json_object(document, "documentLayout") != NULL ||
		wl_json_object(document, "chunkedDocument") != NULL;
}

/*
 * Anchors
 */

#define MARK_STEP	16

void
wl_anchored_begin(WlAnchored *a, WlSlice text)
{
	const char *end = text.data + text.length;
	int			n = 0;

	a->characters = text;

	a->n_marks = 0;
	a->marks = NULL;
	a->single = pg_database_encoding_max_length() == 1;
	if (a->single || text.data == NULL)
		return;
	a->marks = MemoryContextAllocHuge(CurrentMemoryContext,
									  (text.length / MARK_STEP + 1) *sizeof(int));
	for (const char *p = text.data; p < end; p = wl_next_character(p, end))
		if (n++ % MARK_STEP == 0)
			a->marks[a->n_marks++] = p - text.data;
	a->single = n == text.length;
}

/* The offset of the nth character, from 0, or of the text's end. */
static int
anchored_offset(const WlAnchored *a, int n)
{
	const char *end = a->characters.data + a->characters.length;
	const char *p;

	if (a->single)
		return Min(n, a->characters.length);
	if (n / MARK_STEP >= a->n_marks)
		return a->characters.length;
	p = a->characters.data + a->marks[n / MARK_STEP];
	for (int i = n % MARK_STEP; i > 0 && p < end; i--)
		p = wl_next_character(p, end);
	return p - a->characters.data;
}

/*
 * The text that an anchor contains, or else the text that it points to, which is no
 * longer than the document's: its segments are different parts of that.
 */
WlSlice
wl_anchor_text(const WlAnchored *a, JsonbContainer *anchor)
{
	WlSlice		content = wl_json_string(anchor, "content");
	StringInfoData buffer;
	WlWalk		segments;
	JsonbContainer *segment;

	if (content.length > 0 || a->characters.data == NULL || anchor == NULL)
		return content;
	initStringInfo(&buffer);
	wl_walk_begin(&segments, wl_json_array(anchor, "textSegments"));
	while ((segment = wl_walk_next_object(&segments)) != NULL)
	{
		/* proto3 omits zeroes */
		int			start = anchored_offset(a, wl_as_count(wl_json_int64(segment, "startIndex")));
		int			end = anchored_offset(a, wl_as_count(wl_json_int64(segment, "endIndex")));

		if (end > start && end - start <= a->characters.length - buffer.len)
			appendBinaryStringInfo(&buffer, a->characters.data + start, end - start);
	}
	return wl_slice_of(&buffer);
}

/*
 * Reading
 */

/* An entity's page, or else its parent's. It is counted from 0, which proto3 omits. */
static int
entity_page(JsonbContainer *entity, int inherited)
{
	JsonbContainer *reference =
	wl_json_first_object(wl_json_array(wl_json_object(entity, "pageAnchor"), "pageRefs"));
	double		page = wl_json_int64(reference, "page");

	if (reference == NULL)
		return inherited;
	return isnan(page) ? 1 : wl_as_count(page + 1);
}

/*
 * Read an entity, or its properties if it has any. An entity with neither text,
 * an anchor nor a normalised value is a picture, not a field; "" counts as no
 * text, because some client libraries write it for what is missing. Page quality
 * is not a field either.
 */
static void
read_entity(WlOutput *out, const WlAnchored *a, JsonbContainer *entity, int page, int item)
{
	JsonbContainer *properties = wl_json_array(entity, "properties");
	JsonbContainer *anchor = NULL;
	JsonbContainer *normalized = NULL;
	WlOcrRow	row = {.item = item};
	WlWalk		w;
	JsonbContainer *property;

	check_stack_depth();
	row.page = entity_page(entity, page);
	if (properties != NULL && JsonContainerSize(properties) > 0)
	{
		wl_walk_begin(&w, properties);
		while ((property = wl_walk_next_object(&w)) != NULL)
			read_entity(out, a, property, row.page, item);
		return;
	}
	row.field = wl_trim(entity_type(entity));
	row.value = wl_json_string(entity, "mentionText");
	if (wl_slice_is_blank(row.value))
	{
		anchor = wl_json_object(entity, "textAnchor");
		normalized = wl_json_object(entity, "normalizedValue");
	}
	if (row.field.data == NULL ||
		(row.value.length == 0 && anchor == NULL && normalized == NULL) ||
		wl_slice_is(row.field, "quality_score") || wl_slice_starts(row.field, "quality/"))
		return;
	wl_row_begin(out);
	row.field = wl_one_line(row.field);
	if (wl_slice_is_blank(row.value))
		row.value = wl_anchor_text(a, anchor);
	if (wl_slice_is_blank(row.value))
		row.value = wl_json_string(normalized, "text");
	row.confidence = wl_scaled(wl_json_number(entity, "confidence"), 1);
	wl_emit(out, row);
}

static void
read_form_field(WlOutput *out, const WlAnchored *a, JsonbContainer *field, int page)
{
	JsonbContainer *name = wl_json_object(field, "fieldName");
	JsonbContainer *value = wl_json_object(field, "fieldValue");
	WlOcrRow	row = {.page = page};

	wl_row_begin(out);
	row.field = wl_one_line(wl_anchor_text(a, wl_json_object(name, "textAnchor")));
	if (row.field.data == NULL)
		row.field = wl_slice("", 0);
	row.value = wl_anchor_text(a, wl_json_object(value, "textAnchor"));
	/* a checkbox has filled_checkbox or unfilled_checkbox */
	if (wl_slice_is_blank(row.value))
		row.value = wl_json_string(field, "valueType");
	row.confidence = wl_scaled(wl_json_number(value, "confidence"), 1);
	wl_emit(out, row);
}

static void
read_document(WlOutput *out, JsonbContainer *root)
{
	JsonbContainer *document = wl_documentai_document(root);
	HTAB	   *parents = wl_name_table(sizeof(WlFieldName));
	WlAnchored	a;
	WlWalk		w;
	JsonbContainer *part;

	wl_anchored_begin(&a, wl_json_string(document, "text"));
	part = wl_json_array(document, "entities");
	wl_walk_begin(&w, are_classes(part) ? NULL : part);
	while ((part = wl_walk_next_object(&w)) != NULL)
	{
		WlSlice		type = entity_type(part);
		JsonbContainer *properties = wl_json_array(part, "properties");
		int			item = 0;

		if (type.data != NULL && properties != NULL && JsonContainerSize(properties) > 0)
			item = wl_enter_name(parents, type)->last++;
		read_entity(out, &a, part, 0, item);
	}
	wl_walk_begin(&w, wl_json_array(document, "pages"));
	while ((part = wl_walk_next_object(&w)) != NULL)
	{
		int			page = wl_documentai_page(part, w.index);
		WlWalk		fields;
		JsonbContainer *field;

		wl_walk_begin(&fields, wl_json_array(part, "formFields"));
		while ((field = wl_walk_next_object(&fields)) != NULL)
			read_form_field(out, &a, field, page);
	}
}

const WlOcrEngine wl_ocr_documentai = {
	.name = "documentai",
	.shape = "\"entities\" with \"type\" and \"mentionText\" or an anchor, \"pages\" with \"pageNumber\" and \"layout\", \"image\" or \"formFields\", or \"documentLayout\"",
	.parts = "\"entities\", \"pages\", \"documentLayout\" or \"chunkedDocument\"",
	.tried_last = true,			/* other engines have entities and pages, too */
	.recognise_json = recognise,
	.has_parts = has_parts,
	.read_json = read_document,
};
