/* The reason registers: what a console reads, which buttons it has, what it is told otherwise. */
#include "given.h"

#include "core/panel.h"

/* Two devices; the second has an alarm, was refused 30 J/cm2 and waits for a physician. */
static struct panel given_panel(void)
{
	struct panel p = {
	        .version = 1, .gate_state = 2, .devices = 2, .alarms = 1, .uptime_s = 100000};

	p.device[0].unit = 1;
	p.device[1] = (struct panel_device){.unit = 2,
	                                    .link = 1,
	                                    .state = 3,
	                                    .session = 2,
	                                    .alarm = 5,
	                                    .verdict = 2,
	                                    .check = 15,
	                                    .param = 1,
	                                    .exponent = 4,
	                                    .asked = 3000,
	                                    .limit = -2,
	                                    .hold_id = 65535,
	                                    .hold_state = 1,
	                                    .hold_number = 417,
	                                    .grant_seconds = 120,
	                                    .approvers = 2,
	                                    .text = "above 20 J/cm2\xC2\xB2!",
	                                    .lease = 2,
	                                    .lease_seconds = 40,
	                                    .console = "192.0.2.11"};
	return p;
}

/* --- reading ----------------------------------------------------------------------------- */

/* One register by 03 and by 04; 0x1FFFF: exception 02. */
static uint32_t read_one(const struct panel *p, uint16_t address)
{
	uint8_t out[2][PDU_MAX];
	struct request r = {.function = FC_READ_HOLDING, .address = address, .count = 1};
	enum panel_act act;
	int device;
	size_t n = panel_answer(p, &r, out[0], &act, &device);

	assert_i64(act, PANEL_REPLY);
	assert_i64(device, -1);
	r.function = FC_READ_INPUT;
	assert_i64(panel_answer(p, &r, out[1], &act, &device), n);
	assert_i64(out[1][0], out[0][0] + 1);
	assert_memory_equal(out[0] + 1, out[1] + 1, n - 1);
	if (n == 2) {
		assert_i64(out[0][0], 0x83);
		assert_i64(out[0][1], MB_ADDRESS);
		return 0x1FFFF;
	}
	assert_i64(n, 4);
	assert_i64(out[0][1], 2);
	return (uint32_t)out[0][2] << 8 | out[0][3];
}

#define NONE 0x1FFFF

struct shown {
	const char *name;
	uint16_t address;
	uint32_t word;
};

static const struct shown SHOWN[] = {
        {"the version of the map", 0, 1},
        {"the gate's state", 1, 2},
        {"how many devices", 2, 2},
        {"how many alarms", 3, 1},
        {"uptime, high word first", 4, 0x0001},
        {"uptime, low word", 5, 0x86A0},
        {"behind the gate's block is nothing", 6, NONE},
        {"before the first device is nothing", 99, NONE},
        {"the first device's unit", 100, 1},
        {"the first device's link", 101, 0},
        {"the first device has no text", 118, 0},
        {"the second device's unit", 200, 2},
        {"link", 201, 1},
        {"state", 202, 3},
        {"session", 203, 2},
        {"alarm", 204, 5},
        {"verdict", 205, 2},
        {"check", 206, 15},
        {"parameter", 207, 1},
        {"exponent", 208, 4},
        {"asked, high word first", 209, 0},
        {"asked, low word", 210, 3000},
        {"limit below nothing, high word", 211, 0xFFFF},
        {"limit below nothing, low word", 212, 0xFFFE},
        {"hold", 213, 65535},
        {"state of the hold", 214, 1},
        {"the number to type", 215, 417},
        {"seconds left", 216, 120},
        {"approvers", 217, 2},
        {"text begins: ab", 218, 0x6162},
        {"its seventh pair: m2", 224, 0x6D32},
        {"what is no ASCII is shown as question marks", 225, 0x3F3F},
        {"its last character alone", 226, 0x2100},
        {"behind it 0", 227, 0},
        {"its last register", 257, 0},
        {"another console sets it", 258, 2},
        {"for so many seconds", 259, 40},
        {"which one: 19", 260, 0x3139},
        {"its last pair: 11", 264, 0x3131},
        {"behind it 0 as well", 265, 0},
        {"the last register of a device", 283, 0},
        {"behind a device's block is nothing", 284, NONE},
        {"a device that is not there has no block", 300, NONE},
        {"nor has the ninth", 900, NONE},
        {"nor has the last address", 65535, NONE},
};

