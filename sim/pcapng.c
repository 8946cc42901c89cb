/*
 * A recording as packets, for Wireshark (pcapng 1.0, draft-ietf-opsawg-pcapng).
 *
 * Interface 0, Ethernet: the gate recorded what was said, not who acknowledged which segment, so
 * the packets are made here: for each connection a handshake, each frame a segment with the right
 * numbers and sums, and an end. Interface 1, DLT_USER0: serial lines, RTU frames as they went (in
 * Wireshark: Preferences, Protocols, DLT_USER, payload "mbrtu"). What the gate decided stands as a
 * comment at the packet that asked, or carried it out.
 */
#include "replay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_USER0    147
#define ETHERTYPE_IP      0x0800
#define PORT_MODBUS       502
#define DOCUMENTATION     0xC0000200u /* 192.0.2.0 */
#define COMMENT_MAX       1200
#define HEADERS           54 /* Ethernet, IP and TCP without options */

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

/* One end of a connection. */
struct end {
	uint8_t mac[6];
	uint32_t ip; /* host order */
	uint16_t port;
	uint32_t seq;
};

struct stream {
	bool open, serial;
	struct end asks, answers;
	int n_before; /* connections of this channel that were */
};

struct pcap {
	FILE *f;
	const struct tape *t;
	int64_t began_us;      /* of the epoch */
	struct stream *stream; /* by channel */
	struct script script[DEVICES_MAX];
	int n_scripts;
	char **comment; /* by event; NULL: none */
	uint16_t packets;
};

/* --- blocks --------------------------------------------------------------------------------------
 */

static void put16(FILE *f, uint16_t v)
{
	fwrite(&v, sizeof v, 1, f); /* in our own order: the block's magic says which it is */
}

static void put32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof v, 1, f);
}

static void pad(FILE *f, size_t n)
{
	static const uint8_t zero[4];

	fwrite(zero, 1, (4 - n % 4) % 4, f);
}

static size_t padded(size_t n)
{
	return n + (4 - n % 4) % 4;
}

static void put_option(FILE *f, uint16_t code, const void *value, size_t n)
{
	put16(f, code);
	put16(f, (uint16_t)n);
	fwrite(value, 1, n, f);
	pad(f, n);
}

static size_t option_size(size_t n)
{
	return 4 + padded(n);
}

static void put_head(FILE *f)
{
	static const char program[] = "dosegate-sim " DOSEGATE_VERSION;
	uint32_t size = 28 + (uint32_t)option_size(sizeof program - 1) + 4;

	put32(f, 0x0A0D0D0A);
	put32(f, size);
	put32(f, 0x1A2B3C4D);
	put16(f, 1);
	put16(f, 0);
	put32(f, 0xFFFFFFFF); /* how long the section is: not said */
	put32(f, 0xFFFFFFFF);
	put_option(f, 4, program, sizeof program - 1);
	put32(f, 0);
	put32(f, size);
}

static void put_interface(FILE *f, uint16_t link, const char *name)
{
	uint32_t size = 20 + (uint32_t)option_size(strlen(name)) + 4;

	put32(f, 1);
	put32(f, size);
	put16(f, link);
	put16(f, 0);
	put32(f, 0);
	put_option(f, 2, name, strlen(name));
	put32(f, 0);
	put32(f, size);
}

/* Microseconds are what a block has when no option says otherwise. */
static void put_packet(struct pcap *p, uint32_t interface, int64_t us, const uint8_t *bytes,
                       size_t n, const char *comment)
{
	uint64_t at = (uint64_t)(p->began_us + us);
	size_t c = comment == NULL ? 0 : strlen(comment);
	uint32_t size = 32 + (uint32_t)padded(n) + (c == 0 ? 0 : (uint32_t)option_size(c) + 4);

	put32(p->f, 6);
	put32(p->f, size);
	put32(p->f, interface);
	put32(p->f, (uint32_t)(at >> 32));
	put32(p->f, (uint32_t)at);
	put32(p->f, (uint32_t)n);
	put32(p->f, (uint32_t)n);
	fwrite(bytes, 1, n, p->f);
	pad(p->f, n);
	if (c > 0) {
		put_option(p->f, 1, comment, c);
		put32(p->f, 0);
	}
	put32(p->f, size);
}

/* --- packets -------------------------------------------------------------------------------------
 */

static void put_be16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void put_be32(uint8_t *at, uint32_t v)
{
	put_be16(at, (uint16_t)(v >> 16));
	put_be16(at + 2, (uint16_t)v);
}

