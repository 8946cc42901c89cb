/*
 * seal: the gate's own Ed25519 key, and what is signed with it.
 *
 * The key is a file only the gate's account may read, made at the first start. What the key has
 * signed is bound to this gate: a file carried here from another one does not hold. The public half
 * is no secret; whoever has written it down can tell later that it is still the same gate.
 *
 * Opening blocks; before the loop runs. The rest: any thread.
 */
#ifndef EDGE_SEAL_H
#define EDGE_SEAL_H

#include "core/base.h"

#define SEAL_KEY_LEN       65  /* public key as hex, and its end */
#define SEAL_SIGNATURE_LEN 129 /* signature as hex, and its end */

struct seal;

/* Reads `file`, or makes a key and writes it there (0600, whole or not at all). NULL with the
 * reason when it is no key, or others may read it. */
struct seal *seal_open(const char *file, char *why, size_t why_len);
/* The public key. */
const char *seal_key(const struct seal *s);
void seal_sign(const struct seal *s, const char *text, char signature[SEAL_SIGNATURE_LEN]);
/* A secret of its own for this label, which only this gate can work out. */
void seal_derive(const struct seal *s, const char *label, unsigned char *out, size_t len);
/* True when this key signed exactly this text. What is no key or no signature is false too. */
bool seal_holds(const char *key, const char *text, const char *signature);
/* s may be NULL. */
void seal_close(struct seal *s);

#endif
