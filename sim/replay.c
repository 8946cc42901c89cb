#include "replay.h"

#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_DIFFERS 3

/* --- both beside each other ----------------------------------------------------------------------
 */

enum likeness { SAME, REASON, DIFFERS, NOT_JUDGED };

static enum likeness compare(const struct told *was, const struct told *is)
{
	if (was->before)
		return NOT_JUDGED;
	if (is == NULL || strcmp(was->verdict, is->verdict) != 0 || was->exception != is->exception)
		return DIFFERS;
	return strcmp(was->rule, is->rule) == 0 && strcmp(was->limit, is->limit) == 0 ? SAME
	                                                                              : REASON;
}

static void say_outcome(const struct told *t, char *buf, size_t len)
{
	if (t == NULL)
		snprintf(buf, len, "not asked");
	else if (t->verdict[0] != '\0')
		snprintf(buf, len, "%s", t->verdict);
	else if (t->exception < 0)
		snprintf(buf, len, "no answer");
	else if (t->exception > 0)
		snprintf(buf, len, "exception %02x", t->exception);
	else
		snprintf(buf, len, "passed");
	if (t != NULL && t->verdict[0] != '\0' && t->exception != MB_VALUE && t->exception != 0) {
		size_t n = strlen(buf);

		if (t->exception < 0)
			snprintf(buf + n, len - n, ", no answer");
		else
			snprintf(buf + n, len - n, ", exception %02x", t->exception);
	}
}

static void say_why(const struct told *t, const char *word)
{
	if (t == NULL || t->text[0] == '\0')
		return;
	printf("%14s  %s %s%s%s%s%s\n", "", word, t->rule, t->limit[0] == '\0' ? "" : ", limit ",
	       t->limit, t->rule[0] == '\0' ? "" : ": ", t->text);
}

static void say_line(const struct tape *t, const struct told *was, const struct told *is,
                     enum likeness l)
{
	static const char *const words[] = {[SAME] = "same",
	                                    [REASON] = "same, for another reason",
	                                    [DIFFERS] = "DIFFERS",
	                                    [NOT_JUDGED] = "begun before the recording"};
	char old[60], new[60];

	say_outcome(was, old, sizeof old);
	say_outcome(is, new, sizeof new);
	printf("%10.3f s  %-6s %-5s %s: %s%s%s  %s\n", (double)was->us / 1e6,
	       was->channel < 0 ? "people" : t->channel[was->channel], was->device, was->asked, old,
	       l == DIFFERS ? " -> " : "", l == DIFFERS ? new : "", words[l]);
	if (l == DIFFERS || l == REASON) {
		say_why(was, "was");
		say_why(is, "is ");
	}
}

/* A console of the recording spoke from another address now. */
static const struct told *now_of(const struct replay *r, const struct tape *now,
                                 const struct tolds *all, const struct told *was)
{
	for (int i = 0; i < all->n; i++) {
		const struct told *t = &all->of[i];
		int channel = -1;

		if (t->nth != was->nth)
			continue;
		for (size_t k = 0; t->channel >= 0 && k < now->n; k++)
			if (now->event[k].channel == t->channel &&
			    now->event[k].is.event == RECORDED_BEGINS)
				channel = play_channel_of(r, now->event[k].is.what);
		if (channel == was->channel && (t->channel >= 0 || was->channel < 0))
			return t;
	}
	return NULL;
}

static int say_all(struct replay *r, const struct tape *now)
{
	struct tolds was = {0}, is = {0};
	struct script scripts[DEVICES_MAX];
	int count[4] = {0};

	for (int i = 0; i < r->n_mimics; i++)
		scripts[i] = r->mimic[i].script;
	tolds_read(&r->tape, scripts, r->n_mimics, &was);
	for (int i = 0; i < r->n_mimics; i++)
		scripts[i].session_before = false;
	tolds_read(now, scripts, r->n_mimics, &is);
	for (int i = 0; i < was.n; i++) {
		const struct told *t = now_of(r, now, &is, &was.of[i]);
		enum likeness l = compare(&was.of[i], t);

		count[l]++;
		if (!r->differing_only || l == DIFFERS)
			say_line(&r->tape, &was.of[i], t, l);
	}
	printf("%s: %d verdicts: %d same, %d for another reason, %d differ", r->file, was.n,
	       count[SAME], count[REASON], count[DIFFERS]);
	if (count[NOT_JUDGED] > 0)
		printf(", %d of sessions begun before", count[NOT_JUDGED]);
	puts("");
	free(was.of);
	free(is.of);
	return count[DIFFERS];
}

static void say_tape(const struct replay *r)
{
	if (r->tape.cut)
		fprintf(stderr, "%s: its end is missing; what is there is played\n", r->file);
	if (r->tape.lost > 0)
		fprintf(stderr,
		        "%s: %lld lines were lost when it was made; what follows them may differ\n",
		        r->file, (long long)r->tape.lost);
	if (r->waited_in_vain > 0)
		fprintf(stderr, "%s: %d times something of then did not come again\n", r->file,
		        r->waited_in_vain);
}

/* --- what is played ------------------------------------------------------------------------------
 */

