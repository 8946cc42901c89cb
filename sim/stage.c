/*
 * A gate of its own: a folder, a clinic file, dosegated, people with secrets that nobody knows, and
 * what its ledger has to know of patients from before.
 */
#include "replay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/dosejson_past.h"
#include "edge/ledger.h"

#define START_MS   20000
#define END_MS     10000
#define POLL_MS    20LL /* as often as it helps: a look is had no sooner than the gate looks */
#define DIRECTOR   "replay.director"
#define LAST_DAY   100000 /* long after all this */
#define KEPT       "replay.rec"
#define SECRET_LEN 24
#define SEEDS_MAX  1000

/* --- the clinic file -----------------------------------------------------------------------------
 */

static int64_t number_of(const struct replay *r, const char *key, int64_t otherwise)
{
	json_t *v = json_object_get(r->was, key);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static void write_device(const struct mimic *m, bool max, FILE *f)
{
	const struct script *s = &m->script;
	const struct sockaddr_in *at = (const struct sockaddr_in *)&m->at;

	fprintf(f, "    { name = \"%s\"; unit = %d; aliases = (", s->name, s->unit[0]);
	for (int i = 1; i < s->n_units; i++)
		fprintf(f, "%s%d", i > 1 ? ", " : "", s->unit[i]);
	fprintf(f,
	        "); address = \"%s127.0.0.1:%d\"; device_unit = %d; profile = \"devices/%s.cfg\"; "
	        "serial = \"%s\"; deadline = \"%lld ms\"; ",
	        s->line ? "rtu+tcp:" : "", ntohs(at->sin_port), s->device_unit, s->profile_name,
	        s->serial, (long long)s->deadline_ms);
	fprintf(f, "poll = \"%lld ms\"; window = %d; }", max ? POLL_MS : (long long)s->poll_ms,
	        s->window);
}

static void write_codes(const struct replay *r, FILE *f)
{
	json_t *codes = json_object_get(r->was, "reason_codes"), *code;
	size_t i;

	fputs("  reason_codes = (", f);
	json_array_foreach(codes, i, code)
	{
		fprintf(f, "%s\"%s\"", i > 0 ? ", " : "", json_string_value(code));
	}
	fputs(");\n", f);
}

static bool write_clinic(const struct replay *r, const char *path)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return false;
	fprintf(f,
	        "clinic = {\n  name = \"replay\"; demo = true; listen = \"127.0.0.1:0\"; "
	        "gate_unit = %lld;\n  library = \"%s\"; state = \"%s/state\"; control = "
	        "\"control.sock\";\n  consoles = { addresses = (\"127.0.0.1\"); max = 512; idle = "
	        "\"60 min\"; };\n  sessions = { idle = \"%lld ms\"; hold = \"%lld ms\"; grant = "
	        "\"%lld ms\"; };\n  ledger = { deadline = \"5 s\"; };\n",
	        (long long)number_of(r, "gate_unit", 247), r->stage.library, r->stage.folder,
	        (long long)number_of(r, "idle_ms", 30 * 60000),
	        (long long)number_of(r, "hold_ms", 15 * 60000),
	        (long long)number_of(r, "grant_ms", 120000));
	write_codes(r, f);
	fputs("  devices = (\n", f);
	for (int i = 0; i < r->n_mimics; i++) {
		fputs(i > 0 ? ",\n" : "", f);
		write_device(&r->mimic[i], r->speed == 0, f);
	}
	fputs("\n  );\n};\n", f);
	return fclose(f) == 0;
}

/* --- what was before -----------------------------------------------------------------------------
 */

static void on_written(void *owner, void *tag, bool ok, int64_t seq)
{
	(void)owner, (void)tag, (void)ok, (void)seq;
}

/* Sessions of before get numbers that no session to come will have. */
static void renumber(json_t *row, json_int_t *was, int *n)
{
	json_t *session = json_object_get(row, "session");
	int i = 0;

	if (!json_is_integer(session))
		return;
	while (i < *n && was[i] != json_integer_value(session))
		i++;
	if (i == *n)
		was[(*n)++] = json_integer_value(session);
	json_object_set_new(row, "session", json_integer(i + 1));
}

static bool is_first_past(const struct replay *r, size_t at, const char *patient)
{
	for (size_t i = 0; i < at; i++) {
		if (!tape_row_is(&r->tape.event[i], "past"))
			continue;
		json_t *past = tape_json(&r->tape.event[i]);
		const char *name = json_string_value(json_object_get(past, "patient"));
		bool same = name != NULL && strcmp(name, patient) == 0;

		json_decref(past);
		if (same)
			return false;
	}
	return true;
}

