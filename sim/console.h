/*
 * console: a file of steps, played to a gate or a device, and to all around it.
 *
 * console        reads the file, plays its steps, says where the first difference is
 * console_expect what came of a step, against what was expected
 * console_steps  requests, plainly or by the profile
 * console_wire   requests through libmodbus, frames through a socket of its own
 * console_around the simulated device and the gate's people, by their control sockets
 * console_story  the patient, an override, the oracle's word: whole scenarios
 * preset         the scenarios that are shipped, by name
 *
 * Plain blocking code, one thread.
 */
#ifndef SIM_CONSOLE_H
#define SIM_CONSOLE_H

#include <modbus.h>

#include "factor.h"
#include "sim.h"
#include "talk.h"

enum outcome {
	OUT_NOTHING, /* no step yet that has one */
	OUT_OK,
	OUT_EXCEPTION,
	OUT_CLOSED,
	OUT_SILENT,
	OUT_WRONG,  /* an answer libmodbus does not take */
	OUT_RAW,    /* a frame was sent and its answer not yet read */
	OUT_REFUSED /* by the simulator, the gate or its people; text says why */
};

struct last {
	enum outcome how;
	int exception;
	int n; /* values */
	uint16_t value[PDU_READ_BITS_MAX];
	size_t n_bytes; /* the frame, after raw */
	uint8_t bytes[ADU_MAX];
	char text[LINE_MAX_LEN]; /* after get, device, gate */
};

#define CONSOLES_MAX 8

/* One of those who speak Modbus. */
struct console {
	modbus_t *modbus; /* NULL: not connected */
	int raw;          /* -1: not connected */
	uint16_t tid;     /* of the last frame of our own */
	int awaited;      /* frames sent whose answer was not read */
	size_t have;
	uint8_t in[4 * ADU_MAX]; /* what was read and not yet taken */
	struct last last;
};

enum person { NOBODY, OPERATOR, PHYSICIAN, PERSONS };

struct player {
	const char *file;
	int line;
	char to[PATH_LEN]; /* "127.0.0.1:1502", "/dev/ttyUSB0" */
	char host[ADDRESS_LEN];
	int port, unit; /* port 0: a serial line */
	long baud;
	struct console console[CONSOLES_MAX];
	struct console *now; /* who does the next step */
	struct last said;    /* what came of a step that was not on the wire */
	struct last *what;   /* what an expect is about */
	bool sending;        /* it only sends: the answer is read by an expect */
	bool unlooked;       /* the last step was refused, and nobody has expected it */
	bool has_profile;
	struct profile profile;
	struct symbols choices;
	/* around it */
	const char *device_path, *gate_path; /* control sockets; NULL: none */
	char name[32];                       /* of the device at the gate */
	char person[PERSONS][32];
	const char *secret_file[PERSONS];
	struct talk device, gate[PERSONS];
	pid_t guard;     /* lets a gate that was told to stand still go on; 0: there is none */
	int leash;       /* when this end of a pipe is closed, by whatever */
	json_t *patient; /* the case, as the oracle has it; NULL: none yet */
	json_t *told;    /* what else the session is begun with */
	json_int_t blamed, writes; /* before this case */
	json_int_t hold, version, number;
};

/* --- wire: each leaves what came of it in p->now->last -------------------------------------------
 */

void wire_write(struct player *p, enum table t, int address, int n, const uint16_t *value);
void wire_read(struct player *p, enum table t, int address, int n);
void wire_raw(struct player *p, const uint8_t *bytes, size_t n);
/* Turns OUT_RAW into what the answer is; silence is what nothing comes in so long. */
void wire_raw_answer(struct player *p, int silence_ms);
void wire_close(struct console *c);

/* Milliseconds, for libmodbus and for frames of our own. */
#define ANSWER_MS 3000
/* Nothing for so long is silence, when silence is expected of a frame. */
#define SILENCE_MS 500

/* --- steps
 * ------------------------------------------------------------------------------------------ */

#define WORDS_MAX 260

/* A step's words behind its name; rest is the same as one text. False: *why is said. */
struct step {
	int n;
	char *word[WORDS_MAX];
	const char *rest;
};
typedef bool step_fn(struct player *p, const struct step *s, char *why, size_t len);

struct step_row {
	const char *name, *arguments;
	step_fn *run;
	const char *words;
};

/* One line of a file. */
bool play_line(struct player *p, const char *line, char *why, size_t len);

/* NULL when no step has this name. */
step_fn *step_named(const char *name);
step_fn *story_named(const char *name);
void story_print(void);
step_fn do_expect, do_drain;
/* The words from `first` on as numbers; -1 when one is none. */
int step_numbers(const struct step *s, int first, uint16_t *value, int max);
/* -1: not pairs of hexadecimal digits. */
int step_hex(const char *text, uint8_t *out, int max);
bool step_number(const char *text, long lowest, long highest, long *out);
/* False, with what would have been right. */
bool step_wrong(char *why, size_t len, const char *right);
void sleep_ms(int64_t ms);

/* --- around: the device's control socket and the gate's -------------------------------- */

step_fn do_device, do_await, do_gate;
/* What came of a step that was not on the wire; always true. What was refused, and nobody expects,
 * ends the scenario. */
bool story_said(struct player *p, enum outcome how, const char *text);
/* Writes why; always false. */
bool story_cannot(char *why, size_t len, const char *words);
/* A command to the device that has to be done. */
bool story_must_tell(struct player *p, const char *command, char *why, size_t len);
/* True with *result (a new reference), or with NULL after a refusal, which is noted. Takes params.
 */
bool gate_ask(struct player *p, enum person who, const char *method, json_t *params,
              json_t **result, char *why, size_t len);
/* Notes what came of a call; false when the gate has broken off. Takes error. */
bool gate_said(struct player *p, json_t *result, json_t *error, char *why, size_t len);
bool gate_reach(struct player *p, enum person who, char *why, size_t len);
/* A line of the file of this person's secret: 0 the secret, 1 the seed of the second factor. */
bool gate_secret(const struct player *p, enum person who, int line, char *out, int len);
/* Our device as the gate shows it; a new reference, NULL with the reason. */
json_t *gate_shows(struct player *p, char *why, size_t len);
/* "session.state": a member of a member, as people write JSON; text without its quotation marks. */
void gate_member(json_t *object, const char *path, char *buf, size_t len);
/* Until the gate sees the device's state, settings and pulses as they are. */
bool gate_until_agreed(struct player *p, char *why, size_t len);
/* A gate that stands still goes on. */
void gate_thaw(struct player *p);
/* Asks until it is so, ten seconds at most. */
bool gate_until(struct player *p, const char *path, const char *want, char *why, size_t len);

/* --- story
 * ------------------------------------------------------------------------------------------ */

void story_close(struct player *p);

/* --- the player
 * ------------------------------------------------------------------------------------- */

/* An option and its value; false when it is none, or cannot be used, which is said. */
bool player_option(struct player *p, const char *name, const char *value);
void player_begin(struct player *p);
/* A profile of the device it is told of, a way to the gate: what options leave out. */
bool player_ready(struct player *p);
bool player_play(struct player *p, const char *file);
void player_end(struct player *p);

#endif
