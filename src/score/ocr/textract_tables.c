/*
 * textract_tables.c
 *		Amazon Textract's tables: one row for each cell that is not a header, named
 *		by the number of the table, the header of its column and the number of its
 *		row.
 *
 * A merged cell is listed beside the cells that it consists of. It is one cell, in
 * its first row and column, with the text of all; as a header it stands for all
 * their columns. It is a header if it or one of them is.
 *
 * Each cell belongs to the first table that refers to it and is read once, however
 * often it is listed. A header's text is kept as the words that it consists of,
 * which are in the document, and put together for each name. So memory is bounded
 * by the document, whatever it refers to. Indices are only looked up.
 */
#include "postgres.h"

#include <math.h>

#include "nodes/pg_list.h"

#include "score/ocr/json.h"
#include "score/ocr/ocr.h"
#include "score/ocr/textract.h"

typedef struct Cell
{
	JsonbContainer *block;		/* the hash key: must be first */
	int			table;			/* that it belongs to; 0 if it is not a cell */
	int			row;
	int			column;
	bool		merged;
	bool		header;
	bool		listed;			/* have its parts or its header been noted? */
	bool		emitted;
	struct Cell *whole;			/* the merged cell that it is part of, or NULL */
	List	   *parts;			/* of a merged cell */
} Cell;

typedef struct Header
{
	int			row;
	int			n;
	WlSlice    *words;
} Header;

typedef struct Column
{
	struct
	{
		int			table;
		int			number;
	}			key;			/* the hash key: must be first */
	bool		sorted;
	List	   *headers;
} Column;

typedef struct Tables
{
	WlOutput   *out;
	WlBlocks   *blocks;
	HTAB	   *cells;
	HTAB	   *columns;		/* those that have a header */
	int			table;			/* the number of the current table, from 1 */
} Tables;

/* The cell that a block is; NULL if it is none of the current table. */
static Cell *
find_cell(Tables *t, JsonbContainer *block)
{
	WlSlice		type = wl_json_string(block, "BlockType");
	bool		found;
	Cell	   *cell = hash_search(t->cells, &block, HASH_ENTER, &found);

	if (!found)
	{
		memset(cell, 0, sizeof(Cell));
		cell->block = block;
		cell->row = wl_as_count(wl_json_number(block, "RowIndex"));
		cell->column = wl_as_count(wl_json_number(block, "ColumnIndex"));
		cell->merged = wl_slice_is(type, "MERGED_CELL");
		cell->header = wl_has_entity_type(block, "COLUMN_HEADER");
		if (cell->row > 0 && cell->column > 0 && (cell->merged || wl_slice_is(type, "CELL")))
			cell->table = t->table;
	}
	return cell->table == t->table ? cell : NULL;
}

/* The next of the related cells that belong to the current table; NULL at the end. */
static Cell *
next_cell(Tables *t, WlRelated *related, bool merged)
{
	JsonbContainer *block;

	while ((block = wl_related_next(related)) != NULL)
	{
		Cell	   *cell = find_cell(t, block);

		if (cell != NULL && cell->merged == merged)
			return cell;
	}
	return NULL;
}

/*
 * Headers
 */

static void
add_words(Tables *t, Header *header, Cell *cell)
{
	int			n;
	const WlSlice *words = wl_block_words(t->blocks, cell->block, &n);

	memcpy(header->words + header->n, words, n * sizeof(WlSlice));
	header->n += n;
}

/* A header stands for a column once, also if several of its cells are in it. */
static void
add_to_column(Tables *t, Header *header, int number)
{
	Column		new = {.key = {.table = t->table,.number = number}};
	bool		found;
	Column	   *column = hash_search(t->columns, &new.key, HASH_ENTER, &found);

	if (!found)
		*column = new;
	if (column->headers == NIL || llast(column->headers) != header)
		column->headers = lappend(column->headers, header);
}

/* Add a header to the columns of its cells. A blank header is none. */
static void
add_header(Tables *t, Cell *cell)
{
	Header	   *header;
	ListCell   *lc;
	int			n;
	Size		size;

	wl_block_words(t->blocks, cell->block, &n);
	size = n;
	foreach(lc, cell->parts)
	{
		wl_block_words(t->blocks, ((Cell *) lfirst(lc))->block, &n);
		size += n;
	}
	if (size == 0)
		return;
	header = palloc(sizeof(Header));
	header->row = cell->row;
	header->n = 0;
	header->words = palloc_extended(size * sizeof(WlSlice), MCXT_ALLOC_HUGE);
	add_words(t, header, cell);
	foreach(lc, cell->parts)
		add_words(t, header, lfirst(lc));
	add_to_column(t, header, cell->column);
	foreach(lc, cell->parts)
		add_to_column(t, header, ((Cell *) lfirst(lc))->column);
}

