#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

#define ROWS_ALL_MAX 100000 /* library_check passes so many in a second */

static const char *const skin_names[SKIN_TYPES] = {"I", "II", "III", "IV", "V", "VI"};

/* What the rows of one protocol file share. */
struct protocol {
	const struct source *s;
	struct config *out;
	uint8_t device_class;
	uint32_t indications;
	uint64_t sites;
	uint8_t file;
};

static const struct key protocol_keys[] = {
        {"device_class", KEY_TEXT, true}, {"title", KEY_TEXT, true},
        {"indications", KEY_TEXTS, true}, {"sites", KEY_TEXTS, false},
        {"closed", KEY_TEXT, false},      {"rows", KEY_GROUPS, false},
};

static const struct key row_keys[] = {
        {"id", KEY_TEXT, true},          {"skin", KEY_TEXTS, true},
        {"status", KEY_TEXT, true},      {"indications", KEY_TEXTS, false},
        {"sites", KEY_TEXTS, false},     {"select", KEY_GROUP, true},
        {"limits", KEY_GROUP, true},     {"hard", KEY_GROUP, false},
        {"unlimited", KEY_TEXTS, false}, {"source", KEY_TEXT, true},
        {"confidence", KEY_TEXT, true},  {"note", KEY_TEXT, false},
};

/* --- a row ----------------------------------------------------------------------------------- */

/* Some of the names the protocol itself lists; all of them when the row lists none. */
static uint64_t subset_take(const struct protocol *p, const config_setting_t *row, const char *key,
                            const char *what, const struct symbols *table, uint64_t of_protocol)
{
	const config_setting_t *list = key_at(row, key, KEY_TEXTS);
	struct words known = {0};
	uint64_t bits = 0;

	if (list == NULL)
		return of_protocol;
	for (int i = 0; i < table->count; i++)
		if ((of_protocol >> i & 1) != 0)
			words_add(&known, table->name[i]);
	for (int i = 0; i < elems(list); i++)
		if (word_of(p->s, elem(list, i), what, elem_text(list, i), &known) >= 0)
			bits |= UINT64_C(1) << (symbols_find(table, elem_text(list, i)) - 1);
	if (elems(list) == 0)
		wrong(p->s, list, "%s is empty; leave the key out to mean all of this protocol",
		      key);
	return bits;
}

static uint64_t choices_take(const struct protocol *p, const config_setting_t *at)
{
	struct symbols *choices = &p->out->library.choices;
	uint64_t bits = 0;

	if (elems(at) == 0)
		wrong(p->s, at, "%s lets nothing pass", config_setting_name(at));
	for (int i = 0; i < elems(at); i++) {
		int64_t value =
		        symbol_of(p->s, elem(at, i), choices, SYMBOLS_MAX, elem_text(at, i));

		bits |= value == 0 ? 0 : UINT64_C(1) << (value - 1);
	}
	return bits;
}

/* One parameter's span or choices, under a key that is the parameter's name. */
static bool allowed_take(const struct protocol *p, const config_setting_t *group, int i,
                         struct select *out)
{
	const config_setting_t *at = elem(group, i);
	enum param param = param_of(p->s, at, config_setting_name(at));

	if (param == PARAM_NONE)
		return false;
	const struct param_info *info = param_info(param);
	bool choice = info->measure.dimension == DIM_CHOICE;
	const config_setting_t *value = key_at(group, info->name, choice ? KEY_TEXTS : KEY_TEXT);

	*out = (struct select){.param = param, .span = SPAN_ALL};
	if (value == NULL) {
		wrong(p->s, at, "%s is not %s", info->name,
		      choice ? "a list of names (\"...\", \"...\")"
		             : "text in quotes, as in \"3.. ms\"");
		return false;
	}
	if (choice) {
		out->choices = choices_take(p, value);
		return out->choices != 0;
	}
	return span_of(p->s, value, config_setting_get_string(value), info->measure, &out->span);
}

