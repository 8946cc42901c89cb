/*
 * Two others let somebody in again who has lost secret or telephone.
 */
#include "people_room.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool recovered_lately(const struct person *who, int64_t unix_s)
{
	return who->recovered_s != 0 && unix_s < who->recovered_s + RECOVERED_FOR_S;
}

bool people_recovered_by(const struct person *who, const char *other, int64_t unix_s)
{
	return recovered_lately(who, unix_s) && (strcmp(who->recovered_by[0], other) == 0 ||
	                                         strcmp(who->recovered_by[1], other) == 0);
}

/* The recovery of this person that is under way; else a place for one. NULL: there is none free. */
static struct recovery *recovery_of(struct people *p, const char *name)
{
	struct recovery *free_one = NULL;

	for (size_t i = 0; i < RECOVERIES_MAX; i++) {
		struct recovery *r = &p->recovery[i];

		if (r->until_ms <= room_now_ms())
			sodium_memzero(r, sizeof *r);
		if (strcmp(r->person, name) == 0)
			return r;
		if (r->person[0] == '\0')
			free_one = r;
	}
	return free_one;
}

static bool leads(const struct people *p, const char *name)
{
	const struct person *who = people_find(p, name);

	return who != NULL && (who->role == ROLE_DIRECTOR || who->role == ROLE_OFFICER);
}

static const char *may_not_recover(const struct people *p, const struct recovery *r,
                                   const char *name, const struct person *by, int64_t unix_s)
{
	if (people_find(p, name) == NULL)
		return NOBODY;
	if (strcmp(by->name, name) == 0)
		return "two others let you in again, not you yourself";
	if (recovered_lately(by, unix_s))
		return "who was let in again less than a day ago cannot let in others";
	if (r == NULL)
		return "too many people are being let in again just now; wait a quarter of an hour";
	if (r->ready || strcmp(r->by[0], by->name) == 0)
		return "you have said so already; another person is wanted, or what was given is "
		       "to "
		       "be used";
	if (r->person[0] != '\0' && !leads(p, r->by[0]) && !leads(p, by->name))
		return "one of the two is a director or a safety officer";
	return NULL;
}

static void draw_half(char half[HALF_LEN])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	for (int i = 0; i < HALF_LEN - 1; i++)
		half[i] = letters[randombytes_uniform(32)];
	half[HALF_LEN - 1] = '\0';
}

const char *people_recover(struct people *p, const char *name, const char *by, int64_t unix_s,
                           char half[HALF_LEN], bool *ready)
{
	const struct person *who = people_find(p, by);
	struct recovery *r = recovery_of(p, name);
	const char *no = who == NULL ? NOBODY : may_not_recover(p, r, name, who, unix_s);

	if (no != NULL)
		return no;
	int which = r->person[0] == '\0' ? 0 : 1;
	snprintf(r->person, sizeof r->person, "%s", name);
	snprintf(r->by[which], sizeof r->by[which], "%s", by);
	draw_half(r->half[which]);
	memcpy(half, r->half[which], HALF_LEN);
	r->ready = which == 1;
	r->until_ms = room_now_ms() + RECOVERY_FOR_MS;
	*ready = r->ready;
	return NULL;
}

/* As it was read out or written down: small letters, a gap or a dash do no harm. */
static bool same_half(const char *half, const char *typed)
{
	char plain[HALF_LEN] = "";
	size_t n = 0;

	for (; *typed != '\0'; typed++) {
		if (*typed == '-' || *typed == ' ')
			continue;
		if (n == HALF_LEN - 1)
			return false;
		plain[n++] = (char)toupper((unsigned char)*typed);
	}
	return sodium_memcmp(plain, half, HALF_LEN) == 0;
}

/* All four are compared, whatever the first says: how long it takes tells nothing. */
static bool both_halves(const struct recovery *r, const char *one, const char *two)
{
	bool first_is_one = same_half(r->half[0], one), second_is_two = same_half(r->half[1], two);
	bool second_is_one = same_half(r->half[1], one), first_is_two = same_half(r->half[0], two);

	return (first_is_one && second_is_two) || (second_is_one && first_is_two);
}

static const char *let_in(struct job *j)
{
	struct person *who = j->person_after;

	if (who == NULL)
		return NOBODY;
	who->has_seed = false;
	sodium_memzero(who->seed, sizeof who->seed);
	who->last_step = 0;
	who->recovered_s = j->person.recovered_s;
	memcpy(who->recovered_by, j->person.recovered_by, sizeof who->recovered_by);
	return NULL;
}

void people_renew(struct people *p, const struct renewal *renewal, people_changed_fn *done,
                  void *owner, void *tag)
{
	struct job *j = job_new(p, renewal->name, renewal->secret, owner, tag);
	struct recovery *r = recovery_of(p, j->name);
	const struct person *who = people_find(p, j->name);

	j->changed = done;
	j->change = let_in;
	if (who == NULL || r == NULL || !r->ready ||
	    !both_halves(r, renewal->half[0], renewal->half[1])) {
		if (r != NULL && ++r->tries >= RECOVERY_TRIES)
			sodium_memzero(r, sizeof *r);
		job_refuse_change(j, "these are not the two halves; both are good for a quarter of "
		                     "an hour, and for five tries");
		return;
	}
	if (!secret_fits(p, j, j->name, renewal->secret))
		return;
	j->person.recovered_s = renewal->unix_s;
	memcpy(j->person.recovered_by, r->by, sizeof r->by);
	sodium_memzero(r, sizeof *r);
	sodium_memzero(&p->enrolling[who - p->roster.person], sizeof p->enrolling[0]);
	throttle_forget(p, who);
	job_wait(j);
}
