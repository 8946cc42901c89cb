/*
 * certificate: a key and a certificate made here, for first use and for a house without a
 * certificate authority. People compare its print with what the browser shows, once.
 */
#include "web.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/log.h"

#define DAYS 825 /* browsers take no more */

/* "DNS:laser.clinic.example,IP:127.0.0.1": what browsers compare the address with. */
static void names_of(const struct options *o, char *text, size_t len)
{
	size_t n = (size_t)snprintf(text, len, "DNS:localhost,IP:127.0.0.1,IP:::1");

	for (int i = 0; i < o->n_names && n < len; i++) {
		unsigned char ip[16];
		bool is_ip = uv_inet_pton(AF_INET, o->name[i], ip) == 0 ||
		             uv_inet_pton(AF_INET6, o->name[i], ip) == 0;

		n += (size_t)snprintf(text + n, len - n, ",%s:%s", is_ip ? "IP" : "DNS",
		                      o->name[i]);
	}
}

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool fine = e != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return fine;
}

static bool set_serial(X509 *x)
{
	unsigned char random[16];
	bool fine = RAND_bytes(random, sizeof random) == 1;

	random[0] &= 0x7f;
	BIGNUM *number = BN_bin2bn(random, sizeof random, NULL);
	fine = fine && number != NULL &&
	       BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
	BN_free(number);
	return fine;
}

static X509 *make(EVP_PKEY *key, const struct options *o)
{
	X509 *x = X509_new();
	X509_NAME *name = x == NULL ? NULL : X509_get_subject_name(x);
	char names[1024];

	names_of(o, names, sizeof names);
	if (name != NULL && X509_set_version(x, 2) == 1 && set_serial(x) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -86400) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), (long)DAYS * 86400) != NULL &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	                               (const unsigned char *)"dosegate, self-made", -1, -1,
	                               0) == 1 &&
	    X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1 &&
	    add_extension(x, NID_subject_alt_name, names) &&
	    add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(x, NID_ext_key_usage, "serverAuth") &&
	    X509_sign(x, key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static FILE *fresh(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);

	return fd < 0 || fchmod(fd, mode) != 0 ? NULL : fdopen(fd, "w");
}

static bool write_pair(EVP_PKEY *key, X509 *x, const char *key_path, const char *cert_path)
{
	FILE *f = fresh(key_path, 0600);
	bool fine = f != NULL && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;

	fine = f != NULL && fclose(f) == 0 && fine;
	f = fine ? fresh(cert_path, 0644) : NULL;
	fine = f != NULL && PEM_write_X509(f, x) == 1;
	return f != NULL && fclose(f) == 0 && fine;
}

static bool make_pair(const struct options *o, const char *key_path, const char *cert_path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key == NULL ? NULL : make(key, o);
	bool fine = x != NULL && write_pair(key, x, key_path, cert_path);

	if (!fine)
		log_line(LOG_ERROR, "certificate", "%s cannot be made: %s", cert_path,
		         strerror(errno));
	X509_free(x);
	EVP_PKEY_free(key);
	return fine;
}

bool certificate_ready(struct options *o)
{
	if (asprintf(&o->made_key, "%s/web.key", o->state) < 0 ||
	    asprintf(&o->made_certificate, "%s/web.crt", o->state) < 0)
		return false;
	if (mkdir(o->state, 0700) != 0 && errno != EEXIST) {
		log_line(LOG_ERROR, "certificate", "%s: %s", o->state, strerror(errno));
		return false;
	}
	if (access(o->made_key, R_OK) == 0 && access(o->made_certificate, R_OK) == 0)
		return true;
	return make_pair(o, o->made_key, o->made_certificate);
}

bool certificate_print(const char *file, char *text, size_t len)
{
	FILE *f = fopen(file, "r");
	X509 *x = f == NULL ? NULL : PEM_read_X509(f, NULL, NULL, NULL);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	size_t at = 0;
	bool fine = x != NULL && X509_digest(x, EVP_sha256(), digest, &n) == 1;

	for (unsigned i = 0; fine && i < n && at < len; i++)
		at += (size_t)snprintf(text + at, len - at, "%s%02X", i == 0 ? "" : ":", digest[i]);
	X509_free(x);
	if (f != NULL)
		fclose(f);
	return fine;
}
