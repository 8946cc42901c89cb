/*
 * modbus_client: libmodbus's own client as a console, for the system tests. Others wrote it, so it
 * is a second opinion of our codec. usage: modbus_client PORT|TTY UNIT; prints a line a function.
 */
#include <errno.h>
#include <modbus.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void say(const char *what, int got)
{
	if (got < 0)
		printf("%s: %s\n", what, modbus_strerror(errno));
	else
		printf("%s: %d\n", what, got);
}

int main(int argc, char **argv)
{
	bool tty = argc > 1 && argv[1][0] == '/';
	modbus_t *m = tty ? modbus_new_rtu(argv[1], 115200, 'N', 8, 1)
	                  : modbus_new_tcp("127.0.0.1", argc > 2 ? atoi(argv[1]) : 0);
	uint8_t bits[8] = {1, 0, 1, 1, 0, 0, 1, 0}, bits_read[8] = {0};
	uint16_t words[4] = {0x1234, 0, 0xffff, 7}, words_read[4] = {0};

	if (argc != 3 || m == NULL || modbus_set_slave(m, atoi(argv[2])) != 0 ||
	    modbus_connect(m) != 0)
		return 1;
	modbus_set_response_timeout(m, 5, 0); /* the machine may be busy with other tests */
	say("write coil", modbus_write_bit(m, 19, 1));
	say("write coils", modbus_write_bits(m, 20, 8, bits));
	say("read coils", modbus_read_bits(m, 20, 8, bits_read));
	for (int i = 0; i < 8; i++)
		if (bits[i] != bits_read[i])
			printf("coil %d differs\n", i);
	say("read discrete inputs", modbus_read_input_bits(m, 20, 8, bits_read));
	say("write register", modbus_write_register(m, 50, 0xabcd));
	say("write registers", modbus_write_registers(m, 51, 4, words));
	say("read registers", modbus_read_registers(m, 51, 4, words_read));
	for (int i = 0; i < 4; i++)
		if (words[i] != words_read[i])
			printf("register %d differs\n", i);
	say("read input registers", modbus_read_input_registers(m, 51, 4, words_read));
	say("mask write", modbus_mask_write_register(m, 50, 0x00f2, 0x0025));
	say("write and read", modbus_write_and_read_registers(m, 60, 2, words, 60, 4, words_read));
	say("too many", modbus_read_registers(m, 65535, 2, words_read));
	modbus_close(m);
	modbus_free(m);
	return 0;
}
