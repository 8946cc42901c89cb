/*
 * methods: what the files of this room share. The table of methods is at the end of methods.c; what
 * stands behind its rows is there too, and in methods_session.c and methods_hold.c. Loop thread.
 */
#ifndef HOUSE_METHODS_H
#define HOUSE_METHODS_H

#include "house/override.h"

/* One call of a person's client. */
struct ask {
	struct gate *gate;
	struct control_ref who;
	int64_t call;
	json_t *params;
};

/* Takes value, and data. */
void ask_result(const struct ask *a, json_t *value);
void ask_fail(const struct ask *a, enum control_error code, const char *sentence, json_t *data);
/* A text of params; NULL when there is none. */
const char *ask_text(const struct ask *a, const char *key);
/* The device named in params, or that of the hold; NULL after saying that there is none. */
struct device *ask_device(const struct ask *a);
struct device *ask_hold_device(const struct ask *a);
/* False after saying that none is open. */
bool ask_has_session(const struct ask *a, struct device *d);

typedef void asked_fn(const struct ask *a);
asked_fn ask_session_start, ask_session_show, ask_session_end, ask_session_fact;
asked_fn ask_hold_list, ask_hold_show, ask_hold_ask, ask_hold_approve, ask_hold_deny,
        ask_hold_history, ask_hold_answer, ask_people_phone, ask_hold_live, ask_grant_revoke,
        ask_stop, ask_alarm_clear, ask_lease_take, ask_lease_release;

#endif
