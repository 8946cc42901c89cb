#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config.h"

#define ASKED_MAX 32
#define WORDS     65536

/* A request on its way. */
struct asked {
	bool used, writes, bent; /* bent: it has an item of its own, though it is a read */
	uint16_t tid;
	uint8_t unit;
	struct request q;
	int item; /* -1: none */
	int at;
};

/* What is known while the tape is read on. */
struct reading {
	struct script *s;
	const struct tape *t;
	struct asked asked[ASKED_MAX];
	int newest; /* of asked; -1: none yet */
	uint16_t *word[TABLE_COUNT];
	uint32_t *known[TABLE_COUNT]; /* 0: never seen; else 1 + the write since which it was */
	uint32_t writes;
	int write;              /* the last write's item; -1: none */
	struct request written; /* what it was */
	bool read_back_due;     /* the next look is its read-back */
	struct changes pending;
	int owner; /* of the next write */
};

static void changes_add(struct changes *c, enum table t, uint16_t address, uint16_t value,
                        bool kept)
{
	if ((c->n & (c->n + 1)) == 0) {
		c->of = realloc(c->of, 2 * (c->n + 1) * sizeof *c->of);
		must(c->of != NULL);
	}
	c->of[c->n++] =
	        (struct change){.table = t, .address = address, .value = value, .kept = kept};
}

static int item_add(struct script *s, enum item_kind kind, int at)
{
	if ((s->n_items & (s->n_items + 1)) == 0) {
		s->item = realloc(s->item, 2 * (size_t)(s->n_items + 1) * sizeof *s->item);
		must(s->item != NULL);
	}
	s->item[s->n_items] = (struct item){.kind = kind, .at = at, .console = -1};
	return s->n_items++;
}

/* --- registers -----------------------------------------------------------------------------------
 */

/* What a device acknowledges and does not do is an effect as well. */
static bool was_written(const struct reading *r, enum table t, uint16_t address)
{
	const struct request *q = &r->written;
	bool coils = q->function == FC_WRITE_COIL || q->function == FC_WRITE_COILS;

	return r->write >= 0 && t == (coils ? TABLE_COIL : TABLE_HOLDING) &&
	       address >= q->address && address - q->address < q->count;
}

static void saw(struct reading *r, enum table t, uint16_t address, uint16_t value)
{
	uint32_t *known = &r->known[t][address];
	uint16_t *word = &r->word[t][address];
	bool first = *known != r->writes + 1;

	if (*known == 0)
		changes_add(&r->s->first, t, address, value, false);
	else if (first && r->write >= 0 && (*word != value || was_written(r, t, address)))
		changes_add(&r->s->item[r->write].changes, t, address, value, *word == value);
	else if (*word != value)
		changes_add(&r->pending, t, address, value, false);
	*known = r->writes + 1;
	*word = value;
}

static void saw_reply(struct reading *r, const struct request *q, const struct reply *a)
{
	static const enum table table_of[] = {TABLE_COIL, TABLE_DISCRETE, TABLE_HOLDING,
	                                      TABLE_INPUT};

	if (q->function < FC_READ_COILS || q->function > FC_READ_INPUT)
		return;
	enum table t = table_of[q->function - FC_READ_COILS];
	for (uint16_t i = 0; i < q->count; i++) {
		uint16_t bit = (uint16_t)(((unsigned)a->bits[i / 8] >> (i % 8)) & 1u);

		saw(r, t, (uint16_t)(q->address + i),
		    t == TABLE_HOLDING || t == TABLE_INPUT ? a->value[i] : bit);
	}
}

/* --- requests and what came back -----------------------------------------------------------------
 */

/* The gate feeds it whatever happens. */
static bool is_heartbeat(const struct profile *p, const struct request *q)
{
	const struct reg *row = regmap_row(p, ROLE_HEARTBEAT);

	return row != NULL && request_writes(q) && q->address == row->address &&
	       (q->function == FC_WRITE_REGISTER || q->function == FC_WRITE_REGISTERS) ==
	               (row->table == TABLE_HOLDING);
}

static void item_of(struct reading *r, struct asked *a, enum item_kind kind)
{
	if (a->item >= 0)
		return;
	a->item = item_add(r->s, kind, a->at);
	struct item *it = &r->s->item[a->item];
	it->tid = a->tid;
	it->n_pdu = request_put(&a->q, it->pdu);
}

