/*
 * recorder: a recording (core/recording.h) on its way to a file.
 *
 * Lines gather in memory and are written by a worker, at most a tenth of a second later; the loop
 * never waits for the disk. When the disk is slower than the wire, lines that find no room are lost
 * and counted, and the count stands in the file where they would be. The file is new, for its owner
 * alone (0600), and ends with a line that says why it ends: asked to, at its size, or with the
 * gate. After an error of the disk nothing more is written. Loop thread only.
 */
#ifndef EDGE_RECORDER_H
#define EDGE_RECORDER_H

#include <uv.h>

#include "core/recording.h"

#define RECORDER_ROOM     ((size_t)512 * 1024) /* of lines that wait; there are two of it */
#define RECORDER_SIZE_MIN ((size_t)64 * 1024)

struct recorder;

/* NULL with the reason; a file that is there already is one. */
struct recorder *recorder_open(uv_loop_t *loop, const char *path, size_t max_bytes, char *why,
                               size_t why_len);
/* False once it is over: full, or the disk said no. */
bool recorder_runs(const struct recorder *r);
void recorder_bytes(struct recorder *r, const char *channel, enum recording_event e,
                    const uint8_t *bytes, size_t n);
void recorder_text(struct recorder *r, const char *channel, enum recording_event e,
                   const char *text);

struct recorder_state {
	int64_t bytes; /* written, or about to be */
	int64_t lines, lost;
	const char *over; /* why it is over; "" while it runs */
};
struct recorder_state recorder_look(const struct recorder *r);

/* Writes what is left and `why`, then calls closed (NULL: nobody) and is gone. Once. */
void recorder_close(struct recorder *r, const char *why, void (*closed)(void *owner), void *owner);

#endif
