/*
 * edition: the libraries this gate is using at this moment.
 *
 * New sessions are judged by the one in use. A device keeps the one its session began with until
 * that has ended and nothing is under way there; then it goes over, and is read anew before
 * anything is judged, because names are numbered by each library for itself and its registers may
 * be others. A device for which no library is in use is watched, and can be stopped, by the profile
 * that lies in the clinic file's own library folder; nothing else passes there.
 *
 * A fixed table: one for each device, the one in use, one on its way in. What nobody uses any more
 * is freed. Loop thread; a worker fills one that was taken for it.
 */
#ifndef HOUSE_EDITION_H
#define HOUSE_EDITION_H

#include "edge/config.h"

#define EDITIONS_MAX (DEVICES_MAX + 2)
#define HASH_LEN     65 /* of a library: 64 hex digits and their end */

struct gate;
struct device;

struct edition {
	bool taken;
	bool activated; /* sessions may begin under it; false: devices are only watched by it */
	bool demo;      /* activated by the demo itself */
	char hash[HASH_LEN];
	struct config books; /* the library; its clinic is empty */
};

/* One to be filled. */
struct edition *edition_take(struct gate *g);
void edition_drop(struct edition *e); /* may be NULL */
/* From now on this one is in use. Devices go over as soon as they may. */
void edition_begin(struct gate *g, struct edition *e);
/* Gives each device an edition when the gate opens; those the one in use has no profile for, the
 * clinic's folder. False with complaints when that has none either. */
MUST_USE bool edition_open(struct gate *g, struct complaints *c);
/* The device goes over to the library in use, if it may by now. False: it is judged by an older one
 * still, or there is none for it. */
bool edition_follow(struct device *d);
/* Why no session may begin here for want of a library (soon: in a moment it may); NULL: one may,
 * and the device is judged by the library in use. */
const char *edition_why_not(struct device *d, bool *soon);
void edition_close(struct gate *g);

#endif
