#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

#define FOLDER "devices"

/* The name of a profile is that of its file, so there is one of each, and clinic files, people and
 * hash mean the same one. */
static void name_check(const char *path, const char *file, const struct profile *p,
                       struct complaints *c)
{
	size_t n = strlen(p->name);

	if (n > 0 && (strncmp(file, p->name, n) != 0 || strcmp(file + n, ".cfg") != 0))
		complain(c, path, 0,
		         "its name is \"%s\"; a profile of a library is called as its "
		         "file is, here \"%.*s\"",
		         p->name, (int)strlen(file) - 4, file);
}

static void profile_load(const char *dir, const char *file, struct config *out,
                         struct complaints *c)
{
	struct profile *p = &out->profile[out->n_profiles];
	char path[512], kept[300];

	snprintf(kept, sizeof kept, FOLDER "/%s", file);
	if (!path_join(path, sizeof path, dir, kept)) {
		complain(c, kept, 0, "too long a path");
		return;
	}
	(void)!config_load_profile(path, &out->library.choices, p, c); /* it has complained */
	name_check(path, file, p, c);
	out->n_profiles++;
}

void profiles_load(const char *dir, struct config *out, struct complaints *c)
{
	struct dirent **list = NULL;
	int n = folder_files(dir, FOLDER, &list);

	out->profile = calloc(n > 0 ? (size_t)n : 1, sizeof *out->profile);
	must(out->profile != NULL);
	if (n > PROFILES_MAX)
		complain(c, dir, 0, "%d device profiles; %d are the most", n, PROFILES_MAX);
	for (int i = 0; i < n; i++) {
		if (i < PROFILES_MAX)
			profile_load(dir, list[i]->d_name, out, c);
		free(list[i]);
	}
	free(list);
}

const struct profile *config_profile(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_profiles; i++)
		if (strcmp(c->profile[i].name, name) == 0)
			return &c->profile[i];
	return NULL;
}

/* --- the profile of a device ----------------------------------------------------------------- */

/* Whatever the two are called: links and dots are followed. */
static bool same_folder(const char *a, const char *b)
{
	char *x = realpath(a, NULL), *y = realpath(b, NULL);
	bool same = x != NULL && y != NULL && strcmp(x, y) == 0;

	free(x);
	free(y);
	return same;
}

/* The name of the file when `text`, seen from `base`, is in the library's devices; else NULL. */
static const char *file_in_library(const char *library, const char *base, const char *text)
{
	char path[512], folder[512], devices[512];
	const char *slash = strrchr(text, '/');

	if (!path_join(path, sizeof path, base, text) ||
	    !path_folder(folder, sizeof folder, path) ||
	    !path_join(devices, sizeof devices, library, FOLDER) || !same_folder(folder, devices))
		return NULL;
	return slash == NULL ? text : slash + 1;
}

const struct profile *profile_named(const struct source *s, const config_setting_t *device,
                                    const char *clinic_folder, const struct config *c)
{
	const config_setting_t *at = key_at(device, "profile", KEY_TEXT);
	const char *library = c->clinic.library_dir, *text = key_text(device, "profile");
	char file[PROFILES_MAX][sizeof c->profile->name + 4];
	struct words known = {0};

	if (at == NULL)
		return NULL;
	const char *wanted = file_in_library(library, library, text);

	if (wanted == NULL)
		wanted = file_in_library(library, clinic_folder, text);
	if (wanted == NULL) {
		wrong(s, at,
		      "profile \"%s\" does not lie in %s/" FOLDER
		      ", and a device is judged by its library's profile; put it there and write "
		      "\"" FOLDER "/NAME.cfg\"",
		      text, library);
		return NULL;
	}
	for (size_t i = 0; i < c->n_profiles; i++) {
		snprintf(file[i], sizeof file[i], "%s.cfg", c->profile[i].name);
		words_add(&known, file[i]);
	}
	int i = word_of(s, at, "profile", wanted, &known);

	return i < 0 ? NULL : &c->profile[i];
}
