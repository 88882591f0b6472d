#include "postgres.h"
#include "score/profile/rules.h"
WlModel    *
wl_parse_model(const WlProfile *profile, const JsonbValue *value)
{
	elog(ERROR, "no model yet");
}
double
wl_model_probability(const WlModel *model, int field, WlOutcome outcome, double confidence)
{
	return 0;
}
bool
wl_model_threshold(const WlModel *model, double precision, double *threshold)
{
	return false;
}
