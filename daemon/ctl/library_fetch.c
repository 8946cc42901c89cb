/*
 * library_fetch: a library of the gate's store, over its socket, into a folder.
 */
#include "library_life.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- folders -----------------------------------------------------------------------------------
 */

static bool cannot(const char *path, enum exit_code *code)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	*code = EXIT_NOT_FOUND;
	return false;
}

static bool is_empty(const char *dir)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, NULL, NULL);

	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return n == 2; /* . and .. */
}

/* Not over anything somebody has: an edit would be lost. */
static bool make_empty(const char *dir, enum exit_code *code)
{
	if (mkdir(dir, 0777) == 0 || (errno == EEXIST && is_empty(dir)))
		return true;
	if (errno != EEXIST)
		return cannot(dir, code);
	say_to(stderr, 2, "%s is not empty; name a folder that is, or is not there", dir);
	*code = EXIT_USAGE;
	return false;
}

static bool make_folder_of(const char *path, enum exit_code *code)
{
	char folder[FETCH_PATH];
	const char *slash = strrchr(path, '/');

	snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
	return mkdir(folder, 0777) == 0 || errno == EEXIST || cannot(folder, code);
}

/* The gate is believed, and all the same nothing may lead out of the folder. */
static bool name_is_sound(const char *name)
{
	return name[0] != '\0' && name[0] != '/' && name[0] != '.' && strstr(name, "/.") == NULL;
}

/* --- one file -----------------------------------------------------------------------------------
 */

static bool write_part(FILE *to, json_t *part, json_int_t *next)
{
	const char *text = text_at(part, "base64");
	size_t room = strlen(text) + 1, n = 0;
	unsigned char *bytes = malloc(room);

	must(bytes != NULL);
	bool well = sodium_base642bin(bytes, room, text, strlen(text), NULL, &n, NULL,
	                              sodium_base64_VARIANT_ORIGINAL) == 0 &&
	            fwrite(bytes, 1, n, to) == n && number_at(part, "next") > *next - (n == 0);
	*next = number_at(part, "next");
	free(bytes);
	return well;
}

static bool fetch_file(struct rpc *r, const char *hash, const char *name, FILE *to,
                       enum exit_code *code)
{
	json_int_t next = 0;
	bool well = true, more = true;

	while (well && more) {
		json_t *part = rpc_call(
		        r, "library.file",
		        json_pack("{s:s, s:s, s:I}", "hash", hash, "name", name, "offset", next),
		        code);

		well = part != NULL && write_part(to, part, &next);
		more = well && next < number_at(part, "size");
		json_decref(part);
	}
	return well;
}

static bool fetch_into(struct rpc *r, const char *hash, const char *dir, const char *name,
                       enum exit_code *code)
{
	char path[FETCH_PATH];

	if (!name_is_sound(name) || snprintf(path, sizeof path, "%s/%s", dir, name) >= FETCH_PATH)
		return false;
	if (!make_folder_of(path, code))
		return false;
	FILE *to = fopen(path, "wx");
	if (to == NULL)
		return cannot(path, code);
	bool well = fetch_file(r, hash, name, to, code);
	return fclose(to) == 0 ? well : cannot(path, code);
}

/* --- all of them ---------------------------------------------------------------------------------
 */

static bool fetch_all(struct rpc *r, json_t *files, const char *dir, enum exit_code *code)
{
	const char *hash = text_at(files, "hash");
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(files, "files"), i, name)
	{
		if (!fetch_into(r, hash, dir, json_string_value(name), code))
			return false;
	}
	return true;
}

/* What came is the library whose hash was asked for, or it is not used. */
static bool is_whole(struct shelf *s, const char *hash, enum exit_code *code)
{
	char got[HASH_HEX_LEN];

	sodium_bin2hex(got, sizeof got, s->config.library.hash, sizeof s->config.library.hash);
	if (strcmp(got, hash) == 0)
		return true;
	say_to(stderr, 2, "what came over the socket is library %.16s, and not %.16s", got, hash);
	*code = EXIT_NO_GATE;
	return false;
}

