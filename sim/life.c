#include "sim.h"

#include <math.h>
#include <string.h>

/* No rate among its settings: one pulse a second. */
#define RATE_WITHOUT_MILLIHZ 1000

bool life_ready(const struct device *d)
{
	return d->state == DEVICE_ARMED || d->state == DEVICE_EMITTING;
}

/* What a profile without this state shows instead. */
static enum device_state shown_instead(enum device_state s)
{
	static const enum device_state other[DEVICE_STATE_COUNT] = {
	        [DEVICE_UNKNOWN] = DEVICE_STANDBY,     [DEVICE_BOOT] = DEVICE_STANDBY,
	        [DEVICE_SELF_TEST] = DEVICE_BOOT,      [DEVICE_STANDBY] = DEVICE_STANDBY,
	        [DEVICE_READY_DELAY] = DEVICE_STANDBY, [DEVICE_ARMED] = DEVICE_ARMED,
	        [DEVICE_EMITTING] = DEVICE_ARMED,      [DEVICE_COOL_DOWN] = DEVICE_STANDBY,
	        [DEVICE_FAULT] = DEVICE_STANDBY,
	};

	return other[s];
}

static bool choice_raw(const struct reg *r, int64_t value, uint16_t *raw)
{
	for (int i = 0; i < r->n_choices; i++) {
		if (r->choice[i].value == value) {
			*raw = r->choice[i].raw;
			return true;
		}
	}
	return false;
}

static void show_state(struct device *d)
{
	const struct reg *state = regmap_row(&d->profile, ROLE_STATE);
	const struct reg *arm = regmap_row(&d->profile, ROLE_ARM);
	bool armed = d->state == DEVICE_READY_DELAY || life_ready(d);
	enum device_state s = d->state;
	uint16_t raw;

	for (int tries = 0; state != NULL && tries < 3; tries++, s = shown_instead(s)) {
		if (choice_raw(state, s, &raw)) {
			device_raw_put(d, state, raw);
			break;
		}
	}
	if (arm != NULL)
		device_raw_put(d, arm, armed ? arm->on : arm->has_off ? arm->off : 0);
}

static void enter(struct device *d, enum device_state s, int64_t for_ms)
{
	bool moved = d->state != s;

	d->state = s;
	d->until_ms = for_ms > 0 ? d->now_ms + for_ms : 0;
	show_state(d);
	if (moved)
		device_told(d, (struct happening){.what = EVENT_STATE, .state = s});
}

void life_set(struct device *d, enum device_state s)
{
	enter(d, s, 0);
}

void life_boot(struct device *d)
{
	d->pedal = false;
	d->fed = false;
	d->fired = 0;
	device_told(d, (struct happening){.what = EVENT_REBOOT});
	enter(d, DEVICE_BOOT, d->profile.timing.boot_ms / 2 + 1);
}

/* --- what keeps it from being armed, or a pulse from leaving
 * --------------------------------------
 */

/* Status rows say what is well by their hard range. These two withhold the pulse while they are
 * not; all others keep the device in standby. */
static bool withholds(const struct reg *r)
{
	return strcmp(r->name, "contact") == 0 || strcmp(r->name, "impedance") == 0;
}

static bool rows_well(const struct device *d, bool withholding)
{
	for (uint16_t i = 0; i < d->profile.n_regs; i++) {
		const struct reg *r = &d->profile.reg[i];

		if (r->role == ROLE_STATUS && withholds(r) == withholding &&
		    !span_holds(r->hard, device_raw_get(d, r)))
			return false;
	}
	return true;
}

static bool is_well(const struct device *d)
{
	const struct reg *interlock = regmap_row(&d->profile, ROLE_INTERLOCK);

	return rows_well(d, false) && heart_beats(d) &&
	       (interlock == NULL || device_raw_get(d, interlock) == 0);
}

/* A tip, or a lamp, counts down what it has left. */
static void wear(struct device *d)
{
	const struct reg *tip = device_row(d, "tip_life");

	if (tip != NULL && device_raw_get(d, tip) > 0)
		device_raw_put(d, tip, device_raw_get(d, tip) - 1);
}

enum mb_exception life_arm(struct device *d)
{
	if (d->state == DEVICE_READY_DELAY || life_ready(d))
		return MB_OK;
	if (d->state == DEVICE_FAULT || !is_well(d))
		return MB_DEVICE_FAILURE;
	if (d->state != DEVICE_STANDBY)
		return MB_BUSY;
	d->fired = 0;
	enter(d, DEVICE_READY_DELAY, d->profile.timing.ready_delay_ms + 1);
	return MB_OK;
}

void life_stop(struct device *d)
{
	if (d->state != DEVICE_READY_DELAY && !life_ready(d)) {
		show_state(d); /* the register that was written goes back to what is so */
		return;
	}
	if (d->fired > 0)
		enter(d, DEVICE_COOL_DOWN, d->cool_down_ms);
	else
		enter(d, DEVICE_STANDBY, 0);
}

