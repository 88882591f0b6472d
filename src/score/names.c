/*
 * names.c
 *		Tables of named things: see names.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "score/names.h"

static const char *
name_at(const void *table, Size element, int i)
{
	return *(const char *const *) ((const char *) table + i * element);
}

/* The name is not terminated; like all text, it does not contain a zero byte. */
int
wl_find_name_in(const void *table, Size element, int n, const char *name, size_t length)
{
	for (int i = 0; i < n; i++)
	{
		const char *candidate = name_at(table, element, i);

		if (strncmp(candidate, name, length) == 0 && candidate[length] == '\0')
			return i;
	}
	return -1;
}

char *
wl_list_names_in(const void *table, Size element, int n, const char *conjunction)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < n; i++)
	{
		if (i > 0 && i == n - 1)
			appendStringInfo(&list, " %s ", conjunction);
		else if (i > 0)
			appendStringInfoString(&list, ", ");
		appendStringInfo(&list, "\"%s\"", name_at(table, element, i));
	}
	return list.data;
}
