/*
 * device: the registers of a profile, what requests do to them, and the life behind them.
 *
 * device   registers by name and in the words of people
 * request  what a request does
 * life     boot, self-test, standby, ready, armed, emitting, cool-down, fault; the pedal; counters;
 *          what wears, warms and loses contact, where the profile has a row for it
 * record   every write received, every pulse with the settings it left with
 *
 * Times are milliseconds of the loop. Floating point is welcome here.
 */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include <jansson.h>

#include "core/regmap.h"
#include "faults.h"

struct sim;
struct oracle;

/* --- record ------------------------------------------------------------------------------ */

#define WRITES_KEPT 10000
#define PULSES_KEPT 10000
#define RUNS_KEPT   1000

struct write_seen {
	int64_t at_ms;
	uint8_t unit, function, answer; /* answer 0: carried out, else the exception */
	uint16_t address, count;
	uint16_t value[PDU_WRITE_REGS_MAX]; /* bits: the first so many */
};

struct pulse {
	int64_t n; /* 1 is the first there was */
	int64_t at_ms;
	enum device_state state;
	struct settings set; /* as the device really had them */
	double factor;       /* what came out is this times what was set */
	double energy_uj; /* that came out; of one microbeam or pin where that is set; 0: no area is
	                     known */
};

/* Pulses one after another with the same settings and state. */
struct emission_run {
	int64_t pulses;
	bool ready; /* the device was armed when they left */
	struct settings settings;
};

struct record {
	int64_t reads, writes, pulses;
	struct write_seen *seen; /* of `writes`, the first WRITES_KEPT */
	struct pulse *pulse;     /* of `pulses`, the first PULSES_KEPT */
	int64_t n_runs;
	struct emission_run *run;
	double energy_uj; /* of all pulses */
};

/* --- events -------------------------------------------------------------------------------- */

/*  enumerator, name, what happened; the name of a state is an event too */
#define EVENT_MAP(X)                                                                              \
	X(EVENT_STATE, "state", "the device went to another state")                               \
	X(EVENT_PULSE, "pulse", "a pulse left")                                                   \
	X(EVENT_READ, "read", "a read was carried out")                                           \
	X(EVENT_WRITE, "write", "a write was carried out")                                        \
	X(EVENT_PANEL, "panel", "somebody turned something at the device, or it turned itself")   \
	X(EVENT_REBOOT, "reboot", "the device began anew")                                        \
	X(EVENT_HEARTBEAT, "heartbeat", "its heartbeat was fed, with another number than before") \
	X(EVENT_HEARTBEAT_LOST, "heartbeat_lost",                                                 \
	  "it falls to standby: its heartbeat was not fed")                                       \
	X(EVENT_BLAMED, "blamed", "the oracle found a pulse outside of what was allowed")

enum event {
#define X(id, name, words) id,
	EVENT_MAP(X)
#undef X
	        EVENT_COUNT
};

struct happening {
	enum event what;
	enum device_state state;     /* EVENT_STATE */
	uint8_t unit;                /* EVENT_READ, EVENT_WRITE */
	const struct request *asked; /* likewise */
};

/* --- device -------------------------------------------------------------------------------- */

#define TABLE_WORDS 65536

/* What the device's own output does, set like a register. A million is all of what was set. */
struct output {
	int64_t level_ppm; /* of what was set */
	int64_t drift_ppm; /* added with each hundred pulses */
	int64_t noise_ppm; /* at most so much to either side, by the seed and the pulse's number */
};

