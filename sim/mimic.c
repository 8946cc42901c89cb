#include "replay.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/rtu.h"

/* Sweeps after which what the gate did of itself then will not come any more. */
#define BLOCKED_MAX 10
/* For the gate to give a line up, or to come back to it (its back-off ends at two seconds). */
#define LINE_MS 4000

static bool is_due(const struct mimic *m, const struct item *it)
{
	return it->at < m->replay->at;
}

static struct item *head(struct mimic *m)
{
	while (m->next < m->script.n_items && m->script.item[m->next].over)
		m->next++;
	return m->next < m->script.n_items ? &m->script.item[m->next] : NULL;
}

static void over(struct mimic *m, struct item *it)
{
	it->over = true;
	m->blocked = 0;
	m->down_ms = 0;
}

/* --- registers -----------------------------------------------------------------------------------
 */

/* What is its own business once it is off the script. */
static bool is_of_life(const struct mimic *m, enum table t, uint16_t address)
{
	const struct profile *p = m->script.profile;

	for (int i = 0; i < p->n_regs; i++) {
		const struct reg *r = &p->reg[i];

		if (r->table == t && address >= r->address && address - r->address < r->words &&
		    (r->role == ROLE_STATE || r->role == ROLE_PULSE_COUNTER ||
		     r->role == ROLE_DELIVERED_ENERGY))
			return true;
	}
	return false;
}

static enum device_state state_in(const struct mimic *m, const uint16_t *words)
{
	const struct reg *r = regmap_row(m->script.profile, ROLE_STATE);
	int64_t state;

	return r != NULL && reg_decode(r, words, &state) == DECODE_OK ? (enum device_state)state
	                                                              : DEVICE_UNKNOWN;
}

static enum device_state state_now(const struct mimic *m)
{
	const struct reg *r = regmap_row(m->script.profile, ROLE_STATE);

	return r == NULL ? DEVICE_UNKNOWN : state_in(m, &m->device.word[r->table][r->address]);
}

/* The script has it in standby, and so has it been put itself: they agree again. */
static bool agrees_again(const struct mimic *m, const struct changes *c)
{
	const struct reg *r = regmap_row(m->script.profile, ROLE_STATE);

	for (size_t i = 0; r != NULL && i < c->n; i++)
		if (c->of[i].table == r->table && c->of[i].address == r->address)
			return state_in(m, &c->of[i].value) == DEVICE_STANDBY;
	return false;
}

static void apply(struct mimic *m, const struct changes *c)
{
	if (m->off && agrees_again(m, c))
		m->off = m->alive = false;
	for (size_t i = 0; i < c->n; i++) {
		const struct change *one = &c->of[i];

		if (!m->off || !is_of_life(m, one->table, one->address))
			m->device.word[one->table][one->address] = one->value;
	}
	if (!m->off) {
		m->device.state = state_now(m);
		m->device.until_ms = 0;
	}
}

/* What did not move then does not move now, whatever it is now. */
static void keep(struct mimic *m, struct changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->of[i].kept)
			c->of[i].value = m->device.word[c->of[i].table][c->of[i].address];
}

/* --- what is left out ----------------------------------------------------------------------------
 */

static bool asks_still(const struct mimic *m, int channel)
{
	for (int i = 0; i < PANELS_MAX; i++)
		if (m->replay->panel[i].channel == channel)
			return m->replay->panel[i].in_flight;
	return false;
}

static void leave_out(struct mimic *m, struct item *it)
{
	if (it->kind == ITEM_WRITE && it->intent == INTENT_ARM)
		m->off = true;
	over(m, it);
}

/* The console has been answered without it; or what the gate did of itself it does not do now. */
static bool is_stale(struct mimic *m, const struct item *it)
{
	if (it->kind == ITEM_WRITE && it->console >= 0)
		return !asks_still(m, it->console);
	return it->kind != ITEM_LOOK && ++m->blocked > BLOCKED_MAX;
}

