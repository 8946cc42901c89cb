#include "given_faults.h"

#define ALEX18(type) "alex755_18mm_" #type
#define ALEX15(type) "alex755_15mm_" #type
#define YAG(type)    "ndyag1064_10mm_" #type

#define PAIR(fault, a, b, param) fault, a, b, param, false
#define CHOICE(c)                (UINT64_C(1) << ((c)-1))

static struct limit *limit_of(struct given_library *g, const char *id, enum param p)
{
	return given_limit(given_row(g, id), p);
}

static void select_also(struct given_library *g, const char *id, struct select s)
{
	struct row *r = given_row(g, id);

	r->select[r->n_select++] = s;
}

static void take_limit(struct given_library *g, const char *id, enum param p)
{
	struct row *r = given_row(g, id);

	*given_limit(r, p) = r->limit[r->n_limit - 1];
	r->n_limit--;
}

static void take_row(struct given_library *g, const char *id)
{
	struct row *r = given_row(g, id);

	memmove(r, r + 1, (size_t)(g->row + --g->lib.n_rows - r) * sizeof(*r));
}

/* A second row beside the darkest 1064 nm one. */
static struct row *twin(struct given_library *g)
{
	struct row r = *given_row(g, YAG(VI));

	memcpy(r.id, "twin", 5);
	return given_add_row(g, r);
}

/* ---- order ---- */

static void swap(struct given_library *g, const char *a, const char *b)
{
	struct row *x = given_row(g, a);
	struct row *y = given_row(g, b);
	struct row r = *x;

	*x = *y;
	*y = r;
}
static void same_type_swapped(struct given_library *g)
{
	swap(g, ALEX18(I), ALEX15(I));
}
static void types_swapped(struct given_library *g)
{
	swap(g, YAG(V), YAG(VI));
}
static void classes_swapped(struct given_library *g)
{
	swap(g, ALEX15(VI), YAG(I));
}

/* ---- overlap ---- */

static void twins(struct given_library *g)
{
	twin(g);
}
static void twins_of_other_indications(struct given_library *g)
{
	twin(g)->indications = 1u << GIVEN_VASCULAR;
}
static void twins_share_an_indication(struct given_library *g)
{
	twin(g)->indications = 1u << GIVEN_VASCULAR | 1u << GIVEN_HAIR;
}
static void twins_of_other_sites(struct given_library *g)
{
	twin(g)->sites = 1u << GIVEN_LEG;
	given_row(g, YAG(VI))->sites = 1u << GIVEN_FACE | 1u << GIVEN_NECK;
}
static void twins_share_a_site(struct given_library *g)
{
	twin(g)->sites = 1u << GIVEN_LEG | 1u << GIVEN_NECK;
	given_row(g, YAG(VI))->sites = 1u << GIVEN_FACE | 1u << GIVEN_NECK;
}
static void a_twin_for_one_site(struct given_library *g)
{
	twin(g)->sites = 1u << GIVEN_LEG;
}
static void twins_of_touching_spots(struct given_library *g)
{
	twin(g)->select[1].span.hi = GIVEN_MM(12);
}
static void twins_of_smaller_touching_spots(struct given_library *g)
{
	twin(g)->select[1].span.lo = GIVEN_MM(8);
}
static void twins_of_larger_spots(struct given_library *g)
{
	twin(g)->select[1].span = (struct span){GIVEN_MM(10) + 1, GIVEN_MM(12)};
}
static void twins_of_smaller_spots(struct given_library *g)
{
	twin(g)->select[1].span = (struct span){GIVEN_MM(8), GIVEN_MM(10) - 1};
}
static void a_twin_that_selects_more(struct given_library *g)
{
	twin(g);
	select_also(g, "twin", (struct select){WIDTH_PS, {GIVEN_MS(100), INT64_MAX}, 0});
}
static void twins_with_cooling(struct given_library *g, uint64_t a, uint64_t b)
{
	twin(g);
	select_also(g, "twin", (struct select){.param = COOLING, .choices = a});
	select_also(g, YAG(VI), (struct select){.param = COOLING, .choices = b});
}
static void twins_of_other_cooling(struct given_library *g)
{
	twins_with_cooling(g, CHOICE(GIVEN_AIR) | CHOICE(GIVEN_CRYOGEN), CHOICE(GIVEN_CONTACT));
}
static void twins_share_a_cooling(struct given_library *g)
{
	twins_with_cooling(g, CHOICE(GIVEN_AIR) | CHOICE(GIVEN_CONTACT), CHOICE(GIVEN_CONTACT));
}
static void twins_of_other_classes(struct given_library *g)
{
	struct row r = *given_row(g, YAG(VI));

	r.device_class = GIVEN_ALEX;
	given_add_row(g, r);
}

