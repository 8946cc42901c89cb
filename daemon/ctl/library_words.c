#include <string.h>

#include "ctl.h"
#include "library.h"

const char *skin_words(const struct library *lib, uint8_t skin)
{
	return lib->fact[lib->skin_fact].value[skin - 1];
}

const char *status_words(enum row_status s)
{
	static const char *const words[] = {
	        [STATUS_A] = "allowed inside these limits",
	        [STATUS_T] = "only after a test area was read without reaction",
	        [STATUS_M] = "a physician decides on this patient first",
	        [STATUS_NO_ROW] = "no row: closed",
	        [STATUS_B] = "blocked, unless two physicians override",
	};

	return words[s];
}

const char *confidence_words(char confidence)
{
	switch (confidence) {
	case 'P':
		return "P, primary source read";
	case 'S':
		return "S, secondary source";
	case 'X':
		return "X, extrapolated";
	case 'R':
		return "R, recalled: not to be used";
	default:
		return "?";
	}
}

static void name_of_set(uint64_t bits, const struct symbols *s, const char *between, char *buf,
                        size_t len)
{
	const char *comma = "";

	for (uint16_t i = 0; i < s->count; i++) {
		if (!choice_in(bits, i + 1))
			continue;
		add(buf, len, "%s%s", comma, s->name[i]);
		comma = between;
	}
}

void names_words(const struct symbols *s, uint64_t bits, const char *all, char *buf, size_t len)
{
	if (bits == 0)
		add(buf, len, "%s", all);
	else
		name_of_set(bits, s, ", ", buf, len);
}

void value_words(const struct library *lib, enum param p, struct span span, uint64_t choices,
                 char *buf, size_t len)
{
	char text[96];

	if (param_is_choice(p)) {
		name_of_set(choices, &lib->choices, " or ", buf, len);
		return;
	}
	quantity_format_span(span, param_info(p)->measure, text, sizeof text);
	add(buf, len, "%s", text);
}

void bound_words(enum param p, struct span span, char *buf, size_t len)
{
	const struct param_info *info = param_info(p);
	bool above = info->danger == DANGER_UP;
	int64_t end = above ? span.hi : span.lo;
	char text[64];

	if (param_is_choice(p))
		return;
	if (info->danger == DANGER_ANY) {
		value_words(NULL, p, span, 0, buf, len);
		return;
	}
	if (end == INT64_MAX || end == INT64_MIN) {
		add(buf, len, "no limit");
		return;
	}
	quantity_format(end, info->measure, text, sizeof text);
	add(buf, len, "%s %s", above ? "at most" : "at least", text);
}

void limit_words(const struct library *lib, const struct limit *l, char *buf, size_t len)
{
	enum danger danger = param_info(l->param)->danger;
	int64_t other = danger == DANGER_UP ? l->soft.lo : l->soft.hi;
	char text[64];

	if (param_is_choice(l->param)) {
		value_words(lib, l->param, l->soft, l->choices, buf, len);
		return;
	}
	bound_words(l->param, l->soft, buf, len);
	if (danger == DANGER_ANY || other == INT64_MIN || other == INT64_MAX)
		return;
	quantity_format(other, param_info(l->param)->measure, text, sizeof text);
	add(buf, len, " (source: %s %s)", danger == DANGER_UP ? "from" : "to", text);
}

bool has_hard_limit(const struct limit *l)
{
	return !param_is_choice(l->param) && (l->hard.lo != INT64_MIN || l->hard.hi != INT64_MAX);
}

const struct limit *row_limit(const struct row *r, enum param p)
{
	for (uint8_t i = 0; i < r->n_limit; i++)
		if (r->limit[i].param == p)
			return &r->limit[i];
	return NULL;
}

static void put_condition(const struct fact *f, const struct condition *when, char *buf, size_t len)
{
	char risk[160];

	fact_format_risk(f, when->at_least, risk, sizeof risk);
	if (when->at_least == RISK_UNKNOWN)
		add(buf, len, "%s not known", f->name);
	else if (when->below == 0)
		add(buf, len, "%s %s, or not known", f->name, risk);
	else
		add(buf, len, "%s %s%sbelow %lld, or not known", f->name,
		    when->at_least > 0 ? risk : "", when->at_least > 0 ? " and " : "",
		    (long long)when->below);
}

void condition_words(const struct library *lib, const struct rule *r, char *buf, size_t len)
{
	if (r->n_when == 0)
		add(buf, len, "always");
	for (uint8_t i = 0; i < r->n_when; i++) {
		add(buf, len, "%s", i > 0 ? "; and " : "");
		put_condition(&lib->fact[r->when[i].fact], &r->when[i], buf, len);
	}
}

