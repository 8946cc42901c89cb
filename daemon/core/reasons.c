/* What a verdict says to people. */
#include "core/verdict.h"

#include "core/text.h"

const char *check_name(enum check c)
{
	static const char *const name[] = {
#define X(id, name, worst, sentence) [id] = (name),
	        CHECK_MAP(X)
#undef X
	};

	return name[c];
}

const char *check_words(enum check c)
{
	static const char *const words[] = {
#define X(id, name, worst, sentence) [id] = (sentence),
	        CHECK_MAP(X)
#undef X
	};

	return words[c];
}

/* A rule that narrowed a row's limit is the one to name. */
const char *reason_id(const struct reason *r)
{
	if (r->rule != NULL)
		return r->rule->id;
	return r->row != NULL ? r->row->id : check_name(r->check);
}

const char *reason_source(const struct reason *r)
{
	if (r->rule != NULL)
		return r->rule->source;
	return r->row != NULL ? r->row->source : "";
}

/* --- pieces --------------------------------------------------------------------------------- */

struct sentence {
	struct text text;
	const struct library *lib; /* may be NULL: no session */
	const struct reason *r;
};

static void say(struct sentence *s, const char *words)
{
	text_put(&s->text, words);
}

static void say_value(struct sentence *s, int64_t v)
{
	char buf[64];

	dose_format(s->lib != NULL ? &s->lib->choices : NULL, s->r->param, v, buf, sizeof(buf));
	say(s, buf);
}

/* "pulse width 2 ms"; without the value when it is not known. */
static void say_asked(struct sentence *s)
{
	say(s, param_info(s->r->param)->words);
	if (!s->r->has_asked)
		return;
	say(s, " ");
	say_value(s, s->r->asked);
}

/* "air, cryogen", or with another word between them */
static void say_choices(struct sentence *s, const char *between)
{
	const char *comma = "";

	for (int64_t v = 1; v <= SYMBOLS_MAX; v++) {
		if (!choice_in(s->r->choices, v))
			continue;
		say(s, comma);
		say_value(s, v);
		comma = between;
	}
}

/* "at most 20 J/cm2", "at least 3 ms", "40 ms to 50 ms", "18 mm", "air, cryogen" */
static void say_what_passes(struct sentence *s)
{
	struct span limit = s->r->limit;

	if (param_is_choice(s->r->param)) {
		say_choices(s, ", ");
		return;
	}
	if (limit.lo == INT64_MIN)
		say(s, "at most ");
	else if (limit.hi == INT64_MAX)
		say(s, "at least ");
	if (limit.lo != INT64_MIN)
		say_value(s, limit.lo);
	if (limit.lo != INT64_MIN && limit.hi != INT64_MAX && limit.lo != limit.hi)
		say(s, " to ");
	if (limit.hi != INT64_MAX && limit.lo != limit.hi)
		say_value(s, limit.hi);
}

/* Rows for the same patient: where this row's parameter has its other entries. */
static bool is_sibling(const struct row *a, const struct row *b)
{
	return (a->indications & b->indications) != 0 &&
	       (a->sites == 0 || b->sites == 0 || (a->sites & b->sites) != 0);
}

static bool same_table(const struct row *a, const struct row *b)
{
	return a->device_class == b->device_class && a->skin == b->skin;
}

/* The entry of row `at` that no row from `first` on has named before; NULL when there is none. */
static const struct select *new_entry(const struct sentence *s, const struct row *first,
                                      const struct row *at)
{
	const struct select *entry = limits_select(at, s->r->param);

	if (entry == NULL || !is_sibling(s->r->row, at))
		return NULL;
	for (const struct row *row = first; row < at; row++) {
		const struct select *said = limits_select(row, s->r->param);

		if (said != NULL && is_sibling(s->r->row, row) && said->span.lo == entry->span.lo &&
		    said->span.hi == entry->span.hi)
			return NULL;
	}
	return entry;
}

/* "15 mm, 18 mm": every entry of the table this row stands in. */
static void say_entries(struct sentence *s)
{
	const struct row *first = s->r->row;
	const struct row *end = s->lib->row + s->lib->n_rows;
	const char *comma = "";

	while (first > s->lib->row && same_table(first - 1, first))
		first--;
	for (const struct row *row = first; row < end && same_table(row, first); row++) {
		const struct select *entry = new_entry(s, first, row);
		char buf[64];

		if (entry == NULL)
			continue;
		quantity_format_span(entry->span, param_info(s->r->param)->measure, buf,
		                     sizeof(buf));
		say(s, comma);
		say(s, buf);
		comma = ", ";
	}
}