/* ---- ceilings, floors, choices ---- */

static void ceiling_above(struct given_library *g)
{
	limit_of(g, YAG(VI), FLUENCE_UJ_CM2)->soft.hi = GIVEN_J(50) + 1;
}
static void ceiling_the_same(struct given_library *g)
{
	limit_of(g, YAG(VI), FLUENCE_UJ_CM2)->soft.hi = GIVEN_J(50);
}
static void ceiling_above_in_another_class(struct given_library *g)
{
	given_row(g, YAG(VI))->device_class = GIVEN_NDYAG + 1;
	ceiling_above(g);
}
static void hard_ceiling_above(struct given_library *g)
{
	limit_of(g, ALEX18(VI), FLUENCE_UJ_CM2)->hard.hi = GIVEN_J(40) + 1;
}
static void hard_ceiling_gone(struct given_library *g)
{
	limit_of(g, ALEX18(VI), FLUENCE_UJ_CM2)->hard = SPAN_ALL;
}
static void hard_ceiling_below(struct given_library *g)
{
	limit_of(g, ALEX18(VI), FLUENCE_UJ_CM2)->hard.hi = GIVEN_J(16);
}
static void spray_longer(struct given_library *g)
{
	limit_of(g, ALEX18(VI), SPRAY_PS)->soft.hi = GIVEN_MS(50) + 1;
}
static void floor_below(struct given_library *g)
{
	limit_of(g, YAG(VI), WIDTH_PS)->soft.lo = GIVEN_MS(30) - 1;
}
static void floor_above(struct given_library *g)
{
	limit_of(g, YAG(VI), WIDTH_PS)->soft.lo = GIVEN_MS(30) + 1;
}
static void hard_floor_gone(struct given_library *g)
{
	limit_of(g, YAG(V), WIDTH_PS)->hard.lo = GIVEN_MS(10);
}
static void hard_floors(struct given_library *g)
{
	limit_of(g, YAG(V), WIDTH_PS)->hard.lo = GIVEN_MS(10);
	limit_of(g, YAG(VI), WIDTH_PS)->hard.lo = GIVEN_MS(10);
}
static void spray_shorter(struct given_library *g)
{
	limit_of(g, ALEX18(VI), SPRAY_PS)->soft.lo = GIVEN_MS(40) - 1;
}
static void range_of_fluence_from_lower(struct given_library *g)
{
	limit_of(g, YAG(VI), FLUENCE_UJ_CM2)->soft.lo = GIVEN_J(1);
}
static void longest_width_only_for_lighter(struct given_library *g)
{
	limit_of(g, YAG(V), WIDTH_PS)->soft.hi = GIVEN_MS(100);
}
static void one_more_choice(struct given_library *g)
{
	limit_of(g, YAG(VI), COOLING)->choices |= CHOICE(GIVEN_CRYOGEN);
}
static void one_choice_less(struct given_library *g)
{
	static const char *const lighter[] = {YAG(I), YAG(II), YAG(III), YAG(IV), YAG(V)};

	for (size_t i = 0; i < ARRAY_LEN(lighter); i++)
		limit_of(g, lighter[i], COOLING)->choices |= CHOICE(GIVEN_CRYOGEN);
}

