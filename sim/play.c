/*
 * The recording's consoles and people, in its order and by its causes: a request goes out when all
 * that came before it has been answered and seen.
 */
#include "replay.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/rtu.h"

#define PUMP_MS   5
#define ANSWER_MS 20000 /* a gate answers by its device's deadline, on a busy machine too */
#define SEEN_MS   10000 /* for devices to have shown what they showed then */
#define CLOSE_MS  2000
#define HOLD_MS   200 /* a few polls, and well below a device's deadline */
/* What is over is noticed with one of the gate's ticks. */
#define TICKS_MS 50

int64_t now_ms(void)
{
	return clock_ns() / 1000000;
}

/* --- everybody is served -------------------------------------------------------------------------
 */

#define FDS_MAX (2 * DEVICES_MAX + VOICES_MAX + PANELS_MAX)

static void panel_serve(struct panel_of *p);

static int voices_fds(const struct stage *s, struct pollfd *fds)
{
	for (int i = 0; i < s->n_voices; i++)
		fds[i] = (struct pollfd){.fd = s->voice[i].fd, .events = POLLIN};
	return s->n_voices;
}

static void serve_all(struct replay *r)
{
	struct pollfd fds[FDS_MAX];
	int n = 0, voices, panels;

	for (int i = 0; i < r->n_mimics; i++)
		n += mimic_fds(&r->mimic[i], fds + n);
	voices = n;
	n += voices_fds(&r->stage, fds + n);
	panels = n;
	for (int i = 0; i < PANELS_MAX; i++)
		fds[n++] = (struct pollfd){.fd = r->panel[i].fd, .events = POLLIN};
	if (poll(fds, (nfds_t)n, PUMP_MS) < 0)
		return;
	for (int i = 0; i < r->n_mimics; i++)
		mimic_serve(&r->mimic[i], fds + 2 * i, 2);
	for (int i = 0; i < panels - voices; i++)
		if (fds[voices + i].revents != 0)
			voice_serve(&r->stage.voice[i]);
	for (int i = 0; i < PANELS_MAX; i++)
		if (fds[panels + i].revents != 0)
			panel_serve(&r->panel[i]);
}

bool play_pump(struct replay *r, until_fn *is, void *what, int ms)
{
	int64_t end = now_ms() + ms;

	for (;;) {
		for (int i = 0; i < r->n_mimics; i++)
			mimic_step(&r->mimic[i]);
		if (is(r, what))
			return true;
		if (now_ms() >= end)
			return false;
		serve_all(r);
	}
}

static bool never(struct replay *r, void *what)
{
	(void)r, (void)what;
	return false;
}

/* All that devices showed before this event has been shown, and looked at. */
static bool is_seen(struct replay *r, void *what)
{
	(void)what;
	for (int i = 0; i < r->n_mimics; i++)
		if (!mimic_done(&r->mimic[i], r->at))
			return false;
	return true;
}

void play_await_seen(struct replay *r)
{
	if (play_pump(r, is_seen, NULL, SEEN_MS))
		return;
	r->waited_in_vain++;
	for (int i = 0; i < r->n_mimics; i++)
		mimic_give_up(&r->mimic[i], r->at);
}

/* --- consoles ------------------------------------------------------------------------------------
 */

static void panel_close(struct panel_of *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->in_flight = false;
	p->have = 0;
}

static void panel_serve(struct panel_of *p)
{
	ssize_t n = recv(p->fd, p->in + p->have, sizeof p->in - p->have, 0);
	struct frame f;
	size_t used;

	if (n <= 0) {
		panel_close(p);
		return;
	}
	p->have += (size_t)n;
	while (mbap_take(p->in, p->have, &f, &used) == MBAP_OK) {
		p->have -= used;
		memmove(p->in, p->in + used, p->have);
		p->in_flight = false;
	}
}

static struct panel_of *panel_named(struct replay *r, int channel)
{
	struct panel_of *free_one = NULL;

	for (int i = 0; i < PANELS_MAX; i++) {
		if (r->panel[i].channel == channel)
			return &r->panel[i];
		if (free_one == NULL && r->panel[i].channel < 0)
			free_one = &r->panel[i];
	}
	for (int i = 0; i < PANELS_MAX && free_one == NULL; i++)
		if (r->panel[i].fd < 0)
			free_one = &r->panel[i];
	if (free_one != NULL)
		*free_one = (struct panel_of){
		        .channel = channel, .serial = tape_is_serial(&r->tape, channel), .fd = -1};
	return free_one;
}

/* Without its port; of a serial line as it is. */
static void address_of(const char *name, char *out, size_t len)
{
	const char *colon = name[0] == '/' ? NULL : strrchr(name, ':');

	snprintf(out, len, "%.*s", (int)(colon == NULL ? strlen(name) : (size_t)(colon - name)),
	         name);
}

/* Consoles of other machines come from other addresses here as well: 127.0.0.1 the first one's,
 * 127.0.0.2 the next one's. */
