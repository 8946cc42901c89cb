/*
 * print: the gate's answers as an operator or physician reads them.
 */
#include "ctl.h"

#include <string.h>
#include <time.h>

#include "core/dose.h"

#define LINE 2048

const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

long long number_at(json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static bool is(json_t *object, const char *key, const char *text)
{
	return strcmp(text_at(object, key), text) == 0;
}

const char *demo_words(json_t *of)
{
	return json_is_true(json_object_get(of, "demo")) ? " (DEMO: not for patients)" : "";
}

void print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}

/* --- pieces ----------------------------------------------------------------------------------- */

const char *when(json_t *object, char *buf, size_t len)
{
	time_t at = (time_t)(number_at(object, "at") / 1000);
	struct tm local;

	localtime_r(&at, &local);
	strftime(buf, len, "%Y-%m-%d %H:%M:%S", &local);
	return buf;
}

void add_pairs(char *buf, size_t len, json_t *pairs)
{
	const char *name, *comma = "";
	json_t *value;

	json_object_foreach(pairs, name, value)
	{
		add(buf, len, "%s%s %s", comma, name, json_string_value(value));
		comma = ", ";
	}
}

void print_pairs(const char *label, json_t *pairs)
{
	char line[LINE] = "";

	if (json_object_size(pairs) == 0)
		return;
	add_pairs(line, sizeof line, pairs);
	say((int)strlen(label), "%s%s", label, line);
}

void print_different(const char *label, json_t *pairs, json_t *from)
{
	json_t *different = json_object(), *value;
	const char *name;

	json_object_foreach(pairs, name, value)
	{
		if (!json_equal(value, json_object_get(from, name)))
			json_object_set(different, name, value);
	}
	if (json_object_size(pairs) > 0 && json_object_size(different) == 0)
		say((int)strlen(label), "%sexactly what was asked", label);
	else if (json_object_size(different) == json_object_size(pairs))
		print_pairs(label, pairs);
	else if (json_object_size(different) > 0) {
		char line[LINE] = "";

		add_pairs(line, sizeof line, different);
		say((int)strlen(label), "%s%s, the rest as asked", label, line);
	}
	json_decref(different);
}

struct ends {
	char lo[48], hi[48];
};

/* "14..20 J/cm2" to "14 J/cm2" and "20 J/cm2"; an open end is "". False: no range. */
static bool take_ends(const char *text, struct ends *e)
{
	const char *dots = strstr(text, ".."), *unit = strrchr(text, ' ');
	int lo, hi;

	if (dots == NULL || strlen(text) >= sizeof e->lo)
		return false;
	if (unit == NULL || unit < dots)
		unit = text + strlen(text);
	lo = (int)(dots - text);
	hi = (int)(unit - dots) - 2;
	snprintf(e->lo, sizeof e->lo, "%.*s%s", lo, text, lo > 0 ? unit : "");
	snprintf(e->hi, sizeof e->hi, "%.*s%s", hi, dots + 2, hi > 0 ? unit : "");
	return true;
}

/* The dangerous side is the limit; the other end is what the source works with, and no limit. */
static void add_allowed(char *buf, size_t len, enum param p, const char *text)
{
	enum danger danger = p == PARAM_NONE ? DANGER_ANY : param_info(p)->danger;
	struct ends e;

	if (!take_ends(text, &e)) {
		add(buf, len, "%s", text);
		return;
	}
	const char *limit = danger == DANGER_DOWN ? e.lo : e.hi;
	const char *usual = danger == DANGER_DOWN ? e.hi : e.lo;
	bool above = limit == e.lo;

	if (danger == DANGER_ANY && e.lo[0] != '\0' && e.hi[0] != '\0')
		add(buf, len, "%s to %s", e.lo, e.hi);
	else if (danger == DANGER_ANY)
		add(buf, len, "%s %s", e.hi[0] != '\0' ? "up to" : "at least",
		    e.hi[0] != '\0' ? e.hi : e.lo);
	else if (limit[0] == '\0')
		add(buf, len, "any (usual %s %s)", above ? "up to" : "from", usual);
	else if (usual[0] == '\0')
		add(buf, len, "%s %s", above ? "at least" : "up to", limit);
	else
		add(buf, len, "%s %s (usual %s %s)", above ? "at least" : "up to", limit,
		    above ? "up to" : "from", usual);
}

