/*
 * recording: what went over the wires, with what the gate made of it, to one file. Frames are told
 * by the rooms that have them, rows by gate_record, what people ask for by methods_call: what a
 * replay needs to bring another gate to the same decisions. Patients are tokens in it, secrets and
 * numbers of holds are not.
 */
#include "house/gate.h"

#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "edge/dosejson_past.h"
#include "edge/log.h"

#define FOLDER          "recordings"
#define MEGABYTE        ((size_t)1 << 20)
#define MEGABYTES_LEAST 1
#define MEGABYTES       64 /* a day of a busy room with three devices is about 400 */
#define MEGABYTES_MOST  4096
#define FILE_NAME_LEN   80

static struct recorder *recorder_of(const struct gate *g)
{
	return g->tape.recorder;
}

static void put_json(struct gate *g, const char *channel, enum recording_event e, const char *kind,
                     json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT);
	size_t room = strlen(kind) + (text == NULL ? 0 : strlen(text)) + 2;
	char *line = malloc(room);

	must(text != NULL && line != NULL);
	snprintf(line, room, "%s%s%s", kind, kind[0] == '\0' ? "" : " ", text);
	recorder_text(recorder_of(g), channel, e, line);
	free(line);
	free(text);
}

/* --- frames --------------------------------------------------------------------------------------
 */

static void device_channel(const struct device *d, char *out, size_t len)
{
	snprintf(out, len, "d%d", d->index + 1);
}

static void on_device_wire(struct link *l, enum recording_event e, const uint8_t *bytes, size_t n)
{
	const struct device *d = l->owner;
	char channel[RECORDING_CHANNEL_LEN];

	device_channel(d, channel, sizeof channel);
	recorder_bytes(recorder_of(d->gate), channel, e, bytes, n);
}

/* Whose connection it is stands before its first frame. */
static void name_console(struct gate *g, struct console_ref who, const char *channel)
{
	must(who.slot < RECORDING_CONSOLES);
	if (g->tape.named[who.slot] == who.generation)
		return;
	g->tape.named[who.slot] = who.generation;
	recorder_text(recorder_of(g), channel, RECORDED_BEGINS, console_name(g->consoles, who));
}

static void on_console_wire(void *owner, struct console_ref who, enum recording_event e,
                            const uint8_t *bytes, size_t n)
{
	struct gate *g = owner;
	char channel[RECORDING_CHANNEL_LEN];

	snprintf(channel, sizeof channel, "c%u.%u", who.slot, who.generation);
	name_console(g, who, channel);
	if (e == RECORDED_ENDS)
		recorder_text(recorder_of(g), channel, e, (const char *)bytes);
	else
		recorder_bytes(recorder_of(g), channel, e, bytes, n);
}

void recording_link(struct device *d, bool up)
{
	char channel[RECORDING_CHANNEL_LEN];

	if (recorder_of(d->gate) == NULL)
		return;
	device_channel(d, channel, sizeof channel);
	recorder_text(recorder_of(d->gate), channel, up ? RECORDED_BEGINS : RECORDED_ENDS,
	              up ? d->config->address : d->link->stats.last_trouble);
}

void recording_look(struct device *d, bool news)
{
	struct gate *g = d->gate;
	char channel[RECORDING_CHANNEL_LEN];

	if (recorder_of(g) == NULL)
		return;
	device_channel(d, channel, sizeof channel);
	if (!news) {
		recorder_text(recorder_of(g), channel, RECORDED_LOOK, "");
		return;
	}
	json_t *now = json_pack("{s:s, s:o, s:I, s:s, s:s, s:s, s:b}", "state",
	                        device_state_name(d->state), "settings",
	                        show_settings(device_library(d), &d->reported), "pulses",
	                        (json_int_t)d->pulses, "serial", d->serial, "firmware", d->firmware,
	                        "handpiece", d->handpiece, "interlock_open", d->interlock_open);
	put_json(g, channel, RECORDED_LOOK, "", now);
	json_decref(now);
}

/* --- rows and people -----------------------------------------------------------------------------
 */

void recording_row(struct gate *g, const char *kind, json_t *body)
{
	if (recorder_of(g) != NULL)
		put_json(g, "gate", RECORDED_ROW, kind, body);
}

/* What a replay does again. Of these only what proves who somebody is is kept back; of all others
 * nothing at all is kept, so that no secret of a method to come stands in a file. */
static const char *const kept_back[] = {"secret", "code", "number"};
static const char *const acts[] = {
        "session.start", "session.fact",  "session.end", "hold.ask",     "hold.approve",
        "hold.deny",     "grant.revoke",  "stop",        "alarm.clear",  "test.read",
        "lease.take",    "lease.release", "presence.in", "presence.out",
};

static bool is_act(const char *method)
{
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (strcmp(acts[i], method) == 0)
			return true;
	return false;
}

