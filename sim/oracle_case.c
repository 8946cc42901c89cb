#include "oracle_inside.h"

#include <stdio.h>
#include <string.h>

/* --- the case --------------------------------------------------------------------------------- */

/* A JSON object; NULL with the reason. */
static json_t *object_of(const char *text, char *why, size_t len)
{
	json_error_t error;
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (object == NULL)
		snprintf(why, len, "this is no JSON: %s (column %d)", error.text, error.column);
	return object;
}

static bool read_case(struct oracle *o, const struct device *d, json_t *line)
{
	struct judge *j = &o->j;

	/* names that only the device has are names all the same */
	j->lib.choices = d->choices;
	j->n_choices = d->choices.count;
	if (!judge_read(j, line))
		return false;
	const char *class = j->lib.classes.name[j->patient.device_class];

	if (strcmp(class, d->profile.device_class) != 0)
		return judge_wrong(j, "the case is for %s, and the device is of %s", class,
		                   d->profile.device_class[0] == '\0' ? "none"
		                                                      : d->profile.device_class);
	return j->asked.known == 0 ||
	       judge_wrong(j, "a case has no settings: those the device says itself");
}

bool oracle_case(struct oracle *o, const struct device *d, const char *text, char *why, size_t len)
{
	bool ok;

	o->has_case = false;
	o->n_grants = 0;
	o->cleared = 0;
	if (strcmp(text, "none") == 0)
		return true;
	json_t *line = object_of(text, why, len);

	if (line == NULL)
		return false;
	ok = read_case(o, d, line);
	if (ok)
		o->j.status = limits_compute(&o->j.lib, &o->j.patient, &o->j.limits);
	else
		snprintf(why, len, "%s", o->j.why);
	o->has_case = ok;
	json_decref(line);
	return ok;
}

/* --- grants -------------------------------------------------------------------------------------
 */

static bool clear_reason(struct oracle *o, const char *id)
{
	const struct limits *l = &o->j.limits;
	struct words known = {0};
	char ids[SCREENING_MAX][64];
	bool found = false;

	for (uint8_t i = 0; i < l->n_reasons; i++) {
		screening_reason_id(&l->reason[i], ids[i], sizeof ids[i]);
		words_add(&known, ids[i]);
		if (id == NULL || strcmp(ids[i], id) != 0)
			continue;
		found = true;
		o->cleared |= UINT64_C(1) << i;
	}
	if (!found)
		words_explain("reason of this case", id == NULL ? "" : id, &known, o->j.why,
		              sizeof o->j.why);
	return found;
}

static bool take_screening(struct oracle *o, json_t *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (!clear_reason(o, json_string_value(one)))
			return false;
	}
	return json_array_size(list) > 0 ||
	       judge_wrong(&o->j, "screening is a list of reasons, as in [\"status M\"]");
}

static bool take_budget(struct judge *j, json_t *grant, const char *key, json_int_t *out)
{
	json_t *value = json_object_get(grant, key);

	*out = value == NULL ? 0 : json_integer_value(value);
	return value == NULL || *out > 0 || judge_wrong(j, "%s is a whole number, 1 or more", key);
}

static bool take_grant(struct oracle *o, const struct device *d, json_t *grant)
{
	struct waived w = {.pulses = -1};
	struct judge *j = &o->j;
	json_int_t pulses, seconds;

	if (o->n_grants == GRANTS_MAX)
		return judge_wrong(j, "there are %d grants already", GRANTS_MAX);
	device_settings(d, &j->asked);
	if (!judge_take_settings(j, "settings", json_object_get(grant, "settings"), &j->asked) ||
	    !take_budget(j, grant, "pulses", &pulses) ||
	    !take_budget(j, grant, "seconds", &seconds))
		return false;
	w.settings = j->asked;
	if (pulses > 0)
		w.pulses = pulses;
	w.time_ms = 1000 * seconds;
	o->grant[o->n_grants++] = w;
	return true;
}

static bool grant_keys_known(struct judge *j, json_t *grant)
{
	static const char *const keys[] = {"settings", "pulses", "seconds", "screening"};
	struct words known = {0};
	const char *name;
	json_t *value;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		words_add(&known, keys[i]);
	json_object_foreach(grant, name, value)
	{
		size_t i = 0;

		while (i < ARRAY_LEN(keys) && strcmp(keys[i], name) != 0)
			i++;
		if (i < ARRAY_LEN(keys))
			continue;
		words_explain("key of a grant", name, &known, j->why, sizeof j->why);
		return false;
	}
	return json_object_get(grant, "settings") != NULL ||
	       json_object_get(grant, "screening") != NULL ||
	       judge_wrong(j, "a grant has settings, or screening");
}

bool oracle_grant(struct oracle *o, const struct device *d, const char *text, char *why, size_t len)
{
	json_t *grant, *screening;
	bool ok;

	if (strcmp(text, "none") == 0) {
		o->n_grants = 0;
		o->cleared = 0;
		return true;
	}
	if (!o->has_case) {
		snprintf(why, len, "a grant is for a case, and there is none");
		return false;
	}
	if ((grant = object_of(text, why, len)) == NULL)
		return false;
	screening = json_object_get(grant, "screening");
	ok = grant_keys_known(&o->j, grant) &&
	     (screening == NULL || take_screening(o, screening)) &&
	     (json_object_get(grant, "settings") == NULL || take_grant(o, d, grant));
	if (!ok)
		snprintf(why, len, "%s", o->j.why);
	json_decref(grant);
	return ok;
}

void oracle_written(struct oracle *o, const struct device *d)
{
	struct settings now;

	device_settings(d, &now);
	for (int i = 0; i < o->n_grants; i++) {
		struct waived *w = &o->grant[i];

		if (w->time_ms > 0 && w->until_ms == 0 && settings_equal(&w->settings, &now))
			w->until_ms = d->now_ms + w->time_ms;
	}
}