static void add_hard(char *buf, size_t len, const char *text)
{
	struct ends e;

	if (!take_ends(text, &e))
		add(buf, len, "; never anything but %s", text);
	else if (e.lo[0] == '\0')
		add(buf, len, "; never above %s", e.hi);
	else if (e.hi[0] == '\0')
		add(buf, len, "; never below %s", e.lo);
	else
		add(buf, len, "; never outside %s to %s", e.lo, e.hi);
}

static const char *status_words(const char *letter)
{
	switch (letter[0]) {
	case 'A':
		return "allowed inside these limits";
	case 'T':
		return "only after a test area was read";
	case 'M':
		return "a physician decides on this patient";
	default:
		return "blocked unless two physicians decide";
	}
}

static const char *confidence_words(const char *letter)
{
	switch (letter[0]) {
	case 'P':
		return "primary source";
	case 'S':
		return "secondary source";
	case 'X':
		return "extrapolated";
	default:
		return "recalled, to be confirmed";
	}
}

/* --- reasons ---------------------------------------------------------------------------------- */

/* "HELD     fluence … is above … [row; source]" and the way forward below it. */
void print_reasons(json_t *reasons, int indent)
{
	size_t i;
	json_t *r;

	json_array_foreach(reasons, i, r)
	{
		const char *kind = text_at(r, "kind"), *source = text_at(r, "source");
		const char *id = text_at(r, "id"), *text = text_at(r, "text");
		const char *sure = text_at(r, "confidence");
		char line[LINE] = "", named[80];
		bool said;

		snprintf(named, sizeof named, "(%s)", id);
		said = strstr(text, named) != NULL; /* the sentence names its row already */
		add(line, sizeof line, "%*s%s%-8s%s %s", indent, "", ink(kind), kind, ink_off(),
		    text);
		if (json_is_true(json_object_get(r, "cleared")))
			add(line, sizeof line, " (cleared by a physician)");
		if (source[0] != '\0')
			add(line, sizeof line, "  [%s%s%s%s%s]", said ? "" : id, said ? "" : "; ",
			    source, sure[0] == '\0' ? "" : ", ",
			    sure[0] == '\0' ? "" : confidence_words(sure));
		say(indent + 9, "%s", line);
		if (text_at(r, "way")[0] != '\0')
			say(indent + 12, "%*s-> %s", indent + 9, "", text_at(r, "way"));
	}
}

/* --- devices ---------------------------------------------------------------------------------- */

const char *left_words(json_t *hold, char *buf, size_t len)
{
	static const char *const live[] = {"open", "checking", "granted", "in_force"};
	long long left = number_at(hold, "seconds_left");

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(live) && left > 0; i++) {
		if (!is(hold, "state", live[i]))
			continue;
		if (left > 120)
			snprintf(buf, len, ", %lld min left", (left + 59) / 60);
		else
			snprintf(buf, len, ", %lld s left", left);
	}
	return buf;
}

static void print_hold_line(json_t *h)
{
	char left[40];

	if (json_is_object(h))
		say(4, "  hold %lld: %s%s", number_at(h, "id"), text_at(h, "state_words"),
		    left_words(h, left, sizeof left));
	if (json_is_object(h))
		print_seen(h);
}

static const char *session_words(json_t *s)
{
	return is(s, "state", "open") ? "open"
	                              : "waits for a physician: no setting passes until then";
}

static void print_last(json_t *last)
{
	if (json_is_object(last))
		say(4, "  last write: %s%s%s", ink(text_at(last, "verdict")), text_at(last, "text"),
		    ink_off());
}

