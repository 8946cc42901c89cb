#include "sim.h"

#include <stdlib.h>
#include <string.h>

void record_open(struct record *r)
{
	*r = (struct record){0};
	r->seen = calloc(WRITES_KEPT, sizeof *r->seen);
	r->run = calloc(RUNS_KEPT, sizeof *r->run);
	must(r->seen != NULL && r->run != NULL);
}

void record_close(struct record *r)
{
	free(r->seen);
	free(r->run);
}

void record_write(struct record *r, const struct write_seen *w)
{
	if (r->writes < WRITES_KEPT)
		r->seen[r->writes] = *w;
	r->writes++;
}

void record_pulse(struct record *r, const struct settings *s, bool ready)
{
	struct emission_run *last = r->n_runs > 0 ? &r->run[r->n_runs - 1] : NULL;

	r->pulses++;
	if (last != NULL && (r->n_runs == RUNS_KEPT ||
	                     (last->ready == ready && settings_equal(&last->settings, s)))) {
		last->pulses++;
		return;
	}
	r->run[r->n_runs++] = (struct emission_run){.pulses = 1, .ready = ready, .settings = *s};
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

static json_t *settings_json(const struct settings *s, const struct symbols *choices)
{
	json_t *o = json_object();
	char text[64];

	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (!settings_has(s, p))
			continue;
		dose_format(choices, p, s->value[p], text, sizeof text);
		json_object_set_new(o, param_info(p)->name, json_string(text));
	}
	return o;
}

json_t *record_emitted(const struct record *r, const struct symbols *choices)
{
	json_t *runs = json_array();

	for (int64_t i = 0; i < r->n_runs; i++) {
		const struct emission_run *e = &r->run[i];

		json_array_append_new(runs, json_pack("{sI sb so}", "pulses", (json_int_t)e->pulses,
		                                      "ready", e->ready, "settings",
		                                      settings_json(&e->settings, choices)));
	}
	return json_pack("{sI so}", "pulses", (json_int_t)r->pulses, "runs", runs);
}
