/* transport: the one line that says how a device is reached, right and wrong. */
#include "given.h"

#include "core/transport.h"

struct right_row {
	const char *name, *text, *place;
	enum transport_kind kind;
	int32_t baud;
	char parity;
	int8_t stop_bits;
	enum line_drive drive;
	int64_t char_ns, silence_ns; /* worked out by hand */
};

static const struct right_row RIGHT[] = {
        {"an address is Modbus/TCP", "192.0.2.7:502", "192.0.2.7:502", TRANSPORT_TCP, 0, 0, 0,
         DRIVE_NONE, 0, 5000000},
        {"an address of IPv6", "[2001:db8::7]:502", "[2001:db8::7]:502", TRANSPORT_TCP, 0, 0, 0,
         DRIVE_NONE, 0, 5000000},
        {"the standard's own settings", "rtu:/dev/ttyUSB0:19200:8E1", "/dev/ttyUSB0", TRANSPORT_RTU,
         19200, 'E', 1, DRIVE_NONE, 572916, 2005206},
        {"9600 and two stop bits", "rtu:/dev/ttyS0:9600:8N2", "/dev/ttyS0", TRANSPORT_RTU, 9600,
         'N', 2, DRIVE_NONE, 1145833, 4010415},
        {"above 19200 the silence is fixed", "rtu:/dev/ttyS0:115200:8N1", "/dev/ttyS0",
         TRANSPORT_RTU, 115200, 'N', 1, DRIVE_NONE, 86805, 1750000},
        {"the slowest", "rtu:/dev/ttyS0:1200:8O1", "/dev/ttyS0", TRANSPORT_RTU, 1200, 'O', 1,
         DRIVE_NONE, 9166666, 32083331},
        {"2400", "rtu:/dev/ttyS0:2400:8E1", "/dev/ttyS0", TRANSPORT_RTU, 2400, 'E', 1, DRIVE_NONE,
         4583333, 16041665},
        {"4800", "rtu:/dev/ttyS0:4800:8E1", "/dev/ttyS0", TRANSPORT_RTU, 4800, 'E', 1, DRIVE_NONE,
         2291666, 8020831},
        {"38400", "rtu:/dev/ttyS0:38400:8E1", "/dev/ttyS0", TRANSPORT_RTU, 38400, 'E', 1,
         DRIVE_NONE, 286458, 1750000},
        {"57600", "rtu:/dev/ttyS0:57600:8E1", "/dev/ttyS0", TRANSPORT_RTU, 57600, 'E', 1,
         DRIVE_NONE, 190972, 1750000},
        {"230400", "rtu:/dev/ttyS0:230400:8E1", "/dev/ttyS0", TRANSPORT_RTU, 230400, 'E', 1,
         DRIVE_NONE, 47743, 1750000},
        {"460800", "rtu:/dev/ttyS0:460800:8E1", "/dev/ttyS0", TRANSPORT_RTU, 460800, 'E', 1,
         DRIVE_NONE, 23871, 1750000},
        {"921600", "rtu:/dev/ttyS0:921600:8E1", "/dev/ttyS0", TRANSPORT_RTU, 921600, 'E', 1,
         DRIVE_NONE, 11935, 1750000},
        {"two wires, turned by the driver", "rtu:/dev/ttyS1:115200:8N1:rs485", "/dev/ttyS1",
         TRANSPORT_RTU, 115200, 'N', 1, DRIVE_RS485, 86805, 1750000},
        {"two wires, turned by RTS", "rtu:/dev/ttyS1:115200:8N1:rts", "/dev/ttyS1", TRANSPORT_RTU,
         115200, 'N', 1, DRIVE_RTS_ON, 86805, 1750000},
        {"two wires, turned by RTS the other way", "rtu:/dev/ttyS1:115200:8N1:rts-", "/dev/ttyS1",
         TRANSPORT_RTU, 115200, 'N', 1, DRIVE_RTS_OFF, 86805, 1750000},
        {"a longer silence", "rtu:/dev/ttyUSB0:19200:8E1:silence=20 ms", "/dev/ttyUSB0",
         TRANSPORT_RTU, 19200, 'E', 1, DRIVE_NONE, 572916, 20000000},
        {"both words, in any order", "rtu:/dev/ttyUSB0:19200:8E1:silence=2.5 ms:rts-",
         "/dev/ttyUSB0", TRANSPORT_RTU, 19200, 'E', 1, DRIVE_RTS_OFF, 572916, 2500000},
        {"a path with colons",
         "rtu:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0:19200:8E1:rs485",
         "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0", TRANSPORT_RTU, 19200, 'E', 1,
         DRIVE_RS485, 572916, 2005206},
        {"a device server", "rtu+tcp:192.0.2.9:4001", "192.0.2.9:4001", TRANSPORT_RTU_TCP, 0, 0, 0,
         DRIVE_NONE, 0, 5000000},
        {"a device server by IPv6", "rtu+tcp:[2001:db8::9]:4001", "[2001:db8::9]:4001",
         TRANSPORT_RTU_TCP, 0, 0, 0, DRIVE_NONE, 0, 5000000},
        {"a device server that gathers for long", "rtu+tcp:192.0.2.9:4001:silence=500 ms",
         "192.0.2.9:4001", TRANSPORT_RTU_TCP, 0, 0, 0, DRIVE_NONE, 0, 500000000},
        {"a device server that does not", "rtu+tcp:192.0.2.9:4001:silence=1 ms", "192.0.2.9:4001",
         TRANSPORT_RTU_TCP, 0, 0, 0, DRIVE_NONE, 0, 1000000},
};

