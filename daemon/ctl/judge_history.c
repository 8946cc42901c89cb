/*
 * judge_history: what a line says of past treatments and of the test area.
 */
#include "judge.h"

#include <string.h>

/* As far back as answers go: 120 years. */
#define DAYS_AGO_MOST 43830

/* Keys of one object; anything else is a slip. */
static bool keys_known(struct judge *j, const char *where, json_t *object, const char *const *keys,
                       size_t n)
{
	const char *name;
	json_t *ignored;

	json_object_foreach(object, name, ignored)
	{
		size_t i = 0;

		while (i < n && strcmp(keys[i], name) != 0)
			i++;
		if (i == n)
			return judge_wrong(j, "%s: there is no key \"%.60s\"", where, name);
	}
	return true;
}

static bool is_unknown(json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && strcmp(text, "unknown") == 0;
}

/* A whole number of days from today back, or "unknown". */
static bool take_days(struct judge *j, const char *where, const char *key, json_t *value,
                      int32_t *out)
{
	json_int_t days = json_integer_value(value);

	if (!json_is_integer(value) && !is_unknown(value))
		return judge_wrong(j, "%s: %s is a whole number of days, or \"unknown\"%s", where,
		                   key, value == NULL ? ", and is missing" : "");
	if (days < 0)
		return judge_wrong(j, "%s: %s lies in the future", where, key);
	if (days > DAYS_AGO_MOST)
		return judge_wrong(j, "%s: %s is more than 120 years ago", where, key);
	*out = is_unknown(value) ? DAYS_NOT_KNOWN : (int32_t)days;
	return true;
}

/* --- what it was made with -------------------------------------------------------------------- */

/* With the fluence that counts, and what else is computed. */
static bool complete(struct judge *j, const char *where, struct settings *dose)
{
	const struct settings in = *dose;

	return dose_complete_told(&in, dose) == DOSE_OK ||
	       judge_wrong(j, "%s: settings: fluence, energy and area contradict each other",
	                   where);
}

static bool take_dose(struct judge *j, const char *where, json_t *value)
{
	struct settings *dose = &j->history.dose[j->history.n_doses];
	char why[sizeof j->why];

	if (j->history.n_doses == DOSES_MAX)
		return judge_wrong(j, "%s: more than %d settings in all", where, DOSES_MAX);
	*dose = (struct settings){.known = 0};
	if (!judge_take_settings(j, "settings", value, dose)) {
		snprintf(why, sizeof why, "%.800s", j->why);
		return judge_wrong(j, "%s: %s", where, why);
	}
	j->history.n_doses++;
	return complete(j, where, dose);
}

/* An object, or a list of one for each spot or handpiece that was used; left out: not known. */
static bool take_doses(struct judge *j, const char *where, json_t *value, uint16_t *first,
                       uint16_t *n)
{
	bool well = true;
	json_t *one;
	size_t i;

	*first = j->history.n_doses;
	if (value != NULL && !json_is_array(value))
		well = take_dose(j, where, value);
	json_array_foreach(value, i, one)
	{
		well = well && take_dose(j, where, one);
	}
	*n = (uint16_t)(j->history.n_doses - *first);
	return well;
}

/* --- treatments ------------------------------------------------------------------------------- */

static bool take_kind(struct judge *j, const char *where, json_t *value, bool *test_spot)
{
	const char *kind = value == NULL ? "treatment" : json_string_value(value);

	*test_spot = kind != NULL && strcmp(kind, "test_spot") == 0;
	return *test_spot || (kind != NULL && strcmp(kind, "treatment") == 0) ||
	       judge_wrong(j, "%s: kind is \"treatment\" (or left out) or \"test_spot\"", where);
}

/* One of the library, or not known. */
static bool take_named(struct judge *j, const char *where, const char *key, json_t *value,
                       const struct symbols *list, uint8_t *out)
{
	char what[80];

	snprintf(what, sizeof what, "%s: %s", where, key);
	*out = NOT_NAMED;
	return is_unknown(value) || judge_take_listed(j, what, value, list, out);
}

