#include "config_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_scan.h"

#define FILE_BYTES_MAX (1u << 20)

void wrong(const struct source *s, const config_setting_t *at, const char *format, ...)
{
	char text[sizeof((struct complaint *)0)->text];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	complain(s->complaints, s->file, line_of(at), "%s", text);
}

int line_of(const config_setting_t *at)
{
	return at == NULL ? 0 : (int)config_setting_source_line(at);
}

/* --- a file ---------------------------------------------------------------------------------- */

/* The bytes, terminated, or NULL with a complaint. The caller frees. */
static char *read_bytes(const struct source *s, const char *path, size_t *len)
{
	FILE *f = fopen(path, "rbe");
	char *bytes = f == NULL ? NULL : malloc(FILE_BYTES_MAX + 2);

	if (bytes == NULL) {
		complain(s->complaints, s->file, 0, "cannot be opened: %s", strerror(errno));
		if (f != NULL)
			fclose(f);
		return NULL;
	}
	*len = fread(bytes, 1, FILE_BYTES_MAX + 1, f);
	bool failed = ferror(f) != 0;

	fclose(f);
	bytes[*len] = '\0';
	if (!failed && *len <= FILE_BYTES_MAX)
		return bytes;
	complain(s->complaints, s->file, 0, "%s",
	         failed ? "cannot be read" : "is larger than 1 MiB; a configuration file is not");
	free(bytes);
	return NULL;
}

/* An empty file parses: that is a file whose key is missing, and said so by source_root. */
static bool parse(struct source *s, const char *bytes)
{
	config_init(&s->parsed);
	if (config_read_string(&s->parsed, bytes) == CONFIG_TRUE)
		return true;
	complain(s->complaints, s->file, config_error_line(&s->parsed),
	         "%s; from here on the file cannot be read (look for a missing comma, semicolon or "
	         "bracket just before)",
	         config_error_text(&s->parsed));
	config_destroy(&s->parsed);
	return false;
}

bool source_open(struct source *s, const char *path, struct complaints *c)
{
	size_t len = 0;
	size_t name = strlen(path);

	/* of a path too long to show, the end says more than the beginning */
	snprintf(s->file, sizeof s->file, "%s",
	         name < sizeof s->file ? path : path + name - sizeof s->file + 1);
	s->complaints = c;
	char *bytes = read_bytes(s, path, &len);

	if (bytes == NULL)
		return false;
	bool ok = scan_allows(s->file, bytes, len, c) && parse(s, bytes);

	free(bytes);
	return ok;
}

void source_close(struct source *s)
{
	config_destroy(&s->parsed);
}

const config_setting_t *source_root(const struct source *s, const char *name, int type)
{
	const config_setting_t *root = config_root_setting(&s->parsed);
	const struct key keys[] = {
	        {name, type == CONFIG_TYPE_GROUP ? KEY_GROUP : KEY_GROUPS, true}};

	KEYS_CHECK(s, root, keys);
	return key_at(root, name, keys[0].kind);
}

/* --- words ----------------------------------------------------------------------------------- */

void words_add(struct words *w, const char *word)
{
	if (w->n < ARRAY_LEN(w->word))
		w->word[w->n++] = word;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must change (Levenshtein), for words of up to 63 letters. */
static size_t word_distance(const char *a, const char *b)
{
	size_t row[64];
	size_t n = least(strlen(b), ARRAY_LEN(row) - 1);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t changed = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			row[j + 1] = least(changed, least(row[j], row[j + 1]) + 1);
		}
	}
	return row[n];
}

/* Near enough to be what was meant; NULL when none is. */
static const char *nearest(const char *text, const struct words *known)
{
	const char *best = NULL;
	size_t best_distance = strlen(text) / 2 + 1;

	for (size_t i = 0; i < known->n; i++) {
		size_t d = word_distance(text, known->word[i]);

		if (d < best_distance) {
			best_distance = d;
			best = known->word[i];
		}
	}
	return best;
}

