/*
 * show: the state as JSON, for people's programs, and as registers for consoles. Reads only.
 */
#include "house/override.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

#include "edge/dosejson.h"
#include "edge/phone.h"

json_t *show_settings(const struct library *lib, const struct settings *s)
{
	return dosejson_settings(&lib->choices, s);
}

json_t *show_request(const struct request *r)
{
	uint8_t pdu[PDU_MAX];
	char hex[2 * PDU_MAX + 1];
	size_t n = request_put(r, pdu);

	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", pdu[i]);
	return json_pack("{s:i, s:s, s:i, s:i, s:s}", "function", r->function, "words",
	                 mb_function_words(r->function), "address", r->address, "count", r->count,
	                 "hex", hex);
}

/* --- reasons -------------------------------------------------------------------------------- */

static void set_text(json_t *to, const char *key, const char *text)
{
	json_object_set_new(to, key, text[0] == '\0' ? json_null() : json_string(text));
}

static json_t *show_reason(const struct library *lib, const struct reason *r)
{
	char text[300], way[300], asked[64], limit[128];

	reason_text(lib, r, text, sizeof text);
	reason_way(lib, r, way, sizeof way);
	reason_asked(lib, r, asked, sizeof asked);
	reason_limit(lib, r, limit, sizeof limit);
	json_t *one =
	        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "check", check_name(r->check),
	                  "kind", verdict_kind_name(r->kind), "id", reason_id(r), "text", text,
	                  "way", way, "source", reason_source(r), "tenfold", r->tenfold);
	set_text(one, "parameter", r->param == PARAM_NONE ? "" : param_info(r->param)->name);
	set_text(one, "asked", asked);
	set_text(one, "limit", limit);
	char confidence[2] = {r->row != NULL    ? r->row->confidence
	                      : r->rule != NULL ? r->rule->confidence
	                                        : '\0'};
	set_text(one, "confidence", confidence);
	return one;
}

/* The tightest first. */
json_t *show_reasons(const struct library *lib, const struct verdict *v)
{
	json_t *all = json_array();

	if (v->n_reasons > 0)
		json_array_append_new(all, show_reason(lib, &v->reason[v->tightest]));
	for (int i = 0; i < v->n_reasons; i++)
		if (i != v->tightest)
			json_array_append_new(all, show_reason(lib, &v->reason[i]));
	return all;
}

void say_verdict(const struct library *lib, const struct verdict *v, char *buf, size_t len)
{
	struct text t = text_in(buf, len); /* cut between characters, or JSON would not take it */
	char why[300] = "", way[300] = "";

	if (v->kind == VERDICT_ALLOWED) {
		text_put(&t, v->by_waiver ? "allowed by a physician's grant"
		                          : "allowed: inside the limits");
		return;
	}
	if (v->n_reasons > 0) {
		reason_text(lib, &v->reason[v->tightest], why, sizeof why);
		reason_way(lib, &v->reason[v->tightest], way, sizeof way);
	}
	text_put(&t, v->kind == VERDICT_HELD ? "held for a physician: " : "refused: ");
	text_put(&t, why);
	text_put(&t, "; ");
	text_put(&t, way);
}

json_t *show_screening(const struct limits *l, uint64_t cleared)
{
	json_t *all = json_array();
	char id[64], text[300];

	for (int i = 0; i < l->n_reasons; i++) {
		const struct screening_reason *r = &l->reason[i];
		const char confidence[2] = {r->rule != NULL ? r->rule->confidence : '\0'};

		screening_reason_id(r, id, sizeof id);
		screening_reason_text(r, text, sizeof text);
		json_array_append_new(
		        all,
		        json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b}", "id", id, "kind",
		                  r->kind == VERDICT_ALLOWED ? "NOTE" : verdict_kind_name(r->kind),
		                  "text", text, "source", r->rule != NULL ? r->rule->source : "",
		                  "confidence", confidence, "approvers", r->approvers, "cleared",
		                  (int)((cleared >> i) & 1)));
	}
	return all;
}

