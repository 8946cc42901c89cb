#include "sim.h"

#include <stdio.h>
#include <string.h>

uint32_t random_draw(uint64_t *seed)
{
	uint64_t x = *seed == 0 ? 1 : *seed;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*seed = x;
	return (uint32_t)((x * UINT64_C(2685821657736338717)) >> 33);
}

/* splitmix64, so that neighbours have nothing in common. */
uint64_t random_seed(uint64_t seed, uint64_t n)
{
	uint64_t z = seed + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool waits_for_request(const struct fault *f)
{
	return fault_row(f->kind)->when == ASKED || fault_aimed(f);
}

bool faults_refuse(const struct device *d)
{
	for (int i = 0; i < d->faults.n; i++) {
		const struct fault *f = &d->faults.fault[i];

		if (f->kind == FAULT_REFUSE && !fault_aimed(f))
			return true;
	}
	return false;
}

static void forget_spent(struct device *d)
{
	struct faults *all = &d->faults;
	int kept = 0;

	for (int i = 0; i < all->n; i++) {
		if (all->fault[i].count != 0 && d->now_ms < all->fault[i].until_ms)
			all->fault[kept++] = all->fault[i];
	}
	all->n = kept;
}

/* --- the device misbehaves ----------------------------------------------------------------------
 */

typedef void act_fn(struct device *d, struct fault *f);

/* It was aimed; from now on it is there. */
static void act_refuse(struct device *d, struct fault *f)
{
	struct fault now = *f;

	now.unit = now.function = now.address = FAULT_ANY;
	now.count = 1;
	now.until_ms = f->ms > 0 ? d->now_ms + f->ms : INT64_MAX;
	if (d->faults.n < FAULTS_MAX)
		d->faults.fault[d->faults.n++] = now;
}

static void act_drift(struct device *d, struct fault *f)
{
	const struct reg *r = device_row(d, f->name);

	device_raw_put(d, r, device_raw_get(d, r) + f->by);
	device_told(d, (struct happening){.what = EVENT_PANEL});
}

static void turn(struct device *d, const char *name, const char *to)
{
	char why[200];

	if (!device_set(d, name, to, why, sizeof why))
		fprintf(stderr, "dosegate-sim: fault: %s\n", why);
}

static void act_panel(struct device *d, struct fault *f)
{
	turn(d, f->name, f->to);
}

static void act_swap(struct device *d, struct fault *f)
{
	static const enum role role[FAULT_COUNT] = {[FAULT_HANDPIECE] = ROLE_HANDPIECE,
	                                            [FAULT_FIRMWARE] = ROLE_FIRMWARE,
	                                            [FAULT_SERIAL] = ROLE_SERIAL};
	const struct reg *r = regmap_row(&d->profile, role[f->kind]);

	if (r != NULL)
		turn(d, r->name, f->to);
}

static void act_reboot(struct device *d, struct fault *f)
{
	d->self_test_fails = f->kind == FAULT_SELF_TEST;
	if (f->kind == FAULT_DEFAULTS)
		device_defaults(d);
	life_boot(d);
}

static void act_emission(struct device *d, struct fault *f)
{
	(void)f;
	life_fire(d);
}

static void act_rollback(struct device *d, struct fault *f)
{
	const struct reg *counter = regmap_row(&d->profile, ROLE_PULSE_COUNTER);

	d->counter = d->counter > f->by ? d->counter - f->by : 0;
	if (counter != NULL)
		device_raw_put(d, counter, d->counter);
}

static void act_chatter(struct device *d, struct fault *f)
{
	uint8_t bytes[64];
	size_t n = f->by < 1 ? 1 : f->by > (int)sizeof bytes ? sizeof bytes : (size_t)f->by;

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)random_draw(&f->random);
	if (d->sim != NULL)
		lines_chatter(d->sim, bytes, n);
}

static act_fn *const acts[FAULT_COUNT] = {
        [FAULT_DRIFT] = act_drift,       [FAULT_PANEL] = act_panel,
        [FAULT_REBOOT] = act_reboot,     [FAULT_DEFAULTS] = act_reboot,
        [FAULT_SELF_TEST] = act_reboot,  [FAULT_EMISSION] = act_emission,
        [FAULT_ROLLBACK] = act_rollback, [FAULT_HANDPIECE] = act_swap,
        [FAULT_FIRMWARE] = act_swap,     [FAULT_SERIAL] = act_swap,
        [FAULT_CHATTER] = act_chatter,   [FAULT_REFUSE] = act_refuse,
};

static bool drawn(struct fault *f)
{
	return f->chance >= 100 || (int)(random_draw(&f->random) % 100) < f->chance;
}

void faults_tick(struct device *d)
{
	for (int i = 0; i < d->faults.n; i++) {
		struct fault *f = &d->faults.fault[i];

		if (waits_for_request(f) || f->kind == FAULT_REFUSE || d->now_ms < f->next_ms)
			continue;
		f->next_ms = d->now_ms + f->ms;
		if (f->count > 0)
			f->count--;
		if (drawn(f))
			acts[f->kind](d, f);
	}
	forget_spent(d);
}

/* --- requests
 * --------------------------------------------------------------------------------------- */

static bool meant(const struct fault *f, uint8_t unit, const struct request *q)
{
	return waits_for_request(f) && (f->unit == FAULT_ANY || f->unit == unit) &&
	       (f->function == FAULT_ANY || f->function == q->function) &&
	       (f->address == FAULT_ANY ||
	        (f->address >= q->address && f->address < q->address + q->count));
}

void faults_match(struct device *d, uint8_t unit, const struct request *q, struct hits *h)
{
	memset(h->of, 0, sizeof h->of);
	for (int i = 0; i < d->faults.n; i++) {
		struct fault *f = &d->faults.fault[i];

		if (d->now_ms >= f->until_ms || !meant(f, unit, q) || h->of[f->kind] != NULL)
			continue;
		if (f->after > 0) {
			f->after--;
			continue;
		}
		if (!drawn(f))
			continue;
		if (f->count > 0)
			f->count--;
		h->copy[f->kind] = *f;
		h->copy[f->kind].random = random_seed(random_draw(&f->random), 0);
		h->of[f->kind] = &h->copy[f->kind];
	}
	forget_spent(d);
}

void faults_carried_out(struct device *d, const struct hits *h)
{
	for (int k = 0; k < FAULT_COUNT; k++) {
		struct fault f;

		if (h->of[k] == NULL || acts[k] == NULL)
			continue;
		f = *h->of[k];
		acts[k](d, &f);
	}
}
