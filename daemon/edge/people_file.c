#include "people_file.h"

#include "edge/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_VERSION 2 /* 1 had no second factor, and is read as well */

/* --- what may stand on file --------------------------------------------------------------------
 */

const char *roster_refuses_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = strlen(name);

	if (n == 0 || n >= PERSON_LEN)
		return "a login name has 1 to 31 characters";
	if (strspn(name, allowed) != n || strchr("._-", name[0]) != NULL)
		return "a login name is lower case letters, digits and . _ - and begins with a "
		       "letter or a digit";
	return NULL;
}

const char *roster_refuses_printed(const char *printed)
{
	size_t n = strlen(printed);

	if (n == 0 || n >= sizeof((struct person *)NULL)->printed)
		return "the printed name, as it is to stand under a signature, has 1 to 63 bytes";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)printed[i] < ' ' || printed[i] == 0x7f)
			return "the printed name is one line without control characters";
	return NULL;
}

struct person *roster_find(struct roster *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->person[i].name, name) == 0)
			return &r->person[i];
	return NULL;
}

/* --- reading -----------------------------------------------------------------------------------
 */

static const char *take_factor(json_t *factor, struct person *p)
{
	const char *seed;
	json_int_t step;

	if (factor == NULL)
		return NULL;
	if (json_unpack(factor, "{s:s, s:I !}", "seed", &seed, "last_step", &step) != 0 ||
	    step < 0 || !seed_take(seed, p->seed))
		return "totp is {\"seed\": 32 characters of base 32, \"last_step\": number}";
	p->has_seed = true;
	p->last_step = (uint64_t)step;
	return NULL;
}

static const char *take_recovered(json_t *recovered, struct person *p)
{
	const char *one, *two;
	json_int_t at;

	if (recovered == NULL)
		return NULL;
	if (json_unpack(recovered, "{s:I, s:[s, s!] !}", "at_s", &at, "by", &one, &two) != 0 ||
	    at <= 0 || roster_refuses_name(one) != NULL || roster_refuses_name(two) != NULL)
		return "recovered is {\"at_s\": Unix time, \"by\": [name, name]}";
	p->recovered_s = at;
	snprintf(p->recovered_by[0], PERSON_LEN, "%s", one);
	snprintf(p->recovered_by[1], PERSON_LEN, "%s", two);
	return NULL;
}

static bool take_record(json_t *entry, struct training *t)
{
	const char *device, *device_class, *by;
	json_int_t on, until;

	if (json_unpack(entry, "{s:s, s:s, s:I, s:I, s:s !}", "device", &device, "device_class",
	                &device_class, "on_day", &on, "until_day", &until, "by", &by) != 0 ||
	    strlen(device) >= sizeof t->device || strlen(device_class) >= sizeof t->device_class ||
	    (device[0] == '\0' && device_class[0] == '\0') || strlen(by) >= sizeof t->by ||
	    on < 0 || until < on || until > INT32_MAX)
		return false;
	*t = (struct training){.on_day = (int32_t)on, .until_day = (int32_t)until};
	snprintf(t->device, sizeof t->device, "%s", device);
	snprintf(t->device_class, sizeof t->device_class, "%s", device_class);
	snprintf(t->by, sizeof t->by, "%s", by);
	return true;
}

static const char *take_training(json_t *records, struct person *p)
{
	size_t n = json_array_size(records);
	bool good = records == NULL || (json_is_array(records) && n <= TRAINING_MAX);

	for (size_t i = 0; good && i < n; i++)
		good = take_record(json_array_get(records, i), &p->training[i]);
	p->n_training = (uint8_t)n;
	return good ? NULL
	            : "training is a list of at most 32 {\"device\", \"device_class\", \"on_day\", "
	              "\"until_day\", \"by\"}, each on a device or a class";
}

static const char *take_person(json_t *entry, struct roster *r)
{
	const char *name, *printed, *role, *hash, *refused;
	json_t *factor = NULL, *recovered = NULL, *training = NULL;
	struct person *p = &r->person[r->count];
	json_int_t day;

	if (json_unpack(entry, "{s:s, s:s, s:s, s:s, s:I, s?o, s?o, s?o !}", "name", &name,
	                "printed", &printed, "role", &role, "hash", &hash, "added_day", &day,
	                "totp", &factor, "recovered", &recovered, "training", &training) != 0)
		return "a person is name, printed, role, hash and added_day, perhaps totp, "
		       "recovered and training, and nothing else";
	refused = roster_refuses_name(name);
	if (refused == NULL)
		refused = roster_refuses_printed(printed);
	if (refused != NULL)
		return refused;
	if (roster_find(r, name) != NULL)
		return "the name stands there twice";
	if (person_role_named(role) == PERSON_ROLE_COUNT)
		return "the role is none that there is";
	if (strncmp(hash, "$argon2id$", 10) != 0 || strlen(hash) >= sizeof p->hash)
		return "the hash is no argon2id hash";
	if (day < 0 || day > INT32_MAX)
		return "added_day is no day";
	*p = (struct person){.role = person_role_named(role), .added_day = (int32_t)day};
	snprintf(p->name, sizeof p->name, "%s", name);
	snprintf(p->printed, sizeof p->printed, "%s", printed);
	snprintf(p->hash, sizeof p->hash, "%s", hash);
	refused = take_factor(factor, p);
	if (refused == NULL)
		refused = take_recovered(recovered, p);
	if (refused == NULL)
		refused = take_training(training, p);
	if (refused == NULL)
		r->count++;
	return refused;
}

