/*
 * rights.c
 *		Another role's rights for a while.
 *
 * Used with the rights of the tables' owner for our own queries (store.c) and with
 * the rights of a task's owner for what the task executes (owner.c).
 *
 * An error in between needs no care: the end of the transaction or subtransaction
 * restores both the role and the settings.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "run/rights.h"

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
