#include "edge/people.h"

#include "edge/log.h"
#include "people_file.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* argon2id, three passes over 64 MiB: a tenth of a second a guess on the gate's own machine, and
 * RFC 9106's second recommendation. Memory bounds how many may be checked at once. */
#define HASH_PASSES  3
#define HASH_BYTES   ((size_t)64 << 20)
#define WORKERS_MAX  2
#define WAITING_MAX  32
#define FREE_TRIES   3
#define WAIT_MAX_S   300
#define STRANGERS    64
#define DAY_S        86400
#define TOO_MANY_NOW "too many secrets are being checked; try again in a second"

/* Nobody's secret: what an unknown name is checked against, at the same cost. The secret was 32
 * random bytes, thrown away. */
static const char NOBODYS_HASH[] = "$argon2id$v=19$m=65536,t=3,p=1$XK6IW6en+P+sMnJzJeOKMg$"
                                   "Eak1ihlhWogj17LdA45K1wy0O1e3Yjl3DB0g5p4HDUQ";

/* Failures in a row, and until when nothing is checked because of them. */
struct strikes {
	unsigned failures;
	uint64_t until_ms;
};

struct job {
	uv_work_t work;
	struct people *people;
	struct job *next;
	char name[PERSON_LEN]; /* "" for a name that cannot be anybody's */
	char secret[SECRET_MAX + 1];
	char hash[crypto_pwhash_STRBYTES]; /* to check against, or the new one */
	void *owner, *tag;

	people_checked_fn *checked; /* NULL: this one adds */
	bool right;
	int wait_s;

	people_added_fn *added;
	struct person person;
	struct roster *after; /* the roster with the new person in it */
	char why[PATH_MAX + 128];
};

struct line {
	struct job *first, **last;
	size_t count;
};

struct people {
	uv_loop_t *loop;
	uv_timer_t soon; /* answers what needed no worker, on the loop's next turn */
	char file[PATH_MAX];
	struct roster roster;
	struct strikes strikes[PEOPLE_MAX];
	struct strikes stranger[STRANGERS];
	unsigned char stranger_key[crypto_shorthash_KEYBYTES];
	struct line waiting, answered;
	struct job *working[WORKERS_MAX];
	bool closing;
	void (*closed)(void *owner);
	void *owner;
};

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

static struct job *job_new(struct people *p, const char *name, const char *secret, void *owner,
                           void *tag)
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

static void job_free(struct job *j)
{
	if (j->after != NULL)
		sodium_memzero(j->after, sizeof *j->after);
	free(j->after);
	sodium_memzero(j, sizeof *j);
	free(j);
}

/* --- throttle ----------------------------------------------------------------------------------
 */

int people_wait_s(unsigned failures)
{
	if (failures <= FREE_TRIES)
		return 0;
	unsigned doublings = failures - FREE_TRIES - 1;
	return doublings >= 9 || 1 << doublings > WAIT_MAX_S ? WAIT_MAX_S : 1 << doublings;
}

/* Names that are nobody's share a few places, found by a keyed hash: they are throttled as
 * somebody's would be, and a million of them take no more room. */
static struct strikes *strikes_of(struct people *p, const char *name)
{
	const struct person *who = roster_find(&p->roster, name);
	uint64_t hash;

	if (who != NULL)
		return &p->strikes[who - p->roster.person];
	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)name, strlen(name),
	                 p->stranger_key);
	return &p->stranger[hash % STRANGERS];
}

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000;
}

static int wait_left_s(const struct strikes *s)
{
	uint64_t now = now_ms();

	return s->until_ms <= now ? 0 : (int)((s->until_ms - now + 999) / 1000);
}

/* The wait that begins with this outcome, in seconds. */
static int strike(struct strikes *s, bool right)
{
	if (right) {
		*s = (struct strikes){0};
		return 0;
	}
	if (s->failures < FREE_TRIES + 10)
		s->failures++;
	int wait_s = people_wait_s(s->failures);
	s->until_ms = now_ms() + (uint64_t)wait_s * 1000;
	return wait_s;
}

/* --- answers -----------------------------------------------------------------------------------
 */