static void selects_take(const struct protocol *p, const config_setting_t *group, struct row *r)
{
	for (int i = 0; i < elems(group); i++) {
		struct select one;

		if (!allowed_take(p, group, i, &one))
			continue;
		if (r->n_select == ROW_SELECTS_MAX) {
			wrong(p->s, group, "more than %d parameters select", ROW_SELECTS_MAX);
			return;
		}
		r->select[r->n_select++] = one;
	}
	if (group != NULL && elems(group) == 0)
		wrong(p->s, group,
		      "select is empty; say for which spot, wavelength or tip this holds");
}

static void limits_take(const struct protocol *p, const config_setting_t *group, struct row *r)
{
	for (int i = 0; i < elems(group); i++) {
		struct select one;

		if (!allowed_take(p, group, i, &one))
			continue;
		if (r->n_limit == ROW_LIMITS_MAX) {
			wrong(p->s, group, "more than %d parameters are limited", ROW_LIMITS_MAX);
			return;
		}
		r->limit[r->n_limit++] = (struct limit){.param = one.param,
		                                        .soft = one.span,
		                                        .hard = SPAN_ALL,
		                                        .choices = one.choices};
	}
	if (group != NULL && elems(group) == 0)
		wrong(p->s, group, "limits is empty; a row without limits limits nothing");
}

static struct limit *limit_of(struct row *r, enum param p)
{
	for (int i = 0; i < r->n_limit; i++)
		if (r->limit[i].param == p)
			return &r->limit[i];
	return NULL;
}

static void hard_take(const struct protocol *p, const config_setting_t *group,
                      const config_setting_t *limits, struct row *r)
{
	for (int i = 0; i < elems(group); i++) {
		struct select one;

		if (!allowed_take(p, group, i, &one))
			continue;
		struct limit *soft = limit_of(r, one.param);

		if (soft != NULL && one.choices == 0)
			soft->hard = one.span;
		else if (soft != NULL ||
		         key_at(limits, param_info(one.param)->name, KEY_TEXT) == NULL)
			wrong(p->s, elem(group, i),
			      "a hard limit to %s needs a limit in numbers to the same parameter",
			      param_info(one.param)->name);
	}
}

static void unlimited_take(const struct protocol *p, const config_setting_t *list, struct row *r)
{
	for (int i = 0; i < elems(list); i++) {
		enum param param = param_of(p->s, elem(list, i), elem_text(list, i));

		r->unlimited |= param == PARAM_NONE ? 0 : PARAM_BIT(param);
	}
}

static enum row_status status_take(const struct protocol *p, const config_setting_t *group)
{
	static const struct words letters = {4, {"A", "T", "M", "B"}};
	static const enum row_status status[] = {STATUS_A, STATUS_T, STATUS_M, STATUS_B};
	const config_setting_t *at = key_at(group, "status", KEY_TEXT);
	int i = at == NULL ? -1
	                   : word_of(p->s, at,
	                             "status (A allowed, T after a read test area, M a physician "
	                             "decides, B blocked unless overridden)",
	                             key_text(group, "status"), &letters);

	return i < 0 ? STATUS_B : status[i];
}

static bool grow_rows(struct config *out)
{
	uint32_t n = out->library.n_rows;

	if (n == ROWS_ALL_MAX)
		return false;
	if ((n & (n - 1)) == 0) { /* room for a power of two is used up */
		out->row = realloc(out->row, (n == 0 ? 1 : 2 * n) * sizeof *out->row);
		must(out->row != NULL);
		out->library.row = out->row;
	}
	return true;
}

/* One row for each skin type it is for: "alex755_18mm" becomes "alex755_18mm_III". */
static void row_add(const struct protocol *p, const config_setting_t *at, const char *id,
                    const char *skin, struct row r)
{
	struct words types = {0};

	for (int i = 0; i < SKIN_TYPES; i++)
		words_add(&types, skin_names[i]);
	int type = word_of(p->s, at, "skin type", skin, &types);

	if (type < 0)
		return;
	r.skin = (uint8_t)(type + 1);
	snprintf(r.id, sizeof r.id, "%s_%s", id, skin);
	if (!grow_rows(p->out)) {
		wrong(p->s, at, "more than %d rows", ROWS_ALL_MAX);
		return;
	}
	p->out->row[p->out->library.n_rows++] = r;
}