static bool take_treatment(struct judge *j, const char *where, json_t *value, struct treatment *out)
{
	static const char *const keys[] = {"device_class", "site", "days_ago", "kind", "settings"};

	*out = (struct treatment){.n_doses = 0};
	if (!json_is_object(value))
		return judge_wrong(j,
		                   "%s is an object, as in {\"device_class\": ..., \"site\": ..., "
		                   "\"days_ago\": 30, \"kind\": \"treatment\"}",
		                   where);
	return keys_known(j, where, value, keys, ARRAY_LEN(keys)) &&
	       take_named(j, where, "device_class", json_object_get(value, "device_class"),
	                  &j->lib.classes, &out->device_class) &&
	       take_named(j, where, "site", json_object_get(value, "site"), &j->lib.sites,
	                  &out->site) &&
	       take_days(j, where, "days_ago", json_object_get(value, "days_ago"),
	                 &out->days_ago) &&
	       take_kind(j, where, json_object_get(value, "kind"), &out->test_spot) &&
	       take_doses(j, where, json_object_get(value, "settings"), &out->first_dose,
	                  &out->n_doses);
}

bool judge_take_history(struct judge *j, const char *key, json_t *value)
{
	char where[40];
	json_t *one;
	size_t i;

	if (value == NULL)
		return true;
	j->history.treatments = is_unknown(value) ? HISTORY_UNKNOWN : HISTORY_TOLD;
	if (is_unknown(value))
		return true;
	if (!json_is_array(value))
		return judge_wrong(j,
		                   "%s is a list of past treatments; [] when there was none, "
		                   "\"unknown\" when nobody knows",
		                   key);
	if (json_array_size(value) > HISTORY_MAX)
		return judge_wrong(j, "%s has %zu treatments; %d are the most", key,
		                   json_array_size(value), HISTORY_MAX);
	json_array_foreach(value, i, one)
	{
		snprintf(where, sizeof where, "%s %zu", key, i + 1);
		if (!take_treatment(j, where, one, &j->history.treatment[j->history.n++]))
			return false;
	}
	return true;
}

/* --- the test area ---------------------------------------------------------------------------- */

static bool take_result(struct judge *j, const char *where, json_t *value, enum test_result *out)
{
	static const char *const names[] = {[TEST_RESULT_NONE] = "none",
	                                    [TEST_RESULT_CLEAR] = "clear",
	                                    [TEST_RESULT_REACTION] = "reaction"};
	const char *name = value == NULL ? "none" : json_string_value(value);

	for (size_t i = 0; name != NULL && i < ARRAY_LEN(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum test_result)i;
			return true;
		}
	}
	return judge_wrong(j, "%s: result is \"clear\", \"reaction\" or \"none\"", where);
}

/* null is as good as left out: not made, not read. */
static bool take_when(struct judge *j, const char *where, const char *key, json_t *value,
                      bool *done, int32_t *days_ago)
{
	*done = value != NULL && !json_is_null(value);
	return !*done || take_days(j, where, key, value, days_ago);
}

static bool area_sound(struct judge *j, const char *key)
{
	const struct test_area *t = &j->history.test_area;

	if (!test_area_sound(t))
		return judge_wrong(
		        j,
		        "%s does not hold together: it is made (made_days_ago) before it is read "
		        "(read_days_ago), and only what was read is clear",
		        key);
	return t->made || t->n_doses == 0 ||
	       judge_wrong(j, "%s has settings and was never made (made_days_ago)", key);
}

static bool take_area(struct judge *j, const char *key, json_t *value)
{
	static const char *const keys[] = {"made_days_ago", "read_days_ago", "result", "settings"};
	struct test_area *t = &j->history.test_area;

	if (!json_is_object(value))
		return judge_wrong(j,
		                   "%s is an object, as in {\"made_days_ago\": 20, "
		                   "\"read_days_ago\": 6, \"result\": \"clear\"}; {} when none was "
		                   "made, \"unknown\" when nobody knows",
		                   key);
	return keys_known(j, key, value, keys, ARRAY_LEN(keys)) &&
	       take_when(j, key, "made_days_ago", json_object_get(value, "made_days_ago"), &t->made,
	                 &t->made_days_ago) &&
	       take_when(j, key, "read_days_ago", json_object_get(value, "read_days_ago"), &t->read,
	                 &t->read_days_ago) &&
	       take_result(j, key, json_object_get(value, "result"), &t->result) &&
	       take_doses(j, key, json_object_get(value, "settings"), &t->first_dose,
	                  &t->n_doses) &&
	       area_sound(j, key);
}

bool judge_take_test_area(struct judge *j, const char *key, json_t *value)
{
	if (value == NULL)
		return true;
	j->history.test = is_unknown(value) ? HISTORY_UNKNOWN : HISTORY_TOLD;
	if (!is_unknown(value) && !take_area(j, key, value))
		return false;
	return !j->patient.facts.answer[j->lib.test_fact].given ||
	       judge_wrong(j, "%s and the fact %s both say it; give one of them", key,
	                   j->lib.fact[j->lib.test_fact].name);
}
