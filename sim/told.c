#include "replay.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	const struct tape *t;
	const struct script *script;
	int n_scripts;
	struct tolds *out;
	int waits[TAPE_CHANNELS]; /* by channel: its request without an answer; -1: none */
	int nth[TAPE_CHANNELS];
	const char *name[TAPE_CHANNELS]; /* whose connection it is */
	int people;                      /* sessions asked for */
	int session;                     /* the one that waits for its answer; -1: none */
	json_int_t call;
	bool started[DEVICES_MAX]; /* a session has begun on it in the recording */
};

static struct told *add(struct tolds *all)
{
	if ((all->n & (all->n + 1)) == 0) {
		all->of = realloc(all->of, 2 * (size_t)(all->n + 1) * sizeof *all->of);
		must(all->of != NULL);
	}
	all->of[all->n] = (struct told){0};
	return &all->of[all->n++];
}

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

/* --- what was asked ------------------------------------------------------------------------------
 */

static int device_of(const struct reading *r, uint8_t unit)
{
	for (int i = 0; i < r->n_scripts; i++)
		for (int k = 0; k < r->script[i].n_units; k++)
			if (r->script[i].unit[k] == unit)
				return i;
	return -1;
}

static int device_named(const struct reading *r, const char *name)
{
	for (int i = 0; i < r->n_scripts; i++)
		if (strcmp(r->script[i].name, name) == 0)
			return i;
	return -1;
}

static void say_asked(const struct reading *r, int device, const struct request *q,
                      struct told *out)
{
	static const char *const words[] = {[INTENT_READ] = "read",
	                                    [INTENT_SET] = "set",
	                                    [INTENT_ARM] = "arm",
	                                    [INTENT_STOP] = "stop",
	                                    [INTENT_PLAIN] = "write"};
	struct touch touch;

	if (device >= 0 && r->script[device].profile != NULL &&
	    regmap_intent(r->script[device].profile, q, &touch) == MB_OK)
		snprintf(out->asked, sizeof out->asked, "%s", words[touch.intent]);
	else
		snprintf(out->asked, sizeof out->asked, "%s %u", mb_function_words(q->function),
		         q->address);
}

/* "fluence 12 J/cm2" of {"fluence": ["10 J/cm2", "12 J/cm2"]}: what it would become. */
static void say_changed(json_t *changed, struct told *out)
{
	const char *name;
	json_t *two;

	json_object_foreach(changed, name, two)
	{
		size_t n = strlen(out->asked);

		snprintf(out->asked + n, sizeof out->asked - n, " %s %s", name,
		         json_string_value(json_array_get(two, 1)));
	}
}

static void on_asks(struct reading *r, const struct tape_event *e)
{
	uint8_t bytes[RECORDING_BYTES_MAX];
	struct frame f;
	struct request q;

	r->waits[e->channel] = -1;
	if (!tape_frame(e, r->name[e->channel] != NULL && r->name[e->channel][0] == '/', bytes, &f))
		return;
	int device = device_of(r, f.unit);
	enum mb_exception bad = request_take(f.pdu, f.pdu_len, &q);
	if (bad == MB_OK && !request_writes(&q))
		return;
	struct told *t = add(r->out);
	t->channel = e->channel;
	t->nth = r->nth[e->channel]++;
	t->us = e->us;
	t->exception = -1;
	if (device >= 0) {
		snprintf(t->device, sizeof t->device, "%s", r->script[device].name);
		t->before = r->script[device].session_before && !r->started[device];
	}
	if (bad == MB_OK)
		say_asked(r, device, &q, t);
	else
		snprintf(t->asked, sizeof t->asked, "function %02x", f.pdu[0]);
	r->waits[e->channel] = r->out->n - 1;
}

static void on_answers(struct reading *r, const struct tape_event *e)
{
	uint8_t bytes[RECORDING_BYTES_MAX];
	struct frame f;
	int i = r->waits[e->channel];
	bool serial = r->name[e->channel] != NULL && r->name[e->channel][0] == '/';

	r->waits[e->channel] = -1;
	if (i < 0 || !tape_frame(e, serial, bytes, &f))
		return;
	r->out->of[i].exception = (f.pdu[0] & 0x80) != 0 && f.pdu_len > 1 ? f.pdu[1] : 0;
}

/* --- what was said -------------------------------------------------------------------------------
 */

static void take_reason(json_t *reasons, struct told *t)
{
	json_t *first = json_array_get(reasons, 0);

	if (first == NULL)
		return;
	snprintf(t->rule, sizeof t->rule, "%s",
	         text_of(first, "id")[0] != '\0' ? text_of(first, "id") : text_of(first, "check"));
	snprintf(t->limit, sizeof t->limit, "%s", text_of(first, "limit"));
	snprintf(t->text, sizeof t->text, "%s", text_of(first, "text"));
}

