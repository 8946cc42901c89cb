/*
 * librarian_steps: the steps of a library's life that its requests and its start share. Private to
 * librarian*.c.
 */
#ifndef HOUSE_LIBRARIAN_STEPS_H
#define HOUSE_LIBRARIAN_STEPS_H

#include "house/gate.h"

#define STEP_NOT_RECORDED "it could not be recorded, so it was not done"

/* --- librarian_papers.c: on the loop; paper_holds anywhere */

/* Signed by this gate, and about the library it is kept as; else why. */
MUST_USE bool paper_holds(const struct librarian *l, const char *hash, const struct statement *s,
                          char *why, size_t why_len);
/* Fill and sign e->statement; false with what is wrong. */
MUST_USE bool state_proposal(struct errand *e);
MUST_USE bool state_activation(struct errand *e);
/* The rows of the ledger that say so. */
json_t *proposal_body(const struct errand *e);
json_t *activation_body(const struct errand *e);
/* What became of an activation that is recorded. */
void record_in_use(struct gate *g, const struct statement *s, bool well, const char *why);

/* --- librarian.c: in a worker */

/* e->hash becomes the whole hash of the one library in the store that begins so. */
MUST_USE bool find_whole(struct errand *e);

/* --- librarian_load.c: in a worker; false with what is wrong */

/* e->dir into the store, and into e->edition; e->proposal is there when somebody proposed it
 * before. */
void perform_look(struct errand *e);
/* The proposal of the library e->hash. */
MUST_USE bool read_proposal(struct errand *e);
/* A library of the store into e->edition, when it is what this statement says. */
MUST_USE bool load_stored(struct errand *e, const struct statement *s);
/* The library in e->edition has what the devices of this clinic need. */
MUST_USE bool fits_clinic(struct errand *e);

/* --- librarian_start.c: on the loop */

/* e->statement is written down: its library is in use from now on. */
void take_into_use(struct gate *g, struct errand *e);

#endif
