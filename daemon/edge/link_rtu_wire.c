/*
 * One request on a serial line: put together, sent, its answer awaited and judged. An answer is
 * good when unit, function, length, check sum and echo agree and silence follows; whatever else is
 * heard is dropped, and waiting goes on to the deadline.
 */
#include "link_queue.h"
#include "link_rtu.h"

/* --- out --------------------------------------------------------------------------------- */

/* What may be asked again, should the device fall silent. */
static void keep_as_probe(struct station *s, const struct link_call *call)
{
	uint8_t function = call->request->function;

	if (call == &s->probe_call || call == &s->line->lesson_call || function < FC_READ_COILS ||
	    function > FC_READ_INPUT)
		return;
	s->probe = *call->request;
	s->probe_unit = call->unit;
	s->probe_call.patience_ms = call->patience_ms;
}

/* Not all, and not nobody. */
static bool names_one(const struct link_call *call)
{
	return call->unit >= 1 && call->unit <= RTU_UNIT_MAX;
}

void wire_send(struct line *l, struct station *s, struct link_call *call)
{
	uint8_t frame[RTU_MAX];
	size_t n = request_put(call->request, frame + 1);

	must(n > 0);
	if (!names_one(call)) {
		station_trouble(s, "unit %u is not asked on a serial line", call->unit);
		link_append(&l->not_sent_end, call);
		return;
	}
	n = rtu_put(frame, call->unit, frame + 1, n);
	link_hear(&s->link, RECORDED_ASKS, frame, n);
	l->call = call;
	l->asked = s;
	l->on_wire = false;
	l->heard_wrong = false;
	l->patience_ms = call->patience_ms;
	l->due_ms = uv_now(l->loop) + (uint64_t)l->patience_ms; /* for the line to be silent */
	keep_as_probe(s, call);
	serial_send(l->serial, frame, n);
}

/* Whether the line repeats what we send is seen by any request whose answer is not the request once
 * more. Before the first that is, what it will write is read. */
bool wire_must_learn(const struct line *l, const struct link_call *call)
{
	return !serial_knows_echo(l->serial) && l->taught != call &&
	       rtu_answer_is_echo(call->request->function) && names_one(call);
}

void wire_learn(struct line *l, struct station *s, const struct link_call *call)
{
	l->taught = call;
	l->lesson = (struct request){.function = call->request->function == FC_WRITE_COIL
	                                                 ? FC_READ_COILS
	                                                 : FC_READ_HOLDING,
	                             .address = call->request->address,
	                             .count = 1};
	l->lesson_call = (struct link_call){.request = &l->lesson,
	                                    .unit = call->unit,
	                                    .deadline_ms = call->deadline_ms,
	                                    .patience_ms = call->patience_ms};
	wire_send(l, s, &l->lesson_call);
}

/* How long the answer takes on the line, at most. */
static int64_t answer_ms(const struct line *l)
{
	const uint8_t begins[2] = {l->call->unit, l->call->request->function};
	size_t n = rtu_reply_length(l->call->request, l->call->unit, begins, sizeof begins);

	return serial_line_ms(l->serial, n == 0 ? RTU_MAX : n);
}

/* The device has its whole time, and the line's is not its own. */
void wire_sent(void *line, int64_t line_ms)
{
	struct line *l = line;

	l->on_wire = true;
	l->call->reached = true;
	l->asked->link.stats.sent++;
	int64_t turn_ms = line_ms + l->patience_ms + answer_ms(l);
	if (turn_ms > l->asked->longest_ms)
		l->asked->longest_ms = turn_ms;
	l->due_ms = uv_now(l->loop) + (uint64_t)turn_ms;
}

/* --- in ---------------------------------------------------------------------------------- */

static enum serial_heard wrong(struct line *l)
{
	l->heard_wrong = true;
	return SERIAL_BAD;
}

static enum serial_heard judge_frame(struct line *l, const struct frame *f)
{
	const struct link_call *call = l->call;
	struct reply reply;

	if (f->unit != call->unit) {
		station_trouble(l->asked, "unit %u answers where unit %u was asked", f->unit,
		                call->unit);
		return wrong(l);
	}
	enum reply_status status = reply_take(call->request, f->pdu, f->pdu_len, &reply);
	if (status != REPLY_OK && status != REPLY_EXCEPTION) {
		station_trouble(l->asked, "%s: %s", mb_function_words(call->request->function),
		                reply_status_words(status));
		return wrong(l);
	}
	line_end_call(l, status == REPLY_OK ? LINK_REPLY : LINK_REFUSED, &reply);
	return SERIAL_GOOD;
}

/* Nobody asked, or the request has not gone out yet. */
static enum serial_heard heard_late(struct line *l)
{
	if (l->asked != NULL)
		l->asked->link.stats.late++;
	return SERIAL_BAD;
}

enum serial_heard wire_heard(void *line, const uint8_t *bytes, size_t n)
{
	struct line *l = line;
	struct frame f;

	if (l->call == NULL || !l->on_wire)
		return heard_late(l);
	size_t want = rtu_reply_length(l->call->request, l->call->unit, bytes, n);
	if (want > n) {
		station_trouble(l->asked, "only %zu of %zu bytes of an answer came", n, want);
		l->heard_wrong = true;
		return SERIAL_MORE;
	}
	enum rtu_status status = rtu_take(bytes, n, &f);
	link_hear(&l->asked->link, status == RTU_OK ? RECORDED_ANSWERS : RECORDED_NOISE_BACK, bytes,
	          n);
	if (status == RTU_OK)
		return judge_frame(l, &f);
	l->asked->link.stats.bad_sum += status == RTU_CRC;
	station_trouble(l->asked, "%s", rtu_status_words(status));
	return wrong(l);
}

void wire_overdue(struct line *l)
{
	if (l->on_wire && !l->heard_wrong)
		station_trouble(l->asked, "no answer before the deadline");
	if (l->on_wire) {
		serial_take_back(l->serial);
		line_end_call(l, l->heard_wrong ? LINK_WRONG : LINK_SILENT, NULL);
		return;
	}
	station_trouble(l->asked, "the line was not silent before the deadline");
	bool whole = serial_withdraw(l->serial);
	line_end_call(l, whole ? LINK_NOT_SENT : LINK_SILENT, NULL);
}
