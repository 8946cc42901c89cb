#include "library_diff.h"

#include <stdarg.h>
#include <string.h>

#include "ctl.h"

void diff_under(struct diff *d, const char *part, const char *head)
{
	d->part = part;
	d->head = head;
}

static void tell(struct diff *d, const char *how, const char *text)
{
	json_t *section;

	if (d->said != d->head)
		json_array_append_new(d->told, json_pack("{s:s, s:s, s:[]}", "part", d->part,
		                                         "title", d->head, "differences"));
	section = json_array_get(d->told, json_array_size(d->told) - 1);
	json_array_append_new(json_object_get(section, "differences"),
	                      json_pack("{s:s, s:s?}", "text", text, "how", how));
}

static void write_down(struct diff *d, const char *how, const char *text)
{
	if (d->said != d->head)
		pen_head(&d->p, 2, "%s", d->head);
	pen_item(&d->p, "", how != NULL ? "%s (%s)" : "%s", text, how);
}

__attribute__((format(printf, 3, 0))) static void say_difference(struct diff *d, const char *how,
                                                                 const char *format, va_list args)
{
	char text[4000];

	vsnprintf(text, sizeof text, format, args);
	if (d->told != NULL)
		tell(d, how, text);
	else
		write_down(d, how, text);
	d->said = d->head;
	d->n++;
}

void differ(struct diff *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_difference(d, NULL, format, args);
	va_end(args);
}

void differ_so(struct diff *d, const char *how, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_difference(d, how, format, args);
	va_end(args);
}

void diff_text(struct diff *d, const char *id, const char *what, const char *a, const char *b)
{
	if (strcmp(a, b) != 0)
		differ(d, "%s: %s \"%s\" becomes \"%s\"", id, what, a, b);
}

/* --- one limit ---------------------------------------------------------------------------------
 */

struct place {
	struct diff *d;
	const char *type, *where;
	enum param param;
};

static const char *end_words(enum param p, int64_t end, char *buf, size_t len)
{
	if (end == INT64_MIN || end == INT64_MAX)
		return "none";
	quantity_format(end, param_info(p)->measure, buf, len);
	return buf;
}

/* Up: a lower one is narrower. */
static void diff_end(const struct place *at, const char *what, bool up, int64_t a, int64_t b)
{
	char before[64], after[64];

	if (a == b)
		return;
	differ_so(at->d, (b < a) == up ? "narrower" : "wider", "type %s, %s: %s %s %s becomes %s",
	          at->type, at->where, param_info(at->param)->words, what,
	          end_words(at->param, a, before, sizeof before),
	          end_words(at->param, b, after, sizeof after));
}

static void diff_choices(const struct place *at, const struct limit *a, const struct limit *b)
{
	char before[WORDS_LEN] = "", after[WORDS_LEN] = "";
	bool all_there, all_back;
	uint64_t there = names_in(&at->d->a->choices, a->choices, &at->d->b->choices, &all_there);
	uint64_t back = names_in(&at->d->b->choices, b->choices, &at->d->a->choices, &all_back);
	const char *how = "other";

	if (there == b->choices && all_there)
		return;
	if (all_back && (back & ~a->choices) == 0)
		how = "narrower";
	else if (all_there && (there & ~b->choices) == 0)
		how = "wider";
	limit_words(at->d->a, a, before, sizeof before);
	limit_words(at->d->b, b, after, sizeof after);
	differ_so(at->d, how, "type %s, %s: %s %s becomes %s", at->type, at->where,
	          param_info(at->param)->words, before, after);
}

static void diff_spans(const struct place *at, const struct limit *a, const struct limit *b)
{
	enum danger danger = param_info(at->param)->danger;
	bool ceiling = danger != DANGER_DOWN, floor = danger != DANGER_UP;

	if (ceiling)
		diff_end(at, "ceiling", true, a->soft.hi, b->soft.hi);
	if (floor)
		diff_end(at, "floor", false, a->soft.lo, b->soft.lo);
	diff_end(at, "ceiling that nobody may pass", true, a->hard.hi, b->hard.hi);
	diff_end(at, "floor that nobody may pass", false, a->hard.lo, b->hard.lo);
	if ((ceiling || a->soft.hi == b->soft.hi) && (floor || a->soft.lo == b->soft.lo))
		return;
	char before[WORDS_LEN] = "", after[WORDS_LEN] = "";

	value_words(at->d->a, at->param, a->soft, 0, before, sizeof before);
	value_words(at->d->b, at->param, b->soft, 0, after, sizeof after);
	differ(at->d, "type %s, %s: working range of %s %s becomes %s", at->type, at->where,
	       param_info(at->param)->words, before, after);
}

/* How far a row lets a parameter go: not at all but by a physician, to a limit, all the way. What
 * is computed counts only where a row says so. */
