#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

static const struct key group_keys[] = {
        {"name", KEY_TEXT, true},
        {"classes", KEY_TEXTS, true},
};

static const struct class_group *group_named(const struct groups *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->group[i].name, name) == 0)
			return &all->group[i];
	return NULL;
}

/* A class without a protocol yet has no bit; it is known all the same. */
static void member_add(const struct source *s, const config_setting_t *at, const char *name,
                       const struct library *lib, struct groups *all, struct class_group *g)
{
	int64_t class = symbols_find(&lib->classes, name);

	if (symbol_of(s, at, &all->members, SYMBOLS_MAX, name) != 0 && class != 0)
		g->classes |= UINT32_C(1) << (class - 1);
}

static void group_take(const struct source *s, const config_setting_t *group,
                       const struct library *lib, struct groups *all)
{
	const config_setting_t *list = key_at(group, "classes", KEY_TEXTS);
	struct class_group g = {0};

	KEYS_CHECK(s, group, group_keys);
	if (!take_name(s, group, "name", g.name, sizeof g.name))
		return;
	if (group_named(all, g.name) != NULL)
		wrong(s, group, "the group \"%s\" is there already", g.name);
	for (int i = 0; i < elems(list); i++)
		member_add(s, elem(list, i), elem_text(list, i), lib, all, &g);
	if (list != NULL && elems(list) == 0)
		wrong(s, list, "classes is empty; name one at least");
	if (all->n == GROUPS_MAX) {
		wrong(s, group, "more than %d groups", GROUPS_MAX);
		return;
	}
	all->group[all->n++] = g;
}

void groups_take(const struct source *s, const config_setting_t *list, const struct library *lib,
                 struct groups *all)
{
	uint32_t grouped = 0;

	for (int i = 0; i < elems(list); i++)
		group_take(s, elem(list, i), lib, all);
	for (size_t i = 0; i < all->n; i++)
		grouped |= all->group[i].classes;
	for (int i = 0; list != NULL && i < lib->classes.count; i++)
		if ((grouped >> i & 1) == 0)
			wrong(s, list,
			      "the device class \"%s\" is in no group, so no rule is for it; add "
			      "it to "
			      "the groups it belongs to",
			      lib->classes.name[i]);
}

static uint32_t classes_named(const struct groups *all, const struct library *lib, const char *name)
{
	const struct class_group *g = group_named(all, name);
	int64_t class = symbols_find(&lib->classes, name);

	if (g != NULL)
		return g->classes;
	return class == 0 ? 0 : UINT32_C(1) << (class - 1);
}

bool classes_take(const struct source *s, const config_setting_t *rule, const struct groups *all,
                  const struct library *lib, uint32_t *out)
{
	const config_setting_t *list = key_at(rule, "classes", KEY_TEXTS);
	struct words known = {0};
	size_t before = s->complaints->count;

	for (int i = 0; i < lib->classes.count; i++)
		words_add(&known, lib->classes.name[i]);
	for (size_t i = 0; i < all->n; i++)
		words_add(&known, all->group[i].name);
	for (int i = 0; i < all->members.count; i++)
		words_add(&known, all->members.name[i]);
	for (int i = 0; i < elems(list); i++)
		if (word_of(s, elem(list, i), "device class", elem_text(list, i), &known) >= 0)
			*out |= classes_named(all, lib, elem_text(list, i));
	if (list != NULL && elems(list) == 0)
		wrong(s, list, "classes is empty; leave the key out to mean all");
	return list == NULL || *out != 0 || s->complaints->count != before;
}
