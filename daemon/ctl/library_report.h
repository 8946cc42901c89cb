/*
 * library_report: what the files that report share. Nobody else includes it.
 */
#ifndef CTL_LIBRARY_REPORT_H
#define CTL_LIBRARY_REPORT_H

#include "library.h"

/* Rows of one entry of a file that say the same are one report, with their types. */
struct report {
	char where[140]; /* "protocols/x.cfg:12" */
	char id[80];
	uint8_t types; /* bit per skin type; 0: no row */
	char text[500];
};

struct reports {
	const struct shelf *shelf;
	const struct library *lib;
	size_t n, room;
	struct report *list;
};

/* One more. line 0: the file as a whole. */
void report(struct reports *all, const char *file, int line, const char *id, const char *format,
            ...) __attribute__((format(printf, 5, 6)));
void report_rule(struct reports *all, const struct rule *r, const char *text);
void report_row(struct reports *all, const struct row *row, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* The profiles of a class, one after the other; *at is 0 to begin. NULL: no more. */
const struct profile *next_profile(const struct reports *all, uint8_t device_class, size_t *at);
bool has_profile(const struct reports *all, uint8_t device_class);

/* Sets of which 0 means all: do they share one? */
static inline bool meets(uint64_t a, uint64_t b)
{
	return a == 0 || b == 0 || (a & b) != 0;
}

/* library_report_row.c, library_report_rule.c */
void report_of_row(struct reports *all, const struct row *row);
void report_of_rule(struct reports *all, const struct rule *r);

#endif