static void answer(struct job *j)
{
	struct people *p = j->people;

	sodium_memzero(j->secret, sizeof j->secret);
	if (j->checked != NULL)
		j->checked(j->owner, j->tag, j->right ? people_find(p, j->name) : NULL, j->wait_s);
	else
		j->added(j->owner, j->tag, j->why[0] == '\0' ? NULL : j->why);
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

static void refuse(struct job *j, int wait_s, const char *why)
{
	j->wait_s = wait_s;
	snprintf(j->why, sizeof j->why, "%s", why);
	answer_soon(j->people, j);
}

/* --- in the worker -----------------------------------------------------------------------------
 */

static void perform_check(struct job *j)
{
	j->right = crypto_pwhash_str_verify(j->hash, j->secret, strlen(j->secret)) == 0;
}

static void perform_add(struct job *j)
{
	struct roster *r = j->after;

	if (crypto_pwhash_str(j->hash, j->secret, strlen(j->secret), HASH_PASSES, HASH_BYTES) !=
	    0) {
		snprintf(j->why, sizeof j->why,
		         "there was no memory to hash the secret; try again");
		return;
	}
	snprintf(j->person.hash, sizeof j->person.hash, "%s", j->hash);
	r->person[r->count++] = j->person;
	if (!roster_write(j->people->file, r, j->why, sizeof j->why))
		log_line(LOG_ERROR, "people", "%s", j->why);
}

static void in_worker(uv_work_t *work)
{
	struct job *j = CONTAINER_OF(work, struct job, work);

	if (j->checked != NULL)
		perform_check(j);
	else
		perform_add(j);
	sodium_memzero(j->secret, sizeof j->secret);
}

/* --- who is next -------------------------------------------------------------------------------
 */

/* One check a person at a time, or thirty guesses could be under way before the first is counted;
 * one add at a time, because each writes the whole file. */
static bool may_start(const struct people *p, const struct job *j)
{
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		const struct job *w = p->working[i];

		if (w == NULL || (w->checked == NULL) != (j->checked == NULL))
			continue;
		if (j->checked == NULL || strcmp(w->name, j->name) == 0)
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

static bool prepare_check(struct people *p, struct job *j)
{
	const struct person *who = people_find(p, j->name);
	int wait_s = wait_left_s(strikes_of(p, j->name));

	if (wait_s > 0) {
		refuse(j, wait_s, "");
		return false;
	}
	snprintf(j->hash, sizeof j->hash, "%s", who != NULL ? who->hash : NOBODYS_HASH);
	return true;
}

static bool prepare_add(struct people *p, struct job *j)
{
	if (people_find(p, j->person.name) != NULL) {
		refuse(j, 0, "the name is taken");
		return false;
	}
	if (p->roster.count == PEOPLE_MAX) {
		refuse(j, 0, "there is room for 200 people and no more");
		return false;
	}
	j->after = malloc(sizeof *j->after);
	must(j->after != NULL);
	*j->after = p->roster;
	return true;
}

static void back_on_loop(uv_work_t *work, int status);

static void start_what_may(struct people *p)
{
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct job *j;

		while (p->working[i] == NULL && (j = take_next(p)) != NULL) {
			if (!(j->checked != NULL ? prepare_check(p, j) : prepare_add(p, j)))
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
	if (j->checked != NULL) {
		j->right = j->right && people_find(p, j->name) != NULL;
		j->wait_s = strike(strikes_of(p, j->name), j->right);
	} else if (j->why[0] == '\0') {
		p->roster = *j->after;
		p->strikes[p->roster.count - 1] = (struct strikes){0};
	}
	answer(j);
	start_what_may(p);
	close_when_idle(p);
}

static void wait_in_line(struct people *p, struct job *j)
{
	must(!uv_is_closing((uv_handle_t *)&p->soon));
	if (p->closing) {
		refuse(j, 1, "the gate is shutting down");
		return;
	}
	if (p->waiting.count == WAITING_MAX) {
		refuse(j, 1, TOO_MANY_NOW);
		return;
	}
	line_put(&p->waiting, j);
	start_what_may(p);
}

/* --- from outside ------------------------------------------------------------------------------
 */

struct people *people_open(uv_loop_t *loop, const char *file, char *why, size_t why_len)
{
	struct people *p = calloc(1, sizeof *p);

	must(p != NULL);
	if (sodium_init() < 0) {
		snprintf(why, why_len, "libsodium finds no source of randomness");
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
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", who->name,
		                                      "printed", who->printed, "role",
		                                      person_role_name(who->role), "added", day));
	}
	return list;
}

void people_check(struct people *p, const char *name, const char *secret, people_checked_fn *done,
                  void *owner, void *tag)
{
	struct job *j = job_new(p, name, secret, owner, tag);

	j->checked = done;
	if (strlen(secret) > SECRET_MAX)
		j->name[0] = '\0'; /* cut, it might be right: let it be nobody's */
	wait_in_line(p, j);
}

static const char *refuses(const char *name, const char *printed, const char *secret)
{
	const char *no = roster_refuses_name(name);

	if (no == NULL)
		no = roster_refuses_printed(printed);
	if (no == NULL && (strlen(secret) < SECRET_MIN || strlen(secret) > SECRET_MAX))
		no = "a secret has 8 to 128 characters; a sentence is good, six digits are not";
	return no;
}

void people_add(struct people *p, const char *name, const char *printed, enum person_role role,
                const char *secret, people_added_fn *done, void *owner, void *tag)
{
	struct job *j = job_new(p, name, secret, owner, tag);
	const char *no = refuses(name, printed, secret);

	j->added = done;
	if (no != NULL) {
		must(!uv_is_closing((uv_handle_t *)&p->soon));
		refuse(j, 0, no);
		return;
	}
	j->person = (struct person){.role = role, .added_day = (int32_t)(time(NULL) / DAY_S)};
	snprintf(j->person.name, sizeof j->person.name, "%s", name);
	snprintf(j->person.printed, sizeof j->person.printed, "%s", printed);
	wait_in_line(p, j);
}

void people_close(struct people *p, void (*closed)(void *owner), void *owner)
{
	p->closing = true;
	p->closed = closed;
	p->owner = owner;
	while (p->waiting.count > 0)
		refuse(line_take(&p->waiting, &p->waiting.first), 1, "the gate is shutting down");
	close_when_idle(p);
}