/* --- sessions and holds ------------------------------------------------------------------------
 */

/* What is derived is shown beside what was answered: both decide. */
static json_t *show_facts(const struct device *d, const struct patient_case *c)
{
	const struct library *lib = device_library(d);
	json_t *all = json_array();
	char text[96];

	for (int i = 0; i < lib->n_facts; i++) {
		const struct fact *f = &lib->fact[i];

		fact_format(f, &c->facts.answer[i], c->today, text, sizeof text);
		bool worst = fact_risk(f, &c->facts.answer[i], c->today) == RISK_UNKNOWN;
		json_array_append_new(
		        all, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", f->name, "question",
		                       f->question, "answer", text, "counts_as",
		                       worst ? "the riskiest answer" : text, "derived",
		                       f->derive != DERIVE_NONE || i == lib->test_fact));
	}
	return all;
}

static void show_span(const struct library *lib, enum param p, struct span s, uint64_t choices,
                      char *buf, size_t len)
{
	struct reason r = {.param = p, .has_limit = true, .limit = s, .choices = choices};

	reason_limit(lib, &r, buf, len);
}

static json_t *show_cell(const struct library *lib, const struct cell *c)
{
	json_t *select = json_object(), *limits = json_array();
	char text[128], hard[128], status[2] = {row_status_letter(c->row->status)};

	for (int i = 0; i < c->row->n_select; i++) {
		const struct select *s = &c->row->select[i];

		show_span(lib, s->param, s->span, s->choices, text, sizeof text);
		json_object_set_new(select, param_info(s->param)->name, json_string(text));
	}
	for (int i = 0; i < c->n_limit; i++) {
		const struct limit *l = &c->limit[i];

		show_span(lib, l->param, l->soft, l->choices, text, sizeof text);
		hard[0] = '\0';
		if (l->hard.lo != INT64_MIN || l->hard.hi != INT64_MAX)
			show_span(lib, l->param, l->hard, 0, hard, sizeof hard);
		json_t *one = json_pack("{s:s, s:s, s:s}", "parameter", param_info(l->param)->name,
		                        "allowed", text, "by",
		                        c->by[i] != NULL ? c->by[i]->id : c->row->id);
		set_text(one, "hard", hard);
		json_array_append_new(limits, one);
	}
	char confidence[2] = {c->row->confidence};
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s}", "row", c->row->id, "status", status,
	                 "select", select, "limits", limits, "source", c->row->source, "confidence",
	                 confidence);
}

static const char *asked_kind(const struct hold *h)
{
	return h->screening ? "screening" : "settings";
}

json_t *show_hold(struct device *d)
{
	const struct hold *h = &d->session.hold;
	const struct library *lib = device_library(d);
	int64_t now = (int64_t)gate_now_ms(d->gate);
	json_t *approvers = json_array();
	char text[OVERRIDE_TEXT_LEN], digest[DIGEST_LEN], code[PHONE_CODE_LEN];

	if (h->state == HOLD_FREE) {
		json_decref(approvers);
		return json_null();
	}
	for (int i = 0; i < h->n_approvers; i++)
		json_array_append_new(approvers, json_string(h->approver[i]));
	json_t *all = json_pack(
	        "{s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:s, s:s, s:s, s:I, s:o}", "id",
	        (int)h->id, "version", (int)h->version, "device", d->config->name, "patient",
	        d->session.patient, "operator", h->asked_by, "state", hold_state_name(h->state),
	        "state_words", hold_state_words(h->state), "kind", asked_kind(h),
	        "approvers_needed", h->approvers_needed, "approvers", approvers, "ask_text",
	        h->ask_text, "reason_code", h->reason_code, "reason_text", h->reason_text,
	        "seconds_left",
	        (json_int_t)(h->until_ms > now ? (h->until_ms - now + 999) / 1000 : 0), "facts",
	        show_facts(d, &d->session.case_));
	override_request(d, text);
	override_digest(text, digest);
	json_object_set_new(all, "digest", json_string(digest));
	if (h->state == HOLD_OPEN) {
		phoning_code(d, digest, code);
		json_object_set_new(all, "request_code", json_string(code));
	}
	json_object_set_new(all, "seen_by", override_seen_by(d));
	json_object_set_new(all, "reminders", override_reminders(d));
	if (h->screening) {
		json_object_set_new(all, "asked", json_object());
		json_object_set_new(all, "reasons",
		                    show_screening(&d->session.limits, d->session.cleared));
		json_object_set_new(all, "counter_offer", json_null());
		return all;
	}
	json_object_set_new(all, "asked", show_settings(lib, &h->asked));
	json_object_set_new(all, "reasons", show_reasons(lib, &h->verdict));
	json_object_set_new(all, "counter_offer",
	                    h->verdict.has_offer ? show_settings(lib, &h->verdict.offer)
	                                         : json_null());
	if (h->n_approvers == 0)
		return all;
	/* also what the second approver must approve in the same words */
	json_object_set_new(all, "granted", show_settings(lib, &h->granted));
	json_object_set_new(all, "pulses", json_integer(h->budget.pulses));
	json_object_set_new(all, "seconds", json_integer(h->budget.time_ms / 1000));
	json_object_set_new(all, "live", json_boolean(h->live));
	return all;
}