static void say_id(struct sentence *s)
{
	say(s, " (");
	say(s, reason_id(s->r));
	say(s, ")");
}

/* --- what is wrong -------------------------------------------------------------------------- */

static void text_of_check(struct sentence *s)
{
	say(s, check_words(s->r->check));
}

static void text_not_decoded(struct sentence *s)
{
	say(s, param_info(s->r->param)->words);
	say(s, ": ");
	say(s, decode_status_words(s->r->decode));
}

/* "fluence 30 J/cm2 is above 20 J/cm2" */
static void say_beyond(struct sentence *s, const char *which)
{
	const struct reason *r = s->r;

	say_asked(s);
	if (!r->has_asked) {
		say(s, " is not known to this device; the protocol asks for ");
		say_what_passes(s);
	} else if (param_is_choice(r->param)) {
		say(s, " is none of ");
		say(s, which);
		say_choices(s, ", ");
	} else if (r->asked > r->limit.hi) {
		say(s, " is above ");
		say(s, which);
		say_value(s, r->limit.hi);
	} else {
		say(s, " is below ");
		say(s, which);
		say_value(s, r->limit.lo);
	}
	if (r->tenfold)
		say(s, ", as if the decimal point had slipped");
}

static void text_device_range(struct sentence *s)
{
	say_beyond(s, "what the device may be told, ");
}

static void text_hard(struct sentence *s)
{
	say_beyond(s, "the hard limit ");
	say_id(s);
}

static void text_soft(struct sentence *s)
{
	say_beyond(s, "");
	say_id(s);
}

static void text_screening(struct sentence *s)
{
	say(s, s->r->rule->reason);
	say_id(s);
}

static void text_no_row(struct sentence *s)
{
	if (s->r->row == NULL) {
		say(s, "no limit is known for ");
		say_asked(s);
		say(s, " while no row fits the other settings");
		return;
	}
	say(s, "no protocol for ");
	say_asked(s);
	say(s, "; entries: ");
	if (param_is_choice(s->r->param))
		say_choices(s, ", ");
	else
		say_entries(s);
}

static void text_no_limit(struct sentence *s)
{
	say(s, "the protocol says nothing about ");
	say_asked(s);
	say_id(s);
}

static void text_status(struct sentence *s)
{
	const char letter = row_status_letter(s->r->row->status);

	say(s, check_words(s->r->check));
	say(s, ": status ");
	text_put_n(&s->text, &letter, 1);
	say_id(s);
}

/* "pulse width 15 ms is below last time's 20 ms, and fluence moved too: one at a time (one_step)"
 */
static void text_one_step(struct sentence *s)
{
	const struct reason *r = s->r;
	int64_t last = r->limit.lo != INT64_MIN ? r->limit.lo : r->limit.hi;

	say_asked(s);
	if (!r->has_asked)
		say(s, " is not known to this device and was ");
	else
		say(s, r->asked > last ? " is above last time's " : " is below last time's ");
	say_value(s, last);
	for (enum param p = 0; r->moved >> p != 0; p++) {
		if ((r->moved & PARAM_BIT(p)) == 0)
			continue;
		say(s, ", and ");
		say(s, param_info(p)->words);
	}
	say(s, " moved too: only one at a time");
	say_id(s);
}

/* "71 J", "400 pulses" */
static void say_of_session(struct sentence *s, int64_t v)
{
	static const struct measure plain = {DIM_COUNT, 0, ""};
	char buf[64];

	if (s->r->param != PARAM_NONE) {
		say_value(s, v);
		return;
	}
	quantity_format(v, plain, buf, sizeof buf);
	say(s, buf);
	say(s, v == 1 ? " pulse" : " pulses");
}

static void text_spent(struct sentence *s)
{
	if (s->r->asked < 0) {
		say(s, "how much this session has had cannot be known; it may have ");
	} else {
		say(s, "with one pulse more this session has had ");
		say_of_session(s, s->r->asked);
		say(s, ", and it may have ");
	}
	say_of_session(s, s->r->limit.hi);
	say_id(s);
}

/* --- the way forward ------------------------------------------------------------------------ */

static void way_as_said(struct sentence *s)
{
	(void)s;
}

static void way_inside(struct sentence *s)
{
	if (!s->r->has_asked) {
		say(s, "use a device that has this parameter");
		return;
	}
	say(s, param_is_choice(s->r->param) ? "choose " : "ask for ");
	say_what_passes(s);
}

