/*
 * store_files: the folder of one library. Private to store*.c.
 */
#ifndef EDGE_STORE_FILES_H
#define EDGE_STORE_FILES_H

#include "edge/store.h"

#define INCOMING ".new"

struct store {
	char dir[4096 - 256];
};

/* What a library's folder holds: for each file its BLAKE2b-256 and its name, in the order of the
 * names. */
struct listed_file {
	char hash[STORE_HASH_LEN], name[STORE_NAME_LEN];
};
struct file_list {
	size_t n;
	struct listed_file file[STORE_FILES_MAX];
};

/* store.c: the path of a name in the store. */
void store_path(const struct store *s, const char *name, const char *suffix, char *path,
                size_t len);

/* All of a file, terminated; NULL with errno. The caller frees. */
char *read_whole(const char *path, size_t *len);
void hash_of(const char *bytes, size_t n, char hex[STORE_HASH_LEN]);

/* False with the reason: a file cannot be read, or there are too many. */
MUST_USE bool list_folder(const char *folder, struct file_list *out, char *why, size_t why_len);
/* HASH.files; the caller frees. */
char *list_text(const struct file_list *l);
/* The reverse, of as many lines as are such lines. */
void list_take(const char *text, struct file_list *out);
/* False, with the first file that is not the same in both. */
MUST_USE bool list_same(const char *folder, const struct file_list *wanted,
                        const struct file_list *found, char *why, size_t why_len);

/* Makes the copy read only, on the disk. 0 or an errno. */
int folder_close(const char *folder, const struct file_list *l);
/* A folder of the store and all in it; what is not there is gone already. */
void folder_remove(const char *folder);

/* store_statement.c: false when it is no statement; *text, borrowed, is the one it came with. */
MUST_USE bool statement_take(json_t *all, struct statement *out, const char **text);

#endif