/* null: no rule limits it, or nobody knows what is left of it. */
static json_t *show_energy_left(const struct device *d)
{
	const struct allowance *a = &d->session.limits.energy_uj;
	int64_t taken = treatment_taken(d).energy_uj;
	char left[64];

	if (a->most == 0 || taken < 0)
		return json_null();
	dose_format(NULL, ENERGY_UJ, taken < a->most ? a->most - taken : 0, left, sizeof left);
	return json_string(left);
}

json_t *show_session(struct device *d)
{
	static const char *const skin[] = {"unknown", "I", "II", "III", "IV", "V", "VI"};
	const struct session *s = &d->session;
	const struct library *lib = device_library(d);
	int64_t now = (int64_t)gate_now_ms(d->gate);
	json_t *limits = json_array();

	if (s->state == SESSION_NONE) {
		json_decref(limits);
		return json_null();
	}
	for (int i = 0; i < s->limits.n_cells; i++)
		json_array_append_new(limits, show_cell(lib, &s->limits.cell[i]));
	json_t *all = json_pack(
	        "{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:I, "
	        "s:I}",
	        "id", (int)s->id, "device", d->config->name, "operator", s->operator_, "patient",
	        s->patient, "indication", symbols_name(&lib->indications, s->case_.indication + 1),
	        "site", symbols_name(&lib->sites, s->case_.site + 1), "state",
	        s->state == SESSION_OPEN ? "open" : "waiting", "skin_type", skin[s->limits.skin],
	        "skin_as_assessed", skin[s->limits.skin_as_assessed], "facts",
	        show_facts(d, &s->case_), "screening", show_screening(&s->limits, s->cleared),
	        "limits", limits, "hold", show_hold(d), "library", lib->hash_hex, "demo",
	        d->edition->demo, "age_s", (json_int_t)((now - s->started_ms) / 1000), "idle_s",
	        (json_int_t)((now - s->touched_ms) / 1000));
	json_object_set_new(all, "kind", json_string(session_kind(s)));
	json_object_set_new(all, "training", training_left(d, s->operator_));
	json_object_set_new(all, "supervision",
	                    json_pack("{s:s, s:s}", "wanted",
	                              supervision_name(s->limits.supervision), "nearest",
	                              supervision_name(presence_nearest(d))));
	json_object_set_new(all, "delivered", treatment_delivered(d));
	json_object_set_new(all, "pulses_left",
	                    s->limits.pulses.most == 0 ? json_null()
	                                               : json_integer(treatment_pulses_left(d)));
	json_object_set_new(all, "energy_left", show_energy_left(d));
	return all;
}

/* --- devices and the whole ------------------------------------------------------------------- */