static void is_shown(void **state)
{
	const struct shown *s = *state;
	struct panel p = given_panel();

	assert_i64(read_one(&p, s->address), s->word);
}

static void numbers_that_do_not_fit_show_the_nearest(void **state)
{
	struct panel p = given_panel();

	(void)state;
	p.device[0].hold_id = 65536;
	p.device[0].exponent = -1;
	p.device[0].alarm = -32769;
	p.device[0].asked = INT64_C(4294967296);
	p.device[0].limit = -INT64_C(2147483649);
	p.uptime_s = 4294967295;
	assert_i64(read_one(&p, 113), 65535);
	assert_i64(read_one(&p, 108), 0xFFFF);
	assert_i64(read_one(&p, 104), 0x8000);
	assert_i64(read_one(&p, 109), 0xFFFF);
	assert_i64(read_one(&p, 110), 0xFFFF);
	assert_i64(read_one(&p, 111), 0x8000);
	assert_i64(read_one(&p, 112), 0x0000);
	assert_i64(read_one(&p, 4), 0xFFFF);
}

static void text_fills_forty_registers(void **state)
{
	struct panel p = given_panel();

	(void)state;
	memset(p.device[0].text, 'x', PANEL_TEXT); /* without an end */
	assert_i64(read_one(&p, 118), 0x7878);
	assert_i64(read_one(&p, 157), 0x7878);
	memcpy(p.device[0].text, "a\0b\x1F~\x7F", 6);
	assert_i64(read_one(&p, 118), 0x6100);
	assert_i64(read_one(&p, 119), 0); /* behind the end nothing shows */
	memcpy(p.device[0].text, " \x1F~\x7F", 4);
	assert_i64(read_one(&p, 118), 0x203F);
	assert_i64(read_one(&p, 119), 0x7E3F);
}

static void a_console_fills_twenty_four_registers(void **state)
{
	struct panel p = given_panel();

	(void)state;
	memset(p.device[0].console, 'y', PANEL_CONSOLE); /* without an end */
	assert_i64(read_one(&p, 160), 0x7979);
	assert_i64(read_one(&p, 183), 0x7979);
	assert_i64(read_one(&p, 184), NONE);
}

static size_t ask(const struct request *r, uint8_t out[PDU_MAX], enum panel_act *act, int *device)
{
	struct panel p = given_panel();

	memset(out, 0xEE, PDU_MAX);
	return panel_answer(&p, r, out, act, device);
}

static void a_device_is_one_read(void **state)
{
	struct request r = {.function = FC_READ_HOLDING, .address = 200, .count = 84};
	uint8_t out[PDU_MAX];
	enum panel_act act;
	int device;

	(void)state;
	assert_i64(ask(&r, out, &act, &device), 2 + 168);
	assert_i64(out[1], 168);
	assert_i64(out[2 + 2 * 15] << 8 | out[3 + 2 * 15], 417);
	r.count = 85;
	assert_i64(ask(&r, out, &act, &device), 2);
	assert_i64(out[0], 0x83);
	assert_i64(out[1], MB_ADDRESS);
}

/* --- everything else, by bytes ----------------------------------------------------------- */

struct answer_row {
	const char *name;
	struct request request;
	enum panel_act act;
	int device;
	size_t n;
	uint8_t bytes[16];
};