static uint32_t sum_of(const uint8_t *bytes, size_t n, uint32_t sum)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return n % 2 == 0 ? sum : sum + (uint32_t)(bytes[n - 1] << 8);
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_ip(uint8_t *ip, uint16_t id, const struct end *from, const struct end *to,
                   size_t payload)
{
	ip[0] = 0x45;
	put_be16(ip + 2, (uint16_t)(40 + payload));
	put_be16(ip + 4, id);
	ip[6] = 0x40; /* do not fragment */
	ip[8] = 64;
	ip[9] = 6;
	put_be32(ip + 12, from->ip);
	put_be32(ip + 16, to->ip);
	put_be16(ip + 10, folded(sum_of(ip, 20, 0)));
}

static void put_tcp(uint8_t *ip, const struct end *from, const struct end *to, uint8_t flags,
                    size_t payload)
{
	uint8_t *tcp = ip + 20;
	uint8_t pseudo[4] = {0, 6};

	put_be16(tcp, from->port);
	put_be16(tcp + 2, to->port);
	put_be32(tcp + 4, from->seq);
	put_be32(tcp + 8, (flags & TCP_ACK) != 0 ? to->seq : 0);
	tcp[12] = 0x50;
	tcp[13] = flags;
	put_be16(tcp + 14, 0xFFFF);
	put_be16(pseudo + 2, (uint16_t)(20 + payload));
	put_be16(tcp + 16,
	         folded(sum_of(tcp, 20 + payload, sum_of(ip + 12, 8, sum_of(pseudo, 4, 0)))));
}

static void segment(struct pcap *p, int64_t us, struct end *from, const struct end *to,
                    uint8_t flags, const uint8_t *bytes, size_t n, const char *comment)
{
	uint8_t packet[HEADERS + RECORDING_BYTES_MAX] = {0};

	memcpy(packet, to->mac, sizeof to->mac);
	memcpy(packet + 6, from->mac, sizeof from->mac);
	put_be16(packet + 12, ETHERTYPE_IP);
	if (n > 0)
		memcpy(packet + HEADERS, bytes, n);
	put_ip(packet + 14, p->packets++, from, to, n);
	put_tcp(packet + 14, from, to, flags, n);
	put_packet(p, 0, us, packet, HEADERS + n, comment);
	from->seq += (uint32_t)n + ((flags & (TCP_SYN | TCP_FIN)) != 0);
}

/* --- connections ---------------------------------------------------------------------------------
 */

/* IPv4 addresses stay what they are; what is none, and the loopback, on which all would be one, get
 * one of documentation (RFC 5737). */
static void set_end(struct end *e, const char *address, uint16_t port, uint8_t n)
{
	const char *colon = strrchr(address, ':');
	char host[64] = "";
	struct in_addr in;

	*e = (struct end){.mac = {0x02, 0, 0, 0, 0, n}, .port = port};
	snprintf(host, sizeof host, "%.*s", colon == NULL ? 0 : (int)(colon - address), address);
	e->ip = inet_pton(AF_INET, host, &in) == 1 ? ntohl(in.s_addr) : INADDR_ANY;
	if (e->ip == INADDR_ANY || e->ip >> 24 == IN_LOOPBACKNET)
		e->ip = DOCUMENTATION + n;
	if (colon != NULL && port == 0)
		e->port = (uint16_t)strtoul(colon + 1, NULL, 10);
}

static void shake_hands(struct pcap *p, int64_t us, struct stream *s)
{
	s->asks.seq = 1000;
	s->answers.seq = 2000;
	segment(p, us, &s->asks, &s->answers, TCP_SYN, NULL, 0, NULL);
	segment(p, us, &s->answers, &s->asks, TCP_SYN | TCP_ACK, NULL, 0, NULL);
	segment(p, us, &s->asks, &s->answers, TCP_ACK, NULL, 0, NULL);
	s->open = true;
}

static const char *began_with(const struct tape *t, int channel, enum recording_event e)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->event[i].channel == channel && t->event[i].is.event == e)
			return t->event[i].is.what;
	return "";
}

/* The gate's own address, for consoles and for devices: of documentation where it listens on all.
 */
