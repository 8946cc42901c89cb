#include "core/panel.h"

#include <string.h>

#include "core/text.h"

/* --- the map ----------------------------------------------------------------------------- */

#define COIL_STOP 0
#define COIL_ASK  1
#define COIL_TAKE 2

static const struct panel_row GATE_ROWS[] = {
        {0, 1, "version", "of this map", offsetof(struct panel, version)},
        {1, 1, "gate_state",
         "1 well; 2 the ledger cannot be written, only stop passes"
         "; 3 no library is in use, no session begins",
         offsetof(struct panel, gate_state)},
        {2, 1, "devices", "how many the gate has", offsetof(struct panel, devices)},
        {3, 1, "alarms", "devices with an alarm", offsetof(struct panel, alarms)},
        {4, 2, "uptime_s", "seconds since the gate started", offsetof(struct panel, uptime_s)},
};

/* Without a gap, so that one read of 84 registers fetches all. */
static const struct panel_row DEVICE_ROWS[] = {
        {0, 1, "unit", "the unit consoles address it by", offsetof(struct panel_device, unit)},
        {1, 1, "link", "1 the device answers; 0 it does not", offsetof(struct panel_device, link)},
        {2, 1, "state",
         "0 not known, 1 boot, 2 self test, 3 standby, 4 getting ready, 5 armed, 6 emitting, "
         "7 cooling down, 8 fault",
         offsetof(struct panel_device, state)},
        {3, 1, "session", "0 none, 1 waits for a physician, 2 open",
         offsetof(struct panel_device, session)},
        {4, 1, "alarm", "0 none; else its number", offsetof(struct panel_device, alarm)},
        {5, 1, "verdict", "of the last write: 0 none yet, 1 allowed, 2 held, 3 blocked",
         offsetof(struct panel_device, verdict)},
        {6, 1, "check", "which check said so, from 1; 0 none",
         offsetof(struct panel_device, check)},
        {7, 1, "parameter", "which parameter it is about, from 1; 0 none",
         offsetof(struct panel_device, param)},
        {8, 1, "exponent", "asked and limit are in base units times ten to this",
         offsetof(struct panel_device, exponent)},
        {9, 2, "asked", "what was asked for, signed", offsetof(struct panel_device, asked)},
        {11, 2, "limit", "what would pass, signed", offsetof(struct panel_device, limit)},
        {13, 1, "hold_id", "the hold people name, its low 16 bits",
         offsetof(struct panel_device, hold_id)},
        {14, 1, "hold_state",
         "0 nothing waits, 1 open, 2 being signed, 3 granted, 4 in force, 5 denied, "
         "6 withdrawn, 7 expired, 8 revoked, 9 ended",
         offsetof(struct panel_device, hold_state)},
        {15, 1, "hold_number", "the physician types it; 0 none",
         offsetof(struct panel_device, hold_number)},
        {16, 1, "grant_seconds", "left to press again, or in force; 0 none",
         offsetof(struct panel_device, grant_seconds)},
        {17, 1, "approvers", "still needed", offsetof(struct panel_device, approvers)},
        {18, PANEL_TEXT / 2, "text", "the last reason in words, two characters a register",
         offsetof(struct panel_device, text)},
        {58, 1, "lease", "who sets the device: 0 nobody, 1 this console, 2 another one",
         offsetof(struct panel_device, lease)},
        {59, 1, "lease_seconds",
         "until every console may set it; stands still while it is armed or a hold stands",
         offsetof(struct panel_device, lease_seconds)},
        {60, PANEL_CONSOLE / 2, "lease_console", "which one, in words",
         offsetof(struct panel_device, console)},
};

static const struct panel_row COIL_ROWS[] = {
        {COIL_STOP, 1, "stop", "write 1: stops the device; reads 0", 0},
        {COIL_ASK, 1, "ask", "write 1: asks for an override of what is held; reads 0", 0},
        {COIL_TAKE, 1, "take",
         "write 1: this console sets the device from now on; 03 while it is armed; reads 0", 0},
};

const struct panel_row *panel_gate_rows(size_t *n)
{
	*n = ARRAY_LEN(GATE_ROWS);
	return GATE_ROWS;
}

