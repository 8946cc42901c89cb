/*
 * heard: what follows from what a device reports, and from its silence. What is heard can only
 * take permission away.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* Three polls and a deadline without a word, on a shared line what that takes besides: the device
 * is no longer known. */
#define POLLS_MISSED 3
/* The counter may be read after the state: its last pulses are seen one report late. With one more
 * they belong to no arming that was seen. */
#define REPORTS_UNARMED 3

bool state_is_armed(enum device_state s)
{
	return s == DEVICE_READY_DELAY || s == DEVICE_ARMED || s == DEVICE_EMITTING;
}

int64_t watch_patience_ms(const struct device *d)
{
	const struct device_timing *t = &d->timing;

	return POLLS_MISSED * t->poll_ms + t->deadline_ms + link_slack_ms(d->link);
}

static bool within_limit(const struct device *d, uint64_t heard_ms)
{
	return gate_now_ms(d->gate) - heard_ms <= (uint64_t)watch_patience_ms(d);
}

bool watch_fresh(const struct device *d)
{
	return d->heard_once && d->link->up && within_limit(d, d->heard_ms);
}

/* Said once, when it begins: an armed device gets its stop as the first thing that passes. */
void watch_silence(struct device *d)
{
	if ((!d->heard_once && !d->went_over) || d->stale || within_limit(d, d->word_ms))
		return;
	d->stale = true;
	d->moment++;
	event_happened(d, EVENT_STALE, NULL);
}

/* The first thing, in the order of checks, that an armed device may be blamed for; -1: none. */
static int blame(const struct verdict *v)
{
	for (int i = 0; i < v->n_reasons; i++)
		if (v->reason[i].check != CHECK_EMITTING &&
		    v->reason[i].check != CHECK_DEVICE_STATE)
			return i;
	return -1;
}

void watch_armed(struct device *d)
{
	struct verdict v;
	char text[400];

	if (!state_is_armed(d->state) || d->stop_wanted)
		return;
	judge(d, INTENT_ARM, &d->shadow, 0, &v);
	int worst = blame(&v);
	if (worst < 0) { /* it may treat, whoever armed it: at the device's own panel too */
		treatment_dose(d, &v.settings);
		return;
	}
	enum check check = v.reason[worst].check;
	reason_text(device_library(d), &v.reason[worst], text, sizeof text);
	/* Armed through here and not moved since: its authority has ended, which is no alarm. */
	bool ended = d->armed_by_gate || check == CHECK_NO_SESSION || check == CHECK_LATCHED ||
	             check == CHECK_SPENT || check == CHECK_UNSUPERVISED;
	event_happened(d, ended ? EVENT_AUTHORITY : EVENT_ARMED_OUTSIDE, text);
}

static void note_settings(struct device *d, const struct settings *now, bool own_write)
{
	const struct symbols *names = &device_library(d)->choices;
	char text[ALARM_LEN], was[40], is[40];

	if (own_write || !d->heard_once) {
		d->reported = *now;
		return;
	}
	struct settings before = d->reported;
	d->reported = *now;
	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (!settings_has(&before, p) || !settings_has(now, p) ||
		    before.value[p] == now->value[p])
			continue;
		dose_format(names, p, before.value[p], was, sizeof was);
		dose_format(names, p, now->value[p], is, sizeof is);
		snprintf(text, sizeof text, "%s moved without the gate: %s, was %s",
		         param_info(p)->words, is, was);
		event_happened(d, EVENT_DRIFT, text);
	}
}

static void note_state(struct device *d, enum device_state now)
{
	char text[ALARM_LEN];

	if (now == d->state)
		return;
	snprintf(text, sizeof text, "%s, was %s", device_state_words(now),
	         device_state_words(d->state));
	if (d->heard_once && (now == DEVICE_BOOT || now == DEVICE_SELF_TEST)) {
		d->session.counted = false;
		event_happened(d, EVENT_RESTART, NULL);
	}
	d->state = now;
	d->moment++;
	event_record(d, LEDGER_DEVICE, "state", text);
	if (!state_is_armed(now)) {
		d->armed_by_gate = false;
		d->stop_tries = 0;
	}
}

/* The energy of the last pulse, where the device measures it; else -1. */
static int64_t measured(const struct device *d, const struct image *image)
{
	int64_t energy;

	return regmap_role(d->profile, image, ROLE_DELIVERED_ENERGY, &energy) == DECODE_OK ? energy
	                                                                                   : -1;
}

/* Only while the settings stood still, or the pulse may have been one of before. */
static void note_output(struct device *d, int64_t energy, bool stood_still)
{
	struct settings dose;
	char text[ALARM_LEN], got[40];

	if (!stood_still || energy < 0 ||
	    dose_complete(d->profile->fluence, &d->reported, &dose) != DOSE_OK ||
	    dose_output_within(&dose, energy))
		return;
	dose_format(NULL, ENERGY_UJ, energy, got, sizeof got);
	snprintf(text, sizeof text, "%s: %s measured", event_words(EVENT_OUTPUT), got);
	event_happened(d, EVENT_OUTPUT, text);
}

/* How many pulses since the last report; -1: the counter went back. A counter that was near its
 * end and is near its beginning has wrapped. */
static int64_t counted_since(const struct device *d, int64_t now)
{
	const struct reg *row = regmap_row(d->profile, ROLE_PULSE_COUNTER);
	int64_t range = INT64_C(1) << (16 * row->words);

	if (now >= d->counter)
		return now - d->counter;
	return row->num == row->den && d->counter - now > range / 2 ? now + range - d->counter : -1;
}

