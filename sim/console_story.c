/*
 * The patient who is treated, an override, the oracle's word: the steps of a whole story.
 */
#include "console.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CODE "clinical_judgement"

/* --- what reached the device --------------------------------------------------------------- */

static bool count_writes(struct player *p, json_int_t *out, char *why, size_t len)
{
	json_t *counts;

	if (!story_must_tell(p, "counts", why, len))
		return false;
	counts = json_loads(p->said.text, 0, NULL);
	*out = json_integer_value(json_object_get(counts, "writes"));
	json_decref(counts);
	return true;
}

/* So many writes since the case began, whoever sent them. */
static bool do_reached(struct player *p, const struct step *s, char *why, size_t len)
{
	json_int_t now;
	long want;

	if (s->n != 1 || !step_number(s->word[0], 0, 100000, &want))
		return step_wrong(why, len, "reached N");
	if (!count_writes(p, &now, why, len))
		return false;
	if (now - p->writes == want)
		return true;
	snprintf(why, len, "%ld writes were to reach the device, and %lld have", want,
	         (long long)(now - p->writes));
	return false;
}

/* --- the patient
 * ----------------------------------------------------------------------------------------- */

static bool read_lines(const char *path, json_t **first, json_t **second, char *why, size_t len)
{
	FILE *f = fopen(path, "r");
	json_error_t error = {.text = "there is no such file"};
	const size_t flags = JSON_DISABLE_EOF_CHECK;

	*first = f == NULL ? NULL : json_loadf(f, flags, &error);
	*second = *first == NULL ? NULL : json_loadf(f, flags, &error);
	if (f != NULL)
		fclose(f);
	if (*first != NULL && *second == NULL)
		*second = json_object();
	if (*first != NULL)
		return true;
	snprintf(why, len, "%s: %s", path, error.text);
	return false;
}

/* The case's file stands beside the scenario, or in a folder below. */
static bool read_case(struct player *p, const char *name, char *why, size_t len)
{
	const char *slash = strrchr(p->file, '/');
	char path[600];

	snprintf(path, sizeof path, "%.*s%s",
	         name[0] == '/' || slash == NULL ? 0 : (int)(slash - p->file) + 1, p->file, name);
	json_decref(p->patient);
	json_decref(p->told);
	p->patient = p->told = NULL;
	return read_lines(path, &p->patient, &p->told, why, len);
}

/* skin_type=IV */
static bool change_facts(struct player *p, const struct step *s, char *why, size_t len)
{
	json_t *facts = json_object_get(p->patient, "facts");
	char name[64];

	for (int i = 1; i < s->n; i++) {
		const char *equals = strchr(s->word[i], '=');

		if (equals == NULL || facts == NULL)
			return step_wrong(why, len, "begin FILE [FACT=ANSWER]...");
		snprintf(name, sizeof name, "%.*s", (int)(equals - s->word[i]), s->word[i]);
		json_object_set_new(facts, name, json_string(equals + 1));
	}
	return true;
}

static bool tell_case(struct player *p, char *why, size_t len)
{
	char *text = json_dumps(p->patient, JSON_COMPACT), *command = NULL;
	bool ok;

	must(text != NULL && asprintf(&command, "case %s", text) >= 0);
	ok = story_must_tell(p, command, why, len);
	free(command);
	free(text);
	return ok;
}

static bool take_verdict(struct player *p, json_t **out, char *why, size_t len)
{
	if (!story_must_tell(p, "verdict", why, len))
		return false;
	*out = json_loads(p->said.text, 0, NULL);
	return *out != NULL || story_cannot(why, len, "the simulator's verdict is no JSON");
}

/* A device as new, in standby; nothing of what was before is left. */
static bool settle_device(struct player *p, char *why, size_t len)
{
	static const char *const commands[] = {"faults clear", "case none",       "grace 0 ms",
	                                       "pedal up",     "reboot defaults", "await standby"};
	json_t *verdict;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (!story_must_tell(p, commands[i], why, len))
			return false;
	}
	if (!take_verdict(p, &verdict, why, len))
		return false;
	p->blamed = json_integer_value(json_object_get(verdict, "blamed"));
	json_decref(verdict);
	return true;
}

static bool clear_alarm(struct player *p, const char *reason, char *why, size_t len)
{
	json_t *result;

	if (!gate_ask(p, PHYSICIAN, "alarm.clear",
	              json_pack("{ss ss}", "device", p->name, "reason", reason), &result, why, len))
		return false;
	json_decref(result);
	return true;
}

/* Without it the device would refuse to be armed. */
static bool settle_heart(struct player *p, char *why, size_t len)
{
	return regmap_row(&p->profile, ROLE_HEARTBEAT) == NULL ||
	       (story_must_tell(p, "await heartbeat", why, len) &&
	        gate_until(p, "heartbeat.fed", "true", why, len));
}

