/*
 * override: what is shown of a hold, word for word, and what is signed about it.
 *
 * The request is a canonical text: everything the physician decides on. Its digest names it, a
 * decision carries the digest of what was shown, and what is signed is the decision with that text
 * under it. A nonce of the gate's drawing makes every version of every hold another text.
 *
 * Loop thread only.
 */
#ifndef HOUSE_OVERRIDE_H
#define HOUSE_OVERRIDE_H

#include "house/gate.h"

#define OVERRIDE_TEXT_LEN 65536 /* the largest library's facts, reasons and settings, and more */

/* The session's hold is new, or asks for something else: nobody has seen this one. */
void override_begin(struct device *d);
/* The request as it is now; buf has OVERRIDE_TEXT_LEN. */
void override_request(const struct device *d, char *buf);
/* BLAKE2b-256 of a text, as hex. */
void override_digest(const char *text, char digest[DIGEST_LEN]);
/* True when this is the digest of the request as it is now. */
bool override_is(const struct device *d, const char *digest);
/* What the person signs: the decision, and the request below it; buf has OVERRIDE_TEXT_LEN.
 * entered_by: who typed the answer they gave by telephone; "": they were at the gate. */
void override_decision(const struct device *d, const struct decision *what,
                       const struct person *who, const char *entered_by, char *buf);
/* The ids of the rows and rules it was held for, a new array. */
json_t *override_rules(const struct device *d);

/* What people write under a hold is one line, which fits: what is signed is lines. */
bool override_is_line(const char *text);

/* A physician has looked at it; recorded the first time. */
void override_seen(struct device *d, const char *person);
/* When this person first looked at it, monotonic; -1: never. */
int64_t override_seen_ms(const struct device *d, const char *person);
json_t *override_seen_by(const struct device *d);
/* With each tick: whoever is to look by now is told, once. */
void override_remind(struct device *d);
json_t *override_reminders(const struct device *d);

/* --- deciding.c */

/* The decision is proved to be this person's: recorded, and then it counts. */
void deciding_proved(struct pending *p, const struct person *who);
/* False with the reason when the clinic has no such code, or the text is no line. */
MUST_USE bool deciding_words_fit(const struct gate *g, const char *code, const char *text,
                                 char *why, size_t why_len);

/* --- phoning.c */

/* key has PHONE_KEY_BYTES, code PHONE_CODE_LEN (edge/phone.h). */
void phoning_key(const struct gate *g, const struct person *who, unsigned char *key);
void phoning_code(const struct device *d, const char *digest, char *code);
void phoning_answer(struct gate *g, struct control_ref who, int64_t call, struct device *d,
                    json_t *params);

/* --- live.c: an approver who must stay present */

/* The signs of life come from this connection, and begin now. */
void live_begin(struct device *d, struct control_ref who, const char *person);
/* A sign of life. False with the reason when nothing live of theirs stands here. */
MUST_USE bool live_sign(struct device *d, struct control_ref who, char *why, size_t why_len);
/* With each tick: too long without one, or somebody else at that connection: the grant is over. */
void live_tick(struct device *d);
/* The connection went: so does every grant that rested on it. */
void live_gone(struct gate *g, struct control_ref who);

/* --- holds.c */

#define HOLD_GONE "there is no such hold; it may have ended with its session"

/* Answers with the hold, its text, and all the ledger knows for the one who decides. */
void holds_show(struct gate *g, struct control_ref who, int64_t call, struct device *d);

/* Every decision there ever was, from the first on, in parts; of one patient when one is named. */
void holds_history(struct gate *g, struct control_ref who, int64_t call, json_t *params);

#endif
