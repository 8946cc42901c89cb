#include "library.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl.h"

bool shelf_open(struct shelf *s, const char *dir, const char *then)
{
	bool well;

	s->dir = dir;
	snprintf(s->words, sizeof s->words, "%s", dir);
	well = config_load_library(dir, &s->config, &s->complaints);
	if (!well)
		complaints_say(&s->complaints, then);
	return well;
}

void shelf_close(struct shelf *s)
{
	complaints_free(&s->complaints);
	config_free(&s->config);
	shelf_give_back(s);
}

int printed(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "dosegatectl library: what was printed is lost in part: %s\n",
	        strerror(errno));
	return EXIT_NO_GATE;
}

bool wants_library(const struct options *o, const char *verb)
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
	struct shelf shelf = {0};

	if (!wants_library(o, "show"))
		return EXIT_USAGE;
	if (shelf_take(o, &shelf, o->library, "nothing is shown"))
		code = show_class(o, &shelf);
	shelf_close(&shelf);
	return (enum exit_code)printed((int)code);
}

/* --- all classes ----------------------------------------------------------------------------- */

static FILE *file_in(const char *folder, const char *name, const char *kind, char *path, size_t len)
{
	FILE *to;

	snprintf(path, len, "%s/%s%s", folder, name, kind);
	to = fopen(path, "w");
	if (to == NULL)
		fprintf(stderr, "dosegatectl library pages: %s: %s\n", path, strerror(errno));
	return to;
}

/* False, said so, when not all of it is on the disk. */
static bool file_done(FILE *to, const char *path)
{
	bool well = ferror(to) == 0;

	well = fclose(to) == 0 && well;
	if (!well)
		fprintf(stderr, "dosegatectl library pages: %s: %s\n", path, strerror(errno));
	return well;
}

/* *has is false, and no file is left, when nothing of the class can be drawn. */
static bool write_chart(const char *folder, const struct sheet *s, bool *has)
{
	char path[600];
	FILE *to =
	        file_in(folder, s->lib->classes.name[s->device_class], ".svg", path, sizeof path);

	if (to == NULL)
		return false;
	*has = chart_write(to, s);
	if (!file_done(to, path))
		return false;
	return *has || remove(path) == 0;
}

static bool write_page(const char *folder, const struct shelf *shelf, const struct sheet *s)
{
	const char *name = s->lib->classes.name[s->device_class];
	char path[600], svg[SYMBOL_LEN + 8];
	struct pen p = {.markdown = true};
	bool has = false;

	if (!write_chart(folder, s, &has))
		return false;
	p.to = file_in(folder, name, ".md", path, sizeof path);
	if (p.to == NULL)
		return false;
	snprintf(svg, sizeof svg, "%s.svg", name);
	page_write(&p, shelf, s, has ? svg : NULL);
	return file_done(p.to, path);
}

static void index_line(const struct shelf *shelf, const struct sheet *s, struct grid *g)
{
	const char *name = s->lib->classes.name[s->device_class];
	char indications[WORDS_LEN] = "", statuses[32];
	struct opening o;

	opening_read(&o, shelf->dir, s);
	names_words(&s->lib->indications, s->lib->class_indications[s->device_class], "every one",
	            indications, sizeof indications);
	sheet_statuses(s, statuses, sizeof statuses);
	grid_add(g, "[%s](%s.md)", name, name);
	grid_add(g, "%s", opening_title(&o, s));
	grid_add(g, "%s", indications);
	grid_add(g, "%s", s->n > 0 ? statuses : "closed");
	grid_add(g, "%u", s->n_rows);
	grid_add(g, "%zu", left_to_decide(NULL, s, &o));
}

static void index_questions(const struct pen *p, const struct library *lib)
{
	struct grid g = {.columns = 5};
	static const char *const head[] = {"question", "asked as", "an answer holds", "source",
	                                   "yours"};

	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		grid_add(&g, "%s", head[i]);
	for (uint16_t i = 0; i < lib->n_facts; i++) {
		const struct fact *f = &lib->fact[i];

		grid_add(&g, "%s", f->name);
		grid_add(&g, "%s", f->question);
		grid_add(&g, "%d day%s", f->valid_days, f->valid_days == 1 ? "" : "s");
		grid_add(&g, "%s (%c)", f->source, f->confidence);
		grid_add(&g, "______");
	}
	pen_head(p, 2, "Questions to the patient");
	pen_text(p, "No answer, or one that is too old, counts as the riskiest one.");
	pen_grid(p, &g);
}

static void put_index(const struct pen *p, const struct shelf *shelf)
{
	static const char *const head[] = {"class",      "",     "for",
	                                   "types I-VI", "rows", "left to decide"};
	const struct library *lib = &shelf->config.library;
	struct grid g = {.columns = ARRAY_LEN(head)};

	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		grid_add(&g, "%s", head[i]);
	for (uint16_t i = 0; i < lib->classes.count; i++) {
		struct sheet s;

		sheet_make(&s, lib, (uint8_t)i);
		index_line(shelf, &s, &g);
		sheet_free(&s);
	}
	pen_head(p, 1, "Library %s", lib->hash_hex);
	pen_text(p,
	         "%u classes, %u rows, %u rules, %u questions, from %s. The letters are the best "
	         "status of each skin type; - is closed.",
	         lib->classes.count, lib->n_rows, lib->n_rules, lib->n_facts, shelf->words);
	pen_grid(p, &g);
	for (enum row_status status = STATUS_A; status <= STATUS_B; status++)
		pen_item(p, (char[]){row_status_letter(status), '\0'}, "%s", status_words(status));
	say_options(p, lib);
	index_questions(p, lib);
	sources_of_library(p, lib);
}

static bool write_pages(const char *folder, const struct shelf *shelf)
{
	const struct library *lib = &shelf->config.library;
	struct pen p = {.markdown = true};
	char path[600];
	bool well = true;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
		fprintf(stderr, "dosegatectl library pages: %s: %s\n", folder, strerror(errno));
		return false;
	}
	for (uint16_t i = 0; i < lib->classes.count && well; i++) {
		struct sheet s;

		sheet_make(&s, lib, (uint8_t)i);
		well = write_page(folder, shelf, &s);
		sheet_free(&s);
	}
	p.to = well ? file_in(folder, "index", ".md", path, sizeof path) : NULL;
	if (p.to == NULL)
		return false;
	put_index(&p, shelf);
	if (!file_done(p.to, path))
		return false;
	printf("%s: %u classes, library %s\n", path, lib->classes.count, lib->hash_hex);
	return true;
}

enum exit_code cmd_library_pages(const struct options *o)
{
	struct shelf shelf = {0};
	bool well;

	if (o->out == NULL) {
		fputs("dosegatectl library pages wants --out FOLDER, where the pages go\n", stderr);
		return EXIT_USAGE;
	}
	well = shelf_take(o, &shelf, o->word[0], "no page was written") &&
	       write_pages(o->out, &shelf);
	shelf_close(&shelf);
	return well ? EXIT_DONE : EXIT_NOT_FOUND;
}