const struct panel_row *panel_device_rows(size_t *n)
{
	*n = ARRAY_LEN(DEVICE_ROWS);
	return DEVICE_ROWS;
}

const struct panel_row *panel_coil_rows(size_t *n)
{
	*n = ARRAY_LEN(COIL_ROWS);
	return COIL_ROWS;
}

/* --- one register ------------------------------------------------------------------------ */

/* Rows stand in order and without a gap: the first that does not end before the address. */
static const struct panel_row *row_at(const struct panel_row *rows, size_t n, unsigned address)
{
	for (size_t i = 0; i < n; i++)
		if (address < (unsigned)rows[i].address + rows[i].words)
			return &rows[i];
	return NULL;
}

static int64_t within(int64_t v, int64_t lo, int64_t hi)
{
	if (v < lo)
		return lo;
	return v > hi ? hi : v;
}

/* What does not fit shows as the nearest that does, of signed and unsigned numbers alike. */
static uint16_t number_word(int64_t v, unsigned words, unsigned i)
{
	if (words == 1)
		return (uint16_t)within(v, INT16_MIN, UINT16_MAX);
	return (uint16_t)(within(v, INT32_MIN, UINT32_MAX) >> (i == 0 ? 16 : 0));
}

/* A sentence may hold what a console's font does not. */
static uint8_t printable(char c)
{
	return c >= ' ' && c <= '~' ? (uint8_t)c : (uint8_t)'?';
}

/* Behind the text's end everything is 0, whatever the array holds there. */
static uint16_t text_word(const char *text, size_t size, unsigned i)
{
	size_t n = 0;

	while (n < size && text[n] != '\0')
		n++;
	uint8_t high = 2u * i < n ? printable(text[2u * i]) : 0;
	uint8_t low = 2u * i + 1 < n ? printable(text[2u * i + 1]) : 0;
	return (uint16_t)(high << 8 | low);
}

static uint16_t row_word(const struct panel_row *row, const void *base, unsigned i)
{
	const char *at = (const char *)base + row->at;
	int64_t v;

	if (row->words > 2)
		return text_word(at, 2u * row->words, i);
	memcpy(&v, at, sizeof(v));
	return number_word(v, row->words, i);
}

/* The index of the device whose block holds the address; -1 when there is none. */
static int device_at(const struct panel *p, unsigned address)
{
	int i = (int)(address / PANEL_DEVICE_BASE) - 1;

	return i >= 0 && i < PANEL_DEVICES && p->device[i].unit != 0 ? i : -1;
}

static bool register_at(const struct panel *p, unsigned address, uint16_t *out)
{
	unsigned within_block = address % PANEL_DEVICE_BASE;
	int device = device_at(p, address);
	const struct panel_row *row = NULL;
	const void *base = p;

	if (address < PANEL_DEVICE_BASE) {
		row = row_at(GATE_ROWS, ARRAY_LEN(GATE_ROWS), within_block);
	} else if (device >= 0) {
		row = row_at(DEVICE_ROWS, ARRAY_LEN(DEVICE_ROWS), within_block);
		base = &p->device[device];
	}
	if (row == NULL)
		return false;
	*out = row_word(row, base, within_block - row->address);
	return true;
}

static bool coil_at(const struct panel *p, unsigned address)
{
	return device_at(p, address) >= 0 &&
	       row_at(COIL_ROWS, ARRAY_LEN(COIL_ROWS), address % PANEL_DEVICE_BASE) != NULL;
}

/* --- answers ----------------------------------------------------------------------------- */

static enum mb_exception read_registers(const struct panel *p, const struct request *r,
                                        struct reply *out)
{
	out->count = r->count;
	for (uint16_t i = 0; i < r->count; i++)
		if (!register_at(p, (unsigned)r->address + i, &out->value[i]))
			return MB_ADDRESS;
	return MB_OK;
}

/* Buttons: there is nothing to read but that they are there. */
static enum mb_exception read_coils(const struct panel *p, const struct request *r,
                                    struct reply *out)
{
	out->count = r->count;
	for (uint16_t i = 0; i < r->count; i++)
		if (!coil_at(p, (unsigned)r->address + i))
			return MB_ADDRESS;
	return MB_OK;
}

