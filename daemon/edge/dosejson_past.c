#include "edge/dosejson_past.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "edge/dosejson.h"

/* As far back as answers go: 120 years. */
#define DAYS_AGO_MOST 43830

static const char *text_at(json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text == NULL ? "" : text;
}

static bool is(json_t *row, const char *key, const char *what)
{
	return strcmp(text_at(row, key), what) == 0;
}

/* --- days --------------------------------------------------------------------------------------
 */

void past_day_text(int32_t day, char buf[PAST_DAY_LEN])
{
	int year, month, of_month;

	date_from_day(day, &year, &month, &of_month);
	snprintf(buf, PAST_DAY_LEN, "%04d-%02d-%02d", year % 10000, month, of_month);
}

bool past_day_take(const char *text, int32_t *out)
{
	int year, month, day, n = 0;

	return sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &n) == 3 && n == 10 &&
	       text[n] == '\0' && day_from_date(year, month, day, out);
}

/* A day to come is today: the clock was wrong then or is now, and later is the riskier. */
static int32_t days_ago(json_t *row, const char *key, int32_t today)
{
	int32_t day;

	if (!past_day_take(text_at(row, key), &day))
		return DAYS_NOT_KNOWN;
	return day > today ? 0 : today - day;
}

/* --- told by people ----------------------------------------------------------------------------
 */

struct telling {
	const struct library *lib;
	const char *where;
	json_t *told;
	int32_t today;
	char *why;
	size_t why_len;
};

static bool wrong(struct telling *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct telling *t, const char *format, ...)
{
	va_list args;
	int n = snprintf(t->why, t->why_len, "%s: ", t->where);

	if (n < 0 || (size_t)n >= t->why_len)
		return false;
	va_start(args, format);
	vsnprintf(t->why + n, t->why_len - (size_t)n, format, args);
	va_end(args);
	return false;
}

static bool keys_known(struct telling *t)
{
	static const char *const keys[] = {"device_class",  "site",      "days_ago",
	                                   "date",          "kind",      "settings",
	                                   "read_days_ago", "read_date", "result"};
	const char *name;
	json_t *ignored;

	json_object_foreach(t->told, name, ignored)
	{
		size_t i = 0;

		while (i < ARRAY_LEN(keys) && strcmp(keys[i], name) != 0)
			i++;
		if (i == ARRAY_LEN(keys))
			return wrong(t, "there is no key \"%.40s\"", name);
	}
	return true;
}

static bool name_known(struct telling *t, const char *key, const struct symbols *names)
{
	const char *name = text_at(t->told, key);
	char all[500];
	size_t n = 0;

	if (strcmp(name, "unknown") == 0 || symbols_find(names, name) != 0)
		return true;
	all[0] = '\0';
	for (int64_t i = 1; i <= names->count && n < sizeof all; i++)
		n += (size_t)snprintf(all + n, sizeof all - n, "%s, ", symbols_name(names, i));
	return wrong(t, "%s \"%.40s\" is not one of %sunknown", key, name, all);
}

/* Days ago under one key, or the date under the other; *day is left alone when neither is there. */
static bool take_day(struct telling *t, const char *ago_key, const char *date_key, bool *there,
                     int32_t *day)
{
	json_t *ago = json_object_get(t->told, ago_key), *date = json_object_get(t->told, date_key);
	json_int_t days = json_integer_value(ago);

	*there = ago != NULL || date != NULL;
	if (ago != NULL && date != NULL)
		return wrong(t, "%s and %s both say it; give one of them", ago_key, date_key);
	if (ago != NULL && (!json_is_integer(ago) || days < 0 || days > DAYS_AGO_MOST))
		return wrong(t, "%s is a whole number of days, 0 to %d", ago_key, DAYS_AGO_MOST);
	if (ago != NULL)
		*day = t->today - (int32_t)days;
	if (date != NULL && !past_day_take(text_at(t->told, date_key), day))
		return wrong(t, "%s is a date, as in \"2026-10-26\"", date_key);
	if (date != NULL && (*day > t->today || *day < t->today - DAYS_AGO_MOST))
		return wrong(t, "%s %s", date_key,
		             *day > t->today ? "lies in the future" : "is more than 120 years ago");
	return true;
}

static bool kind_known(struct telling *t, bool *test_spot)
{
	*test_spot = is(t->told, "kind", "test_spot");
	return *test_spot || json_object_get(t->told, "kind") == NULL ||
	       is(t->told, "kind", "treatment") ||
	       wrong(t, "kind is \"treatment\" (or left out) or \"test_spot\"");
}

