/*
 * sim: a device that behaves, and misbehaves on request, and remembers the truth.
 *
 * device     the registers of a profile, and what a request does to them
 * life       boot, self-test, standby, ready, armed, emitting; the pedal; counters
 * record     every write received, every pulse with the settings it left with (the oracle)
 * faults     named misbehaviour: of the answer's bytes, of the device, of the connection
 * line       how masters come to it: Modbus/TCP, RTU over TCP, RTU on a pseudo terminal
 * commands   one line in, one line out: on standard input and on a Unix socket
 * console    the other side: a file of steps played to a gate or a device
 *
 * One thread, one loop. Times are milliseconds of that loop. Floating point is welcome here.
 */
#ifndef SIM_H
#define SIM_H

#include <jansson.h>
#include <uv.h>

#include "core/regmap.h"
#include "edge/config.h"
#include "line.h"

/* --- record ------------------------------------------------------------------------------ */

#define WRITES_KEPT 10000
#define RUNS_KEPT   1000

struct write_seen {
	int64_t at_ms;
	uint8_t unit, function, answer; /* answer 0: carried out, else the exception */
	uint16_t address, count;
	uint16_t value[PDU_WRITE_REGS_MAX]; /* bits: the first so many */
};

/* Pulses one after another with the same settings and state. */
struct emission_run {
	int64_t pulses;
	bool ready; /* the device was armed when they left */
	struct settings settings;
};

struct record {
	int64_t reads, writes;
	struct write_seen *seen; /* of `writes`, the first WRITES_KEPT */
	int64_t n_runs, pulses;
	struct emission_run *run;
};

/* --- faults ------------------------------------------------------------------------------- */

#define FAULTS_MAX 32

/*  enumerator, name, what it does */
#define FAULT_MAP(X)                                                                           \
	X(FAULT_SILENT, "silent", "carries the request out and never answers")                 \
	X(FAULT_DEAF, "deaf", "neither carries it out nor answers")                            \
	X(FAULT_LATE, "late", "answers after ms=1000")                                         \
	X(FAULT_TWICE, "twice", "sends the answer two times")                                  \
	X(FAULT_BADTID, "badtid", "answers with another transaction id")                       \
	X(FAULT_BADUNIT, "badunit", "answers for another unit")                                \
	X(FAULT_BADFC, "badfc", "answers with another function code")                          \
	X(FAULT_BADPROTO, "badproto", "answers with protocol id 1")                            \
	X(FAULT_BADECHO, "badecho", "changes the last byte of the answer")                     \
	X(FAULT_SHORT, "short", "leaves out the last byte, header in agreement")               \
	X(FAULT_LONG, "long", "adds a byte, header in agreement")                              \
	X(FAULT_BADCRC, "badcrc", "sends a wrong sum behind the answer (RTU)")                 \
	X(FAULT_TRUNCATED, "truncated", "leaves out the last by=1 bytes as they stand")        \
	X(FAULT_NOISE, "noise", "flips by=1 bits of the answer as it stands")                  \
	X(FAULT_CUT, "cut", "closes the connection in the middle of the answer")               \
	X(FAULT_DRIBBLE, "dribble", "sends the answer byte by byte, ms=5 apart")               \
	X(FAULT_EXCEPTION, "exception", "refuses with code=4 and does nothing")                \
	X(FAULT_CLAMP, "clamp", "takes half of each value written, and acknowledges")          \
	X(FAULT_STUCK, "stuck", "acknowledges a write and changes nothing")                    \
	X(FAULT_DRIFT, "drift", "changes name=fluence by=1 raw every ms=500, count=1 times")   \
	X(FAULT_EMISSION, "emission_without_ready", "fires count=1 pulses in whatever state")  \
	X(FAULT_ROLLBACK, "counter_rollback", "takes by=1000 from the pulse counter, at once") \
	X(FAULT_REFUSE, "refuse", "closes everything and does not listen, for ms=0 (ever)")

enum fault_kind {
#define X(id, name, words) id,
	FAULT_MAP(X)
#undef X
	        FAULT_COUNT
};

#define FAULT_ANY     (-1)
#define FAULT_ENDLESS (-1)

struct fault {
	enum fault_kind kind;
	int unit, function, address; /* FAULT_ANY, or only these requests */
	int count;                   /* how many times still; FAULT_ENDLESS */
	int after;                   /* matching requests to let pass first */
	int chance;                  /* percent */
	int ms, code, by;
	char name[32];
	int64_t next_ms; /* of those that act by themselves */
	uint64_t drawn;  /* for this time: what it does at random */
};

