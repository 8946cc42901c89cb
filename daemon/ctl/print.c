/*
 * print: the gate's answers as an operator or physician reads them.
 */
#include "ctl.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

void print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}

/* "2026-05-31 14:03:27", in the reader's own time; times travel as Unix milliseconds. */
static const char *when(json_t *object, char *buf, size_t len)
{
	time_t at = (time_t)(json_integer_value(json_object_get(object, "at")) / 1000);
	struct tm local;

	localtime_r(&at, &local);
	strftime(buf, len, "%Y-%m-%d %H:%M:%S", &local);
	return buf;
}

/* Colour only for people. */
static const char *ink(const char *kind)
{
	if (!isatty(STDOUT_FILENO))
		return "";
	if (strcmp(kind, "BLOCKED") == 0 || strcmp(kind, "refused") == 0)
		return "\033[31m";
	if (strcmp(kind, "HELD") == 0)
		return "\033[33m";
	if (strcmp(kind, "ALLOWED") == 0)
		return "\033[32m";
	return "\033[0m";
}

static const char *ink_off(void)
{
	return isatty(STDOUT_FILENO) ? "\033[0m" : "";
}

static void print_pairs(const char *label, json_t *pairs)
{
	const char *name;
	json_t *value;
	bool first = true;

	if (json_object_size(pairs) == 0)
		return;
	printf("%s", label);
	json_object_foreach(pairs, name, value)
	{
		printf("%s%s %s", first ? "" : ", ", name, json_string_value(value));
		first = false;
	}
	putchar('\n');
}

void print_reasons(json_t *reasons, const char *indent)
{
	size_t i;
	json_t *r;

	json_array_foreach(reasons, i, r)
	{
		const char *kind = text_at(r, "kind"), *source = text_at(r, "source");
		bool cleared = json_is_true(json_object_get(r, "cleared"));

		printf("%s%s%-8s%s%s%s", indent, ink(kind), kind, ink_off(), text_at(r, "text"),
		       cleared ? " (cleared by a physician)" : "");
		if (source[0] != '\0')
			printf("  [%s; %s]", text_at(r, "id"), source);
		else if (text_at(r, "id")[0] != '\0')
			printf("  [%s]", text_at(r, "id"));
		putchar('\n');
		if (json_is_true(json_object_get(r, "tenfold")))
			printf("%s        ten times the usual: check the decimal point\n", indent);
		if (text_at(r, "way")[0] != '\0')
			printf("%s        -> %s\n", indent, text_at(r, "way"));
	}
}

static void print_hold_line(json_t *h)
{
	if (!json_is_object(h))
		return;
	printf("  hold %lld: %s", (long long)json_integer_value(json_object_get(h, "id")),
	       text_at(h, "state_words"));
	long long left = (long long)json_integer_value(json_object_get(h, "seconds_left"));
	if (left > 0)
		printf(", %lld s left", left);
	putchar('\n');
}

void print_device(json_t *d, bool long_form)
{
	json_t *s = json_object_get(d, "session"), *last = json_object_get(d, "last");

	printf("%s (unit %lld, %s at %s): %s\n", text_at(d, "name"),
	       (long long)json_integer_value(json_object_get(d, "unit")), text_at(d, "profile"),
	       text_at(d, "address"),
	       strcmp(text_at(d, "link"), "up") == 0 ? text_at(d, "state_words")
	                                             : "does not answer");
	if (text_at(d, "alarm")[0] != '\0')
		printf("  %sALARM%s %s\n", ink("BLOCKED"), ink_off(), text_at(d, "alarm"));
	if (json_is_true(json_object_get(d, "outcome_unknown")))
		printf("  the outcome of the last write is not known yet\n");
	print_pairs("  set: ", json_object_get(d, "settings"));
	if (long_form)
		printf("  serial %s, firmware %s, handpiece %s, %lld pulses\n",
		       text_at(d, "serial"), text_at(d, "firmware"), text_at(d, "handpiece"),
		       (long long)json_integer_value(json_object_get(d, "pulses")));
	if (json_is_object(s)) {
		printf("  session %lld: patient %s, %s, %s, by %s: %s\n",
		       (long long)json_integer_value(json_object_get(s, "id")),
		       text_at(s, "patient"), text_at(s, "indication"), text_at(s, "site"),
		       text_at(s, "operator"),
		       strcmp(text_at(s, "state"), "open") == 0 ? "open" : "waits for a physician");
		print_hold_line(json_object_get(s, "hold"));
	} else if (text_at(d, "device_class")[0] != '\0') {
		printf("  no session\n");
	}
	if (json_is_object(last))
		printf("  last write: %s%s%s\n", ink(text_at(last, "verdict")),
		       text_at(last, "text"), ink_off());
}

static void print_facts(json_t *facts)
{
	size_t i;
	json_t *f;

	json_array_foreach(facts, i, f)
	{
		const char *answer = text_at(f, "answer"), *counts = text_at(f, "counts_as");

		printf("    %-16s %s", text_at(f, "name"), answer);
		if (counts[0] != '\0' && strcmp(counts, answer) != 0)
			printf("  (counts as %s)", counts);
		putchar('\n');
	}
}

