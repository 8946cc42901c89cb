/*
 * explain: any frame, decoded and judged as the gate would judge it now, without touching anything.
 */
#include "house/gate.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "00 01 00 00 00 06 01 03 …"; spaces, colons and 0x are passed over. -1: not hex. */
static int take_hex(const char *hex, uint8_t *out, size_t room)
{
	size_t n = 0;
	int high = -1;

	for (const char *p = hex; *p != '\0'; p++) {
		if (isspace((unsigned char)*p) || *p == ':' || *p == '-')
			continue;
		if (*p == '0' && (p[1] == 'x' || p[1] == 'X') && high < 0) {
			p++;
			continue;
		}
		int digit = hex_digit(*p);
		if (digit < 0 || n == room)
			return -1;
		if (high < 0) {
			high = digit;
		} else {
			out[n++] = (uint8_t)(high * 16 + digit);
			high = -1;
		}
	}
	return high < 0 ? (int)n : -1;
}

static void line(json_t *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(json_t *lines, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	json_array_append_new(lines, json_string(text));
}

static const char *intent_name(enum intent i)
{
	static const char *const name[] = {
	        [INTENT_READ] = "read",         [INTENT_SET] = "set",
	        [INTENT_ARM] = "arm",           [INTENT_STOP] = "stop",
	        [INTENT_PLAIN] = "plain write", [INTENT_OWN] = "for the gate itself",
	};

	return name[i];
}

static void say_rows(json_t *lines, const struct device *d, const struct touch *t,
                     const struct image *result)
{
	const struct symbols *names = &device_library(d)->choices;
	char text[64];
	int64_t v;

	for (int i = 0; i < d->profile->n_regs; i++) {
		const struct reg *r = &d->profile->reg[i];

		if (!((t->rows >> i) & 1))
			continue;
		if (r->role != ROLE_PARAMETER) {
			line(lines, "register \"%s\": %s", r->name, r->note);
			continue;
		}
		enum decode_status s = reg_decode(r, &result->word[r->at], &v);
		if (s == DECODE_OK)
			dose_format(names, r->param, v, text, sizeof text);
		line(lines, "register \"%s\": %s would be %s", r->name, param_info(r->param)->words,
		     s == DECODE_OK ? text : decode_status_words(s));
	}
}

static void judge_frame(json_t *all, json_t *lines, struct device *d, const struct request *r,
                        const struct touch *t)
{
	struct image result = d->shadow;
	struct request wire = *r;
	struct verdict v;
	char text[400];

	if (r->function == FC_MASK_WRITE) {
		line(lines,
		     "a mask write is judged on what the register holds when its turn comes");
		return;
	}
	if (r->function == FC_READ_WRITE)
		must(regmap_resolve(r, 0, &wire));
	if (t->intent == INTENT_SET)
		regmap_apply(d->profile, &wire, &d->shadow, &result);
	say_rows(lines, d, t, &result);
	judge(d, t->intent, &result, t->intent == INTENT_SET ? t->rows : 0, &v);
	const struct library *lib = device_library(d);
	say_verdict(lib, &v, text, sizeof text);
	line(lines, "verdict now: %s", text);
	json_object_set_new(all, "verdict",
	                    json_pack("{s:s, s:o, s:o}", "verdict", verdict_kind_name(v.kind),
	                              "reasons", show_reasons(lib, &v), "counter_offer",
	                              v.has_offer ? show_settings(lib, &v.offer) : json_null()));
	json_object_set_new(all, "exception",
	                    json_integer(v.kind == VERDICT_ALLOWED ? MB_OK : MB_VALUE));
}

static void refuse(json_t *all, json_t *lines, uint8_t code)
{
	line(lines, "refused with exception %02X: %s", code, mb_exception_words(code));
	json_object_set_new(all, "exception", json_integer(code));
}

static void explain_pdu(json_t *all, json_t *lines, struct gate *g, struct device *d,
                        const struct frame *f)
{
	struct request r;
	struct touch t;
	enum mb_exception e = request_take(f->pdu, f->pdu_len, &r);

	line(lines, "function %02X: %s", f->pdu[0], mb_function_words(f->pdu[0]));
	if (e != MB_OK) {
		refuse(all, lines, (uint8_t)e);
		return;
	}
	json_object_set_new(all, "frame", show_request(&r));
	line(lines, "address %u (0x%04X), count %u", r.address, r.address, r.count);
	if (d == NULL && f->unit == g->config->clinic.gate_unit) {
		json_object_set_new(all, "intent", json_string(intent_name(INTENT_OWN)));
		line(lines, "unit %u is the gate itself: it answers from its reason registers",
		     f->unit);
		return;
	}
	if (d == NULL) {
		refuse(all, lines, MB_NO_PATH);
		return;
	}
	line(lines, "device %s (%s)", d->config->name, d->profile->model);
	e = regmap_intent(d->profile, &r, &t);
	if (e != MB_OK) {
		refuse(all, lines, (uint8_t)e);
		return;
	}
	json_object_set_new(all, "intent", json_string(intent_name(t.intent)));
	line(lines, "intent: %s", intent_name(t.intent));
	if (t.intent == INTENT_SET || t.intent == INTENT_ARM)
		judge_frame(all, lines, d, &r, &t);
}

json_t *explain(struct gate *g, struct device *d, const char *hex, char *why, size_t why_len)
{
	uint8_t bytes[ADU_MAX];
	struct frame f = {.unit = d == NULL ? 0 : d->config->unit};
	size_t used;
	int n = take_hex(hex, bytes, sizeof bytes);

	if (n < 1) {
		snprintf(why, why_len, "\"%.60s\" is not a frame of up to %d bytes in hex", hex,
		         ADU_MAX);
		return NULL;
	}
	/* With a device named it may be a bare PDU; else it must be a whole Modbus/TCP frame. */
	bool whole = mbap_take(bytes, (size_t)n, &f, &used) == MBAP_OK && used == (size_t)n;
	if (!whole && d == NULL) {
		snprintf(why, why_len,
		         "this is no whole Modbus/TCP frame (protocol 0, length fitting); for a "
		         "bare PDU name the device");
		return NULL;
	}
	if (!whole) {
		if (n > PDU_MAX) {
			snprintf(why, why_len, "a PDU has at most %d bytes", PDU_MAX);
			return NULL;
		}
		f = (struct frame){.unit = d->config->unit, .pdu = bytes, .pdu_len = (size_t)n};
	}
	if (d == NULL)
		d = g->by_unit[f.unit];
	json_t *lines = json_array();
	json_t *all = json_pack("{s:o, s:n, s:n, s:i}", "text", lines, "verdict", "intent",
	                        "exception", 0);
	line(lines, "unit %u", f.unit);
	explain_pdu(all, lines, g, d, &f);
	return all;
}
