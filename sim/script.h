/*
 * script: what a recorded device did, as one that plays it again has to do it.
 *
 * Most of it is an image of registers that looks change. A write has its effects: what the first
 * look at each register after it showed. What was no plain answer is played as it was: silence, an
 * exception, bytes that are none, a connection that ends.
 */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "core/regmap.h"
#include "tape.h"

struct change {
	enum table table;
	uint16_t address, value;
	bool kept; /* it was written, and stayed what it was */
};

struct changes {
	size_t n;
	struct change *of;
};

enum item_kind {
	ITEM_LOOK,  /* the device was read whole, and these registers had changed */
	ITEM_WRITE, /* a setting, an arm, a stop */
	ITEM_READ,  /* a read that got no plain answer */
	ITEM_DOWN,
	ITEM_UP
};

struct item {
	enum item_kind kind;
	int at; /* the event it begins with */
	struct changes changes;
	uint8_t pdu[PDU_MAX];
	size_t n_pdu;
	uint16_t tid;       /* of the request, as recorded */
	enum intent intent; /* ITEM_WRITE */
	int console;        /* ITEM_WRITE: whose it was, as a channel; -1: the gate's own */
	bool refused;       /* with an exception */
	bool answered;      /* ITEM_WRITE: by a frame the gate took */
	int n_chunks;       /* what came back: events */
	int chunk[4];
	bool by_device; /* ITEM_DOWN: it hung up, or could not be reached; else the gate gave up */
	bool over;      /* played, or left out */
};

struct script {
	char name[32];
	int n_units;
	uint8_t unit[UNITS_MAX + 1]; /* as consoles address it */
	uint8_t device_unit;
	char profile_name[52], serial[48];
	int64_t deadline_ms, poll_ms;
	int window;
	bool line; /* it hung on a serial line */
	bool session_before;
	const struct profile *profile; /* of the library it is played with */
	struct changes first;          /* what its registers were when it was first looked at */
	int n_items;
	struct item *item;
};

/* The devices of a tape, by their first lines. False with the reason. */
bool scripts_read(const struct tape *t, struct script *all, int *n, char *why, size_t len);
/* Once script.profile is known. */
void script_write(struct script *s, const struct tape *t, int channel);
void script_free(struct script *s);

#endif
