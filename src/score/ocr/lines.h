/*
 * lines.h
 *		Lists of lines, each with the box in which it was found.
 *
 * A result is a list of lines, or a list of such lists, one for each page or
 * image. How a line is written differs from engine to engine.
 */
#ifndef WL_LINES_H
#define WL_LINES_H

#include "score/ocr/json.h"
#include "score/ocr/output.h"

/* Is this a line? Then its text and confidence are set. */
typedef bool (*WlIsLine) (const JsonbValue *value, WlSlice *text, double *confidence);

extern bool wl_json_is_box(const JsonbValue *value);
extern bool wl_is_blank_list(JsonbContainer *root);
extern bool wl_has_line(JsonbContainer *root, WlIsLine line);
extern void wl_read_lines(WlOutput *out, JsonbContainer *root, WlIsLine line);

#endif							/* WL_LINES_H */
