#include "edge/seal.h"

#include "edge/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One line: what it is, then the seed in hex. */
#define WORDS    "dosegate gate key 1 "
#define SEED_HEX (2 * crypto_sign_SEEDBYTES)
#define LINE_LEN (sizeof WORDS - 1 + SEED_HEX + 1)

/* In memory that is neither swapped nor dumped. */
struct seal {
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	char key[SEAL_KEY_LEN];
};

_Static_assert(SEAL_KEY_LEN == 2 * crypto_sign_PUBLICKEYBYTES + 1, "hex and its end");
_Static_assert(SEAL_SIGNATURE_LEN == 2 * crypto_sign_BYTES + 1, "hex and its end");

static void take_seed(struct seal *s, const unsigned char seed[crypto_sign_SEEDBYTES])
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];

	must(crypto_sign_seed_keypair(public, s->secret, seed) == 0);
	sodium_bin2hex(s->key, sizeof s->key, public, sizeof public);
}

/* --- reading --------------------------------------------------------------------------------- */

/* Whoever can read it can sign as this gate. */
static bool is_private(int fd, char *why, size_t why_len)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		snprintf(why, why_len, "is no ordinary file");
		return false;
	}
	if ((st.st_mode & 077) != 0) {
		snprintf(why, why_len,
		         "others may read it, and could sign as this gate: chmod 600 it when "
		         "nobody did, else move it away and let the gate make another");
		return false;
	}
	return true;
}

static bool read_seed(struct seal *s, int fd)
{
	unsigned char seed[crypto_sign_SEEDBYTES];
	char line[LINE_LEN + 1] = "";
	ssize_t n = read(fd, line, sizeof line);
	size_t len = 0;
	bool whole = n == (ssize_t)LINE_LEN && line[LINE_LEN - 1] == '\n' &&
	             strncmp(line, WORDS, strlen(WORDS)) == 0 &&
	             sodium_hex2bin(seed, sizeof seed, line + strlen(WORDS), SEED_HEX, NULL, &len,
	                            NULL) == 0 &&
	             len == sizeof seed;

	if (whole)
		take_seed(s, seed);
	sodium_memzero(seed, sizeof seed);
	sodium_memzero(line, sizeof line);
	return whole;
}

static bool read_key(struct seal *s, int fd, char *why, size_t why_len)
{
	if (!is_private(fd, why, why_len))
		return false;
	if (read_seed(s, fd))
		return true;
	snprintf(why, why_len,
	         "is no key of a gate (one line, \"" WORDS "\" and %zu hex digits); move it away "
	         "and the gate makes another",
	         (size_t)SEED_HEX);
	return false;
}

/* --- making ---------------------------------------------------------------------------------- */

static bool make_key(struct seal *s, const char *file, char *why, size_t why_len)
{
	unsigned char seed[crypto_sign_SEEDBYTES];
	char line[LINE_LEN + 1] = WORDS;

	randombytes_buf(seed, sizeof seed);
	take_seed(s, seed);
	sodium_bin2hex(line + strlen(WORDS), SEED_HEX + 1, seed, sizeof seed);
	line[LINE_LEN - 1] = '\n';
	int error = disk_replace(file, line, LINE_LEN, 0600);

	sodium_memzero(seed, sizeof seed);
	sodium_memzero(line, sizeof line);
	if (error != 0)
		snprintf(why, why_len, "could not be written: %s", strerror(error));
	return error == 0;
}

/* --- the room -------------------------------------------------------------------------------- */

struct seal *seal_open(const char *file, char *why, size_t why_len)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char reason[240] = "";
	struct seal *s;
	bool ok;

	must(sodium_init() >= 0);
	s = sodium_malloc(sizeof *s);
	must(s != NULL);
	if (fd >= 0) {
		ok = read_key(s, fd, reason, sizeof reason);
		close(fd);
	} else if (errno == ENOENT) {
		ok = make_key(s, file, reason, sizeof reason);
	} else {
		snprintf(reason, sizeof reason, "%s", strerror(errno));
		ok = false;
	}
	if (ok)
		return s;
	snprintf(why, why_len, "%s: %s", file, reason);
	seal_close(s);
	return NULL;
}

const char *seal_key(const struct seal *s)
{
	return s->key;
}

void seal_sign(const struct seal *s, const char *text, char signature[SEAL_SIGNATURE_LEN])
{
	unsigned char bytes[crypto_sign_BYTES];

	must(crypto_sign_detached(bytes, NULL, (const unsigned char *)text, strlen(text),
	                          s->secret) == 0);
	sodium_bin2hex(signature, SEAL_SIGNATURE_LEN, bytes, sizeof bytes);
}

void seal_derive(const struct seal *s, const char *label, unsigned char *out, size_t len)
{
	must(crypto_generichash(out, len, (const unsigned char *)label, strlen(label), s->secret,
	                        crypto_sign_SEEDBYTES) == 0);
}

static bool take_hex(const char *text, unsigned char *out, size_t n)
{
	size_t len = 0;

	return strlen(text) == 2 * n &&
	       sodium_hex2bin(out, n, text, 2 * n, NULL, &len, NULL) == 0 && len == n;
}

bool seal_holds(const char *key, const char *text, const char *signature)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], bytes[crypto_sign_BYTES];

	return take_hex(key, public, sizeof public) && take_hex(signature, bytes, sizeof bytes) &&
	       crypto_sign_verify_detached(bytes, (const unsigned char *)text, strlen(text),
	                                   public) == 0;
}

void seal_close(struct seal *s)
{
	sodium_free(s);
}
