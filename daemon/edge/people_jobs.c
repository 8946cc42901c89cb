/*
 * Who is next, the two workers, and what comes back from them.
 */
#include "people_room.h"

#include "edge/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* argon2id, three passes over 64 MiB: a tenth of a second a guess on the gate's own machine, and
 * RFC 9106's second recommendation. Memory bounds how many may be checked at once. */
#define HASH_PASSES 3
#define HASH_BYTES  ((size_t)64 << 20)
#define CLOSING     "the gate is shutting down"
#define TOO_MANY    "too many secrets are being checked; try again in a second"

/* Nobody's secret: what an unknown name is checked against, at the same cost. The secret was 32
 * random bytes, thrown away. */
static const char NOBODYS_HASH[] = "$argon2id$v=19$m=65536,t=3,p=1$XK6IW6en+P+sMnJzJeOKMg$"
                                   "Eak1ihlhWogj17LdA45K1wy0O1e3Yjl3DB0g5p4HDUQ";

uint64_t room_now_ms(void)
{
	return uv_hrtime() / 1000000;
}

/* --- lines of jobs -----------------------------------------------------------------------------
 */

static void line_put(struct line *l, struct job *j)
{
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
	l->count++;
}

/* Takes out the job `at` points to; at is &l->first or a job's &next. */
static struct job *line_take(struct line *l, struct job **at)
{
	struct job *j = *at;

	*at = j->next;
	if (l->last == &j->next)
		l->last = at;
	l->count--;
	return j;
}

struct job *job_new(struct people *p, const char *name, const char *secret, void *owner, void *tag)
{
	struct job *j = calloc(1, sizeof *j);

	must(j != NULL);
	j->people = p;
	j->owner = owner;
	j->tag = tag;
	if (strlen(name) < sizeof j->name)
		snprintf(j->name, sizeof j->name, "%s", name);
	snprintf(j->secret, sizeof j->secret, "%s", secret);
	return j;
}

static void after_free(struct job *j)
{
	if (j->after != NULL)
		sodium_memzero(j->after, sizeof *j->after);
	free(j->after);
	j->after = NULL;
}

static void job_free(struct job *j)
{
	after_free(j);
	sodium_memzero(j, sizeof *j);
	free(j);
}

/* --- answers -----------------------------------------------------------------------------------
 */

static void answer(struct job *j)
{
	struct people *p = j->people;
	bool good = j->proof.status == PROOF_GOOD;

	sodium_memzero(j->secret, sizeof j->secret);
	if (j->proved != NULL)
		j->proved(j->owner, j->tag, good ? people_find(p, j->name) : NULL, &j->proof);
	else
		j->changed(j->owner, j->tag, j->why[0] == '\0' ? NULL : j->why);
	job_free(j);
}

static void freed(uv_handle_t *handle)
{
	struct people *p = CONTAINER_OF((uv_timer_t *)(void *)handle, struct people, soon);
	void (*closed)(void *owner) = p->closed;
	void *owner = p->owner;

	sodium_memzero(p, sizeof *p);
	free(p);
	closed(owner);
}

static void close_when_idle(struct people *p)
{
	uv_handle_t *soon = (uv_handle_t *)&p->soon;
	bool idle = p->answered.count == 0 && p->waiting.count == 0;

	for (size_t i = 0; i < WORKERS_MAX; i++)
		idle = idle && p->working[i] == NULL;
	if (p->closing && idle && !uv_is_closing(soon))
		uv_close(soon, freed);
}

static void answer_all(uv_timer_t *soon)
{
	struct people *p = CONTAINER_OF(soon, struct people, soon);

	/* Only those here now: a callback that asks again is answered on the next turn. */
	for (size_t n = p->answered.count; n > 0; n--)
		answer(line_take(&p->answered, &p->answered.first));
	close_when_idle(p);
}

static void answer_soon(struct people *p, struct job *j)
{
	line_put(&p->answered, j);
	uv_timer_start(&p->soon, answer_all, 0, 0);
}

void job_refuse_change(struct job *j, const char *why)
{
	snprintf(j->why, sizeof j->why, "%s", why);
	answer_soon(j->people, j);
}

static void refuse(struct job *j, enum proof_status status, int wait_s, const char *why)
{
	j->proof = (struct proof){.status = status, .wait_s = wait_s};
	job_refuse_change(j, why);
}

/* --- in the worker -----------------------------------------------------------------------------
 */

static bool write_after(struct job *j)
{
	if (roster_write(j->people->file, j->after, j->why, sizeof j->why))
		return true;
	log_line(LOG_ERROR, "people", "%s", j->why);
	return false;
}

static enum proof_status prove_code(struct job *j)
{
	struct person *who = j->person_after;
	uint64_t step;