struct device {
	struct profile profile;
	struct symbols choices;
	char *path;                  /* of the profile's file, from the root; owned */
	uint16_t *word[TABLE_COUNT]; /* coils and discrete inputs too: 0 or 1 */
	uint8_t *access[TABLE_COUNT];
	struct sim *sim;       /* who is told of events; NULL: nobody */
	struct oracle *oracle; /* who judges pulses; NULL: nobody */
	int unit;              /* answered for; FAULT_ANY: every one */
	unsigned wires;        /* bit per enum fault_wire it is on; 0: not known */
	int64_t now_ms, began_ms;
	/* life */
	enum device_state state;
	int64_t until_ms; /* the state ends by itself; 0: it does not */
	bool pedal, self_test_fails;
	int64_t next_pulse_ms;
	int64_t fired; /* since it was armed */
	int64_t counter;
	bool fed;       /* its heartbeat, since it began anew … */
	int64_t fed_ms; /* … when last … */
	int64_t fed_with;
	int64_t heartbeats, heartbeats_lost; /* how often; how often it fell to standby for want */
	int64_t cool_down_ms;
	struct output output;
	int64_t turned_ms; /* when a setting last moved by other ways than a write; -1: never */
	/* the rest */
	struct record record;
	struct faults faults;
};

/* Reads the profile; complaints go to standard error. Names of choices are those in d->choices, and
 * what the profile adds to them. All else of *d is zero before. */
MUST_USE bool device_open(struct device *d, const char *profile_file);
/* The same of a profile that is already in *d. */
void device_make(struct device *d);
void device_close(struct device *d);
/* Everything to what the profile says it is when new. */
void device_defaults(struct device *d);
/* Carries out or refuses; MB_OK and *out, or the exception. */
enum mb_exception device_request(struct device *d, uint8_t unit, const struct request *q,
                                 const struct hits *h, struct reply *out);
const struct reg *device_row(const struct device *d, const char *name);
void device_row_unknown(const struct device *d, const char *name, char *why, size_t why_len);
void device_raw_put(struct device *d, const struct reg *r, int64_t raw);
int64_t device_raw_get(const struct device *d, const struct reg *r);
/* By a row's name, in the words of people: "fluence", "12 J/cm2". Also what is no register: boot,
 * ready_delay, cool_down, output, drift, noise. False with the reason. */
bool device_set(struct device *d, const char *name, const char *text, char *why, size_t why_len);
/* "fluence=12 J/cm2" */
bool device_set_line(struct device *d, const char *line, char *why, size_t why_len);
bool device_get(const struct device *d, const char *name, char *buf, size_t len);
void device_settings(const struct device *d, struct settings *out);
void device_told(struct device *d, struct happening h);

/* --- life ----------------------------------------------------------------------------------- */

void life_boot(struct device *d);
/* Time has gone on to d->now_ms. */
void life_tick(struct device *d);
enum mb_exception life_arm(struct device *d);
void life_stop(struct device *d);
void life_fire(struct device *d);
void life_set(struct device *d, enum device_state s);
bool life_ready(const struct device *d);

/* --- heart ---------------------------------------------------------------------------------- */

/* It was fed in time, or has no heartbeat. */
bool heart_beats(const struct device *d);
/* The row's number was written; what it does not count, or is no other number, is none. */
void heart_fed(struct device *d, const struct reg *row, int64_t raw);
/* It was not, and is armed. */
void heart_lost(struct device *d);
/* These words are its heartbeat and nothing else. */
bool heart_alone(const struct device *d, enum table t, uint16_t address, uint16_t count);

/* --- record --------------------------------------------------------------------------------- */

void record_open(struct record *r);
void record_close(struct record *r);
void record_write(struct record *r, const struct write_seen *w);
/* Gives it its number. */
void record_pulse(struct record *r, struct pulse *p, bool ready);
/* Fluence and energy as they came out; the rest as it was set. */
void pulse_measured(const struct pulse *p, struct settings *out);
/* An array of the writes, in order. */
json_t *record_log(const struct record *r);
json_t *record_counts(const struct record *r);
json_t *record_emitted(const struct record *r, const struct symbols *choices);
/* An array of the pulses, in order. */
json_t *record_pulses(const struct record *r, const struct symbols *choices);

#endif
