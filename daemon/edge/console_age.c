#include "console_age.h"

#include <stdbool.h>

/* How late the end of a silence may be noticed. Behind a second hang right after it the first one
 * counts. */
#define NOTICED_MS 100

void look_again(struct console_look *l, uint64_t now_ms)
{
	l->before_ms = l->now_ms;
	l->now_ms = now_ms;
	l->turn++;
	if (now_ms - l->before_ms >= AGE_LEAST_MS) {
		if (l->hung_ms == 0 || l->before_ms - l->hung_ms > NOTICED_MS)
			l->hung_from_ms = l->before_ms;
		l->hung_ms = now_ms;
	}
}

uint64_t look_line_ms(const struct console_look *l, uint64_t now_ms, uint64_t silence_ms)
{
	bool of_then = l->hung_ms != 0 && now_ms - l->hung_ms <= silence_ms + NOTICED_MS;

	return of_then ? l->hung_from_ms : now_ms;
}

struct console_age age_begin(const struct console_look *l)
{
	return (struct console_age){.came_ms = l->before_ms, .turn = l->turn};
}

/* What a new connection brought with it is read in the next turn, or in the one behind it. */
static uint64_t since(const struct console_age *a, const struct console_look *l)
{
	if (a->full_ms != 0)
		return a->full_ms;
	return l->turn - a->turn <= 2 ? a->came_ms : l->before_ms;
}

void age_read(struct console_age *a, const struct console_look *l, size_t had, size_t n,
              size_t room)
{
	uint64_t since_ms = since(a, l);

	a->full_ms = n < room ? 0 : since_ms;
	if (had == 0) {
		a->front = n;
		a->front_ms = since_ms;
	} else if (had == a->front) {
		a->rest_ms = since_ms;
	}
}

uint64_t age_at(const struct console_age *a, size_t end)
{
	return end <= a->front ? a->front_ms : a->rest_ms;
}

void age_taken(struct console_age *a, size_t n, size_t left)
{
	if (n < a->front) {
		a->front -= n;
		return;
	}
	a->front = left;
	a->front_ms = a->rest_ms;
}
