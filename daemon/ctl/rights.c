/*
 * rights: the table of who may do what, as it stands in the gate.
 */
#include "ctl.h"

#include "edge/people.h"

static void print_table(void)
{
	fputs("| |", stdout);
	for (enum person_role r = 0; r < PERSON_ROLE_COUNT; r++)
		printf(" %s |", person_role_words(r));
	fputs(" proved by |\n|---|---|", stdout);
	for (enum person_role r = 0; r < PERSON_ROLE_COUNT; r++)
		fputs("---|", stdout);
	for (enum right right = 0; right < RIGHT_COUNT; right++) {
		printf("\n| %s |", right_words(right));
		for (enum person_role r = 0; r < PERSON_ROLE_COUNT; r++)
			fputs(role_may(r, right) ? " yes |" : " |", stdout);
		printf(" %s |", factor_words(right_factor(right)));
	}
	putchar('\n');
}

static void print_rows(void)
{
	json_t *all = json_array();

	for (enum right right = 0; right < RIGHT_COUNT; right++) {
		json_t *roles = json_array();

		for (enum person_role r = 0; r < PERSON_ROLE_COUNT; r++)
			if (role_may(r, right))
				json_array_append_new(roles, json_string(person_role_name(r)));
		json_array_append_new(
		        all, json_pack("{s:s, s:o, s:s}", "action", right_words(right), "roles",
		                       roles, "proved_by", factor_words(right_factor(right))));
	}
	print_json(all);
	json_decref(all);
}

enum exit_code cmd_rights(const struct options *o)
{
	if (o->json)
		print_rows();
	else
		print_table();
	return EXIT_DONE;
}
