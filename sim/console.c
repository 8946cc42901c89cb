#include "console.h"

#include <string.h>

/* --- a line
 * ------------------------------------------------------------------------------------------ */

static step_fn *step_of(const char *name)
{
	step_fn *run = step_named(name);

	return run != NULL ? run : story_named(name);
}

/* One who is not expected has the last word: what was refused must be looked at. */
static bool looked_at(const struct player *p, const char *name, char *why, size_t len)
{
	if (!p->unlooked || strcmp(name, "expect") == 0)
		return true;
	snprintf(why, len, "the step before was refused: %.400s", p->said.text);
	return false;
}

bool play_line(struct player *p, const char *line, char *why, size_t len)
{
	char words[LINE_MAX_LEN];
	struct step s = {0};
	char name[32], *save, *word;
	step_fn *run;

	s.rest = words_first(line, name, sizeof name);
	if (!looked_at(p, name, why, len))
		return false;
	snprintf(words, sizeof words, "%s", s.rest);
	for (word = strtok_r(words, " ", &save); word != NULL && s.n < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save))
		s.word[s.n++] = word;
	run = step_of(name);
	if (run != NULL)
		return run(p, &s, why, len);
	snprintf(why, len, "no step is named %s; see dosegate-sim --help", name);
	return false;
}

/* Without its comment, and without blanks around it. A # inside of a word is none. */
static char *bare(char *line)
{
	line += strspn(line, " \t");
	for (char *c = line; *c != '\0'; c++) {
		if (*c == '\r' || *c == '\n' || (*c == '#' && (c == line || c[-1] == ' ')))
			*c = '\0';
	}
	for (size_t n = strlen(line); n > 0 && line[n - 1] == ' '; n--)
		line[n - 1] = '\0';
	return line;
}

static bool play_file(struct player *p, FILE *f, char *why, size_t len)
{
	char text[LINE_MAX_LEN];

	while (fgets(text, sizeof text, f) != NULL) {
		char *line = bare(text);

		p->line++;
		if (*line != '\0' && !play_line(p, line, why, len))
			return false;
	}
	return looked_at(p, "", why, len);
}

bool player_play(struct player *p, const char *file)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "r");
	char why[LINE_MAX_LEN] = "";
	bool ok;

	p->file = file;
	p->line = 0;
	if (f == NULL) {
		fprintf(stderr, "%s: cannot be read\n", file);
		return false;
	}
	ok = play_file(p, f, why, sizeof why);
	if (!ok)
		fprintf(stderr, "%s:%d: %s\n", file, p->line, why);
	if (f != stdin)
		fclose(f);
	return ok;
}

/* --- options
 * ------------------------------------------------------------------------------------------ */

static bool load_profile(struct player *p, const char *file)
{
	struct complaints c = {0};

	p->choices = (struct symbols){0};
	p->has_profile = config_load_profile(file, &p->choices, &p->profile, &c);
	for (size_t i = 0; i < c.count; i++)
		fprintf(stderr, "%s:%d: %s\n", c.list[i].file, c.list[i].line, c.list[i].text);
	complaints_free(&c);
	return p->has_profile;
}

static bool take_to(struct player *p, const char *value)
{
	const char *colon = strrchr(value, ':');
	long n = 0;

	snprintf(p->to, sizeof p->to, "%s", value);
	if (value[0] == '/')
		return strlen(value) < sizeof p->to;
	if (colon == NULL || !step_number(colon + 1, 1, 65535, &n))
		return false;
	snprintf(p->host, sizeof p->host, "%.*s", (int)(colon - value), value);
	p->port = (int)n;
	return true;
}

/* "olga=/etc/olga.secret" */
static bool take_person(struct player *p, enum person who, const char *value)
{
	const char *equals = strchr(value, '=');

	if (equals == NULL || (size_t)(equals - value) >= sizeof p->person[who])
		return false;
	snprintf(p->person[who], sizeof p->person[who], "%.*s", (int)(equals - value), value);
	p->secret_file[who] = equals + 1;
	return true;
}

static bool take_unit(struct player *p, const char *value)
{
	long n;
	bool ok = step_number(value, 0, 247, &n);

	p->unit = (int)n;
	return ok;
}

static bool take_baud(struct player *p, const char *value)
{
	return step_number(value, 50, 4000000, &p->baud);
}

static bool take_device(struct player *p, const char *value)
{
	p->device_path = value;
	return true;
}

static bool take_gate(struct player *p, const char *value)
{
	p->gate_path = value;
	return true;
}

static bool take_name(struct player *p, const char *value)
{
	return (size_t)snprintf(p->name, sizeof p->name, "%s", value) < sizeof p->name;
}

static bool take_operator(struct player *p, const char *value)
{
	return take_person(p, OPERATOR, value);
}

static bool take_physician(struct player *p, const char *value)
{
	return take_person(p, PHYSICIAN, value);
}

bool player_option(struct player *p, const char *name, const char *value)
{
	static const struct {
		const char *name;
		bool (*take)(struct player *p, const char *value);
	} options[] = {
	        {"--to", take_to},
	        {"--unit", take_unit},
	        {"--baud", take_baud},
	        {"--profile", load_profile},
	        {"--device", take_device},
	        {"--gate", take_gate},
	        {"--name", take_name},
	        {"--operator", take_operator},
	        {"--physician", take_physician},
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (strcmp(options[i].name, name) == 0)
			return options[i].take(p, value);
	}
	return false;
}

void player_begin(struct player *p)
{
	*p = (struct player){.unit = 1, .now = &p->console[0]};
	p->what = &p->now->last;
	snprintf(p->name, sizeof p->name, "alex");
	for (int i = 0; i < CONSOLES_MAX; i++)
		p->console[i].raw = -1;
}

/* The device says itself which profile it has. */
static bool profile_of_device(struct player *p)
{
	const char *answer = talk_ask(&p->device, "about");
	json_t *about = answer == NULL ? NULL : json_loads(answer, 0, NULL);
	const char *file = json_string_value(json_object_get(about, "profile"));
	bool ok = file != NULL && load_profile(p, file);

	json_decref(about);
	return ok;
}

static bool cannot(const char *words, const char *what)
{
	fprintf(stderr, "dosegate-sim: %s%s\n", words, what);
	return false;
}

bool player_ready(struct player *p)
{
	if (p->to[0] == '\0')
		return cannot("--to ADDRESS:PORT, or --to /dev/TERMINAL, says whom to speak to",
		              "");
	if (p->device_path == NULL)
		return true;
	if (!talk_open(&p->device, p->device_path))
		return cannot("no simulator answers at ", p->device_path);
	return p->has_profile || profile_of_device(p) ||
	       cannot("the device's profile cannot be read; give it with --profile", "");
}

void player_end(struct player *p)
{
	gate_thaw(p);
	for (int i = 0; i < CONSOLES_MAX; i++)
		wire_close(&p->console[i]);
	story_close(p);
}

int console_main(int argc, char **argv)
{
	static struct player p; /* a profile is too large for the stack */
	bool ok;

	player_begin(&p);
	for (int i = 2; i < argc; i += 2) {
		if (argv[i + 1] != NULL && player_option(&p, argv[i], argv[i + 1]))
			continue;
		fprintf(stderr, "dosegate-sim: %s cannot be used; see dosegate-sim --help\n",
		        argv[i]);
		return 2;
	}
	if (!player_ready(&p)) {
		player_end(&p);
		return 2;
	}
	ok = player_play(&p, argv[1]);
	player_end(&p);
	return ok ? 0 : 1;
}
