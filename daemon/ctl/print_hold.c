/*
 * print_hold: a hold as the physician reads it, and what was decided about holds before.
 */
#include "ctl.h"

#include <string.h>

#define LINE 2048

static void print_history(json_t *history)
{
	char at[32];
	size_t i;
	json_t *h;

	if (json_array_size(history) > 0)
		puts("  history of this patient, newest last");
	json_array_foreach(history, i, h)
	        say(25, "    %s  %s", when(h, at, sizeof at), text_at(h, "text"));
}

/* "2026-05-31 14:03:27  P-4711 on alex: override approved by Dr. Phil Sage: fluence 21 J/cm2 … */
static void print_one_earlier(json_t *d)
{
	json_t *settings = json_object_get(d, "settings");
	char line[LINE] = "", at[32];

	add(line, sizeof line, "    %s  %s on %s: %s by %s, %s: %s", when(d, at, sizeof at),
	    text_at(d, "patient"), text_at(d, "device"), text_at(d, "meaning"),
	    text_at(d, "printed"), text_at(d, "reason_code"), text_at(d, "reason_text"));
	if (json_object_size(settings) > 0)
		add(line, sizeof line, "; ");
	add_pairs(line, sizeof line, settings);
	say(25, "%s", line);
}

void print_earlier(const char *title, json_t *decisions)
{
	size_t i;
	json_t *d;

	if (json_array_size(decisions) > 0)
		puts(title);
	json_array_foreach(decisions, i, d) print_one_earlier(d);
}

void print_seen(json_t *h)
{
	json_t *seen = json_object_get(h, "seen_by"), *one;
	char line[LINE] = "  seen by ";
	const char *comma = "";
	size_t i;

	json_array_foreach(seen, i, one)
	{
		add(line, sizeof line, "%s%s, %lld s ago", comma, text_at(one, "printed"),
		    number_at(one, "s_ago"));
		comma = "; ";
	}
	if (json_array_size(seen) > 0)
		say(10, "%s", line);
	json_array_foreach(json_object_get(h, "reminders"), i, one)
	{
		if (json_is_true(json_object_get(one, "asked")))
			say(10, "  asked to look: %s", text_at(one, "printed"));
		else
			say(10, "  to be asked in %lld s: %s", number_at(one, "in_s"),
			    text_at(one, "printed"));
	}
}

/* What a decision changed, without everything that was looked at before it. */
void print_decided(json_t *h)
{
	json_t *asked = json_object_get(h, "asked");
	char left[40];

	say(4, "hold %lld on %s, patient %s: %s%s", number_at(h, "id"), text_at(h, "device"),
	    text_at(h, "patient"), text_at(h, "state_words"), left_words(h, left, sizeof left));
	print_pairs("  asked    ", asked);
	print_different("  granted  ", json_object_get(h, "granted"), asked);
	if (text_at(h, "reason_text")[0] != '\0')
		say(11, "  reason   %s: %s", text_at(h, "reason_code"), text_at(h, "reason_text"));
	if (strcmp(text_at(h, "state"), "open") == 0)
		say(11, "  approvers needed: %lld, so far: %zu", number_at(h, "approvers_needed"),
		    json_array_size(json_object_get(h, "approvers")));
}

void print_hold(json_t *h)
{
	json_t *offer = json_object_get(h, "counter_offer"), *asked = json_object_get(h, "asked");
	const char *why = text_at(h, "ask_text");
	char left[40];

	say(4, "hold %lld (version %lld) on %s: %s%s", number_at(h, "id"), number_at(h, "version"),
	    text_at(h, "device"), text_at(h, "state_words"), left_words(h, left, sizeof left));
	say(4, "  patient %s, operator %s%s%s%s", text_at(h, "patient"), text_at(h, "operator"),
	    why[0] != '\0' ? ": \"" : "", why, why[0] != '\0' ? "\"" : "");
	print_pairs("  asked    ", asked);
	print_different("  granted  ", json_object_get(h, "granted"), asked);
	if (json_is_object(offer))
		print_different("  inside   ", offer, asked);
	puts("  because");
	print_reasons(json_object_get(h, "reasons"), 4);
	puts("  patient facts");
	print_facts(json_object_get(h, "facts"));
	say(4, "  approvers needed: %lld, so far: %zu", number_at(h, "approvers_needed"),
	    json_array_size(json_object_get(h, "approvers")));
	if (text_at(h, "reason_text")[0] != '\0')
		say(4, "  decided: %s: %s", text_at(h, "reason_code"), text_at(h, "reason_text"));
	print_seen(h);
	print_history(json_object_get(h, "history"));
	print_earlier("  earlier overrides for this patient", json_object_get(h, "overrides"));
	print_earlier("  earlier overrides of the same rules, for others",
	              json_object_get(h, "same_rules"));
	say(10, "  digest  %s", text_at(h, "digest"));
	if (text_at(h, "request_code")[0] != '\0')
		printf("  by telephone  %s\n", text_at(h, "request_code"));
}
