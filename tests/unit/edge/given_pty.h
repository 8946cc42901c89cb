/*
 * given_pty: a serial line for tests. The master is the far end, held by the test; the near end is
 * a path, as an engineer would write it, that outlives the pty: pulled out and put in again.
 */
#ifndef TESTS_GIVEN_PTY_H
#define TESTS_GIVEN_PTY_H

#include "given.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include <uv.h>

#include "core/rtu.h"
#include "core/transport.h"

#define PATIENCE_MS 5000 /* a test that waits longer for what must come has failed */

static inline uint64_t clock_ms(void)
{
	return uv_hrtime() / 1000000;
}

static inline size_t given_bytes(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		must(sscanf(hex++, "%2x", &byte) == 1);
		out[n++] = (uint8_t)byte;
	}
	return n;
}

/* Unit, function and data; the check sum is added. */
static inline size_t given_frame(const char *hex, uint8_t out[RTU_MAX])
{
	uint8_t bytes[RTU_MAX];
	size_t n = given_bytes(hex, bytes);

	n = rtu_put(out, bytes[0], bytes + 1, n - 1);
	must(n > 0);
	return n;
}

struct pty {
	int far_end; /* -1: pulled out */
	char folder[32], path[48];
};

static inline void pty_plug(struct pty *p)
{
	char name[64];

	p->far_end = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	must(p->far_end >= 0 && grantpt(p->far_end) == 0 && unlockpt(p->far_end) == 0);
	must(ptsname_r(p->far_end, name, sizeof name) == 0);
	unlink(p->path);
	must(symlink(name, p->path) == 0);
}

static inline void pty_pull(struct pty *p)
{
	unlink(p->path);
	close(p->far_end);
	p->far_end = -1;
}

static inline void pty_make(struct pty *p)
{
	snprintf(p->folder, sizeof p->folder, "/tmp/dosegate-pty-XXXXXX");
	must(mkdtemp(p->folder) != NULL);
	snprintf(p->path, sizeof p->path, "%s/line", p->folder);
	p->far_end = -1;
}

static inline void pty_remove(struct pty *p)
{
	if (p->far_end >= 0)
		pty_pull(p);
	rmdir(p->folder);
}

static inline struct transport pty_transport(const struct pty *p, const char *settings)
{
	struct transport t;
	char text[TRANSPORT_LEN];

	snprintf(text, sizeof text, "rtu:%s:%s", p->path, settings);
	must(transport_take(text, &t) == TRANSPORT_OK);
	return t;
}

static inline void pty_says(const struct pty *p, const uint8_t *bytes, size_t n)
{
	must(write(p->far_end, bytes, n) == (ssize_t)n);
}

static inline void pty_says_frame(const struct pty *p, const char *hex)
{
	uint8_t frame[RTU_MAX];

	pty_says(p, frame, given_frame(hex, frame));
}

/* Bytes that have come; 0: none. */
static inline size_t pty_hears(const struct pty *p, uint8_t *to, size_t room)
{
	ssize_t n = read(p->far_end, to, room);

	return n > 0 ? (size_t)n : 0;
}

#define LOOP_UNTIL(loop, cond)                            \
	do {                                              \
		uint64_t end_ = clock_ms() + PATIENCE_MS; \
		while (!(cond)) {                         \
			assert_true(clock_ms() < end_);   \
			uv_run(loop, UV_RUN_NOWAIT);      \
			usleep(50);                       \
		}                                         \
	} while (0)

/* Returns how long it really was: where pieces of a frame are timed, a machine that was busy
 * meanwhile proves nothing, and the test does it again. */
static inline uint64_t loop_for(uv_loop_t *loop, uint64_t ms)
{
	uint64_t begin = clock_ms();

	for (uint64_t end = clock_ms() + ms; clock_ms() < end; usleep(50))
		uv_run(loop, UV_RUN_NOWAIT);
	return clock_ms() - begin;
}

/* How long the line may have been silent between one portion and the next: from before the first to
 * behind the second, on a machine that may look away anywhere between. {0} to begin. */
struct gaps {
	uint64_t before_ms, longest_ms;
};

static inline void gaps_say(struct gaps *g, struct pty *p, const uint8_t *bytes, size_t n)
{
	uint64_t before = clock_ms();

	pty_says(p, bytes, n);
	if (g->before_ms != 0 && clock_ms() - g->before_ms > g->longest_ms)
		g->longest_ms = clock_ms() - g->before_ms;
	g->before_ms = before;
}

/* Waits until exactly these bytes have come, and no more. */
static inline void pty_hears_exactly(struct pty *p, uv_loop_t *loop, const uint8_t *want, size_t n)
{
	uint8_t got[2 * RTU_MAX];
	size_t have = 0;

	LOOP_UNTIL(loop, (have += pty_hears(p, got + have, sizeof got - have)) >= n);
	assert_i64(have, n);
	assert_memory_equal(got, want, n);
}

static inline void pty_hears_frame(struct pty *p, uv_loop_t *loop, const char *hex)
{
	uint8_t frame[RTU_MAX];

	pty_hears_exactly(p, loop, frame, given_frame(hex, frame));
}

static inline void pty_hears_nothing(struct pty *p, uv_loop_t *loop, uint64_t ms)
{
	uint8_t got[RTU_MAX];

	loop_for(loop, ms);
	assert_i64(pty_hears(p, got, sizeof got), 0);
}

#endif