static bool append_past(const struct replay *r, size_t at, struct ledger *l, json_int_t *was,
                        int *n)
{
	json_t *past = tape_json(&r->tape.event[at]), *row;
	const char *patient = json_string_value(json_object_get(past, "patient"));
	bool ok = patient != NULL;
	size_t i;

	if (ok && is_first_past(r, at, patient)) {
		json_array_foreach(json_object_get(past, "rows"), i, row)
		{
			json_t *copy = play_today(r, row);

			renumber(copy, was, n);
			ok = ok && *n < SEEDS_MAX && ledger_append(l, LEDGER_TREATMENT, copy, NULL);
		}
	}
	json_decref(past);
	return ok;
}

/* The ledger of before, in the file the gate will go on with. */
static bool write_past(const struct replay *r, char *why, size_t len)
{
	json_int_t was[SEEDS_MAX + 1];
	char path[PATH_LEN + 32];
	uv_loop_t loop;
	int n = 0;
	bool ok = true;

	snprintf(path, sizeof path, "%s/state/ledger.db", r->stage.folder);
	must(uv_loop_init(&loop) == 0);
	struct ledger *l = ledger_open(&loop, path, on_written, NULL, why, len);
	if (l == NULL)
		return false;
	for (size_t i = 0; i < r->tape.n && ok; i++)
		if (tape_row_is(&r->tape.event[i], "past"))
			ok = append_past(r, i, l, was, &n);
	ledger_close(l);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	if (!ok)
		snprintf(why, len, "what the recording tells of patients' past cannot be used");
	return ok;
}

/* --- the program ---------------------------------------------------------------------------------
 */

static bool find_program(struct stage *s, char *why, size_t len)
{
	ssize_t n = readlink("/proc/self/exe", s->program, sizeof s->program - 16);

	s->program[n < 0 ? 0 : n] = '\0';
	char *slash = strrchr(s->program, '/');
	strcpy(slash == NULL ? s->program : slash + 1, "dosegated");
	if (access(s->program, X_OK) == 0)
		return true;
	snprintf(why, len, "dosegated is to lie beside dosegate-sim, and is not at %s", s->program);
	return false;
}

