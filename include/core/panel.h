/*
 * panel: the reason registers, which the gate answers itself on its own unit (247).
 *
 * A console that speaks nothing but Modbus can show why it was refused, for how long a grant still
 * holds, ask for an override and stop a device. The map is the table in panel.c; README's copy is
 * printed from it (dosegatectl map). The same registers answer functions 03 and 04.
 *
 * Pure; any thread.
 */
#ifndef CORE_PANEL_H
#define CORE_PANEL_H

#include "core/hold.h"
#include "core/pdu.h"

#define PANEL_DEVICES 8
#define PANEL_TEXT    80
#define PANEL_CONSOLE 48 /* the longest address */

/* What the registers show of one device. */
struct panel_device {
	int64_t unit;          /* 0: no such device */
	int64_t link;          /* 1: answers */
	int64_t state;         /* enum device_state */
	int64_t session;       /* 0 none, 1 waits for a physician, 2 open */
	int64_t alarm;         /* enum of gate.h; 0 none */
	int64_t verdict;       /* 1 + enum verdict_kind of the last write; 0: none yet */
	int64_t check;         /* 1 + enum check of the tightest reason; 0: none */
	int64_t param;         /* 1 + enum param; 0: none */
	int64_t exponent;      /* asked and limit are in base units times ten to this */
	int64_t asked;         /* signed 32 bit, high word first */
	int64_t limit;         /* likewise */
	int64_t hold_id;       /* low 16 bits */
	int64_t hold_state;    /* enum hold_state */
	int64_t hold_number;   /* the physician types it */
	int64_t grant_seconds; /* left to press again, or in force; 0: none */
	int64_t approvers;     /* still needed */
	char text[PANEL_TEXT]; /* the last reason in words, ASCII, two characters a register */
	int64_t lease;         /* enum lease_view of the console that asks */
	int64_t lease_seconds; /* until others may set */
	char console[PANEL_CONSOLE]; /* which sets it, likewise as text */
};

struct panel {
	int64_t version;
	int64_t gate_state; /* 1: well; 2: ledger not writable, only stop passes; 3: no library */
	int64_t devices;
	int64_t alarms; /* devices with an alarm */
	int64_t uptime_s;
	struct panel_device device[PANEL_DEVICES];
};

struct panel_row {
	uint16_t address; /* within the gate's block, or within a device's block */
	uint8_t words;    /* 1; 2, high word first; more: text. Of a coil 1 */
	const char *name;
	const char *note;
	size_t at; /* where its value stands in struct panel, or in struct panel_device */
};

#define PANEL_DEVICE_BASE 100 /* device i (0..) has registers and coils from 100 * (i + 1) */

/* Rows of the gate's block and of one device's block, for printing. */
const struct panel_row *panel_gate_rows(size_t *n);
const struct panel_row *panel_device_rows(size_t *n);
/* Coils of one device's block. */
const struct panel_row *panel_coil_rows(size_t *n);

enum panel_act { PANEL_REPLY, PANEL_STOP, PANEL_ASK, PANEL_TAKE };

/* Answers a request for the gate's unit: 03 04 01 02 over the rows, 05 (and 06, value not 0, on
 * the same address) on a coil, 2B/0E identification. Writes the reply PDU and its length; for a
 * coil `*act` says what is asked and `*device` for which index (else -1). Everything else is the
 * exception in the reply. */
size_t panel_answer(const struct panel *p, const struct request *r, uint8_t out[PDU_MAX],
                    enum panel_act *act, int *device);

/* Brings asked and limit into 32 bits by a common power of ten; returns the exponent. Rounds
 * asked up and limit down. */
int panel_fit(int64_t *asked, int64_t *limit);

#endif