/* Said when it is not fed, or is about to be not; at length always. */
static void print_heartbeat(json_t *h, bool long_form)
{
	bool fed = json_is_true(json_object_get(h, "fed"));
	const char *why = text_at(h, "why");

	if (!json_is_object(h) || (fed && why[0] == '\0' && !long_form))
		return;
	if (fed && why[0] == '\0')
		say(4,
		    "  heartbeat: fed every %lld ms, %lld so far; without it standby after %lld ms",
		    number_at(h, "every_ms"), number_at(h, "beats"),
		    number_at(h, "standby_after_ms"));
	else
		say(4, "  heartbeat: %s%s%s", fed ? "late: " : "NOT FED: ",
		    why[0] != '\0' ? why : "the first one is under way",
		    fed ? "" : "; the device falls to standby, and cannot be armed");
}

void print_device(json_t *d, bool long_form)
{
	json_t *s = json_object_get(d, "session");

	say(4, "%s (unit %lld, %s at %s): %s", text_at(d, "name"), number_at(d, "unit"),
	    text_at(d, "profile"), text_at(d, "address"),
	    is(d, "link", "up") ? text_at(d, "state_words") : "DOES NOT ANSWER");
	print_link(d, long_form);
	if (text_at(d, "alarm")[0] != '\0')
		say(4, "  %sALARM%s %s; no setting passes until it is cleared", ink("BLOCKED"),
		    ink_off(), text_at(d, "alarm"));
	print_heartbeat(json_object_get(d, "heartbeat"), long_form);
	if (json_is_true(json_object_get(d, "outcome_unknown")))
		say(4, "  the outcome of the last write is not known yet");
	print_pairs("  set: ", json_object_get(d, "settings"));
	if (text_at(json_object_get(d, "lease"), "text")[0] != '\0')
		say(4, "  %s", text_at(json_object_get(d, "lease"), "text"));
	if (long_form)
		say(4, "  serial %s, firmware %s, handpiece %s, pulses so far: %lld",
		    text_at(d, "serial"), text_at(d, "firmware"), text_at(d, "handpiece"),
		    number_at(d, "pulses"));
	if (json_is_object(s)) {
		say(4, "  session %lld: patient %s, %s, %s, operator %s: %s", number_at(s, "id"),
		    text_at(s, "patient"), text_at(s, "indication"), text_at(s, "site"),
		    text_at(s, "operator"), session_words(s));
		print_hold_line(json_object_get(s, "hold"));
	} else if (text_at(d, "device_class")[0] != '\0') {
		say(4, "  no session: no setting passes");
	}
	print_last(json_object_get(d, "last"));
}

/* --- sessions --------------------------------------------------------------------------------- */

void print_facts(json_t *facts)
{
	size_t i;
	json_t *f;

	json_array_foreach(facts, i, f)
	{
		const char *answer = text_at(f, "answer"), *counts = text_at(f, "counts_as");
		bool other = counts[0] != '\0' && strcmp(counts, answer) != 0;

		bool derived = json_is_true(json_object_get(f, "derived"));

		say(24, "    %-18s  %s%s%s%s%s", text_at(f, "name"), answer,
		    other ? " (counts as " : "", other ? counts : "", other ? ")" : "",
		    derived ? " (worked out of past treatments)" : "");
	}
}

static void print_limit(json_t *row, json_t *l)
{
	const char *name = text_at(l, "parameter");
	char line[LINE] = "";

	add(line, sizeof line, "        %-13s  ", name);
	add_allowed(line, sizeof line, param_named(name), text_at(l, "allowed"));
	if (text_at(l, "hard")[0] != '\0')
		add_hard(line, sizeof line, text_at(l, "hard"));
	if (strcmp(text_at(l, "by"), text_at(row, "row")) != 0)
		add(line, sizeof line, "  (narrowed by %s)", text_at(l, "by"));
	say(23, "%s", line);
}

static void print_limits(json_t *limits)
{
	size_t i, j;
	json_t *row, *l;

	json_array_foreach(limits, i, row)
	{
		char with[LINE] = "";

		add_pairs(with, sizeof with, json_object_get(row, "select"));
		say(6, "    with %s: %s  [%s; %s, %s]", with, status_words(text_at(row, "status")),
		    text_at(row, "row"), text_at(row, "source"),
		    confidence_words(text_at(row, "confidence")));
		json_array_foreach(json_object_get(row, "limits"), j, l) print_limit(row, l);
	}
}

