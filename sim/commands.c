#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "edge/dosejson.h"

/* Each takes what stands behind its word and gives an answer to be freed. */
typedef char *command_fn(struct sim *s, struct speaker *sp, const char *rest);

static char *answered(bool ok, const char *why)
{
	char *answer = NULL;

	must(asprintf(&answer, "%s%s", ok ? "ok" : "error: ", ok ? "" : why) >= 0);
	return answer;
}

static char *json_line(json_t *j)
{
	char *line = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(j);
	return line;
}

/* --- the device
 * ------------------------------------------------------------------------------------ */

static char *do_pedal(struct sim *s, struct speaker *sp, const char *rest)
{
	bool down = strcmp(rest, "down") == 0;

	(void)sp;
	if (!down && strcmp(rest, "up") != 0)
		return answered(false, "pedal down, or pedal up");
	s->chosen->pedal = down;
	life_tick(s->chosen);
	return answered(true, "");
}

static char *do_panel(struct sim *s, struct speaker *sp, const char *rest)
{
	char why[400] = "";
	bool ok = device_set_line(s->chosen, rest, why, sizeof why);

	(void)sp;
	life_tick(s->chosen);
	return answered(ok, why);
}

static char *do_reboot(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp;
	if (strcmp(rest, "defaults") == 0)
		device_defaults(s->chosen);
	else if (*rest != '\0')
		return answered(false, "reboot, or reboot defaults");
	life_boot(s->chosen);
	return answered(true, "");
}

static char *do_get(struct sim *s, struct speaker *sp, const char *rest)
{
	char text[128], why[400];

	(void)sp;
	if (device_get(s->chosen, rest, text, sizeof text))
		return strdup(text);
	device_row_unknown(s->chosen, rest, why, sizeof why);
	return answered(false, why);
}

static char *do_state(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp, (void)rest;
	return strdup(device_state_name(s->chosen->state));
}

/* As its registers have it. */
static char *do_now(struct sim *s, struct speaker *sp, const char *rest)
{
	const struct device *d = s->chosen;
	const struct reg *counter = regmap_row(&d->profile, ROLE_PULSE_COUNTER);
	struct settings now;

	(void)sp, (void)rest;
	device_settings(d, &now);
	return json_line(json_pack("{ss so so}", "state", device_state_name(d->state), "settings",
	                           dosejson_settings(&d->choices, &now), "pulses",
	                           counter == NULL ? json_null()
	                                           : json_integer(device_raw_get(d, counter))));
}

static char *do_about(struct sim *s, struct speaker *sp, const char *rest)
{
	const struct device *d = s->chosen;

	(void)sp, (void)rest;
	return json_line(json_pack("{ss ss so}", "profile", d->path != NULL ? d->path : "", "class",
	                           d->profile.device_class, "unit",
	                           d->unit == FAULT_ANY ? json_null() : json_integer(d->unit)));
}

/* --- what it remembers
 * ------------------------------------------------------------------------------ */

static char *do_log(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp, (void)rest;
	return json_line(record_log(&s->chosen->record));
}

static char *do_counts(struct sim *s, struct speaker *sp, const char *rest)
{
	json_t *counts = record_counts(&s->chosen->record);
	json_int_t bad_crc = 0, no_silence = 0;

	(void)sp, (void)rest;
	for (int i = 0; i < s->n_lines; i++) {
		bad_crc += s->line[i].bad_crc;
		no_silence += s->line[i].no_silence;
	}
	json_object_set_new(counts, "bad_crc", json_integer(bad_crc));
	json_object_set_new(counts, "no_silence", json_integer(no_silence));
	if (regmap_row(&s->chosen->profile, ROLE_HEARTBEAT) != NULL) {
		json_object_set_new(counts, "heartbeats", json_integer(s->chosen->heartbeats));
		json_object_set_new(counts, "heartbeats_lost",
		                    json_integer(s->chosen->heartbeats_lost));
	}
	return json_line(counts);
}

static char *do_emitted(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp, (void)rest;
	return json_line(record_emitted(&s->chosen->record, &s->chosen->choices));
}

static char *do_pulses(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp, (void)rest;
	return json_line(record_pulses(&s->chosen->record, &s->chosen->choices));
}

/* --- faults
 * ----------------------------------------------------------------------------------------- */

