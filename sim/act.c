/*
 * What people did, done again: by others, with secrets of their own, on another day, and on holds
 * that have other numbers now.
 */
#include "replay.h"

#include <arpa/inet.h>
#include <modbus.h>
#include <string.h>
#include <time.h>

#define ANSWER_MS 20000
/* README: the reason registers. */
#define PANEL_FIRST  100
#define PANEL_NUMBER 15

/* --- days ----------------------------------------------------------------------------------------
 */

static bool is_day(const char *text)
{
	size_t n = strlen(text);

	return n == 10 && strspn(text, "0123456789-") == 10 && text[4] == '-' && text[7] == '-';
}

static time_t day_of(const char *text)
{
	struct tm tm = {0};

	return strptime(text, "%Y-%m-%d", &tm) == NULL ? 0 : timegm(&tm);
}

static json_t *moved_day(const struct replay *r, const char *text)
{
	const char *then = json_string_value(json_object_get(r->was, "day"));
	time_t now = time(NULL);
	struct tm today;
	char buf[16];

	localtime_r(&now, &today);
	strftime(buf, sizeof buf, "%Y-%m-%d", &today);
	time_t moved = day_of(text) + day_of(buf) - (then == NULL ? 0 : day_of(then));
	struct tm *out = gmtime_r(&moved, &today);
	strftime(buf, sizeof buf, "%Y-%m-%d", out);
	return json_string(buf);
}

json_t *play_today(const struct replay *r, json_t *value)
{
	json_t *copy, *one;
	const char *key;
	size_t i;

	if (json_is_string(value) && is_day(json_string_value(value)))
		return moved_day(r, json_string_value(value));
	copy = json_copy(value);
	json_object_foreach(value, key, one)
	{
		json_object_set_new(copy, key, play_today(r, one));
	}
	json_array_foreach(value, i, one)
	{
		json_array_set_new(copy, i, play_today(r, one));
	}
	return copy;
}

static json_t *hold_on(struct replay *r, const char *device)
{
	char why[200];
	json_t *list =
	        voice_call(r, &r->stage.voice[0], "hold.list", json_object(), why, sizeof why);
	json_t *hold, *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(list, "holds"), i, hold)
	{
		const char *of = json_string_value(json_object_get(hold, "device"));

		if (of != NULL && strcmp(of, device) == 0)
			found = voice_call(r, &r->stage.voice[0], "hold.show",
			                   json_pack("{s:O}", "hold", json_object_get(hold, "id")),
			                   why, sizeof why);
	}
	json_decref(list);
	return found;
}

/* The number the operator saw then: it stands on the gate's own registers, B+15 of the device. */
static json_int_t number_shown(struct replay *r, const char *device)
{
	json_t *unit = json_object_get(r->was, "gate_unit");
	modbus_t *m = modbus_new_tcp(r->stage.host, r->stage.port);
	uint16_t number = 0;

	must(m != NULL);
	modbus_set_slave(m, (int)json_integer_value(unit));
	for (int i = 0; i < r->n_mimics; i++)
		if (strcmp(r->mimic[i].script.name, device) == 0 && modbus_connect(m) == 0)
			modbus_read_registers(m, PANEL_FIRST * (i + 1) + PANEL_NUMBER, 1, &number);
	modbus_close(m);
	modbus_free(m);
	return number;
}

/* A signature wants the secret, an approval a code as well; the reading of a test area, and
 * checking in, that one has logged in with both. */
static void prove(struct replay *r, struct voice *v, const char *method, json_t *params)
{
	char code[FACTOR_CODE_LEN], why[200];
	bool approves = strcmp(method, "hold.approve") == 0;
	bool reads = strcmp(method, "test.read") == 0 || strncmp(method, "presence.", 9) == 0;

	if (approves || reads)
		voice_code(r, v, code);
	if (reads)
		json_decref(voice_call(r, v, "login",
		                       json_pack("{s:s, s:s, s:s}", "person", v->name, "secret",
		                                 v->secret, "code", code),
		                       why, sizeof why));
	if (approves)
		json_object_set_new(params, "code", json_string(code));
	if (approves || strcmp(method, "hold.deny") == 0)
		json_object_set_new(params, "secret", json_string(v->secret));
}

/* Another gate gives its holds other ids, and signs other texts. False: there is no such hold. */
static bool fill_hold(struct replay *r, json_t *params, const char *device)
{
	json_t *hold = device == NULL ? NULL : hold_on(r, device);
	static const char *const same[] = {"version", "digest"};

	if (hold == NULL)
		return false;
	json_object_set(params, "hold", json_object_get(hold, "id"));
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		if (json_object_get(hold, same[i]) != NULL)
			json_object_set(params, same[i], json_object_get(hold, same[i]));
	json_object_set_new(params, "number", json_integer(number_shown(r, device)));
	json_decref(hold);
	return true;
}

/* A lease names its console. */
static const char *host_here(struct replay *r, const char *console)
{
	struct in_addr at = play_address(r, console);

	return inet_ntop(AF_INET, &at, r->host_here, sizeof r->host_here);
}

void act_begin(struct replay *r, const struct tape_event *e)
{
	json_t *act = tape_json(e);
	const char *person = json_string_value(json_object_get(act, "person"));
	const char *method = json_string_value(json_object_get(act, "method"));
	const char *device = json_string_value(json_object_get(act, "device"));
	struct voice *v =
	        person == NULL || person[0] == '\0' ? &r->stage.voice[0] : stage_voice(r, person);

	play_await_seen(r);
	json_t *params = play_today(r, json_object_get(act, "params"));
	const char *console = json_string_value(json_object_get(params, "console"));
	bool can = method != NULL && v != NULL;

	if (console != NULL)
		json_object_set_new(params, "console", json_string(host_here(r, console)));
	if (can && json_object_get(params, "hold") != NULL)
		can = fill_hold(r, params, device);
	if (can)
		prove(r, v, method, params);
	if (can)
		voice_ask(v, method, json_incref(params),
		          json_integer_value(json_object_get(act, "call")));
	json_decref(params);
	json_decref(act);
}

struct wanted {
	int64_t call;
};

static bool is_settled(struct replay *r, void *what)
{
	const struct wanted *w = what;

	for (int i = 0; i < r->stage.n_voices; i++) {
		struct voice *v = &r->stage.voice[i];

		json_decref(voice_answer(v, w->call));
		if (v->fd >= 0 && voice_waits(v, w->call))
			return false;
	}
	return true;
}

/* What stands in the file before the answer has come about just now. */
void act_end(struct replay *r, int at)
{
	json_t *done = tape_json(&r->tape.event[at]);
	struct wanted w = {.call = json_integer_value(json_object_get(done, "call"))};

	json_decref(done);
	if (!play_pump(r, is_settled, &w, ANSWER_MS))
		r->waited_in_vain++;
	for (int i = at; i > 0 && !tape_row_is(&r->tape.event[i], "act"); i--)
		r->when_ms[i] = now_ms();
}
