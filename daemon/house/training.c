/*
 * training: who has been trained on what, until when. No valid record, no session.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

#include "edge/dosejson_past.h"

/* --- what a session wants ----------------------------------------------------------------------
 */

static const struct training *valid_for(const struct device *d, const char *name)
{
	return training_valid(people_find(d->gate->people, name), d->config->name,
	                      d->profile->device_class, gate_today(d->gate));
}

bool training_allows(const struct device *d, const char *name, char *why, size_t why_len)
{
	const struct person *who = people_find(d->gate->people, name);
	char ended[PAST_DAY_LEN], last[60] = "";

	if (who != NULL && valid_for(d, name) != NULL)
		return true;
	int32_t until = training_ended(who, d->config->name, d->profile->device_class);
	if (until != 0) {
		past_day_text(until, ended);
		snprintf(last, sizeof last, " any more: the last one ended on %s", ended);
	}
	snprintf(why, why_len,
	         "%s has no valid record of training on %s (%s)%s. A safety officer or a director "
	         "records training: training add %s --class %s --until DATE; until then somebody "
	         "else starts the session",
	         who == NULL ? name : who->printed, d->config->name, d->profile->device_class, last,
	         name, d->profile->device_class);
	return false;
}

json_t *training_left(const struct device *d, const char *name)
{
	const struct training *t = valid_for(d, name);
	char until[PAST_DAY_LEN];

	if (t == NULL)
		return json_null();
	past_day_text(t->until_day, until);
	int32_t left = t->until_day - gate_today(d->gate);
	return json_pack("{s:s, s:i, s:b}", "until", until, "days_left", (int)left, "soon",
	                 left <= TRAINING_SOON_DAYS);
}

/* --- what people ask ---------------------------------------------------------------------------
 */

struct asked {
	const char *person, *device, *device_class, *on, *until;
};

static bool take_day(const char *what, const char *text, int32_t *out, char *why, size_t why_len)
{
	if (past_day_take(text, out))
		return true;
	snprintf(why, why_len, "%s = \"%.20s\" is no date; write 2027-05-31", what, text);
	return false;
}

static bool on_known(const struct gate *g, const struct asked *a, char *why, size_t why_len)
{
	const struct library *lib = gate_library(g);
	uint8_t class;

	if (a->device[0] == '\0' && a->device_class[0] == '\0') {
		snprintf(why, why_len,
		         "training is on a device, on a class of devices, or on both; name one");
		return false;
	}
	if (a->device[0] != '\0' &&
	    gate_device_named((struct gate *)(uintptr_t)g, a->device) == NULL) {
		snprintf(why, why_len, "there is no device \"%.32s\"", a->device);
		return false;
	}
	if (strlen(a->device_class) >= sizeof((struct training *)NULL)->device_class) {
		snprintf(why, why_len, "a device class has at most 31 characters");
		return false;
	}
	return a->device_class[0] == '\0' || lib == NULL ||
	       session_index_of(&lib->classes, "device class", a->device_class, &class, why,
	                        why_len);
}

static bool take_training(const struct gate *g, const struct asked *a, const char *by,
                          struct training *t, char *why, size_t why_len)
{
	int32_t today = gate_today(g);

	*t = (struct training){.on_day = today};
	if (!on_known(g, a, why, why_len) ||
	    (a->on[0] != '\0' && !take_day("on", a->on, &t->on_day, why, why_len)) ||
	    !take_day("until", a->until, &t->until_day, why, why_len))
		return false;
	if (t->on_day > today || t->until_day < t->on_day) {
		snprintf(why, why_len,
		         t->on_day > today
		                 ? "training that is still to come is recorded when it was"
		                 : "a record of training ends after its day, not before");
		return false;
	}
	if (strcmp(by, a->person) == 0) {
		snprintf(why, why_len, "nobody records their own training");
		return false;
	}
	text_copy(t->device, sizeof t->device, a->device);
	text_copy(t->device_class, sizeof t->device_class, a->device_class);
	text_copy(t->by, sizeof t->by, by);
	return true;
}

static json_t *show_one(const struct training *t, int32_t today)
{
	char on[PAST_DAY_LEN], until[PAST_DAY_LEN];

	past_day_text(t->on_day, on);
	past_day_text(t->until_day, until);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "device", t->device, "device_class",
	                 t->device_class, "on", on, "until", until, "by", t->by, "days_left",
	                 (int)(t->until_day - today), "state",
	                 t->until_day < today                         ? "ended"
	                 : t->until_day - today <= TRAINING_SOON_DAYS ? "ends soon"
	                                                              : "valid");
}

static void added(void *owner, void *tag, const char *why)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (why != NULL) {
		control_fail(g->control, p->who, p->call, CONTROL_REFUSED, why, NULL);
	} else {
		gate_record(g, LEDGER_PEOPLE, json_incref(p->answer), NULL);
		control_result(g->control, p->who, p->call, json_incref(p->answer));
	}
	pending_done(p);
}

void training_add(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct asked a = {.device = "", .device_class = "", .on = ""};
	struct training t;
	char why[400] = "training.add wants person, device or device_class (or both), until, and "
	                "may have the day it was on";

	if (json_unpack(params, "{s:s, s?s, s?s, s?s, s:s}", "person", &a.person, "device",
	                &a.device, "device_class", &a.device_class, "on", &a.on, "until",
	                &a.until) != 0 ||
	    !take_training(g, &a, control_person(g->control, who), &t, why, sizeof why)) {
		control_fail(g->control, who, call, CONTROL_PARAMS, why, NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	p->answer = show_one(&t, gate_today(g));
	json_object_update_new(p->answer,
	                       json_pack("{s:s, s:s, s:s}", "event", "training", "person", a.person,
	                                 "text", "training was recorded"));
	people_train(g->people, a.person, &t, added, g, p);
}

static void add_records(json_t *all, const struct person *who, int32_t today)
{
	for (uint8_t i = 0; i < who->n_training; i++) {
		json_t *one = show_one(&who->training[i], today);

		json_object_set_new(one, "person", json_string(who->name));
		json_array_append_new(all, one);
	}
}

void training_list(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *name = json_string_value(json_object_get(params, "person"));
	json_t *all = json_array();

	for (size_t i = 0; i < people_count(g->people); i++) {
		const struct person *one = people_at(g->people, i);

		if (name == NULL || strcmp(name, one->name) == 0)
			add_records(all, one, gate_today(g));
	}
	control_result(g->control, who, call, json_pack("{s:o}", "training", all));
}
