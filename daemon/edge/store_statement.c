#include "store_files.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIRST_LINE   "dosegate library statement 1"
#define FILE_VERSION 1

static const char *const kind_name[] = {
#define X(id, name, words) [id] = name,
        STATEMENT_MAP(X)
#undef X
};
static const char *const kind_words[] = {
#define X(id, name, words) [id] = words,
        STATEMENT_MAP(X)
#undef X
};

const char *statement_kind_name(enum statement_kind k)
{
	return kind_name[k];
}

/* --- the text -------------------------------------------------------------------------------- */

static bool is_one_line(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

void statement_time(int64_t unix_ms, char *buf, size_t len)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	char day[32];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buf, len, "%s.%03dZ", day, (int)(unix_ms % 1000));
}

bool statement_text(const struct statement *s, char text[STATEMENT_LEN])
{
	bool activation = s->kind == STATEMENT_ACTIVATION;
	char at[48];

	if (!is_one_line(s->person) || !is_one_line(s->printed) || !is_one_line(s->proposer) ||
	    !is_one_line(s->reason) || s->at_unix_ms < 0)
		return false;
	statement_time(s->at_unix_ms, at, sizeof at);
	int n = snprintf(text, STATEMENT_LEN,
	                 FIRST_LINE "\n%s\nlibrary   %s\nfiles     %s\nperson    %s\n"
	                            "printed   %s\nat        %s\ndemo      %s\n%s   %s\n",
	                 kind_name[s->kind], s->library, s->files, s->person, s->printed, at,
	                 s->demo ? "yes: nobody signed this" : "no",
	                 activation ? "reason " : "note   ", s->reason);
	must(n > 0 && n < STATEMENT_LEN);
	if (activation)
		n += snprintf(text + n, STATEMENT_LEN - (size_t)n, "before    %s\nproposer  %s\n",
		              s->before[0] != '\0' ? s->before : "none", s->proposer);
	n += snprintf(text + n, STATEMENT_LEN - (size_t)n, "%s\n", kind_words[s->kind]);
	must(n < STATEMENT_LEN);
	return true;
}

/* --- there and back -------------------------------------------------------------------------- */

json_t *statement_json(const struct statement *s)
{
	char text[STATEMENT_LEN];

	if (!statement_text(s, text))
		return NULL;
	json_t *all =
	        json_pack("{s:i, s:s, s:b, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "version",
	                  FILE_VERSION, "kind", kind_name[s->kind], "demo", s->demo, "library",
	                  s->library, "files", s->files, "person", s->person, "printed", s->printed,
	                  "at", (json_int_t)s->at_unix_ms, "reason", s->reason, "text", text, "key",
	                  s->key, "signature", s->signature);
	if (all != NULL && s->kind == STATEMENT_ACTIVATION)
		json_object_update_new(
		        all, json_pack("{s:s, s:s}", "before", s->before, "proposer", s->proposer));
	return all;
}

static bool is_hash(const char *text)
{
	return strlen(text) == STORE_HASH_LEN - 1 &&
	       strspn(text, "0123456789abcdef") == STORE_HASH_LEN - 1;
}

static bool take(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (n >= size)
		return false;
	memcpy(to, from, n + 1);
	return true;
}

/* Each fits, and what is a hash looks like one. */
static bool take_members(struct statement *s, const char *const value[9])
{
	return is_hash(value[0]) && take(s->library, sizeof s->library, value[0]) &&
	       is_hash(value[1]) && take(s->files, sizeof s->files, value[1]) &&
	       take(s->person, sizeof s->person, value[2]) &&
	       take(s->printed, sizeof s->printed, value[3]) &&
	       take(s->reason, sizeof s->reason, value[4]) &&
	       take(s->key, sizeof s->key, value[5]) &&
	       take(s->signature, sizeof s->signature, value[6]) &&
	       (value[7][0] == '\0' || is_hash(value[7])) &&
	       take(s->before, sizeof s->before, value[7]) &&
	       take(s->proposer, sizeof s->proposer, value[8]);
}

bool statement_take(json_t *all, struct statement *out, const char **text)
{
	struct statement s = {0};
	const char *kind, *value[9] = {[7] = "", [8] = ""};
	int version, demo;
	json_int_t at;

	if (json_unpack(all,
	                "{s:i, s:s, s:b, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s?s, s?s !}",
	                "version", &version, "kind", &kind, "demo", &demo, "library", &value[0],
	                "files", &value[1], "person", &value[2], "printed", &value[3], "at", &at,
	                "reason", &value[4], "text", text, "key", &value[5], "signature", &value[6],
	                "before", &value[7], "proposer", &value[8]) != 0 ||
	    version != FILE_VERSION || !take_members(&s, value))
		return false;
	while (strcmp(kind_name[s.kind], kind) != 0)
		if (++s.kind == ARRAY_LEN(kind_name))
			return false;
	s.demo = demo != 0;
	s.at_unix_ms = at;
	*out = s;
	return true;
}
