/*
 * time: what the clocks say, and which day counts. Durations are the loop's, which nobody can set;
 * the wall clock is held against it and against the ledger (core/clock).
 */
#include "house/gate.h"

#include <stdio.h>
#include <time.h>

#define LOOK_MS 1000

static int64_t clock_now(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t time_unix_ms(void)
{
	return clock_now(CLOCK_REALTIME);
}

static struct clock_reading reading(void)
{
	return (struct clock_reading){.wall_ms = clock_now(CLOCK_REALTIME),
	                              .running_ms = clock_now(CLOCK_MONOTONIC),
	                              .boot_ms = clock_now(CLOCK_BOOTTIME)};
}

uint64_t gate_now_ms(const struct gate *g)
{
	return uv_now(g->loop);
}

static void local_of(int64_t wall_ms, struct tm *out)
{
	time_t at = (time_t)(wall_ms / 1000);

	localtime_r(&at, out);
}

int32_t gate_today(const struct gate *g)
{
	struct tm local;
	int32_t day = 0;

	local_of(clock_careful_ms(&g->clock), &local);
	if (!day_from_date(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, &day))
		return 0;
	return day;
}

static void when(int64_t wall_ms, char *buf, size_t len)
{
	struct tm local;

	local_of(wall_ms, &local);
	strftime(buf, len, "%Y-%m-%d %H:%M:%S", &local);
}

void time_begin(struct gate *g)
{
	struct clock_reading now = reading();

	g->clock = clock_begin(&now, ledger_last_ms(g->ledger));
}

static void record(struct gate *g, const char *event, const char *text)
{
	gate_record(g, LEDGER_CLOCK, json_pack("{s:s, s:s}", "event", event, "text", text), NULL);
}

/* Everything that was known of the devices is of before the sleep. */
static void slept(struct gate *g, int64_t ms)
{
	char text[100];

	snprintf(text, sizeof text, "the machine was asleep for %lld s", (long long)(ms / 1000));
	record(g, "asleep", text);
	for (size_t i = 0; i < g->n_devices; i++) {
		g->device[i].heard_ms = 0;
		g->device[i].polled = (struct polled){0};
		g->device[i].moment++;
		event_happened(&g->device[i], EVENT_ASLEEP, text);
		beat_slept(&g->device[i]);
	}
}

void time_look(struct gate *g)
{
	char text[160], is[32];

	if (gate_now_ms(g) < g->clock_due_ms)
		return;
	g->clock_due_ms = gate_now_ms(g) + LOOK_MS;
	struct clock_reading now = reading();
	struct clock_news news = clock_look(&g->clock, &now);
	if (news.jumped_ms != 0) {
		when(now.wall_ms, is, sizeof is);
		snprintf(text, sizeof text, "the clock was set by %+lld s, to %s",
		         (long long)(news.jumped_ms / 1000), is);
		record(g, "set", text);
	}
	if (news.slept_ms != 0)
		slept(g, news.slept_ms);
}

bool time_is_sound(const struct gate *g, char *why, size_t why_len)
{
	char is[32], was[32];

	if (!clock_behind_ledger(&g->clock))
		return true;
	when(g->clock.last.wall_ms, is, sizeof is);
	when(g->clock.newest_ms, was, sizeof was);
	snprintf(why, why_len,
	         "the clock says %s, and the ledger has a row of %s: no session until the clock is "
	         "right, or the director says that it is (clock accept)",
	         is, was);
	return false;
}

void time_accept(struct gate *g, const char *by, const char *reason)
{
	char text[300], is[32];

	clock_accept(&g->clock);
	when(g->clock.last.wall_ms, is, sizeof is);
	snprintf(text, sizeof text, "%s is right, says %s: %s", is, by, reason);
	record(g, "accepted", text);
}
