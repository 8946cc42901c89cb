#include "sim.h"

#include <stdio.h>

static const char help_device[] =
        "dosegate-sim: devices that behave and misbehave, and consoles that replay.\n"
        "\n"
        "dosegate-sim device PROFILE.cfg LINE... [--baud N] [--control SOCKET] [--unit N] [--seed "
        "N]\n"
        "                    [--set NAME=VALUE]... [--fault 'NAME ...']...\n"
        "                    [--also PROFILE2.cfg --unit N ...]...\n"
        "\n"
        "  LINE is --tcp ADDRESS:PORT (Modbus/TCP), --rtu-tcp ADDRESS:PORT (RTU frames in a TCP\n"
        "  stream), or --rtu [--link PATH] (RTU on a pseudo terminal that it makes, with a\n"
        "  symbolic link to it). At --baud N bytes of RTU leave no faster than 11 bits each.\n"
        "\n"
        "  A server that is the device of the profile: it boots, tests itself, stands\n"
        "  by, is armed, waits its ready delay, and emits while the pedal is down: the pulse\n"
        "  counter and the delivered energy rise at the rate that is set. A setting outside the\n"
        "  device's own hard range is refused with exception 03. Stop always works. Port 0 takes\n"
        "  a free one; when it listens it prints one line: ready 127.0.0.1:PORT, or ready\n"
        "  /dev/pts/N, or both. A request on a serial line that is garbled, for another unit or\n"
        "  for all of them (0) is not answered.\n"
        "  Without --unit it answers to every unit. What stands behind --also is about a further\n"
        "  device on the same lines. --set takes what panel takes, and also\n"
        "  boot=\"1 s\" and ready_delay=\"2 s\". Profiles with open ranges serve all of them.\n"
        "\n"
        "  Commands, one a line, on standard input and on the control socket; one line answers:\n"
        "    on UNIT COMMAND      for the device of this unit; without it, for the first\n"
        "    pedal down | pedal up\n"
        "    panel NAME=VALUE     somebody turns a knob at the device: panel fluence=12 J/cm2;\n"
        "                         registers without a quantity take a whole number, texts a text;\n"
        "                         panel state=fault breaks it, panel state=standby mends it\n"
        "    reboot [defaults]    connections end; settings stay, or are those of a new device\n"
        "    get NAME             the value of a register, as people say it\n"
        "    state                boot self_test standby ready_delay armed emitting cool_down "
        "fault\n"
        "    log                  JSON: [every write, in order: unit, function, address, values;\n"
        "                         \"answer\": 0, or the exception it got]\n"
        "    counts               JSON: {\"reads\", \"writes\", \"pulses\", \"bad_crc\": frames\n"
        "                         that are none, \"no_silence\": requests sooner than 3.5\n"
        "                         characters after an answer}\n"
        "    emitted              JSON: {\"pulses\", \"runs\": [pulses and the settings they left "
        "with;\n"
        "                         \"ready\": false when the device was not armed]}\n"
        "    fault NAME [unit=N] [function=N] [address=N] [count=N] [after=N] [chance=PERCENT] "
        "...\n"
        "    faults clear\n"
        "    quit\n"
        "\n"
        "  Faults (each until cleared, unless count= is given):\n";

static const char help_console[] =
        "\n"
        "dosegate-sim console FILE --to ADDRESS:PORT [--unit N] [--profile PROFILE.cfg]\n"
        "\n"
        "  Plays a file of steps to a gate or a device, one a line; ends with 0, or with 1 and\n"
        "  file:line of the first difference. Requests go through libmodbus, a second opinion.\n"
        "    regs ADDRESS VALUE...   one value: function 06, more: function 10\n"
        "    coil ADDRESS 0|1        function 05\n"
        "    read ADDRESS COUNT      holding registers; input, coils, discrete likewise\n"
        "    raw HEX...              a frame as it stands, header included\n"
        "    write NAME VALUE        by the profile: write fluence 20 J/cm2\n"
        "    get NAME                by the profile; then: expect is 20 J/cm2\n"
        "    arm | stop              by the profile\n"
        "    until NAME VALUE        asks until it is so, at most 10 s: until state armed\n"
        "    unit N                  from here on for another unit\n"
        "    wait MS                 nothing, for so long\n"
        "    close                   ends the connection; the next step makes another\n"
        "    expect ok | exception NN | values N... | is VALUE | bytes HEX... | closed | silent\n"
        "                            of the step before; NN in hexadecimal, numbers as in C\n"
        "    # a comment\n"
        "\n"
        "dosegate-sim tell SOCKET COMMAND\n"
        "\n"
        "  One command to a running device's --control socket; prints its answer.\n";

void help_print(void)
{
	const char *name, *words;

	fputs(help_device, stdout);
	for (int i = 0; (name = faults_help(i, &words)) != NULL; i++)
		printf("    %-23s %s\n", name, words);
	fputs(help_console, stdout);
}