static void gate_end(const struct pcap *p, struct end *e, uint16_t port)
{
	json_t *was = NULL;
	const char *listen = "";

	for (size_t i = 0; i < p->t->n && was == NULL; i++)
		if (p->t->event[i].channel == TAPE_GATE && p->t->event[i].is.event == RECORDED_IS)
			was = tape_json(&p->t->event[i]);
	if (json_is_string(json_object_get(was, "listen")))
		listen = json_string_value(json_object_get(was, "listen"));
	set_end(e, listen, port, 1);
	json_decref(was);
}

/* Consoles ask the gate at Modbus's own port, so that every program knows what it reads; so does
 * the gate its devices. */
static void begin(struct pcap *p, int channel, int64_t us)
{
	struct stream *s = &p->stream[channel];
	int device;

	if (s->open)
		return;
	uint16_t ours = (uint16_t)(40000 + channel * 16 + s->n_before++ % 16);
	if (tape_is_console(p->t, channel)) {
		set_end(&s->asks, began_with(p->t, channel, RECORDED_BEGINS), 0,
		        (uint8_t)(10 + channel));
		gate_end(p, &s->answers, PORT_MODBUS);
	} else if (tape_is_device(p->t, channel, &device)) {
		const char *at = began_with(p->t, channel, RECORDED_BEGINS);

		gate_end(p, &s->asks, ours);
		set_end(&s->answers, at, PORT_MODBUS, (uint8_t)(100 + device));
	} else { /* the simulator's side knows no addresses */
		set_end(&s->asks, "", ours, 2);
		set_end(&s->answers, "", PORT_MODBUS, 3);
	}
	shake_hands(p, us, s);
}

static void end(struct pcap *p, int channel, int64_t us)
{
	struct stream *s = &p->stream[channel];

	if (!s->open)
		return;
	s->open = false;
	segment(p, us, &s->asks, &s->answers, TCP_FIN | TCP_ACK, NULL, 0, NULL);
	segment(p, us, &s->answers, &s->asks, TCP_FIN | TCP_ACK, NULL, 0, NULL);
	segment(p, us, &s->asks, &s->answers, TCP_ACK, NULL, 0, NULL);
}

/* --- what the gate said --------------------------------------------------------------------------
 */

static void remark(struct pcap *p, int at, const char *text)
{
	size_t had = p->comment[at] == NULL ? 0 : strlen(p->comment[at]);
	size_t room = had + strlen(text) + 2;

	if (room > COMMENT_MAX)
		return;
	p->comment[at] = realloc(p->comment[at], room);
	must(p->comment[at] != NULL);
	snprintf(p->comment[at] + had, room - had, "%s%s", had == 0 ? "" : "\n", text);
}

/* The request of a console that waits at this moment; -1: none. */
static int request_before(const struct tape *t, int at, int channel)
{
	for (int i = at; i >= 0; i--) {
		if (t->event[i].channel != channel)
			continue;
		if (t->event[i].is.event == RECORDED_ASKS)
			return i;
	}
	return -1;
}

static int frame_from(const struct tape *t, int at, int channel)
{
	for (int i = at; i < (int)t->n; i++)
		if (t->event[i].channel == channel && t->event[i].is.event == RECORDED_ASKS)
			return i;
	return -1;
}

static void say_verdict(json_t *row, char *buf, size_t len)
{
	json_t *first = json_array_get(json_object_get(row, "reasons"), 0);
	const char *verdict = json_string_value(json_object_get(row, "verdict"));
	const char *text = json_string_value(json_object_get(row, "text"));
	const char *id = json_string_value(json_object_get(first, "id"));

	snprintf(buf, len, "dosegate: %s%s%s%s: %s", verdict == NULL ? "refused" : verdict,
	         id == NULL || id[0] == '\0' ? "" : " by ", id == NULL ? "" : id,
	         json_object_get(row, "grant") == NULL ? "" : " (a physician's grant)",
	         text == NULL ? "" : text);
}

static void remark_request(struct pcap *p, int at, json_t *row, const char *text)
{
	const char *console = json_string_value(json_object_get(row, "console"));

	for (int c = 0; console != NULL && c < p->t->n_channels; c++) {
		if (!tape_is_console(p->t, c) ||
		    strcmp(began_with(p->t, c, RECORDED_BEGINS), console) != 0)
			continue;
		int i = request_before(p->t, at, c);

		if (i >= 0)
			remark(p, i, text);
	}
}

