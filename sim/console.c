#include "console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is expected
 * --------------------------------------------------------------------------------- */

static void say_outcome(const struct last *l, char *buf, size_t len)
{
	static const char *const words[] = {[OUT_NOTHING] = "nothing",
	                                    [OUT_OK] = "ok",
	                                    [OUT_CLOSED] = "closed",
	                                    [OUT_SILENT] = "silent",
	                                    [OUT_WRONG] = "an answer that is none",
	                                    [OUT_RAW] = "a frame sent"};
	size_t at;

	if (l->how == OUT_EXCEPTION) {
		snprintf(buf, len, "exception %02X (%s)", (unsigned)l->exception,
		         mb_exception_words((uint8_t)l->exception));
		return;
	}
	at = (size_t)snprintf(buf, len, "%s%s%s", words[l->how], l->text[0] != '\0' ? " " : "",
	                      l->text);
	for (int i = 0; i < l->n && at + 8 < len; i++)
		at += (size_t)snprintf(buf + at, len - at, " %u", l->value[i]);
	for (size_t i = 0; i < l->n_bytes && at + 4 < len; i++)
		at += (size_t)snprintf(buf + at, len - at, " %02X", l->bytes[i]);
}

static bool same_values(const struct last *l, const struct step *s)
{
	uint16_t want[WORDS_MAX];
	int n = step_numbers(s, 1, want, WORDS_MAX);

	return l->how == OUT_OK && n == l->n && memcmp(want, l->value, (size_t)n * 2) == 0;
}

static bool same_bytes(const struct last *l, const char *hex)
{
	uint8_t want[ADU_MAX];
	int n = step_hex(hex, want, ADU_MAX);

	return n >= 0 && (size_t)n == l->n_bytes && memcmp(want, l->bytes, l->n_bytes) == 0;
}

static bool as_expected(const struct last *l, const struct step *s)
{
	const char *rest = s->rest + strcspn(s->rest, " ");

	rest += *rest == ' ';
	if (strcmp(s->word[0], "exception") == 0)
		return l->how == OUT_EXCEPTION && l->exception == (int)strtol(rest, NULL, 16);
	if (strcmp(s->word[0], "values") == 0)
		return same_values(l, s);
	if (strcmp(s->word[0], "bytes") == 0)
		return same_bytes(l, rest);
	if (strcmp(s->word[0], "is") == 0)
		return l->how == OUT_OK && strcmp(l->text, rest) == 0;
	return (strcmp(s->word[0], "ok") == 0 && l->how == OUT_OK) ||
	       (strcmp(s->word[0], "closed") == 0 && l->how == OUT_CLOSED) ||
	       (strcmp(s->word[0], "silent") == 0 && l->how == OUT_SILENT);
}

static bool do_expect(struct player *p, const struct step *s, char *why, size_t len)
{
	char got[400];

	if (s->n < 1)
		return step_wrong(why, len,
		                  "expect ok | exception NN | values N... | is VALUE | bytes "
		                  "HEX... | closed | silent");
	if (p->last.how == OUT_RAW)
		wire_raw_answer(p);
	if (as_expected(&p->last, s))
		return true;
	say_outcome(&p->last, got, sizeof got);
	snprintf(why, len, "expected %s, got %s", s->rest, got);
	return false;
}

/* --- the file
 * ---------------------------------------------------------------------------------------------- */

static bool play_line(struct player *p, char *line, char *why, size_t len)
{
	static char words[8192];
	struct step s = {0};
	char *save, *name, *word;
	step_fn *run;

	line[strcspn(line, "#\r\n")] = '\0';
	for (size_t n = strlen(line); n > 0 && line[n - 1] == ' '; n--)
		line[n - 1] = '\0';
	line += strspn(line, " \t");
	snprintf(words, sizeof words, "%s", line);
	name = strtok_r(words, " ", &save);
	if (name == NULL)
		return true;
	while (s.n < WORDS_MAX && (word = strtok_r(NULL, " ", &save)) != NULL)
		s.word[s.n++] = word;
	s.rest = line + strlen(name);
	s.rest += strspn(s.rest, " ");
	run = strcmp(name, "expect") == 0 ? do_expect : step_named(name);
	if (run != NULL)
		return run(p, &s, why, len);
	snprintf(why, len, "no step is named %s; see dosegate-sim --help", name);
	return false;
}

static bool play(struct player *p)
{
	FILE *f = strcmp(p->file, "-") == 0 ? stdin : fopen(p->file, "r");
	char line[8192], why[900] = "";
	bool ok = f != NULL;

	if (f == NULL)
		fprintf(stderr, "%s: cannot be read\n", p->file);
	while (ok && fgets(line, sizeof line, f) != NULL) {
		p->line++;
		ok = play_line(p, line, why, sizeof why);
	}
	if (why[0] != '\0' && !ok)
		fprintf(stderr, "%s:%d: %s\n", p->file, p->line, why);
	if (f != NULL && f != stdin)
		fclose(f);
	wire_close(p);
	return ok;
}

static bool take_option(struct player *p, const char *name, const char *value)
{
	const char *colon = strrchr(value, ':');
	struct complaints c = {0};
	long n;

	if (strcmp(name, "--to") == 0 && colon != NULL && step_number(colon + 1, 1, 65535, &n)) {
		snprintf(p->host, sizeof p->host, "%.*s", (int)(colon - value), value);
		p->port = (int)n;
		return true;
	}
	if (strcmp(name, "--unit") == 0 && step_number(value, 0, 247, &n)) {
		p->unit = (int)n;
		return true;
	}
	if (strcmp(name, "--profile") != 0)
		return false;
	p->has_profile = config_load_profile(value, &p->choices, &p->profile, &c);
	for (size_t i = 0; i < c.count; i++)
		fprintf(stderr, "%s:%d: %s\n", c.list[i].file, c.list[i].line, c.list[i].text);
	complaints_free(&c);
	return p->has_profile;
}

int console_main(int argc, char **argv)
{
	static struct player p; /* a profile is too large for the stack */

	p.file = argv[1];
	p.unit = 1;
	p.raw = -1;
	for (int i = 2; i < argc; i += 2) {
		if (argv[i + 1] != NULL && take_option(&p, argv[i], argv[i + 1]))
			continue;
		fprintf(stderr, "dosegate-sim: %s cannot be used; see dosegate-sim --help\n",
		        argv[i]);
		return 2;
	}
	if (p.port == 0) {
		fprintf(stderr, "dosegate-sim: --to ADDRESS:PORT says whom to speak to\n");
		return 2;
	}
	return play(&p) ? 0 : 1;
}
