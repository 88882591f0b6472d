/*
 * docling.c
 *		Docling: one row for each field of a form, and one without a name for each
 *		text and each cell of a table.
 *
 * A result is a document, a document with the confidence in its pages, as the
 * library has it, or an answer of the service, which contains a document if JSON
 * was asked for; an answer can have several. Old versions write a form as a graph
 * of cells, new ones as items that refer to texts. A cell and a text have both what
 * was on the page ("orig") and a tidy form of it ("text").
 *
 * Texts have no confidence of their own. They have that of the OCR of their page.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/docling.h"
#include "score/ocr/json.h"
#include "score/ocr/ocr.h"

#define MAX_NESTING		16		/* of groups in a field */

/*
 * Recognition
 */

static bool
is_document(JsonbContainer *object)
{
	return wl_slice_is(wl_json_string(object, "schema_name"), "DoclingDocument");
}

/* What a result or an answer says of its document: the document, or its formats. */
static JsonbContainer *
inner_document(JsonbContainer *answer)
{
	JsonbContainer *document = wl_json_object(answer, "document");

	return document != NULL ? document : wl_json_object(answer, "content");
}

/* The document in a result or an answer, or the result itself; NULL if there is none. */
static JsonbContainer *
find_document(JsonbContainer *answer)
{
	JsonbContainer *document = answer;

	if (!is_document(document))
		document = inner_document(answer);
	if (!is_document(document))
		document = wl_json_object(document, "json_content");
	return is_document(document) ? document : NULL;
}

/* The formats that were not asked for are null in an answer. */
static bool
is_answer(JsonbContainer *answer)
{
	static const char *const formats[] = {"json_content", "md_content", "doctags_content", NULL};

	return find_document(answer) != NULL ||
		wl_json_count_keys(inner_document(answer), formats) == lengthof(formats) - 1;
}

static bool
recognise(JsonbContainer *root)
{
	WlWalk		w;
	JsonbContainer *answer;

	if (is_answer(root))
		return true;
	wl_walk_begin(&w, wl_json_array(root, "documents"));
	while ((answer = wl_walk_next_object(&w)) != NULL)
		if (is_answer(answer))
			return true;
	return false;
}

/* A conversion that failed or is not done has no document. */
static bool
answer_has_parts(JsonbContainer *answer)
{
	static const char *const keys[] = {
		"key_value_items", "form_items", "field_items", "texts", "tables", NULL
	};
	WlSlice		status = wl_json_string(answer, "status");

	return wl_json_has_array(find_document(answer), keys) ||
		wl_slice_is(status, "failure") || wl_slice_is(status, "skipped") ||
		wl_slice_is(status, "pending") || wl_slice_is(status, "started");
}

static bool
has_parts(JsonbContainer *root)
{
	WlWalk		w;
	JsonbContainer *answer;

	if (is_answer(root))
		return answer_has_parts(root);
	wl_walk_begin(&w, wl_json_array(root, "documents"));
	while ((answer = wl_walk_next_object(&w)) != NULL)
		if (is_answer(answer) && !answer_has_parts(answer))
			return false;
	return true;
}

/*
 * Confidence
 */

static JsonbContainer *
numbered(JsonbContainer *pages, int number)
{
	char		key[12];

	snprintf(key, sizeof(key), "%d", number);
	return wl_json_object(pages, key);
}

/*
 * The number of the first page: documents count pages from 1, and so do scores,
 * but before version 2.69 they counted from 0. Pages can be missing, if a part of
 * the document was asked for or a page could not be read.
 */
static int
first_page(JsonbContainer *scores, JsonbContainer *pages)
{
	bool		fit_one = true;
	bool		fit_zero = true;
	WlWalk		w;

	wl_walk_begin(&w, scores);
	while (wl_walk_next(&w))
	{
		double		number = wl_text_number(w.key);

		if (number == 0)
			return 0;
		fit_one = fit_one && numbered(pages, wl_as_count(number)) != NULL;
		fit_zero = fit_zero && numbered(pages, wl_as_count(number + 1)) != NULL;
	}
	return fit_zero && !fit_one ? 0 : 1;
}

static double
ocr_score(JsonbContainer *scores)
{
	return wl_scaled(wl_json_number(scores, "ocr_score"), 1);
}

static double
page_confidence(WlDocling *r, int page)
{
	if (r->scores == NULL)
		return r->whole;
	if (page != r->page)
	{
		r->page = page;
		r->confidence = page > 0 ? ocr_score(numbered(r->scores, page - 1 + r->first)) : NAN;
	}
	return r->confidence;
}

/*
 * Rows
 */

