/*
 * rights.h
 *		Another role's rights for a while.
 */
#ifndef WL_RIGHTS_H
#define WL_RIGHTS_H

/* What was in force before. */
typedef struct WlRights
{
	Oid			role;
	int			security_context;
	int			guc_level;
} WlRights;

/*
 * Take the rights of role until wl_end_rights or the end of the (sub)transaction.
 * Settings that are made in between end with them. flags are SECURITY_... flags of
 * miscadmin.h, in addition to those in force.
 */
extern void wl_begin_rights(WlRights *saved, Oid role, int flags);
extern void wl_end_rights(const WlRights *saved);

/* The owner of a relation; InvalidOid if it no longer exists. */
extern Oid	wl_relation_owner(Oid relation);

#endif							/* WL_RIGHTS_H */