static const struct answer_row ANSWERED[] = {
        {"coils are there",
         {.function = 0x01, .address = 100, .count = 3},
         PANEL_REPLY,
         -1,
         3,
         {0x01, 1, 0}},
        {"also as discrete inputs",
         {.function = 0x02, .address = 201, .count = 1},
         PANEL_REPLY,
         -1,
         3,
         {0x02, 1, 0}},
        {"no fourth coil",
         {.function = 0x01, .address = 100, .count = 4},
         PANEL_REPLY,
         -1,
         2,
         {0x81, 2}},
        {"no coil of a device that is not there",
         {.function = 0x01, .address = 300, .count = 1},
         PANEL_REPLY,
         -1,
         2,
         {0x81, 2}},
        {"no coil of the gate",
         {.function = 0x01, .address = 0, .count = 1},
         PANEL_REPLY,
         -1,
         2,
         {0x81, 2}},

        {"the first coil stops",
         {.function = 0x05, .address = 100, .count = 1, .bits = {1}},
         PANEL_STOP,
         0,
         5,
         {0x05, 0, 100, 0xFF, 0}},
        {"of the second device too",
         {.function = 0x05, .address = 200, .count = 1, .bits = {1}},
         PANEL_STOP,
         1,
         5,
         {0x05, 0, 200, 0xFF, 0}},
        {"the second coil asks",
         {.function = 0x05, .address = 201, .count = 1, .bits = {1}},
         PANEL_ASK,
         1,
         5,
         {0x05, 0, 201, 0xFF, 0}},
        {"the third coil takes the device over",
         {.function = 0x05, .address = 202, .count = 1, .bits = {1}},
         PANEL_TAKE,
         1,
         5,
         {0x05, 0, 202, 0xFF, 0}},
        {"a button cannot be released",
         {.function = 0x05, .address = 100, .count = 1, .bits = {0}},
         PANEL_REPLY,
         -1,
         2,
         {0x85, 3}},
        {"no fourth button",
         {.function = 0x05, .address = 103, .count = 1, .bits = {1}},
         PANEL_REPLY,
         -1,
         2,
         {0x85, 2}},
        {"no button of a device that is not there",
         {.function = 0x05, .address = 300, .count = 1, .bits = {1}},
         PANEL_REPLY,
         -1,
         2,
         {0x85, 2}},
        {"no button of the gate",
         {.function = 0x05, .address = 0, .count = 1, .bits = {1}},
         PANEL_REPLY,
         -1,
         2,
         {0x85, 2}},
        {"06 presses as well",
         {.function = 0x06, .address = 100, .count = 1, .value = {1}},
         PANEL_STOP,
         0,
         5,
         {0x06, 0, 100, 0, 1}},
        {"whatever the value",
         {.function = 0x06, .address = 201, .count = 1, .value = {0xFF00}},
         PANEL_ASK,
         1,
         5,
         {0x06, 0, 201, 0xFF, 0}},
        {"but not with 0",
         {.function = 0x06, .address = 100, .count = 1, .value = {0}},
         PANEL_REPLY,
         -1,
         2,
         {0x86, 3}},
        {"nor on a register that only shows",
         {.function = 0x06, .address = 103, .count = 1, .value = {1}},
         PANEL_REPLY,
         -1,
         2,
         {0x86, 2}},

        {"0F is not modelled",
         {.function = 0x0F, .address = 100, .count = 1, .bits = {1}},
         PANEL_REPLY,
         -1,
         2,
         {0x8F, 1}},
        {"10 is not modelled",
         {.function = 0x10, .address = 100, .count = 1, .value = {1}},
         PANEL_REPLY,
         -1,
         2,
         {0x90, 1}},
        {"17 is not modelled",
         {.function = 0x17, .address = 100, .count = 1},
         PANEL_REPLY,
         -1,
         2,
         {0x97, 1}},
        {"07 is not modelled", {.function = 0x07}, PANEL_REPLY, -1, 2, {0x87, 1}},
        {"00 is not modelled", {.function = 0x00}, PANEL_REPLY, -1, 2, {0x80, 1}},
        {"2C is not modelled", {.function = 0x2C}, PANEL_REPLY, -1, 2, {0xAC, 1}},
        {"FF is not modelled", {.function = 0xFF}, PANEL_REPLY, -1, 2, {0xFF, 1}},

        {"the vendor by itself",
         {.function = 0x2B, .mei_code = 4, .mei_object = 0},
         PANEL_REPLY,
         -1,
         17,
         {0x2B, 0x0E, 4, 0x81, 0, 0, 1, 0, 8, 'd', 'o', 's', 'e', 'g', 'a', 't'}},
        {"the revision by itself",
         {.function = 0x2B, .mei_code = 4, .mei_object = 2},
         PANEL_REPLY,
         -1,
         10,
         {0x2B, 0x0E, 4, 0x81, 0, 0, 1, 2, 1, '1'}},
        {"no fourth object",
         {.function = 0x2B, .mei_code = 4, .mei_object = 3},
         PANEL_REPLY,
         -1,
         2,
         {0xAB, 2}},
        {"all three as a stream",
         {.function = 0x2B, .mei_code = 1, .mei_object = 0},
         PANEL_REPLY,
         -1,
         38,
         {0x2B, 0x0E, 1, 0x81, 0, 0, 3, 0, 8, 'd'}},
        {"from the second on",
         {.function = 0x2B, .mei_code = 1, .mei_object = 1},
         PANEL_REPLY,
         -1,
         28,
         {0x2B, 0x0E, 1, 0x81, 0, 0, 2, 1, 16, 'r'}},
        {"from an object that is none: from the first",
         {.function = 0x2B, .mei_code = 1, .mei_object = 9},
         PANEL_REPLY,
         -1,
         38,
         {0x2B, 0x0E, 1, 0x81, 0, 0, 3, 0, 8, 'd'}},
        {"regular: what there is",
         {.function = 0x2B, .mei_code = 2, .mei_object = 0},
         PANEL_REPLY,
         -1,
         38,
         {0x2B, 0x0E, 2, 0x81, 0, 0, 3, 0, 8, 'd'}},
};

