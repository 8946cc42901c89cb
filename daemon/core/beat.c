#include "core/beat.h"

static const struct {
	const char *words;
	bool trouble;
} beats[] = {
#define X(id, trouble_, words_) [id] = {.words = (words_), .trouble = (trouble_)},
        BEAT_MAP(X)
#undef X
};

const char *beat_words(enum beat b)
{
	return beats[b].words;
}

bool beat_is_trouble(enum beat b)
{
	return beats[b].trouble;
}

enum beat beat_decide(const struct beat_view *v)
{
	static const enum beat of_progress[] = {
	        [PROGRESS_WHOLE] = BEAT_FED,     [PROGRESS_LOOP] = BEAT_LOOP,
	        [PROGRESS_POLL] = BEAT_POLL,     [PROGRESS_REFUSED] = BEAT_REFUSED,
	        [PROGRESS_LEDGER] = BEAT_LEDGER,
	};
	const struct {
		bool keeps;
		enum beat why;
	} asked[] = {
	        {v->closing, BEAT_CLOSING},    {!v->is_signed, BEAT_UNSIGNED},
	        {!v->up, BEAT_LINE_DOWN},      {!v->read, BEAT_UNREAD},
	        {!v->itself, BEAT_NOT_ITSELF}, {v->stopping, BEAT_STOPPING},
	};

	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		if (asked[i].keeps)
			return asked[i].why;
	return of_progress[v->missing];
}

int64_t beat_next(struct span counts, int64_t last)
{
	return last < counts.lo || last >= counts.hi ? counts.lo : last + 1;
}

int64_t beat_proof_within(int64_t now_ms, int64_t sent_ms, int64_t standby_after_ms)
{
	int64_t since = now_ms - sent_ms - 1;

	return since < standby_after_ms ? since : standby_after_ms;
}

bool beat_after_a_poll(int64_t every_ms, int64_t poll_ms)
{
	return every_ms >= poll_ms;
}

int64_t beat_standby_least(int64_t every_ms, int64_t deadline_ms)
{
	return 2 * every_ms + deadline_ms;
}
