/*
 * library_diff: what the two files that compare libraries share.
 */
#ifndef CTL_LIBRARY_DIFF_H
#define CTL_LIBRARY_DIFF_H

#include <jansson.h>

#include "library.h"

struct diff {
	const struct library *a, *b;
	struct pen p;
	json_t *told; /* [{"part", "title", "differences"}] for programs; NULL: they go to the pen
	               */
	const char *part, *head; /* under which the next difference stands */
	const char *said;        /* the last head that was written */
	size_t n;
};

/* What follows is of this part ("class", "rules" ...), and stands below this head. */
void diff_under(struct diff *d, const char *part, const char *head);
/* One difference. */
void differ(struct diff *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, and which way it goes: "narrower", "wider", "stricter", "milder", "other". */
void differ_so(struct diff *d, const char *how, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* "sun_28_days: then X becomes Y"; nothing when they are the same. */
void diff_text(struct diff *d, const char *id, const char *what, const char *a, const char *b);
/* What of one row; place is "18 mm". */
void diff_rows(struct diff *d, const struct row *a, const struct row *b, const char *place);
void diff_facts(struct diff *d);
void diff_options(struct diff *d); /* library_options.c */
void diff_profiles(struct diff *d, const struct config *a, const struct config *b);
void diff_references(struct diff *d);

/* The names of the set, as a set of the other library's; *whole is false when it lacks one. */
uint64_t names_in(const struct symbols *from, uint64_t bits, const struct symbols *to, bool *whole);
bool same_names(const struct symbols *a, uint64_t in_a, const struct symbols *b, uint64_t in_b);

#endif
