/*
 * judge: one line of "dosegatectl judge" between being read (judge_read.c) and judged (judge.c).
 */
#ifndef CTL_JUDGE_H
#define CTL_JUDGE_H

#include <jansson.h>

#include "core/history.h"
#include "core/verdict.h"

struct judge {
	struct library lib; /* a copy: choices that only one line names come and go with it */
	uint16_t n_choices; /* of the library itself */
	int32_t today;
	char **screened; /* [n_rules]: the rule as a reason of JSON, once it was one */
	json_t *id;      /* of this line, borrowed; NULL: none */
	struct patient_case patient;
	struct history history;
	struct settings asked;
	struct limits limits;
	enum limits_status status;
	struct verdict verdict;
	char why[900]; /* what is wrong with this line */
};

/* Writes why; always false. */
bool judge_wrong(struct judge *j, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The line's id, patient and asked; false when something is wrong with it. */
bool judge_read(struct judge *j, json_t *line);

/* As a device would tell its fluence that has these parameters. */
enum fluence_source judge_fluence_source(const struct limits *l, const struct settings *s);
/* Of today, with this library. */
void judge_begin(struct judge *j, const struct library *lib);
/* Reads one line of JSON and judges it; false when something is wrong with it. *line is the
 * caller's then, and may be NULL; j->id is in it. */
bool judge_ask(struct judge *j, const char *text, size_t len, json_t **line);

/* Keys of a line; `key` is what to call it when it is wrong, NULL for `value`: it is not there. */
bool judge_take_listed(struct judge *j, const char *key, json_t *value, const struct symbols *list,
                       uint8_t *out);
bool judge_take_settings(struct judge *j, const char *key, json_t *value, struct settings *out);
bool judge_take_history(struct judge *j, const char *key, json_t *value);
bool judge_take_test_area(struct judge *j, const char *key, json_t *value);

#endif