static bool read_library(struct replay *r, char *why, size_t len)
{
	struct complaints c = {0};
	bool ok;

	if (r->library == NULL) {
		snprintf(why, len, "--library DIR says by which library it is to be judged");
		return false;
	}
	char *path = realpath(r->library, NULL);
	ok = path != NULL && strlen(path) < sizeof r->stage.library;
	snprintf(r->stage.library, sizeof r->stage.library, "%s", ok ? path : r->library);
	free(path);
	ok = config_load_library(r->stage.library, &r->config, &c);
	if (!ok) {
		complaints_say(&c, "nothing is played");
		snprintf(why, len, "%s cannot be used as a library", r->library);
	}
	complaints_free(&c);
	return ok;
}

static bool read_tape(struct replay *r, char *why, size_t len)
{
	if (!tape_load(&r->tape, r->file, why, len))
		return false;
	for (size_t i = 0; i < r->tape.n && r->was == NULL; i++)
		if (r->tape.event[i].channel == TAPE_GATE &&
		    r->tape.event[i].is.event == RECORDED_IS)
			r->was = tape_json(&r->tape.event[i]);
	return true;
}

static bool cast(struct replay *r, char *why, size_t len)
{
	static struct script scripts[DEVICES_MAX];
	char channel[16];

	if (!scripts_read(&r->tape, scripts, &r->n_mimics, why, len))
		return false;
	r->mimic = calloc((size_t)r->n_mimics, sizeof *r->mimic);
	must(r->mimic != NULL);
	for (int i = 0; i < r->n_mimics; i++) {
		struct mimic *m = &r->mimic[i];

		m->replay = r;
		m->listener = m->conn = -1;
		m->script = scripts[i];
		m->script.profile = config_profile(&r->config, m->script.profile_name);
		if (m->script.profile == NULL) {
			snprintf(why, len, "the library has no profile %s for %s",
			         m->script.profile_name, m->script.name);
			return false;
		}
		snprintf(channel, sizeof channel, "d%d", i + 1);
		script_write(&m->script, &r->tape, tape_channel(&r->tape, channel));
		if (!mimic_open(m, "127.0.0.1:0", why, len))
			return false;
	}
	return true;
}

static int run(struct replay *r)
{
	struct tape now = {0};
	char why[1000] = "";
	int code = 2;

	bool ok = read_tape(r, why, sizeof why);
	if (ok && r->pcapng != NULL)
		ok = pcapng_write(&r->tape, r->pcapng, why, sizeof why);
	if (ok && r->pcapng != NULL && r->library == NULL)
		return 0;
	ok = ok && read_library(r, why, sizeof why) && cast(r, why, sizeof why) &&
	     play(r, why, sizeof why) && stage_close(r, &now, why, sizeof why);
	if (ok)
		code = say_all(r, &now) > 0 ? EXIT_DIFFERS : 0;
	else
		fprintf(stderr, "dosegate-sim: %s\n", why);
	say_tape(r);
	tape_free(&now);
	return code;
}

static void close_all(struct replay *r)
{
	stage_strike(r);
	for (int i = 0; i < r->n_mimics && r->mimic != NULL; i++)
		if (r->mimic[i].device.word[0] != NULL)
			mimic_close(&r->mimic[i]);
	free(r->mimic);
	free(r->next_send);
	free(r->when_ms);
	json_decref(r->was);
	tape_free(&r->tape);
	config_free(&r->config);
}

/* --- options -------------------------------------------------------------------------------------
 */

static bool take_speed(struct replay *r, const char *value)
{
	char *end;

	r->speed = strcmp(value, "max") == 0 ? 0 : strtod(value, &end);
	return strcmp(value, "max") == 0 || (end != value && *end == '\0' && r->speed > 0);
}

static bool take_options(struct replay *r, int argc, char **argv, char *why, size_t len)
{
	for (int i = 2; i < argc; i++) {
		const char *value = argv[i + 1];
		bool ok = true;

		if (strcmp(argv[i], "--differing") == 0) {
			r->differing_only = true;
			continue;
		}
		if (value == NULL)
			ok = false;
		else if (strcmp(argv[i], "--library") == 0)
			r->library = value;
		else if (strcmp(argv[i], "--pcapng") == 0)
			r->pcapng = value;
		else if (strcmp(argv[i], "--speed") == 0)
			ok = take_speed(r, value);
		else
			ok = false;
		if (!ok) {
			snprintf(why, len, "%s cannot be used; see dosegate-sim --help", argv[i]);
			return false;
		}
		i++;
	}
	return true;
}

int replay_main(int argc, char **argv)
{
	static struct replay r; /* too large for the stack */
	char why[300];
	int code = 2;

	signal(SIGPIPE, SIG_IGN);
	must(sodium_init() >= 0);
	r.file = argv[1];
	for (int i = 0; i < PANELS_MAX; i++)
		r.panel[i] = (struct panel_of){.channel = -1, .fd = -1};
	if (take_options(&r, argc, argv, why, sizeof why))
		code = run(&r);
	else
		fprintf(stderr, "dosegate-sim: %s\n", why);
	close_all(&r);
	return code;
}
