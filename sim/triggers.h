/*
 * triggers: what is to happen at which time, or when something else does.
 *
 *     at 500 ms COMMAND             so long from now
 *     when EVENT COMMAND            when it has happened so often from now on
 *     await EVENT [within TIME] [after COMMAND]
 *                                   the answer comes then, an error after 10 s; the command is
 *                                   carried out when the waiting has begun
 *     wait TIME                     the answer comes then
 *
 * EVENT is the name of a state or of EVENT_MAP, with a count behind it where it is not 1 ("pulse
 * 3"), and of reads and writes unit=, function= and address= where not any is meant. What an event
 * sets going is done when the turn of the loop ends in which it came.
 */
#ifndef SIM_TRIGGERS_H
#define SIM_TRIGGERS_H

#include "device.h"

#define TRIGGERS_MAX 64

struct speaker;

struct trigger {
	bool used, due;
	bool timed; /* by at_ms alone */
	enum event what;
	enum device_state state;
	struct device *device;
	int unit, function, address; /* FAULT_ANY */
	int64_t count;               /* so many times still */
	int64_t at_ms;               /* at, wait: then; await: its patience ends */
	char *command;               /* owned; NULL: somebody waits */
	struct speaker *speaker;
};

struct triggers {
	struct trigger of[TRIGGERS_MAX];
};

/* What stands behind the command's word. False with the reason. */
bool trigger_at(struct sim *s, const char *rest, char *why, size_t len);
bool trigger_when(struct sim *s, const char *rest, char *why, size_t len);
/* The speaker is answered later; *now when it need not wait. */
bool trigger_await(struct sim *s, struct speaker *sp, const char *rest, bool *now, char *why,
                   size_t len);
bool trigger_wait(struct sim *s, struct speaker *sp, const char *rest, char *why, size_t len);
void triggers_told(struct sim *s, const struct device *d, const struct happening *h);
/* Does what is due. */
void triggers_run(struct sim *s);
/* The speaker has gone; NULL: all are forgotten. */
void triggers_forget(struct sim *s, const struct speaker *sp);

#endif