static bool take_reading(struct telling *t, bool test_spot, int32_t made, json_t *row)
{
	json_t *result = json_object_get(t->told, "result");
	char text[PAST_DAY_LEN];
	int32_t day = made;
	bool read;

	if (!take_day(t, "read_days_ago", "read_date", &read, &day))
		return false;
	if (!test_spot && (read || result != NULL))
		return wrong(t, "only a test_spot is read");
	if (read != (result != NULL))
		return wrong(t, "a test area that was read has both: when (read_days_ago), and its "
		                "result");
	if (!read)
		return true;
	if (!is(t->told, "result", "clear") && !is(t->told, "result", "reaction"))
		return wrong(t, "result is \"clear\" or \"reaction\"");
	if (day < made)
		return wrong(t, "it was read before it was made");
	past_day_text(day, text);
	json_object_set_new(row, "read", json_string(text));
	json_object_set(row, "result", result);
	return true;
}

static bool take_settings(struct telling *t, json_t *row)
{
	json_t *settings = json_object_get(t->told, "settings");
	struct settings taken, dose;
	char why[300];

	if (settings == NULL)
		return true;
	if (!dosejson_take(&t->lib->choices, settings, &taken, why, sizeof why))
		return wrong(t, "settings: %s", why);
	if (dose_complete_told(&taken, &dose) != DOSE_OK)
		return wrong(t, "settings: fluence, energy and area contradict each other");
	json_object_set(row, "settings", settings);
	return true;
}

static bool take_told(struct telling *t, json_t *row)
{
	bool test_spot, there;
	char text[PAST_DAY_LEN];
	int32_t day = 0;

	if (!json_is_object(t->told))
		return wrong(t, "this is an object, as in {\"device_class\": ..., \"site\": ..., "
		                "\"days_ago\": 30}");
	if (!keys_known(t) || !name_known(t, "device_class", &t->lib->classes) ||
	    !name_known(t, "site", &t->lib->sites) || !kind_known(t, &test_spot) ||
	    !take_day(t, "days_ago", "date", &there, &day))
		return false;
	if (!there)
		return wrong(t, "when was it? days_ago, or date");
	past_day_text(day, text);
	json_object_update_new(row,
	                       json_pack("{s:s, s:O, s:O, s:s, s:s}", "event", "elsewhere",
	                                 "device_class", json_object_get(t->told, "device_class"),
	                                 "site", json_object_get(t->told, "site"), "kind",
	                                 test_spot ? "test_spot" : "treatment", "day", text));
	return take_settings(t, row) && take_reading(t, test_spot, day, row);
}

json_t *past_told(const struct library *lib, const char *where, json_t *told, int32_t today,
                  char *why, size_t why_len)
{
	struct telling t = {lib, where, told, today, why, why_len};
	json_t *row = json_object();

	if (take_told(&t, row))
		return row;
	json_decref(row);
	return NULL;
}

/* --- read from rows ----------------------------------------------------------------------------
 */

struct reading {
	const struct library *lib;
	json_t *bodies;
	const struct patient_case *c;
	struct history *h;
	size_t at[HISTORY_MAX]; /* of each treatment: the row it began with */
};

/* What this library has no name for is NOT_NAMED, which core counts as the riskiest. */
static uint8_t index_at(json_t *row, const char *key, const struct symbols *names)
{
	int64_t value = symbols_find(names, text_at(row, key));

	return value == 0 ? NOT_NAMED : (uint8_t)(value - 1);
}

/* True when the session's end says that nothing left the device. */
static bool never_fired(const struct reading *r, size_t from)
{
	json_t *session = json_object_get(json_array_get(r->bodies, from), "session");
	json_t *row;
	size_t i;

	json_array_foreach(r->bodies, i, row)
	{
		if (i > from && is(row, "event", "ended") &&
		    json_equal(json_object_get(row, "session"), session))
			return json_is_false(json_object_get(row, "fired"));
	}
	return false;
}

static void add_treatment(struct reading *r, size_t at)
{
	json_t *row = json_array_get(r->bodies, at);
	struct history *h = r->h;

	if (h->n ==
	    HISTORY_MAX) { /* the oldest goes: it is past every interval that is asked for */
		memmove(&h->treatment[0], &h->treatment[1],
		        (HISTORY_MAX - 1) * sizeof h->treatment[0]);
		memmove(&r->at[0], &r->at[1], (HISTORY_MAX - 1) * sizeof r->at[0]);
		h->n--;
	}
	r->at[h->n] = at;
	h->treatment[h->n++] = (struct treatment){
	        .device_class = index_at(row, "device_class", &r->lib->classes),
	        .site = index_at(row, "site", &r->lib->sites),
	        .test_spot = is(row, "kind", "test_spot"),
	        .days_ago = days_ago(row, "day", r->c->today),
	};
}

static void gather(struct reading *r)
{
	json_t *row;
	size_t i;

	json_array_foreach(r->bodies, i, row)
	{
		bool elsewhere = is(row, "event", "elsewhere");

		if (elsewhere || (is(row, "event", "begins") && !never_fired(r, i)))
			add_treatment(r, i);
	}
}