static enum mb_exception press(const struct panel *p, const struct request *r, struct reply *out)
{
	bool pressed = r->function == FC_WRITE_COIL ? request_bit(r, 0) : r->value[0] != 0;

	(void)out; /* the answer is the echo */
	if (!coil_at(p, r->address))
		return MB_ADDRESS;
	return pressed ? MB_OK : MB_VALUE;
}

/* Modbus Application Protocol v1.1b3, section 6.21: the three basic objects, as a stream or one by
 * one. A higher code is answered with what there is. */
#define MEI_IDENTIFY       0x0E
#define MEI_ONE_OBJECT     4
#define MEI_BASIC_AND_EACH 0x81
#define MEI_HEAD           6 /* type, code, conformity, more, next object, objects */
#define OBJECTS            3 /* vendor, product, revision */

static void put_object(struct reply *out, uint8_t id, const char *words)
{
	size_t n = strlen(words);
	uint8_t *at = out->opaque + out->opaque_len;

	at[0] = id;
	at[1] = (uint8_t)n;
	memcpy(at + 2, words, n);
	out->opaque_len = (uint8_t)(out->opaque_len + 2 + n);
	out->opaque[MEI_HEAD - 1]++;
}

static enum mb_exception identify(const struct panel *p, const struct request *r, struct reply *out)
{
	char version[24];
	const char *const object[OBJECTS] = {"dosegate", "reason registers", version};
	struct text t = text_in(version, sizeof(version));
	bool known = r->mei_object < OBJECTS;
	uint8_t first = known ? r->mei_object : 0;
	uint8_t end = r->mei_code == MEI_ONE_OBJECT ? first + 1u : OBJECTS;

	if (r->mei_code == MEI_ONE_OBJECT && !known)
		return MB_ADDRESS;
	text_put_int(&t, p->version);
	out->opaque[0] = MEI_IDENTIFY;
	out->opaque[1] = r->mei_code;
	out->opaque[2] = MEI_BASIC_AND_EACH;
	out->opaque_len = MEI_HEAD;
	for (uint8_t id = first; id < end; id++)
		put_object(out, id, object[id]);
	return MB_OK;
}

static const struct {
	enum mb_exception (*answer)(const struct panel *p, const struct request *r,
	                            struct reply *out);
} ANSWERS[] = {
        [FC_READ_COILS] = {read_coils},
        [FC_READ_DISCRETE] = {read_coils},
        [FC_READ_HOLDING] = {read_registers},
        [FC_READ_INPUT] = {read_registers},
        [FC_WRITE_COIL] = {press},
        [FC_WRITE_REGISTER] = {press},
        [FC_MEI] = {identify},
};

static const enum panel_act ACTS[] = {
        [COIL_STOP] = PANEL_STOP, [COIL_ASK] = PANEL_ASK, [COIL_TAKE] = PANEL_TAKE};

size_t panel_answer(const struct panel *p, const struct request *r, uint8_t out[PDU_MAX],
                    enum panel_act *act, int *device)
{
	struct reply reply = {.function = r->function};
	enum mb_exception e;

	*act = PANEL_REPLY;
	*device = -1;
	if (r->function >= ARRAY_LEN(ANSWERS) || ANSWERS[r->function].answer == NULL)
		return exception_put(r->function, MB_FUNCTION, out);
	e = ANSWERS[r->function].answer(p, r, &reply);
	if (e != MB_OK)
		return exception_put(r->function, (uint8_t)e, out);
	if (request_writes(r)) {
		*device = device_at(p, r->address);
		*act = ACTS[r->address % PANEL_DEVICE_BASE];
	}
	return reply_put(r, &reply, out);
}

/* --- numbers for two registers ----------------------------------------------------------- */

static bool fits(int64_t v)
{
	return v >= INT32_MIN && v <= INT32_MAX;
}

int panel_fit(int64_t *asked, int64_t *limit)
{
	int exponent = 0;

	for (; !fits(*asked) || !fits(*limit); exponent++) {
		*asked = *asked / 10 + (*asked % 10 > 0);
		*limit = *limit / 10 - (*limit % 10 < 0);
	}
	return exponent;
}
