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

#define FILE_BYTES   ((size_t)1 << 20) /* as much as the loader reads of one */
#define FOLDERS_DEEP 2                 /* a library's folder, and those in it */
#define LINE_LEN     (STORE_HASH_LEN + 1 + STORE_NAME_LEN + 1)

/* --- reading --------------------------------------------------------------------------------- */

static int read_open(int fd, char *bytes, size_t *len)
{
	ssize_t got = 1;

	*len = 0;
	while (got > 0 && *len <= FILE_BYTES) {
		got = read(fd, bytes + *len, FILE_BYTES + 1 - *len);
		*len += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		return errno;
	return *len > FILE_BYTES ? EFBIG : 0;
}

char *read_whole(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *bytes = fd < 0 ? NULL : malloc(FILE_BYTES + 2);

	if (bytes == NULL)
		return NULL;
	int error = read_open(fd, bytes, len);
	close(fd);
	if (error != 0) {
		free(bytes);
		errno = error;
		return NULL;
	}
	bytes[*len] = '\0';
	return bytes;
}

void hash_of(const char *bytes, size_t n, char hex[STORE_HASH_LEN])
{
	unsigned char hash[32];

	must(crypto_generichash(hash, sizeof hash, (const unsigned char *)bytes, n, NULL, 0) == 0);
	sodium_bin2hex(hex, STORE_HASH_LEN, hash, sizeof hash);
}

/* --- the list of a folder's files ------------------------------------------------------------ */

static bool list_in(const char *folder, const char *within, int deep, struct file_list *out)
{
	char path[PATH_MAX], name[512];
	struct dirent **list = NULL;
	bool room = true;

	snprintf(path, sizeof path, "%s/%s", folder, within);
	int n = scandir(path, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *last = list[i]->d_name;

		snprintf(name, sizeof name, "%s%s%s", within, within[0] != '\0' ? "/" : "", last);
		if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
			;
		else if (list[i]->d_type == DT_DIR && deep > 1)
			room = list_in(folder, name, deep - 1, out) && room;
		else if (out->n == STORE_FILES_MAX || strlen(name) >= STORE_NAME_LEN)
			room = false;
		else
			memcpy(out->file[out->n++].name, name, strlen(name) + 1);
		free(list[i]);
	}
	free(list);
	return room;
}

static int by_name(const void *a, const void *b)
{
	const struct listed_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

bool list_folder(const char *folder, struct file_list *out, char *why, size_t why_len)
{
	char path[PATH_MAX];

	out->n = 0;
	if (!list_in(folder, "", FOLDERS_DEEP, out)) {
		snprintf(why, why_len, "%s: more than %d files, or a name of more than %d bytes",
		         folder, STORE_FILES_MAX, STORE_NAME_LEN - 1);
		return false;
	}
	qsort(out->file, out->n, sizeof out->file[0], by_name);
	for (size_t i = 0; i < out->n; i++) {
		size_t n = 0;

		snprintf(path, sizeof path, "%s/%s", folder, out->file[i].name);
		char *bytes = read_whole(path, &n);
		if (bytes == NULL) {
			snprintf(why, why_len, "%s: %s", path, strerror(errno));
			return false;
		}
		hash_of(bytes, n, out->file[i].hash);
		free(bytes);
	}
	return true;
}

char *list_text(const struct file_list *l)
{
	char *text = calloc(l->n + 1, LINE_LEN + 1), *end = text;

	must(text != NULL);
	for (size_t i = 0; i < l->n; i++)
		end += sprintf(end, "%s  %s\n", l->file[i].hash, l->file[i].name);
	return text;
}

void list_take(const char *text, struct file_list *out)
{
	out->n = 0;
	while (strlen(text) > STORE_HASH_LEN + 1 && out->n < STORE_FILES_MAX) {
		const char *name = text + STORE_HASH_LEN + 1;
		size_t len = strcspn(name, "\n");

		if (len >= STORE_NAME_LEN)
			return;
		snprintf(out->file[out->n].hash, STORE_HASH_LEN, "%.64s", text);
		snprintf(out->file[out->n++].name, STORE_NAME_LEN, "%.*s", (int)len, name);
		text = name + len + (name[len] != '\0');
	}
}

/* NULL: it has none of this name. */
static const char *hash_in(const struct file_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->file[i].name, name) == 0)
			return l->file[i].hash;
	return NULL;
}

bool list_same(const char *folder, const struct file_list *wanted, const struct file_list *found,
               char *why, size_t why_len)
{
	for (size_t i = 0; i < wanted->n; i++) {
		const char *name = wanted->file[i].name, *hash = hash_in(found, name);

		if (hash != NULL && strcmp(hash, wanted->file[i].hash) == 0)
			continue;
		if (hash == NULL)
			snprintf(why, why_len, "%s/%s is missing", folder, name);
		else
			snprintf(why, why_len,
			         "%s/%s was changed: its BLAKE2b-256 is %.16s…, and not %.16s…",
			         folder, name, hash, wanted->file[i].hash);
		return false;
	}
	for (size_t i = 0; i < found->n; i++) {
		if (hash_in(wanted, found->file[i].name) != NULL)
			continue;
		snprintf(why, why_len, "%s/%s does not belong to the library", folder,
		         found->file[i].name);
		return false;
	}
	return true;
}

/* --- folders --------------------------------------------------------------------------------- */

static int close_one(const char *path)
{
	return chmod(path, 0500) == 0 ? disk_sync(path) : errno;
}

int folder_close(const char *folder, const struct file_list *l)
{
	char path[PATH_MAX], last[STORE_NAME_LEN] = "";
	int error = 0;

	for (size_t i = 0; i < l->n && error == 0; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, l->file[i].name);
		error = disk_sync(path);
	}
	for (size_t i = 0; i < l->n && error == 0; i++) {
		const char *name = l->file[i].name, *slash = strchr(name, '/');
		size_t len = slash == NULL ? 0 : (size_t)(slash - name);

		if (len == 0 || (strncmp(last, name, len) == 0 && last[len] == '\0'))
			continue; /* the names of one folder follow each other */
		snprintf(last, sizeof last, "%.*s", (int)len, name);
		snprintf(path, sizeof path, "%s/%s", folder, last);
		error = close_one(path);
	}
	return error != 0 ? error : close_one(folder);
}

static void remove_in(const char *path, int deep)
{
	struct dirent **list = NULL;
	char inner[PATH_MAX];

	chmod(path, 0700); /* of a copy nobody may write to, not we either */
	int n = deep > 0 ? scandir(path, &list, NULL, NULL) : 0;
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		snprintf(inner, sizeof inner, "%s/%s", path, name);
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && unlink(inner) != 0)
			remove_in(inner, deep - 1);
		free(list[i]);
	}
	free(list);
	rmdir(path);
}

void folder_remove(const char *folder)
{
	remove_in(folder, FOLDERS_DEEP);
}