bool fetch_library(struct rpc *r, const char *hash, const char *dir, struct shelf *s,
                   char whole[HASH_HEX_LEN], enum exit_code *code)
{
	json_t *files = rpc_call(r, "library.files", json_pack("{s:s}", "hash", hash), code);
	bool well = false;

	if (files == NULL)
		return false;
	snprintf(whole, HASH_HEX_LEN, "%s", text_at(files, "hash"));
	if (fetch_all(r, files, dir, code)) {
		*code = EXIT_NOT_FOUND;
		well = shelf_open(s, dir, "the copy is not used") && is_whole(s, whole, code);
	}
	json_decref(files);
	if (well)
		*code = EXIT_DONE;
	return well;
}

enum exit_code cmd_library_copy(const struct options *o)
{
	enum exit_code code = EXIT_USAGE;
	char whole[HASH_HEX_LEN];
	struct shelf s = {0};
	struct rpc *r;

	if (o->out == NULL) {
		fputs("dosegatectl library copy wants --out DIR, where the copy goes\n", stderr);
		return EXIT_USAGE;
	}
	r = rpc_open(o);
	if (make_empty(o->out, &code) && fetch_library(r, o->word[0], o->out, &s, whole, &code))
		say(2,
		    "%s is a copy of library %.16s; edit it as you like (the one in the store "
		    "stays "
		    "as it is), then: dosegatectl library propose %s",
		    o->out, whole, o->out);
	shelf_close(&s);
	rpc_close(r);
	return code;
}

/* --- for the time of a command -------------------------------------------------------------------
 */

static void remove_in(const char *path, int deep)
{
	struct dirent **list = NULL;
	char inner[FETCH_PATH];
	int n = deep > 0 ? scandir(path, &list, NULL, NULL) : 0;

	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		    snprintf(inner, sizeof inner, "%s/%s", path, name) < FETCH_PATH &&
		    unlink(inner) != 0)
			remove_in(inner, deep - 1);
		free(list[i]);
	}
	free(list);
	rmdir(path);
}

void shelf_give_back(struct shelf *s)
{
	if (s->lent[0] != '\0')
		remove_in(s->lent, 2);
	s->lent[0] = '\0';
}

bool loan_open(struct loan *l, struct rpc *r, const char *hash, enum exit_code *code)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = l->shelf.lent;

	snprintf(dir, sizeof l->shelf.lent, "%s/dosegate-library.XXXXXX",
	         tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL) {
		cannot(dir, code);
		dir[0] = '\0';
		return false;
	}
	return fetch_library(r, hash, dir, &l->shelf, l->hash, code);
}

void loan_close(struct loan *l)
{
	shelf_close(&l->shelf);
}

/* --- a folder or a hash
 * --------------------------------------------------------------------------- */

static bool is_hash(const char *name)
{
	size_t n = strlen(name);

	return n >= 8 && n < HASH_HEX_LEN && strspn(name, "0123456789abcdef") == n &&
	       access(name, F_OK) != 0;
}

static json_t *stored_as(json_t *list, const char *hash)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(list, "libraries"), i, one)
	{
		if (strcmp(text_at(one, "hash"), hash) == 0)
			return one;
	}
	return NULL;
}

/* What a page says of where it comes from, and of a demo above all. */
static void say_origin(struct shelf *s, json_t *list, const char *hash)
{
	json_t *in_use = json_object_get(list, "in_use"), *one = stored_as(list, hash);
	bool used = strcmp(text_at(in_use, "hash"), hash) == 0;
	char at[32];

	snprintf(s->words, sizeof s->words, "the gate's store (proposed by %s on %s)%s",
	         text_at(one, "printed"), when(one, at, sizeof at),
	         demo_words(used ? in_use : one));
	if (used)
		add(s->words, sizeof s->words, ", in use, activated by %s on %s",
		    text_at(in_use, "printed"), when(in_use, at, sizeof at));
}

bool shelf_take(const struct options *o, struct shelf *s, const char *name, const char *then)
{
	struct loan l = {.hash = ""};
	enum exit_code code;
	json_t *list;
	struct rpc *r;

	*s = (struct shelf){.dir = name};
	if (!is_hash(name))
		return shelf_open(s, name, then);
	r = rpc_open(o);
	list = rpc_call(r, "library.list", json_object(), &code);
	bool well = list != NULL && loan_open(&l, r, name, &code);
	*s = l.shelf;
	s->dir = s->lent;
	if (well)
		say_origin(s, list, l.hash);
	json_decref(list);
	rpc_close(r);
	return well;
}