/* "fluence and pulse width" */
static void together_words(const struct effect *e, char *buf, size_t len)
{
	for (uint8_t i = 0; i < e->n_together; i++)
		add(buf, len, "%s%s",
		    i == 0                  ? ""
		    : i + 1 < e->n_together ? ", "
		                            : " and ",
		    param_info(e->together[i])->words);
}

void effect_words(const struct effect *e, char *buf, size_t len)
{
	char value[64] = "";
	const char *param = e->param == PARAM_NONE ? "" : param_info(e->param)->words;

	if (e->param != PARAM_NONE)
		quantity_format(e->value, param_info(e->param)->measure, value, sizeof value);
	switch (e->kind) {
	case EFFECT_BLOCK:
		add(buf, len, "blocked, nobody may override");
		return;
	case EFFECT_HOLD:
		add(buf, len, "held, a physician may clear it for this session");
		return;
	case EFFECT_TEST_SPOT:
		add(buf, len, "held until a test area was read without reaction");
		return;
	case EFFECT_RAISE_SKIN:
		add(buf, len, "limits of %lld skin type%s darker", (long long)e->value,
		    e->value == 1 ? "" : "s");
		return;
	case EFFECT_SCALE:
		add(buf, len, "ceiling of %s times %lld/%lld", param, (long long)e->num,
		    (long long)e->den);
		return;
	case EFFECT_MINIMUM:
		add(buf, len, "%s at least %s", param, value);
		return;
	case EFFECT_MAXIMUM:
		add(buf, len, "%s at most %s", param, value);
		return;
	case EFFECT_NOTE:
		add(buf, len, "noted, changes nothing");
		return;
	case EFFECT_STEP:
		add(buf, len, "%s at most %s %s the last dose here; held where that is not known",
		    param, value, param_info(e->param)->danger == DANGER_UP ? "above" : "below");
		return;
	case EFFECT_ONE_STEP:
		add(buf, len, "of ");
		together_words(e, buf, len);
		add(buf, len,
		    " at most one beyond the last dose here; held where that is not known");
		return;
	case EFFECT_BUDGET:
		add(buf, len,
		    "%s on this site in %lld days, this session with it, at most %lld/%lld of the "
		    "ceiling; held where past doses are not known",
		    param, (long long)e->value, (long long)e->num, (long long)e->den);
		return;
	case EFFECT_TESTED:
		add(buf, len,
		    "where a test area is asked for, %s at most %lld/%lld of what it was made "
		    "with; held for what it was not made with",
		    param, (long long)e->num, (long long)e->den);
		return;
	case EFFECT_PULSES:
		add(buf, len, "at most %lld pulses in the session", (long long)e->value);
		return;
	case EFFECT_TOTAL:
		add(buf, len, "%s in the session together at most %s", param, value);
		return;
	case EFFECT_TWO:
		add(buf, len, "beyond %lld/%lld of the %s of %s two physicians decide",
		    (long long)(param_info(e->param)->danger == DANGER_UP ? e->num : e->den),
		    (long long)(param_info(e->param)->danger == DANGER_UP ? e->den : e->num),
		    param_info(e->param)->danger == DANGER_UP ? "ceiling" : "floor", param);
		return;
	case EFFECT_SUPERVISE:
		add(buf, len, "a physician %s", supervision_words((enum supervision)e->value));
		return;
	case EFFECT_COUNT:
		return;
	}
}

void effects_words(const struct rule *r, char *buf, size_t len)
{
	for (uint8_t i = 0; i < r->n_then; i++) {
		add(buf, len, "%s", i > 0 ? "; " : "");
		effect_words(&r->then[i], buf, len);
	}
}

const char *session_words(enum rule_session s)
{
	static const char *const words[] = {
	        [RULE_ANY_SESSION] = "all sessions",
	        [RULE_TREATMENT] = "treatments",
	        [RULE_TEST_SPOT] = "sessions that make a test area",
	};

	return words[s];
}

void scope_words(const struct library *lib, const struct rule *r, char *buf, size_t len)
{
	if (r->indications != 0) {
		add(buf, len, "; only ");
		names_words(&lib->indications, r->indications, "every indication", buf, len);
	}
	if (r->sites != 0) {
		add(buf, len, "; only ");
		names_words(&lib->sites, r->sites, "every site", buf, len);
	}
	while_words(lib, r, buf, len);
	if (r->session != RULE_ANY_SESSION)
		add(buf, len, "; only %s", session_words(r->session));
}