static void way_soft(struct sentence *s)
{
	way_inside(s);
	say(s, s->r->approvers == 2 ? ", or ask two physicians: this is far beyond"
	                            : ", or ask the physician");
}

static void way_no_row(struct sentence *s)
{
	if (s->r->row == NULL)
		say(s, "set what selects the row first, then this");
	else if (s->r->has_limit) {
		say(s, "choose ");
		say_what_passes(s);
		say(s, ", or ask the physician");
	} else
		say(s, "choose one of the entries, or ask the physician");
}

static void way_screening(struct sentence *s)
{
	say(s, s->r->kind == VERDICT_BLOCKED ? "do not treat now; nobody may override this"
	                                     : "ask the physician to clear this for the session");
}

static void way_status(struct sentence *s)
{
	say(s, s->r->approvers == 2 ? "ask two physicians to decide on this patient"
	                            : "ask the physician to decide on this patient");
}

static void text_unsupervised(struct sentence *s)
{
	text_of_check(s);
	say(s, ": ");
	say(s, s->r->rule->reason);
}

static const struct {
	void (*text)(struct sentence *s);
	const char *way; /* how the way begins */
	void (*way_on)(struct sentence *s);
} SAID[CHECK_COUNT] = {
        [CHECK_NO_SESSION] = {text_of_check, "start a session for this patient on this device",
                              way_as_said},
        [CHECK_NOT_HEARD] = {text_of_check,
                             "wait until the device answers; look at cable and power", way_as_said},
        [CHECK_OUTCOME_UNKNOWN] = {text_of_check,
                                   "wait until the settings have been read back, then ask again",
                                   way_as_said},
        [CHECK_LATCHED] = {text_of_check, "find out why, then clear the alarm", way_as_said},
        [CHECK_EMITTING] = {text_of_check, "release the pedal, then ask again", way_as_said},
        [CHECK_DEVICE_STATE] = {text_of_check, "bring the device to standby, then ask again",
                                way_as_said},
        [CHECK_NOT_DECODED] = {text_not_decoded, "write it a value of its kind", way_as_said},
        [CHECK_HALF_KNOWN] = {text_of_check, "set energy and spot, or the fluence", way_as_said},
        [CHECK_DISAGREES] = {text_of_check,
                             "look at the handpiece; write fluence, energy and spot together, so "
                             "that they agree",
                             way_as_said},
        [CHECK_DEVICE_RANGE] = {text_device_range, "", way_inside},
        [CHECK_SCREENING] = {text_screening, "", way_screening},
        [CHECK_HARD] = {text_hard, "", way_inside},
        [CHECK_NO_ROW] = {text_no_row, "", way_no_row},
        [CHECK_NO_LIMIT] = {text_no_limit,
                            "ask the physician; the director may add it to the protocol",
                            way_as_said},
        [CHECK_SOFT] = {text_soft, "", way_soft},
        [CHECK_STATUS] = {text_status, "", way_status},
        [CHECK_ONE_STEP] = {text_one_step, "", way_soft},
        [CHECK_SPENT] = {text_spent,
                         "end the session; or set what is still needed, and ask the physician for "
                         "so many pulses more",
                         way_as_said},
        [CHECK_UNSUPERVISED] = {text_unsupervised,
                                "have a physician check in (presence in), then ask again",
                                way_as_said},
};

size_t reason_text(const struct library *lib, const struct reason *r, char *buf, size_t len)
{
	struct sentence s = {text_in(buf, len), lib, r};

	SAID[r->check].text(&s);
	return s.text.needed;
}

size_t reason_way(const struct library *lib, const struct reason *r, char *buf, size_t len)
{
	struct sentence s = {text_in(buf, len), lib, r};

	say(&s, SAID[r->check].way);
	SAID[r->check].way_on(&s);
	return s.text.needed;
}

size_t reason_asked(const struct library *lib, const struct reason *r, char *buf, size_t len)
{
	struct sentence s = {text_in(buf, len), lib, r};

	if (r->has_asked)
		say_value(&s, r->asked);
	return s.text.needed;
}

size_t reason_limit(const struct library *lib, const struct reason *r, char *buf, size_t len)
{
	struct sentence s = {text_in(buf, len), lib, r};

	if (r->has_limit && !param_is_choice(r->param))
		return quantity_format_span(r->limit, param_info(r->param)->measure, buf, len);
	if (r->has_limit)
		say_choices(&s, " or ");
	return s.text.needed;
}
