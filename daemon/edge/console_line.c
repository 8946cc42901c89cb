/*
 * A console on a serial line: it asks, we are the unit that answers.
 *
 * What came between two silences is a request when length, check sum and the length by its function
 * agree, and it names a unit of ours; then it is given on, one at a time. Nothing else is answered:
 * other units may live on the line, what is for all is obeyed by nobody here, and noise is not
 * searched for a frame that might be in it.
 *
 * A console that asks again before it was answered has given up waiting: the answer that is still
 * to come would be taken for that of its next request, so it is not sent, and the new request is
 * told that we are busy.
 */
#include "console_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "edge/serial.h"

#define EXCEPTION_BIT 0x80u

struct console_line {
	struct console_line_user user;
	struct serial *serial;
	struct console_line_state state; /* but for up and trouble */
	uint16_t slot;
	uint32_t generation; /* moves when the line is lost */
	bool busy;           /* a request of it is with the owner */
	bool given_up;       /* and its answer is not wanted any more */
	void (*closed)(void *room);
	void *room;
};

static struct console_ref ref_of(const struct console_line *l)
{
	return (struct console_ref){.slot = l->slot, .generation = l->generation};
}

static void hear(const struct console_line *l, enum recording_event e, const void *bytes, size_t n)
{
	if (l->user.on_wire != NULL)
		l->user.on_wire(l->user.owner, ref_of(l), e, bytes, n);
}

/* --- out ---------------------------------------------------------------------------------------
 */

static void send_frame(struct console_line *l, uint8_t unit, const uint8_t *pdu, size_t pdu_len)
{
	uint8_t frame[RTU_MAX];
	size_t n = rtu_put(frame, unit, pdu, pdu_len);

	must(n > 0);
	if (!serial_free(l->serial))
		return; /* the line is lost, or something newer is being said */
	hear(l, RECORDED_ANSWERS, frame, n);
	serial_send(l->serial, frame, n);
	l->state.answered++;
}

void console_line_answer(struct console_line *l, struct console_ref who, uint8_t unit,
                         const uint8_t *pdu, size_t pdu_len)
{
	if (!console_line_has(l, who))
		return;
	must(l->busy); /* exactly one answer to each frame */
	bool wanted = !l->given_up;

	l->busy = l->given_up = false;
	if (wanted)
		send_frame(l, unit, pdu, pdu_len);
}

static void answer_busy(struct console_line *l, const struct frame *f)
{
	uint8_t pdu[PDU_MAX];

	send_frame(l, f->unit, pdu, exception_put(f->pdu[0], MB_BUSY, pdu));
}

/* --- in ----------------------------------------------------------------------------------------
 */

static void take_request(struct console_line *l, const struct frame *f)
{
	l->state.requests++;
	if (serial_withdraw(l->serial)) /* an answer that waits for silence comes too late */
		l->state.answered--;
	if (l->busy) {
		l->given_up = true;
		answer_busy(l, f);
		return;
	}
	l->busy = true;
	l->user.on_frame(l->user.owner, ref_of(l), f);
}

/* Whole, but perhaps of others: their requests, and their answers, which have other lengths. */
static void take_frame(struct console_line *l, const struct frame *f)
{
	if (f->unit == 0) {
		l->state.broadcasts++;
		l->user.on_event(l->user.owner, l->state.name,
		                 "ignored: what is said to all units is obeyed by none here");
	} else if (!l->user.has_unit(l->user.owner, f->unit)) {
		l->state.foreign++;
	} else if (f->pdu[0] != 0 && (f->pdu[0] & EXCEPTION_BIT) == 0) {
		take_request(l, f); /* else it is nobody's request, in our name */
	}
}

static enum serial_heard on_piece(void *line, const uint8_t *bytes, size_t n)
{
	struct console_line *l = line;
	struct frame f;

	enum rtu_status status = rtu_take_request(bytes, n, &f);
	if (status == RTU_LENGTH && !l->user.has_unit(l->user.owner, bytes[0]))
		status = rtu_take(bytes, n, &f);
	hear(l, status == RTU_OK ? RECORDED_ASKS : RECORDED_NOISE, bytes, n);
	if (status != RTU_OK) {
		l->state.dropped++;
		return SERIAL_BAD;
	}
	take_frame(l, &f);
	return SERIAL_GOOD;
}

static void on_sent(void *line, int64_t line_ms)
{
	(void)line;
	(void)line_ms;
}

/* --- up and down -------------------------------------------------------------------------------
 */

static void forget(struct console_line *l)
{
	l->generation++;
	l->busy = l->given_up = false;
}

static void on_state(void *line, bool up)
{
	struct console_line *l = line;
	char what[160];

	snprintf(what, sizeof what, "lost: %s", serial_trouble(l->serial));
	if (!up)
		hear(l, RECORDED_ENDS, what, strlen(what));
	forget(l);
	l->user.on_event(l->user.owner, l->state.name, up ? "connected: the line is open" : what);
}

void console_line_drop(struct console_line *l, const char *why)
{
	forget(l);
	l->user.on_event(l->user.owner, l->state.name, why);
}

void console_line_listen(struct console_line *l, console_wire_fn *on_wire)
{
	l->user.on_wire = on_wire;
}

bool console_line_has(const struct console_line *l, struct console_ref who)
{
	return who.generation == l->generation && serial_up(l->serial);
}

const char *console_line_name(const struct console_line *l)
{
	return l->state.name;
}

void console_line_look(const struct console_line *l, struct console_line_state *out)
{
	*out = l->state;
	out->up = serial_up(l->serial);
	text_copy(out->trouble, sizeof out->trouble, serial_trouble(l->serial));
}

/* --- open, close -------------------------------------------------------------------------------
 */

struct console_line *console_line_open(uv_loop_t *loop, const struct transport *to, uint16_t slot,
                                       const struct console_line_user *user)
{
	struct console_line *l = calloc(1, sizeof *l);
	struct serial_user below = {.on_state = on_state,
	                            .on_piece = on_piece,
	                            .on_sent = on_sent,
	                            .owner = l,
	                            .answers = true};

	if (l == NULL)
		return NULL;
	l->user = *user;
	l->slot = slot;
	text_copy(l->state.name, sizeof l->state.name, to->place);
	l->serial = serial_open(loop, to, NULL, &below);
	if (l->serial != NULL)
		return l;
	free(l);
	return NULL;
}

static void on_closed(void *line)
{
	struct console_line *l = line;
	void (*closed)(void *room) = l->closed;
	void *room = l->room;

	free(l);
	closed(room);
}

void console_line_close(struct console_line *l, void (*closed)(void *room), void *room)
{
	l->closed = closed;
	l->room = room;
	forget(l);
	serial_close(l->serial, on_closed);
}