static json_t *show_last(struct device *d)
{
	char text[400];

	if (!d->last_any)
		return json_null();
	say_verdict(device_library(d), &d->last, text, sizeof text);
	return json_pack("{s:s, s:i, s:o, s:s}", "verdict", verdict_kind_name(d->last.kind),
	                 "exception", d->last_exception, "reasons",
	                 show_reasons(device_library(d), &d->last), "text", text);
}

/* How well the line to it does. */
static json_t *show_traffic(const struct link *l)
{
	const struct link_stats *t = &l->stats;
	json_t *all =
	        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "sent", (json_int_t)t->sent,
	                  "answered", (json_int_t)t->answered, "silent", (json_int_t)t->silent,
	                  "wrong", (json_int_t)t->wrong, "late", (json_int_t)t->late, "bad_sum",
	                  (json_int_t)t->bad_sum, "lost", (json_int_t)t->resets);

	set_text(all, "last_trouble", t->last_trouble);
	return all;
}

/* Whether it is fed, and what keeps the next beat back; null: it has no such register. */
static json_t *show_heartbeat(const struct device *d)
{
	const struct heart *h = &d->heart;
	json_int_t ago = (json_int_t)gate_now_ms(d->gate) - h->taken_ms;

	if (h->row == NULL)
		return json_null();
	json_t *all = json_pack("{s:b, s:I, s:I, s:I, s:o}", "fed", h->fed, "every_ms",
	                        (json_int_t)h->row->fed_every_ms, "standby_after_ms",
	                        (json_int_t)h->row->standby_after_ms, "beats", (json_int_t)h->beats,
	                        "ago_ms", h->taken_ms == 0 ? json_null() : json_integer(ago));

	set_text(all, "why", h->why == BEAT_FED ? "" : beat_words(h->why));
	return all;
}

json_t *show_device(struct device *d)
{
	json_t *aliases = json_array();

	for (int i = 0; i < d->config->n_aliases; i++)
		json_array_append_new(aliases, json_integer(d->config->aliases[i]));
	json_t *all = json_pack(
	        "{s:s, s:i, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:s, s:s, s:s, s:I, s:o, "
	        "s:o}",
	        "name", d->config->name, "unit", d->config->unit, "aliases", aliases, "profile",
	        d->profile->name, "device_class", d->profile->device_class, "address",
	        d->config->address, "link", d->link->up ? "up" : "down", "state",
	        device_state_name(d->state), "state_words", device_state_words(d->state),
	        "settings", show_settings(device_library(d), &d->reported), "outcome_unknown",
	        d->outcome_unknown, "serial", d->serial, "firmware", d->firmware, "handpiece",
	        d->handpiece, "pulses", (json_int_t)d->pulses, "session", show_session(d), "last",
	        show_last(d));
	json_object_set_new(
	        all, "heard_ms",
	        d->heard_ms == 0 ? json_null()
	                         : json_integer((json_int_t)(gate_now_ms(d->gate) - d->heard_ms)));
	json_object_set_new(all, "interlock_open", json_boolean(d->interlock_open));
	set_text(all, "alarm", d->alarm == EVENT_NONE ? "" : d->alarm_text);
	json_object_set_new(all, "lease", charge_show(d));
	json_object_set_new(all, "traffic", show_traffic(d->link));
	json_object_set_new(all, "heartbeat", show_heartbeat(d));
	return all;
}

static json_t *show_console_lines(const struct gate *g)
{
	json_t *all = json_array();
	struct console_line_state l;

	for (size_t i = 0; consoles_line(g->consoles, i, &l); i++) {
		json_t *one = json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I}", "line", l.name, "up",
		                        l.up, "requests", (json_int_t)l.requests, "answered",
		                        (json_int_t)l.answered, "dropped", (json_int_t)l.dropped,
		                        "foreign", (json_int_t)l.foreign, "broadcasts",
		                        (json_int_t)l.broadcasts);

		set_text(one, "trouble", l.trouble);
		json_array_append_new(all, one);
	}
	return all;
}

