/* quality_told: what quality.c has counted, for quality_told.c to tell. Theirs alone. */
#ifndef CTL_QUALITY_TOLD_H
#define CTL_QUALITY_TOLD_H

#include "quality.h"

struct quality {
	long long since_ms, until_ms;
	struct quality_marks marks;
	union {
		struct {
			json_t *sessions, *writes, *holds; /* {what: count} */
			json_t *rules;                     /* {id: {what: count}} */
			json_t *physicians;  /* {name: {printed, what: count, times}} */
			json_t *days;        /* {"2026-11-25": {what: count}} */
			json_t *miss_counts; /* {what: count} */
			json_t *held_by; /* of this start: {session: the rule that held it last} */
			json_t *open;    /* of this start: {hold: when it was opened} */
		};
		json_t *object[9];
	};
	json_t *misses; /* the last ones */
	json_t *times;  /* from opened to decided, in milliseconds */
};

void quality_more(json_t *counts, const char *key);

#endif