/* A stop goes out before its row is written; whatever else, after. */
static void remark_device(struct pcap *p, int at, json_t *row, bool before, const char *text)
{
	const char *name = json_string_value(json_object_get(row, "device"));
	char channel[16];

	for (int i = 0; name != NULL && i < p->n_scripts; i++) {
		if (strcmp(p->script[i].name, name) != 0)
			continue;
		snprintf(channel, sizeof channel, "d%d", i + 1);
		int c = tape_channel(p->t, channel);
		int to = before ? request_before(p->t, at, c) : frame_from(p->t, at, c);

		if (to >= 0)
			remark(p, to, text);
	}
}

static void remark_row(struct pcap *p, int at)
{
	const struct tape_event *e = &p->t->event[at];
	char text[900];

	if (!tape_row_is(e, "intent") && !tape_row_is(e, "refused") && !tape_row_is(e, "stop"))
		return;
	json_t *row = tape_json(e);
	say_verdict(row, text, sizeof text);
	if (tape_row_is(e, "stop")) {
		const char *why = json_string_value(json_object_get(row, "text"));
		const char *event = json_string_value(json_object_get(row, "event"));

		snprintf(text, sizeof text, "dosegate: %s", why == NULL ? "stop" : why);
		if (event != NULL && strcmp(event, "stop") == 0)
			remark_device(p, at, row, true, text);
	} else {
		remark_request(p, at, row, text);
		if (tape_row_is(e, "intent"))
			remark_device(p, at, row, false, text);
	}
	json_decref(row);
}

/* --- all of it -----------------------------------------------------------------------------------
 */

static void put_event(struct pcap *p, int at)
{
	const struct tape_event *e = &p->t->event[at];
	struct stream *s = &p->stream[e->channel];
	uint8_t bytes[RECORDING_BYTES_MAX];
	bool answers = e->is.event == RECORDED_ANSWERS || e->is.event == RECORDED_NOISE_BACK;
	bool frame = answers || e->is.event == RECORDED_ASKS || e->is.event == RECORDED_NOISE;

	if (e->channel == TAPE_GATE)
		return;
	if (!s->serial && e->is.event == RECORDED_BEGINS)
		begin(p, e->channel, e->us);
	if (!s->serial && e->is.event == RECORDED_ENDS)
		end(p, e->channel, e->us);
	if (!frame)
		return;
	size_t n = recording_bytes(&e->is, bytes);
	if (s->serial) {
		put_packet(p, 1, e->us, bytes, n, p->comment[at]);
		return;
	}
	begin(p, e->channel, e->us); /* what was there when the recording began */
	segment(p, e->us, answers ? &s->answers : &s->asks, answers ? &s->asks : &s->answers,
	        TCP_PSH | TCP_ACK, bytes, n, p->comment[at]);
}

static int64_t epoch_us(const struct tape *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->event[i].channel != TAPE_GATE || t->event[i].is.event != RECORDED_IS)
			continue;
		json_t *was = tape_json(&t->event[i]);
		int64_t ms = json_integer_value(json_object_get(was, "unix_ms"));

		json_decref(was);
		return ms * 1000 - t->event[i].us;
	}
	return 0;
}

bool pcapng_write(const struct tape *t, const char *file, char *why, size_t len)
{
	struct pcap p = {.t = t, .f = fopen(file, "w"), .began_us = epoch_us(t)};
	char ignored[200];

	if (p.f == NULL) {
		snprintf(why, len, "%s: %s", file, strerror(errno));
		return false;
	}
	p.stream = calloc((size_t)t->n_channels, sizeof *p.stream);
	p.comment = calloc(t->n + 1, sizeof *p.comment);
	must(p.stream != NULL && p.comment != NULL);
	if (!scripts_read(t, p.script, &p.n_scripts, ignored, sizeof ignored))
		p.n_scripts = 0; /* the simulator's own side */
	for (int c = 0; c < t->n_channels; c++)
		p.stream[c].serial = tape_is_serial(t, c);
	for (int i = 0; i < (int)t->n; i++)
		remark_row(&p, i);
	put_head(p.f);
	put_interface(p.f, LINKTYPE_ETHERNET, "consoles, gate, devices");
	put_interface(p.f, LINKTYPE_USER0, "serial lines");
	for (int i = 0; i < (int)t->n; i++)
		put_event(&p, i);
	for (size_t i = 0; i < t->n; i++)
		free(p.comment[i]);
	free(p.comment);
	free(p.stream);
	bool ok = !ferror(p.f);
	if (fclose(p.f) == 0 && ok)
		return true;
	snprintf(why, len, "%s cannot be written", file);
	return false;
}
