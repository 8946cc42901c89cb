/*
 * judge: what would the gate say? Patients and settings against a library, without a gate.
 *
 * JSON lines in, one verdict a line out, each line by itself: what is wrong with one is said in its
 * place and the next is judged. The judge is the gate's own; here is only the reading and writing.
 */
#include "judge.h"

#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "edge/config.h"
#include "edge/dosejson.h"

/* --- the verdict ------------------------------------------------------------------------------ */

/* Never NULL: JSON refuses half a character, which a quotation that was cut may end in, or a file
 * in another encoding. */
static json_t *sentence(const char *text)
{
	json_t *whole = json_string(text);
	char plain[1000];

	if (whole != NULL)
		return whole;
	text_copy(plain, sizeof plain, text);
	for (char *c = plain; *c != '\0'; c++)
		if ((unsigned char)*c > 0x7e)
			*c = '?';
	return json_string(plain);
}

static json_t *text_or_null(const char *text)
{
	return text[0] == '\0' ? json_null() : sentence(text);
}

/* What the judge calls "no session" is here a patient for whom there are no limits. */
static const char *rule_of(const struct reason *r)
{
	return r->check == CHECK_NO_SESSION ? "no_protocol" : reason_id(r);
}

/* Takes `value`; without the braces the members may stand beside others. */
static char *members(json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_EMBED);

	must(text != NULL);
	json_decref(value);
	return text;
}

static char *show_reason(const struct judge *j, const struct reason *r)
{
	char text[300], asked[64], limit[128];
	const char *param = r->param == PARAM_NONE ? "" : param_info(r->param)->name;

	reason_text(&j->lib, r, text, sizeof text);
	if (r->check == CHECK_NO_SESSION)
		text_copy(text, sizeof text,
		          limits_why(&j->lib, j->patient.device_class, j->status));
	reason_asked(&j->lib, r, asked, sizeof asked);
	reason_limit(&j->lib, r, limit, sizeof limit);
	return members(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "rule", rule_of(r), "parameter",
	                         text_or_null(param), "asked", text_or_null(asked), "limit",
	                         text_or_null(limit), "text", sentence(text), "source",
	                         sentence(reason_source(r))));
}

/* What a rule says is made once: it is the same of every patient, and a patient of whom nothing is
 * known has twenty of them. */
static void put_reason(struct judge *j, const struct reason *r)
{
	char **kept = r->check == CHECK_SCREENING ? &j->screened[r->rule - j->lib.rule] : NULL;
	char *text = kept != NULL && *kept != NULL ? *kept : show_reason(j, r);

	printf("{%s}", text);
	if (kept != NULL)
		*kept = text;
	else
		free(text);
}

/* The tightest first. */
static void put_reasons(struct judge *j)
{
	const struct verdict *v = &j->verdict;

	if (v->n_reasons > 0)
		put_reason(j, &v->reason[v->tightest]);
	for (uint8_t i = 0; i < v->n_reasons; i++) {
		if (i == v->tightest)
			continue;
		putchar(',');
		put_reason(j, &v->reason[i]);
	}
}

static void put_verdict(struct judge *j)
{
	const struct verdict *v = &j->verdict;
	const char *tightest = v->n_reasons > 0 ? rule_of(&v->reason[v->tightest]) : "";
	json_t *offer = v->has_offer ? dosejson_settings(&j->lib.choices, &v->offer) : json_null();
	char *head = members(json_pack("{s:O, s:s, s:o}", "id", j->id != NULL ? j->id : json_null(),
	                               "verdict", verdict_kind_name(v->kind), "tightest",
	                               text_or_null(tightest)));
	char *tail = members(
	        json_pack("{s:o, s:s}", "counter_offer", offer, "library", j->lib.hash_hex));

	printf("{%s,\"reasons\":[", head);
	put_reasons(j);
	printf("],%s}\n", tail);
	free(head);
	free(tail);
}

static void put_wrong(struct judge *j, json_int_t number)
{
	json_t *all = json_object();
	char *text;

	if (j->id != NULL)
		json_object_set(all, "id", j->id);
	json_object_set_new(all, "error", sentence(j->why));
	json_object_set_new(all, "line", json_integer(number));
	text = members(all);
	printf("{%s}\n", text);
	free(text);
}

/* False when the line could not be judged. */
static bool judge_line(struct judge *j, const char *text, size_t len, json_int_t number)
{
	json_t *line;
	bool judged = judge_ask(j, text, len, &line);

	if (judged)
		put_verdict(j);
	else
		put_wrong(j, number);
	json_decref(line);
	return judged;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum exit_code judge_lines(const struct library *lib, FILE *from)
{
	struct judge j;
	enum exit_code code = EXIT_DONE;
	json_int_t number = 0;
	char *line = NULL;
	size_t room = 0;

	judge_begin(&j, lib);
	j.screened = calloc(lib->n_rules + 1, sizeof(char *));
	must(j.screened != NULL);
	for (ssize_t n; (n = getline(&line, &room, from)) >= 0;) {
		if (n > 0 && line[n - 1] == '\n')
			n--;
		if (!judge_line(&j, line, (size_t)n, ++number))
			code = EXIT_REFUSED;
	}
	free(line);
	for (uint32_t i = 0; i < lib->n_rules; i++)
		free(j.screened[i]);
	free(j.screened);
	if (ferror(from) || fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "dosegatectl judge: line %lld or its answer is lost: %s\n",
		        (long long)number, strerror(errno));
		return EXIT_NO_GATE;
	}
	return code;
}

enum exit_code cmd_judge(const struct options *o)
{
	const char *file = o->n_words > 0 ? o->word[0] : "-";
	struct config config;
	struct complaints complaints = {0};
	enum exit_code code = EXIT_NOT_FOUND;
	FILE *from = stdin;

	if (o->library == NULL) {
		say_to(stderr, 2,
		       "dosegatectl judge wants --library DIR, the folder with facts.cfg, "
		       "screening.cfg and protocols; and FILE, or standard input");
		return EXIT_USAGE;
	}
	if (strcmp(file, "-") != 0 && (from = fopen(file, "r")) == NULL) {
		fprintf(stderr, "dosegatectl judge: %s: %s\n", file, strerror(errno));
		return EXIT_NOT_FOUND;
	}
	if (config_load_library(o->library, &config, &complaints))
		code = judge_lines(&config.library, from);
	else
		complaints_say(&complaints, "nothing was judged");
	complaints_free(&complaints);
	config_free(&config);
	if (from != stdin)
		fclose(from);
	return code;
}