static int freedom(const struct row *r, enum param p)
{
	if (row_limit(r, p) != NULL || limits_select(r, p) != NULL)
		return 1;
	return ((r->unlimited | PARAMS_COMPUTED) & PARAM_BIT(p)) != 0 ? 2 : 0;
}

static void freedom_words(const struct library *lib, const struct row *r, enum param p, char *buf,
                          size_t len)
{
	static const char *const words[] = {"not in the row, so held", "as selected", "no limit"};

	if (row_limit(r, p) != NULL)
		limit_words(lib, row_limit(r, p), buf, len);
	else
		add(buf, len, "%s", words[freedom(r, p)]);
}

static void diff_param(const struct place *at, const struct row *a, const struct row *b)
{
	const struct limit *x = row_limit(a, at->param), *y = row_limit(b, at->param);
	char before[WORDS_LEN] = "", after[WORDS_LEN] = "";

	if (x != NULL && y != NULL && param_is_choice(at->param)) {
		diff_choices(at, x, y);
		return;
	}
	if (x != NULL && y != NULL) {
		diff_spans(at, x, y);
		return;
	}
	if (x == NULL && y == NULL && freedom(a, at->param) == freedom(b, at->param))
		return;
	freedom_words(at->d->a, a, at->param, before, sizeof before);
	freedom_words(at->d->b, b, at->param, after, sizeof after);
	differ_so(at->d,
	          freedom(b, at->param) < freedom(a, at->param)   ? "narrower"
	          : freedom(b, at->param) > freedom(a, at->param) ? "wider"
	                                                          : "other",
	          "type %s, %s: %s %s becomes %s", at->type, at->where,
	          param_info(at->param)->words, before, after);
}

void diff_rows(struct diff *d, const struct row *a, const struct row *b, const char *place)
{
	struct place at = {d, skin_words(d->a, a->skin), place, PARAM_NONE};
	char id[500], was[2] = {a->confidence}, is[2] = {b->confidence};

	if (a->status != b->status)
		differ_so(d, b->status > a->status ? "stricter" : "milder",
		          "type %s, %s: status %c (%s) becomes %c (%s)", at.type, place,
		          row_status_letter(a->status), status_words(a->status),
		          row_status_letter(b->status), status_words(b->status));
	for (enum param p = 0; p < PARAM_COUNT; p++) {
		at.param = p;
		diff_param(&at, a, b);
	}
	snprintf(id, sizeof id, "type %s, %s", at.type, place);
	diff_text(d, id, "source", a->source, b->source);
	diff_text(d, id, "confidence", was, is);
	diff_text(d, id, "note", a->note, b->note);
}

/* --- questions ---------------------------------------------------------------------------------
 */

static const struct fact *fact_named(const struct library *lib, const char *name)
{
	for (uint16_t i = 0; i < lib->n_facts; i++)
		if (strcmp(lib->fact[i].name, name) == 0)
			return &lib->fact[i];
	return NULL;
}

static void answers_words(const struct fact *f, char *buf, size_t len)
{
	add(buf, len, "%s", fact_kind_name(f->kind));
	for (uint8_t i = 0; i < f->n_values; i++)
		add(buf, len, "%s%s", i > 0 ? ", " : ": ", f->value[i]);
}

static void diff_fact(struct diff *d, const struct fact *a, const struct fact *b)
{
	char before[WORDS_LEN] = "", after[WORDS_LEN] = "";
	char was[2] = {a->confidence}, is[2] = {b->confidence};

	diff_text(d, a->name, "question", a->question, b->question);
	answers_words(a, before, sizeof before);
	answers_words(b, after, sizeof after);
	diff_text(d, a->name, "answers", before, after);
	if (a->valid_days != b->valid_days)
		differ_so(d, b->valid_days < a->valid_days ? "stricter" : "milder",
		          "%s: an answer holds %d days, becomes %d", a->name, a->valid_days,
		          b->valid_days);
	if (a->answered_by != b->answered_by)
		differ(d, "%s: others may answer it now", a->name);
	diff_text(d, a->name, "source", a->source, b->source);
	diff_text(d, a->name, "confidence", was, is);
}

void diff_facts(struct diff *d)
{
	diff_under(d, "questions", "questions");
	for (uint16_t i = 0; i < d->a->n_facts; i++) {
		const struct fact *a = &d->a->fact[i], *b = fact_named(d->b, a->name);

		if (b == NULL)
			differ(d, "%s removed", a->name);
		else
			diff_fact(d, a, b);
	}
	for (uint16_t i = 0; i < d->b->n_facts; i++)
		if (fact_named(d->a, d->b->fact[i].name) == NULL)
			differ(d, "%s added: %s", d->b->fact[i].name, d->b->fact[i].question);
}
