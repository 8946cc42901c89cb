#include "sim.h"

#include <stdio.h>
#include <string.h>

#define WIDTH  100
#define INDENT 4
#define COLUMN 28

static const char device_text[] = "dosegate-sim: devices that behave and misbehave and know the "
                                  "truth, and consoles that play.\n"
                                  "\n"
                                  "dosegate-sim device PROFILE.cfg LINE... [OPTION]... [--also "
                                  "PROFILE.cfg --unit N [OPTION]...]...\n"
                                  "\n"
                                  "  A server that is the device of the profile, any of "
                                  "profiles/devices: it boots, tests itself,\n"
                                  "  stands by, gets ready, is armed, emits while the pedal is "
                                  "down, cools down, breaks. A setting\n"
                                  "  outside of its own hard range is refused with exception 03. "
                                  "Stop always works. Status rows with\n"
                                  "  a hard range (chiller, tip_life) keep it in standby while "
                                  "they are outside; contact and\n"
                                  "  impedance withhold the pulse. A tip_life counts down. When "
                                  "masters can reach it, it prints one\n"
                                  "  line: ready 127.0.0.1:1601, or ready /dev/pts/4, one for each "
                                  "line. It ends on quit, or a\n"
                                  "  signal: with 0; 3 when the oracle blames a pulse, which it "
                                  "says; 1 when a command of --play or\n"
                                  "  behind at or when was none; 2 when it could not begin.\n"
                                  "\n";

static const struct {
	const char *name, *arguments, *words;
} device_options[] = {
        {"--tcp", "ADDRESS:PORT", "a line: Modbus/TCP; port 0 is a free one"},
        {"--rtu-tcp", "ADDRESS:PORT",
         "a line: RTU frames in a TCP stream, as serial servers send them"},
        {"--rtu", "",
         "a line: RTU on a terminal that it makes; what is garbled, for another unit or for "
         "all of them (0) is not answered"},
        {"--link", "PATH", "a symbolic link to that terminal"},
        {"--baud", "N", "bytes of RTU leave no faster than 11 bits each, and arrive no faster"},
        {"--unit", "N", "it answers for this unit alone; of several devices each wants its own"},
        {"--also", "PROFILE.cfg",
         "a further device on the same lines; what stands behind is about it"},
        {"--set", "NAME=VALUE", "as panel has it"},
        {"--fault", "'NAME ...'", "as fault has it"},
        {"--seed", "N", "of all that is random in it: the same seed, the same bytes"},
        {"--library", "DIR", "an oracle watches, and judges each pulse by this library"},
        {"--case", "JSON | FILE", "who is treated, as case has it"},
        {"--control", "SOCKET", "commands come there too"},
        {"--play", "FILE", "commands come from there, one after another"},
        {"--wire", "FILE",
         "what goes over the lines is written down, a line of text for each frame: "
         "MICROSECONDS LINE.CHANNEL EVENT BYTES; EVENT is > to the devices, < from "
         "them, ? bytes that are no frame, + a connection begins, - it ends"},
};

static const char console_text[] =
        "\n"
        "dosegate-sim console FILE --to ADDRESS:PORT|TERMINAL [OPTION]...\n"
        "dosegate-sim preset [NAME...|HAZARD...|all --to ADDRESS:PORT --device SOCKET --gate "
        "SOCKET\n"
        "                     [OPTION]...]\n"
        "\n"
        "  Plays a file of steps, or the scenarios that are shipped (without a name: lists them; "
        "all: those\n"
        "  for the device at hand; H02: those of them that show this hazard); ends with 0, or with "
        "1 and\n"
        "  file:line of the first difference. Requests go through libmodbus, a second opinion. "
        "What is\n"
        "  refused and not expected ends it too.\n"
        "\n";

static const struct {
	const char *name, *arguments, *words;
} console_options[] = {
        {"--to", "ADDRESS:PORT | TERMINAL", "the gate, or a device itself"},
        {"--unit", "N", "1 when nothing is said"},
        {"--baud", "N", "of a terminal: 115200"},
        {"--profile", "PROFILE.cfg", "names of registers; with --device it is asked"},
        {"--device", "SOCKET", "the simulated device's --control"},
        {"--gate", "SOCKET", "the gate's control socket"},
        {"--name", "DEVICE", "as the gate calls it: alex"},
        {"--operator", "NAME=FILE", "who begins sessions, and the file of the secret"},
        {"--physician", "NAME=FILE", "who approves and clears alarms"},
};

static const char replay_text[] = "\n"
                                  "dosegate-sim replay FILE [OPTION]...\n"
                                  "\n"
                                  "  Plays a recording of a gate (dosegatectl record; - is "
                                  "standard input) to a gate of its own, "
                                  "in a\n"
                                  "  folder that is gone afterwards: devices answer as they did, "
                                  "consoles ask and people act in "
                                  "the\n"
                                  "  order of then, each when what came before has come again. "
                                  "Prints what the gate says to each "
                                  "write\n"
                                  "  and session, beside what it said then; ends with 0 when no "
                                  "verdict differs, with 3 when one "
                                  "does,\n"
                                  "  with 2 when it could not be played.\n"
                                  "\n";

static const struct {
	const char *name, *arguments, *words;
} replay_options[] = {
        {"--library", "DIR", "by which it is judged now"},
        {"--speed", "N | max",
         "so many times as fast as it was; max, when nothing is said: as fast as it goes"},
        {"--differing", "", "only what differs is printed, and the count"},
        {"--pcapng", "OUT",
         "also, or without --library only: the recording as packets for Wireshark, with the "
         "verdicts as comments; takes what device --wire has written, too"},
};

static const char rest_text[] =
        "\n"
        "dosegate-sim faults\n"
        "\n"
        "  Lists the faults and their arguments.\n"
        "\n"
        "dosegate-sim tell SOCKET COMMAND\n"
        "\n"
        "  One command to a running device's --control socket; prints its answer.\n";

void help_row(const char *name, const char *arguments, const char *words)
{
	int at = printf("%*s%s%s%s", INDENT, "", name, arguments[0] != '\0' ? " " : "", arguments);

	if (at >= COLUMN)
		at = printf("\n") - 1;
	at += printf("%*s", COLUMN - at, "");
	while (*words != '\0') {
		int n = (int)strcspn(words, " ");

		if (at + n + 1 > WIDTH)
			at = printf("\n%*s", COLUMN, "") - 1;
		at += printf(" %.*s", n, words);
		words += n + (words[n] == ' ');
	}
	putchar('\n');
}

void help_print(void)
{
	fputs(device_text, stdout);
	for (size_t i = 0; i < ARRAY_LEN(device_options); i++)
		help_row(device_options[i].name, device_options[i].arguments,
		         device_options[i].words);
	puts("\n  Commands, one a line; one line answers, \"ok\", \"error: ...\" or what was asked "
	     "for:\n");
	commands_print();
	puts("\n  Events, of when and await; with a count (pulse 3), reads and writes also with "
	     "unit=, function=\n"
	     "  and address= (write address=16):\n");
	events_print();
	fputs(console_text, stdout);
	for (size_t i = 0; i < ARRAY_LEN(console_options); i++)
		help_row(console_options[i].name, console_options[i].arguments,
		         console_options[i].words);
	puts("\n  Steps, one a line; # begins a comment:\n");
	steps_print();
	fputs(replay_text, stdout);
	for (size_t i = 0; i < ARRAY_LEN(replay_options); i++)
		help_row(replay_options[i].name, replay_options[i].arguments,
		         replay_options[i].words);
	fputs(rest_text, stdout);
}
