/*
 * bench_judge: what one judgement costs, with the shipped library, and what computing a session's
 * limits costs. usage: bench_judge PROFILES_DIR
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/verdict.h"
#include "edge/config.h"

#define REPEATS 2000

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* A patient about whom everything is known and nothing speaks against it. */
static void well(const struct library *lib, struct patient_case *c)
{
	static const int64_t best[FACT_KIND_COUNT] = {[FACT_DAYS] = DAY_NEVER, [FACT_NUMBER] = 35};

	c->today = 20000;
	for (int i = 0; i < lib->n_facts; i++)
		c->facts.answer[i] = (struct answer){
		        .given = true,
		        .value = best[lib->fact[i].kind],
		        .answered_day = c->today,
		};
}

static void reported(const struct profile *p, struct image *image)
{
	memset(image, 0, sizeof *image);
	for (int i = 0; i < p->n_regs; i++) {
		const struct reg *r = &p->reg[i];

		if (r->encoding == ENC_TEXT)
			continue;
		if (r->role == ROLE_STATE)
			must(reg_encode(r, DEVICE_STANDBY, &image->word[r->at]));
		else
			image->word[r->at] = (uint16_t)r->initial;
		image->known |= UINT64_C(1) << i;
	}
}

/* What one judgement costs for writes of first..last to the register at `at`. */
static void judge_all(const struct situation *s, uint64_t row, uint16_t at, uint16_t first,
                      uint16_t last, const char *words)
{
	struct image result = *s->reported;
	struct verdict v;
	long judged = 0, allowed = 0;
	double begin = now_ns();

	for (int n = 0; n < REPEATS; n++)
		for (uint16_t raw = first; raw <= last; raw++) {
			result.word[at] = raw;
			verdict_judge(s, INTENT_SET, &result, row, &v);
			judged++;
			allowed += v.kind == VERDICT_ALLOWED;
		}
	printf("one judgement, %s: %.0f ns (%ld of %ld allowed)\n", words,
	       (now_ns() - begin) / (double)judged, allowed, judged);
}

int main(int argc, char **argv)
{
	static struct limits limits;
	struct config config = {0};
	struct complaints complaints = {0};
	struct patient_case c = {0};
	char file[256];

	snprintf(file, sizeof file, "%s/demo.cfg", argc > 1 ? argv[1] : "profiles");
	if (!config_load(file, &config, &complaints)) {
		fprintf(stderr, "%s does not load\n", file);
		return 1;
	}
	const struct library *lib = &config.library;
	const struct profile *p = config_profile_of(&config, &config.clinic.device[0]);
	well(lib, &c);
	c.device_class = (uint8_t)(symbols_find(&lib->classes, p->device_class) - 1);
	for (uint32_t i = 0; i < lib->n_rows; i++)
		if (lib->row[i].device_class == c.device_class)
			for (uint8_t k = 0; k < INDICATIONS_MAX; k++)
				if ((lib->row[i].indications >> k) & 1u)
					c.indication = k;

	double begin = now_ns();
	for (int i = 0; i < REPEATS; i++)
		if (limits_compute(lib, &c, &limits) != LIMITS_OK) {
			fprintf(stderr, "no limits for %s\n", p->device_class);
			return 1;
		}
	double limits_ns = (now_ns() - begin) / REPEATS;

	struct image shadow;
	reported(p, &shadow);
	const struct reg *fluence = regmap_param_row(p, FLUENCE_UJ_CM2);
	uint64_t row = UINT64_C(1) << (fluence - p->reg);
	struct situation s = {.profile = p,
	                      .limits = &limits,
	                      .cleared = ~0u,
	                      .heard = true,
	                      .reported = &shadow};
	/* fluence in tenths of J/cm2: up to the ceiling of 20 J/cm2, and beyond it */
	judge_all(&s, row, fluence->at, 1, 200, "allowed");
	judge_all(&s, row, fluence->at, 201, 400, "held, with reasons and a counter-offer");
	printf("limits of one session: %.1f us (library of %u rows and %u rules)\n",
	       limits_ns / 1000, lib->n_rows, lib->n_rules);
	complaints_free(&complaints);
	config_free(&config);
	return 0;
}
