/*
 * azure.c
 *		Microsoft Azure Form Recognizer, Document Intelligence and Content
 *		Understanding: one row for each leaf of a document's fields, and for each
 *		key-value pair.
 *
 * Versions 2, 3 and 4 of the API of Document Intelligence are read, and those of
 * Content Understanding, as the services answer and as their client libraries pass
 * it on. Names are the dotted paths to the leaves; arrays and objects have no
 * confidence of their own. One result can contain several documents; pairs belong
 * to none of them. Content Understanding gives no text as it was read, only values.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "score/ocr/azure.h"

/*
 * Recognition
 */

/* Does Content Understanding say that this is a document, a sound or a film? */
static bool
is_content(JsonbContainer *content)
{
	WlSlice		kind = wl_json_string(content, "kind");

	return (wl_slice_is(kind, "document") && wl_json_has_number(content, "startPageNumber")) ||
		(wl_slice_is(kind, "audioVisual") && wl_json_has_number(content, "startTimeMs"));
}

/* A result of Content Understanding. The definition of an analyzer has no version. */
static bool
is_understood(JsonbContainer *result)
{
	JsonbContainer *contents = wl_json_array(result, "contents");

	return is_content(wl_json_first_object(contents)) ||
		((wl_json_has_string(result, "analyzerId") || wl_json_has_string(result, "classifierId")) &&
		 (contents != NULL || wl_json_has_string(result, "apiVersion")));
}

/* The result: a part of the service's answer, or all that a client library returns. */
JsonbContainer *
wl_azure_result(JsonbContainer *root)
{
	JsonbContainer *result = wl_json_object(root, "analyzeResult");
	JsonbContainer *understood = wl_json_object(root, "result");

	if (result == NULL && is_understood(understood))
		result = understood;
	return result != NULL ? result : root;
}

static const char *const known_parts[] = {
	"documents", "documentResults", "keyValuePairs", "pageResults", "readResults", "pages", NULL
};

static bool
is_status(WlSlice status)
{
	return wl_slice_is(status, "notStarted") || wl_slice_is(status, "running") ||
		wl_slice_is(status, "failed") || wl_slice_is(status, "succeeded");
}

/* A result on its own. Other APIs have a model and a version, too. */
static bool
is_result(JsonbContainer *result)
{
	return wl_json_has_string(result, "apiVersion") && wl_json_has_string(result, "modelId") &&
		(wl_json_object(wl_json_first_object(wl_json_array(result, "documents")), "fields") != NULL ||
		 wl_json_has_string(wl_json_first_object(wl_json_array(result, "documents")), "docType") ||
		 wl_json_has_number(wl_json_first_object(wl_json_array(result, "pages")), "pageNumber") ||
		 wl_json_object(wl_json_first_object(wl_json_array(result, "keyValuePairs")), "key") != NULL);
}

/* An operation of Document Intelligence without a result */
static bool
is_operation(JsonbContainer *root)
{
	static const char *const keys[] = {
		"status", "createdDateTime", "lastUpdatedDateTime", "analyzeResult", "error", NULL
	};

	return is_status(wl_json_string(root, "status")) &&
		wl_json_has_string(root, "createdDateTime") && wl_json_has_only(root, keys);
}

/* An operation of Content Understanding that has failed. One that runs has a result. */
static bool
is_failure(JsonbContainer *root)
{
	static const char *const keys[] = {"id", "status", "error", "result", "usage", NULL};
	WlSlice		status = wl_json_string(root, "status");

	return (wl_slice_is(status, "Failed") || wl_slice_is(status, "Canceled")) &&
		wl_json_has_string(root, "id") &&
		wl_json_has_string(wl_json_object(root, "error"), "code") && wl_json_has_only(root, keys);
}

static bool
recognise(JsonbContainer *root)
{
	JsonbContainer *result = wl_json_object(root, "analyzeResult");

	if (result == NULL)
		return is_result(root) || is_understood(wl_azure_result(root)) ||
			is_operation(root) || is_failure(root);
	return is_status(wl_json_string(root, "status")) || wl_json_has_string(result, "version") ||
		wl_json_has_string(result, "apiVersion") || wl_json_has_array(result, known_parts);
}

/* An operation that is still running or has failed has no result. */
static bool
has_parts(JsonbContainer *root)
{
	JsonbContainer *result = wl_azure_result(root);
	WlSlice		status = wl_json_string(root, "status");

	return wl_json_has_array(result, known_parts) ||
		(is_understood(result) && wl_json_array(result, "contents") != NULL) ||
		(status.data != NULL && !wl_slice_is_any_case(status, "succeeded"));
}

/*
 * Values
 */

/*
 * The page of a source: that of the first region in "D(1,0.5,0.5,...);D(2,...)". A
 * moment of a sound or a film, "AV(1500)", is on no page.
 */
static double
source_page(WlSlice source)
{
	int			start = strlen("D(");
	int			end = start;

	if (!wl_slice_starts(source, "D("))
		return NAN;
	while (end < source.length && source.data[end] != ',' && source.data[end] != ')')
		end++;
	return wl_text_number(wl_slice(source.data + start, end - start));
}

