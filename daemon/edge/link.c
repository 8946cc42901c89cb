#include "edge/link.h"

const char *link_result_words(enum link_result r)
{
	static const char *const words[] = {
#define X(id, reached, words_) [id] = words_,
	        LINK_RESULT_MAP(X)
#undef X
	};

	return words[r];
}

void link_send(struct link *l, struct link_call *call)
{
	l->ops->send(l, call);
}

void link_set_policy(struct link *l, const struct link_policy *policy)
{
	l->ops->set_policy(l, policy);
}

int64_t link_slack_ms(const struct link *l)
{
	return l->ops->slack_ms(l);
}

void link_close(struct link *l, void (*closed)(struct link *l))
{
	l->ops->close(l, closed);
}
