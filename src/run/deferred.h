/*
 * deferred.h
 *		Deferred triggers and constraints, which must fire as part of their batch.
 */
#ifndef WL_DEFERRED_H
#define WL_DEFERRED_H

/* Are deferred triggers waiting to be fired? Between SPI_connect and SPI_finish. */
extern bool wl_deferred_pending(void);

/* Error 25000 if there are any. */
extern void wl_refuse_deferred(void);

/*
 * Before a batch's statement and after it, between SPI_connect and SPI_finish: let
 * constraints be deferred as they are at the beginning of a transaction, and fire
 * what the statement deferred.
 */
extern void wl_begin_deferring(void);
extern void wl_fire_deferred(void);

#endif							/* WL_DEFERRED_H */
