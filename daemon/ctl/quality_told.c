/* quality_told: the report, out of what was counted. */
#include "quality_told.h"

#include <stdlib.h>
#include <string.h>

static json_int_t count(json_t *of, const char *key)
{
	return json_integer_value(json_object_get(of, key));
}

static int by_size(const void *a, const void *b)
{
	const json_int_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The value that so many of 100 do not exceed: nearest rank. */
static json_int_t rank(const json_int_t *sorted, size_t n, size_t percent)
{
	size_t at = (n * percent + 99) / 100;

	return sorted[at > 0 ? at - 1 : 0];
}

static json_t *times_told(json_t *times)
{
	size_t n = json_array_size(times);
	json_int_t *sorted = calloc(n + 1, sizeof *sorted);

	must(sorted != NULL);
	for (size_t i = 0; i < n; i++)
		sorted[i] = json_integer_value(json_array_get(times, i));
	qsort(sorted, n, sizeof *sorted, by_size);
	json_t *told = n == 0 ? json_null()
	                      : json_pack("{s:I, s:f, s:f, s:f}", "count", (json_int_t)n, "median",
	                                  (double)rank(sorted, n, 50) / 1000, "p90",
	                                  (double)rank(sorted, n, 90) / 1000, "fastest",
	                                  (double)sorted[0] / 1000);
	free(sorted);
	return told;
}

/* Every key, so that who reads it need not ask whether it is there. */
static json_t *with_all(json_t *counts, const char *const *keys)
{
	json_t *told = json_object();

	for (; *keys != NULL; keys++)
		json_object_set_new(told, *keys, json_integer(count(counts, *keys)));
	return told;
}

/* --- rules --------------------------------------------------------------------------------------
 */

static json_int_t busy(json_t *rule)
{
	return count(rule, "held") + count(rule, "blocked") + count(rule, "approved") +
	       count(rule, "denied");
}

/* Before the first that is less busy; equal ones in the order of their ids. */
static void put_rule(json_t *all, json_t *rule)
{
	size_t at = 0;

	while (at < json_array_size(all) && busy(json_array_get(all, at)) >= busy(rule))
		at++;
	json_array_insert_new(all, at, rule);
}

static json_t *rules_told(const struct quality *q)
{
	static const char *const keys[] = {"held", "blocked", "approved", "denied", NULL};
	json_t *all = json_array(), *counts;
	const char *id;

	json_object_foreach(q->rules, id, counts)
	{
		json_t *rule = with_all(counts, keys);

		json_object_set_new(rule, "id", json_string(id));
		json_object_set_new(rule, "marked",
		                    json_boolean(count(rule, "approved") > q->marks.often));
		put_rule(all, rule);
	}
	return all;
}

/* --- people -------------------------------------------------------------------------------------
 */

static bool approves_nearly_all(const struct quality *q, json_t *who)
{
	json_int_t approved = count(who, "approved"), all = approved + count(who, "denied");

	return all > q->marks.often && approved * 100 >= all * q->marks.percent;
}

static json_t *physicians_told(const struct quality *q)
{
	static const char *const keys[] = {"approved", "denied", "quick", NULL};
	json_t *all = json_array(), *counts;
	const char *name;

	json_object_foreach(q->physicians, name, counts)
	{
		json_t *who = with_all(counts, keys);

		json_object_set_new(who, "person", json_string(name));
		json_object_set(who, "printed", json_object_get(counts, "printed"));
		json_object_set_new(who, "decide_s", times_told(json_object_get(counts, "times")));
		json_object_set_new(who, "marked", json_boolean(approves_nearly_all(q, who)));
		json_array_append_new(all, who);
	}
	return all;
}

/* --- days ---------------------------------------------------------------------------------------
 */

static int by_day(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static json_t *days_told(const struct quality *q)
{
	static const char *const keys[] = {"allowed",  "held",   "blocked",
	                                   "approved", "denied", NULL};
	size_t n = json_object_size(q->days), i = 0;
	const char **names = calloc(n + 1, sizeof *names), *day;
	json_t *all = json_array(), *counts;

	must(names != NULL);
	json_object_foreach(q->days, day, counts) names[i++] = day;
	qsort(names, n, sizeof *names, by_day);
	for (i = 0; i < n; i++) {
		json_t *one = with_all(json_object_get(q->days, names[i]), keys);

		json_object_set_new(one, "day", json_string(names[i]));
		json_array_append_new(all, one);
	}
	free(names);
	return all;
}

json_t *quality_end(struct quality *q)
{
	static const char *const sessions[] = {"open", "waited", "refused", "test_areas", NULL};
	static const char *const writes[] = {"allowed", "by_grant", "held", "blocked", NULL};
	static const char *const holds[] = {"opened",    "approved", "denied",
	                                    "withdrawn", "expired",  NULL};
	static const char *const misses[] = {"decimal_slip", "hard_limit", "screening", "device",
	                                     NULL};
	json_t *held = with_all(q->holds, holds);

	json_object_set_new(held, "decide_s", times_told(q->times));
	json_t *report = json_pack(
	        "{s:I, s:I, s:{s:I, s:I, s:I}, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:O}, s:o}",
	        "since", (json_int_t)q->since_ms, "until", (json_int_t)q->until_ms, "marks",
	        "often", (json_int_t)q->marks.often, "quick_s", (json_int_t)q->marks.quick_s,
	        "percent", (json_int_t)q->marks.percent, "sessions",
	        with_all(q->sessions, sessions), "writes", with_all(q->writes, writes), "holds",
	        held, "rules", rules_told(q), "physicians", physicians_told(q), "near_misses",
	        "counts", with_all(q->miss_counts, misses), "last", q->misses, "days",
	        days_told(q));
	for (size_t i = 0; i < ARRAY_LEN(q->object); i++)
		json_decref(q->object[i]);
	json_decref(q->misses);
	json_decref(q->times);
	free(q);
	return report;
}