static void begin_write(struct reading *r, struct asked *a)
{
	struct touch touch;

	item_of(r, a, ITEM_WRITE);
	struct item *it = &r->s->item[a->item];
	it->intent =
	        regmap_intent(r->s->profile, &a->q, &touch) == MB_OK ? touch.intent : INTENT_PLAIN;
	it->console = it->intent == INTENT_STOP ? -1 : r->owner;
	r->owner = -1;
	r->write = a->item;
	r->written = a->q;
	r->writes++;
	r->read_back_due = false;
}

/* It was never answered. */
static void give_up(struct reading *r, struct asked *a)
{
	if (a->used)
		item_of(r, a, ITEM_READ);
	a->used = false;
}

static void on_asks(struct reading *r, int at)
{
	uint8_t bytes[RECORDING_BYTES_MAX];
	struct frame f;
	struct asked a = {.used = true, .item = -1, .at = at};

	if (!tape_frame(&r->t->event[at], r->s->line, bytes, &f) ||
	    request_take(f.pdu, f.pdu_len, &a.q) != MB_OK)
		return;
	a.tid = f.tid;
	a.unit = f.unit;
	a.writes = request_writes(&a.q) && !is_heartbeat(r->s->profile, &a.q);
	if (r->s->line && r->newest >= 0)
		give_up(r, &r->asked[r->newest]); /* on a line silence is not told of otherwise */
	r->newest = (r->newest + 1) % ASKED_MAX;
	struct asked *place = &r->asked[r->newest];
	*place = a;
	if (a.writes)
		begin_write(r, place);
}

static void chunk(struct item *it, int at)
{
	if (it->n_chunks < (int)ARRAY_LEN(it->chunk))
		it->chunk[it->n_chunks++] = at;
}

static struct asked *asked_named(struct reading *r, uint16_t tid)
{
	for (int i = 0; i < ASKED_MAX; i++)
		if (r->asked[i].used && (r->asked[i].tid == tid || r->s->line))
			return &r->asked[i];
	return NULL;
}

/* What nobody asked for, or is no answer, belongs to what was asked last. */
static void on_bent(struct reading *r, int at)
{
	if (r->newest < 0)
		return;
	struct asked *a = &r->asked[r->newest];
	if (a->item < 0)
		item_of(r, a, ITEM_READ);
	chunk(&r->s->item[a->item], at);
}

static void on_answers(struct reading *r, int at)
{
	uint8_t bytes[RECORDING_BYTES_MAX];
	struct frame f;
	struct reply reply;
	struct asked *a = NULL;
	enum reply_status status = REPLY_WRONG_LENGTH;

	if (tape_frame(&r->t->event[at], r->s->line, bytes, &f))
		a = asked_named(r, f.tid);
	if (a != NULL && f.unit == a->unit)
		status = reply_take(&a->q, f.pdu, f.pdu_len, &reply);
	if (status != REPLY_OK && (status != REPLY_EXCEPTION || !a->writes)) {
		on_bent(r, at);
		if (a != NULL && status == REPLY_EXCEPTION)
			a->used = false;
		return;
	}
	a->used = false;
	if (a->item < 0) {
		saw_reply(r, &a->q, &reply);
		return;
	}
	struct item *it = &r->s->item[a->item];
	it->answered = true;
	it->refused = status == REPLY_EXCEPTION;
	chunk(it, at);
	r->read_back_due =
	        it->kind == ITEM_WRITE && (it->intent == INTENT_SET || it->intent == INTENT_ARM) &&
	        !(it->refused && (reply.exception == MB_ACKNOWLEDGE || reply.exception == MB_BUSY));
}

/* --- looks, and the line -------------------------------------------------------------------------
 */

static void on_look(struct reading *r, int at)
{
	if (r->read_back_due) {
		r->read_back_due = false;
		return;
	}
	int i = item_add(r->s, ITEM_LOOK, at);
	r->s->item[i].changes = r->pending;
	r->pending = (struct changes){0};
}

static void on_down(struct reading *r, int at)
{
	static const char *const broke[] = {"the connection broke", "no connection",
	                                    "writing failed"};
	const char *why = r->t->event[at].is.what;
	bool by_device = false;

	for (size_t i = 0; i < ARRAY_LEN(broke); i++)
		by_device = by_device || strncmp(why, broke[i], strlen(broke[i])) == 0;
	for (int i = 0; i < ASKED_MAX; i++)
		give_up(r, &r->asked[i]);
	r->newest = -1;
	r->read_back_due = false;
	int i = item_add(r->s, ITEM_DOWN, at); /* it may move all of them */
	r->s->item[i].by_device = by_device;
}

