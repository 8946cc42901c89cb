/* What a rule does: "hold", "scale fluence 4/5", "budget fluence 5/4 28 d". */
#include <string.h>

#include "config_read.h"

bool parts_split(const struct source *s, const config_setting_t *at, const char *text, int most,
                 struct parts *out)
{
	if (text[0] == '\0' || strlen(text) >= sizeof out->text) {
		wrong(s, at, "\"%.60s\" is empty or too long", text);
		return false;
	}
	memcpy(out->text, text, strlen(text) + 1);
	out->n = 0;
	for (char *p = out->text; p != NULL;) {
		out->part[out->n++] = p;
		p = out->n < most ? strchr(p, ' ') : NULL;
		if (p != NULL)
			*p++ = '\0';
	}
	return true;
}

static bool take_number(const struct source *s, const config_setting_t *at, const struct parts *p,
                        struct effect *e)
{
	static const struct measure plain = {DIM_COUNT, 0, ""};

	return quantity_of(s, at, p->part[1], plain, &e->value);
}

static bool take_param(const struct source *s, const config_setting_t *at, const struct parts *p,
                       struct effect *e)
{
	e->param = param_of(s, at, p->part[1]);
	return e->param != PARAM_NONE;
}

static bool take_value(const struct source *s, const config_setting_t *at, const struct parts *p,
                       struct effect *e)
{
	return take_param(s, at, p, e) &&
	       quantity_of(s, at, p->part[2], param_info(e->param)->measure, &e->value);
}

static bool take_share(const struct source *s, const config_setting_t *at, const struct parts *p,
                       struct effect *e)
{
	if (!take_param(s, at, p, e))
		return false;
	if (quantity_parse_ratio(p->part[2], &e->num, &e->den) == QUANTITY_OK)
		return true;
	wrong(s, at, "\"%s\" is no share; two whole numbers make one, as in \"4/5\"", p->part[2]);
	return false;
}

static bool take_budget(const struct source *s, const config_setting_t *at, const struct parts *p,
                        struct effect *e)
{
	return take_share(s, at, p, e) && days_of(s, at, p->part[3], 1, DAYS_BACK_MAX, &e->value);
}

static bool take_together(const struct source *s, const config_setting_t *at, const struct parts *p,
                          struct effect *e)
{
	for (int i = 1; i < p->n; i++) {
		enum param param = param_of(s, at, p->part[i]);

		if (param == PARAM_NONE)
			return false;
		e->together[e->n_together++] = param;
	}
	return true;
}

static bool take_level(const struct source *s, const config_setting_t *at, const struct parts *p,
                       struct effect *e)
{
	static const struct words levels = {SUPERVISION_COUNT,
	                                    {
#define X(id, name, words) [id] = name,
	                                            SUPERVISION_MAP(X)
#undef X
	                                    }};
	int level = word_of(s, at, "supervision", p->part[1], &levels);

	e->value = level;
	return level >= 0;
}

_Static_assert(PARTS_MAX == TOGETHER_MAX + 1, "one_step and its parameters");

/* How each is written: how many parts, and what to make of those behind the first. */
static const struct {
	int least, most;
	bool (*take)(const struct source *s, const config_setting_t *at, const struct parts *p,
	             struct effect *e);
	const char *as_in;
} forms[EFFECT_COUNT] = {
        [EFFECT_BLOCK] = {1, 1, NULL, "block"},
        [EFFECT_HOLD] = {1, 1, NULL, "hold"},
        [EFFECT_TEST_SPOT] = {1, 1, NULL, "test_spot"},
        [EFFECT_RAISE_SKIN] = {2, 2, take_number, "raise_skin_type 1"},
        [EFFECT_SCALE] = {3, 3, take_share, "scale fluence 4/5"},
        [EFFECT_MINIMUM] = {3, 3, take_value, "minimum pulse_width 20 ms"},
        [EFFECT_MAXIMUM] = {3, 3, take_value, "maximum fluence 20 J/cm2"},
        [EFFECT_NOTE] = {1, 1, NULL, "note"},
        [EFFECT_STEP] = {3, 3, take_value, "step fluence 5 J/cm2"},
        [EFFECT_ONE_STEP] = {2, PARTS_MAX, take_together, "one_step fluence pulse_width"},
        [EFFECT_BUDGET] = {4, 4, take_budget, "budget fluence 5/4 28 d"},
        [EFFECT_TESTED] = {3, 3, take_share, "tested fluence 6/5"},
        [EFFECT_PULSES] = {2, 2, take_number, "pulses 4"},
        [EFFECT_TOTAL] = {3, 3, take_value, "total energy 300 J"},
        [EFFECT_TWO] = {3, 3, take_share, "two_approvers fluence 6/5"},
        [EFFECT_SUPERVISE] = {2, 2, take_level, "supervise on_premises"},
};

bool effect_take(const struct source *s, const config_setting_t *at, const char *text,
                 struct effect *out)
{
	static const struct words kinds = {EFFECT_COUNT,
	                                   {
#define X(id, name) [id] = name,
	                                           EFFECT_MAP(X)
#undef X
	                                   }};
	struct parts p;

	if (!parts_split(s, at, text, 2, &p))
		return false;
	int kind = word_of(s, at, "effect", p.part[0], &kinds);

	if (kind < 0 || !parts_split(s, at, text, forms[kind].most > 1 ? forms[kind].most : 2, &p))
		return false;
	*out = (struct effect){.kind = (enum effect_kind)kind, .param = PARAM_NONE};
	if (p.n >= forms[kind].least && p.n <= forms[kind].most)
		return forms[kind].take == NULL || forms[kind].take(s, at, &p, out);
	wrong(s, at, "\"%s\" is not how %s is written; as in \"%s\"", text, kinds.word[kind],
	      forms[kind].as_in);
	return false;
}
