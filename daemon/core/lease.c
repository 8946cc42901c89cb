#include "core/lease.h"

#include "core/text.h"

#include <string.h>

const char *lease_state_name(enum lease_state s)
{
	static const char *const name[LEASE_STATE_COUNT] = {
#define X(id, words) [id] = words,
	        LEASE_STATE_MAP(X)
#undef X
	};

	return name[s];
}

const char *lease_status_words(enum lease_status s)
{
	static const char *const words[] = {
#define X(id, sentence) [id] = sentence,
	        LEASE_STATUS_MAP(X)
#undef X
	};

	return words[s];
}

/* --- the moves: who may do what, and who has it then ------------------------------------------ */

enum whose { AS_BEFORE, ASKERS, NOBODYS };

struct move {
	enum lease_status status; /* not OK: refused */
	enum whose to;
	bool changes_hands; /* so not while the device may be armed */
};

/* clang-format off */
static const struct move MOVES[LEASE_DEED_COUNT][LEASE_VIEW_COUNT] = {
	[LEASE_WRITE]   = {[LEASE_NOBODY]  = {LEASE_OK, AS_BEFORE, false},
	                   [LEASE_THIS]    = {LEASE_OK, AS_BEFORE, false},
	                   [LEASE_ANOTHER] = {LEASE_BUSY, AS_BEFORE, false}},
	[LEASE_SET]     = {[LEASE_NOBODY]  = {LEASE_OK, ASKERS, false},
	                   [LEASE_THIS]    = {LEASE_OK, ASKERS, false},
	                   [LEASE_ANOTHER] = {LEASE_BUSY, AS_BEFORE, false}},
	[LEASE_TAKE]    = {[LEASE_NOBODY]  = {LEASE_OK, ASKERS, false},
	                   [LEASE_THIS]    = {LEASE_OK, ASKERS, false},
	                   [LEASE_ANOTHER] = {LEASE_OK, ASKERS, true}},
	[LEASE_RELEASE] = {[LEASE_NOBODY]  = {LEASE_NOTHING, AS_BEFORE, false},
	                   [LEASE_THIS]    = {LEASE_OK, NOBODYS, true},
	                   [LEASE_ANOTHER] = {LEASE_OK, NOBODYS, true}},
};
/* clang-format on */

static bool off(const struct lease *l)
{
	return l->life_ms == 0;
}

static void end(struct lease *l)
{
	l->state = LEASE_FREE;
	l->console[0] = '\0';
}

static void begin(struct lease *l, const char *who, const struct lease_moment *m)
{
	text_copy(l->console, sizeof l->console, who);
	l->state = LEASE_HELD;
	l->until_ms = m->now_ms + l->life_ms;
	(void)lease_look(l, m);
}

bool lease_look(struct lease *l, const struct lease_moment *m)
{
	bool keep = m->armed || m->waits;

	if (l->state == LEASE_FREE)
		return false;
	if (l->state == LEASE_KEPT && !keep)
		l->until_ms = m->now_ms + l->life_ms; /* it counts from here */
	l->state = keep ? LEASE_KEPT : LEASE_HELD;
	if (keep || m->now_ms < l->until_ms)
		return false;
	end(l);
	return true;
}

enum lease_view lease_view(const struct lease *l, const char *who)
{
	if (l->state == LEASE_FREE)
		return LEASE_NOBODY;
	return strcmp(l->console, who) == 0 ? LEASE_THIS : LEASE_ANOTHER;
}

static enum lease_status without(enum lease_deed deed)
{
	return deed == LEASE_WRITE || deed == LEASE_SET ? LEASE_OK : LEASE_OFF;
}

enum lease_status lease_may(struct lease *l, enum lease_deed deed, const char *who,
                            const struct lease_moment *m)
{
	if (off(l))
		return without(deed);
	(void)lease_look(l, m);
	const struct move *move = &MOVES[deed][lease_view(l, who)];
	return move->changes_hands && m->armed ? LEASE_ARMED : move->status;
}

enum lease_status lease_do(struct lease *l, enum lease_deed deed, const char *who,
                           const struct lease_moment *m)
{
	enum lease_status status = lease_may(l, deed, who, m);

	if (status != LEASE_OK || off(l))
		return status;
	enum whose to = MOVES[deed][lease_view(l, who)].to;
	if (to == ASKERS)
		begin(l, who, m);
	if (to == NOBODYS)
		end(l);
	return LEASE_OK;
}

int64_t lease_seconds(const struct lease *l, int64_t now_ms)
{
	if (l->state == LEASE_FREE)
		return 0;
	int64_t left = l->state == LEASE_KEPT ? l->life_ms : l->until_ms - now_ms;
	return left <= 0 ? 0 : (left + 999) / 1000;
}

void lease_text(const struct lease *l, int64_t now_ms, char *buf, size_t size)
{
	struct text t = text_in(buf, size);

	if (l->state == LEASE_FREE)
		return;
	text_put(&t, "the device is set from console ");
	text_put(&t, l->console);
	text_put(&t, l->state == LEASE_KEPT
	                     ? ", which has it armed or waits for a physician, and for "
	                     : ", for ");
	text_put_int(&t, lease_seconds(l, now_ms));
	text_put(&t, l->state == LEASE_KEPT ? " s after that" : " s more");
}