static int start_program(struct stage *s)
{
	char config[PATH_LEN + 16], log[PATH_LEN + 16];
	int out[2];

	if (pipe2(out, O_CLOEXEC) != 0)
		return -1;
	snprintf(config, sizeof config, "%s/clinic.cfg", s->folder);
	snprintf(log, sizeof log, "%s/gate.log", s->folder);
	s->pid = fork();
	if (s->pid == 0) {
		int err = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		dup2(out[1], 1);
		dup2(err, 2);
		execl(s->program, s->program, "--config", config, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	return out[0];
}

static void say_log(const struct stage *s)
{
	char path[PATH_LEN + 16], line[500];
	FILE *f;

	snprintf(path, sizeof path, "%s/gate.log", s->folder);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		fputs(line, stderr);
	if (f != NULL)
		fclose(f);
}

struct heard {
	int fd;
	bool over;
	size_t have;
	char line[200];
};

static bool has_said_it(struct replay *r, void *what)
{
	struct heard *h = what;
	struct pollfd fd = {.fd = h->fd, .events = POLLIN};

	(void)r;
	if (poll(&fd, 1, 0) <= 0)
		return false;
	ssize_t n = read(h->fd, h->line + h->have, sizeof h->line - 1 - h->have);
	h->over = n <= 0;
	h->have += n > 0 ? (size_t)n : 0;
	h->line[h->have] = '\0';
	return h->over || strchr(h->line, '\n') != NULL;
}

static bool await_ready(struct replay *r, int fd, char *why, size_t len)
{
	struct heard h = {.fd = fd};
	bool said = play_pump(r, has_said_it, &h, START_MS) && !h.over;

	close(fd);
	if (said && sscanf(h.line, "ready %d", &r->stage.port) == 1)
		return true;
	say_log(&r->stage);
	snprintf(why, len, "the gate did not begin");
	return false;
}

/* --- people --------------------------------------------------------------------------------------
 */

struct voice *stage_voice(struct replay *r, const char *name)
{
	for (int i = 0; i < r->stage.n_voices; i++)
		if (strcmp(r->stage.voice[i].name, name) == 0)
			return &r->stage.voice[i];
	return NULL;
}

/* A secret and a seed, 160 bits each. */
static void draw(char out[SEED_CHARS + 1])
{
	static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	for (size_t i = 0; i < SEED_CHARS; i++)
		out[i] = base32[randombytes_uniform(sizeof base32 - 1)];
	out[SEED_CHARS] = '\0';
}

static bool add_voice(struct replay *r, const char *name, const char *role)
{
	struct stage *s = &r->stage;
	struct voice *v = &s->voice[s->n_voices];

	if (s->n_voices == VOICES_MAX)
		return false;
	memset(v, 0, sizeof *v);
	v->fd = -1;
	s->n_voices++;
	snprintf(v->name, sizeof v->name, "%s", name);
	snprintf(v->role, sizeof v->role, "%s", role);
	draw(v->secret);
	draw(v->seed);
	return factor_take(v->seed, &v->factor);
}

/* Everybody who did anything in the recording, with the role of then; first one who records. */
static bool cast_people(struct replay *r, char *why, size_t len)
{
	bool ok = add_voice(r, DIRECTOR, "director");

	for (size_t i = 0; i < r->tape.n && ok; i++) {
		if (!tape_row_is(&r->tape.event[i], "act"))
			continue;
		json_t *act = tape_json(&r->tape.event[i]);
		const char *name = json_string_value(json_object_get(act, "person"));
		const char *role = json_string_value(json_object_get(act, "role"));

		if (name != NULL && name[0] != '\0' && role != NULL && stage_voice(r, name) == NULL)
			ok = add_voice(r, name, role);
		json_decref(act);
	}
	json_t *there;
	size_t n;
	json_array_foreach(json_object_get(r->was, "present"), n, there)
	{
		const char *name = json_string_value(json_object_get(there, "person"));

		if (ok && name != NULL && stage_voice(r, name) == NULL)
			ok = add_voice(r, name, "physician");
	}
	if (!ok)
		snprintf(why, len, "more than %d people act in it", VOICES_MAX - 1);
	return ok;
}

/* Whether the person was turned away for want of training on it. */
static bool was_untrained(const struct replay *r, const char *person, const char *device)
{
	bool untrained = false;

	for (size_t i = 0; i < r->tape.n && !untrained; i++) {
		if (!tape_row_is(&r->tape.event[i], "act"))
			continue;
		json_t *act = tape_json(&r->tape.event[i]);
		const char *who = json_string_value(json_object_get(act, "person"));
		const char *on = json_string_value(
		        json_object_get(json_object_get(act, "params"), "device"));

		untrained = json_is_false(json_object_get(act, "trained")) && who != NULL &&
		            on != NULL && strcmp(who, person) == 0 && strcmp(on, device) == 0;
		json_decref(act);
	}
	return untrained;
}

static json_t *training_of(const struct replay *r, const struct voice *v)
{
	json_t *all = json_array();

	for (int i = 0; i < r->n_mimics; i++) {
		const struct script *s = &r->mimic[i].script;

		if (!was_untrained(r, v->name, s->name))
			json_array_append_new(all,
			                      json_pack("{s:s, s:s, s:i, s:i, s:s}", "device",
			                                s->name, "device_class", "", "on_day", 0,
			                                "until_day", LAST_DAY, "by", DIRECTOR));
	}
	return all;
}

/* A gate that is gone in a minute needs no hash that takes a tenth of a second. */
static json_t *file_entry(const struct replay *r, const struct voice *v)
{
	char hash[crypto_pwhash_STRBYTES];

	must(crypto_pwhash_str(hash, v->secret, strlen(v->secret), crypto_pwhash_OPSLIMIT_MIN,
	                       crypto_pwhash_MEMLIMIT_MIN) == 0);
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:{s:s, s:i}, s:o}", "name", v->name, "printed",
	                 v->name, "role", v->role, "hash", hash, "added_day", 0, "totp", "seed",
	                 v->seed, "last_step", 0, "training", training_of(r, v));
}

