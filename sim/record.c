#include "sim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edge/dosejson.h"

void record_open(struct record *r)
{
	*r = (struct record){0};
	r->seen = calloc(WRITES_KEPT, sizeof *r->seen);
	r->pulse = calloc(PULSES_KEPT, sizeof *r->pulse);
	r->run = calloc(RUNS_KEPT, sizeof *r->run);
	must(r->seen != NULL && r->pulse != NULL && r->run != NULL);
}

void record_close(struct record *r)
{
	free(r->seen);
	free(r->pulse);
	free(r->run);
}

void record_write(struct record *r, const struct write_seen *w)
{
	if (r->writes < WRITES_KEPT)
		r->seen[r->writes] = *w;
	r->writes++;
}

static void count_in_runs(struct record *r, const struct settings *s, bool ready)
{
	struct emission_run *last = r->n_runs > 0 ? &r->run[r->n_runs - 1] : NULL;

	if (last != NULL && (r->n_runs == RUNS_KEPT ||
	                     (last->ready == ready && settings_equal(&last->settings, s)))) {
		last->pulses++;
		return;
	}
	r->run[r->n_runs++] = (struct emission_run){.pulses = 1, .ready = ready, .settings = *s};
}

void record_pulse(struct record *r, struct pulse *p, bool ready)
{
	p->n = r->pulses + 1;
	if (r->pulses < PULSES_KEPT)
		r->pulse[r->pulses] = *p;
	r->pulses++;
	r->energy_uj += p->energy_uj;
	count_in_runs(r, &p->set, ready);
}

void pulse_measured(const struct pulse *p, struct settings *out)
{
	static const enum param measured[] = {FLUENCE_UJ_CM2, ENERGY_UJ};

	*out = p->set;
	for (size_t i = 0; i < ARRAY_LEN(measured); i++) {
		if (settings_has(out, measured[i]))
			out->value[measured[i]] =
			        llround((double)out->value[measured[i]] * p->factor);
	}
}

static json_t *write_json(const struct write_seen *w, int64_t n)
{
	json_t *values = json_array();

	for (uint16_t i = 0; i < w->count && i < PDU_WRITE_REGS_MAX; i++)
		json_array_append_new(values, json_integer(w->value[i]));
	return json_pack("{sI sI si si si si so si}", "n", (json_int_t)n, "at_ms",
	                 (json_int_t)w->at_ms, "unit", w->unit, "function", w->function, "address",
	                 w->address, "count", w->count, "values", values, "answer", w->answer);
}

json_t *record_log(const struct record *r)
{
	json_t *list = json_array();

	for (int64_t i = 0; i < r->writes && i < WRITES_KEPT; i++)
		json_array_append_new(list, write_json(&r->seen[i], i + 1));
	return list;
}

json_t *record_counts(const struct record *r)
{
	return json_pack("{sI sI sI}", "reads", (json_int_t)r->reads, "writes",
	                 (json_int_t)r->writes, "pulses", (json_int_t)r->pulses);
}

json_t *record_emitted(const struct record *r, const struct symbols *choices)
{
	json_t *runs = json_array();

	for (int64_t i = 0; i < r->n_runs; i++) {
		const struct emission_run *e = &r->run[i];

		json_array_append_new(runs, json_pack("{sI sb so}", "pulses", (json_int_t)e->pulses,
		                                      "ready", e->ready, "settings",
		                                      dosejson_settings(choices, &e->settings)));
	}
	return json_pack("{sI so}", "pulses", (json_int_t)r->pulses, "runs", runs);
}

static json_t *pulse_json(const struct pulse *p, const struct symbols *choices)
{
	struct settings measured;
	char energy[40];

	pulse_measured(p, &measured);
	dose_format(NULL, ENERGY_UJ, llround(p->energy_uj), energy, sizeof energy);
	return json_pack("{sI sI ss so so so}", "n", (json_int_t)p->n, "at_ms",
	                 (json_int_t)p->at_ms, "state", device_state_name(p->state), "energy",
	                 p->energy_uj > 0 ? json_string(energy) : json_null(), "settings",
	                 dosejson_settings(choices, &p->set), "measured",
	                 dosejson_settings(choices, &measured));
}

json_t *record_pulses(const struct record *r, const struct symbols *choices)
{
	json_t *list = json_array();

	for (int64_t i = 0; i < r->pulses && i < PULSES_KEPT; i++)
		json_array_append_new(list, pulse_json(&r->pulse[i], choices));
	return list;
}