/* Type III and VI have 15 mm rows, IV and V only 12 mm ones: the neighbours do not meet. */
static void neighbours_apart(struct given_library *g)
{
	static const char *const between[] = {ALEX15(IV), ALEX15(V)};
	static const char *const all[] = {ALEX15(I), ALEX15(II), ALEX15(III), ALEX15(VI)};

	for (size_t i = 0; i < ARRAY_LEN(between); i++) {
		given_row(g, between[i])->select[1].span =
		        (struct span){GIVEN_MM(12), GIVEN_MM(12)};
		given_row(g, between[i])->status = STATUS_M;
		limit_of(g, between[i], FLUENCE_UJ_CM2)->hard = SPAN_ALL;
	}
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		limit_of(g, all[i], FLUENCE_UJ_CM2)->hard = SPAN_ALL;
}
static void ceiling_of_three_types_lighter(struct given_library *g)
{
	neighbours_apart(g);
	limit_of(g, ALEX15(VI), FLUENCE_UJ_CM2)->soft.hi = GIVEN_J(26);
}
static void ceiling_above_three_types_lighter(struct given_library *g)
{
	neighbours_apart(g);
	limit_of(g, ALEX15(VI), FLUENCE_UJ_CM2)->soft.hi = GIVEN_J(26) + 1;
}

/* ---- a limit the darker type lacks ---- */

static void limit_gone(struct given_library *g)
{
	take_limit(g, YAG(VI), FLUENCE_UJ_CM2);
}
static void limit_made_unlimited(struct given_library *g)
{
	limit_gone(g);
	given_row(g, YAG(VI))->unlimited |= PARAM_BIT(FLUENCE_UJ_CM2);
}
static void more_limits(struct given_library *g)
{
	struct row *r = given_row(g, YAG(VI));

	r->unlimited = 0;
	r->limit[r->n_limit++] = given_range(RATE_MILLIHZ, INT64_MIN, 1000);
}
static void width_selected(struct given_library *g, int64_t lo)
{
	take_limit(g, YAG(VI), WIDTH_PS);
	select_also(g, YAG(VI), (struct select){WIDTH_PS, {lo, INT64_MAX}, 0});
}
static void selected_instead_of_limited(struct given_library *g)
{
	width_selected(g, GIVEN_MS(30));
}
static void selected_wider_than_limited(struct given_library *g)
{
	width_selected(g, GIVEN_MS(30) - 1);
}
static void selected_and_limited(struct given_library *g)
{
	floor_below(g);
	select_also(g, YAG(VI), (struct select){WIDTH_PS, {GIVEN_MS(30), INT64_MAX}, 0});
}
static void selected_up_to(struct given_library *g)
{
	ceiling_above(g);
	select_also(g, YAG(VI), (struct select){FLUENCE_UJ_CM2, {GIVEN_J(1), GIVEN_J(50)}, 0});
}
static void cooling_selected(struct given_library *g, uint64_t choices)
{
	take_limit(g, YAG(VI), COOLING);
	select_also(g, YAG(VI), (struct select){.param = COOLING, .choices = choices});
}
static void choice_selected(struct given_library *g)
{
	cooling_selected(g, CHOICE(GIVEN_CONTACT));
}
static void other_choice_selected(struct given_library *g)
{
	cooling_selected(g, CHOICE(GIVEN_AIR));
}

/* ---- status ---- */

static void status_better(struct given_library *g)
{
	given_row(g, YAG(VI))->status = STATUS_A;
}
static void status_the_same(struct given_library *g)
{
	given_row(g, YAG(VI))->status = STATUS_T;
}
static void blocked_twice(struct given_library *g)
{
	given_row(g, ALEX15(V))->status = STATUS_B;
}
static void no_hard_limits_for_18mm(struct given_library *g)
{
	static const char *const all[] = {ALEX18(I),  ALEX18(II), ALEX18(III),
	                                  ALEX18(IV), ALEX18(V),  ALEX18(VI)};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		limit_of(g, all[i], FLUENCE_UJ_CM2)->hard = SPAN_ALL;
}
static void blocked_and_then_nothing(struct given_library *g)
{
	no_hard_limits_for_18mm(g);
	given_row(g, ALEX18(V))->status = STATUS_B;
	take_row(g, ALEX18(VI));
}
static void held_and_then_nothing(struct given_library *g)
{
	no_hard_limits_for_18mm(g);
	take_row(g, ALEX18(VI));
}
static void hard_and_then_nothing(struct given_library *g)
{
	take_row(g, ALEX18(VI));
}
static void hard_floor_and_then_nothing(struct given_library *g)
{
	hard_floor_gone(g);
	take_row(g, YAG(VI));
}

