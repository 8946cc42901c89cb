/*
 * console_age: since when the bytes of a console may have been there.
 *
 * A loop that hung, or was busy with the console's request before, reads bytes long after they
 * came; what they ask is then too old to be done. When they came nobody says, only since when at
 * the earliest: since their socket was last seen empty. Two ages at most are kept for what was read
 * and not yet taken: of the front, and of what came behind it. Values only. Private to console*.c.
 */
#ifndef EDGE_CONSOLE_AGE_H
#define EDGE_CONSOLE_AGE_H

#include <stddef.h>
#include <stdint.h>

/* A loop that turns is never so late, and whoever asked less long ago need not be told apart. */
#define AGE_LEAST_MS 250

/* When the loop waited for what comes. */
struct console_look {
	uint64_t now_ms, before_ms; /* it began to; and the time before */
	uint32_t turn;
	uint64_t hung_from_ms, hung_ms; /* it last hung from then until then; 0: never */
};

/* Before each waiting. What is read behind it has come since before_ms: a waiting that was broken
 * off by a signal, as by the one that lets a stopped process go on, has read nothing. */
void look_again(struct console_look *l, uint64_t now_ms);
/* What has come by a line and is taken now, when its silence of so long was over. */
uint64_t look_line_ms(const struct console_look *l, uint64_t now_ms, uint64_t silence_ms);

struct console_age {
	uint64_t came_ms; /* the connection may have been there since then … */
	uint32_t turn;    /* … and was taken in this turn */
	uint64_t full_ms; /* since when bytes may be left in the kernel, for want of room; 0: none
	                     are */
	size_t front;     /* so many of the bytes read have front_ms, those behind rest_ms */
	uint64_t front_ms, rest_ms;
};

struct console_age age_begin(const struct console_look *l);
/* Of n bytes that were read just now, where there was room for so many, behind the `had` that were
 * there. */
void age_read(struct console_age *a, const struct console_look *l, size_t had, size_t n,
              size_t room);
/* Of what ends behind so many bytes. */
uint64_t age_at(const struct console_age *a, size_t end);
/* n bytes were taken from the front, and so many are left. */
void age_taken(struct console_age *a, size_t n, size_t left);

#endif
