#include "core/event.h"

#include "core/text.h"

static const struct {
	const char *name, *words, *way;
	unsigned standby, armed;
} events[EVENT_COUNT] = {
#define X(id, number, name, standby, armed, words, way) [id] = {name, words, way, standby, armed},
        EVENT_MAP(X)
#undef X
};

static const struct {
	unsigned bit;
	const char *words;
} consequences[] = {
        {DO_STOP, "stop"},
        {DO_LATCH, "alarm"},
        {DO_VOID, "hold or grant over"},
        {DO_END, "session ends"},
};

const char *event_name(enum event e)
{
	return events[e].name;
}

const char *event_words(enum event e)
{
	return events[e].words;
}

const char *event_way(enum event e)
{
	return events[e].way;
}

unsigned event_follows(enum event e, bool armed)
{
	return armed ? events[e].armed : events[e].standby;
}

size_t event_follows_words(unsigned follows, char *buf, size_t len)
{
	struct text t = text_in(buf, len);

	for (size_t i = 0; i < ARRAY_LEN(consequences); i++) {
		if ((follows & consequences[i].bit) == 0)
			continue;
		text_put(&t, t.needed > 0 ? ", " : "");
		text_put(&t, consequences[i].words);
	}
	if (t.needed == 0)
		text_put(&t, "recorded");
	return t.needed;
}
