/*
 * people_file: the people on disk, read strictly and written whole.
 *
 * A half-written file is never seen: the new one is complete and on the disk under another name
 * before it takes the old one's place. Any thread; the caller owns the roster.
 */
#ifndef EDGE_PEOPLE_FILE_H
#define EDGE_PEOPLE_FILE_H

#include "edge/people.h"

struct roster {
	size_t count;
	struct person person[PEOPLE_MAX];
};

/* NULL when they may stand on file, else what would be right. */
const char *roster_refuses_name(const char *name);
const char *roster_refuses_printed(const char *printed);

struct person *roster_find(struct roster *r, const char *name);

/* A file that is not there is a roster of nobody. *out is written only when true. */
MUST_USE bool roster_read(const char *file, struct roster *out, char *why, size_t why_len);
/* True once the file will be there after a power cut. */
MUST_USE bool roster_write(const char *file, const struct roster *r, char *why, size_t why_len);

/* --- people_code.c: a seed in base 32, as telephones take it. False: it is none. */

MUST_USE bool seed_text(const uint8_t seed[SEED_BYTES], char text[SEED_TEXT_LEN]);
MUST_USE bool seed_take(const char *text, uint8_t seed[SEED_BYTES]);

#endif
