/*
 * Device profiles and sources, compared. A register is the same register when it has the same name;
 * what is said is which of its properties differ, and of its hard range from what to what.
 */
#include <string.h>

#include "ctl.h"
#include "library_diff.h"

static bool same_choices(const struct diff *d, const struct reg *a, const struct reg *b)
{
	if (a->n_choices != b->n_choices)
		return false;
	for (int i = 0; i < a->n_choices; i++) {
		const struct reg_choice *x = &a->choice[i], *y = &b->choice[i];
		bool same = a->role == ROLE_STATE
		                    ? x->value == y->value
		                    : strcmp(symbols_name(&d->a->choices, x->value),
		                             symbols_name(&d->b->choices, y->value)) == 0;

		if (x->raw != y->raw || !same)
			return false;
	}
	return true;
}

static void diff_register(struct diff *d, const char *profile, const struct reg *a,
                          const struct reg *b)
{
	const struct {
		const char *what;
		bool same;
	} parts[] = {
	        {"address", a->table == b->table && a->address == b->address},
	        {"encoding", a->encoding == b->encoding && a->words == b->words &&
	                             a->bit_first == b->bit_first && a->bit_count == b->bit_count &&
	                             a->low_word_first == b->low_word_first &&
	                             a->low_byte_first == b->low_byte_first},
	        {"role", a->role == b->role && a->param == b->param},
	        {"access", a->readable == b->readable && a->writable == b->writable},
	        {"scale", a->num == b->num && a->den == b->den},
	        {"on and off", a->has_on == b->has_on && a->has_off == b->has_off &&
	                               a->on == b->on && a->off == b->off},
	        {"values", same_choices(d, a, b)},
	        {"heartbeat", a->role != ROLE_HEARTBEAT ||
	                              (a->fed_every_ms == b->fed_every_ms &&
	                               a->standby_after_ms == b->standby_after_ms &&
	                               a->hard.lo == b->hard.lo && a->hard.hi == b->hard.hi)},
	};
	char text[200] = "", before[WORDS_LEN] = "", after[WORDS_LEN] = "";

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!parts[i].same)
			add(text, sizeof text, "%s%s", text[0] != '\0' ? ", " : "", parts[i].what);
	if (text[0] != '\0')
		differ(d, "%s, register %s: other %s", profile, a->name, text);
	if (a->role != ROLE_PARAMETER || param_is_choice(a->param) || a->param != b->param)
		return;
	value_words(d->a, a->param, a->hard, 0, before, sizeof before);
	value_words(d->b, b->param, b->hard, 0, after, sizeof after);
	if (strcmp(before, after) != 0)
		differ(d, "%s: the device's range of %s %s becomes %s", profile,
		       param_info(a->param)->words, before, after);
}

static const struct reg *register_named(const struct profile *p, const char *name)
{
	for (int i = 0; i < p->n_regs; i++)
		if (strcmp(p->reg[i].name, name) == 0)
			return &p->reg[i];
	return NULL;
}

static bool same_open(const struct profile *a, const struct profile *b)
{
	if (a->n_open != b->n_open)
		return false;
	for (int i = 0; i < a->n_open; i++) {
		const struct open_range *x = &a->open[i], *y = &b->open[i];

		if (x->table != y->table || x->first != y->first || x->last != y->last ||
		    x->readable != y->readable || x->writable != y->writable)
			return false;
	}
	return true;
}

static void diff_profile(struct diff *d, const struct profile *a, const struct profile *b)
{
	diff_text(d, a->name, "model", a->model, b->model);
	diff_text(d, a->name, "class", a->device_class, b->device_class);
	if (a->fluence != b->fluence)
		differ(d, "%s: its fluence is known in another way", a->name);
	if (a->mask_write != b->mask_write || a->read_write != b->read_write ||
	    a->diagnostics != b->diagnostics)
		differ(d, "%s: other functions are open", a->name);
	if (!same_open(a, b))
		differ(d, "%s: other ranges are open, unjudged", a->name);
	for (int i = 0; i < a->n_regs; i++) {
		const struct reg *now = register_named(b, a->reg[i].name);

		if (now == NULL)
			differ(d, "%s: register %s removed", a->name, a->reg[i].name);
		else
			diff_register(d, a->name, &a->reg[i], now);
	}
	for (int i = 0; i < b->n_regs; i++)
		if (register_named(a, b->reg[i].name) == NULL)
			differ(d, "%s: register %s added", a->name, b->reg[i].name);
}

void diff_profiles(struct diff *d, const struct config *a, const struct config *b)
{
	diff_under(d, "devices", "device profiles");
	for (size_t i = 0; i < a->n_profiles; i++) {
		const struct profile *now = config_profile(b, a->profile[i].name);

		if (now == NULL)
			differ(d, "%s removed: a device of it is refused", a->profile[i].name);
		else
			diff_profile(d, &a->profile[i], now);
	}
	for (size_t i = 0; i < b->n_profiles; i++)
		if (config_profile(a, b->profile[i].name) == NULL)
			differ(d, "%s added: %s", b->profile[i].name, b->profile[i].model);
}

/* --- sources --------------------------------------------------------------------------------- */

static const struct reference *reference_named(const struct library *lib, const char *key)
{
	for (uint16_t i = 0; i < lib->n_references; i++)
		if (strcmp(lib->reference[i].key, key) == 0)
			return &lib->reference[i];
	return NULL;
}

void diff_references(struct diff *d)
{
	diff_under(d, "sources", "sources");
	for (uint16_t i = 0; i < d->a->n_references; i++) {
		const struct reference *a = &d->a->reference[i];
		const struct reference *b = reference_named(d->b, a->key);

		if (b == NULL) {
			differ(d, "%s removed", a->key);
			continue;
		}
		diff_text(d, a->key, "title", a->title, b->title);
		diff_text(d, a->key, "read", a->read, b->read);
	}
	for (uint16_t i = 0; i < d->b->n_references; i++)
		if (reference_named(d->a, d->b->reference[i].key) == NULL)
			differ(d, "%s added: %s (%s)", d->b->reference[i].key,
			       d->b->reference[i].title, d->b->reference[i].read);
}
