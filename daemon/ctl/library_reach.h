/*
 * library_reach: between which ends the devices of a class can set what rows speak of.
 *
 * Of a device profile, what its registers can hold and its hard ranges leave; of what is computed
 * from others, the ends that follow. Values only.
 */
#ifndef CTL_LIBRARY_REACH_H
#define CTL_LIBRARY_REACH_H

#include "core/limits.h"
#include "core/regmap.h"

struct reach {
	bool known;       /* the device reports it, or it is computed from what it reports */
	struct span span; /* numbers */
	uint64_t choices; /* DIM_CHOICE */
};

/* What a device of this profile can have set while it fits the row's selectors. */
struct reach reach_of(const struct profile *p, const struct row *row, enum param param);
/* Can it be set to this? */
bool reach_selects(const struct profile *p, const struct select *sel);
bool reach_fits(const struct profile *p, const struct row *row);

#endif
