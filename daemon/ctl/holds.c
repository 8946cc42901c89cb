/*
 * holds: what was decided about holds, ever, by patient, rule, physician and day.
 */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS 86400000LL

struct wanted {
	const char *rule, *physician;
	long long since_ms;
};

static bool has_rule(json_t *decision, const char *rule)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(decision, "rules"), i, one)
	{
		if (strcmp(json_string_value(one), rule) == 0)
			return true;
	}
	return false;
}

static bool is_wanted(const struct wanted *w, json_t *d)
{
	return number_at(d, "at") >= w->since_ms && (w->rule == NULL || has_rule(d, w->rule)) &&
	       (w->physician == NULL || strcmp(text_at(d, "person"), w->physician) == 0);
}

/* In parts, from the first on. NULL after saying what went wrong. */
static json_t *search(struct rpc *r, const char *patient, const struct wanted *w,
                      enum exit_code *code)
{
	json_t *found = json_array(), *one;
	json_int_t after = 0;
	bool more = true;
	size_t i;

	while (more) {
		json_t *part = rpc_call(
		        r, "hold.history",
		        json_pack("{s:s*, s:I}", "patient", patient, "after", after), code);

		if (part == NULL) {
			json_decref(found);
			return NULL;
		}
		json_array_foreach(json_object_get(part, "decisions"), i, one)
		{
			after = number_at(one, "seq");
			if (is_wanted(w, one))
				json_array_append(found, one);
		}
		more = json_is_true(json_object_get(part, "more"));
		json_decref(part);
	}
	return found;
}

enum exit_code cmd_holds_search(const struct options *o)
{
	struct wanted w = {.rule = o->rule, .physician = o->physician};
	json_int_t days = 0;
	struct rpc *r;
	enum exit_code code;
	json_t *found = NULL;
	char title[60];

	if (o->since != NULL) {
		if (!take_number("--since", o->since, 1, &days))
			return EXIT_USAGE;
		w.since_ms = (long long)time(NULL) * 1000 - days * DAY_MS;
	}
	r = rpc_open(o);
	code = rpc_login(r, o);
	if (code == EXIT_DONE)
		found = search(r, o->patient, &w, &code);
	snprintf(title, sizeof title, "%zu decisions", json_array_size(found));
	if (found != NULL && o->json)
		print_json(found);
	else if (json_array_size(found) > 0)
		print_earlier(title, found);
	else if (found != NULL)
		puts("nothing was decided that fits");
	json_decref(found);
	rpc_close(r);
	return code;
}
