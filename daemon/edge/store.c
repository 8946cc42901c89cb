#include "store_files.h"

#include "edge/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void store_path(const struct store *s, const char *name, const char *suffix, char *path, size_t len)
{
	snprintf(path, len, "%s/%s%s", s->dir, name, suffix);
}

void store_folder(const struct store *s, const char *hash, char *path, size_t len)
{
	store_path(s, hash[0] != '\0' ? hash : INCOMING, "", path, len);
}

/* --- bringing one in ------------------------------------------------------------------------- */

void store_drop(struct store *s)
{
	char path[PATH_MAX];

	store_folder(s, "", path, sizeof path);
	folder_remove(path);
}

/* Names come from a folder's own listing; all the same nothing may lead out of it. */
static bool name_is_sound(const char *name)
{
	const char *slash = strchr(name, '/');

	return name[0] != '\0' && name[0] != '/' && name[0] != '.' &&
	       strlen(name) < STORE_NAME_LEN && strchr(name, '\n') == NULL &&
	       (slash == NULL || (slash[1] != '.' && strchr(slash + 1, '/') == NULL));
}

/* The folder the file lies in; one is made for each file, and is there from the second on. */
static int make_folder(const char *target)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(target, '/') - target), target);
	return mkdir(folder, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

static int copy_file(const char *from, const char *to, const char *name)
{
	char source[PATH_MAX], target[PATH_MAX];
	size_t n = 0;

	if (!name_is_sound(name))
		return EINVAL;
	if (snprintf(source, sizeof source, "%s/%s", from, name) >= (int)sizeof source ||
	    snprintf(target, sizeof target, "%s/%s", to, name) >= (int)sizeof target)
		return ENAMETOOLONG;
	char *bytes = read_whole(source, &n);
	if (bytes == NULL)
		return errno;
	int error = make_folder(target);
	if (error == 0)
		error = disk_write_new(target, bytes, n, 0400);
	free(bytes);
	return error;
}

bool store_bring(struct store *s, const char *from, const struct store_names *names, char *why,
                 size_t why_len)
{
	char to[PATH_MAX];
	int error = 0;
	size_t i;

	store_drop(s);
	store_folder(s, "", to, sizeof to);
	if (mkdir(to, 0700) != 0) {
		snprintf(why, why_len, "%s: %s", to, strerror(errno));
		return false;
	}
	for (i = 0; i < names->n && error == 0; i++)
		error = copy_file(from, to, names->name[i]);
	if (error == 0)
		return true;
	snprintf(why, why_len, "%s/%s: could not be copied: %s", from, names->name[i - 1],
	         error == EFBIG ? "it is larger than 1 MiB" : strerror(error));
	store_drop(s);
	return false;
}

static int keep(struct store *s, const char *hash, const struct file_list *list, const char *text)
{
	char from[PATH_MAX], to[PATH_MAX], beside[PATH_MAX];

	store_folder(s, "", from, sizeof from);
	store_folder(s, hash, to, sizeof to);
	store_path(s, hash, ".files", beside, sizeof beside);
	int error = folder_close(from, list);
	if (error == 0)
		error = disk_replace(beside, text, strlen(text), 0440);
	if (error == 0)
		folder_remove(to); /* left by a gate that ended before it was proposed */
	if (error == 0 && rename(from, to) != 0)
		error = errno;
	return error != 0 ? error : disk_sync(s->dir);
}

bool store_keep(struct store *s, const char *hash, char files[STORE_HASH_LEN], char *why,
                size_t why_len)
{
	struct file_list *list = calloc(1, sizeof *list);
	char from[PATH_MAX], there[1][STORE_HASH_LEN];
	int error = EEXIST;

	must(list != NULL);
	store_folder(s, "", from, sizeof from);
	if (!list_folder(from, list, why, why_len)) {
		free(list);
		return false;
	}
	char *text = list_text(list);
	if (store_find(s, hash, there, 1) == 0)
		error = keep(s, hash, list, text);
	hash_of(text, strlen(text), files);
	free(text);
	free(list);
	if (error != 0)
		snprintf(why, why_len, "the library could not be stored in %s: %s", s->dir,
		         strerror(error));
	return error == 0;
}

bool store_forget(struct store *s, const char *hash, char *why, size_t why_len)
{
	char path[PATH_MAX];
	int error = 0;

	store_path(s, hash, ".json", path, sizeof path);
	if (unlink(path) != 0 && errno != ENOENT)
		error = errno;
	if (error == 0)
		error = disk_sync(s->dir);
	if (error != 0)
		snprintf(why, why_len, "%s: %s", path, strerror(error));
	return error == 0;
}

/* --- is it what was signed? ------------------------------------------------------------------ */

static bool check_with(const char *folder, const char *beside, const char *files,
                       struct file_list list[2], char *why, size_t why_len)
{
	char hex[STORE_HASH_LEN];
	size_t n = 0;
	char *text = read_whole(beside, &n);

	if (text == NULL) {
		snprintf(why, why_len, "%s: %s", beside, strerror(errno));
		return false;
	}
	hash_of(text, n, hex);
	list_take(text, &list[0]);
	free(text);
	if (strcmp(hex, files) != 0) {
		snprintf(why, why_len,
		         "%s was changed: its BLAKE2b-256 is %.16s…, and not %.16s…, which was "
		         "signed",
		         beside, hex, files);
		return false;
	}
	return list_folder(folder, &list[1], why, why_len) &&
	       list_same(folder, &list[0], &list[1], why, why_len);
}

bool store_check(const struct store *s, const char *hash, const char *files, char *why,
                 size_t why_len)
{
	struct file_list *list = calloc(2, sizeof *list);
	char folder[PATH_MAX], beside[PATH_MAX];

	must(list != NULL);
	store_folder(s, hash, folder, sizeof folder);
	store_path(s, hash, ".files", beside, sizeof beside);
	bool same = check_with(folder, beside, files, list, why, why_len);
	free(list);
	return same;
}

/* --- statements ------------------------------------------------------------------------------ */

static bool take_statement(json_t *all, struct statement *out, char *why, size_t why_len)
{
	char made[STATEMENT_LEN];
	const char *text;

	if (all == NULL)
		return false; /* said why */
	if (!statement_take(all, out, &text)) {
		snprintf(why, why_len, "is no statement about a library as the gate writes them");
		return false;
	}
	if (statement_text(out, made) && strcmp(made, text) == 0)
		return true;
	snprintf(why, why_len, "its text is not what its members say: one of the two was changed");
	return false;
}

enum store_found store_read(const struct store *s, const char *name, struct statement *out,
                            char *why, size_t why_len)
{
	char path[PATH_MAX], reason[200] = "";
	json_error_t at;
	size_t n = 0;

	store_path(s, name, ".json", path, sizeof path);
	char *bytes = read_whole(path, &n);
	if (bytes == NULL && errno == ENOENT)
		return STORE_NONE;
	if (bytes == NULL) {
		snprintf(why, why_len, "%s: %s", path, strerror(errno));
		return STORE_WRONG;
	}
	json_t *all = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &at);
	if (all == NULL)
		snprintf(reason, sizeof reason, "line %d: %s", at.line, at.text);
	bool well = take_statement(all, out, reason, sizeof reason);
	json_decref(all);
	free(bytes);
	if (!well)
		snprintf(why, why_len, "%s: %s", path, reason);
	return well ? STORE_READ : STORE_WRONG;
}

