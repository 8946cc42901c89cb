#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "library_explain.h"

/* As judge: what is wrong with a line is said in its place, and the next one is explained. */
static enum exit_code explain_lines(struct trace *t, FILE *from)
{
	enum exit_code code = EXIT_DONE;
	json_int_t number = 0;
	char *text = NULL;
	size_t room = 0;

	for (ssize_t n; (n = getline(&text, &room, from)) >= 0;) {
		json_t *line;

		if (n > 0 && text[n - 1] == '\n')
			n--;
		number++;
		if (judge_ask(t->j, text, (size_t)n, &line)) {
			explain(t);
		} else {
			fprintf(stderr, "line %lld: %s\n", (long long)number, t->j->why);
			code = EXIT_REFUSED;
		}
		json_decref(line);
	}
	free(text);
	if (ferror(from) || fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr,
		        "dosegatectl library explain: line %lld or its answer is lost: %s\n",
		        (long long)number, strerror(errno));
		return EXIT_NO_GATE;
	}
	return code;
}

static enum exit_code explain_from(const struct options *o, const struct library *lib, FILE *from)
{
	struct trace *t = calloc(1, sizeof *t);
	struct judge *j = calloc(1, sizeof *j);
	enum exit_code code;

	must(t != NULL && j != NULL);
	judge_begin(j, lib);
	t->j = j;
	t->p = (struct pen){stdout, o->markdown};
	t->step = calloc(lib->n_rules * RULE_EFFECTS_MAX + 1, sizeof *t->step);
	t->applies = calloc(lib->n_rules + 1, sizeof *t->applies);
	must(t->step != NULL && t->applies != NULL);
	code = explain_lines(t, from);
	free(t->step);
	free(t->applies);
	free(t);
	free(j);
	return code;
}

enum exit_code cmd_library_explain(const struct options *o)
{
	const char *file = o->n_words > 0 ? o->word[0] : "-";
	enum exit_code code = EXIT_NOT_FOUND;
	struct shelf shelf = {0};
	FILE *from = stdin;

	if (!wants_library(o, "explain"))
		return EXIT_USAGE;
	if (strcmp(file, "-") != 0 && (from = fopen(file, "r")) == NULL) {
		fprintf(stderr, "dosegatectl library explain: %s: %s\n", file, strerror(errno));
		return EXIT_NOT_FOUND;
	}
	if (shelf_take(o, &shelf, o->library, "nothing was explained"))
		code = explain_from(o, &shelf.config.library, from);
	shelf_close(&shelf);
	if (from != stdin)
		fclose(from);
	return code;
}
