/*
 * dosegated: the gate as a program. Reads its configuration, opens the house, runs, closes it.
 */
#include "house/gate.h"

#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/log.h"

static const char usage[] =
        "dosegated - stands between operator consoles and treatment devices\n"
        "\n"
        "  dosegated --config FILE [--state DIR]   run the gate\n"
        "  dosegated --config FILE --check         say everything that is wrong, then end\n"
        "\n"
        "  --config FILE   the clinic file (see profiles/clinic.cfg)\n"
        "  --state DIR     ledger, people and control socket live here instead of where the file "
        "says\n"
        "  --check         exit 0: all is well; exit 2: what is wrong, one line each\n"
        "  --version       print the version\n"
        "\n"
        "signals: SIGUSR1 stops every device; SIGTERM and SIGINT stop armed devices and end the "
        "gate\n"
        "exit: 0 ended in order, 1 could not start, 2 configuration or usage is wrong\n";

struct options {
	const char *config, *state;
	bool check;
};

static int take_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
	        {"config", required_argument, NULL, 'c'}, {"state", required_argument, NULL, 's'},
	        {"check", no_argument, NULL, 'k'},        {"help", no_argument, NULL, 'h'},
	        {"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0},
	};

	for (int c; (c = getopt_long(argc, argv, "c:s:h", known, NULL)) != -1;) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 's':
			o->state = optarg;
			break;
		case 'k':
			o->check = true;
			break;
		case 'v':
			printf("dosegated %s\n", DOSEGATE_VERSION);
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			return 2;
		}
	}
	if (o->config != NULL && optind == argc)
		return 0;
	fputs(usage, stderr);
	return 2;
}

/* --state moves everything the gate writes; a control path given as absolute stays. */
static bool move_state(struct clinic *c, const char *dir)
{
	size_t n = strlen(c->state_dir);
	char name[PATH_LEN];
	int len;

	if (strlen(dir) + 16 >= sizeof c->state_dir)
		return false;
	if (strncmp(c->control, c->state_dir, n) == 0 && c->control[n] == '/') {
		snprintf(name, sizeof name, "%s", c->control + n + 1);
		len = snprintf(c->control, sizeof c->control, "%s/%s", dir, name);
		if (len < 0 || (size_t)len >= sizeof c->control)
			return false;
	}
	snprintf(c->state_dir, sizeof c->state_dir, "%s", dir);
	return true;
}

static int run(struct config *config)
{
	uv_loop_t loop;
	struct gate *g = calloc(1, sizeof *g); /* all the memory the loop's way will ever use */

	if (g == NULL || uv_loop_init(&loop) != 0)
		return 1;
	if (!gate_open(g, &loop, config)) {
		if (g->ledger != NULL)
			ledger_close(g->ledger); /* what it was told already is written */
		_exit(g->library_is_wrong ? 2
		                          : 1); /* handles half open: the kernel takes them back */
	}
	printf("ready %d\n", consoles_port(g->consoles));
	fflush(stdout);
	uv_run(&loop, UV_RUN_DEFAULT);
	if (g->ledger != NULL)
		log_line(LOG_WARN, "main", "the loop ended with the ledger open");
	librarian_close(g);
	if (uv_loop_close(&loop) != 0)
		log_line(LOG_WARN, "main", "something was still open at the end");
	free(g);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct complaints complaints = {0};
	struct config config = {0};
	int code = take_options(argc, argv, &o);

	if (code != 0)
		return code;
	signal(SIGPIPE, SIG_IGN); /* a peer that goes is an error of its write, not our end */
	signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
	if (sodium_init() < 0) {
		fputs("libsodium could not start\n", stderr);
		return 1;
	}
	/* Only a check looks at the folder: the gate itself uses what was activated. */
	if (!(o.check ? config_load : config_load_clinic)(o.config, &config, &complaints)) {
		complaints_say(&complaints, "nothing was started");
		code = 2;
	} else if (o.state != NULL && !move_state(&config.clinic, o.state)) {
		fprintf(stderr, "--state %s: the path is too long for a socket\n", o.state);
		code = 2;
	} else if (o.check)
		printf("%s: all is well; %zu devices, %u facts, %u rules, %u rows, library %s\n",
		       o.config, config.clinic.n_devices, config.library.n_facts,
		       config.library.n_rules, config.library.n_rows, config.library.hash_hex);
	else
		code = run(&config);
	complaints_free(&complaints);
	config_free(&config);
	return code;
}