/* ---- rows the lighter type has not ---- */

static void type_missing(struct given_library *g)
{
	take_row(g, YAG(III));
}
static void spot_up_to_more(struct given_library *g)
{
	given_row(g, YAG(IV))->select[1].span.hi = GIVEN_MM(11);
}
static void spot_from_less(struct given_library *g)
{
	given_row(g, YAG(IV))->select[1].span.lo = GIVEN_MM(9);
}
static void any_spot(struct given_library *g)
{
	given_row(g, YAG(IV))->n_select = 1;
}
static void wider_but_held(struct given_library *g)
{
	spot_up_to_more(g);
	given_row(g, YAG(IV))->status = STATUS_M;
	given_row(g, YAG(V))->status = STATUS_M;
}
static void another_indication(struct given_library *g)
{
	given_row(g, YAG(IV))->indications |= 1u << GIVEN_VASCULAR;
}
static void site_by_type(struct given_library *g, uint64_t three, uint64_t four, uint64_t five)
{
	given_row(g, YAG(III))->sites = three;
	given_row(g, YAG(IV))->sites = four;
	given_row(g, YAG(V))->sites = five;
}
static void all_sites_after_some(struct given_library *g)
{
	site_by_type(g, 1u << GIVEN_FACE | 1u << GIVEN_LEG, 0, 0);
}
static void fewer_sites_each(struct given_library *g)
{
	site_by_type(g, 1u << GIVEN_FACE | 1u << GIVEN_LEG, 1u << GIVEN_FACE, 1u << GIVEN_FACE);
}
static void another_site(struct given_library *g)
{
	site_by_type(g, 1u << GIVEN_FACE, 1u << GIVEN_FACE, 1u << GIVEN_FACE | 1u << GIVEN_LEG);
}
static void cooling_by_type(struct given_library *g, uint64_t four)
{
	static const char *const all[] = {YAG(III), YAG(IV), YAG(V)};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		select_also(g, all[i],
		            (struct select){.param = COOLING, .choices = CHOICE(GIVEN_CONTACT)});
	given_row(g, YAG(IV))->select[2].choices = four;
}
static void same_cooling_selected(struct given_library *g)
{
	cooling_by_type(g, CHOICE(GIVEN_CONTACT));
}
static void more_cooling_selected(struct given_library *g)
{
	cooling_by_type(g, CHOICE(GIVEN_CONTACT) | CHOICE(GIVEN_AIR));
}