static void note_pulses(struct device *d, const struct image *image, bool stood_still)
{
	int64_t now;

	if (regmap_role(d->profile, image, ROLE_PULSE_COUNTER, &now) != DECODE_OK)
		return;
	int64_t more = d->pulses_known ? counted_since(d, now) : 0;
	if (more < 0) {
		d->session.counted = false;
		event_happened(d, EVENT_COUNTER_BACK, NULL);
	}
	if (more > 0) {
		if (d->unarmed >= REPORTS_UNARMED)
			event_happened(d, EVENT_FIRED, NULL);
		note_output(d, measured(d, image), stood_still);
	}
	if (more != 0)
		d->session.touched_ms = (int64_t)gate_now_ms(d->gate);
	d->pulses = d->pulses_known && more >= 0 ? d->pulses + more : now;
	d->counter = now;
	d->pulses_known = true;
	if (more > 0)
		treatment_counted(d, more, measured(d, image));
}

static void note_text(struct device *d, const struct image *image, enum role role, char *known,
                      size_t len, enum event e, const char *what)
{
	char now[48], text[ALARM_LEN];
	int64_t number;

	regmap_role_text(d->profile, image, role, now, sizeof now);
	if (regmap_role(d->profile, image, role, &number) == DECODE_OK)
		snprintf(now, sizeof now, "%lld", (long long)number); /* a code, not a text */
	if (strcmp(now, known) == 0)
		return;
	snprintf(text, sizeof text, "%s is \"%s\", was \"%s\"", what, now, known);
	text_copy(known, len, now);
	if (d->heard_once)
		event_happened(d, e, text);
}

static void note_identity(struct device *d, const struct image *image)
{
	char text[ALARM_LEN];
	const char *want = d->config->serial;

	note_text(d, image, ROLE_SERIAL, d->serial, sizeof d->serial, EVENT_SERIAL,
	          "the serial number");
	note_text(d, image, ROLE_FIRMWARE, d->firmware, sizeof d->firmware, EVENT_FIRMWARE,
	          "the firmware");
	note_text(d, image, ROLE_HANDPIECE, d->handpiece, sizeof d->handpiece, EVENT_HANDPIECE,
	          "the handpiece");
	if (want[0] != '\0' && strcmp(want, d->serial) != 0 && d->alarm == EVENT_NONE) {
		snprintf(text, sizeof text, "serial number \"%s\" answers where \"%s\" is expected",
		         d->serial, want);
		event_happened(d, EVENT_STRANGER, text);
	}
}

/* Said when it opens; an armed device is stopped again and again while it is. */
static void note_interlock(struct device *d, const struct image *image)
{
	int64_t open = 0;
	bool was = d->interlock_open;

	if (regmap_role(d->profile, image, ROLE_INTERLOCK, &open) != DECODE_OK)
		return;
	d->interlock_open = open != 0;
	if (d->interlock_open && (!was || (state_is_armed(d->state) && !d->stop_wanted)))
		event_happened(d, EVENT_INTERLOCK, NULL);
}

/* A write whose outcome was unknown: the device has now said what became of it. */
static void resolve_unknown(struct device *d)
{
	if (!d->outcome_unknown)
		return;
	bool arm = d->unknown_intent == INTENT_ARM;
	bool applied = settings_equal(&d->reported, &d->unknown_asked);
	bool not_applied = settings_equal(&d->reported, &d->unknown_before);
	const char *what =
	        arm ? state_is_armed(d->state) ? "the device is armed" : "the device is not armed"
	        : applied     ? "it was applied"
	        : not_applied ? "it was not applied"
	                      : "the device has settings of its own";

	d->outcome_unknown = false;
	d->moment++;
	gate_record(d->gate, LEDGER_OUTCOME,
	            json_pack("{s:s, s:I, s:s, s:s}", "device", d->config->name, "txn",
	                      (json_int_t)d->unknown_txn, "outcome", "resolved", "text", what),
	            NULL);
}

void watch_heard(struct device *d, const struct image *image, bool own_write)
{
	struct settings now;
	int row;

	bool news = memcmp(image, &d->shadow, sizeof *image) != 0;

	if (news)
		d->moment++;
	if (regmap_settings(d->profile, image, &now, &row) != DECODE_OK && d->heard_once &&
	    !own_write && settings_has(&d->reported, d->profile->reg[row].param))
		event_happened(d, EVENT_UNREADABLE, d->profile->reg[row].name);
	if (d->outcome_unknown && settings_equal(&now, &d->unknown_asked))
		own_write = true; /* ours after all */
	bool stood_still = settings_equal(&d->reported, &now);
	d->shadow = *image;
	d->stale = false;
	/* Identity and state first: what follows is said of the device as it is now. */
	note_state(d, regmap_state(d->profile, image));
	if (state_is_armed(d->state))
		d->unarmed = 0;
	else if (!own_write && d->unarmed < REPORTS_UNARMED)
		d->unarmed++;
	note_settings(d, &now, own_write);
	note_identity(d, image);
	note_pulses(d, image, stood_still);
	note_interlock(d, image);
	d->heard_once = true;
	d->went_over = false;
	recording_look(d, news);
	resolve_unknown(d);
	session_tick(d);
	watch_armed(d);
}
