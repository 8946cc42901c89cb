#include "line.h"

#include <sys/timerfd.h>
#include <unistd.h>

#define NS_IN_S INT64_C(1000000000)

int64_t clock_ns(void)
{
	return (int64_t)uv_hrtime();
}

static void on_rung(uv_poll_t *poll, int status, int events)
{
	struct alarm *a = CONTAINER_OF(poll, struct alarm, poll);
	uint64_t times;

	(void)status, (void)events;
	if (read(a->fd, &times, sizeof times) == (ssize_t)sizeof times)
		a->rang(a);
}

void alarm_open(uv_loop_t *loop, struct alarm *a, void (*rang)(struct alarm *a))
{
	a->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	a->rang = rang;
	must(a->fd >= 0 && uv_poll_init(loop, &a->poll, a->fd) == 0);
	must(uv_poll_start(&a->poll, UV_READABLE, on_rung) == 0);
}

void alarm_at(struct alarm *a, int64_t at_ns)
{
	struct itimerspec t = {.it_value = {.tv_sec = at_ns / NS_IN_S, .tv_nsec = at_ns % NS_IN_S}};

	timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &t, NULL);
}

void alarm_close(struct alarm *a, uv_close_cb closed)
{
	uv_close((uv_handle_t *)&a->poll, closed);
	close(a->fd);
}
