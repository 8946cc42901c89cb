#include "sim.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fault_row rows[FAULT_COUNT] = {
#define X(id, name, when, wire, args, ms, by, words) [id] = {name, when, wire, args, ms, by, words},
        FAULT_MAP(X)
#undef X
};

const struct fault_row *fault_row(enum fault_kind k)
{
	return &rows[k];
}

/* --- arguments
 * ------------------------------------------------------------------------------------ */

/* own 0: every fault takes it. A text has room and no range. */
static const struct argument {
	const char *name;
	unsigned own;
	size_t at, room;
	int lowest, highest;
	const char *words;
} arguments[] = {
        {"unit", 0, offsetof(struct fault, unit), 0, 0, 255, "only requests to this unit"},
        {"function", 0, offsetof(struct fault, function), 0, 1, 127, "only of this function"},
        {"address", 0, offsetof(struct fault, address), 0, 0, 65535,
         "only that touch this register"},
        {"count", 0, offsetof(struct fault, count), 0, 1, INT_MAX, "so many times"},
        {"after", 0, offsetof(struct fault, after), 0, 0, INT_MAX, "lets so many pass first"},
        {"chance", 0, offsetof(struct fault, chance), 0, 1, 100, "in percent"},
        {"for", 0, offsetof(struct fault, for_ms), 0, 1, INT_MAX,
         "ends after so many milliseconds"},
        {"seed", 0, offsetof(struct fault, seed), 0, 1, INT_MAX, "of its own random numbers"},
        {"ms", ARG_MS, offsetof(struct fault, ms), 0, 0, INT_MAX, "milliseconds"},
        {"code", ARG_CODE, offsetof(struct fault, code), 0, 1, 255, "the exception"},
        {"by", ARG_BY, offsetof(struct fault, by), 0, INT_MIN, INT_MAX, "how much"},
        {"name", ARG_NAME, offsetof(struct fault, name), sizeof((struct fault *)0)->name, 0, 0,
         "a register's name"},
        {"to", ARG_TO, offsetof(struct fault, to), sizeof((struct fault *)0)->to, 0, 0,
         "what it is then"},
};

static bool takes(enum fault_kind k, const struct argument *a)
{
	return a->own == 0 || (rows[k].args & a->own) != 0;
}

static const struct argument *argument_of(enum fault_kind k, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(arguments); i++) {
		if (takes(k, &arguments[i]) && strcmp(arguments[i].name, name) == 0)
			return &arguments[i];
	}
	return NULL;
}

static bool argument_unknown(enum fault_kind k, const char *name, char *why, size_t len)
{
	struct words known = {0};
	char what[64];

	for (size_t i = 0; i < ARRAY_LEN(arguments); i++) {
		if (takes(k, &arguments[i]))
			words_add(&known, arguments[i].name);
	}
	snprintf(what, sizeof what, "argument of %s", rows[k].name);
	words_explain(what, name, &known, why, len);
	return false;
}

static bool argument_put(struct fault *f, const struct argument *a, const char *value, char *why,
                         size_t len)
{
	char *end, *text = (char *)f + a->at;
	long number = strtol(value, &end, 0);

	if (a->room > 0) {
		if (*value != '\0' && (size_t)snprintf(text, a->room, "%s", value) < a->room)
			return true;
		snprintf(why, len, "%s=%s: %s has 1 to %zu characters", a->name, value, a->name,
		         a->room - 1);
		return false;
	}
	if (end != value && *end == '\0' && number >= a->lowest && number <= a->highest) {
		*(int *)(void *)text = (int)number;
		return true;
	}
	snprintf(why, len, "%s=%s: a whole number from %d to %d is wanted", a->name, value,
	         a->lowest, a->highest);
	return false;
}

/* "by=3": its two halves; the word is cut at "=". */
static bool argument_take(struct fault *f, char *word, char *why, size_t len)
{
	char *equals = strchr(word, '=');
	const struct argument *a;

	if (equals == NULL) {
		snprintf(why, len, "\"%s\" is no argument; one is NAME=VALUE, as in count=1", word);
		return false;
	}
	*equals = '\0';
	a = argument_of(f->kind, word);
	return a == NULL ? argument_unknown(f->kind, word, why, len)
	                 : argument_put(f, a, equals + 1, why, len);
}

/* --- a line
 * ---------------------------------------------------------------------------------------- */

static bool kind_take(const char *name, enum fault_kind *out, char *why, size_t len)
{
	struct words known = {0};

	for (int i = 0; i < FAULT_COUNT; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			*out = (enum fault_kind)i;
			return true;
		}
		words_add(&known, rows[i].name);
	}
	words_explain("fault", name, &known, why, len);
	return false;
}

static const char *to_by_default(enum fault_kind k)
{
	return k == FAULT_HANDPIECE  ? "9"
	       : k == FAULT_FIRMWARE ? "9.9"
	       : k == FAULT_SERIAL   ? "ZZZ-9"
	                             : "";
}

static struct fault fault_new(enum fault_kind k)
{
	struct fault f = {.kind = k,
	                  .unit = FAULT_ANY,
	                  .function = FAULT_ANY,
	                  .address = FAULT_ANY,
	                  .count = rows[k].when == ITSELF ? 1 : FAULT_ENDLESS,
	                  .chance = 100,
	                  .ms = rows[k].ms,
	                  .code = MB_DEVICE_FAILURE,
	                  .by = rows[k].by};

