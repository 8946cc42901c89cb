#include "library.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl.h"

bool shelf_open(struct shelf *s, const char *dir, const char *then)
{
	bool well;

	*s = (struct shelf){.dir = dir};
	well = config_load_library(dir, &s->config, &s->complaints);
	if (!well)
		complaints_say(&s->complaints, then);
	return well;
}

void shelf_close(struct shelf *s)
{
	complaints_free(&s->complaints);
	config_free(&s->config);
}

static bool wants_library(const struct options *o, const char *verb)
{
	if (o->library == NULL)
		say_to(stderr, 2,
		       "dosegatectl library %s wants --library DIR, the folder with facts.cfg, "
		       "screening.cfg and protocols",
		       verb);
	return o->library != NULL;
}

/* --- one class ------------------------------------------------------------------------------- */

static enum exit_code no_such_class(const struct library *lib, const char *name)
{
	char known[WORDS_LEN] = "";

	for (uint16_t i = 0; i < lib->classes.count; i++)
		add(known, sizeof known, "%s%s", i > 0 ? ", " : "", lib->classes.name[i]);
	say_to(stderr, 2, "there is no class \"%s\"; this library knows %s", name, known);
	return EXIT_NOT_FOUND;
}

static enum exit_code show_class(const struct options *o, const struct shelf *shelf)
{
	const struct library *lib = &shelf->config.library;
	int64_t symbol = symbols_find(&lib->classes, o->word[0]);
	struct pen p = {stdout, o->markdown};
	struct sheet s;

	if (symbol == 0)
		return no_such_class(lib, o->word[0]);
	sheet_make(&s, lib, (uint8_t)(symbol - 1));
	page_write(&p, shelf, &s, NULL);
	sheet_free(&s);
	return EXIT_DONE;
}

enum exit_code cmd_library_show(const struct options *o)
{
	enum exit_code code = EXIT_NOT_FOUND;
	struct shelf shelf;

	if (!wants_library(o, "show"))
		return EXIT_USAGE;
	if (shelf_open(&shelf, o->library, "nothing is shown"))
		code = show_class(o, &shelf);
	shelf_close(&shelf);
	return code;
}
