#include "people_room.h"

#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

struct people *people_open(uv_loop_t *loop, const char *file, char *why, size_t why_len)
{
	struct people *p = calloc(1, sizeof *p);

	must(p != NULL);
	if (sodium_init() < 0 || oath_init() != OATH_OK) {
		snprintf(why, why_len, "libsodium or liboath could not start");
		free(p);
		return NULL;
	}
	if ((size_t)snprintf(p->file, sizeof p->file, "%s", file) >= sizeof p->file) {
		snprintf(why, why_len, "the path of the people's file is too long");
		free(p);
		return NULL;
	}
	if (!roster_read(file, &p->roster, why, why_len)) {
		free(p);
		return NULL;
	}
	p->loop = loop;
	p->waiting.last = &p->waiting.first;
	p->answered.last = &p->answered.first;
	crypto_shorthash_keygen(p->stranger_key);
	must(uv_timer_init(loop, &p->soon) == 0);
	return p;
}

size_t people_count(const struct people *p)
{
	return p->roster.count;
}

const struct person *people_find(const struct people *p, const char *name)
{
	for (size_t i = 0; i < p->roster.count; i++)
		if (strcmp(p->roster.person[i].name, name) == 0)
			return &p->roster.person[i];
	return NULL;
}

const struct person *people_at(const struct people *p, size_t i)
{
	return &p->roster.person[i];
}

json_t *people_list(const struct people *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->roster.count; i++) {
		const struct person *who = &p->roster.person[i];
		time_t at = (time_t)who->added_day * DAY_S;
		char day[16];
		struct tm utc;

		strftime(day, sizeof day, "%Y-%m-%d", gmtime_r(&at, &utc));
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name",
		                                      who->name, "printed", who->printed, "role",
		                                      person_role_name(who->role), "added", day,
		                                      "second_factor", who->has_seed));
	}
	return list;
}

void people_prove(struct people *p, const struct claim *claim, people_proved_fn *done, void *owner,
                  void *tag)
{
	struct job *j = job_new(p, claim->name, claim->secret, owner, tag);
	const char *code = claim->code;

	j->proved = done;
	j->wants_code = code != NULL;
	j->unix_s = claim->unix_s;
	if (code != NULL) /* too long is wrong, cut it might be right */
		snprintf(j->code, sizeof j->code, "%s", strlen(code) < CODE_LEN ? code : "-");
	source_note(p, j, claim);
	if (strlen(claim->secret) > SECRET_MAX)
		j->name[0] = '\0'; /* likewise: let it be nobody's */
	job_wait(j);
}

/* --- the end -----------------------------------------------------------------------------------
 */

void people_close(struct people *p, void (*closed)(void *owner), void *owner)
{
	p->closing = true;
	p->closed = closed;
	p->owner = owner;
	jobs_close(p);
}