static void is_understood(void **state)
{
	const struct right_row *row = *state;
	struct transport t;

	assert_i64(transport_take(row->text, &t), TRANSPORT_OK);
	assert_i64(t.kind, row->kind);
	assert_text(t.place, row->place);
	assert_i64(t.baud, row->baud);
	assert_i64(t.parity, row->parity);
	assert_i64(t.stop_bits, row->stop_bits);
	assert_i64(t.drive, row->drive);
	assert_i64(transport_char_ns(&t), row->char_ns);
	assert_i64(transport_silence_ns(&t), row->silence_ns);
}

struct wrong_row {
	const char *name, *text;
	enum transport_fault want;
};

static const struct wrong_row WRONG[] = {
        {"no device", "rtu::19200:8E1", TRANSPORT_NO_DEVICE},
        {"nothing at all", "rtu:", TRANSPORT_NO_DEVICE},
        {"a device without its path", "rtu:ttyUSB0:19200:8E1", TRANSPORT_NO_DEVICE},
        {"a device and nothing else", "rtu:/dev/ttyUSB0", TRANSPORT_FORMAT},
        {"no format", "rtu:/dev/ttyUSB0:19200", TRANSPORT_FORMAT},
        {"a format in small letters", "rtu:/dev/ttyUSB0:19200:8e1", TRANSPORT_FORMAT},
        {"half a format", "rtu:/dev/ttyUSB0:19200:8E", TRANSPORT_FORMAT},
        {"a format with half a bit", "rtu:/dev/ttyUSB0:19200:8N1.5", TRANSPORT_FORMAT},
        {"three digits", "rtu:/dev/ttyUSB0:19200:801", TRANSPORT_FORMAT},
        {"a sign, a letter, a digit", "rtu:/dev/ttyUSB0:19200:+N1", TRANSPORT_FORMAT},
        {"three letters", "rtu:/dev/ttyUSB0:19200:ABC", TRANSPORT_FORMAT},
        {"a digit, a letter, a letter", "rtu:/dev/ttyUSB0:19200:8EX", TRANSPORT_FORMAT},
        {"a digit, a sign, a digit", "rtu:/dev/ttyUSB0:19200:8[1", TRANSPORT_FORMAT},
        {"more colons than any path has",
         "rtu:/:::::::::::::::::::::::::::::::::::::::::::::::::19200:8E1", TRANSPORT_FORMAT},
        {"no baud rate", "rtu:/dev/ttyUSB0:8E1", TRANSPORT_BAUD},
        {"a baud rate that is none", "rtu:/dev/ttyUSB0:19201:8E1", TRANSPORT_BAUD},
        {"a baud rate in thousands", "rtu:/dev/ttyUSB0:19k2:8E1", TRANSPORT_BAUD},
        {"a baud rate of seven digits", "rtu:/dev/ttyUSB0:1152000:8E1", TRANSPORT_BAUD},
        {"a baud rate with a sign", "rtu:/dev/ttyUSB0:+9600:8E1", TRANSPORT_BAUD},
        {"seven data bits", "rtu:/dev/ttyUSB0:19200:7E1", TRANSPORT_PARITY},
        {"mark parity", "rtu:/dev/ttyUSB0:19200:8M1", TRANSPORT_PARITY},
        {"three stop bits", "rtu:/dev/ttyUSB0:19200:8N3", TRANSPORT_PARITY},
        {"parity and two stop bits", "rtu:/dev/ttyUSB0:19200:8E2", TRANSPORT_PARITY},
        {"another bus", "rtu:/dev/ttyUSB0:19200:8E1:rs422", TRANSPORT_WORD},
        {"an empty word", "rtu:/dev/ttyUSB0:19200:8E1:", TRANSPORT_WORD},
        {"a word cut short", "rtu:/dev/ttyUSB0:19200:8E1:silenc", TRANSPORT_WORD},
        {"a word of the same length", "rtu:/dev/ttyUSB0:19200:8E1:silences", TRANSPORT_WORD},
        {"two who turn the line", "rtu:/dev/ttyUSB0:19200:8E1:rs485:rts", TRANSPORT_DRIVES},
        {"a wrong word before a right one", "rtu:/dev/ttyUSB0:19200:8E1:rs:rts", TRANSPORT_WORD},
        {"a silence without a time", "rtu:/dev/ttyUSB0:19200:8E1:silence=", TRANSPORT_SILENCE},
        {"a silence without a unit", "rtu:/dev/ttyUSB0:19200:8E1:silence=5", TRANSPORT_SILENCE},
        {"a silence in metres", "rtu:/dev/ttyUSB0:19200:8E1:silence=5 mm", TRANSPORT_SILENCE},
        {"a silence of words",
         "rtu:/dev/ttyUSB0:19200:8E1:silence=as long as it takes the device ms", TRANSPORT_SILENCE},
        {"a silence below a millisecond", "rtu:/dev/ttyUSB0:921600:8E1:silence=0.999 ms",
         TRANSPORT_SILENCE},
        {"a silence above half a second", "rtu:/dev/ttyUSB0:19200:8E1:silence=501 ms",
         TRANSPORT_SILENCE},
        {"a silence in which no frame ends", "rtu:/dev/ttyUSB0:9600:8E1:silence=4 ms",
         TRANSPORT_SHORT_SILENCE},
        {"a device server without a port", "rtu+tcp:192.0.2.9", TRANSPORT_NO_ADDRESS},
        {"a device server without anything", "rtu+tcp:", TRANSPORT_NO_ADDRESS},
        {"a device server with nothing but a silence", "rtu+tcp:192.0.2.9:silence=5 ms",
         TRANSPORT_NOT_A_LINE},
        {"more colons than any address has",
         "rtu+tcp::::::::::::::::::::::::::::::::::::::::::::::::::::4001", TRANSPORT_NO_ADDRESS},
        {"a device server with a line", "rtu+tcp:192.0.2.9:4001:19200:8E1", TRANSPORT_NOT_A_LINE},
        {"a device server that is turned", "rtu+tcp:192.0.2.9:4001:rs485", TRANSPORT_NOT_A_LINE},
        {"a device server with a wrong silence", "rtu+tcp:192.0.2.9:4001:silence=0 ms",
         TRANSPORT_SILENCE},
};

