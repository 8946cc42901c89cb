/*
 * What library_check lets through keeps the law: compared with every setting one by one, at every
 * limit of every row, and in a library of a hundred thousand rows.
 */
#include <stdlib.h>

#include "given.h"
#include "given_library.h"

/* ---- every setting one by one ---- */

#define SPOTS    4
#define FLUENCES 6

static uint32_t seed;

static int64_t any(int64_t lo, int64_t hi)
{
	seed = seed * 1664525u + 1013904223u;
	return lo + (int64_t)(seed >> 8) % (hi - lo + 1);
}

static struct row any_row(int64_t from, int64_t to)
{
	int64_t ceiling = any(2, FLUENCES - 1);
	int64_t hard = any(1, 3) == 1 ? INT64_MAX : any(ceiling, FLUENCES);

	return (struct row){
	        .indications = 1,
	        .status = STATUS_A,
	        .n_select = 1,
	        .select = {{SPOT_UM, {from, to}, 0}},
	        .n_limit = 1,
	        .limit = {{FLUENCE_UJ_CM2, {INT64_MIN, ceiling}, {INT64_MIN, hard}, 0}}};
}

/* Mostly to the safe side, so that a good part of the libraries pass. */
static void change_something(struct row *r)
{
	static const enum row_status next[] = {[STATUS_A] = STATUS_T,
	                                       [STATUS_T] = STATUS_M,
	                                       [STATUS_M] = STATUS_B,
	                                       [STATUS_B] = STATUS_M};

	switch (any(0, 7)) {
	case 0:
	case 1:
		r->limit[0].soft.hi += any(0, 3) == 0 ? 1 : -1;
		break;
	case 2:
		r->limit[0].hard.hi = any(0, 3) == 0 ? INT64_MAX : r->limit[0].soft.hi;
		break;
	case 3:
	case 4:
	case 5:
		r->status = next[r->status];
		break;
	case 6:
		r->select[0].span.lo += any(-1, 1);
		break;
	default:
		r->select[0].span.hi += any(-1, 1);
		break;
	}
}

/* Two rows for type I; each darker type has those of the one before, now and then changed or gone.
 */
static void any_library(struct given_library *g)
{
	int64_t middle = any(1, SPOTS - 1);
	struct row rows[2] = {any_row(1, middle), any_row(middle + 1, SPOTS)};
	bool gone[2] = {false, any(1, 4) == 1};

	given_library(g);
	g->lib.n_rows = 0;
	for (uint8_t skin = 1; skin <= SKIN_TYPES; skin++) {
		for (int i = 0; i < 2; i++) {
			if (skin > 1 && any(1, 3) == 1)
				change_something(&rows[i]);
			if (skin > 1 && any(1, 16) == 1)
				gone[i] = !gone[i];
			rows[i].skin = skin;
			if (!gone[i])
				given_add_row(g, rows[i]);
		}
	}
}

/* 0 passes, 1 after a test area, 2 a physician, 3 two of them, 4 nobody. */
static int strictness(const struct given_library *g, uint8_t skin, int64_t spot, int64_t fluence)
{
	static const int of_status[] = {[STATUS_A] = 0,
	                                [STATUS_T] = 1,
	                                [STATUS_M] = 2,
	                                [STATUS_NO_ROW] = 2,
	                                [STATUS_B] = 3};

	for (uint32_t i = 0; i < g->lib.n_rows; i++) {
		const struct row *r = &g->row[i];

		if (r->skin != skin || !span_holds(r->select[0].span, spot))
			continue;
		if (fluence > r->limit[0].hard.hi)
			return 4;
		if (fluence > r->limit[0].soft.hi && r->status < STATUS_M)
			return 2;
		return of_status[r->status];
	}
	return of_status[STATUS_NO_ROW];
}

static bool darker_never_gets_more(const struct given_library *g)
{
	for (uint8_t skin = 1; skin < SKIN_TYPES; skin++)
		for (int64_t spot = 1; spot <= SPOTS; spot++)
			for (int64_t fluence = 1; fluence <= FLUENCES; fluence++)
				if (strictness(g, skin, spot, fluence) >
				    strictness(g, skin + 1, spot, fluence))
					return false;
	return true;
}

static bool some_row(const struct given_library *g, uint8_t skin, bool (*is)(const struct row *))
{
	for (uint32_t i = 0; i < g->lib.n_rows; i++)
		if (g->row[i].skin == skin && is(&g->row[i]))
			return true;
	return false;
}