/* --- emission ----------------------------------------------------------------------------- */

static double pulse_energy_uj(const struct settings *s)
{
	double d_cm = (double)s->value[SPOT_UM] / 1e4;
	double cm2 = 0.785398163397 * d_cm * d_cm;

	if (settings_has(s, ENERGY_UJ))
		return (double)s->value[ENERGY_UJ];
	if (settings_has(s, TIP_AREA_UM2))
		cm2 = (double)s->value[TIP_AREA_UM2] / 1e8;
	else if (!settings_has(s, SPOT_UM))
		return 0;
	return settings_has(s, FLUENCE_UJ_CM2) ? (double)s->value[FLUENCE_UJ_CM2] * cm2 : 0;
}

/* Of a million: level, drift with use, and noise that is the same for the same seed and pulse. */
static double output_factor(const struct device *d)
{
	const struct output *o = &d->output;
	uint64_t random =
	        random_seed(d->faults.seed ^ UINT64_C(0x70756c7365), (uint64_t)d->record.pulses);
	double swing = (double)random_draw(&random) / 1073741824.0 - 1.0; /* of 31 bits: -1..1 */

	return ((double)o->level_ppm + (double)o->drift_ppm * (double)d->record.pulses / 100.0) *
	       (1.0 + swing * (double)o->noise_ppm / 1e6) / 1e6;
}

static void show_pulse(struct device *d, const struct pulse *p)
{
	const struct reg *counter = regmap_row(&d->profile, ROLE_PULSE_COUNTER);
	const struct reg *energy = regmap_row(&d->profile, ROLE_DELIVERED_ENERGY);

	if (counter != NULL)
		device_raw_put(d, counter, d->counter);
	if (energy != NULL && energy->num > 0)
		device_raw_put(d, energy,
		               llround(p->energy_uj * (double)energy->den / (double)energy->num));
}

void life_fire(struct device *d)
{
	struct pulse p = {.at_ms = d->now_ms, .state = d->state, .factor = output_factor(d)};

	device_settings(d, &p.set);
	p.energy_uj = pulse_energy_uj(&p.set) * p.factor;
	d->fired++;
	d->counter++;
	record_pulse(&d->record, &p, life_ready(d));
	show_pulse(d, &p);
	wear(d);
	if (d->oracle != NULL)
		oracle_pulse(d->oracle, d, &p);
	device_told(d, (struct happening){.what = EVENT_PULSE});
}

static int64_t period_ms(const struct device *d)
{
	struct settings s;
	int64_t rate = RATE_WITHOUT_MILLIHZ;

	device_settings(d, &s);
	if (settings_has(&s, RATE_MILLIHZ) && s.value[RATE_MILLIHZ] > 0)
		rate = s.value[RATE_MILLIHZ];
	return rate >= 1000000 ? 1 : 1000000 / rate;
}

static void emit(struct device *d)
{
	bool may = d->pedal && rows_well(d, true);

	if (d->state == DEVICE_ARMED && may) {
		enter(d, DEVICE_EMITTING, 0);
		d->next_pulse_ms = d->now_ms;
	}
	if (d->state == DEVICE_EMITTING && !may)
		enter(d, DEVICE_ARMED, 0);
	while (d->state == DEVICE_EMITTING && d->now_ms >= d->next_pulse_ms) {
		life_fire(d);
		d->next_pulse_ms += period_ms(d);
		if (!is_well(d))
			life_stop(d); /* the tip is used up */
	}
}

/* --- time ---------------------------------------------------------------------------------- */

static void next_state(struct device *d)
{
	switch (d->state) {
	case DEVICE_BOOT:
		enter(d, DEVICE_SELF_TEST, d->profile.timing.boot_ms / 2 + 1);
		return;
	case DEVICE_READY_DELAY:
		enter(d, DEVICE_ARMED, 0);
		return;
	case DEVICE_SELF_TEST:
		enter(d, d->self_test_fails ? DEVICE_FAULT : DEVICE_STANDBY, 0);
		d->self_test_fails = false;
		return;
	case DEVICE_COOL_DOWN:
		enter(d, DEVICE_STANDBY, 0);
		return;
	case DEVICE_UNKNOWN:
	case DEVICE_STANDBY:
	case DEVICE_ARMED:
	case DEVICE_EMITTING:
	case DEVICE_FAULT:
	case DEVICE_STATE_COUNT:
		d->until_ms = 0; /* these last */
	}
}

void life_tick(struct device *d)
{
	if (d->until_ms != 0 && d->now_ms >= d->until_ms)
		next_state(d);
	if (!heart_beats(d) && (d->state == DEVICE_READY_DELAY || life_ready(d)))
		heart_lost(d);
	if (!is_well(d))
		life_stop(d);
	emit(d);
}