/* The gate has heard the device again, holds nothing against it, and treats nobody. */
static bool settle_gate(struct player *p, char *why, size_t len)
{
	json_t *device, *result = NULL;
	bool ok = gate_until(p, "link", "up", why, len) && gate_until_agreed(p, why, len) &&
	          (device = gate_shows(p, why, len)) != NULL;

	if (!ok)
		return false;
	if (!json_is_null(json_object_get(device, "session")))
		ok = gate_ask(p, OPERATOR, "session.end", json_pack("{ss}", "device", p->name),
		              &result, why, len);
	json_decref(result);
	if (ok && json_is_string(json_object_get(device, "alarm")))
		ok = clear_alarm(p, "the scenario is over", why, len);
	json_decref(device);
	return ok && gate_until(p, "outcome_unknown", "false", why, len) &&
	       settle_heart(p, why, len);
}

static json_t *session_params(const struct player *p)
{
	static const char *const kept[] = {"indication", "site", "facts"};
	json_t *params = json_deep_copy(p->told);
	struct timespec now;
	char patient[48];

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(patient, sizeof patient, "SIM-%lld-%09ld", (long long)now.tv_sec, now.tv_nsec);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		json_object_set_new(params, kept[i],
		                    json_deep_copy(json_object_get(p->patient, kept[i])));
	json_object_set_new(params, "device", json_string(p->name));
	json_object_set_new(params, "patient", json_string(patient));
	if (json_object_get(params, "elsewhere") != NULL) /* the gate works it out of that */
		json_object_del(json_object_get(params, "facts"), "test_area");
	return params;
}

/* A session for the case at hand; its state is what was said. */
static bool do_session(struct player *p, const struct step *s, char *why, size_t len)
{
	json_t *session;
	char state[40];

	(void)s;
	if (p->patient == NULL)
		return story_cannot(why, len, "there is no patient yet; begin FILE says who");
	if (!gate_ask(p, OPERATOR, "session.start", session_params(p), &session, why, len))
		return false;
	if (session != NULL) {
		gate_member(session, "state", state, sizeof state);
		story_said(p, OUT_OK, state);
	}
	json_decref(session);
	return true;
}

static bool do_begin(struct player *p, const struct step *s, char *why, size_t len)
{
	if (s->n < 1)
		return step_wrong(why, len, "begin FILE [FACT=ANSWER]..., with the case in it");
	return read_case(p, s->word[0], why, len) && change_facts(p, s, why, len) &&
	       settle_device(p, why, len) && (p->gate_path == NULL || settle_gate(p, why, len)) &&
	       count_writes(p, &p->writes, why, len) && tell_case(p, why, len);
}

static bool do_end(struct player *p, const struct step *s, char *why, size_t len)
{
	json_t *result;

	(void)s;
	if (!gate_ask(p, OPERATOR, "session.end", json_pack("{ss}", "device", p->name), &result,
	              why, len))
		return false;
	json_decref(result);
	return true;
}

/* --- an override
 * ------------------------------------------------------------------------------------------ */

static bool do_ask(struct player *p, const struct step *s, char *why, size_t len)
{
	json_t *hold;

	if (s->n < 1)
		return step_wrong(why, len, "ask REASON");
	if (!gate_ask(p, OPERATOR, "hold.ask",
	              json_pack("{ss ss}", "device", p->name, "text", s->rest), &hold, why, len))
		return false;
	p->hold = json_integer_value(json_object_get(hold, "id"));
	p->version = json_integer_value(json_object_get(hold, "version"));
	p->number = json_integer_value(json_object_get(hold, "number"));
	json_decref(hold);
	return true;
}

/* True: the code was used by somebody before us, and there is another one. */
static bool code_was_used(json_t *error)
{
	json_t *proof = json_object_get(json_object_get(error, "data"), "proof");

	return json_is_string(proof) && strcmp(json_string_value(proof), "code_used") == 0;
}

/* As often as a code was used already; the gate takes each once. */
static json_t *signed_call(struct player *p, const char *method, json_t *params, json_t **error)
{
	char seed[80], code[FACTOR_CODE_LEN];
	struct factor f;
	json_t *result;
	bool again = gate_secret(p, PHYSICIAN, 1, seed, sizeof seed) && factor_take(seed, &f);

	do {
		json_decref(*error);
		*error = NULL;
		if (again && factor_code(&f, code))
			json_object_set_new(params, "code", json_string(code));
		result = talk_call(&p->gate[PHYSICIAN], method, json_incref(params), error);
	} while (again && result == NULL && code_was_used(*error));
	json_decref(params);
	return result;
}