static bool row_is(const struct row *r)
{
	return r != NULL;
}

static bool row_is_blocked(const struct row *r)
{
	return r->status == STATUS_B;
}

static bool row_is_hard(const struct row *r)
{
	return r->limit[0].hard.hi != INT64_MAX;
}

static void what_passes_never_gives_the_darker_type_more(void **state)
{
	static struct given_library g;
	int refused = 0;
	int passed = 0, with_hard = 0, with_blocked = 0, with_none = 0;

	(void)state;
	seed = 20604;
	for (int i = 0; i < 20000; i++) {
		any_library(&g);
		if (library_check(&g.lib, NULL, 0) > 0) {
			refused++;
			continue;
		}
		assert_true(darker_never_gets_more(&g));
		passed++;
		with_hard += some_row(&g, SKIN_TYPES, row_is_hard);
		with_blocked += some_row(&g, SKIN_TYPES, row_is_blocked);
		with_none += !some_row(&g, SKIN_TYPES, row_is);
	}
	assert_true(refused > 100);
	assert_true(passed > 100);
	assert_true(with_hard > 100);
	assert_true(with_blocked > 100);
	assert_true(with_none > 10);
}

/* Every limit of every row, set to its lighter neighbour's, passes; one step further does not. */
static void one_step_beyond_any_lighter_limit_is_refused(void **state)
{
	static struct given_library g;

	(void)state;
	given_library(&g);
	for (uint32_t b = 0; b < g.lib.n_rows; b++) {
		uint32_t a = b - (g.row[b].device_class == GIVEN_ALEX ? 2 : 1);

		if (g.row[b].skin == 1)
			continue;
		for (uint8_t i = 0; i < g.row[b].n_limit; i++) {
			struct limit *l = &g.row[b].limit[i];
			struct limit was = *l;

			*l = g.row[a].limit[i];
			assert_i64(library_check(&g.lib, NULL, 0), 0);
			if (l->param == COOLING)
				l->choices |= UINT64_C(1) << (GIVEN_AIR - 1);
			else if (l->param == FLUENCE_UJ_CM2)
				l->soft.hi++;
			else
				l->soft.lo--;
			assert_true(library_check(&g.lib, NULL, 0) > 0);
			*l = was;
		}
	}
	assert_i64(library_check(&g.lib, NULL, 0), 0);
}

/* ---- a hundred thousand rows ---- */

#define MANY 100000

/* 32 classes, 6 types, and for each 520 or 521 spots. */
static struct row many_row(const struct row *like, size_t i)
{
	struct row r = *like;
	size_t group = i * 192 / MANY;
	int64_t place = (int64_t)(i - (group * MANY + 191) / 192);

	r.device_class = (uint8_t)(group / 6);
	r.skin = (uint8_t)(group % 6 + 1);
	r.status = STATUS_M;
	r.select[1].span = (struct span){GIVEN_MM(1) + place, GIVEN_MM(1) + place};
	return r;
}

static void a_hundred_thousand_rows_are_checked(void **state)
{
	static struct given_library g;
	struct row *rows = calloc(MANY, sizeof(*rows));
	struct library_finding found[2];

	(void)state;
	assert_non_null(rows);
	given_library(&g);
	for (size_t i = 0; i < MANY; i++)
		rows[i] = many_row(given_row(&g, "ndyag1064_10mm_VI"), i);
	g.lib.row = rows;
	g.lib.n_rows = MANY;
	assert_i64(library_check(&g.lib, found, ARRAY_LEN(found)), 0);
	rows[MANY - 1].limit[0].soft.hi++;
	rows[MANY - 1].select[1].span = rows[MANY - 2].select[1].span;
	assert_i64(library_check(&g.lib, found, ARRAY_LEN(found)), 2);
	assert_i64(found[0].fault, LIBRARY_OVERLAP);
	assert_i64(found[0].a, MANY - 2);
	assert_i64(found[1].fault, LIBRARY_HIGHER_CEILING);
	assert_i64(found[1].b, MANY - 1);
	free(rows);
}

int main(void)
{
	const struct CMUnitTest laws[] = {
	        cmocka_unit_test(what_passes_never_gives_the_darker_type_more),
	        cmocka_unit_test(one_step_beyond_any_lighter_limit_is_refused),
	        cmocka_unit_test(a_hundred_thousand_rows_are_checked),
	};

	return cmocka_run_group_tests(laws, NULL, NULL) != 0;
}
