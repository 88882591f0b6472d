/*
 * names.h
 *		Tables of named things: a name is looked up in them, and their names are
 *		listed in messages.
 *
 * Each element of such a table is a struct whose first member is its name, a C
 * string.
 */
#ifndef WL_NAMES_H
#define WL_NAMES_H

/* The index of the element with this name, or -1. */
extern int	wl_find_name_in(const void *table, Size element, int n,
							const char *name, size_t length);

/* The names of the elements, quoted: "a", "b" and "c". */
extern char *wl_list_names_in(const void *table, Size element, int n,
							  const char *conjunction);

#define wl_find_name(table, name, length) \
	wl_find_name_in(table, sizeof((table)[0]), lengthof(table), name, length)
#define wl_list_names(table) \
	wl_list_names_in(table, sizeof((table)[0]), lengthof(table), "and")

#endif							/* WL_NAMES_H */
