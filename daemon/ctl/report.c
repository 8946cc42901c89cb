/*
 * report: the quality report for the director and whoever governs: blocks, holds, overrides, near
 * misses, noisy rules, time to decide. Counted here, out of the ledger's rows (quality.h).
 */
#include "ctl.h"

#include <string.h>
#include <time.h>

#include "quality.h"

#define DAYS_USUAL 30
#define DAY_MS     INT64_C(86400000)
#define PAGE_ROWS  500

/* --- rows, from about the first that counts ------------------------------------------------------
 */

static json_t *page(struct rpc *r, json_int_t after, json_t *kinds, enum exit_code *code)
{
	return rpc_call(r, "ledger.rows", json_pack("{s:I, s:O?}", "after", after, "kinds", kinds),
	                code);
}

/* A row before which all are older, found by halving: a ledger of millions is not read through.
 * Where a clock was set back some may be older behind it too; they are left out one by one. */
static json_int_t begins_after(struct rpc *r, long long since_ms, enum exit_code *code)
{
	json_t *status = rpc_call(r, "status", json_object(), code);
	json_int_t low = 0, high = number_at(json_object_get(status, "ledger"), "rows");

	json_decref(status);
	while (high - low > PAGE_ROWS && *code == EXIT_DONE) {
		json_int_t middle = low + (high - low) / 2;
		json_t *some = page(r, middle, NULL, code);
		json_t *first = json_array_get(json_object_get(some, "rows"), 0);

		if (first == NULL || number_at(first, "at") >= since_ms)
			high = middle;
		else
			low = middle;
		json_decref(some);
	}
	return low;
}

/* A day earlier, so that holds and sessions that were open when the period began are known. */
static json_t *gather(struct rpc *r, long long since_ms, long long until_ms,
                      struct quality_marks marks, enum exit_code *code)
{
	struct quality *q = quality_begin(since_ms, until_ms, marks);
	json_t *kinds = quality_kinds(), *some, *row;
	json_int_t after = begins_after(r, since_ms - DAY_MS, code);
	bool more = true;
	size_t i;

	while (more && *code == EXIT_DONE) {
		some = page(r, after, kinds, code);
		json_array_foreach(json_object_get(some, "rows"), i, row) quality_take(q, row);
		after = number_at(some, "next");
		more = json_is_true(json_object_get(some, "more"));
		json_decref(some);
	}
	json_decref(kinds);
	return quality_end(q);
}

/* --- for people ----------------------------------------------------------------------------------
 */

static void print_times(json_t *times)
{
	if (json_is_object(times))
		say(4, "  decided after %.1f s (median), 9 of 10 within %.1f s, the fastest %.1f s",
		    json_real_value(json_object_get(times, "median")),
		    json_real_value(json_object_get(times, "p90")),
		    json_real_value(json_object_get(times, "fastest")));
}

static void print_sums(json_t *report)
{
	json_t *s = json_object_get(report, "sessions"), *w = json_object_get(report, "writes"),
	       *h = json_object_get(report, "holds");

	say(4, "sessions   %lld began, %lld waited for a physician, %lld refused; %lld test areas",
	    number_at(s, "open"), number_at(s, "waited"), number_at(s, "refused"),
	    number_at(s, "test_areas"));
	say(4, "settings   %lld allowed (%lld by a grant), %lld held, %lld blocked",
	    number_at(w, "allowed"), number_at(w, "by_grant"), number_at(w, "held"),
	    number_at(w, "blocked"));
	say(4, "holds      %lld opened, %lld approved, %lld denied, %lld withdrawn, %lld expired",
	    number_at(h, "opened"), number_at(h, "approved"), number_at(h, "denied"),
	    number_at(h, "withdrawn"), number_at(h, "expired"));
	print_times(json_object_get(h, "decide_s"));
}

static const char *mark(json_t *of)
{
	return json_is_true(json_object_get(of, "marked")) ? "  <- look at it" : "";
}

static void print_rules(json_t *report)
{
	json_t *rule;
	size_t i;

	printf("\n%-44s %7s %7s %8s %7s\n", "rules and rows", "held", "blocked", "approved",
	       "denied");
	json_array_foreach(json_object_get(report, "rules"), i, rule)
	{
		printf("%-44s %7lld %7lld %8lld %7lld%s\n", text_at(rule, "id"),
		       number_at(rule, "held"), number_at(rule, "blocked"),
		       number_at(rule, "approved"), number_at(rule, "denied"), mark(rule));
	}
}

static void print_physicians(json_t *report)
{
	long long quick_s = number_at(json_object_get(report, "marks"), "quick_s");
	json_t *who;
	size_t i;

	printf("\n%-44s %8s %7s %10s\n", "who decided", "approved", "denied", "too quick");
	json_array_foreach(json_object_get(report, "physicians"), i, who)
	{
		printf("%-44s %8lld %7lld %10lld%s\n", text_at(who, "printed"),
		       number_at(who, "approved"), number_at(who, "denied"),
		       number_at(who, "quick"), mark(who));
		print_times(json_object_get(who, "decide_s"));
	}
	say(4, "  too quick: in less than %lld s", quick_s);
}

static void print_misses(json_t *report)
{
	json_t *misses = json_object_get(report, "near_misses"), *one;
	json_t *counts = json_object_get(misses, "counts");
	char at[32];
	size_t i;

	printf("\n");
	say(4,
	    "near misses: %lld decimal points slipped, %lld beyond a hard limit, %lld sessions "
	    "screening said no to, %lld alarms",
	    number_at(counts, "decimal_slip"), number_at(counts, "hard_limit"),
	    number_at(counts, "screening"), number_at(counts, "device"));
	json_array_foreach(json_object_get(misses, "last"), i, one)
	{
		say(23, "%s  %s: %s", when(one, at, sizeof at), text_at(one, "device"),
		    text_at(one, "text"));
	}
}

static void print_report(json_t *report, long long days)
{
	printf("the last %lld days\n", days);
	print_sums(report);
	if (json_array_size(json_object_get(report, "rules")) > 0)
		print_rules(report);
	if (json_array_size(json_object_get(report, "physicians")) > 0)
		print_physicians(report);
	print_misses(report);
}

enum exit_code cmd_report(const struct options *o)
{
	json_int_t days = DAYS_USUAL, often = QUALITY_OFTEN;
	long long now = (long long)time(NULL) * 1000;
	json_t *report = NULL;

	if ((o->since != NULL && !take_number("--since", o->since, 1, &days)) ||
	    (o->often != NULL && !take_number("--often", o->often, 0, &often)))
		return EXIT_USAGE;
	struct rpc *r = rpc_open(o);
	enum exit_code code = rpc_login(r, o);
	if (code == EXIT_DONE)
		report = gather(r, now - days * DAY_MS, now + DAY_MS,
		                (struct quality_marks){often, QUALITY_QUICK_S, QUALITY_PERCENT},
		                &code);
	if (code == EXIT_DONE && o->json)
		print_json(report);
	else if (code == EXIT_DONE)
		print_report(report, days);
	json_decref(report);
	rpc_close(r);
	return code;
}
