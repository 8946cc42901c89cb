/*
 * given_cable: a wire between two ptys, at the pace of a serial line: what is written at one end
 * arrives at the other when its last bit would have. Runs on a thread of its own.
 */
#ifndef TESTS_GIVEN_CABLE_H
#define TESTS_GIVEN_CABLE_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "edge/given_pty.h"

struct cable {
	struct pty end[2];
	int64_t char_ns; /* 0: at once */
	pthread_t thread;
	atomic_bool cut;
	atomic_long bytes; /* that went over it */
};

static inline void cable_carry(struct cable *c, int from)
{
	uint8_t bytes[RTU_MAX];
	size_t n = pty_hears(&c->end[from], bytes, sizeof bytes);
	struct timespec line = {.tv_nsec = (long)n * c->char_ns % 1000000000,
	                        .tv_sec = (long)n * c->char_ns / 1000000000};

	if (n == 0)
		return;
	nanosleep(&line, NULL);
	pty_says(&c->end[1 - from], bytes, n);
	c->bytes += (long)n;
}

static inline void *cable_run(void *cable)
{
	struct cable *c = cable;

	while (!c->cut) {
		struct pollfd ends[2] = {{.fd = c->end[0].far_end, .events = POLLIN},
		                         {.fd = c->end[1].far_end, .events = POLLIN}};

		if (poll(ends, 2, 1) <= 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (ends[i].revents & POLLIN)
				cable_carry(c, i);
		if ((ends[0].revents | ends[1].revents) & POLLHUP)
			usleep(1000); /* nobody has opened that end */
	}
	return NULL;
}

static inline void cable_lay(struct cable *c, int64_t char_ns)
{
	memset(c, 0, sizeof *c);
	c->char_ns = char_ns;
	for (int i = 0; i < 2; i++) {
		pty_make(&c->end[i]);
		pty_plug(&c->end[i]);
	}
	must(pthread_create(&c->thread, NULL, cable_run, c) == 0);
}

static inline void cable_remove(struct cable *c)
{
	c->cut = true;
	pthread_join(c->thread, NULL);
	for (int i = 0; i < 2; i++)
		pty_remove(&c->end[i]);
}

#endif
