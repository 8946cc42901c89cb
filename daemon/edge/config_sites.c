#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

static const struct key site_keys[] = {
        {"name", KEY_TEXT, true},
        {"within", KEY_TEXT, false},
        {"words", KEY_TEXT, true},
};

/* The site this one lies in, which stands before it, so that there are no circles; -1: none. */
static int outer_site(const struct source *s, const config_setting_t *group,
                      const struct symbols *sites)
{
	const config_setting_t *at = key_at(group, "within", KEY_TEXT);
	struct words before = {0};

	for (int i = 0; i < sites->count; i++)
		words_add(&before, sites->name[i]);
	return at == NULL ? -1 : word_of(s, at, "site", key_text(group, "within"), &before);
}

static void site_take(const struct source *s, const config_setting_t *group, struct library *lib)
{
	char name[SYMBOL_LEN] = "";
	int outer = outer_site(s, group, &lib->sites);

	KEYS_CHECK(s, group, site_keys);
	if (!take_name(s, group, "name", name, sizeof name) || name[0] == '\0')
		return;
	if (symbols_find(&lib->sites, name) != 0)
		wrong(s, group, "the site \"%s\" is there already", name);
	int64_t value = symbol_of(s, group, &lib->sites, SITES_MAX, name);

	if (value == 0)
		return;
	struct body_site *site = &lib->site[value - 1];

	site->outer = (int8_t)outer;
	take_text(s, group, "words", site->words, sizeof site->words);
	for (int i = outer; i >= 0; i = lib->site[i].outer)
		lib->site[i].inside |= UINT64_C(1) << (value - 1);
}

void sites_load(const char *file, struct config *out, struct complaints *c)
{
	struct source s;

	if (!source_open(&s, file, c))
		return;
	const config_setting_t *list = source_root(&s, "sites", CONFIG_TYPE_LIST);

	for (int i = 0; i < elems(list); i++)
		site_take(&s, elem(list, i), &out->library);
	source_close(&s);
}

uint64_t sites_covered(const struct library *lib, uint64_t sites)
{
	uint64_t all = sites;

	for (int i = 0; i < lib->sites.count; i++)
		if ((sites >> i & 1) != 0)
			all |= lib->site[i].inside;
	return all;
}