static bool write_people(const struct replay *r, char *why, size_t len)
{
	const struct stage *s = &r->stage;
	char path[PATH_LEN + 32];
	json_t *all = json_array();

	for (int i = 0; i < s->n_voices; i++)
		json_array_append_new(all, file_entry(r, &s->voice[i]));
	json_t *file = json_pack("{s:i, s:o}", "version", 2, "people", all);
	snprintf(path, sizeof path, "%s/state/people.json", s->folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && json_dumpfd(file, fd, 0) == 0;

	if (fd >= 0)
		close(fd);
	json_decref(file);
	if (!ok)
		snprintf(why, len, "%s cannot be written", path);
	return ok;
}

static bool call(struct replay *r, struct voice *v, const char *method, json_t *params, char *why,
                 size_t len)
{
	json_t *result = voice_call(r, v, method, params, why, len);

	json_decref(result);
	return result != NULL;
}

static bool log_all_in(struct replay *r, char *why, size_t len)
{
	bool ok = true;

	for (int i = 0; i < r->stage.n_voices && ok; i++) {
		struct voice *v = &r->stage.voice[i];

		v->fd = voice_connect(r->stage.control);
		ok = call(r, v, "login",
		          json_pack("{s:s, s:s}", "person", v->name, "secret", v->secret), why,
		          len);
	}
	return ok;
}

/* Who was there when the recording began is there again. */
static bool check_in(struct replay *r, json_t *there, char *why, size_t len)
{
	struct voice *v = stage_voice(r, json_string_value(json_object_get(there, "person")));
	const char *where = json_string_value(json_object_get(there, "where"));
	const char *room = json_string_value(json_object_get(there, "device"));
	char code[FACTOR_CODE_LEN];

	voice_code(r, v, code);
	json_t *params = json_pack("{s:s}", "for", "12 h");
	if (room[0] != '\0')
		json_object_set_new(params, "room", json_string(room));
	else
		json_object_set_new(params, "where", json_string(where));
	return call(r, v, "login",
	            json_pack("{s:s, s:s, s:s}", "person", v->name, "secret", v->secret, "code",
	                      code),
	            why, len) &&
	       call(r, v, "presence.in", params, why, len);
}

static bool all_check_in(struct replay *r, char *why, size_t len)
{
	json_t *there;
	size_t i;

	json_array_foreach(json_object_get(r->was, "present"), i, there)
	{
		if (!check_in(r, there, why, len))
			return false;
	}
	return true;
}

/* --- open, close ---------------------------------------------------------------------------------
 */

static bool make_folder(struct stage *s, char *why, size_t len)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(s->folder, sizeof s->folder, "%s/dosegate-replay-XXXXXX",
	         tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(s->folder) == NULL) {
		snprintf(why, len, "%s: %s", s->folder, strerror(errno));
		s->folder[0] = '\0';
		return false;
	}
	snprintf(s->control, sizeof s->control, "%.*s/state/control.sock",
	         (int)sizeof s->control - 32, s->folder);
	char state[PATH_LEN + 16];
	snprintf(state, sizeof state, "%s/state", s->folder);
	return mkdir(state, 0700) == 0;
}

bool stage_open(struct replay *r, char *why, size_t len)
{
	struct stage *s = &r->stage;
	char path[PATH_LEN + 16];

	if (!find_program(s, why, len) || !make_folder(s, why, len) || !write_past(r, why, len) ||
	    !cast_people(r, why, len) || !write_people(r, why, len))
		return false;
	snprintf(path, sizeof path, "%s/clinic.cfg", s->folder);
	snprintf(s->host, sizeof s->host, "127.0.0.1");
	if (!write_clinic(r, path)) {
		snprintf(why, len, "%s cannot be written", path);
		return false;
	}
	int out = start_program(s);
	return out >= 0 && await_ready(r, out, why, len) && log_all_in(r, why, len) &&
	       all_check_in(r, why, len) &&
	       call(r, &s->voice[0], "record.start",
	            json_pack("{s:s, s:i}", "file", KEPT, "max_mb", 4096), why, len);
}

bool stage_close(struct replay *r, struct tape *heard, char *why, size_t len)
{
	char path[PATH_LEN + 64];

	snprintf(path, sizeof path, "%s/state/recordings/%s", r->stage.folder, KEPT);
	return call(r, &r->stage.voice[0], "record.stop", json_object(), why, len) &&
	       tape_load(heard, path, why, len);
}

static bool has_ended(struct replay *r, void *what)
{
	int *status = what;

	return waitpid(r->stage.pid, status, WNOHANG) == r->stage.pid;
}

void stage_strike(struct replay *r)
{
	struct stage *s = &r->stage;
	char command[2 * PATH_LEN + 64];
	int status;

	for (int i = 0; i < s->n_voices; i++)
		voice_close(&s->voice[i]);
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		if (!play_pump(r, has_ended, &status, END_MS)) {
			kill(s->pid, SIGKILL);
			waitpid(s->pid, &status, 0);
		}
	}
	if (s->folder[0] == '\0')
		return;
	snprintf(command, sizeof command, "chmod -R u+w '%s'; rm -rf '%s'", s->folder, s->folder);
	if (system(command) != 0)
		fprintf(stderr, "dosegate-sim: %s is left behind\n", s->folder);
}
