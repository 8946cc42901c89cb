/*
 * A room of people in a folder of its own, and what came back from it.
 */
#ifndef GIVEN_PEOPLE_H
#define GIVEN_PEOPLE_H

#include "given.h"

#include "edge/people.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char folder[32];
	char file[64];
	uv_loop_t loop;
	struct people *people;
	char why[256];
};

/* What came back, and how often. */
struct heard {
	int times;
	bool known;
	char name[PERSON_LEN];
	int wait_s;
	enum proof_status status;
	char why[256];
};

static inline struct place given_place(void)
{
	struct place at = {.folder = "/tmp/people.XXXXXX"};

	must(mkdtemp(at.folder) != NULL);
	snprintf(at.file, sizeof at.file, "%s/people.json", at.folder);
	return at;
}

static inline bool open_people(struct place *at)
{
	must(uv_loop_init(&at->loop) == 0);
	at->people = people_open(&at->loop, at->file, at->why, sizeof at->why);
	return at->people != NULL;
}

static inline void note_closed(void *owner)
{
	*(bool *)owner = true;
}

static inline void close_people(struct place *at)
{
	bool closed = false;

	if (at->people != NULL)
		people_close(at->people, note_closed, &closed);
	assert_i64(uv_run(&at->loop, UV_RUN_DEFAULT), 0);
	assert_i64(closed, at->people != NULL);
	assert_i64(uv_loop_close(&at->loop), 0);
}

static inline void forget(struct place *at)
{
	unlink(at->file);
	rmdir(at->folder);
}

static inline void write_file(const struct place *at, const char *text, mode_t mode)
{
	FILE *f = fopen(at->file, "w");

	must(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
	must(chmod(at->file, mode) == 0);
}

static inline void note_proved(void *owner, void *tag, const struct person *who,
                               const struct proof *proof)
{
	struct heard *h = tag;

	(void)owner;
	h->times++;
	h->known = who != NULL;
	h->wait_s = proof->wait_s;
	h->status = proof->status;
	if (who != NULL)
		snprintf(h->name, sizeof h->name, "%s", who->name);
}

static inline void note_changed(void *owner, void *tag, const char *why)
{
	struct heard *h = tag;

	(void)owner;
	h->times++;
	snprintf(h->why, sizeof h->why, "%s", why != NULL ? why : "");
}

static inline void await(struct place *at, const struct heard *h)
{
	while (h->times == 0)
		uv_run(&at->loop, UV_RUN_ONCE);
}

static inline void ask(struct place *at, const char *name, const char *secret, struct heard *h)
{
	struct claim claim = {.name = name, .secret = secret};

	people_prove(at->people, &claim, note_proved, NULL, h);
	assert_i64(h->times, 0); /* later, never within the call */
}

static inline struct heard check(struct place *at, const char *name, const char *secret)
{
	struct heard h = {0};

	ask(at, name, secret, &h);
	await(at, &h);
	return h;
}

static inline struct heard add(struct place *at, const char *name, const char *printed,
                               const char *secret)
{
	struct heard h = {0};

	people_add(at->people, name, printed, ROLE_PHYSICIAN, secret, note_changed, NULL, &h);
	assert_i64(h.times, 0);
	await(at, &h);
	return h;
}

#define HASH                                                     \
	"$argon2id$v=19$m=65536,t=3,p=1$XK6IW6en+P+sMnJzJeOKMg$" \
	"Eak1ihlhWogj17LdA45K1wy0O1e3Yjl3DB0g5p4HDUQ"
#define PERSON(name, printed, role, hash, day)                                \
	"{\"name\":\"" name "\",\"printed\":\"" printed "\",\"role\":\"" role \
	"\",\"hash\":\"" hash "\",\"added_day\":" day "}"
#define GOOD          PERSON("petra", "Dr. P. Petrosyan", "physician", HASH, "20000")
#define WITH(people_) "{\"version\":2,\"people\":[" people_ "]}"
#define TEN           "0123456789"
#define LONG          TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

#endif