/* What was on the page, or else the tidy form. */
WlSlice
wl_docling_text(JsonbContainer *item)
{
	WlSlice		orig = wl_json_string(item, "orig");

	return wl_slice_is_blank(orig) ? wl_json_string(item, "text") : orig;
}

/* A text can have several places, the first of which counts; a cell has one. */
int
wl_docling_page(JsonbContainer *item)
{
	JsonbContainer *place = wl_json_object(item, "prov");

	if (place == NULL)
		place = wl_json_first_object(wl_json_array(item, "prov"));
	return wl_as_count(wl_json_number(place, "page_no"));
}

static void
emit_word(WlDocling *r, WlSlice text, int page)
{
	r->out->page = page;
	wl_emit_word(r->out, text, page_confidence(r, page));
}

void
wl_field_begin(WlDocling *r, WlField *f)
{
	wl_row_begin(r->out);
	initStringInfo(&f->name);
	initStringInfo(&f->value);
	f->name_page = f->value_page = 0;
}

static void
append_part(StringInfo buffer, int *page, WlSlice s, JsonbContainer *item)
{
	s = wl_trim(s);
	if (s.length > 0)
	{
		if (buffer->len > 0)
			appendStringInfoChar(buffer, ' ');
		appendBinaryStringInfo(buffer, s.data, s.length);
	}
	if (*page == 0)
		*page = wl_docling_page(item);
}

void
wl_field_add_name(WlField *f, WlSlice s, JsonbContainer *item)
{
	append_part(&f->name, &f->name_page, s, item);
}

void
wl_field_add_value(WlField *f, WlSlice s, JsonbContainer *item)
{
	append_part(&f->value, &f->value_page, s, item);
}

/* Emit a field, whose value decides on its page. Without a name it is a word. */
void
wl_field_end(WlDocling *r, const WlField *f, int page)
{
	WlOcrRow	row = {.page = f->value_page};

	if (row.page == 0)
		row.page = f->name_page;
	if (row.page == 0)
		row.page = page;
	row.field = wl_one_line(wl_slice(f->name.data, f->name.len));
	if (row.field.length == 0)
		row.field = wl_no_slice;
	row.value = wl_slice(f->value.data, f->value.len);
	row.confidence = page_confidence(r, row.page);
	wl_emit(r->out, row);
}

/*
 * Fields that refer to texts
 */

/* The items of one kind, and which of them have been read */
typedef struct Kind
{
	const char *prefix;			/* of a reference */
	JsonbContainer *array;
	bool	   *read;
} Kind;

typedef struct Items
{
	Kind		texts;
	Kind		groups;
} Items;