static char *do_fault(struct sim *s, struct speaker *sp, const char *rest)
{
	char why[600] = "";
	bool ok = faults_add(s->chosen, rest, why, sizeof why);

	(void)sp;
	faults_tick(s->chosen); /* what is to be at once is so when this is answered */
	sim_listen(s);
	return answered(ok, why);
}

static char *do_faults(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp;
	if (*rest == '\0')
		return json_line(faults_list(s->chosen));
	if (strcmp(rest, "clear") != 0)
		return answered(false, "faults, or faults clear");
	faults_clear(s->chosen);
	sim_listen(s);
	return answered(true, "");
}

/* --- the oracle
 * -------------------------------------------------------------------------------------- */

#define NO_ORACLE "no oracle watches: start the device with --library DIR"

/* A JSON object as it stands, or a file's first line. */
static char *text_of(const char *rest, char *why, size_t len)
{
	char *line = NULL;
	size_t room = 0;

	if (*rest == '{' || strcmp(rest, "none") == 0)
		return strdup(rest);
	FILE *f = fopen(rest, "r");
	ssize_t n = f == NULL ? -1 : getline(&line, &room, f);

	if (f != NULL)
		fclose(f);
	if (n > 0)
		return line;
	free(line);
	snprintf(why, len, "%s is neither \"none\", nor JSON, nor a file of a line of JSON", rest);
	return NULL;
}

static char *told_oracle(struct sim *s, const char *rest,
                         bool (*tell)(struct oracle *o, const struct device *d, const char *text,
                                      char *why, size_t len))
{
	char why[1000] = "";
	char *text;
	bool ok;

	if (s->chosen->oracle == NULL)
		return answered(false, NO_ORACLE);
	text = text_of(rest, why, sizeof why);
	ok = text != NULL && tell(s->chosen->oracle, s->chosen, text, why, sizeof why);
	free(text);
	return answered(ok, why);
}

static char *do_case(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp;
	return told_oracle(s, rest, oracle_case);
}

static char *do_grant(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp;
	return told_oracle(s, rest, oracle_grant);
}

static char *do_grace(struct sim *s, struct speaker *sp, const char *rest)
{
	int64_t ms;

	(void)sp;
	if (s->chosen->oracle == NULL)
		return answered(false, NO_ORACLE);
	rest = words_time(rest, &ms);
	if (rest == NULL || *rest != '\0')
		return answered(false, "grace TIME, as in grace 300 ms");
	oracle_grace(s->chosen->oracle, ms);
	return answered(true, "");
}

static char *do_verdict(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp, (void)rest;
	if (s->chosen->oracle == NULL)
		return answered(false, NO_ORACLE);
	return json_line(oracle_verdict(s->chosen->oracle));
}

/* --- time and events
 * ---------------------------------------------------------------------------------- */

static char *do_at(struct sim *s, struct speaker *sp, const char *rest)
{
	char why[600] = "";
	bool ok = trigger_at(s, rest, why, sizeof why);

	(void)sp;
	return answered(ok, why);
}

static char *do_when(struct sim *s, struct speaker *sp, const char *rest)
{
	char why[600] = "";
	bool ok = trigger_when(s, rest, why, sizeof why);

	(void)sp;
	return answered(ok, why);
}

#define NOBODY_WAITS "nobody waits behind at and when; say what is to be done then"

static char *do_await(struct sim *s, struct speaker *sp, const char *rest)
{
	char why[600] = "";
	bool now = false;

	if (sp == NULL)
		return answered(false, NOBODY_WAITS);
	if (trigger_await(s, sp, rest, &now, why, sizeof why))
		return now ? answered(true, "") : NULL;
	return answered(false, why);
}

static char *do_wait(struct sim *s, struct speaker *sp, const char *rest)
{
	char why[600] = "";

	if (sp == NULL)
		return answered(false, NOBODY_WAITS);
	return trigger_wait(s, sp, rest, why, sizeof why) ? NULL : answered(false, why);
}

static char *do_quit(struct sim *s, struct speaker *sp, const char *rest)
{
	(void)sp, (void)rest;
	s->quitting = true;
	return answered(true, "");
}

/* --- all of them
 * ---------------------------------------------------------------------------------------- */