	if (!who->has_seed)
		return PROOF_NOT_ENROLLED;
	if (j->code[0] == '\0')
		return PROOF_CODE_WANTED;
	enum proof_status s = code_look(who, j->unix_s, j->code, &step);
	if (s != PROOF_GOOD)
		return s;
	who->last_step = step;
	return write_after(j) ? PROOF_GOOD : PROOF_NOT_KEPT;
}

static void perform_proof(struct job *j)
{
	bool right = crypto_pwhash_str_verify(j->hash, j->secret, strlen(j->secret)) == 0;

	if (!right || !j->known)
		j->proof.status = PROOF_WRONG;
	else if (j->wants_code)
		j->proof.status = prove_code(j);
}

static void perform_change(struct job *j)
{
	if (j->secret[0] != '\0' &&
	    crypto_pwhash_str(j->person_after->hash, j->secret, strlen(j->secret), HASH_PASSES,
	                      HASH_BYTES) != 0)
		snprintf(j->why, sizeof j->why,
		         "there was no memory to hash the secret; try again");
	else
		(void)write_after(j);
}

static void in_worker(uv_work_t *work)
{
	struct job *j = CONTAINER_OF(work, struct job, work);

	if (j->proved != NULL)
		perform_proof(j);
	else
		perform_change(j);
	sodium_memzero(j->secret, sizeof j->secret);
}

/* --- who is next -------------------------------------------------------------------------------
 */

static bool writes(const struct job *j)
{
	return j->proved == NULL || j->wants_code;
}

/* One proof a person at a time, or thirty guesses could be under way before the first is counted;
 * one that writes at a time, because each writes the whole file. */
static bool may_start(const struct people *p, const struct job *j)
{
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		const struct job *w = p->working[i];

		if (w == NULL)
			continue;
		if ((writes(w) && writes(j)) ||
		    (w->proved != NULL && j->proved != NULL && strcmp(w->name, j->name) == 0))
			return false;
	}
	return true;
}

static struct job *take_next(struct people *p)
{
	for (struct job **at = &p->waiting.first; *at != NULL; at = &(*at)->next)
		if (may_start(p, *at))
			return line_take(&p->waiting, at);
	return NULL;
}

static void copy_roster(struct job *j)
{
	j->after = malloc(sizeof *j->after);
	must(j->after != NULL);
	*j->after = j->people->roster;
	j->person_after = roster_find(j->after, j->name);
}

static bool prepare_proof(struct job *j)
{
	const struct person *who = people_find(j->people, j->name);
	int wait_s = throttle_left_s(j->people, j);

	if (wait_s > 0) {
		refuse(j, PROOF_WAIT, wait_s, "");
		return false;
	}
	snprintf(j->hash, sizeof j->hash, "%s", who != NULL ? who->hash : NOBODYS_HASH);
	j->known = who != NULL;
	if (j->known && j->wants_code)
		copy_roster(j);
	return true;
}

static bool prepare_change(struct job *j)
{
	copy_roster(j);
	const char *why = j->change(j);
	if (why == NULL)
		return true;
	job_refuse_change(j, why);
	return false;
}

static void back_on_loop(uv_work_t *work, int status);

static void start_what_may(struct people *p)
{
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct job *j;

		while (p->working[i] == NULL && (j = take_next(p)) != NULL) {
			if (!(j->proved != NULL ? prepare_proof(j) : prepare_change(j)))
				continue;
			p->working[i] = j;
			must(uv_queue_work(p->loop, &j->work, in_worker, back_on_loop) == 0);
		}
	}
}

static void back_on_loop(uv_work_t *work, int status)
{
	struct job *j = CONTAINER_OF(work, struct job, work);
	struct people *p = j->people;

	(void)status; /* never cancelled: people_close waits */
	for (size_t i = 0; i < WORKERS_MAX; i++)
		if (p->working[i] == j)
			p->working[i] = NULL;
	if (j->proved != NULL)
		j->proof.wait_s = throttle_count(p, j);
	if (j->after != NULL && j->why[0] == '\0' && j->proof.status == PROOF_GOOD)
		p->roster = *j->after;
	answer(j);
	start_what_may(p);
	close_when_idle(p);
}

void job_wait(struct job *j)
{
	struct people *p = j->people;

	must(!uv_is_closing((uv_handle_t *)&p->soon));
	if (p->closing || p->waiting.count == WAITING_MAX) {
		refuse(j, PROOF_BUSY, 1, p->closing ? CLOSING : TOO_MANY);
		return;
	}
	line_put(&p->waiting, j);
	start_what_may(p);
}

void jobs_close(struct people *p)
{
	while (p->waiting.count > 0)
		refuse(line_take(&p->waiting, &p->waiting.first), PROOF_BUSY, 1, CLOSING);
	close_when_idle(p);
}