struct in_addr play_address(const struct replay *r, const char *address)
{
	char seen[PANELS_MAX][64], of[64];
	int n = 0, k;

	for (size_t i = 0; i < r->tape.n; i++) {
		const struct tape_event *e = &r->tape.event[i];

		if (e->is.event != RECORDED_BEGINS || !tape_is_console(&r->tape, e->channel))
			continue;
		address_of(e->is.what, of, sizeof of);
		for (k = 0; k < n && strcmp(seen[k], of) != 0;)
			k++;
		if (k == n && n < PANELS_MAX)
			snprintf(seen[n++], sizeof seen[0], "%s", of);
		if (strcmp(of, address) == 0)
			return (struct in_addr){htonl(INADDR_LOOPBACK + (uint32_t)k)};
	}
	return (struct in_addr){htonl(INADDR_LOOPBACK)};
}

static struct in_addr own_address(const struct replay *r, int channel)
{
	char address[64] = "";

	for (size_t i = 0; i < r->tape.n; i++)
		if (r->tape.event[i].channel == channel &&
		    r->tape.event[i].is.event == RECORDED_BEGINS)
			address_of(r->tape.event[i].is.what, address, sizeof address);
	return play_address(r, address);
}

static bool panel_connect(struct replay *r, struct panel_of *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)r->stage.port)};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = own_address(r, p->channel)};
	socklen_t n = sizeof from;
	char host[INET_ADDRSTRLEN];
	int on = 1;

	if (p->fd >= 0)
		return true;
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(p->fd, (struct sockaddr *)&from, sizeof from) != 0 ||
	    inet_pton(AF_INET, r->stage.host, &to.sin_addr) != 1 ||
	    connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0 ||
	    getsockname(p->fd, (struct sockaddr *)&from, &n) != 0) {
		panel_close(p);
		return false;
	}
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	inet_ntop(AF_INET, &from.sin_addr, host, sizeof host);
	snprintf(p->name, sizeof p->name, "%s:%d", host, ntohs(from.sin_port));
	return true;
}

int play_channel_of(const struct replay *r, const char *name)
{
	for (int i = 0; i < PANELS_MAX; i++)
		if (r->panel[i].channel >= 0 && strcmp(r->panel[i].name, name) == 0)
			return r->panel[i].channel;
	return -1;
}

/* What was sent to the gate before this is with it, once it has answered somebody else: the next
 * request cannot be taken first. */
static void let_others_be_first(struct replay *r, const struct panel_of *next)
{
	char why[200];

	for (int i = 0; i < PANELS_MAX; i++) {
		const struct panel_of *p = &r->panel[i];

		if (p == next || p->channel < 0 || !p->in_flight)
			continue;
		json_decref(
		        voice_call(r, &r->stage.voice[0], "hello", json_object(), why, sizeof why));
		return;
	}
}

static size_t frame_to_gate(struct panel_of *p, const struct tape_event *e, uint8_t *bytes)
{
	uint8_t adu[ADU_MAX];
	struct frame f;

	if (!p->serial)
		return recording_bytes(&e->is, bytes);
	if (!tape_frame(e, true, bytes, &f))
		return 0;
	size_t n = mbap_put(adu, ++p->tid, f.unit, f.pdu, f.pdu_len);
	memcpy(bytes, adu, n);
	return n;
}

static bool is_held(struct replay *r, void *what)
{
	(void)r;
	return ((struct mimic *)what)->holds;
}

/* A read of the gate's own that was on its way then, and went wrong, is on its way now. */
static void hold_reads(struct replay *r, int at)
{
	int answer = at;

	while (answer < (int)r->tape.n &&
	       (r->tape.event[answer].channel != r->tape.event[at].channel ||
	        r->tape.event[answer].is.event != RECORDED_ANSWERS))
		answer++;
	for (int i = 0; i < r->n_mimics; i++)
		if (mimic_hold(&r->mimic[i], at, answer))
			play_pump(r, is_held, &r->mimic[i], HOLD_MS);
}

/* The request is with the gate before they go wrong. */
static void let_reads_go(struct replay *r)
{
	char why[200];
	bool any = false;

	for (int i = 0; i < r->n_mimics; i++)
		any = any || r->mimic[i].hold != NULL;
	if (!any)
		return;
	json_decref(voice_call(r, &r->stage.voice[0], "hello", json_object(), why, sizeof why));
	for (int i = 0; i < r->n_mimics; i++)
		mimic_let_go(&r->mimic[i]);
}

