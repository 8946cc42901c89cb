/*
 * tape: a recording (core/recording.h), read whole.
 *
 * The text stays in memory and events point into it. A file whose last line was cut off is good up
 * to there; anything else that is wrong is said with its place.
 */
#ifndef SIM_TAPE_H
#define SIM_TAPE_H

#include <jansson.h>

#include "core/pdu.h"
#include "core/recording.h"

#define TAPE_CHANNELS 1024
#define TAPE_GATE     0 /* the channel `gate`, in every tape */

struct tape_event {
	int64_t us;
	int channel; /* index into tape.channel */
	int line;    /* of the file, from 1 */
	struct recorded is;
};

struct tape {
	char *text;
	size_t n;
	struct tape_event *event;
	int n_channels;
	char channel[TAPE_CHANNELS][RECORDING_CHANNEL_LEN];
	bool cut;     /* its end is missing: the last line, or all behind it */
	int64_t lost; /* lines the gate could not keep */
};

/* "-": standard input. False with FILE:LINE:COLUMN and what is wrong. */
MUST_USE bool tape_load(struct tape *t, const char *file, char *why, size_t len);
void tape_free(struct tape *t);
/* The channel of this name; -1: none. */
int tape_channel(const struct tape *t, const char *name);
/* A console, a device (*n: which one, from 0), or what the simulator calls its own lines. */
bool tape_is_console(const struct tape *t, int channel);
bool tape_is_device(const struct tape *t, int channel, int *n);
/* The JSON of an event behind its kind; a new reference. NULL when it is none. */
json_t *tape_json(const struct tape_event *e);
/* Whether a row of the gate is of this kind. */
bool tape_row_is(const struct tape_event *e, const char *kind);
/* The frame of an event; `serial`: with a check sum instead of a header. False: it is none. */
bool tape_frame(const struct tape_event *e, bool serial, uint8_t bytes[RECORDING_BYTES_MAX],
                struct frame *out);
/* "rtu:/dev/ttyUSB0": what stands behind the = of a device, or the + of a console. */
bool tape_is_serial(const struct tape *t, int channel);

#endif