static int
compare_rows(const ListCell *a, const ListCell *b)
{
	const Header *x = lfirst(a);
	const Header *y = lfirst(b);

	return x->row < y->row ? -1 : x->row > y->row;
}

/* Append the headers of a column, from top to bottom, or its number if all are blank. */
static void
append_column(StringInfo name, Tables *t, int number)
{
	Column		sought = {.key = {.table = t->table,.number = number}};
	Column	   *column = hash_search(t->columns, &sought.key, HASH_FIND, NULL);
	int			length = name->len;
	ListCell   *lc;

	if (column != NULL && !column->sorted)
	{
		list_sort(column->headers, compare_rows);
		column->sorted = true;
	}
	foreach(lc, column == NULL ? NIL : column->headers)
	{
		const Header *header = lfirst(lc);

		for (int i = 0; i < header->n; i++)
		{
			if (name->len > length)
				appendStringInfoChar(name, ' ');
			appendBinaryStringInfo(name, header->words[i].data, header->words[i].length);
		}
	}
	if (name->len == length)
		appendStringInfo(name, "%d", number);
}

/*
 * Cells
 */

static void
emit_cell(Tables *t, Cell *cell, int page)
{
	WlOcrRow	row = {.page = wl_textract_page(cell->block, "Page", page)};
	StringInfoData name;
	StringInfoData value;
	ListCell   *lc;

	wl_row_begin(t->out);
	initStringInfo(&name);
	initStringInfo(&value);
	appendStringInfo(&name, "Table %d.", t->table);
	append_column(&name, t, cell->column);
	appendStringInfo(&name, ".%d", cell->row);
	wl_append_words(&value, t->blocks, cell->block);
	foreach(lc, cell->parts)
		wl_append_words(&value, t->blocks, ((Cell *) lfirst(lc))->block);
	row.field = wl_one_line(wl_slice_of(&name));
	row.value = wl_slice_of(&value);
	row.confidence = wl_scaled(wl_json_number(cell->block, "Confidence"), 100);
	wl_emit(t->out, row);
}

/* Note which cells each merged cell consists of: those that no other one has. */
static void
merge_cells(Tables *t, JsonbContainer *table)
{
	WlRelated	related;
	Cell	   *whole;

	wl_related_begin(&related, t->blocks, table, "MERGED_CELL");
	while ((whole = next_cell(t, &related, true)) != NULL)
	{
		WlRelated	parts;
		Cell	   *part;

		if (whole->listed)
			continue;
		whole->listed = true;
		wl_related_begin(&parts, t->blocks, whole->block, "CHILD");
		while ((part = next_cell(t, &parts, false)) != NULL)
		{
			if (part->whole != NULL)
				continue;
			part->whole = whole;
			whole->parts = lappend(whole->parts, part);
			whole->header |= part->header;
		}
		if (whole->header)
			add_header(t, whole);
	}
}

static void
read_table(Tables *t, JsonbContainer *table, int page)
{
	WlRelated	related;
	Cell	   *cell;

	t->table++;
	merge_cells(t, table);
	wl_related_begin(&related, t->blocks, table, "CHILD");
	while ((cell = next_cell(t, &related, false)) != NULL)
	{
		if (cell->header && cell->whole == NULL && !cell->listed)
			add_header(t, cell);
		cell->listed = true;
	}
	wl_related_begin(&related, t->blocks, table, "CHILD");
	while ((cell = next_cell(t, &related, false)) != NULL)
	{
		if (cell->whole != NULL)
			cell = cell->whole;
		if (!cell->header && !cell->emitted)
			emit_cell(t, cell, wl_textract_page(table, "Page", page));
		cell->emitted = true;
	}
}

static void
read_part(void *arg, WlTextractKind kind, JsonbContainer *part, int page)
{
	WlWalk		w;
	JsonbContainer *block;

	if (kind != WL_TEXTRACT_ANSWER)
		return;
	wl_walk_begin(&w, wl_json_array(part, "Blocks"));
	while ((block = wl_walk_next_object(&w)) != NULL)
		if (wl_slice_is(wl_json_string(block, "BlockType"), "TABLE"))
			read_table(arg, block, page);
}

static void
read_tables(WlOutput *out, JsonbContainer *root)
{
	Tables		t = {
		.out = out,
		.blocks = wl_textract_blocks(root),
		.cells = wl_blob_table(sizeof(JsonbContainer *), sizeof(Cell)),
		.columns = wl_blob_table(sizeof(((Column *) NULL)->key), sizeof(Column)),
	};

	wl_textract_visit(out, root, read_part, &t);
}

const WlOcrEngine wl_ocr_textract_tables = {
	.name = "textract_tables",
	.base = &wl_ocr_textract,
	.read_json = read_tables,
};