static void is_answered(void **state)
{
	const struct answer_row *a = *state;
	uint8_t out[PDU_MAX];
	enum panel_act act;
	int device;

	assert_i64(ask(&a->request, out, &act, &device), a->n);
	assert_i64(act, a->act);
	assert_i64(device, a->device);
	assert_memory_equal(out, a->bytes, a->n < 10 ? a->n : 10);
}

static void what_identifies_is_well_formed(void **state)
{
	struct reply reply;
	uint8_t out[PDU_MAX];
	enum panel_act act;
	int device;

	(void)state;
	for (uint8_t code = 1; code <= 4; code++) {
		struct request r = {.function = FC_MEI, .mei_code = code};
		size_t n = ask(&r, out, &act, &device);

		assert_i64(reply_take(&r, out, n, &reply), REPLY_OK);
	}
}

/* --- the map ----------------------------------------------------------------------------- */

static void has_no_gaps(const struct panel_row *rows, size_t n, uint16_t last)
{
	uint16_t next = 0;

	for (size_t i = 0; i < n; i++) {
		assert_i64(rows[i].address, next);
		assert_true(rows[i].name[0] != '\0' && rows[i].note[0] != '\0');
		next = (uint16_t)(next + rows[i].words);
	}
	assert_i64(next, last);
	assert_true(next <= PANEL_DEVICE_BASE);
}

static void the_map_has_no_gaps(void **state)
{
	size_t gate, device, coils;

	(void)state;
	const struct panel_row *g = panel_gate_rows(&gate);
	const struct panel_row *d = panel_device_rows(&device);
	const struct panel_row *c = panel_coil_rows(&coils);
	has_no_gaps(g, gate, 6);
	has_no_gaps(d, device, 84);
	has_no_gaps(c, coils, 3);
}

/* --- numbers for two registers ----------------------------------------------------------- */

struct fitted {
	const char *name;
	int64_t asked, limit;
	int exponent;
	int64_t asked_after, limit_after;
};

static const struct fitted FITTED[] = {
        {"what fits stays", 30000000, 20000000, 0, 30000000, 20000000},
        {"the largest that fits", 2147483647, -2147483648, 0, 2147483647, -2147483648},
        {"one more is divided by ten, asked rounded up", 2147483648, 2147483640, 1, 214748365,
         214748364},
        {"the limit rounded down", 5, 2147483649, 1, 1, 214748364},
        {"what divides evenly is not rounded", 2147483650, 2147483650, 1, 214748365, 214748365},
        {"3 ms and 0.5 ms in ps", 500000000, 3000000000, 1, 50000000, 300000000},
        {"below nothing: asked up, the limit down", -2147483655, -2147483655, 1, -214748365,
         -214748366},
        {"the largest there is", INT64_MAX, INT64_MAX, 10, 922337204, 922337203},
        {"the smallest there is", INT64_MIN, INT64_MIN, 10, -922337203, -922337204},
        {"nothing", 0, 0, 0, 0, 0},
};

static void is_fitted(void **state)
{
	const struct fitted *f = *state;
	int64_t asked = f->asked, limit = f->limit;

	assert_i64(panel_fit(&asked, &limit), f->exponent);
	assert_i64(asked, f->asked_after);
	assert_i64(limit, f->limit_after);
}

int main(void)
{
	const struct CMUnitTest others[] = {
	        cmocka_unit_test(numbers_that_do_not_fit_show_the_nearest),
	        cmocka_unit_test(text_fills_forty_registers),
	        cmocka_unit_test(a_console_fills_twenty_four_registers),
	        cmocka_unit_test(a_device_is_one_read),
	        cmocka_unit_test(what_identifies_is_well_formed),
	        cmocka_unit_test(the_map_has_no_gaps),
	};
	int failures = RUN_ROWS("registers", SHOWN, is_shown);

	failures += RUN_ROWS("answers", ANSWERED, is_answered);
	failures += RUN_ROWS("fit", FITTED, is_fitted);
	failures += cmocka_run_group_tests_name("panel", others, NULL, NULL);
	return failures != 0;
}