/* --- doses --------------------------------------------------------------------------------------
 */

static bool same_selection(const struct settings *a, const struct settings *b)
{
	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (param_info(p)->danger != DANGER_ANY)
			continue;
		if (settings_has(a, p) != settings_has(b, p) ||
		    (settings_has(a, p) && a->value[p] != b->value[p]))
			return false;
	}
	return true;
}

/* By fluence, or where there is none by the energy of a pulse. */
static bool higher(const struct settings *a, const struct settings *b)
{
	enum param by = settings_has(a, FLUENCE_UJ_CM2) && settings_has(b, FLUENCE_UJ_CM2)
	                        ? FLUENCE_UJ_CM2
	                        : ENERGY_UJ;

	if (!settings_has(a, by) || !settings_has(b, by))
		return settings_has(a, by);
	return a->value[by] > b->value[by];
}

/* One dose a selection: the highest. */
static void add_dose(struct history *h, struct treatment *t, const struct settings *dose)
{
	for (uint16_t i = t->first_dose; i < t->first_dose + t->n_doses; i++) {
		if (!same_selection(&h->dose[i], dose))
			continue;
		if (higher(dose, &h->dose[i]))
			h->dose[i] = *dose;
		return;
	}
	if (h->n_doses == DOSES_MAX)
		return; /* then it is not known with what, which core holds against it */
	h->dose[h->n_doses++] = *dose;
	t->n_doses++;
}

static bool of_session(json_t *row, json_t *first)
{
	return is(row, "event", "dose") &&
	       json_equal(json_object_get(row, "session"), json_object_get(first, "session"));
}

static void gather_doses(struct reading *r, uint16_t which)
{
	json_t *first = json_array_get(r->bodies, r->at[which]), *row;
	struct treatment *t = &r->h->treatment[which];
	struct settings known, dose;
	size_t i;

	t->first_dose = r->h->n_doses;
	json_array_foreach(r->bodies, i, row)
	{
		json_t *settings = json_object_get(row, "settings");

		if (i != r->at[which] && (i < r->at[which] || !of_session(row, first)))
			continue;
		if (settings == NULL || !dosejson_known(&r->lib->choices, settings, &known))
			continue;
		add_dose(r->h, t, dose_complete_told(&known, &dose) == DOSE_OK ? &dose : &known);
	}
}

/* --- the test area ------------------------------------------------------------------------------
 */

/* A site of this case, and this class, by name. */
static bool is_here(const struct reading *r, json_t *row)
{
	struct treatment t = {.site = index_at(row, "site", &r->lib->sites)};

	return index_at(row, "device_class", &r->lib->classes) == r->c->device_class &&
	       t.site != NOT_NAMED && history_same_site(r->lib, &t, r->c->site);
}

static void note_reading(struct test_area *area, const struct reading *r, json_t *row,
                         const char *day_key)
{
	if (area->result == TEST_RESULT_REACTION)
		return; /* a reaction stays one until another area is made */
	area->read = true;
	area->read_days_ago = days_ago(row, day_key, r->c->today);
	area->result = is(row, "result", "clear") ? TEST_RESULT_CLEAR : TEST_RESULT_REACTION;
}

/* The newest area of this class at this site, and what was read of it since. */
static void find_test_area(struct reading *r, bool told_all)
{
	struct test_area *area = &r->h->test_area;
	size_t from = 0;
	json_t *row;

	for (uint16_t i = 0; i < r->h->n; i++) {
		const struct treatment *t = &r->h->treatment[i];

		row = json_array_get(r->bodies, r->at[i]);
		if (!t->test_spot || !is_here(r, row))
			continue;
		if (area->made && t->days_ago > area->made_days_ago)
			continue; /* told later of something older */
		*area = (struct test_area){.made = true,
		                           .made_days_ago = t->days_ago,
		                           .first_dose = t->first_dose,
		                           .n_doses = t->n_doses};
		from = r->at[i];
		if (json_object_get(row, "read") != NULL)
			note_reading(area, r, row, "read");
	}
	for (size_t i = from; area->made && i < json_array_size(r->bodies); i++) {
		row = json_array_get(r->bodies, i);
		if (is(row, "event", "read") && is_here(r, row))
			note_reading(area, r, row, "day");
	}
	r->h->test = area->made || told_all ? HISTORY_TOLD : HISTORY_UNKNOWN;
}

void past_read(const struct library *lib, json_t *bodies, const struct patient_case *c,
               bool told_all, struct history *out)
{
	struct reading r = {.lib = lib, .bodies = bodies, .c = c, .h = out};

	history_forget(out);
	out->treatments = told_all ? HISTORY_TOLD : HISTORY_UNKNOWN;
	gather(&r);
	for (uint16_t i = 0; i < out->n; i++)
		gather_doses(&r, i);
	find_test_area(&r, told_all);
}
