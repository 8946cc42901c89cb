#include "core/progress.h"

void progress_turned(struct progress *p, int64_t now_ms)
{
	if (p->turned_ms != 0 && now_ms - p->turned_ms >= PROGRESS_STOOD_MS)
		p->stood_ms = now_ms;
	p->turned_ms = now_ms;
}

enum progress_of progress_missing(const struct progress *p, const struct polled *d,
                                  const struct progress_within *within, int64_t now_ms)
{
	const struct {
		bool missing;
		enum progress_of what;
	} asked[] = {
	        {now_ms - p->turned_ms > within->turn_ms || d->at_ms < p->stood_ms, PROGRESS_LOOP},
	        {!d->well || now_ms - d->at_ms > within->poll_ms, PROGRESS_POLL},
	        {!p->writes, PROGRESS_REFUSED},
	        {now_ms - p->wrote_ms > within->ledger_ms, PROGRESS_LEDGER},
	};

	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		if (asked[i].missing)
			return asked[i].what;
	return PROGRESS_WHOLE;
}
