/*
 * phone: approvals by telephone. The physician's key is fetched once, at the gate, into a file of
 * their own, locked with their secret; later that file answers request codes anywhere, without a
 * network. The operator types the answer in.
 */
#include "ctl.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/dose.h"
#include "edge/phone.h"

/* argon2id as the gate's own file of people has it: a tenth of a second a guess. */
#define PASSES 3
#define MEMORY ((size_t)64 << 20)
#define WORDS  "dosegate telephone 1"

struct lock {
	unsigned char salt[crypto_pwhash_SALTBYTES], nonce[crypto_secretbox_NONCEBYTES];
	unsigned char box[PHONE_KEY_BYTES + crypto_secretbox_MACBYTES];
};

static void key_of(const char *secret, const struct lock *l,
                   unsigned char key[crypto_secretbox_KEYBYTES])
{
	must(crypto_pwhash(key, crypto_secretbox_KEYBYTES, secret, strlen(secret), l->salt, PASSES,
	                   MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0);
}

static bool from_hex(const char *text, unsigned char *out, size_t n)
{
	size_t len = 0;

	return strlen(text) == 2 * n &&
	       sodium_hex2bin(out, n, text, 2 * n, NULL, &len, NULL) == 0 && len == n;
}

/* --- the file ------------------------------------------------------------------------------------
 */

static bool write_file(const char *file, const char *person, const struct lock *l)
{
	char hex[2 * sizeof *l + 1];
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (f == NULL) {
		fprintf(stderr, "%s cannot be made new: is it there already?\n", file);
		return false;
	}
	sodium_bin2hex(hex, sizeof hex, (const unsigned char *)l, sizeof *l);
	fprintf(f, WORDS "\n%s\n%s\n", person, hex);
	return fclose(f) == 0;
}

static bool lock_key(const char *secret, const char *key_hex, struct lock *l)
{
	unsigned char key[PHONE_KEY_BYTES], lock[crypto_secretbox_KEYBYTES];

	if (!from_hex(key_hex, key, sizeof key))
		return false;
	randombytes_buf(l->salt, sizeof l->salt);
	randombytes_buf(l->nonce, sizeof l->nonce);
	key_of(secret, l, lock);
	bool ok = crypto_secretbox_easy(l->box, key, sizeof key, l->nonce, lock) == 0;
	sodium_memzero(key, sizeof key);
	sodium_memzero(lock, sizeof lock);
	return ok;
}

enum exit_code cmd_people_phone(const struct options *o)
{
	struct rpc *r;
	enum exit_code code;
	struct lock l;
	json_t *given = NULL;

	if (o->out == NULL) {
		fputs("people phone wants --out FILE, a new file for your own device\n", stderr);
		return EXIT_USAGE;
	}
	r = rpc_open(o);
	code = rpc_login(r, o);
	if (code == EXIT_DONE)
		given = rpc_call(r, "people.phone", json_pack("{s:s}", "secret", rpc_secret(r)),
		                 &code);
	if (given != NULL && (!lock_key(rpc_secret(r), text_at(given, "key"), &l) ||
	                      !write_file(o->out, text_at(given, "person"), &l)))
		code = EXIT_REFUSED;
	if (given != NULL && code == EXIT_DONE && !o->json)
		printf("%s answers for %s, and opens with the secret of now; it is good until you "
		       "change your secret or your second factor\n",
		       o->out, text_at(given, "person"));
	json_decref(given);
	rpc_close(r);
	return code;
}

static bool read_file(const char *file, char *person, size_t len, struct lock *l)
{
	char words[64] = "", hex[2 * sizeof *l + 2] = "";
	FILE *f = file == NULL ? NULL : fopen(file, "r");
	bool ok = f != NULL && fgets(words, sizeof words, f) != NULL &&
	          strcmp(words, WORDS "\n") == 0 && fgets(person, (int)len, f) != NULL &&
	          fgets(hex, sizeof hex, f) != NULL;

	if (f != NULL)
		fclose(f);
	person[strcspn(person, "\n")] = '\0';
	hex[strcspn(hex, "\n")] = '\0';
	return ok && from_hex(hex, (unsigned char *)l, sizeof *l);
}

/* --- an answer -----------------------------------------------------------------------------------
 */

/* As far as the code carries it: the rest is the operator's word. */
static void say_request(const struct phone_request *r)
{
	static const char *const skin[] = {"?", "I", "II", "III", "IV", "V", "VI", "?"};
	char value[64] = "";

	printf("device: unit %u; number at the console: %u; skin type that counts: %s\n", r->unit,
	       r->number, skin[r->skin]);
	if (r->param == 0 || r->param > PARAM_COUNT) {
		puts("asked: reasons of screening, or what no single limit says; ask which");
	} else if (param_info((enum param)(r->param - 1))->measure.dimension == DIM_CHOICE) {
		printf("asked: another %s than the protocol's; ask which\n",
		       param_info((enum param)(r->param - 1))->words);
	} else {
		quantity_format(r->asked, param_info((enum param)(r->param - 1))->measure, value,
		                sizeof value);
		printf("asked, the tightest: %s about %s\n",
		       param_info((enum param)(r->param - 1))->words, value);
	}
	say(0,
	    "Patient, facts and all other settings are not in the code: have them read to you. The "
	    "answer is good for this request alone, as it stands at the gate.");
}

static bool open_key(const struct options *o, const struct lock *l,
                     unsigned char key[PHONE_KEY_BYTES])
{
	unsigned char lock[crypto_secretbox_KEYBYTES];
	char secret[256] = "";

	if (!read_secret(o->secret_file, "your secret: ", secret, sizeof secret))
		return false;
	key_of(secret, l, lock);
	bool ok = crypto_secretbox_open_easy(key, l->box, sizeof l->box, l->nonce, lock) == 0;
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(lock, sizeof lock);
	return ok;
}

enum exit_code cmd_answer(const struct options *o)
{
	char person[64] = "", answer[PHONE_ANSWER_LEN];
	unsigned char key[PHONE_KEY_BYTES];
	struct phone_request r;
	struct lock l;

	must(sodium_init() >= 0);
	if (o->code == NULL) {
		fputs("answer wants --code, the clinic's reason code you give\n", stderr);
		return EXIT_USAGE;
	}
	if (!phone_read(o->word[0], &r)) {
		fputs("this is no request code, or it was misheard: have it read once more\n",
		      stderr);
		return EXIT_REFUSED;
	}
	if (!read_file(o->phone, person, sizeof person, &l)) {
		fputs("no key: give --phone FILE, as people phone has made it\n", stderr);
		return EXIT_NOT_FOUND;
	}
	say_request(&r);
	if (!open_key(o, &l, key)) {
		fputs("the secret is not the one this file was locked with\n", stderr);
		return EXIT_WHO;
	}
	phone_answer(key, person, o->word[0], o->code, answer);
	sodium_memzero(key, sizeof key);
	printf("to approve, say: %s   (person %s, reason code %s)\n", answer, person, o->code);
	return EXIT_DONE;
}

enum exit_code cmd_hold_answer(const struct options *o)
{
	json_int_t id;

	if (!take_number("a hold", o->word[0], 1, &id) || !has_reason(o, "hold answer"))
		return EXIT_USAGE;
	if (o->person == NULL || o->answer == NULL || o->code == NULL) {
		fputs("hold answer wants --person, who answered, --answer, and --code as they gave "
		      "it\n",
		      stderr);
		return EXIT_USAGE;
	}
	return signed_call(o, "hold.answer",
	                   json_pack("{s:I, s:s, s:s, s:s, s:s}", "hold", id, "person", o->person,
	                             "answer", o->answer, "reason_code", o->code, "reason_text",
	                             o->reason),
	                   print_decided);
}