bool store_write(struct store *s, const char *name, const struct statement *what, char *why,
                 size_t why_len)
{
	json_t *all = statement_json(what);
	char path[PATH_MAX];

	if (all == NULL) {
		snprintf(why, why_len,
		         "a name or reason is one line of text without control characters");
		return false;
	}
	store_path(s, name, ".json", path, sizeof path);
	char *text = json_dumps(all, JSON_INDENT(2));
	must(text != NULL);
	int error = disk_replace(path, text, strlen(text), 0640);
	free(text);
	json_decref(all);
	if (error != 0)
		snprintf(why, why_len, "%s could not be written: %s", path, strerror(error));
	return error == 0;
}

/* --- looking --------------------------------------------------------------------------------- */

static int is_proposal(const struct dirent *d)
{
	return strlen(d->d_name) == STORE_HASH_LEN - 1 + 5 &&
	       strspn(d->d_name, "0123456789abcdef") == STORE_HASH_LEN - 1 &&
	       strcmp(d->d_name + STORE_HASH_LEN - 1, ".json") == 0;
}

size_t store_find(const struct store *s, const char *begin, char (*hash)[STORE_HASH_LEN],
                  size_t max)
{
	struct dirent **list = NULL;
	int n = scandir(s->dir, &list, is_proposal, alphasort);
	size_t found = 0;

	for (int i = 0; i < n; i++) {
		if (strncmp(list[i]->d_name, begin, strlen(begin)) == 0 && found++ < max)
			snprintf(hash[found - 1], STORE_HASH_LEN, "%.64s", list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return found;
}

bool store_names(const struct store *s, const char *hash, struct store_names *out)
{
	struct file_list *list = calloc(1, sizeof *list);
	char beside[PATH_MAX];
	size_t n = 0;

	must(list != NULL);
	store_path(s, hash, ".files", beside, sizeof beside);
	char *text = read_whole(beside, &n);
	list_take(text != NULL ? text : "", list);
	out->n = list->n;
	for (size_t i = 0; i < list->n; i++)
		memcpy(out->name[i], list->file[i].name, STORE_NAME_LEN);
	free(list);
	free(text);
	return text != NULL;
}

ssize_t store_part(const struct store *s, const char *hash, const char *name, int64_t offset,
                   char *buf, size_t max, int64_t *whole)
{
	char folder[PATH_MAX], path[PATH_MAX];
	struct stat st;
	ssize_t n = -1;

	store_folder(s, hash, folder, sizeof folder);
	if (!name_is_sound(name) ||
	    (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
		return -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*whole = st.st_size;
		n = pread(fd, buf, max, offset);
	}
	close(fd);
	return n;
}

/* --- the room -------------------------------------------------------------------------------- */

struct store *store_open(const char *dir, char *why, size_t why_len)
{
	struct store *s = calloc(1, sizeof *s);

	must(s != NULL && sodium_init() >= 0);
	if ((size_t)snprintf(s->dir, sizeof s->dir, "%s", dir) >= sizeof s->dir)
		snprintf(why, why_len, "%s: the path is too long", dir);
	else if (mkdir(dir, 0750) != 0 && errno != EEXIST)
		snprintf(why, why_len, "%s: %s", dir, strerror(errno));
	else {
		store_drop(s);
		return s;
	}
	free(s);
	return NULL;
}

void store_close(struct store *s)
{
	free(s);
}