void words_explain(const char *what, const char *text, const struct words *known, char *buf,
                   size_t len)
{
	const char *meant = nearest(text, known);
	char list[200] = "";
	size_t n = 0;

	if (meant != NULL) {
		snprintf(buf, len, "unknown %s \"%.60s\"; did you mean \"%s\"?", what, text, meant);
		return;
	}
	for (size_t i = 0; i < known->n && n < sizeof list; i++)
		n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i > 0 ? ", " : "",
		                      known->word[i]);
	snprintf(buf, len, "unknown %s \"%.60s\"; known are %s", what, text,
	         known->n > 0 ? list : "none");
}

int word_of(const struct source *s, const config_setting_t *at, const char *what, const char *text,
            const struct words *known)
{
	char why[sizeof((struct complaint *)0)->text];

	for (size_t i = 0; i < known->n; i++)
		if (strcmp(text, known->word[i]) == 0)
			return (int)i;
	words_explain(what, text, known, why, sizeof why);
	wrong(s, at, "%s", why);
	return -1;
}

/* --- keys ------------------------------------------------------------------------------------ */

static const char *const kind_words[] = {
        [KEY_TEXT] = "text in quotes",
        [KEY_INT] = "a plain integer",
        [KEY_FLAG] = "true or false",
        [KEY_GROUP] = "a group { ... }",
        [KEY_GROUPS] = "a list of groups ( { ... }, { ... } )",
        [KEY_TEXTS] = "a list of texts (\"...\", \"...\")",
        [KEY_INTS] = "a list of integers (1, 2)",
};

static bool all_are(const config_setting_t *at, int type)
{
	if (!config_setting_is_list(at) && !config_setting_is_array(at))
		return false;
	for (int i = 0; i < elems(at); i++)
		if (config_setting_type(elem(at, i)) != type)
			return false;
	return true;
}

static bool is_kind(const config_setting_t *at, enum key_kind kind)
{
	switch (kind) {
	case KEY_TEXT:
		return config_setting_type(at) == CONFIG_TYPE_STRING;
	case KEY_INT:
		return config_setting_type(at) == CONFIG_TYPE_INT;
	case KEY_FLAG:
		return config_setting_type(at) == CONFIG_TYPE_BOOL;
	case KEY_GROUP:
		return config_setting_is_group(at);
	case KEY_GROUPS:
		return all_are(at, CONFIG_TYPE_GROUP);
	case KEY_TEXTS:
		return all_are(at, CONFIG_TYPE_STRING);
	case KEY_INTS:
		return all_are(at, CONFIG_TYPE_INT);
	}
	return false;
}

static void key_check(const struct source *s, const config_setting_t *at, const struct key *keys,
                      size_t n)
{
	struct words known = {0};

	for (size_t i = 0; i < n; i++)
		words_add(&known, keys[i].name);
	int i = word_of(s, at, "key", config_setting_name(at), &known);

	if (i >= 0 && !is_kind(at, keys[i].kind))
		wrong(s, at, "%s is not %s", keys[i].name, kind_words[keys[i].kind]);
}

void keys_check(const struct source *s, const config_setting_t *group, const struct key *keys,
                size_t n)
{
	for (int i = 0; i < elems(group); i++)
		key_check(s, elem(group, i), keys, n);
	for (size_t i = 0; i < n; i++)
		if (keys[i].required && config_setting_get_member(group, keys[i].name) == NULL)
			wrong(s, group, "%s is missing; it is %s", keys[i].name,
			      kind_words[keys[i].kind]);
}

const config_setting_t *key_at(const config_setting_t *group, const char *name, enum key_kind kind)
{
	const config_setting_t *at = group == NULL ? NULL : config_setting_get_member(group, name);

	return at != NULL && is_kind(at, kind) ? at : NULL;
}

int elems(const config_setting_t *list)
{
	return list == NULL ? 0 : config_setting_length(list);
}

const config_setting_t *elem(const config_setting_t *list, int i)
{
	return config_setting_get_elem(list, (unsigned)i);
}

const char *elem_text(const config_setting_t *list, int i)
{
	return config_setting_get_string(elem(list, i));
}

const char *key_text(const config_setting_t *group, const char *name)
{
	const config_setting_t *at = key_at(group, name, KEY_TEXT);

	return at == NULL ? "" : config_setting_get_string(at);
}

bool flag_at(const config_setting_t *group, const char *name)
{
	const config_setting_t *at = key_at(group, name, KEY_FLAG);

	return at != NULL && config_setting_get_bool(at) != 0;
}