/* Whether the person had what a session wants of the one who starts it. */
static void add_training(struct gate *g, const char *name, const char *method, json_t *params,
                         json_t *body)
{
	const char *device = json_string_value(json_object_get(params, "device"));
	const struct device *d = device == NULL ? NULL : gate_device_named(g, device);
	char why[400];

	if (d != NULL && strcmp(method, "session.start") == 0)
		json_object_set_new(body, "trained",
		                    json_boolean(training_allows(d, name, why, sizeof why)));
}

void recording_act(struct gate *g, struct control_ref who, int64_t call, const char *method,
                   json_t *params)
{
	if (recorder_of(g) == NULL || !is_act(method))
		return;
	const char *name = control_person(g->control, who);
	const struct person *p = name[0] == '\0' ? NULL : people_find(g->people, name);
	const struct device *held =
	        session_hold_device(g, json_integer_value(json_object_get(params, "hold")));
	json_t *open = json_copy(params);

	for (size_t i = 0; i < ARRAY_LEN(kept_back); i++)
		json_object_del(open, kept_back[i]);
	json_t *body = json_pack("{s:I, s:s, s:s, s:s, s:o}", "call", (json_int_t)call, "person",
	                         name, "role", p == NULL ? "" : person_role_name(p->role), "method",
	                         method, "params", open);
	add_training(g, name, method, params, body);
	if (held != NULL) /* another gate gives its holds other numbers */
		json_object_set_new(body, "device", json_string(held->config->name));
	put_json(g, "gate", RECORDED_ROW, "act", body);
	json_decref(body);
}

static void on_answered(void *owner, struct control_ref who, int64_t call, const char *sentence)
{
	struct gate *g = owner;
	json_t *body = json_pack("{s:I, s:b, s:s*}", "call", (json_int_t)call, "done",
	                         sentence == NULL, "text", sentence);

	(void)who;
	put_json(g, "gate", RECORDED_ROW, "done", body);
	json_decref(body);
}

void recording_past(struct gate *g, const char *patient, json_t *bodies)
{
	if (recorder_of(g) == NULL || bodies == NULL)
		return;
	json_t *body = json_pack("{s:s, s:O}", "patient", patient, "rows", bodies);
	put_json(g, "gate", RECORDED_ROW, "past", body);
	json_decref(body);
}

/* --- begin and end -------------------------------------------------------------------------------
 */

