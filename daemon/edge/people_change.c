/*
 * What changes the roster: a person more, a new secret, a second factor, somebody let in again.
 */
#include "people_room.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S        86400
#define ENROL_FOR_MS UINT64_C(600000)

static const char *refuses(const char *name, const char *printed, const char *secret)
{
	const char *no = roster_refuses_name(name);

	if (no == NULL)
		no = roster_refuses_printed(printed);
	return no != NULL ? no : secret_refused(secret, name, printed);
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

/* --- a new secret ------------------------------------------------------------------------------
 */

static const char *nothing_else(struct job *j)
{
	return j->person_after == NULL ? NOBODY : NULL;
}

bool secret_fits(struct people *p, struct job *j, const char *name, const char *secret)
{
	const struct person *who = people_find(p, name);
	const char *no = who == NULL ? NOBODY : secret_refused(secret, name, who->printed);

	if (no != NULL)
		job_refuse_change(j, no);
	return no == NULL;
}

void people_set_secret(struct people *p, const char *name, const char *secret,
                       people_changed_fn *done, void *owner, void *tag)
{
	struct job *j = job_new(p, name, secret, owner, tag);

	j->changed = done;
	j->change = nothing_else;
	if (secret_fits(p, j, name, secret))
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
		return NOBODY;
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