static void print_limits(json_t *limits)
{
	size_t i, j;
	json_t *row, *l;

	json_array_foreach(limits, i, row)
	{
		printf("    %s, status %s  [%s, %s]\n", text_at(row, "row"), text_at(row, "status"),
		       text_at(row, "source"), text_at(row, "confidence"));
		print_pairs("      for ", json_object_get(row, "select"));
		json_array_foreach(json_object_get(row, "limits"), j, l)
		{
			printf("      %s %s", text_at(l, "parameter"), text_at(l, "allowed"));
			if (text_at(l, "hard")[0] != '\0')
				printf(", never beyond %s", text_at(l, "hard"));
			if (strcmp(text_at(l, "by"), text_at(row, "row")) != 0)
				printf("  (narrowed by %s)", text_at(l, "by"));
			putchar('\n');
		}
	}
}

void print_session(json_t *s)
{
	if (!json_is_object(s)) {
		puts("no session is open on this device");
		return;
	}
	printf("session %lld on %s: %s\n", (long long)json_integer_value(json_object_get(s, "id")),
	       text_at(s, "device"),
	       strcmp(text_at(s, "state"), "open") == 0
	               ? "open"
	               : "waits for a physician: no setting passes until then");
	printf("  patient %s, %s, %s, operator %s\n", text_at(s, "patient"),
	       text_at(s, "indication"), text_at(s, "site"), text_at(s, "operator"));
	printf("  skin type %s", text_at(s, "skin_type"));
	if (strcmp(text_at(s, "skin_type"), text_at(s, "skin_as_assessed")) != 0)
		printf(" (assessed as %s)", text_at(s, "skin_as_assessed"));
	puts("\n  facts:");
	print_facts(json_object_get(s, "facts"));
	if (json_array_size(json_object_get(s, "screening")) > 0)
		puts("  screening:");
	print_reasons(json_object_get(s, "screening"), "    ");
	puts("  limits:");
	print_limits(json_object_get(s, "limits"));
	print_hold_line(json_object_get(s, "hold"));
}

static void print_history(json_t *history)
{
	char at[32];
	size_t i;
	json_t *h;

	json_array_foreach(history, i, h)
	        printf("    %s  %s\n", when(h, at, sizeof at), text_at(h, "text"));
}

void print_hold(json_t *h)
{
	json_t *approvers = json_object_get(h, "approvers");

	printf("hold %lld (version %lld) on %s: %s\n",
	       (long long)json_integer_value(json_object_get(h, "id")),
	       (long long)json_integer_value(json_object_get(h, "version")), text_at(h, "device"),
	       text_at(h, "state_words"));
	long long left = (long long)json_integer_value(json_object_get(h, "seconds_left"));
	if (left > 0)
		printf("  %lld s left\n", left);
	printf("  patient %s, asked by %s", text_at(h, "patient"), text_at(h, "operator"));
	if (text_at(h, "ask_text")[0] != '\0')
		printf(": \"%s\"", text_at(h, "ask_text"));
	putchar('\n');
	print_pairs("  asked:   ", json_object_get(h, "asked"));
	print_pairs("  granted: ", json_object_get(h, "granted"));
	puts("  because:");
	print_reasons(json_object_get(h, "reasons"), "    ");
	if (json_is_object(json_object_get(h, "counter_offer")))
		print_pairs("  inside the limits would be: ", json_object_get(h, "counter_offer"));
	puts("  patient facts:");
	print_facts(json_object_get(h, "facts"));
	printf("  approvers needed: %lld, so far: %zu\n",
	       (long long)json_integer_value(json_object_get(h, "approvers_needed")),
	       json_array_size(approvers));
	if (text_at(h, "reason_text")[0] != '\0')
		printf("  decided: %s: %s\n", text_at(h, "reason_code"), text_at(h, "reason_text"));
	if (json_array_size(json_object_get(h, "history")) > 0)
		puts("  history of this patient, newest last:");
	print_history(json_object_get(h, "history"));
}

static void print_changed(json_t *changed)
{
	const char *name;
	json_t *pair;

	json_object_foreach(changed, name, pair)
	        printf(" %s %s -> %s;", name, json_string_value(json_array_get(pair, 0)),
	               json_string_value(json_array_get(pair, 1)));
}

/* One event, one line: when, where, what was asked, what was decided and why. */
void print_event(json_t *e)
{
	json_t *body = json_object_get(e, "body");
	const char *kind = text_at(e, "kind"), *verdict = text_at(body, "verdict");
	const char *device = text_at(body, "device");
	char at[32];

	printf("%s  %s%-8s%s ", when(e, at, sizeof at), ink(verdict[0] ? verdict : kind), kind,
	       ink_off());
	if (device[0] != '\0')
		printf("%s:", device);
	print_changed(json_object_get(body, "changed"));
	if (text_at(body, "event")[0] != '\0')
		printf(" %s,", text_at(body, "event"));
	printf(" %s\n", text_at(body, "text"));
	fflush(stdout);
}
