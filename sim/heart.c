/*
 * The heartbeat of a device whose profile has one: it wants another number in time, refuses to be
 * armed without, and falls to standby when none comes.
 */
#include "sim.h"

static const struct reg *heart_row(const struct device *d)
{
	return regmap_row(&d->profile, ROLE_HEARTBEAT);
}

bool heart_beats(const struct device *d)
{
	const struct reg *row = heart_row(d);

	return row == NULL || (d->fed && d->now_ms - d->fed_ms < row->standby_after_ms);
}

void heart_fed(struct device *d, const struct reg *row, int64_t raw)
{
	if ((d->fed && raw == d->fed_with) || !span_holds(row->hard, raw))
		return; /* the same again is what a gate that hangs would leave there */
	d->fed = true;
	d->fed_ms = d->now_ms;
	d->fed_with = raw;
	d->heartbeats++;
	device_told(d, (struct happening){.what = EVENT_HEARTBEAT});
}

void heart_lost(struct device *d)
{
	const struct reg *row = device_row(d, "heartbeats_lost");

	d->heartbeats_lost++;
	if (row != NULL)
		device_raw_put(d, row, d->heartbeats_lost);
	device_told(d, (struct happening){.what = EVENT_HEARTBEAT_LOST});
}

bool heart_alone(const struct device *d, enum table t, uint16_t address, uint16_t count)
{
	const struct reg *row = heart_row(d);

	return row != NULL && row->table == t && row->address == address && row->words == count;
}
