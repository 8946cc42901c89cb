/*
 * preset: the scenarios that are shipped, by name. Each begins by making everything as new, so any
 * of them runs after any other; its first line says for which device it is and what is nasty in it,
 * its second which hazards of tests/hazards.txt it is a scenario of:
 *
 *     # preset alexandrite_755: two consoles write at once ...
 *     # hazards H01 W23
 */
#include "console.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 100

struct preset {
	char name[64], profile[48], words[160], hazards[80];
	char path[400];
};

struct shelf {
	int n;
	struct preset of[NAMES_MAX];
};

static const char *folder(void)
{
	const char *given = getenv("DOSEGATE_SCENARIOS");

	return given != NULL ? given : "sim/scenarios";
}

/* False: a scenario that is no preset. */
static bool read_head(struct preset *p)
{
	char line[300] = "";
	FILE *f = fopen(p->path, "r");
	bool ok = f != NULL && fgets(line, sizeof line, f) != NULL &&
	          sscanf(line, "# preset %47[^:]: %159[^\n]", p->profile, p->words) == 2;

	p->hazards[0] = '\0';
	if (ok && fgets(line, sizeof line, f) != NULL)
		sscanf(line, "# hazards %79[^\n]", p->hazards);
	if (f != NULL)
		fclose(f);
	return ok;
}

static void shelf_fill(struct shelf *s)
{
	char pattern[400];
	glob_t found;

	s->n = 0;
	snprintf(pattern, sizeof pattern, "%s/*.steps", folder());
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && s->n < NAMES_MAX; i++) {
		struct preset *p = &s->of[s->n];
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		snprintf(p->path, sizeof p->path, "%s", found.gl_pathv[i]);
		snprintf(p->name, sizeof p->name, "%.*s", (int)(strlen(name) - strlen(".steps")),
		         name);
		s->n += read_head(p);
	}
	globfree(&found);
}

static void shelf_print(const struct shelf *s)
{
	puts("| preset | for | what is nasty in it | hazards |\n|---|---|---|---|");
	for (int i = 0; i < s->n; i++)
		printf("| `%s` | `%s` | %s | %s |\n", s->of[i].name, s->of[i].profile,
		       s->of[i].words, s->of[i].hazards);
}

static const struct preset *preset_named(const struct shelf *s, const char *name)
{
	struct words known = {0};
	char why[600];

	for (int i = 0; i < s->n; i++) {
		if (strcmp(s->of[i].name, name) == 0)
			return &s->of[i];
		words_add(&known, s->of[i].name);
	}
	words_explain("preset", name, &known, why, sizeof why);
	fprintf(stderr, "dosegate-sim: %s (in %s; DOSEGATE_SCENARIOS says where)\n", why, folder());
	return NULL;
}

static bool run(struct player *p, const struct preset *one)
{
	bool ok = player_play(p, one->path);

	gate_thaw(p);
	for (int i = 0; i < CONSOLES_MAX; i++)
		wire_close(&p->console[i]);
	p->now = &p->console[0];
	p->what = &p->now->last;
	p->unlooked = false;
	printf("%s: %s\n", one->name, ok ? "ok" : "differs");
	fflush(stdout);
	return ok;
}

/* "H02": a hazard's id, which no preset has as its name. */
static bool is_hazard(const char *name)
{
	return (name[0] == 'H' || name[0] == 'W') && strspn(name + 1, "0123456789") == 2 &&
	       name[3] == '\0';
}

static bool belongs_to(const struct preset *one, const char *name)
{
	return strcmp(name, "all") == 0 || strstr(one->hazards, name) != NULL;
}

/* "all": those for the device at hand; "H02": those of them that are scenarios of this hazard. */
static bool run_several(struct player *p, const struct shelf *s, const char *name)
{
	bool ok = true;
	int n = 0;

	for (int i = 0; i < s->n; i++) {
		if (strcmp(s->of[i].profile, p->profile.name) != 0 || !belongs_to(&s->of[i], name))
			continue;
		ok = run(p, &s->of[i]) && ok;
		n++;
	}
	if (n == 0)
		fprintf(stderr, "dosegate-sim: no preset for %s is a scenario of %s\n",
		        p->profile.name, name);
	return ok && n > 0;
}

static bool run_named(struct player *p, const struct shelf *s, const char *name)
{
	const struct preset *one;

	if (strcmp(name, "all") == 0 || is_hazard(name))
		return run_several(p, s, name);
	return (one = preset_named(s, name)) != NULL && run(p, one);
}

/* Where the names end and the options begin. */
static int names_end(int argc, char **argv)
{
	int i = 1;

	while (i < argc && strncmp(argv[i], "--", 2) != 0)
		i++;
	return i;
}

int preset_main(int argc, char **argv)
{
	static struct player p; /* a profile is too large for the stack */
	static struct shelf shelf;
	int end = names_end(argc, argv);
	bool ok = true;

	shelf_fill(&shelf);
	if (argc == 1) {
		shelf_print(&shelf);
		return 0;
	}
	player_begin(&p);
	for (int i = end; i < argc; i += 2)
		ok = ok && argv[i + 1] != NULL && player_option(&p, argv[i], argv[i + 1]);
	if (!ok || end == 1 || p.device_path == NULL) {
		fprintf(stderr, "dosegate-sim: preset NAME... --to ADDRESS:PORT --device SOCKET "
		                "--gate SOCKET ...; see dosegate-sim --help\n");
		return 2;
	}
	if (!player_ready(&p)) {
		player_end(&p);
		return 2;
	}
	for (int i = 1; i < end; i++)
		ok = run_named(&p, &shelf, argv[i]) && ok;
	player_end(&p);
	return ok ? 0 : 1;
}