/* The page of a part, or else of what contains it. */
static int
part_page(JsonbContainer *part, int inherited)
{
	double		page = wl_json_number(part, "page");

	if (isnan(page))
		page = wl_json_number(wl_json_first_object(wl_json_array(part, "boundingRegions")), "pageNumber");
	if (isnan(page))
		page = source_page(wl_json_string(part, "source"));
	return isnan(page) ? inherited : wl_as_count(page);
}

/* The page of a document, if it is on one page only. */
static int
document_page(JsonbContainer *document)
{
	JsonbContainer *regions = wl_json_array(document, "boundingRegions");
	double		first = wl_json_number(document, "startPageNumber");
	WlWalk		range;

	if (!isnan(first))
		return first == wl_json_number(document, "endPageNumber") ? wl_as_count(first) : 0;
	if (regions != NULL && JsonContainerSize(regions) == 1)
		return part_page(document, 0);
	wl_walk_begin(&range, wl_json_array(document, "pageRange"));
	while (wl_walk_next(&range))
	{
		double		page = wl_json_value_number(&range.value);

		if (range.index > 1 && page != first)
			return 0;
		first = page;
	}
	return wl_as_count(first);
}

/* Append a member, after a separator if something precedes it, unless it is blank. */
static void
append_member(StringInfo buffer, const char *between, JsonbContainer *object, const char *key)
{
	JsonbValue	v;
	WlSlice		s = wl_json_get(object, key, &v) ? wl_trim(wl_json_value_text(&v)) : wl_no_slice;

	if (s.length == 0)
		return;
	if (buffer->len > 0)
		appendStringInfoString(buffer, between);
	appendBinaryStringInfo(buffer, s.data, s.length);
}

/* For example "1250.5 USD"; the symbol if there is no code. */
static void
append_currency(StringInfo buffer, JsonbContainer *currency)
{
	static const char *const units[] = {"currencyCode", "code", "currencySymbol", "symbol"};
	int			length;

	append_member(buffer, "", currency, "amount");
	length = buffer->len;
	for (int i = 0; i < lengthof(units) && buffer->len == length; i++)
		append_member(buffer, " ", currency, units[i]);
}

/* For example "1 High St, Ashcombe, 00123": from the house to the country. */
static void
append_address(StringInfo buffer, JsonbContainer *address)
{
	static const char *const lines[] = {
		"suburb", "cityDistrict", "city", "stateDistrict", "state", "postalCode", "countryRegion"
	};

	append_member(buffer, "", address, "streetAddress");
	if (buffer->len == 0)
	{
		append_member(buffer, "", address, "houseNumber");
		append_member(buffer, " ", address, "road");
		append_member(buffer, ", ", address, "unit");
		append_member(buffer, ", ", address, "poBox");
	}
	for (int i = 0; i < lengthof(lines); i++)
		append_member(buffer, ", ", address, lines[i]);
}

/* A value without a schema, in Content Understanding: it has one confidence. */
static WlSlice
json_value(JsonbContainer *field)
{
	JsonbValue	v;
	JsonbContainer *json = wl_json_get(field, "valueJson", &v) ? wl_json_container(&v) : NULL;
	StringInfoData buffer;

	if (json == NULL || wl_json_is_empty(json))
		return wl_no_slice;
	initStringInfo(&buffer);
	JsonbToCString(&buffer, json, v.val.binary.len);
	return wl_slice_of(&buffer);
}

/* The normalised form of a leaf's value, as text. */
static WlSlice
normalised_value(JsonbContainer *field)
{
	WlSlice		type = wl_json_string(field, "valueType");
	JsonbContainer *currency = wl_json_object(field, "valueCurrency");
	JsonbContainer *address = wl_json_object(field, "valueAddress");
	StringInfoData buffer;
	WlWalk		w;

	if (wl_slice_is(type, "currency"))
		currency = wl_json_object(field, "value");
	if (wl_slice_is(type, "address"))
		address = wl_json_object(field, "value");
	if (currency != NULL || address != NULL)
	{
		initStringInfo(&buffer);
		append_currency(&buffer, currency);
		append_address(&buffer, address);
		return wl_slice_of(&buffer);
	}
	wl_walk_begin(&w, field);
	while (wl_walk_next(&w))
		if (wl_slice_starts(w.key, "value") && !wl_slice_is(w.key, "value_type") &&
			!wl_slice_is(w.key, "valueType") && wl_json_value_text(&w.value).data != NULL)
			return wl_json_value_text(&w.value);
	return json_value(field);
}

/*
 * The text of a leaf: what was read, "text" in version 2 and "content" later, or
 * else the normalised value. The content of a selection mark is a placeholder.
 */
static WlSlice
leaf_text(JsonbContainer *field)
{
	WlSlice		s = wl_json_string(field, "valueSelectionMark");

	if (s.length == 0 && wl_slice_is(wl_json_string(field, "valueType"), "selectionMark"))
		s = wl_json_string(field, "value");
	if (s.length == 0)
		s = wl_json_string(field, "content");
	if (wl_slice_is_blank(s))
		s = wl_json_string(field, "text");
	return wl_slice_is_blank(s) ? normalised_value(field) : s;
}