static void put_gate(struct gate *g)
{
	const struct clinic *c = &g->config->clinic;
	const struct library *lib = gate_library(g);
	json_t *codes = json_array();
	char day[PAST_DAY_LEN];
	struct timespec now;

	for (size_t i = 0; i < c->n_reason_codes; i++)
		json_array_append_new(codes, json_string(c->reason_code[i]));
	clock_gettime(CLOCK_REALTIME, &now);
	past_day_text(gate_today(g), day);
	json_t *body = json_pack(
	        "{s:s, s:s, s:b, s:s, s:I, s:s, s:i, s:I, s:I, s:I, s:I, s:s, s:o}", "version",
	        DOSEGATE_VERSION, "clinic", c->name, "demo", c->demo, "library",
	        lib == NULL ? "" : lib->hash_hex, "unix_ms",
	        (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, "day", day, "gate_unit",
	        c->gate_unit, "idle_ms", (json_int_t)c->session_idle_ms, "hold_ms",
	        (json_int_t)c->hold_ms, "grant_ms", (json_int_t)c->grant_ms, "ledger_deadline_ms",
	        (json_int_t)c->ledger_deadline_ms, "listen", c->listen, "reason_codes", codes);
	json_object_set_new(body, "present", presence_show(g));
	put_json(g, "gate", RECORDED_IS, "", body);
	json_decref(body);
}

static void put_device(struct gate *g, const struct device *d)
{
	const struct device_config *c = d->config;
	json_t *units = json_array();
	char channel[RECORDING_CHANNEL_LEN];

	json_array_append_new(units, json_integer(c->unit));
	for (int i = 0; i < c->n_aliases; i++)
		json_array_append_new(units, json_integer(c->aliases[i]));
	device_channel(d, channel, sizeof channel);
	json_t *body = json_pack("{s:s, s:s, s:b, s:o, s:i, s:s, s:s, s:I, s:I, s:i, s:b}", "name",
	                         c->name, "address", c->address, "line",
	                         c->transport.kind != TRANSPORT_TCP, "units", units, "device_unit",
	                         c->device_unit, "profile", d->profile->name, "serial", c->serial,
	                         "deadline_ms", (json_int_t)d->timing.deadline_ms, "poll_ms",
	                         (json_int_t)d->timing.poll_ms, "window", d->timing.window,
	                         "session", d->session.state != SESSION_NONE);
	put_json(g, channel, RECORDED_IS, "", body);
	json_decref(body);
	if (d->link->up)
		recorder_text(recorder_of(g), channel, RECORDED_BEGINS, c->address);
}

static void listen_to_all(struct gate *g, bool listen)
{
	if (g->consoles != NULL)
		consoles_listen(g->consoles, listen ? on_console_wire : NULL);
	control_listen(g->control, listen ? on_answered : NULL);
	for (size_t i = 0; i < g->n_devices; i++)
		g->device[i].link->on_wire = listen ? on_device_wire : NULL;
}

/* In the gate's own folder for them, and nowhere else. */
static bool name_is_plain(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < FILE_NAME_LEN && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
	               n;
}

static bool take_params(json_t *params, const char **name, json_int_t *megabytes, char *why,
                        size_t len)
{
	*megabytes = MEGABYTES;
	if (json_unpack(params, "{s:s, s?I}", "file", name, "max_mb", megabytes) != 0 ||
	    !name_is_plain(*name)) {
		snprintf(why, len,
		         "record.start wants \"file\": a name of letters, digits, . _ and -, for a "
		         "new file in the gate's folder of recordings");
		return false;
	}
	if (*megabytes >= MEGABYTES_LEAST && *megabytes <= MEGABYTES_MOST)
		return true;
	snprintf(why, len, "max_mb is %d to %d", MEGABYTES_LEAST, MEGABYTES_MOST);
	return false;
}

static bool open_file(struct gate *g, const char *name, json_int_t megabytes, char *why, size_t len)
{
	struct tape *t = &g->tape;
	char folder[PATH_LEN], path[PATH_LEN + FILE_NAME_LEN];

	if ((size_t)snprintf(folder, sizeof folder, "%s/%s", g->config->clinic.state_dir, FOLDER) >=
	            sizeof folder ||
	    (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof t->file) {
		snprintf(why, len, "the path of the state folder is too long");
		return false;
	}
	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		snprintf(why, len, "%s: %s", folder, strerror(errno));
		return false;
	}
	t->recorder = recorder_open(g->loop, path, (size_t)megabytes * MEGABYTE, why, len);
	if (t->recorder != NULL)
		text_copy(t->file, sizeof t->file, path);
	return t->recorder != NULL;
}

static void record(struct gate *g, const char *event, const char *text)
{
	gate_record(g, LEDGER_RECORDING,
	            json_pack("{s:s, s:s, s:s, s:s}", "event", event, "person", g->tape.by, "file",
	                      g->tape.file, "text", text),
	            NULL);
}

void recording_start(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct tape *t = &g->tape;
	const char *name;
	json_int_t megabytes;
	char why[400];

	if (t->recorder != NULL) {
		control_fail(g->control, who, call, CONTROL_REFUSED,
		             "the wire is being recorded already; record.stop ends that", NULL);
		return;
	}
	if (!take_params(params, &name, &megabytes, why, sizeof why)) {
		control_fail(g->control, who, call, CONTROL_PARAMS, why, NULL);
		return;
	}
	if (!open_file(g, name, megabytes, why, sizeof why)) {
		control_fail(g->control, who, call, CONTROL_REFUSED, why, NULL);
		return;
	}
	text_copy(t->by, sizeof t->by, control_person(g->control, who));
	memset(t->named, 0, sizeof t->named);
	put_gate(g);
	for (size_t i = 0; i < g->n_devices; i++)
		put_device(g, &g->device[i]);
	listen_to_all(g, true);
	record(g, "begun", "the wire is recorded from now on");
	control_result(g->control, who, call, recording_show(g));
}

json_t *recording_show(const struct gate *g)
{
	const struct tape *t = &g->tape;

	if (t->recorder == NULL)
		return json_null();
	struct recorder_state s = recorder_look(t->recorder);
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:s}", "file", t->file, "by", t->by, "bytes",
	                 (json_int_t)s.bytes, "lines", (json_int_t)s.lines, "lost",
	                 (json_int_t)s.lost, "over", s.over);
}

/* Nothing is told to it any more; `closed` when its last line is on the disk. */
static void let_go(struct gate *g, const char *why, void (*closed)(void *owner), void *owner)
{
	struct recorder *r = g->tape.recorder;

	listen_to_all(g, false);
	record(g, "ended", why);
	g->tape.recorder = NULL;
	recorder_close(r, why, closed, owner);
}

static void on_stopped(void *owner)
{
	struct pending *p = owner;

	if (!p->used)
		return; /* the gate is closing: nobody is left to answer */
	control_result(p->gate->control, p->who, p->call, json_incref(p->answer));
	pending_done(p);
}

void recording_stop(struct gate *g, struct control_ref who, int64_t call)
{
	char why[80];

	if (g->tape.recorder == NULL) {
		control_fail(g->control, who, call, CONTROL_NOT_FOUND,
		             "the wire is not being recorded", NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	snprintf(why, sizeof why, "stopped by %s", control_person(g->control, who));
	p->answer = recording_show(g);
	let_go(g, why, on_stopped, p);
}

void recording_end(struct gate *g)
{
	if (g->tape.recorder != NULL)
		let_go(g, "the gate ends", NULL, NULL);
}