/* A row names the console by its address: its request waits. */
static void on_verdict(struct reading *r, json_t *row)
{
	const char *console = text_of(row, "console");

	for (int c = 0; c < r->t->n_channels; c++) {
		if (r->name[c] == NULL || r->waits[c] < 0 || strcmp(r->name[c], console) != 0)
			continue;
		struct told *t = &r->out->of[r->waits[c]];

		snprintf(t->verdict, sizeof t->verdict, "%s", text_of(row, "verdict"));
		say_changed(json_object_get(row, "changed"), t);
		if (strcmp(t->verdict, "ALLOWED") == 0 || t->verdict[0] == '\0')
			snprintf(t->text, sizeof t->text, "%s", text_of(row, "text"));
		else
			take_reason(json_object_get(row, "reasons"), t);
	}
}

static void on_act(struct reading *r, const struct tape_event *e, json_t *act)
{
	const char *method = text_of(act, "method");
	json_t *params = json_object_get(act, "params");
	int device = device_named(r, text_of(params, "device"));

	if (strcmp(method, "session.start") != 0 && strcmp(method, "session.fact") != 0)
		return;
	struct told *t = add(r->out);
	t->channel = -1;
	t->nth = r->people++;
	t->us = e->us;
	t->exception = -1;
	snprintf(t->device, sizeof t->device, "%s", text_of(params, "device"));
	if (strcmp(method, "session.start") == 0)
		snprintf(t->asked, sizeof t->asked, "session for %s", text_of(params, "patient"));
	else
		snprintf(t->asked, sizeof t->asked, "facts of the session");
	r->session = r->out->n - 1;
	r->call = json_integer_value(json_object_get(act, "call"));
	if (device >= 0)
		r->started[device] = true;
}

static void on_session(struct reading *r, json_t *row)
{
	static const struct {
		const char *event, *verdict;
	} of[] = {{"open", "ALLOWED"}, {"waits", "HELD"}, {"refused", "BLOCKED"}};
	struct told *t = r->session < 0 ? NULL : &r->out->of[r->session];

	for (size_t i = 0; t != NULL && i < ARRAY_LEN(of); i++) {
		if (strcmp(of[i].event, text_of(row, "event")) != 0 ||
		    strcmp(t->device, text_of(row, "device")) != 0)
			continue;
		snprintf(t->verdict, sizeof t->verdict, "%s", of[i].verdict);
		take_reason(json_object_get(row, i == 2 ? "reasons" : "screening"), t);
	}
}

static void on_done(struct reading *r, json_t *done)
{
	if (r->session < 0 || json_integer_value(json_object_get(done, "call")) != r->call)
		return;
	struct told *t = &r->out->of[r->session];
	t->exception = json_is_true(json_object_get(done, "done")) ? 0 : MB_VALUE;
	if (t->verdict[0] == '\0')
		snprintf(t->text, sizeof t->text, "%s", text_of(done, "text"));
	r->session = -1;
}

static void on_row(struct reading *r, const struct tape_event *e)
{
	json_t *body = tape_json(e);

	if (tape_row_is(e, "intent") || tape_row_is(e, "refused"))
		on_verdict(r, body);
	else if (tape_row_is(e, "act"))
		on_act(r, e, body);
	else if (tape_row_is(e, "session"))
		on_session(r, body);
	else if (tape_row_is(e, "done"))
		on_done(r, body);
	json_decref(body);
}

void tolds_read(const struct tape *t, const struct script *scripts, int n_scripts,
                struct tolds *out)
{
	struct reading *r = calloc(1, sizeof *r);

	must(r != NULL);
	*r = (struct reading){
	        .t = t, .script = scripts, .n_scripts = n_scripts, .out = out, .session = -1};
	for (int i = 0; i < TAPE_CHANNELS; i++)
		r->waits[i] = -1;
	for (size_t i = 0; i < t->n; i++) {
		const struct tape_event *e = &t->event[i];

		if (e->channel == TAPE_GATE && e->is.event == RECORDED_ROW)
			on_row(r, e);
		if (!tape_is_console(t, e->channel))
			continue;
		if (e->is.event == RECORDED_BEGINS)
			r->name[e->channel] = e->is.what;
		else if (e->is.event == RECORDED_ASKS)
			on_asks(r, e);
		else if (e->is.event == RECORDED_ANSWERS)
			on_answers(r, e);
		else if (e->is.event == RECORDED_ENDS)
			r->waits[e->channel] = -1;
	}
	free(r);
}