/* What to do next when it waits: the number is not found by looking. */
static void print_next(json_t *s)
{
	if (is(s, "state", "waiting"))
		say(2,
		    "next: dosegatectl --as %s hold ask %s --reason \"...\" gives the hold and the "
		    "number for the physician",
		    text_at(s, "operator"), text_at(s, "device"));
}

void print_session(json_t *s)
{
	bool other = strcmp(text_at(s, "skin_type"), text_at(s, "skin_as_assessed")) != 0;

	if (!json_is_object(s)) {
		puts("no session is open on this device");
		return;
	}
	say(4, "session %lld on %s: %s", number_at(s, "id"), text_at(s, "device"),
	    session_words(s));
	say(4, "  patient %s, %s, %s, operator %s", text_at(s, "patient"), text_at(s, "indication"),
	    text_at(s, "site"), text_at(s, "operator"));
	json_t *training = json_object_get(s, "training");
	if (json_is_true(json_object_get(training, "soon")))
		say(4, "  NOTE: the training of %s on this device ends on %s, in %lld days",
		    text_at(s, "operator"), text_at(training, "until"),
		    number_at(training, "days_left"));
	if (strcmp(text_at(s, "kind"), "test_spot") == 0)
		say(4, "  a test area only: %lld pulses left, then the device is stopped",
		    number_at(s, "pulses_left"));
	else if (json_is_integer(json_object_get(s, "pulses_left")))
		say(4, "  %lld pulses left of this session's budget", number_at(s, "pulses_left"));
	if (json_is_string(json_object_get(s, "energy_left")))
		say(4, "  %s left of this session's budget", text_at(s, "energy_left"));
	say(4, "  skin type %s%s%s%s", text_at(s, "skin_type"), other ? ", assessed as " : "",
	    other ? text_at(s, "skin_as_assessed") : "", other ? " and raised by a rule" : "");
	puts("  facts");
	print_facts(json_object_get(s, "facts"));
	if (json_array_size(json_object_get(s, "screening")) > 0)
		puts("  screening");
	print_reasons(json_object_get(s, "screening"), 4);
	printf("  limits for this patient, by library %s%s\n", text_at(s, "library"),
	       demo_words(s));
	print_limits(json_object_get(s, "limits"));
	print_hold_line(json_object_get(s, "hold"));
	print_next(s);
}

/* --- events ----------------------------------------------------------------------------------- */

static void add_changed(char *buf, size_t len, json_t *changed)
{
	const char *name, *comma = "";
	json_t *pair;

	json_object_foreach(changed, name, pair)
	{
		add(buf, len, "%s%s %s -> %s", comma, name,
		    json_string_value(json_array_get(pair, 0)),
		    json_string_value(json_array_get(pair, 1)));
		comma = ", ";
	}
	if (comma[0] != '\0')
		add(buf, len, ": ");
}

/* Whom it is about: a device, else a console, else a person. */
static void add_whom(char *buf, size_t len, json_t *body)
{
	static const char *const key[] = {"device", "console", "person"};

	for (size_t i = 0; i < ARRAY_LEN(key); i++) {
		if (text_at(body, key[i])[0] == '\0')
			continue;
		add(buf, len, "%s: ", text_at(body, key[i]));
		return;
	}
}

/* One event, one line: when, where, what was asked, what was decided and why. */
void print_event(json_t *e, bool numbered)
{
	json_t *body = json_object_get(e, "body");
	const char *kind = text_at(e, "kind"), *text = text_at(body, "text");
	bool said = strcmp(kind, "hold") == 0 && text_at(body, "person")[0] != '\0';
	char line[LINE] = "", at[32];

	if (numbered)
		add(line, sizeof line, "%6lld  ", number_at(e, "seq"));
	add(line, sizeof line, "%s  %-8s  %s", when(e, at, sizeof at), kind,
	    ink(text_at(body, "verdict")));
	add_whom(line, sizeof line, body);
	add_changed(line, sizeof line, json_object_get(body, "changed"));
	if (said)
		add(line, sizeof line, "%s asks: ", text_at(body, "person"));
	add(line, sizeof line, "%s%s", text[0] != '\0' ? text : text_at(body, "event"), ink_off());
	say(numbered ? 39 : 31, "%s", line);
	fflush(stdout);
}
