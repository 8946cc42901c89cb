/*
 * Two rooms for lines: into one the loop puts them, the other a worker writes.
 */
#include "edge/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRITE_MS 100 /* a gate that dies takes so much of its recording with it */
#define LAST     256 /* kept free for the line that ends the file */

struct room {
	size_t n;
	char bytes[RECORDER_ROOM];
};

struct recorder {
	uv_loop_t *loop;
	uv_timer_t tick;
	uv_work_t work;
	bool working, closing;
	int fd;
	int error; /* of the disk; 0: none */
	uint64_t began_ns;
	size_t max;
	int64_t bytes, lines, lost, lost_unsaid;
	char over[200];
	struct room *filling, *writing;
	void (*closed)(void *owner);
	void *owner;
};

/* --- the disk ------------------------------------------------------------------------------------
 */

static void in_worker(uv_work_t *work)
{
	struct recorder *r = CONTAINER_OF(work, struct recorder, work);
	size_t at = 0;

	while (at < r->writing->n) {
		ssize_t put = write(r->fd, r->writing->bytes + at, r->writing->n - at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			r->error = put < 0 ? errno : ENOSPC;
			return;
		}
		at += (size_t)put;
	}
}

static void gone(struct recorder *r)
{
	void (*closed)(void *) = r->closed;
	void *owner = r->owner;

	free(r->filling);
	free(r->writing);
	free(r);
	if (closed != NULL)
		closed(owner);
}

static void on_tick_closed(uv_handle_t *tick)
{
	gone(tick->data);
}

static void start_writing(struct recorder *r);

/* All is written, or cannot be. */
static void finish_if_closing(struct recorder *r)
{
	if (!r->closing || r->working || uv_is_closing((uv_handle_t *)&r->tick))
		return;
	close(r->fd);
	uv_close((uv_handle_t *)&r->tick, on_tick_closed);
}

static void back_on_loop(uv_work_t *work, int status)
{
	struct recorder *r = CONTAINER_OF(work, struct recorder, work);

	(void)status; /* never cancelled */
	r->working = false;
	r->writing->n = 0;
	if (r->error != 0) {
		r->filling->n = 0;
		snprintf(r->over, sizeof r->over, "the file cannot be written: %s",
		         strerror(r->error));
	}
	if (r->closing || r->filling->n > RECORDER_ROOM / 2)
		start_writing(r);
	finish_if_closing(r);
}

static void start_writing(struct recorder *r)
{
	struct room *full = r->filling;

	if (r->working || full->n == 0)
		return;
	r->filling = r->writing;
	r->writing = full;
	r->working = true;
	must(uv_queue_work(r->loop, &r->work, in_worker, back_on_loop) == 0);
}

static void on_tick(uv_timer_t *tick)
{
	start_writing(tick->data);
}

/* --- lines ---------------------------------------------------------------------------------------
 */

static int64_t now_us(const struct recorder *r)
{
	return (int64_t)((uv_hrtime() - r->began_ns) / 1000);
}

static size_t room_left(const struct recorder *r, size_t kept)
{
	size_t used = r->filling->n + kept;

	return used < RECORDER_ROOM ? RECORDER_ROOM - used : 0;
}

static char *next_line(struct recorder *r)
{
	return r->filling->bytes + r->filling->n;
}

static void added(struct recorder *r, size_t n)
{
	r->filling->n += n;
	r->bytes += (int64_t)n;
	r->lines++;
}

static void end_line(struct recorder *r, const char *why)
{
	added(r, recording_put_text(next_line(r), room_left(r, 0), now_us(r), "gate", RECORDED_OVER,
	                            why));
}

/* What could not be kept is said where it would stand, and once: when there is room for more. */
static void say_lost(struct recorder *r)
{
	char count[32];

	if (r->lost_unsaid == 0 || (r->filling->n > RECORDER_ROOM / 2 && !r->closing))
		return;
	snprintf(count, sizeof count, "%lld", (long long)r->lost_unsaid);
	size_t n = recording_put_text(next_line(r), room_left(r, LAST), now_us(r), "gate",
	                              RECORDED_LOST, count);
	if (n == 0)
		return;
	added(r, n);
	r->lost_unsaid = 0;
}

/* A line of n bytes stands behind the others, or found no room (0). */
static void took(struct recorder *r, size_t n)
{
	if (n == 0) {
		r->lost++;
		r->lost_unsaid++;
		return;
	}
	if ((size_t)r->bytes + n + LAST > r->max) {
		snprintf(r->over, sizeof r->over, "it has its size of %zu bytes", r->max);
		end_line(r, r->over);
		start_writing(r);
		return;
	}
	added(r, n);
	if (r->filling->n > RECORDER_ROOM / 2)
		start_writing(r);
}

void recorder_bytes(struct recorder *r, const char *channel, enum recording_event e,
                    const uint8_t *bytes, size_t n)
{
	if (r->over[0] != '\0' || r->closing)
		return;
	say_lost(r);
	took(r, r->lost_unsaid > 0 ? 0
	                           : recording_put_bytes(next_line(r), room_left(r, LAST),
	                                                 now_us(r), channel, e, bytes, n));
}

void recorder_text(struct recorder *r, const char *channel, enum recording_event e,
                   const char *text)
{
	if (r->over[0] != '\0' || r->closing)
		return;
	say_lost(r);
	took(r, r->lost_unsaid > 0 ? 0
	                           : recording_put_text(next_line(r), room_left(r, LAST), now_us(r),
	                                                channel, e, text));
}

bool recorder_runs(const struct recorder *r)
{
	return r->over[0] == '\0';
}

struct recorder_state recorder_look(const struct recorder *r)
{
	return (struct recorder_state){
	        .bytes = r->bytes, .lines = r->lines, .lost = r->lost, .over = r->over};
}

/* --- open, close ---------------------------------------------------------------------------------
 */

struct recorder *recorder_open(uv_loop_t *loop, const char *path, size_t max_bytes, char *why,
                               size_t why_len)
{
	struct recorder *r = calloc(1, sizeof *r);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || r == NULL) {
		snprintf(why, why_len, "%s: %s", path, strerror(fd < 0 ? errno : ENOMEM));
		free(r);
		return NULL;
	}
	r->filling = calloc(1, sizeof *r->filling);
	r->writing = calloc(1, sizeof *r->writing);
	must(r->filling != NULL && r->writing != NULL);
	r->loop = loop;
	r->fd = fd;
	r->max = max_bytes;
	r->began_ns = uv_hrtime();
	r->tick.data = r;
	uv_timer_init(loop, &r->tick);
	uv_timer_start(&r->tick, on_tick, WRITE_MS, WRITE_MS);
	r->filling->n = (size_t)snprintf(r->filling->bytes, RECORDER_ROOM, "%s\n", RECORDING_HEAD);
	r->bytes = (int64_t)r->filling->n;
	return r;
}

void recorder_close(struct recorder *r, const char *why, void (*closed)(void *owner), void *owner)
{
	must(!r->closing);
	if (recorder_runs(r)) {
		r->closing = true;
		say_lost(r);
		end_line(r, why);
	}
	r->closing = true;
	r->closed = closed;
	r->owner = owner;
	start_writing(r);
	finish_if_closing(r);
}
