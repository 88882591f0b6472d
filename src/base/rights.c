/*
 * rights.c
 *		Another role's rights for a while.
 *
 * Used with the rights of the tables' owner for our own queries (run/store.c), with
 * those of a task's owner for what the task executes (run/owner.c), and with those of a
 * dashboard's owner for its tables (report/dashboard).
 *
 * An error in between needs no care: the end of the transaction or subtransaction
 * restores both the role and the settings.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/syscache.h"

#include "base/rights.h"

void
wl_begin_rights(WlRights *saved, Oid role, int flags)
{
	GetUserIdAndSecContext(&saved->role, &saved->security_context);
	SetUserIdAndSecContext(role, saved->security_context | flags);
	saved->guc_level = NewGUCNestLevel();
}

void
wl_end_rights(const WlRights *saved)
{
	AtEOXact_GUC(false, saved->guc_level);
	SetUserIdAndSecContext(saved->role, saved->security_context);
}

Oid
wl_relation_owner(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}
