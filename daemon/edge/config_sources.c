#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"
#include "core/text.h"

static const struct key reference_keys[] = {
        {"key", KEY_TEXT, true},
        {"title", KEY_TEXT, true},
        {"read", KEY_TEXT, true},
};

/* How far a source was read. */
static const struct words reads = {
        7,
        {"abstract", "part of abstract", "page", "first page", "opening", "summary", "secondary"}};

static const struct reference *reference_of(const struct library *lib, const char *key)
{
	for (int i = 0; i < lib->n_references; i++)
		if (strcmp(lib->reference[i].key, key) == 0)
			return &lib->reference[i];
	return NULL;
}

static void key_take(const struct source *s, const config_setting_t *group,
                     const struct library *lib, struct reference *r)
{
	static const char letters[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const config_setting_t *at = key_at(group, "key", KEY_TEXT);

	if (at == NULL || !take_text(s, group, "key", r->key, sizeof r->key))
		return;
	if (r->key[0] == '\0' || strspn(r->key, letters) != strlen(r->key))
		wrong(s, at, "key \"%s\" is none; letters and digits make one, as in \"OPT58\"",
		      r->key);
	const struct reference *twin = reference_of(lib, r->key);

	if (twin != NULL)
		wrong(s, at, "the source \"%s\" is there already, on line %d", r->key, twin->line);
}

static void reference_take(const struct source *s, const config_setting_t *group,
                           const struct library *lib, struct reference *r)
{
	const config_setting_t *title = key_at(group, "title", KEY_TEXT);

	KEYS_CHECK(s, group, reference_keys);
	r->line = line_of(group);
	key_take(s, group, lib, r);
	take_text(s, group, "title", r->title, sizeof r->title);
	if (title != NULL && key_text(group, "title")[0] == '\0')
		wrong(s, title, "title is empty; say what %s is, so that people can find it",
		      r->key);
	int read = word_at(s, group, "read", &reads);

	if (read >= 0)
		memcpy(r->read, reads.word[read], strlen(reads.word[read]) + 1);
}

void sources_load(const char *file, struct config *out, struct complaints *c)
{
	struct library *lib = &out->library;
	struct source s;

	out->reference = calloc(REFERENCES_MAX, sizeof *out->reference);
	must(out->reference != NULL);
	lib->reference = out->reference;
	if (!source_open(&s, file, c))
		return;
	const config_setting_t *list = source_root(&s, "sources", CONFIG_TYPE_LIST);

	if (list != NULL && (elems(list) == 0 || elems(list) > REFERENCES_MAX))
		wrong(&s, list, "sources has %d; 1 to %d are wanted", elems(list), REFERENCES_MAX);
	for (int i = 0; i < elems(list) && i < REFERENCES_MAX; i++) {
		reference_take(&s, elem(list, i), lib, &out->reference[i]);
		lib->n_references++;
	}
	source_close(&s);
}

/* Where sources.cfg gave none, that was complained of. */
static void keys_known(const struct source *s, const config_setting_t *at,
                       const struct library *lib, const char *keys)
{
	struct words known = {0};
	const char *item;

	for (int i = 0; i < lib->n_references; i++)
		words_add(&known, lib->reference[i].key);
	for (size_t n; lib->n_references > 0 && (n = text_item(&keys, &item)) > 0;) {
		char key[96];

		snprintf(key, sizeof key, "%.*s", (int)n, item);
		(void)word_of(s, at, "source (each has an entry in sources.cfg)", key, &known);
	}
}

void take_origin(const struct source *s, const config_setting_t *group, const struct library *lib,
                 char *source, size_t size, char *confidence)
{
	const config_setting_t *at = key_at(group, "source", KEY_TEXT);
	const config_setting_t *confident = key_at(group, "confidence", KEY_TEXT);
	const char *letter = key_text(group, "confidence");

	take_text(s, group, "source", source, size);
	if (at != NULL && source[0] == '\0')
		wrong(s, at, "source is empty; every clinical number says where it comes from");
	keys_known(s, at, lib, source);
	if (confident == NULL)
		return;
	if (strlen(letter) == 1 && strchr("PSXR", letter[0]) != NULL) {
		*confidence = letter[0];
		return;
	}
	wrong(s, confident,
	      "confidence \"%.20s\" is none of P (primary), S (secondary), X (extrapolated), R "
	      "(recalled)",
	      letter);
}