void mimic_give_up(struct mimic *m, int at)
{
	for (struct item *it = head(m); it != NULL && it->at < at; it = head(m)) {
		if (it->kind == ITEM_LOOK)
			apply(m, &it->changes);
		leave_out(m, it);
	}
	m->reads_left = 0;
}

/* --- looks ---------------------------------------------------------------------------------------
 */

static void begin_sweep(struct mimic *m)
{
	struct item *it;

	m->look_played = false;
	m->reads_left = m->script.profile->n_reads;
	while ((it = head(m)) != NULL && is_due(m, it)) {
		if (it->kind == ITEM_LOOK) {
			apply(m, &it->changes);
			over(m, it);
			m->look_played = true;
			return;
		}
		if (it->kind == ITEM_DOWN || it->kind == ITEM_UP || !is_stale(m, it))
			return;
		leave_out(m, it);
	}
}

bool mimic_done(const struct mimic *m, int at)
{
	for (int i = m->next; i < m->script.n_items && m->script.item[i].at < at; i++)
		if (!m->script.item[i].over)
			return false;
	return !m->look_played || m->reads_left == 0;
}

/* --- answers -------------------------------------------------------------------------------------
 */

static void send_bytes(struct mimic *m, const uint8_t *bytes, size_t n)
{
	if (m->conn >= 0 && send(m->conn, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		m->have = 0; /* it is gone: the next poll says so */
}

static void answer(struct mimic *m, const struct frame *f, const uint8_t *pdu, size_t n)
{
	uint8_t adu[ADU_MAX], rtu[RTU_MAX];

	if (m->script.line)
		send_bytes(m, rtu, rtu_put(rtu, f->unit, pdu, n));
	else
		send_bytes(m, adu, mbap_put(adu, f->tid, f->unit, pdu, n));
}

/* As it came then; of a transaction's number only how far it was off. */
static void answer_as_then(struct mimic *m, const struct frame *f, const struct item *it)
{
	const struct tape *t = &m->replay->tape;
	uint8_t bytes[RECORDING_BYTES_MAX];

	for (int i = 0; i < it->n_chunks; i++) {
		size_t n = recording_bytes(&t->event[it->chunk[i]].is, bytes);

		if (!m->script.line && n >= 2) {
			uint16_t tid = (uint16_t)(bytes[0] << 8 | bytes[1]);

			tid = (uint16_t)(tid - it->tid + f->tid);
			bytes[0] = (uint8_t)(tid >> 8);
			bytes[1] = (uint8_t)tid;
		}
		send_bytes(m, bytes, n);
	}
}

static bool is_read(const struct frame *f)
{
	return f->pdu[0] >= FC_READ_COILS && f->pdu[0] <= FC_READ_INPUT;
}

/* What is to be played to this request, if anything but what the registers say is. */
static struct item *item_for(struct mimic *m, const struct frame *f)
{
	int end = m->hold != NULL ? m->hold->at + 1 : m->replay->next_send[m->replay->at];

	for (int i = m->next; i < m->script.n_items && m->script.item[i].at < end; i++) {
		struct item *it = &m->script.item[i];

		if (it->over)
			continue;
		bool same = it->n_pdu == f->pdu_len && memcmp(it->pdu, f->pdu, it->n_pdu) == 0;
		if (!same && it->kind == ITEM_WRITE && it != m->hold && is_read(f))
			return NULL; /* what follows a write was not read before it */
		if (!same)
			continue;
		if (it->kind == ITEM_WRITE || it == m->hold ||
		    (it->kind == ITEM_READ && !(m->look_played && m->reads_left > 0)))
			return it;
	}
	return NULL;
}

/* By its own registers, and for what is off the script by its own life. */
static void live(struct mimic *m, const struct frame *f, const struct request *q)
{
	static const struct hits none;
	struct reply reply;
	uint8_t pdu[PDU_MAX];
	struct touch touch;
	enum mb_exception e;

	m->device.now_ms = now_ms();
	e = device_request(&m->device, f->unit, q, &none, &reply);
	if (request_writes(q) && regmap_intent(m->script.profile, q, &touch) == MB_OK &&
	    (touch.intent == INTENT_ARM || touch.intent == INTENT_STOP)) {
		m->off = m->off || touch.intent == INTENT_ARM;
		m->alive = true; /* it gets ready, or cools down */
	}
	answer(m, f, pdu,
	       e == MB_OK ? reply_put(q, &reply, pdu) : exception_put(f->pdu[0], (uint8_t)e, pdu));
}

static void play_item(struct mimic *m, const struct frame *f, const struct request *q,
                      struct item *it)
{
	static const struct hits none;
	struct reply reply;

	keep(m, &it->changes);
	if (it->kind == ITEM_WRITE && !it->refused) {
		m->device.now_ms = now_ms();
		(void)device_request(&m->device, f->unit, q, &none, &reply);
		if (it->intent == INTENT_ARM || it->intent == INTENT_STOP)
			m->off = m->alive = false;
	}
	apply(m, &it->changes);
	over(m, it);
	answer_as_then(m, f, it);
	m->read_back = it->answered && (it->intent == INTENT_SET || it->intent == INTENT_ARM);
}

static bool is_first_of_sweep(const struct mimic *m, const struct request *q)
{
	struct request first;

	if (m->script.profile->n_reads == 0)
		return false;
	regmap_read_request(m->script.profile, 0, &first);
	return request_equal(&first, q);
}

bool mimic_hold(struct mimic *m, int from, int to)
{
	struct item *it = head(m);

	if (it == NULL || it->kind != ITEM_READ || it->at <= from || it->at >= to)
		return false;
	m->hold = it;
	m->holds = false;
	return true;
}

void mimic_let_go(struct mimic *m)
{
	struct item *it = m->hold;
	struct frame f;
	size_t used;

	m->hold = NULL;
	if (it == NULL || !m->holds || mbap_take(m->held, m->n_held, &f, &used) != MBAP_OK)
		return;
	over(m, it);
	answer_as_then(m, &f, it);
}

static void hold_back(struct mimic *m, const struct frame *f)
{
	m->n_held = mbap_put(m->held, f->tid, f->unit, f->pdu, f->pdu_len);
	m->holds = true;
}

static void on_request(struct mimic *m, const struct frame *f)
{
	struct request q;
	uint8_t pdu[PDU_MAX];
	enum mb_exception e = request_take(f->pdu, f->pdu_len, &q);
	bool writes = e == MB_OK && request_writes(&q);

	if (e != MB_OK) {
		answer(m, f, pdu, exception_put(f->pdu[0], (uint8_t)e, pdu));
		return;
	}
	if (!writes && !m->read_back && is_first_of_sweep(m, &q))
		begin_sweep(m);
	struct item *it = item_for(m, f);
	if (!writes)
		m->read_back = false;
	if (it != NULL && it == m->hold)
		hold_back(m, f);
	else if (it != NULL)
		play_item(m, f, &q, it);
	else
		live(m, f, &q);
	if (writes && it == NULL)
		m->read_back = true;
	if (!writes && m->reads_left > 0)
		m->reads_left--;
}

/* --- the line ------------------------------------------------------------------------------------
 */

static void hang_up(struct mimic *m)
{
	if (m->conn >= 0)
		close(m->conn);
	m->conn = -1;
	m->have = 0;
	m->read_back = m->look_played = false;
	m->reads_left = 0;
}

static bool listen_again(struct mimic *m)
{
	int on = 1;

	if (m->listener >= 0)
		return true;
	m->listener = socket(m->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (m->listener < 0)
		return false;
	setsockopt(m->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(m->listener, (struct sockaddr *)&m->at, sizeof(struct sockaddr_in)) == 0 &&
	    listen(m->listener, 8) == 0)
		return true;
	close(m->listener);
	m->listener = -1;
	return false;
}

static void deaf(struct mimic *m)
{
	if (m->listener >= 0)
		close(m->listener);
	m->listener = -1;
}

static bool waited_long(struct mimic *m)
{
	if (m->down_ms == 0)
		m->down_ms = now_ms();
	return now_ms() - m->down_ms > LINE_MS;
}

static void step_down(struct mimic *m, struct item *it)
{
	const struct item *then = m->next + 1 < m->script.n_items ? it + 1 : NULL;

	if (m->script.line) { /* what was silent is played so; the line itself stays */
		over(m, it);
		return;
	}
	if (!it->by_device && m->hung_up == 0 && m->conn >= 0 && !waited_long(m))
		return; /* the gate will give it up */
	if (m->hung_up > 0)
		m->hung_up--;
	else
		hang_up(m);
	if (then == NULL || then->kind != ITEM_UP || !is_due(m, then))
		deaf(m);
	over(m, it);
}

static void step_up(struct mimic *m, struct item *it)
{
	listen_again(m);
	if (m->conn >= 0 || waited_long(m))
		over(m, it);
}

void mimic_step(struct mimic *m)
{
	struct item *it = head(m);

	if (m->alive) {
		m->device.now_ms = now_ms();
		life_tick(&m->device);
	}
	if (it == NULL || !is_due(m, it))
		return;
	if (it->kind == ITEM_DOWN)
		step_down(m, it);
	else if (it->kind == ITEM_UP)
		step_up(m, it);
}

/* A serial line's frame comes in one piece: the gate sends no second one before it is answered. */
static bool take_frame(const struct mimic *m, size_t at, struct frame *f, size_t *used)
{
	*used = m->have - at;
	if (m->script.line)
		return rtu_take_request(m->in + at, *used, f) == RTU_OK;
	return mbap_take(m->in + at, m->have - at, f, used) == MBAP_OK;
}

static void receive(struct mimic *m)
{
	ssize_t n = recv(m->conn, m->in + m->have, sizeof m->in - m->have, 0);
	size_t at = 0, used;
	struct frame f;

	if (n <= 0) {
		hang_up(m);
		m->hung_up++;
		return;
	}
	m->have += (size_t)n;
	while (m->conn >= 0 && take_frame(m, at, &f, &used)) {
		on_request(m, &f);
		at += used;
	}
	if (at > m->have)
		at = m->have;
	m->have -= at;
	memmove(m->in, m->in + at, m->have);
}

static void take_connection(struct mimic *m)
{
	int on = 1, fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	hang_up(m); /* the gate has one connection to it */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	m->conn = fd;
}

int mimic_fds(const struct mimic *m, struct pollfd *fds)
{
	fds[0] = (struct pollfd){.fd = m->listener, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = m->conn, .events = POLLIN};
	return 2;
}

void mimic_serve(struct mimic *m, const struct pollfd *fds, int n)
{
	must(n == 2);
	if (fds[1].revents != 0 && fds[1].fd == m->conn && m->conn >= 0)
		receive(m);
	if (fds[0].revents != 0 && fds[0].fd == m->listener && m->listener >= 0)
		take_connection(m);
}

/* --- open, close ---------------------------------------------------------------------------------
 */

bool mimic_open(struct mimic *m, const char *listen_at, char *why, size_t len)
{
	socklen_t n = sizeof m->at;

	m->listener = m->conn = -1;
	if (!config_address(listen_at, &m->at) || m->at.ss_family != AF_INET) {
		snprintf(why, len, "\"%s\" is no address and port, as 127.0.0.1:1601", listen_at);
		return false;
	}
	m->device.profile = *m->script.profile;
	device_make(&m->device);
	m->device.faults.seed = 1;
	apply(m, &m->script.first);
	if (listen_again(m) && getsockname(m->listener, (struct sockaddr *)&m->at, &n) == 0)
		return true;
	snprintf(why, len, "nobody can be served at %s", listen_at);
	return false;
}

void mimic_close(struct mimic *m)
{
	hang_up(m);
	deaf(m);
	device_close(&m->device);
	script_free(&m->script);
}
