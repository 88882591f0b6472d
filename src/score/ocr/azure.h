/*
 * azure.h
 *		What the readers of Azure's fields and of its words share.
 */
#ifndef WL_AZURE_H
#define WL_AZURE_H

#include "score/ocr/json.h"
#include "score/ocr/ocr.h"

extern JsonbContainer *wl_azure_result(JsonbContainer *root);
extern int	wl_azure_count_documents(JsonbContainer *result);

/*
 * Content Understanding also has contents that are no documents, such as the whole
 * of a file before its segments: they have no fields.
 */
static inline bool
wl_azure_is_document(JsonbContainer *part)
{
	return wl_json_object(part, "fields") != NULL;
}

#endif							/* WL_AZURE_H */
