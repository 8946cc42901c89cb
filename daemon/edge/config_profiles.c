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

	/* As the library is written; its own folder need not be there any more. */
	if (strncmp(text, FOLDER "/", sizeof FOLDER) == 0 && slash == text + sizeof FOLDER - 1)
		return slash + 1;
	if (!path_join(path, sizeof path, base, text) ||
	    !path_folder(folder, sizeof folder, path) ||
	    !path_join(devices, sizeof devices, library, FOLDER) || !same_folder(folder, devices))
		return NULL;
	return slash == NULL ? text : slash + 1;
}

void profile_named(const struct source *s, const config_setting_t *device,
                   const char *clinic_folder, const char *library, struct device_config *out)
{
	const config_setting_t *at = key_at(device, "profile", KEY_TEXT);
	const char *text = key_text(device, "profile");
	size_t before = s->complaints->count;

	if (at == NULL)
		return;
	const char *file = file_in_library(library, library, text);

	if (file == NULL)
		file = file_in_library(library, clinic_folder, text);
	if (file == NULL)
		wrong(s, at,
		      "profile \"%s\" does not lie in %s/" FOLDER
		      ", and a device is judged by its library's profile; put it there and write "
		      "\"" FOLDER "/NAME.cfg\"",
		      text, library);
	else if (strlen(file) >= sizeof out->profile)
		wrong(s, at, "the name of the profile has more than %zu characters",
		      sizeof out->profile - 1);
	else
		memcpy(out->profile, file, strlen(file) + 1);
	if (s->complaints->count == before)
		out->profile_line = line_of(at);
}

const struct profile *config_profile_of(const struct config *library, const struct device_config *d)
{
	char name[sizeof d->profile];
	size_t n = strlen(d->profile);

	if (n < 4 || strcmp(d->profile + n - 4, ".cfg") != 0)
		return NULL;
	snprintf(name, sizeof name, "%.*s", (int)n - 4, d->profile);
	return config_profile(library, name);
}

static int64_t site_or(int64_t site, int64_t usual)
{
	return site != 0 ? site : usual;
}

struct device_timing config_timing(const struct device_config *d, const struct profile *p)
{
	struct device_timing t = p->timing;

	t.deadline_ms = site_or(d->site.deadline_ms, t.deadline_ms);
	t.poll_ms = site_or(d->site.poll_ms, t.poll_ms);
	t.window = (int)site_or(d->site.window, t.window);
	t.connect_delay_ms = site_or(d->site.connect_delay_ms, t.connect_delay_ms);
	t.spacing_ms = site_or(d->site.spacing_ms, t.spacing_ms);
	t.idle_close_ms = site_or(d->site.idle_close_ms, t.idle_close_ms);
	return t;
}

/* --- does it fit? ---------------------------------------------------------------------------- */

static void no_such_profile(const char *file, const struct device_config *d,
                            const struct config *library, struct complaints *c)
{
	char name[PROFILES_MAX][sizeof d->profile], why[sizeof((struct complaint *)0)->text];
	struct words known = {0};

	for (size_t i = 0; i < library->n_profiles; i++) {
		snprintf(name[i], sizeof name[i], "%s.cfg", library->profile[i].name);
		words_add(&known, name[i]);
	}
	words_explain("profile", d->profile, &known, why, sizeof why);
	complain(c, file, d->profile_line, "%s", why);
}

/* A device whose class no protocol knows would be held for ever; that is no clinic's wish. */
static void class_check(const char *file, const struct device_config *d, const struct profile *p,
                        const struct library *lib, struct complaints *c)
{
	if (p->device_class[0] != '\0' && symbols_find(&lib->classes, p->device_class) == 0)
		complain(c, file, d->line,
		         "device \"%s\": there is no protocol for its class \"%s\"", d->name,
		         p->device_class);
}

/* The site may poll less often than the profile has it, or give the device more time to answer. */
static void heart_check(const char *file, const struct device_config *d, const struct profile *p,
                        struct complaints *c)
{
	const struct device_timing t = config_timing(d, p);
	char why[300];

	if (!heart_fits(p, &t, why, sizeof why))
		complain(c, file, d->line, "device \"%s\", its heartbeat: %s", d->name, why);
}

bool config_fits(const struct clinic *clinic, const struct config *library, struct complaints *c)
{
	size_t before = c->count;

	for (size_t i = 0; i < clinic->n_devices; i++) {
		const struct device_config *d = &clinic->device[i];
		const struct profile *p = config_profile_of(library, d);

		if (p != NULL) {
			class_check(clinic->file, d, p, &library->library, c);
			heart_check(clinic->file, d, p, c);
		} else if (d->profile_line > 0) /* else it is complained of already */
			no_such_profile(clinic->file, d, library, c);
	}
	return c->count == before;
}