static void on_asks(struct replay *r, int at)
{
	const struct tape_event *e = &r->tape.event[at];
	struct panel_of *p = panel_named(r, e->channel);
	uint8_t bytes[RECORDING_BYTES_MAX];

	play_await_seen(r);
	if (p == NULL || !panel_connect(r, p))
		return;
	let_others_be_first(r, p);
	hold_reads(r, at);
	size_t n = frame_to_gate(p, e, bytes);
	p->in_flight = e->is.event == RECORDED_ASKS;
	if (n == 0 || send(p->fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		panel_close(p);
	let_reads_go(r);
}

static bool has_answer(struct replay *r, void *what)
{
	(void)r;
	return !((struct panel_of *)what)->in_flight;
}

static void on_answers(struct replay *r, const struct tape_event *e)
{
	struct panel_of *p = panel_named(r, e->channel);

	if (p == NULL || play_pump(r, has_answer, p, ANSWER_MS))
		return;
	r->waited_in_vain++;
	panel_close(p);
}

static bool has_gone(struct replay *r, void *what)
{
	(void)r;
	return ((struct panel_of *)what)->fd < 0;
}

/* It went; or the gate would have no more of it, and does so again. */
static void on_ends(struct replay *r, const struct tape_event *e)
{
	struct panel_of *p = panel_named(r, e->channel);

	play_await_seen(r);
	if (p == NULL)
		return;
	if (strstr(e->is.what, "does not speak") != NULL || strstr(e->is.what, "refused") != NULL)
		play_pump(r, has_gone, p, CLOSE_MS);
	panel_close(p);
}

/* --- time ----------------------------------------------------------------------------------------
 */

static void wait_until(struct replay *r, int64_t at_ms)
{
	if (at_ms > now_ms())
		play_pump(r, never, NULL, (int)(at_ms - now_ms()));
}

/* What ended then because its time was over has to have the same time now: counted from the row
 * before that names the same hold, or from what was last done. */
static void on_expired(struct replay *r, int at, json_int_t hold)
{
	int from = at - 1;

	while (from > 0) {
		const struct tape_event *e = &r->tape.event[from];
		bool same = false;

		if (hold > 0 && e->is.event == RECORDED_ROW) {
			json_t *row = tape_json(e);

			same = json_integer_value(json_object_get(row, "hold")) == hold;
			json_decref(row);
		} else if (hold == 0) {
			same = e->is.event == RECORDED_ASKS &&
			       tape_is_console(&r->tape, e->channel);
		}
		if (same)
			break;
		from--;
	}
	play_await_seen(r);
	wait_until(r, r->when_ms[from] + TICKS_MS +
	                      (r->tape.event[at].us - r->tape.event[from].us) / 1000);
}

static void on_row(struct replay *r, int at)
{
	const struct tape_event *e = &r->tape.event[at];

	if (tape_row_is(e, "act")) {
		act_begin(r, e);
	} else if (tape_row_is(e, "done")) {
		act_end(r, at);
	} else if (tape_row_is(e, "hold") || tape_row_is(e, "grant") || tape_row_is(e, "session")) {
		json_t *row = tape_json(e);
		const char *event = json_string_value(json_object_get(row, "event"));
		const char *text = json_string_value(json_object_get(row, "text"));

		if (event != NULL && strcmp(event, "expire") == 0)
			on_expired(r, at, json_integer_value(json_object_get(row, "hold")));
		else if (text != NULL && strcmp(text, "idle for too long") == 0)
			on_expired(r, at, 0);
		json_decref(row);
	}
}

static void on_event(struct replay *r, int at)
{
	const struct tape_event *e = &r->tape.event[at];

	if (r->speed > 0)
		wait_until(r, r->began_ms + (int64_t)((double)e->us / 1000 / r->speed));
	r->when_ms[at] = now_ms();
	if (e->channel == TAPE_GATE && e->is.event == RECORDED_ROW)
		on_row(r, at);
	if (!tape_is_console(&r->tape, e->channel))
		return;
	if (e->is.event == RECORDED_ASKS || e->is.event == RECORDED_NOISE)
		on_asks(r, at);
	else if (e->is.event == RECORDED_ANSWERS)
		on_answers(r, e);
	else if (e->is.event == RECORDED_ENDS)
		on_ends(r, e);
}

/* By event: which is the next that comes from us? */
static void look_ahead(struct replay *r)
{
	int n = (int)r->tape.n;

	r->next_send = calloc((size_t)n + 1, sizeof *r->next_send);
	r->when_ms = calloc((size_t)n + 1, sizeof *r->when_ms);
	must(r->next_send != NULL && r->when_ms != NULL);
	r->next_send[n] = n;
	for (int i = n - 1; i >= 0; i--) {
		const struct tape_event *e = &r->tape.event[i];
		bool ours = tape_row_is(e, "act") ||
		            (tape_is_console(&r->tape, e->channel) && e->is.event == RECORDED_ASKS);

		r->next_send[i] = ours ? i : r->next_send[i + 1];
	}
}

bool play(struct replay *r, char *why, size_t len)
{
	look_ahead(r);
	r->began_ms = now_ms();
	if (!stage_open(r, why, len))
		return false;
	r->began_ms = now_ms();
	for (int at = 0; at < (int)r->tape.n; at++) {
		r->at = at;
		on_event(r, at);
	}
	r->at = (int)r->tape.n;
	play_await_seen(r);
	return true;
}