static bool do_approve(struct player *p, const struct step *s, char *why, size_t len)
{
	char secret[256] = "";
	long pulses = 0;
	json_t *params, *result, *shown, *error = NULL;

	if (s->n > 1 || (s->n == 1 && !step_number(s->word[0], 1, 100000, &pulses)))
		return step_wrong(why, len, "approve [PULSES]");
	if (!gate_reach(p, PHYSICIAN, why, len) ||
	    !gate_secret(p, PHYSICIAN, 0, secret, sizeof secret))
		return false;
	if (!gate_ask(p, PHYSICIAN, "hold.show", json_pack("{sI}", "hold", p->hold), &shown, why,
	              len))
		return false;
	params = json_pack("{sI sI sO* sI ss ss ss}", "hold", p->hold, "version", p->version,
	                   "digest", json_object_get(shown, "digest"), "number", p->number,
	                   "secret", secret, "reason_code", CODE, "reason_text", "a scenario");
	json_decref(shown);
	if (pulses > 0)
		json_object_set_new(params, "pulses", json_integer(pulses));
	result = signed_call(p, "hold.approve", params, &error);
	if (!gate_said(p, result, error, why, len))
		return false;
	json_decref(result);
	return true;
}

static bool do_revoke(struct player *p, const struct step *s, char *why, size_t len)
{
	json_t *result;

	(void)s;
	if (!gate_ask(p, PHYSICIAN, "grant.revoke", json_pack("{sI}", "hold", p->hold), &result,
	              why, len))
		return false;
	json_decref(result);
	return true;
}

static bool do_clear(struct player *p, const struct step *s, char *why, size_t len)
{
	return s->n > 0 ? clear_alarm(p, s->rest, why, len) : step_wrong(why, len, "clear REASON");
}

/* --- the oracle
 * ------------------------------------------------------------------------------------------- */

/* The first of this case that was blamed by another rule than this one, NULL: none. "" is no rule.
 */
static const char *blamed_otherwise(const struct player *p, json_t *verdict, const char *rule)
{
	json_t *blames = json_object_get(verdict, "blames"), *one;
	size_t i;

	json_array_foreach(blames, i, one)
	{
		if ((json_int_t)i >= p->blamed &&
		    strcmp(json_string_value(json_object_get(one, "rule")), rule) != 0)
			return json_string_value(json_object_get(one, "text"));
	}
	return NULL;
}

static bool agrees(const struct player *p, json_t *verdict, const char *rule, char *why, size_t len)
{
	json_int_t blamed = json_integer_value(json_object_get(verdict, "blamed")) - p->blamed;
	const char *other = blamed_otherwise(p, verdict, rule);

	if (other != NULL)
		snprintf(why, len, "the oracle: %s", other);
	else if (*rule != '\0' && blamed == 0)
		snprintf(why, len, "the oracle blames nothing by %s", rule);
	return other == NULL && (*rule == '\0' || blamed > 0);
}

static bool do_oracle(struct player *p, const struct step *s, char *why, size_t len)
{
	bool clean = s->n == 1 && strcmp(s->word[0], "clean") == 0;
	json_t *verdict;
	bool ok;

	if (!clean && (s->n != 2 || strcmp(s->word[0], "blames") != 0))
		return step_wrong(why, len, "oracle clean, or oracle blames RULE");
	if (!take_verdict(p, &verdict, why, len))
		return false;
	ok = agrees(p, verdict, clean ? "" : s->word[1], why, len);
	json_decref(verdict);
	return ok;
}

/* --- all of them
 * ------------------------------------------------------------------------------------------ */

static const struct step_row rows[] = {
        {"device", "COMMAND", do_device, "to the simulated device: device pedal down"},
        {"await", "EVENT ...", do_await, "the device's: await pulse 3 after pedal down"},
        {"gate", "until FIELD VALUE | call METHOD JSON | freeze | thaw", do_gate,
         "until the gate says so of the device, at most 10 s: gate until session.state open; or "
         "any method of its control socket; freeze: its process stands still (SIGSTOP), until "
         "thaw or the end"},
        {"begin", "FILE [FACT=ANSWER]...", do_begin,
         "everything as new: the device and its faults, the gate's session and alarm; the case is "
         "the file's first line, and is told to the oracle; what else a session is begun with its "
         "second"},
        {"session", "", do_session, "the operator begins one for the case: expect is open"},
        {"end", "", do_end, "the operator ends it"},
        {"ask", "REASON", do_ask, "the operator wants an override of what is held"},
        {"approve", "[PULSES]", do_approve, "the physician approves it"},
        {"revoke", "", do_revoke, "the physician takes it back"},
        {"clear", "REASON", do_clear, "the physician clears the alarm"},
        {"reached", "N", do_reached, "so many writes have reached the device since it began"},
        {"oracle", "clean | blames RULE", do_oracle, "its word on the pulses since it began"},
};

void story_print(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		help_row(rows[i].name, rows[i].arguments, rows[i].words);
}

step_fn *story_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].run;
	}
	return NULL;
}

void story_close(struct player *p)
{
	talk_close(&p->device);
	for (int i = 0; i < PERSONS; i++)
		talk_close(&p->gate[i]);
	json_decref(p->patient);
	json_decref(p->told);
}