/* clang-format off */
static const struct fault_row fault_rows[] = {
	{"rows of one type in any order", same_type_swapped, PASSES},
	{"types out of order", types_swapped,
	 PAIR(LIBRARY_ORDER, YAG(VI), YAG(V), PARAM_NONE)},
	{"classes out of order", classes_swapped,
	 PAIR(LIBRARY_ORDER, YAG(I), ALEX15(VI), PARAM_NONE)},

	{"two rows alike", twins, PAIR(LIBRARY_OVERLAP, YAG(VI), "twin", PARAM_NONE)},
	{"two rows of different indications", twins_of_other_indications, PASSES},
	{"two rows that share an indication", twins_share_an_indication,
	 PAIR(LIBRARY_OVERLAP, YAG(VI), "twin", PARAM_NONE)},
	{"two rows of different sites", twins_of_other_sites, PASSES},
	{"two rows that share a site", twins_share_a_site,
	 PAIR(LIBRARY_OVERLAP, YAG(VI), "twin", PARAM_NONE)},
	{"a row of all sites meets a row of one", a_twin_for_one_site,
	 PAIR(LIBRARY_OVERLAP, YAG(VI), "twin", PARAM_NONE)},
	{"spots that touch from above", twins_of_touching_spots,
	 PAIR(LIBRARY_OVERLAP, YAG(VI), "twin", PARAM_NONE)},
	{"spots that touch from below", twins_of_smaller_touching_spots,
	 PAIR(LIBRARY_OVERLAP, YAG(VI), "twin", PARAM_NONE)},
	{"spots a micrometre larger", twins_of_larger_spots, PASSES},
	{"spots a micrometre smaller", twins_of_smaller_spots, PASSES},
	{"what only one row selects keeps nothing apart", a_twin_that_selects_more,
	 PAIR(LIBRARY_OVERLAP, YAG(VI), "twin", PARAM_NONE)},
	{"two rows of different cooling", twins_of_other_cooling, PASSES},
	{"two rows that share a cooling", twins_share_a_cooling,
	 PAIR(LIBRARY_OVERLAP, YAG(VI), "twin", PARAM_NONE)},
	{"two rows of different classes", twins_of_other_classes, PASSES},

	{"a ceiling above the lighter type's", ceiling_above,
	 PAIR(LIBRARY_HIGHER_CEILING, YAG(V), YAG(VI), FLUENCE_UJ_CM2)},
	{"the same ceiling", ceiling_the_same, PASSES},
	{"another class is not compared", ceiling_above_in_another_class, PASSES},
	{"a hard ceiling above the lighter type's", hard_ceiling_above,
	 PAIR(LIBRARY_HIGHER_CEILING, ALEX18(V), ALEX18(VI), FLUENCE_UJ_CM2)},
	{"no hard ceiling where the lighter type has one", hard_ceiling_gone,
	 PAIR(LIBRARY_HIGHER_CEILING, ALEX18(V), ALEX18(VI), FLUENCE_UJ_CM2)},
	{"a lower hard ceiling", hard_ceiling_below, PASSES},
	{"a spray may not be longer", spray_longer,
	 PAIR(LIBRARY_HIGHER_CEILING, ALEX18(V), ALEX18(VI), SPRAY_PS)},
	{"a floor below the lighter type's", floor_below,
	 PAIR(LIBRARY_LOWER_FLOOR, YAG(V), YAG(VI), WIDTH_PS)},
	{"a floor above the lighter type's", floor_above, PASSES},
	{"no hard floor where the lighter type has one", hard_floor_gone,
	 PAIR(LIBRARY_LOWER_FLOOR, YAG(V), YAG(VI), WIDTH_PS)},
	{"the same hard floor", hard_floors, PASSES},
	{"a spray may not be shorter", spray_shorter,
	 PAIR(LIBRARY_LOWER_FLOOR, ALEX18(V), ALEX18(VI), SPRAY_PS)},
	{"a fluence may go lower", range_of_fluence_from_lower, PASSES},
	{"a pulse may be longer", longest_width_only_for_lighter, PASSES},
	{"one choice more", one_more_choice,
	 PAIR(LIBRARY_MORE_CHOICES, YAG(V), YAG(VI), COOLING)},
	{"one choice less", one_choice_less, PASSES},
	{"the ceiling of a type three lighter", ceiling_of_three_types_lighter, PASSES},
	{"a ceiling above that of a type three lighter", ceiling_above_three_types_lighter,
	 PAIR(LIBRARY_HIGHER_CEILING, ALEX15(III), ALEX15(VI), FLUENCE_UJ_CM2)},

	{"a limit is missing", limit_gone,
	 PAIR(LIBRARY_UNLIMITED, YAG(V), YAG(VI), FLUENCE_UJ_CM2)},
	{"a limit is lifted", limit_made_unlimited,
	 PAIR(LIBRARY_UNLIMITED, YAG(V), YAG(VI), FLUENCE_UJ_CM2)},
	{"a limit where the lighter type has none", more_limits, PASSES},
	{"a selector as narrow as the limit", selected_instead_of_limited, PASSES},
	{"a selector wider than the limit", selected_wider_than_limited,
	 PAIR(LIBRARY_LOWER_FLOOR, YAG(V), YAG(VI), WIDTH_PS)},
	{"a selector from above the limit's floor", selected_and_limited, PASSES},
	{"a selector up to below the limit's ceiling", selected_up_to, PASSES},
	{"a selector of the choice allowed", choice_selected, PASSES},
	{"a selector of another choice", other_choice_selected,
	 PAIR(LIBRARY_MORE_CHOICES, YAG(V), YAG(VI), COOLING)},

	{"a better status", status_better,
	 PAIR(LIBRARY_BETTER_STATUS, YAG(V), YAG(VI), PARAM_NONE)},
	{"the same status", status_the_same, PASSES},
	{"status B twice", blocked_twice, PASSES},
	{"status B, and no row for the darker type", blocked_and_then_nothing,
	 PAIR(LIBRARY_BETTER_STATUS, ALEX18(V), NULL, PARAM_NONE)},
	{"status M, and no row for the darker type", held_and_then_nothing, PASSES},
	{"a hard ceiling, and no row for the darker type", hard_and_then_nothing,
	 PAIR(LIBRARY_UNLIMITED, ALEX18(V), NULL, FLUENCE_UJ_CM2)},
	{"a hard floor, and no row for the darker type", hard_floor_and_then_nothing,
	 PAIR(LIBRARY_UNLIMITED, YAG(V), NULL, WIDTH_PS)},

	{"the lighter type has no row at all", type_missing,
	 PAIR(LIBRARY_WIDER_SELECT, NULL, YAG(IV), PARAM_NONE)},
	{"spots up to more", spot_up_to_more,
	 PAIR(LIBRARY_WIDER_SELECT, NULL, YAG(IV), PARAM_NONE)},
	{"spots from less", spot_from_less,
	 PAIR(LIBRARY_WIDER_SELECT, NULL, YAG(IV), PARAM_NONE)},
	{"any spot", any_spot, PAIR(LIBRARY_WIDER_SELECT, NULL, YAG(IV), PARAM_NONE)},
	{"what a physician decides may be wider", wider_but_held, PASSES},
	{"one more indication", another_indication,
	 PAIR(LIBRARY_WIDER_SELECT, NULL, YAG(IV), PARAM_NONE)},
	{"all sites where the lighter type has some", all_sites_after_some,
	 PAIR(LIBRARY_WIDER_SELECT, NULL, YAG(IV), PARAM_NONE)},
	{"fewer sites", fewer_sites_each, PASSES},
	{"one more site", another_site, PAIR(LIBRARY_WIDER_SELECT, NULL, YAG(V), PARAM_NONE)},
	{"the same cooling selected", same_cooling_selected, PASSES},
	{"one more cooling selected", more_cooling_selected,
	 PAIR(LIBRARY_WIDER_SELECT, NULL, YAG(IV), PARAM_NONE)},
};
/* clang-format on */

