/*
 * console: a file of steps, played to a gate or a device.
 *
 * console        reads the file, plays its steps, says where the first difference is
 * console_steps  what a step asks for, plainly or by the profile
 * console_wire   requests through libmodbus, frames through a socket of its own
 */
#ifndef SIM_CONSOLE_H
#define SIM_CONSOLE_H

#include <modbus.h>

#include "sim.h"

enum outcome {
	OUT_NOTHING, /* no step yet that has one */
	OUT_OK,
	OUT_EXCEPTION,
	OUT_CLOSED,
	OUT_SILENT,
	OUT_WRONG, /* an answer libmodbus does not take */
	OUT_RAW    /* a frame was sent and its answer not yet read */
};

struct last {
	enum outcome how;
	int exception;
	int n; /* values */
	uint16_t value[PDU_READ_BITS_MAX];
	size_t n_bytes; /* the frame, after raw */
	uint8_t bytes[ADU_MAX];
	char text[128]; /* after get */
};

struct player {
	const char *file;
	int line;
	char host[ADDRESS_LEN];
	int port, unit;
	modbus_t *modbus; /* NULL: not connected */
	int raw;          /* -1: not connected */
	bool has_profile;
	struct profile profile;
	struct symbols choices;
	struct last last;
};

/* Each leaves what came of it in p->last. */
void wire_write(struct player *p, enum table t, int address, int n, const uint16_t *value);
void wire_read(struct player *p, enum table t, int address, int n);
void wire_raw(struct player *p, const uint8_t *bytes, size_t n);
/* Turns OUT_RAW into what the answer is. */
void wire_raw_answer(struct player *p);
void wire_close(struct player *p);

/* Seconds and milliseconds for libmodbus and for frames of our own. */
#define ANSWER_MS 3000
/* Nothing for so long is silence, when silence is expected of a frame. */
#define SILENCE_MS 500

#define WORDS_MAX 260

/* A step's words behind its name; rest is the same as one text. False: *why is said. */
struct step {
	int n;
	char *word[WORDS_MAX];
	const char *rest;
};
typedef bool step_fn(struct player *p, const struct step *s, char *why, size_t len);

/* NULL when no step has this name. */
step_fn *step_named(const char *name);
/* The words from `first` on as numbers; -1 when one is none. */
int step_numbers(const struct step *s, int first, uint16_t *value, int max);
/* -1: not pairs of hexadecimal digits. */
int step_hex(const char *text, uint8_t *out, int max);
bool step_number(const char *text, long lowest, long highest, long *out);
/* False, with what would have been right. */
bool step_wrong(char *why, size_t len, const char *right);

#endif
