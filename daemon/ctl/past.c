/*
 * past: what was done before. Telling of treatments elsewhere, reading test areas, looking at a
 * patient's history.
 */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- told: "CLASS SITE WHEN [test_spot [READ_WHEN RESULT]] [NAME=VALUE, ...]" ----------------- */

#define ELSEWHERE_LIKE                                                                          \
	"CLASS SITE WHEN, as in \"co2_fractional face 60 d\" or \"ipl unknown 2026-05-31\"; a " \
	"test "                                                                                 \
	"area as \"ipl face 20 d test_spot 6 d clear\" (made, read, result); known settings "   \
	"behind it, "                                                                           \
	"as in \"... fluence=14 J/cm2, spot=18 mm\""

/* The next word, cut out; NULL at the end. */
static char *next_word(char **rest)
{
	char *word;

	do
		word = strsep(rest, " \t");
	while (word != NULL && word[0] == '\0');
	return word;
}

/* "60 d", "60d", "60" or a date: under the key for the one or for the other. */
static bool take_when(char **rest, json_t *to, const char *ago_key, const char *date_key)
{
	char *word = next_word(rest), *end;

	if (word == NULL)
		return false;
	if (strchr(word, '-') != NULL) {
		json_object_set_new(to, date_key, json_string(word));
		return true;
	}
	long days = strtol(word, &end, 10);
	if (end == word || (*end != '\0' && strcmp(end, "d") != 0))
		return false;
	if (*end == '\0' && *rest != NULL && strncmp(*rest, "d", 1) == 0 &&
	    ((*rest)[1] == '\0' || (*rest)[1] == ' '))
		(void)next_word(rest);
	json_object_set_new(to, ago_key, json_integer(days));
	return true;
}

/* "fluence=14 J/cm2, spot=18 mm", cut off the text they stand behind. */
static bool take_settings(char *text, json_t *to)
{
	char *equals = strchr(text, '='), *list = equals, *one, *value;
	json_t *settings;

	if (equals == NULL)
		return true;
	while (list > text && list[-1] != ' ')
		list--;
	if (list == text)
		return false;
	list[-1] = '\0';
	settings = json_object();
	json_object_set_new(to, "settings", settings);
	while ((one = strsep(&list, ",")) != NULL) {
		one += strspn(one, " ");
		if ((value = strchr(one, '=')) == NULL)
			return false;
		*value++ = '\0';
		json_object_set_new(settings, one, json_string(value));
	}
	return true;
}

static bool take_words(char *text, json_t *to)
{
	char *rest = text, *class = next_word(&rest), *site = next_word(&rest), *word;

	if (class == NULL || site == NULL)
		return false;
	json_object_set_new(to, "device_class", json_string(class));
	json_object_set_new(to, "site", json_string(site));
	if (!take_when(&rest, to, "days_ago", "date"))
		return false;
	if ((word = next_word(&rest)) == NULL)
		return true;
	json_object_set_new(to, "kind", json_string(word));
	if (rest == NULL)
		return true;
	if (!take_when(&rest, to, "read_days_ago", "read_date") ||
	    (word = next_word(&rest)) == NULL)
		return false;
	json_object_set_new(to, "result", json_string(word));
	return next_word(&rest) == NULL;
}

static bool take_told(char *text, json_t *to)
{
	return take_settings(text, to) && take_words(text, to);
}

/* False after saying what is wrong with it. "none" adds nothing. */
static bool add_told(json_t *list, const char *text)
{
	char words[200];
	json_t *one;

	if (strcmp(text, "none") == 0)
		return true;
	snprintf(words, sizeof words, "%s", text);
	one = json_object();
	if (strlen(text) < sizeof words && take_told(words, one)) {
		json_array_append_new(list, one);
		return true;
	}
	json_decref(one);
	say_to(stderr, 4, "elsewhere \"%s\": this is neither \"none\" nor " ELSEWHERE_LIKE, text);
	return false;
}

/* Asks until an empty line; the first one decides whether anything is known. */
static json_t *ask_elsewhere(void)
{
	json_t *list = json_array();
	char line[200];
	bool any = false;

	say(2, "Treatments of this patient elsewhere, or test areas made elsewhere, with laser, "
	       "light or "
	       "radiofrequency? One a line: " ELSEWHERE_LIKE);
	for (;;) {
		printf("  [%s]: ", any ? "another one, or nothing" : "none, one of them, unknown");
		fflush(stdout);
		if (fgets(line, sizeof line, stdin) == NULL)
			break;
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0' || (!any && strcmp(line, "unknown") == 0))
			break;
		if (!any && strcmp(line, "none") == 0)
			return list;
		any = add_told(list, line) || any;
	}
	if (any)
		return list;
	json_decref(list);
	return json_null();
}

json_t *told_elsewhere(const struct options *o)
{
	json_t *list;

	if (o->n_elsewhere == 0 && isatty(STDIN_FILENO))
		return ask_elsewhere();
	if (o->n_elsewhere == 0) {
		say_to(stderr, 4,
		       "--elsewhere not given, so it counts as not known what was done elsewhere "
		       "(none: --elsewhere none)");
		return json_null();
	}
	list = json_array();
	for (size_t i = 0; i < o->n_elsewhere; i++) {
		if (add_told(list, o->elsewhere[i]))
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static void print_read(json_t *r)
{
	say(2, "test area of %s with %s at %s: %s, read after %lld days", text_at(r, "patient"),
	    text_at(r, "device_class"), text_at(r, "site"), text_at(r, "result"),
	    number_at(r, "waited_days"));
	if (strcmp(text_at(r, "result"), "clear") == 0)
		say(2,
		    "the next session says whether that was long enough; a clear test area never "
		    "raises a limit");
}

enum exit_code cmd_test_read(const struct options *o)
{
	if (o->device_class == NULL || o->site == NULL || o->result == NULL) {
		say_to(stderr, 2,
		       "test read wants --class CLASS --site SITE --result clear|reaction (and "
		       "--reason TEXT, what was seen)");
		return EXIT_USAGE;
	}
	return signed_call(o, "test.read",
	                   json_pack("{s:s, s:s, s:s, s:s, s:s}", "patient", o->word[0],
	                             "device_class", o->device_class, "site", o->site, "result",
	                             o->result, "text", o->reason == NULL ? "" : o->reason),
	                   print_read);
}

/* --- history ------------------------------------------------------------------------------------
 */

static void print_row(json_t *row)
{
	json_t *body = json_object_get(row, "body");
	time_t at = (time_t)(number_at(row, "at") / 1000);
	char when[32];
	struct tm local;

	localtime_r(&at, &local);
	strftime(when, sizeof when, "%Y-%m-%d %H:%M", &local);
	say(20, "%s  %s%s%s%s%s: %s", when, text_at(body, "device_class"),
	    text_at(body, "site")[0] == '\0' ? "" : " ", text_at(body, "site"),
	    text_at(body, "day")[0] == '\0' ? "" : ", ", text_at(body, "day"),
	    text_at(body, "text"));
}

static void print_history(json_t *history)
{
	json_t *rows = json_object_get(history, "rows"), *row;
	size_t i;

	say(2, "%s: %zu entries, the newest last", text_at(history, "patient"),
	    json_array_size(rows));
	json_array_foreach(rows, i, row)
	{
		print_row(row);
	}
}

enum exit_code cmd_history(const struct options *o)
{
	return signed_call(o, "patient.history", json_pack("{s:s}", "patient", o->word[0]),
	                   print_history);
}
