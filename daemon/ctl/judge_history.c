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

/* A whole number of days from today back. */
static bool take_days(struct judge *j, const char *where, const char *key, json_t *value,
                      int32_t *out)
{
	json_int_t days = json_integer_value(value);

	if (!json_is_integer(value))
		return judge_wrong(j, "%s: %s is a whole number of days%s", where, key,
		                   value == NULL ? ", and is missing" : "");
	if (days < 0)
		return judge_wrong(j, "%s: %s lies in the future", where, key);
	if (days > DAYS_AGO_MOST)
		return judge_wrong(j, "%s: %s is more than 120 years ago", where, key);
	*out = (int32_t)days;
	return true;
}

/* --- treatments ------------------------------------------------------------------------------- */

static bool take_kind(struct judge *j, const char *where, json_t *value, bool *test_spot)
{
	const char *kind = value == NULL ? "treatment" : json_string_value(value);

	*test_spot = kind != NULL && strcmp(kind, "test_spot") == 0;
	return *test_spot || (kind != NULL && strcmp(kind, "treatment") == 0) ||
	       judge_wrong(j, "%s: kind is \"treatment\" (or left out) or \"test_spot\"", where);
}

static bool take_treatment(struct judge *j, const char *where, json_t *value, struct treatment *out)
{
	static const char *const keys[] = {"device_class", "site", "days_ago", "kind"};
	char key[80];

	*out = (struct treatment){.n_doses = 0};
	if (!json_is_object(value))
		return judge_wrong(j,
		                   "%s is an object, as in {\"device_class\": ..., \"site\": ..., "
		                   "\"days_ago\": 30, \"kind\": \"treatment\"}",
		                   where);
	if (!keys_known(j, where, value, keys, ARRAY_LEN(keys)))
		return false;
	snprintf(key, sizeof key, "%s: device_class", where);
	if (!judge_take_listed(j, key, json_object_get(value, "device_class"), &j->lib.classes,
	                       &out->device_class))
		return false;
	snprintf(key, sizeof key, "%s: site", where);
	if (!judge_take_listed(j, key, json_object_get(value, "site"), &j->lib.sites, &out->site))
		return false;
	return take_days(j, where, "days_ago", json_object_get(value, "days_ago"),
	                 &out->days_ago) &&
	       take_kind(j, where, json_object_get(value, "kind"), &out->test_spot);
}

bool judge_take_history(struct judge *j, const char *key, json_t *value)
{
	char where[40];
	json_t *one;
	size_t i;

	if (value == NULL)
		return true;
	if (!json_is_array(value))
		return judge_wrong(j, "%s is a list of past treatments; [] when there was none",
		                   key);
	if (json_array_size(value) > HISTORY_MAX)
		return judge_wrong(j, "%s has %zu treatments; %d are the most", key,
		                   json_array_size(value), HISTORY_MAX);
	j->history.treatments = HISTORY_TOLD;
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

bool judge_take_test_area(struct judge *j, const char *key, json_t *value)
{
	static const char *const keys[] = {"made_days_ago", "read_days_ago", "result"};
	struct test_area *t = &j->history.test_area;

	if (value == NULL)
		return true;
	if (!json_is_object(value))
		return judge_wrong(j,
		                   "%s is an object, as in {\"made_days_ago\": 20, "
		                   "\"read_days_ago\": 6, \"result\": \"clear\"}; {} when none was "
		                   "made",
		                   key);
	if (!keys_known(j, key, value, keys, ARRAY_LEN(keys)) ||
	    !take_when(j, key, "made_days_ago", json_object_get(value, "made_days_ago"), &t->made,
	               &t->made_days_ago) ||
	    !take_when(j, key, "read_days_ago", json_object_get(value, "read_days_ago"), &t->read,
	               &t->read_days_ago) ||
	    !take_result(j, key, json_object_get(value, "result"), &t->result))
		return false;
	if (!test_area_sound(t))
		return judge_wrong(
		        j,
		        "%s does not hold together: it is made (made_days_ago) before it is read "
		        "(read_days_ago), and only what was read is clear",
		        key);
	j->history.test = HISTORY_TOLD;
	if (j->patient.facts.answer[j->lib.test_fact].given)
		return judge_wrong(j, "%s and the fact %s both say it; give one of them", key,
		                   j->lib.fact[j->lib.test_fact].name);
	return true;
}
