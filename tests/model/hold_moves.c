/*
 * hold_moves: the table of moves of core/hold as Promela. tests/model/hold_moves.pml is this
 * output, and a test compares: the model walks the table the gate walks.
 */
#include "core/hold.h"

#include <stdio.h>

static const char *const state[] = {
#define X(id, name, words) #id,
        HOLD_STATE_MAP(X)
#undef X
};
static const char *const event[] = {
#define X(id, name) #id,
        HOLD_EVENT_MAP(X)
#undef X
};

int main(void)
{
	puts("/* printed by hold_moves from the table in daemon/core/hold.c; a test compares */");
	for (int s = 0; s < HOLD_STATE_COUNT; s++)
		printf("#define %s %d\n", state[s], s);
	for (int e = 0; e < HOLD_EVENT_COUNT; e++)
		printf("#define %s %d\n", event[e], e);
	puts("inline move(by) {\n\tif");
	for (enum hold_state s = 0; s < HOLD_STATE_COUNT; s++)
		for (enum hold_event e = 0; e < HOLD_EVENT_COUNT; e++)
			if (hold_next(s, e) != HOLD_STATE_COUNT)
				printf("\t:: (state == %s && by == %s) -> state = %s; moved = "
				       "true\n",
				       state[s], event[e], state[hold_next(s, e)]);
	puts("\t:: else -> moved = false\n\tfi\n}");
	return 0;
}