static void row_take(const struct protocol *p, const config_setting_t *group)
{
	const config_setting_t *skin = key_at(group, "skin", KEY_TEXTS);
	const config_setting_t *limits = key_at(group, "limits", KEY_GROUP);
	const struct library *lib = &p->out->library;
	char id[sizeof((struct row *)0)->id - sizeof "_III"] = "";
	struct row r = {.device_class = p->device_class, .file = p->file, .line = line_of(group)};

	KEYS_CHECK(p->s, group, row_keys);
	bool named = take_name(p->s, group, "id", id, sizeof id) && id[0] != '\0';

	r.status = status_take(p, group);
	r.indications = (uint32_t)subset_take(p, group, "indications", "indication",
	                                      &lib->indications, p->indications);
	r.sites = sites_covered(lib, subset_take(p, group, "sites", "site", &lib->sites, p->sites));
	selects_take(p, key_at(group, "select", KEY_GROUP), &r);
	limits_take(p, limits, &r);
	hard_take(p, key_at(group, "hard", KEY_GROUP), limits, &r);
	unlimited_take(p, key_at(group, "unlimited", KEY_TEXTS), &r);
	take_origin(p->s, group, lib, r.source, sizeof r.source, &r.confidence);
	take_text(p->s, group, "note", r.note, sizeof r.note);
	for (int i = 0; i < elems(skin) && named; i++)
		row_add(p, elem(skin, i), id, elem_text(skin, i), r);
	if (skin != NULL && elems(skin) == 0)
		wrong(p->s, skin, "skin is empty; name the types this row is for");
}

/* --- a protocol ------------------------------------------------------------------------------ */

static uint64_t names_take(const struct source *s, const config_setting_t *list,
                           struct symbols *table, size_t max)
{
	uint64_t bits = 0;

	for (int i = 0; i < elems(list); i++) {
		int64_t value = symbol_of(s, elem(list, i), table, max, elem_text(list, i));

		bits |= value == 0 ? 0 : UINT64_C(1) << (value - 1);
	}
	if (list != NULL && elems(list) == 0)
		wrong(s, list, "%s is empty", config_setting_name(list));
	return bits;
}

/* What has no number is left without a row, and the protocol says why. */
static void closed_take(const struct protocol *p, const config_setting_t *group,
                        const config_setting_t *rows)
{
	const config_setting_t *at = key_at(group, "closed", KEY_TEXT);
	char *closed = p->out->library.closed[p->device_class];

	if (at == NULL && elems(rows) == 0)
		wrong(p->s, group,
		      "no row in it; give rows, or closed = \"why there are none, and the way "
		      "forward\"");
	if (at != NULL && key_text(group, "closed")[0] == '\0')
		wrong(p->s, at, "closed is empty; say why there is no row, and the way forward");
	if (at != NULL && closed[0] != '\0')
		wrong(p->s, at, "another file says already why this class has no row");
	take_text(p->s, group, "closed", closed, CLOSED_LEN);
}

void protocol_take(const struct source *s, struct config *out, uint8_t file)
{
	const config_setting_t *group = source_root(s, "protocol", CONFIG_TYPE_GROUP);
	struct library *lib = &out->library;
	struct protocol p = {.s = s, .out = out, .file = file};
	char name[SYMBOL_LEN] = "";

	if (group == NULL)
		return;
	const config_setting_t *rows = key_at(group, "rows", KEY_GROUPS);

	KEYS_CHECK(s, group, protocol_keys);
	if (!take_name(s, group, "device_class", name, sizeof name) || name[0] == '\0')
		return;
	int64_t class = symbol_of(s, group, &lib->classes, CLASSES_MAX, name);

	if (class == 0)
		return;
	p.device_class = (uint8_t)(class - 1);
	p.indications = (uint32_t)names_take(s, key_at(group, "indications", KEY_TEXTS),
	                                     &lib->indications, INDICATIONS_MAX);
	p.sites = sites_covered(
	        lib, names_take(s, key_at(group, "sites", KEY_TEXTS), &lib->sites, SITES_MAX));
	lib->class_indications[p.device_class] |= p.indications;
	closed_take(&p, group, rows);
	for (int i = 0; i < elems(rows); i++)
		row_take(&p, elem(rows, i));
}