	snprintf(f.name, sizeof f.name, "%s", k == FAULT_DRIFT ? "fluence" : "");
	snprintf(f.to, sizeof f.to, "%s", to_by_default(k));
	return f;
}

/* What one argument alone does not show. */
static bool agrees(const struct device *d, const struct fault *f, char *why, size_t len)
{
	static const char *const other[] = {[TCP_WIRE] = "RTU", [RTU_WIRE] = "Modbus/TCP"};
	const struct fault_row *row = &rows[f->kind];
	const char *wrong = NULL;

	if ((row->args & ARG_NAME) != 0 && f->name[0] == '\0')
		wrong = "wants name=, the register that is turned";
	else if ((row->args & ARG_TO) != 0 && f->to[0] == '\0')
		wrong = "wants to=, what it is turned to, as in to=\"25 J/cm2\"";
	else if (row->when == ITSELF && f->after > 0 && !fault_aimed(f))
		wrong = "counts no requests when it acts by itself; aim it with function= or "
		        "address=, or say at 500 ms fault ...";
	if (wrong != NULL)
		snprintf(why, len, "%s %s", row->name, wrong);
	else if ((row->args & ARG_NAME) != 0 && device_row(d, f->name) == NULL)
		device_row_unknown(d, f->name, why, len);
	else if (row->wire != ANY_WIRE && d->wires != 0 && (d->wires & 1u << row->wire) == 0)
		snprintf(why, len,
		         "%s: there is no such thing in %s, and this device is on no "
		         "other line",
		         row->name, other[row->wire]);
	else
		return true;
	return false;
}

static bool fault_take(const struct device *d, const char *line, struct fault *f, char *why,
                       size_t len)
{
	struct line_words w;
	enum fault_kind kind;

	if (!words_split(line, &w, why, len) ||
	    !kind_take(w.n > 0 ? w.word[0] : "", &kind, why, len))
		return false;
	*f = fault_new(kind);
	for (int i = 1; i < w.n; i++) {
		if (!argument_take(f, w.word[i], why, len))
			return false;
	}
	return agrees(d, f, why, len);
}

bool faults_add(struct device *d, const char *line, char *why, size_t why_len)
{
	struct fault f;

	if (!fault_take(d, line, &f, why, why_len))
		return false;
	if (d->faults.n == FAULTS_MAX) {
		snprintf(why, why_len, "there are %d faults already", FAULTS_MAX);
		return false;
	}
	f.next_ms = d->now_ms;
	f.until_ms = f.for_ms > 0 ? d->now_ms + f.for_ms : INT64_MAX;
	if (f.kind == FAULT_REFUSE && f.ms > 0)
		f.until_ms = d->now_ms + f.ms;
	f.random = random_seed(f.seed > 0 ? (uint64_t)f.seed : d->faults.seed,
	                       (uint64_t)d->faults.added++);
	d->faults.fault[d->faults.n++] = f;
	return true;
}

void faults_clear(struct device *d)
{
	d->faults.n = 0;
}

/* --- shown
 * ------------------------------------------------------------------------------------------ */

static void put_argument(char *buf, size_t len, const struct fault *f, const struct argument *a)
{
	struct fault new = fault_new(f->kind);
	const char *text = (const char *)f + a->at, *was = (const char *)&new + a->at;
	size_t n = strlen(buf);

	if (a->room > 0 && strcmp(text, was) != 0)
		snprintf(buf + n, len - n, " %s=\"%s\"", a->name, text);
	else if (a->room == 0 && memcmp(text, was, sizeof(int)) != 0)
		snprintf(buf + n, len - n, " %s=%d", a->name, *(const int *)(const void *)text);
}

json_t *faults_list(const struct device *d)
{
	json_t *list = json_array();
	char line[300];

	for (int i = 0; i < d->faults.n; i++) {
		const struct fault *f = &d->faults.fault[i];

		snprintf(line, sizeof line, "%s", rows[f->kind].name);
		for (size_t k = 0; k < ARRAY_LEN(arguments); k++) {
			if (takes(f->kind, &arguments[k]))
				put_argument(line, sizeof line, f, &arguments[k]);
		}
		json_array_append_new(list, json_string(line));
	}
	return list;
}

static void print_kinds(enum fault_when when, const char *title)
{
	static const char *const wire[] = {"", " (Modbus/TCP)", " (RTU)"};

	printf("%s\n\n| fault | what it does | arguments of its own |\n|---|---|---|\n", title);
	for (int i = 0; i < FAULT_COUNT; i++) {
		if (rows[i].when != when)
			continue;
		printf("| `%s` | %s%s |", rows[i].name, rows[i].words, wire[rows[i].wire]);
		for (size_t k = 0; k < ARRAY_LEN(arguments); k++) {
			if (arguments[k].own != 0 && takes((enum fault_kind)i, &arguments[k]))
				printf(" `%s=`", arguments[k].name);
		}
		puts(" |");
	}
}

void faults_print(void)
{
	print_kinds(ASKED, "Faults of a request and its answer, until cleared:");
	print_kinds(
	        ITSELF,
	        "\nFaults of the device: at once and `count=` times (1), `ms=` apart; or, aimed at "
	        "requests,\nwhen such a one has been carried out:");
	puts("\nEvery fault takes:\n\n| argument | what it means |\n|---|---|");
	for (size_t k = 0; k < ARRAY_LEN(arguments); k++) {
		if (arguments[k].own == 0)
			printf("| `%s=` | %s |\n", arguments[k].name, arguments[k].words);
	}
}