json_t *show_status(struct gate *g)
{
	json_t *devices = json_array();

	for (size_t i = 0; i < g->n_devices; i++)
		json_array_append_new(devices, show_device(&g->device[i]));
	const struct library *lib = gate_library(g);
	json_t *all = json_pack(
	        "{s:b, s:s, s:b, s:s, s:o, s:I, s:{s:I, s:b, s:I}, s:i, s:o, s:o, "
	        "s:o}",
	        "well", ledger_well(g->ledger), "clinic", g->config->clinic.name, "demo",
	        g->config->clinic.demo, "library", lib == NULL ? "" : lib->hash_hex, "in_use",
	        show_in_use(g), "uptime_s", (json_int_t)((gate_now_ms(g) - g->started_ms) / 1000),
	        "ledger", "rows", (json_int_t)ledger_count(g->ledger), "well",
	        ledger_well(g->ledger), "lag_ms", (json_int_t)ledger_lag_ms(g->ledger), "consoles",
	        consoles_count(g->consoles), "console_lines", show_console_lines(g), "devices",
	        devices, "recording", recording_show(g));
	json_object_set_new(all, "console_traffic", traffic_show(g));
	json_object_set_new(all, "present", presence_show(g));
	return all;
}

static json_t *show_symbols(const struct symbols *s)
{
	json_t *all = json_array();

	for (int64_t i = 1; i <= s->count; i++)
		json_array_append_new(all, json_string(symbols_name(s, i)));
	return all;
}

static json_t *show_class(const struct library *lib, int index)
{
	json_t *indications = json_array();

	for (int i = 0; i < lib->indications.count; i++)
		if ((lib->class_indications[index] >> i) & 1u)
			json_array_append_new(indications, json_string(lib->indications.name[i]));
	return json_pack("{s:s, s:o, s:s}", "name", lib->classes.name[index], "indications",
	                 indications, "closed", lib->closed[index]);
}

/* {name: {words, within}} of what sites.cfg tells of. */
static json_t *show_sites(const struct library *lib)
{
	json_t *all = json_object();

	for (int i = 0; i < lib->sites.count; i++) {
		const struct body_site *site = &lib->site[i];

		if (site->words[0] != '\0')
			json_object_set_new(
			        all, lib->sites.name[i],
			        json_pack("{s:s, s:s}", "words", site->words, "within",
			                  site->outer < 0 ? "" : lib->sites.name[site->outer]));
	}
	return all;
}

/* The director's options: how each stands and, where somebody decided, who, when and why. */
static json_t *show_options(const struct library *lib)
{
	json_t *all = json_array();

	for (int i = 0; i < lib->n_options; i++) {
		const struct director_option *o = &lib->option[i];
		char confidence[2] = {o->confidence};
		json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", o->name, "words",
		                        o->words, "stands", o->adopted ? "adopted" : "dropped",
		                        "default", o->by_default ? "adopted" : "dropped", "source",
		                        o->source, "confidence", confidence);
		json_t *decided = o->by[0] == '\0' ? json_null()
		                                   : json_pack("{s:s, s:s, s:s}", "by", o->by, "on",
		                                               o->on, "why", o->why);

		json_object_set_new(one, "decided", decided);
		json_array_append_new(all, one);
	}
	return all;
}

/* Hash, and who activated it; or what to do, when none is in use. */
json_t *show_in_use(const struct gate *g)
{
	const struct statement *s = &g->librarian.activation;

	if (g->edition_in_use == NULL)
		return json_pack("{s:b, s:s}", "any", 0, "why", librarian_trouble(g));
	return json_pack("{s:b, s:s, s:b, s:s, s:s, s:s, s:I, s:s}", "any", 1, "hash", s->library,
	                 "demo", s->demo, "person", s->person, "printed", s->printed, "proposer",
	                 s->proposer, "at", (json_int_t)s->at_unix_ms, "reason", s->reason);
}

