/*
 * script.c
 *		The script that a document is written in: rule 3.
 *
 * It is detected by counting the characters of the expected fields that are
 * present. If counts tie, arabic comes before cjk, and cjk before latin.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "score/names.h"
#include "score/profile/rules.h"

static const struct
{
	const char *name;
	double		effect;
}			scripts[] = {
	[WL_SCRIPT_ARABIC] = {"arabic", -0.05},
	[WL_SCRIPT_CJK] = {"cjk", -0.02},
	[WL_SCRIPT_LATIN] = {"latin", 0.0}
};

const char *
wl_script_name(WlScript script)
{
	return scripts[script].name;
}

double
wl_script_effect(WlScript script)
{
	return scripts[script].effect;
}

WlScript
wl_find_script(const text *name)
{
	int			i = wl_find_name(scripts, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));

	if (i < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown script \"%s\"", text_to_cstring(name)),
				 errhint("The scripts are %s; NULL detects the script.", wl_list_names(scripts))));
	return i;
}

/*
 * The script that has the most characters, if more than a tenth are its own;
 * latin otherwise, and in any database that is not UTF-8.
 */
WlScript
wl_detect_script(const WlFieldScore *fields, int n)
{
	int64		counts[WL_SCRIPT_UNKNOWN] = {0};
	int64		total = 0;
	WlScript	best = WL_SCRIPT_ARABIC;

	if (GetDatabaseEncoding() != PG_UTF8)
		return WL_SCRIPT_LATIN;
	for (int i = 0; i < n; i++)
	{
		const unsigned char *p = (const unsigned char *) fields[i].text.data;
		const unsigned char *end = p + fields[i].text.length;

		while (p < end)
		{
			pg_wchar	c;

			total++;
			if (*p < 0x80)
			{
				counts[WL_SCRIPT_LATIN] += *p++ >= 0x20;
				continue;
			}
			c = utf8_to_unicode(p);
			p += pg_utf_mblen(p);
			if (c <= 0x24F)
				counts[WL_SCRIPT_LATIN]++;
			else if (c >= 0x600 && c <= 0x6FF)
				counts[WL_SCRIPT_ARABIC]++;
			else if (c >= 0x4E00 && c <= 0x9FFF)
				counts[WL_SCRIPT_CJK]++;
		}
	}
	for (int s = WL_SCRIPT_CJK; s <= WL_SCRIPT_LATIN; s++)
		if (counts[s] > counts[best])
			best = s;
	return counts[best] * 10 > total ? best : WL_SCRIPT_LATIN;
}