static void on_event(struct reading *r, int at)
{
	const struct tape_event *e = &r->t->event[at];

	switch (e->is.event) {
	case RECORDED_ASKS:
		on_asks(r, at);
		break;
	case RECORDED_ANSWERS:
		on_answers(r, at);
		break;
	case RECORDED_NOISE_BACK:
		on_bent(r, at);
		break;
	case RECORDED_LOOK:
		on_look(r, at);
		break;
	case RECORDED_ENDS:
		on_down(r, at);
		break;
	case RECORDED_BEGINS:
		if (r->s->n_items > 0 && r->s->item[r->s->n_items - 1].kind == ITEM_DOWN)
			item_add(r->s, ITEM_UP, at);
		break;
	case RECORDED_IS:
	case RECORDED_NOISE:
	case RECORDED_ROW:
	case RECORDED_LOST:
	case RECORDED_OVER:
	case RECORDING_EVENT_COUNT:
		break;
	}
}

/* Whose write is about to go out: the intent stands in the file just before. */
static void on_intent(struct reading *r, int at)
{
	json_t *body = tape_json(&r->t->event[at]);
	const char *device = json_string_value(json_object_get(body, "device"));
	const char *console = json_string_value(json_object_get(body, "console"));

	for (int i = at;
	     device != NULL && console != NULL && strcmp(device, r->s->name) == 0 && i >= 0; i--) {
		const struct tape_event *e = &r->t->event[i];

		if (!tape_is_console(r->t, e->channel) || e->is.event != RECORDED_BEGINS ||
		    strcmp(e->is.what, console) != 0)
			continue;
		r->owner = e->channel;
		break;
	}
	json_decref(body);
}

void script_write(struct script *s, const struct tape *t, int channel)
{
	struct reading r = {.s = s, .t = t, .newest = -1, .write = -1, .owner = -1};

	for (int i = 0; i < TABLE_COUNT; i++) {
		r.word[i] = calloc(WORDS, sizeof *r.word[i]);
		r.known[i] = calloc(WORDS, sizeof *r.known[i]);
		must(r.word[i] != NULL && r.known[i] != NULL);
	}
	for (int at = 0; at < (int)t->n; at++) {
		if (t->event[at].channel == channel)
			on_event(&r, at);
		else if (tape_row_is(&t->event[at], "intent"))
			on_intent(&r, at);
	}
	for (int i = 0; i < TABLE_COUNT; i++) {
		free(r.word[i]);
		free(r.known[i]);
	}
	free(r.pending.of);
}

void script_free(struct script *s)
{
	for (int i = 0; i < s->n_items; i++)
		free(s->item[i].changes.of);
	free(s->item);
	free(s->first.of);
}

/* --- who they are --------------------------------------------------------------------------------
 */

static bool read_one(json_t *is, struct script *s)
{
	const char *name, *profile, *serial;
	int device_unit, line, session;
	json_int_t deadline, poll;
	json_t *units, *unit;
	size_t i;

	if (is == NULL ||
	    json_unpack(is, "{s:s, s:s, s:s, s:i, s:b, s:b, s:I, s:I, s:i, s:o}", "name", &name,
	                "profile", &profile, "serial", &serial, "device_unit", &device_unit, "line",
	                &line, "session", &session, "deadline_ms", &deadline, "poll_ms", &poll,
	                "window", &s->window, "units", &units) != 0)
		return false;
	snprintf(s->name, sizeof s->name, "%s", name);
	snprintf(s->profile_name, sizeof s->profile_name, "%s", profile);
	snprintf(s->serial, sizeof s->serial, "%s", serial);
	s->device_unit = (uint8_t)device_unit;
	s->line = line;
	s->session_before = session;
	s->deadline_ms = deadline;
	s->poll_ms = poll;
	json_array_foreach(units, i, unit)
	{
		if (i < ARRAY_LEN(s->unit))
			s->unit[s->n_units++] = (uint8_t)json_integer_value(unit);
	}
	return s->n_units > 0;
}

bool scripts_read(const struct tape *t, struct script *all, int *n, char *why, size_t len)
{
	*n = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct tape_event *e = &t->event[i];
		int which;

		if (e->is.event != RECORDED_IS || !tape_is_device(t, e->channel, &which))
			continue;
		json_t *is = tape_json(e);
		bool ok = which == *n && which < DEVICES_MAX && read_one(is, &all[which]);

		json_decref(is);
		if (!ok) {
			snprintf(why, len, "line %d: this does not say what the device is",
			         e->line);
			return false;
		}
		++*n;
	}
	if (*n == 0)
		snprintf(why, len, "it is no recording of a gate: no device stands in it");
	return *n > 0;
}
