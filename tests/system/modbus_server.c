/*
 * modbus_server: libmodbus's own server as a device on a serial line, for the system tests. Others
 * wrote it, so it is a second opinion of our line. usage: modbus_server TTY BAUD PARITY UNIT; a
 * line for each request that was meant for it: function and address.
 */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 65536

int main(int argc, char **argv)
{
	unsigned char frame[MODBUS_RTU_MAX_ADU_LENGTH];

	if (argc != 5)
		return 1;
	modbus_t *m = modbus_new_rtu(argv[1], atoi(argv[2]), argv[3][0], 8, 1);
	modbus_mapping_t *places = modbus_mapping_new(PLACES, PLACES, PLACES, PLACES);
	if (m == NULL || places == NULL || modbus_set_slave(m, atoi(argv[4])) != 0 ||
	    modbus_connect(m) != 0)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	for (;;) {
		int n = modbus_receive(m, frame);

		if (n < 0 && errno != EMBBADCRC && errno != ETIMEDOUT)
			break; /* the line is gone */
		if (n <= 0)
			continue; /* noise, or for another unit */
		printf("%d %d\n", frame[1], frame[2] << 8 | frame[3]);
		modbus_reply(m, frame, n, places);
	}
	modbus_mapping_free(places);
	modbus_free(m);
	return 0;
}
