#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "config_read.h"

#define DAY_S INT64_C(86400)

static const struct measure in_ms = {DIM_TIME, -3, "ms"};
static const struct measure in_s = {DIM_TIME, 0, "d"};

static const config_setting_t *place(const config_setting_t *group, const char *name)
{
	return config_setting_get_member(group, name);
}

bool take_text(const struct source *s, const config_setting_t *group, const char *name, char *out,
               size_t size)
{
	const char *text = key_text(group, name);

	if (strlen(text) < size) {
		memcpy(out, text, strlen(text) + 1);
		return true;
	}
	wrong(s, place(group, name), "%s has %zu characters; %zu are the most", name, strlen(text),
	      size - 1);
	return false;
}

bool take_name(const struct source *s, const config_setting_t *group, const char *name, char *out,
               size_t size)
{
	const config_setting_t *at = key_at(group, name, KEY_TEXT);
	const char *text = key_text(group, name);

	if (at == NULL)
		return true;
	if (text[0] == '\0' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != strlen(text)) {
		wrong(s, at,
		      "%s \"%.60s\" is no name; lower case letters, digits, \"_\", \"-\" and \".\" "
		      "make one",
		      name, text);
		return false;
	}
	return take_text(s, group, name, out, size);
}

bool take_int(const struct source *s, const config_setting_t *group, const char *name, int lo,
              int hi, int *out)
{
	const config_setting_t *at = key_at(group, name, KEY_INT);
	int value = at == NULL ? *out : config_setting_get_int(at);

	if (at == NULL || (lo <= value && value <= hi)) {
		*out = value;
		return true;
	}
	wrong(s, at, "%s = %d is outside %d..%d", name, value, lo, hi);
	return false;
}

bool quantity_of(const struct source *s, const config_setting_t *at, const char *text,
                 struct measure m, int64_t *out)
{
	enum quantity_status status = quantity_parse(text, m, out);
	char why[256];

	if (status == QUANTITY_OK)
		return true;
	quantity_explain(status, text, m, why, sizeof why);
	wrong(s, at, "%s", why);
	return false;
}

bool span_of(const struct source *s, const config_setting_t *at, const char *text, struct measure m,
             struct span *out)
{
	enum quantity_status status = quantity_parse_span(text, m, out);
	char why[256];

	if (status == QUANTITY_OK)
		return true;
	quantity_explain(status, text, m, why, sizeof why);
	wrong(s, at, "%s", why);
	return false;
}

bool take_ms(const struct source *s, const config_setting_t *group, const char *name, int64_t lo,
             int64_t hi, int64_t *out)
{
	const config_setting_t *at = key_at(group, name, KEY_TEXT);
	char least[32], most[32];
	int64_t value = 0;

	if (at == NULL)
		return true;
	if (!quantity_of(s, at, key_text(group, name), in_ms, &value))
		return false;
	if (lo <= value && value <= hi) {
		*out = value;
		return true;
	}
	struct measure shown = {DIM_TIME, -3, lo % 1000 == 0 ? "s" : "ms"};

	quantity_format(lo, shown, least, sizeof least);
	quantity_format(hi, shown, most, sizeof most);
	wrong(s, at, "%s = \"%s\" is outside %s to %s", name, key_text(group, name), least, most);
	return false;
}

bool days_of(const struct source *s, const config_setting_t *at, const char *text, int64_t lo,
             int64_t hi, int64_t *out)
{
	int64_t seconds = 0;

	if (!quantity_of(s, at, text, in_s, &seconds))
		return false;
	if (seconds % DAY_S != 0 || seconds < lo * DAY_S || seconds > hi * DAY_S) {
		wrong(s, at, "\"%s\" is not whole days from %lld to %lld, as in \"14 d\"", text,
		      (long long)lo, (long long)hi);
		return false;
	}
	*out = seconds / DAY_S;
	return true;
}

enum param param_of(const struct source *s, const config_setting_t *at, const char *name)
{
	struct words known = {0};
	enum param p = param_named(name);

	if (p != PARAM_NONE)
		return p;
	for (int i = 0; i < PARAM_COUNT; i++)
		words_add(&known, param_info((enum param)i)->name);
	(void)word_of(s, at, "parameter", name, &known);
	return PARAM_NONE;
}

int64_t symbol_of(const struct source *s, const config_setting_t *at, struct symbols *table,
                  size_t max, const char *name)
{
	int64_t value = symbols_find(table, name);

	if (value != 0)
		return value;
	if (name[0] == '\0' || strlen(name) >= SYMBOL_LEN) {
		wrong(s, at, "\"%.60s\" is no name; 1 to %d characters make one", name,
		      SYMBOL_LEN - 1);
		return 0;
	}
	value = table->count < max ? symbols_intern(table, name) : 0;
	if (value == 0)
		wrong(s, at, "\"%s\" is one name too many; %zu of its kind are the most", name,
		      max);
	return value;
}

bool path_join(char *out, size_t size, const char *dir, const char *path)
{
	bool alone = path[0] == '/' || strcmp(dir, ".") == 0;
	bool same = strcmp(path, ".") == 0;
	int n = alone  ? snprintf(out, size, "%s", path)
	        : same ? snprintf(out, size, "%s", dir)
	               : snprintf(out, size, "%s/%s", dir, path);

	return n >= 0 && (size_t)n < size;
}

bool path_folder(char *out, size_t size, const char *file)
{
	const char *slash = strrchr(file, '/');
	size_t n = slash == NULL ? 0 : slash == file ? 1 : (size_t)(slash - file);

	if (n >= size)
		return false;
	if (n == 0)
		return path_join(out, size, ".", ".");
	memcpy(out, file, n);
	out[n] = '\0';
	return true;
}

static int is_cfg(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 4 && strcmp(d->d_name + n - 4, ".cfg") == 0;
}

int folder_files(const char *dir, const char *folder, struct dirent ***list)
{
	char path[512];

	return path_join(path, sizeof path, dir, folder) ? scandir(path, list, is_cfg, alphasort)
	                                                 : -1;
}