static const struct command {
	const char *word, *arguments;
	command_fn *run;
	const char *words;
} command[] = {
        {"pedal", "down | up", do_pedal, "pulses leave while it is down and the device is armed"},
        {"panel", "NAME=VALUE", do_panel,
         "somebody turns a knob at the device: panel fluence=12 J/cm2; a register without a "
         "quantity takes a whole number, a text a text; panel state=fault breaks it, panel "
         "state=standby mends it; boot, ready_delay and cool_down are times (boot=1 s), output, "
         "drift (with each hundred pulses) and noise shares of what is set (output=79 %)"},
        {"reboot", "[defaults]", do_reboot,
         "connections end; settings stay, or are those of a new device"},
        {"get", "NAME", do_get, "the value of a register, as people say it"},
        {"state", "", do_state, "the name of its state"},
        {"now", "", do_now, "JSON: state, settings and pulses, as its registers say them"},
        {"about", "", do_about, "JSON: profile, class and unit"},
        {"counts", "", do_counts,
         "JSON: reads, writes, pulses; bad_crc: frames on its lines that are none; no_silence: "
         "requests sooner than 3.5 characters after an answer"},
        {"log", "", do_log,
         "JSON: every write, in order, with unit, function, address, values and answer (0, or the "
         "exception it got)"},
        {"emitted", "", do_emitted,
         "JSON: pulses with the same settings together; ready false when it was not armed"},
        {"pulses", "", do_pulses,
         "JSON: every pulse, in order: time, state, settings, what was measured, energy"},
        {"fault", "NAME [ARGUMENT=VALUE]...", do_fault,
         "it misbehaves; dosegate-sim faults lists how"},
        {"faults", "[clear]", do_faults, "JSON: those that are left; or they end"},
        {"case", "JSON | FILE | none", do_case,
         "who is treated, for the oracle: a line as dosegatectl judge reads it, without settings"},
        {"grant", "JSON | none", do_grant,
         "what a physician approved, for the oracle: {\"settings\": {\"fluence\": \"22 J/cm2\"}, "
         "\"pulses\": 3, \"seconds\": 60}, or {\"screening\": [\"status M\"]}"},
        {"grace", "TIME", do_grace,
         "so long after somebody turned a knob at the device a pulse is counted apart, not blamed"},
        {"verdict", "", do_verdict,
         "JSON: the oracle's: clean or blamed, and each pulse it blames"},
        {"at", "TIME COMMAND", do_at, "so long from now: at 500 ms pedal down"},
        {"when", "EVENT COMMAND", do_when, "when it happens: when pulse 3 panel fluence=25 J/cm2"},
        {"await", "EVENT [within TIME] [after COMMAND]", do_await,
         "the answer comes when it happens, an error after 10 s; the command is done once the "
         "waiting has begun"},
        {"wait", "TIME", do_wait, "the answer comes then"},
        {"quit", "", do_quit, "the end: exit code 0, or 3 when the oracle blames"},
};

void commands_print(void)
{
	for (size_t i = 0; i < ARRAY_LEN(command); i++)
		help_row(command[i].word, command[i].arguments, command[i].words);
	help_row("on UNIT", "COMMAND", "for the device of this unit; without it, for the first");
}

static command_fn *command_named(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(command); i++) {
		if (strcmp(command[i].word, word) == 0)
			return command[i].run;
	}
	return NULL;
}

/* "on 2 pedal down": the words behind it, and the unit; else as it is, and -1. */
static const char *addressed(const char *line, int *unit)
{
	char word[32];
	const char *rest = words_first(line, word, sizeof word);

	*unit = -1;
	if (strcmp(word, "on") != 0)
		return line;
	rest = words_first(rest, word, sizeof word);
	*unit = (int)strtol(word, NULL, 0);
	return rest;
}

bool command_known(const char *line, char *why, size_t len)
{
	struct words known = {0};
	char word[32];
	int unit;

	words_first(addressed(line, &unit), word, sizeof word);
	if (command_named(word) != NULL)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(command); i++)
		words_add(&known, command[i].word);
	words_explain("command", word, &known, why, len);
	return false;
}

char *command_answer(struct sim *s, struct speaker *sp, struct device *d, const char *line)
{
	char word[32], why[600];
	int unit;
	const char *rest = addressed(line, &unit);

	s->chosen = unit < 0 ? d : sim_device(s, unit);
	if (s->chosen == NULL)
		return answered(false, "on UNIT COMMAND, and a device has to have this unit");
	if (!command_known(line, why, sizeof why))
		return answered(false, why);
	rest = words_first(rest, word, sizeof word);
	s->chosen->now_ms = (int64_t)uv_now(&s->loop);
	return command_named(word)(s, sp, rest);
}
