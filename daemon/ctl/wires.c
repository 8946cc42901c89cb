/*
 * wires: how the lines to devices do, what each console asks, and how theirs do.
 */
#include "ctl.h"

#include <string.h>

/* Appends what there is any of; the first behind `before`, the rest behind commas. */
static void add_count(char *buf, size_t len, const char **before, long long n, const char *words)
{
	if (n == 0)
		return;
	add(buf, len, "%s%s %lld", *before, words, n);
	*before = ", ";
}

/* --- to a device ------------------------------------------------------------------------- */

static const struct {
	const char *key, *words;
} link_troubles[] = {
        {"silent", "not answered in time"},
        {"wrong", "answered wrongly"},
        {"bad_sum", "wrong check sums"},
        {"late", "answered too late"},
        {"lost", "lost"},
};

/* Why it does not answer, if it does not; and, to look for a bad cable, how well the line does. */
void print_link(json_t *d, bool long_form)
{
	json_t *t = json_object_get(d, "traffic");
	const char *trouble = text_at(t, "last_trouble"), *before = "; ";
	bool down = strcmp(text_at(d, "link"), "up") != 0;
	char line[400] = "";

	if (down && trouble[0] != '\0')
		say(4, "  %s", trouble);
	if (!long_form)
		return;
	add(line, sizeof line, "  line: requests %lld", number_at(t, "sent"));
	for (size_t i = 0; i < ARRAY_LEN(link_troubles); i++)
		add_count(line, sizeof line, &before, number_at(t, link_troubles[i].key),
		          link_troubles[i].words);
	say(8, "%s%s%s%s", line, before[0] == ';' ? ", all answered" : "",
	    !down && trouble[0] != '\0' ? "; last: " : "", down ? "" : trouble);
}

/* --- consoles ---------------------------------------------------------------------------- */

static json_t *line_named(json_t *status, const char *name)
{
	json_t *line;
	size_t i;

	json_array_foreach(json_object_get(status, "console_lines"), i, line)
	{
		if (strcmp(text_at(line, "line"), name) == 0)
			return line;
	}
	return NULL;
}

static const char *ago(long long ms, char *buf, size_t len)
{
	const long long s = ms / 1000;

	if (s < 120)
		snprintf(buf, len, "%lld s ago", s);
	else if (s < 7200)
		snprintf(buf, len, "%lld min ago", s / 60);
	else
		snprintf(buf, len, "%lld h ago", s / 3600);
	return buf;
}

/* " sets alex, rf" */
static void add_what_it_sets(char *buf, size_t len, json_t *status, const char *console)
{
	const char *before = "  sets ";
	json_t *d;
	size_t i;

	json_array_foreach(json_object_get(status, "devices"), i, d)
	{
		if (strcmp(text_at(json_object_get(d, "lease"), "console"), console) != 0)
			continue;
		add(buf, len, "%s%s", before, text_at(d, "name"));
		before = ", ";
	}
}

static void print_line(json_t *l)
{
	const char *before = "; ";
	char line[400] = "";

	add(line, sizeof line, "consoles on %s: %s%s; requests %lld", text_at(l, "line"),
	    json_is_true(json_object_get(l, "up")) ? "open" : "NOT OPEN: ", text_at(l, "trouble"),
	    number_at(l, "requests"));
	add_count(line, sizeof line, &before, number_at(l, "dropped"), "noise");
	add_count(line, sizeof line, &before, number_at(l, "foreign"), "frames of other units");
	add_count(line, sizeof line, &before, number_at(l, "broadcasts"), "for all units, ignored");
	say(4, "%s", line);
}

static void print_console(json_t *status, json_t *c)
{
	const char *name = text_at(c, "console");
	long long connections = number_at(c, "connections");
	char sets[200] = "", heard[40], with[64] = "";

	add_what_it_sets(sets, sizeof sets, status, name);
	if (line_named(status, name) == NULL)
		snprintf(with, sizeof with,
		         connections == 1 ? ", %lld connection" : ", %lld connections",
		         connections);
	int width = (int)(strlen(name) + strlen(with));
	say(4, "  %s%s%*s %9lld %8lld %8lld  %10s%s", name, with, width < 34 ? 34 - width : 0, "",
	    number_at(c, "requests"), number_at(c, "refused"), number_at(c, "over_budget"),
	    ago(number_at(c, "heard_ms"), heard, sizeof heard), sets);
}

void print_consoles(json_t *status, bool long_form)
{
	json_t *all = json_object_get(status, "console_traffic"), *one;
	size_t i;

	json_array_foreach(json_object_get(status, "console_lines"), i, one)
	{
		if (long_form || !json_is_true(json_object_get(one, "up")))
			print_line(one);
	}
	if (!long_form || json_array_size(all) == 0)
		return;
	printf("%-36s %9s %8s %8s  %10s\n", "consoles", "requests", "refused", "too many",
	       "last heard");
	json_array_foreach(all, i, one) print_console(status, one);
}