json_t *show_library(const struct edition *e)
{
	const struct library *lib = &e->books.library;
	json_t *facts = json_array(), *classes = json_array();

	for (int i = 0; i < lib->n_facts; i++) {
		const struct fact *f = &lib->fact[i];
		if (f->derive != DERIVE_NONE || i == lib->test_fact)
			continue; /* nobody is asked it */
		json_t *values = json_array(), *by = json_array();
		char confidence[2] = {f->confidence};

		for (int v = 0; v < f->n_values; v++)
			json_array_append_new(values, json_string(f->value[v]));
		for (int r = 0; r < PERSON_ROLE_COUNT; r++)
			if ((f->answered_by >> r) & 1u)
				json_array_append_new(
				        by, json_string(person_role_name((enum person_role)r)));
		json_array_append_new(facts,
		                      json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:s, s:s}", "name",
		                                f->name, "question", f->question, "kind",
		                                fact_kind_name(f->kind), "values", values,
		                                "answered_by", by, "valid_days", f->valid_days,
		                                "source", f->source, "confidence", confidence));
	}
	for (int i = 0; i < lib->classes.count; i++)
		json_array_append_new(classes, show_class(lib, i));
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "hash", lib->hash_hex,
	                 "whole_hash", e->hash, "demo", e->demo, "facts", facts, "classes", classes,
	                 "sites", show_symbols(&lib->sites), "site_words", show_sites(lib),
	                 "options", show_options(lib));
}

/* --- registers ---------------------------------------------------------------------------------
 */

static void panel_verdict(const struct device *d, struct panel_device *p)
{
	const struct verdict *v = &d->last;

	if (!d->last_any)
		return;
	p->verdict = 1 + (int64_t)v->kind;
	if (v->n_reasons == 0)
		return;
	const struct reason *r = &v->reason[v->tightest];
	p->check = 1 + (int64_t)r->check;
	p->param = r->param == PARAM_NONE ? 0 : 1 + (int64_t)r->param;
	p->asked = r->has_asked ? r->asked : 0;
	if (r->has_limit)
		p->limit = r->limit.hi != INT64_MAX   ? r->limit.hi
		           : r->limit.lo != INT64_MIN ? r->limit.lo
		                                      : 0;
	p->exponent = panel_fit(&p->asked, &p->limit);
	reason_text(device_library(d), r, p->text, sizeof p->text);
}

static void panel_hold(const struct device *d, struct panel_device *p)
{
	const struct hold *h = &d->session.hold;
	int64_t now = (int64_t)gate_now_ms(d->gate);

	if (d->session.state == SESSION_NONE)
		return;
	p->hold_id = h->id & 0xffff;
	p->hold_state = h->state;
	p->hold_number = h->state == HOLD_OPEN || h->state == HOLD_CHECKING ? h->number : 0;
	p->approvers = h->state == HOLD_OPEN ? h->approvers_needed - h->n_approvers : 0;
	if ((h->state == HOLD_GRANTED || h->state == HOLD_IN_FORCE) && h->until_ms > now)
		p->grant_seconds = (h->until_ms - now + 999) / 1000;
}

static void panel_lease(struct device *d, const char *who, struct panel_device *p)
{
	charge_look(d);
	p->lease = lease_view(&d->lease, who);
	p->lease_seconds = lease_seconds(&d->lease, (int64_t)gate_now_ms(d->gate));
	text_copy(p->console, sizeof p->console, d->lease.console);
}

void show_panel(struct gate *g, struct console_ref who, struct panel *out)
{
	const char *me = console_identity(g->consoles, who);

	memset(out, 0, sizeof *out);
	out->version = 2;
	out->gate_state = !ledger_well(g->ledger) ? 2 : g->edition_in_use == NULL ? 3 : 1;
	out->devices = (int64_t)g->n_devices;
	out->uptime_s = (int64_t)((gate_now_ms(g) - g->started_ms) / 1000);
	for (size_t i = 0; i < g->n_devices; i++) {
		struct device *d = &g->device[i];
		struct panel_device *p = &out->device[i];

		p->unit = d->config->unit;
		p->link = d->link->up;
		p->state = d->state;
		p->session = d->session.state;
		p->alarm = d->alarm;
		out->alarms += d->alarm != EVENT_NONE;
		panel_verdict(d, p);
		panel_hold(d, p);
		panel_lease(d, me, p);
	}
}
