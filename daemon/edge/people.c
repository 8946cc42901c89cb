#include "people_room.h"

#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S        86400
#define ENROL_FOR_MS UINT64_C(600000)

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
	if (strlen(claim->secret) > SECRET_MAX)
		j->name[0] = '\0'; /* likewise: let it be nobody's */
	job_wait(j);
}

/* --- changes -----------------------------------------------------------------------------------
 */

static const char *refuses(const char *name, const char *printed, const char *secret)
{
	const char *no = roster_refuses_name(name);

	if (no == NULL)
		no = roster_refuses_printed(printed);
	if (no == NULL && (strlen(secret) < SECRET_MIN || strlen(secret) > SECRET_MAX))
		no = "a secret has 8 to 128 characters; a sentence is good, six digits are not";
	return no;
}

static const char *add_person(struct job *j)
{
	struct roster *r = j->after;

	if (roster_find(r, j->person.name) != NULL)
		return "the name is taken";
	if (r->count == PEOPLE_MAX)
		return "there is room for 200 people and no more";
	j->person_after = &r->person[r->count++];
	*j->person_after = j->person;
	return NULL;
}

void people_add(struct people *p, const char *name, const char *printed, enum person_role role,
                const char *secret, people_changed_fn *done, void *owner, void *tag)
{
	struct job *j = job_new(p, name, secret, owner, tag);
	const char *no = refuses(name, printed, secret);

	j->changed = done;
	j->change = add_person;
	if (no != NULL) {
		must(!uv_is_closing((uv_handle_t *)&p->soon));
		job_refuse_change(j, no);
		return;
	}
	j->person = (struct person){.role = role, .added_day = (int32_t)(time(NULL) / DAY_S)};
	snprintf(j->person.name, sizeof j->person.name, "%s", name);
	snprintf(j->person.printed, sizeof j->person.printed, "%s", printed);
	job_wait(j);
}

/* --- the second factor -------------------------------------------------------------------------
 */

bool people_enrol(struct people *p, const char *name, char seed[SEED_TEXT_LEN])
{
	const struct person *who = people_find(p, name);

	if (who == NULL)
		return false;
	struct enrolling *e = &p->enrolling[who - p->roster.person];
	randombytes_buf(e->seed, sizeof e->seed);
	e->until_ms = room_now_ms() + ENROL_FOR_MS;
	return seed_text(e->seed, seed);
}

static const char *take_seed(struct job *j)
{
	struct person *who = j->person_after;

	if (who == NULL)
		return "there is nobody of this name";
	who->has_seed = true;
	memcpy(who->seed, j->person.seed, sizeof who->seed);
	who->last_step = j->person.last_step;
	return NULL;
}

void people_enrol_end(struct people *p, const char *name, const char *code, int64_t unix_s,
                      people_changed_fn *done, void *owner, void *tag)
{
	const struct person *who = people_find(p, name);
	struct enrolling *e = who == NULL ? NULL : &p->enrolling[who - p->roster.person];
	struct job *j = job_new(p, name, "", owner, tag);

	j->changed = done;
	j->change = take_seed;
	if (e == NULL || e->until_ms <= room_now_ms()) {
		job_refuse_change(j, "no second factor waits for its first code: begin again");
		return;
	}
	memcpy(j->person.seed, e->seed, sizeof e->seed);
	enum proof_status s = code_look(&j->person, unix_s, code, &j->person.last_step);
	if (s != PROOF_GOOD) {
		job_refuse_change(j, "the code is none of the new second factor's");
		return;
	}
	sodium_memzero(e, sizeof *e);
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