static bool take_people(const char *file, json_t *all, struct roster *r, char *why, size_t why_len)
{
	int version;
	json_t *people;

	if (json_unpack(all, "{s:i, s:o !}", "version", &version, "people", &people) != 0 ||
	    version < 1 || version > FILE_VERSION || !json_is_array(people) ||
	    json_array_size(people) > PEOPLE_MAX) {
		snprintf(why, why_len,
		         "%s: {\"version\": %d, \"people\": [...]} with at most %d people is "
		         "wanted",
		         file, FILE_VERSION, PEOPLE_MAX);
		return false;
	}
	for (size_t i = 0; i < json_array_size(people); i++) {
		const char *wrong = take_person(json_array_get(people, i), r);

		if (wrong != NULL) {
			snprintf(why, why_len, "%s: person %zu: %s", file, i + 1, wrong);
			return false;
		}
	}
	return true;
}

/* Whoever can read the hashes can try secrets without us, as fast as their machine allows. */
static bool kept_private(const char *file, int fd, char *why, size_t why_len)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		snprintf(why, why_len, "%s: this is no ordinary file", file);
		return false;
	}
	if ((st.st_mode & 077) != 0) {
		snprintf(why, why_len, "%s: others may open it; chmod 600 %s", file, file);
		return false;
	}
	return true;
}

static bool read_open(const char *file, int fd, struct roster *out, char *why, size_t why_len)
{
	struct roster *r;
	json_error_t at;
	bool good;

	if (!kept_private(file, fd, why, why_len))
		return false;
	json_t *all = json_loadfd(fd, JSON_REJECT_DUPLICATES, &at);
	if (all == NULL) {
		snprintf(why, why_len, "%s:%d:%d: %s", file, at.line, at.column, at.text);
		return false;
	}
	r = calloc(1, sizeof *r);
	must(r != NULL);
	good = take_people(file, all, r, why, why_len);
	if (good)
		*out = *r;
	free(r);
	json_decref(all);
	return good;
}

bool roster_read(const char *file, struct roster *out, char *why, size_t why_len)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT) {
		*out = (struct roster){0};
		return true;
	}
	if (fd < 0) {
		snprintf(why, why_len, "%s: %s", file, strerror(errno));
		return false;
	}
	bool good = read_open(file, fd, out, why, why_len);
	close(fd);
	return good;
}

/* --- writing -----------------------------------------------------------------------------------
 */

static void add_factor(json_t *to, const struct person *p)
{
	char seed[SEED_TEXT_LEN];

	if (!p->has_seed)
		return;
	must(seed_text(p->seed, seed));
	json_object_set_new(
	        to, "totp",
	        json_pack("{s:s, s:I}", "seed", seed, "last_step", (json_int_t)p->last_step));
	sodium_memzero(seed, sizeof seed);
}

static void add_recovered(json_t *to, const struct person *p)
{
	if (p->recovered_s != 0)
		json_object_set_new(to, "recovered",
		                    json_pack("{s:I, s:[s, s]}", "at_s", (json_int_t)p->recovered_s,
		                              "by", p->recovered_by[0], p->recovered_by[1]));
}

static void add_training(json_t *to, const struct person *p)
{
	json_t *all = json_array();

	for (uint8_t i = 0; i < p->n_training; i++) {
		const struct training *t = &p->training[i];

		json_array_append_new(all, json_pack("{s:s, s:s, s:i, s:i, s:s}", "device",
		                                     t->device, "device_class", t->device_class,
		                                     "on_day", (int)t->on_day, "until_day",
		                                     (int)t->until_day, "by", t->by));
	}
	if (p->n_training > 0)
		json_object_set(to, "training", all);
	json_decref(all);
}

static json_t *as_json(const struct roster *r)
{
	json_t *people = json_array();

	for (size_t i = 0; i < r->count; i++) {
		const struct person *p = &r->person[i];
		json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:i}", "name", p->name, "printed",
		                        p->printed, "role", person_role_name(p->role), "hash",
		                        p->hash, "added_day", (int)p->added_day);

		if (json_array_append_new(people, one) != 0) { /* the printed name is no UTF-8 */
			json_decref(people);
			return NULL;
		}
		add_factor(one, p);
		add_recovered(one, p);
		add_training(one, p);
	}
	return json_pack("{s:i, s:o}", "version", FILE_VERSION, "people", people);
}

bool roster_write(const char *file, const struct roster *r, char *why, size_t why_len)
{
	json_t *all = as_json(r);
	char *text;

	if (all == NULL) {
		snprintf(why, why_len, "the printed name is not valid UTF-8");
		return false;
	}
	text = json_dumps(all, JSON_INDENT(2));
	must(text != NULL);
	json_decref(all);
	int error = disk_replace(file, text, strlen(text), 0600);
	sodium_memzero(text, strlen(text)); /* hashes and seeds */
	free(text);
	if (error != 0)
		snprintf(why, why_len, "%s could not be written: %s", file, strerror(error));
	return error == 0;
}