struct faults {
	int n;
	struct fault fault[FAULTS_MAX];
	uint64_t seed;
};

/* What applies to one request: the fault of each kind, or NULL. */
struct hits {
	const struct fault *of[FAULT_COUNT];
	struct fault copy[FAULT_COUNT];
};

/* --- device -------------------------------------------------------------------------------- */

#define TABLE_WORDS 65536

struct device {
	struct profile profile;
	struct symbols choices;
	uint16_t *word[TABLE_COUNT]; /* coils and discrete inputs too: 0 or 1 */
	uint8_t *access[TABLE_COUNT];
	int unit; /* answered for; FAULT_ANY: every one */
	int64_t now_ms;
	/* life */
	enum device_state state;
	int64_t until_ms; /* the state ends by itself; 0: it does not */
	bool pedal;
	int64_t next_pulse_ms;
	int64_t fired; /* since it was armed */
	int64_t counter;
	double energy_uj;
	int64_t fed_ms; /* heartbeat; 0: never fed */
	/* the rest */
	struct record record;
	struct faults faults;
};

/* Reads the profile; complaints go to standard error. */
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
void device_raw_put(struct device *d, const struct reg *r, int64_t raw);
int64_t device_raw_get(const struct device *d, const struct reg *r);
/* By a row's name, in the words of people. False with the reason. */
bool device_set(struct device *d, const char *name, const char *text, char *why, size_t why_len);
bool device_get(const struct device *d, const char *name, char *buf, size_t len);
void device_settings(const struct device *d, struct settings *out);

/* --- life ----------------------------------------------------------------------------------- */

void life_boot(struct device *d);
/* Time has gone on to d->now_ms. */
void life_tick(struct device *d);
enum mb_exception life_arm(struct device *d);
void life_stop(struct device *d);
void life_fire(struct device *d);
void life_set(struct device *d, enum device_state s);
bool life_ready(const struct device *d);

/* --- record --------------------------------------------------------------------------------- */

void record_open(struct record *r);
void record_close(struct record *r);
void record_write(struct record *r, const struct write_seen *w);
void record_pulse(struct record *r, const struct settings *s, bool ready);
/* An array of the writes, in order. */
json_t *record_log(const struct record *r);
json_t *record_counts(const struct record *r);
json_t *record_emitted(const struct record *r, const struct symbols *choices);

/* --- faults ---------------------------------------------------------------------------------- */

/* "late ms=300 function=6 count=1". False with the reason. */
bool faults_add(struct device *d, const char *line, char *why, size_t why_len);
void faults_clear(struct device *d);
bool faults_refuse(const struct device *d);
/* Those that act by themselves. */
void faults_tick(struct device *d);
/* Uses up counts. */
void faults_match(struct device *d, uint8_t unit, const struct request *q, struct hits *h);
/* An answer before it is a frame. */
struct response {
	uint16_t tid, protocol; /* Modbus/TCP */
	uint8_t unit;
	size_t n;
	uint8_t pdu[PDU_MAX + 1];
};

/* What it says, with a frame in agreement. */
void faults_bend(const struct hits *h, struct response *a);
/* The frame's bytes as they stand; returns how many are left. */
size_t faults_bend_bytes(const struct hits *h, uint8_t *bytes, size_t n);
const char *faults_help(int i, const char **words);

/* --- the simulator, and commands to it ---------------------------------------------------------
 */

#define UNITS_ON_A_LINE 8

struct sim {
	uv_loop_t loop;
	int n_devices;
	struct device *device[UNITS_ON_A_LINE];
	struct device *chosen; /* whom a command or an option is for */
	int n_lines;
	struct line line[LINES_MAX];
	long baud;           /* of the RTU lines; 0: at once */
	char link[PATH_LEN]; /* to the terminal; "": none */
	const char *control; /* NULL: no socket */
	struct commands *commands;
	uv_timer_t tick;
	uv_signal_t interrupted, terminated;
	bool quitting;
};

/* NULL: no device answers for this unit. */
struct device *sim_device(struct sim *s, int unit);
/* Every line follows what the faults of its devices say. */
void sim_listen(struct sim *s);
/* One line in, one line out, without its end; to be freed. */
char *command_answer(struct sim *s, const char *line);
/* Standard input, and a socket when there is a path. */
MUST_USE bool commands_open(struct sim *s, const char *socket_path, char *why, size_t why_len);
void commands_close(struct commands *c);
void sim_quit(struct sim *s);

void help_print(void);
int device_main(int argc, char **argv);
int console_main(int argc, char **argv);
int tell_main(int argc, char **argv);

#endif
