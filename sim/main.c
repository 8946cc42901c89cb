#include "replay.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		help_print();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "faults") == 0) {
		faults_print();
		return 0;
	}
	if (argc >= 3 && strcmp(argv[1], "device") == 0)
		return device_main(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "preset") == 0)
		return preset_main(argc - 1, argv + 1);
	if (argc >= 3 && strcmp(argv[1], "tell") == 0)
		return tell_main(argc - 1, argv + 1);
	if (argc >= 3 && strcmp(argv[1], "console") == 0)
		return console_main(argc - 1, argv + 1);
	if (argc >= 3 && strcmp(argv[1], "replay") == 0)
		return replay_main(argc - 1, argv + 1);
	fputs("dosegate-sim: device PROFILE ..., console FILE ..., preset NAME ..., tell SOCKET "
	      "COMMAND, replay FILE ..., "
	      "faults, or --help\n",
	      stderr);
	return 2;
}