/*
 * The parts of a field that is an array or an object. In the Python client
 * library, the type says which of them "value" is.
 */
static JsonbContainer *
field_parts(JsonbContainer *field)
{
	WlSlice		type = wl_json_string(field, "valueType");
	JsonbContainer *parts = wl_json_array(field, "valueArray");

	if (parts == NULL)
		parts = wl_json_object(field, "valueObject");
	if (parts == NULL && wl_slice_is(type, "list"))
		parts = wl_json_array(field, "value");
	if (parts == NULL && wl_slice_is(type, "dictionary"))
		parts = wl_json_object(field, "value");
	return parts;
}

/*
 * Reading
 */

static void
read_field(WlOutput *out, StringInfo path, const JsonbValue *value, int page)
{
	JsonbContainer *field = wl_json_container(value);
	JsonbContainer *parts = field_parts(field);
	WlOcrRow	row = {.page = part_page(field, page)};

	check_stack_depth();
	if (parts != NULL && JsonContainerSize(parts) > 0)
	{
		WlWalk		w;
		int			length = path->len;

		wl_walk_begin(&w, parts);
		while (wl_walk_next(&w))
		{
			wl_path_push(path, &w);
			read_field(out, path, &w.value, row.page);
			wl_path_cut(path, length);
		}
		return;
	}
	wl_row_begin(out);
	row.field = wl_slice_of(path);
	row.value = wl_json_is_object(field) ? leaf_text(field) : wl_no_slice;
	row.confidence = wl_scaled(wl_json_number(field, "confidence"), 1);
	wl_emit(out, row);
}

static void
read_documents(WlOutput *out, JsonbContainer *documents)
{
	StringInfoData path;
	WlWalk		w;
	JsonbContainer *document;

	initStringInfo(&path);
	wl_walk_begin(&w, documents);
	while ((document = wl_walk_next_object(&w)) != NULL)
	{
		int			page = document_page(document);
		WlWalk		fields;

		if (!wl_azure_is_document(document))
			continue;
		wl_next_document(out);
		wl_walk_begin(&fields, wl_json_object(document, "fields"));
		while (wl_walk_next(&fields))
		{
			wl_path_push(&path, &fields);
			read_field(out, &path, &fields.value, page);
			wl_path_cut(&path, 0);
		}
	}
}

static void
read_pairs(WlOutput *out, JsonbContainer *pairs, int page)
{
	WlWalk		w;
	JsonbContainer *pair;

	wl_walk_begin(&w, pairs);
	while ((pair = wl_walk_next_object(&w)) != NULL)
	{
		JsonbContainer *key = wl_json_object(pair, "key");
		JsonbContainer *value = wl_json_object(pair, "value");
		WlOcrRow	row = {.page = part_page(value, part_page(key, page))};

		if (key == NULL)
			continue;
		wl_row_begin(out);
		row.field = wl_one_line(leaf_text(key));
		if (row.field.data == NULL)
			row.field = wl_slice("", 0);
		row.value = value != NULL ? leaf_text(value) : wl_no_slice;
		row.confidence = wl_scaled(wl_json_number(pair, "confidence"), 1);
		wl_emit(out, row);
	}
}

static const char *const document_keys[] = {"documentResults", "documents", "contents"};

int
wl_azure_count_documents(JsonbContainer *result)
{
	int			n = 0;

	for (int i = 0; i < lengthof(document_keys); i++)
	{
		WlWalk		w;
		JsonbContainer *part;

		wl_walk_begin(&w, wl_json_array(result, document_keys[i]));
		while ((part = wl_walk_next_object(&w)) != NULL)
			n += wl_azure_is_document(part);
	}
	return n;
}

static void
read_result(WlOutput *out, JsonbContainer *root)
{
	JsonbContainer *result = wl_azure_result(root);
	WlWalk		w;
	JsonbContainer *page;

	out->several = wl_azure_count_documents(result) > 1;
	for (int i = 0; i < lengthof(document_keys); i++)
		read_documents(out, wl_json_array(result, document_keys[i]));
	/* pairs do not say which document they belong to */
	wl_no_document(out);
	read_pairs(out, wl_json_array(result, "keyValuePairs"), 0);
	/* version 2, from a model trained without labels */
	wl_walk_begin(&w, wl_json_array(result, "pageResults"));
	while ((page = wl_walk_next_object(&w)) != NULL)
		read_pairs(out, wl_json_array(page, "keyValuePairs"), part_page(page, 0));
}

const WlOcrEngine wl_ocr_azure = {
	.name = "azure",
	.shape = "\"analyzeResult\", \"status\" and \"createdDateTime\", or \"analyzerId\" and \"contents\"",
	.parts = "\"analyzeResult\" with \"documents\", \"documentResults\", \"keyValuePairs\", \"pageResults\", \"readResults\" or \"pages\", or \"contents\"",
	.recognise_json = recognise,
	.has_parts = has_parts,
	.read_json = read_result,
};