static void
kind_begin(Kind *kind, const char *prefix, JsonbContainer *array)
{
	kind->prefix = prefix;
	kind->array = array;
	kind->read = palloc_extended(array != NULL ? JsonContainerSize(array) + 1 : 1,
								 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/*
 * The item that a reference leads to; NULL if it is not of this kind. An item has
 * one parent: it is read once, so that references cannot run in a circle.
 */
static JsonbContainer *
follow(const Kind *kind, WlSlice reference)
{
	double		number;
	int			index;
	JsonbContainer *item;

	if (kind->array == NULL || !wl_slice_starts(reference, kind->prefix))
		return NULL;
	number = wl_text_number(wl_slice(reference.data + strlen(kind->prefix),
									 reference.length - strlen(kind->prefix)));
	index = wl_as_count(number);
	if (index != number || index >= JsonContainerSize(kind->array) || kind->read[index])
		return NULL;
	kind->read[index] = true;
	item = wl_json_container(getIthJsonbValueFromContainer(kind->array, index));
	return wl_json_is_object(item) ? item : NULL;
}

static void collect(Items *items, WlField *f, JsonbContainer *item, bool in_value, int nesting);

/* A box that is not ticked has no text; if there is none, its label says what it is. */
static WlSlice
box_text(JsonbContainer *box, WlSlice label)
{
	WlSlice		s = wl_docling_text(box);

	if (wl_slice_is_blank(s))
		return label;
	return wl_slice_is(label, "checkbox_selected") ? s : wl_no_slice;
}

static inline bool
is_beside_value(WlSlice label)
{
	return wl_slice_is(label, "field_hint") || wl_slice_is(label, "marker");
}

/*
 * Collect what a text is of a field: its name, or a part of its value. A value that
 * is blank can have its parts in its children, which are texts of any kind.
 */
static void
collect_text(Items *items, WlField *f, JsonbContainer *item, bool in_value, int nesting)
{
	WlSlice		label = wl_json_string(item, "label");
	WlSlice		s = wl_docling_text(item);

	if (wl_slice_is(label, "field_key"))
		wl_field_add_name(f, s, item);
	else if (wl_slice_starts(label, "checkbox_"))
		wl_field_add_value(f, box_text(item, label), item);
	else if (wl_slice_is(label, "field_value") || (in_value && !is_beside_value(label)))
	{
		wl_field_add_value(f, s, item);
		if (wl_slice_is_blank(s))
			collect(items, f, item, true, nesting);
	}
}

/* Collect the parts of a field among the children of an item. */
static void
collect(Items *items, WlField *f, JsonbContainer *item, bool in_value, int nesting)
{
	WlWalk		w;
	JsonbContainer *reference;

	if (nesting > MAX_NESTING)
		return;
	wl_walk_begin(&w, wl_json_array(item, "children"));
	while ((reference = wl_walk_next_object(&w)) != NULL)
	{
		WlSlice		target = wl_json_string(reference, "$ref");
		JsonbContainer *child = follow(&items->texts, target);

		if (child != NULL)
			collect_text(items, f, child, in_value, nesting + 1);
		else if ((child = follow(&items->groups, target)) != NULL)
			collect(items, f, child, in_value, nesting + 1);
	}
}

/* Read the fields. One without a name is left out: its value is among the texts. */
static void
read_field_items(WlDocling *r)
{
	Items		items;
	WlWalk		w;
	JsonbContainer *item;

	kind_begin(&items.texts, "#/texts/", wl_json_array(r->document, "texts"));
	kind_begin(&items.groups, "#/groups/", wl_json_array(r->document, "groups"));
	wl_walk_begin(&w, wl_json_array(r->document, "field_items"));
	while ((item = wl_walk_next_object(&w)) != NULL)
	{
		WlField		f;

		wl_field_begin(r, &f);
		collect(&items, &f, item, false, 0);
		if (f.name.len == 0)
			resetStringInfo(&f.value);
		wl_field_end(r, &f, wl_docling_page(item));
	}
}

/*
 * Documents
 */

static void
read_graphs(WlDocling *r, const char *key)
{
	WlWalk		w;
	JsonbContainer *item;

	wl_walk_begin(&w, wl_json_array(r->document, key));
	while ((item = wl_walk_next_object(&w)) != NULL)
		wl_read_graph(r, item);
}

static void
read_texts(WlDocling *r)
{
	WlWalk		w;
	JsonbContainer *item;

	wl_walk_begin(&w, wl_json_array(r->document, "texts"));
	while ((item = wl_walk_next_object(&w)) != NULL)
		emit_word(r, wl_docling_text(item), wl_docling_page(item));
}

static void
read_tables(WlDocling *r)
{
	WlWalk		w;
	JsonbContainer *table;

	wl_walk_begin(&w, wl_json_array(r->document, "tables"));
	while ((table = wl_walk_next_object(&w)) != NULL)
	{
		int			page = wl_docling_page(table);
		WlWalk		cells;
		JsonbContainer *cell;

		wl_walk_begin(&cells, wl_json_array(wl_json_object(table, "data"), "table_cells"));
		while ((cell = wl_walk_next_object(&cells)) != NULL)
			emit_word(r, wl_json_string(cell, "text"), page);
	}
}

static void
read_answer(WlOutput *out, JsonbContainer *answer)
{
	JsonbContainer *confidence = wl_json_object(answer, "confidence");
	WlDocling	r = {.out = out,.document = find_document(answer),.page = -1};

	r.scores = wl_json_object(confidence, "pages");
	r.first = first_page(r.scores, wl_json_object(r.document, "pages"));
	r.whole = ocr_score(confidence);
	read_graphs(&r, "key_value_items");
	read_graphs(&r, "form_items");
	read_field_items(&r);
	read_texts(&r);
	read_tables(&r);
}

static void
read_answers(WlOutput *out, JsonbContainer *root)
{
	JsonbContainer *answers = wl_json_array(root, "documents");
	WlWalk		w;
	JsonbContainer *answer;

	if (is_answer(root))
	{
		read_answer(out, root);
		return;
	}
	out->several = wl_json_count_objects(answers) > 1;
	wl_walk_begin(&w, answers);
	while ((answer = wl_walk_next_object(&w)) != NULL)
	{
		wl_next_document(out);
		read_answer(out, answer);
	}
}

const WlOcrEngine wl_ocr_docling = {
	.name = "docling",
	.shape = "\"schema_name\" with the value \"DoclingDocument\", also below \"document\", \"json_content\" or \"documents\"",
	.parts = "a document with \"key_value_items\", \"form_items\", \"field_items\", \"texts\" or \"tables\"",
	.recognise_json = recognise,
	.has_parts = has_parts,
	.read_json = read_answers,
};
