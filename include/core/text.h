/*
 * text: putting words and integers into the caller's buffer, for rooms that may not use printf.
 *
 * A writer never writes past the end, always leaves a terminated string, and counts what it would
 * have needed. Any thread.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include "core/base.h"

struct text {
	char *buf;     /* borrowed */
	size_t size;   /* may be 0 */
	size_t needed; /* without the terminator; above size - 1: it was cut */
};

struct text text_in(char *buf, size_t size);
void text_put(struct text *t, const char *words);
void text_put_n(struct text *t, const char *bytes, size_t n);
void text_put_int(struct text *t, int64_t v);

/* The next of the items of "OPT58, VENUS19": where it begins, and how long it is without the blanks
 * around it; 0: there is none left. Moves *rest on. */
size_t text_item(const char **rest, const char **item);

/* Copies a terminated string into a fixed array, cutting it if it must. */
void text_copy(char *to, size_t size, const char *from);

#endif