static void every_fault_between_rows_has_its_library(void **state)
{
	(void)state;
	for (enum library_fault f = LIBRARY_ORDER; f <= LIBRARY_WIDER_SELECT; f++)
		assert_true(some_row_finds(fault_rows, ARRAY_LEN(fault_rows), f));
}

static void without_order_nothing_else_is_compared(void **state)
{
	static struct given_library g;
	struct library_finding found[4];

	(void)state;
	given_library(&g);
	twin(&g);
	swap(&g, ALEX15(VI), YAG(I));
	assert_i64(library_check(&g.lib, found, ARRAY_LEN(found)), 1);
	assert_i64(found[0].fault, LIBRARY_ORDER);
}

static void every_faulty_row_is_named(void **state)
{
	static struct given_library g;
	struct library_finding found[4];

	(void)state;
	given_library(&g);
	hard_ceiling_above(&g);
	ceiling_above(&g);
	floor_below(&g);
	assert_i64(library_check(&g.lib, found, ARRAY_LEN(found)), 3);
	assert_text(g.row[found[0].b].id, ALEX18(VI));
	assert_text(g.row[found[1].b].id, YAG(VI));
	assert_text(g.row[found[2].b].id, YAG(VI));
}

int main(void)
{
	const struct CMUnitTest laws[] = {
	        cmocka_unit_test(every_fault_between_rows_has_its_library),
	        cmocka_unit_test(without_order_nothing_else_is_compared),
	        cmocka_unit_test(every_faulty_row_is_named),
	};
	int failures = 0;

	failures += RUN_ROWS("rows with each other", fault_rows, exactly_that_is_found);
	failures += cmocka_run_group_tests(laws, NULL, NULL);
	return failures != 0;
}