static void is_refused(void **state)
{
	const struct wrong_row *row = *state;
	struct transport t = {.place = "untouched"};

	assert_i64(transport_take(row->text, &t), row->want);
	assert_text(t.place, "untouched");
	assert_true(strlen(transport_fault_words(row->want)) > 30);
}

static void the_longest_text_has_159_characters(void **state)
{
	(void)state;
	char text[TRANSPORT_LEN + 1];
	struct transport t;

	memset(text, 'x', sizeof text);
	text[159] = '\0';
	assert_i64(transport_take(text, &t), TRANSPORT_OK);
	assert_text(t.place, text);
	text[159] = 'x';
	text[160] = '\0';
	assert_i64(transport_take(text, &t), TRANSPORT_LONG);
	assert_contains(transport_fault_words(TRANSPORT_LONG), "159");
}

struct pair_row {
	const char *name, *a, *b;
	bool same_place, equal;
};

static const struct pair_row PAIRS[] = {
        {"the same line", "rtu:/dev/a:9600:8E1", "rtu:/dev/a:9600:8E1", true, true},
        {"another tty", "rtu:/dev/a:9600:8E1", "rtu:/dev/b:9600:8E1", false, false},
        {"another kind", "192.0.2.9:502", "rtu+tcp:192.0.2.9:502", false, false},
        {"another baud rate", "rtu:/dev/a:9600:8E1", "rtu:/dev/a:19200:8E1", true, false},
        {"another parity", "rtu:/dev/a:9600:8E1", "rtu:/dev/a:9600:8O1", true, false},
        {"other stop bits", "rtu:/dev/a:9600:8N1", "rtu:/dev/a:9600:8N2", true, false},
        {"another drive", "rtu:/dev/a:9600:8N1", "rtu:/dev/a:9600:8N1:rts", true, false},
        {"another silence", "rtu:/dev/a:57600:8N1", "rtu:/dev/a:57600:8N1:silence=2 ms", true,
         false},
        {"the same silence, said", "rtu:/dev/a:57600:8N1", "rtu:/dev/a:57600:8N1:silence=1.75 ms",
         true, true},
};

static void is_the_same(void **state)
{
	const struct pair_row *row = *state;
	struct transport a, b;

	assert_i64(transport_take(row->a, &a), TRANSPORT_OK);
	assert_i64(transport_take(row->b, &b), TRANSPORT_OK);
	assert_true(transport_same_place(&a, &b) == row->same_place);
	assert_true(transport_equal(&a, &b) == row->equal);
	assert_true(transport_equal(&b, &a) == row->equal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_longest_text_has_159_characters),
	};
	int failures = cmocka_run_group_tests_name("transport", tests, NULL, NULL);

	failures += RUN_ROWS("a way is understood:", RIGHT, is_understood);
	failures += RUN_ROWS("a way is refused:", WRONG, is_refused);
	failures += RUN_ROWS("two ways:", PAIRS, is_the_same);
	return failures != 0;
}
