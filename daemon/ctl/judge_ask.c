/*
 * judge_ask: a line to its verdict. With judge_read.c and judge_history.c it needs nothing of the
 * command line: the simulator's oracle reads its cases by them.
 */
#include "judge.h"

#include <string.h>
#include <time.h>

static bool limits_a_fluence(const struct limits *l)
{
	for (uint16_t i = 0; i < l->n_cells; i++)
		for (uint8_t k = 0; k < l->cell[i].n_limit; k++)
			if (l->cell[i].limit[k].param == FLUENCE_UJ_CM2)
				return true;
	return false;
}

/* As a device would tell it that has these parameters. What is dosed by the energy of a microbeam
 * or a pin has no fluence to be known. */
enum fluence_source judge_fluence_source(const struct limits *l, const struct settings *s)
{
	if (!settings_has(s, FLUENCE_UJ_CM2) && !limits_a_fluence(l))
		return FLUENCE_NONE;
	if (!settings_has(s, ENERGY_UJ))
		return FLUENCE_REPORTED;
	return settings_has(s, FLUENCE_UJ_CM2) ? FLUENCE_BOTH : FLUENCE_DERIVED;
}

bool judge_ask(struct judge *j, const char *text, size_t len, json_t **line)
{
	json_error_t error;

	j->id = NULL;
	*line = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (strspn(text, " \t\r\n") >= len)
		return judge_wrong(j, "the line is empty");
	if (*line == NULL)
		return judge_wrong(j, "this is no JSON: %s (column %d)", error.text, error.column);
	if (!judge_read(j, *line))
		return false;
	j->status = limits_compute(&j->lib, &j->patient, &j->limits);
	verdict_judge_settings(&j->limits, 0, judge_fluence_source(&j->limits, &j->asked),
	                       &j->asked, &j->verdict);
	return true;
}

static int32_t today(void)
{
	time_t now = time(NULL);
	struct tm local;
	int32_t day = 0;

	localtime_r(&now, &local);
	must(day_from_date(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, &day));
	return day;
}

void judge_begin(struct judge *j, const struct library *lib)
{
	*j = (struct judge){.lib = *lib, .n_choices = lib->choices.count, .today = today()};
}
