/*
 * main: options, the table of commands, exit codes.
 */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *group, *verb; /* verb "": the group alone */
	command_fn *run;
	int words; /* needed behind it */
	const char *arguments, *help;
} commands[] = {
        {"status", "", cmd_status, 0, "[--long]",
         "is all well? devices, sessions, alarms, holds; --long: lines and consoles too"},
        {"devices", "", cmd_devices, 0, "", "every device with its settings"},
        {"library", "", cmd_library, 0, "", "the questions, classes, indications and sites"},
        {"library", "propose", cmd_library_propose, 1, "DIR [--note TEXT]",
         "a copy of this folder goes into the gate's store, if nothing is wrong with it; nothing "
         "is judged by it yet"},
        {"library", "list", cmd_library_list, 0, "",
         "the libraries in the store, who proposed them, and which one is in use"},
        {"library", "rerun", cmd_library_rerun, 1, "HASH [--since DAYS]",
         "the sessions of the past days (90), judged by this library: what would come out "
         "otherwise"},
        {"library", "activate", cmd_library_activate, 1, "HASH --reason TEXT [--since DAYS]",
         "take it into use; for a director who did not propose it; counts of the re-run are "
         "shown first, then it is signed"},
        {"library", "history", cmd_library_history, 0, "",
         "who proposed and activated which library, when and why, from the ledger"},
        {"library", "copy", cmd_library_copy, 1, "HASH --out DIR",
         "a copy of a library in the store, to edit"},
        {"library", "check", cmd_library_check, 1, "DIR",
         "all that is wrong with a library (5 when anything is); else what is closed, left to "
         "decide, and its sources; needs no gate, like all that follow here"},
        {"library", "show", cmd_library_show, 1, "CLASS --library DIR|HASH [--markdown]",
         "all of a class to read and sign: limits by skin type and spot, rules, what is left to "
         "decide; --markdown with a chart"},
        {"library", "pages", cmd_library_pages, 1, "DIR|HASH --out FOLDER",
         "a page and a chart for each class, and an index, as Markdown and SVG; of a folder, or of "
         "a library in the gate's store"},
        {"library", "explain", cmd_library_explain, 0, "[FILE] --library DIR|HASH",
         "why this limit for this patient? judge's lines in; every row and rule that counted, in "
         "order, with what it changed"},
        {"library", "diff", cmd_library_diff, 2, "DIR|HASH DIR|HASH",
         "what changes for patients when the second replaces the first: limits, rows, rules, "
         "questions"},
        {"session", "start", cmd_start, 1,
         "DEVICE --patient TOKEN --indication I --site S [--test-spot] [--elsewhere TREATMENT]... "
         "[--fact NAME=ANSWER]...",
         "start; facts not given are asked one by one on a terminal, else they count as unknown; "
         "--elsewhere none, or \"CLASS SITE 60 d\" for each treatment done elsewhere; --test-spot "
         "only makes a test area; a session open on the device ends"},
        {"session", "show", cmd_show, 1, "DEVICE", "patient facts, screening, limits"},
        {"session", "fact", cmd_fact, 1, "DEVICE --fact NAME=ANSWER...",
         "correct answers; the limits are computed again"},
        {"session", "end", cmd_end, 1, "DEVICE", "end the session"},
        {"session", "log", cmd_session_log, 1, "ID [--csv]",
         "the treatment log: what was asked, accepted and delivered"},
        {"test", "read", cmd_test_read, 1,
         "PATIENT --class CLASS --site SITE --result clear|reaction [--reason TEXT]",
         "record what a clinician sees of a test area after the wait"},
        {"history", "", cmd_history, 1, "PATIENT",
         "treatments, test areas, sessions and decisions of a patient, from the ledger"},
        {"hold", "list", cmd_holds, 0, "", "what waits for a physician, and grants in force"},
        {"hold", "show", cmd_hold, 1, "ID [--text]",
         "facts, asked, limit, rule, counter-offer, history, earlier overrides; with --as the "
         "operator sees that you have looked; --text is the text that is signed, alone"},
        {"hold", "ask", cmd_ask, 1, "DEVICE --reason TEXT",
         "say why an override is wanted; prints the number the physician will type"},
        {"hold", "approve", cmd_approve, 1,
         "ID --number N --code C --reason TEXT [--shown DIGEST] [--set P=V]... [--pulses N] "
         "[--seconds N] [--live]",
         "approve exactly this, or less with --set; N is the number the operator was shown; the "
         "text that is signed is printed, or --shown names what hold show showed; with --live it "
         "is good only while you stay: a key, or "
         "a lost connection, stops the device"},
        {"hold", "deny", cmd_deny, 1, "ID --code C --reason TEXT [--shown DIGEST]", "deny it"},
        {"hold", "answer", cmd_hold_answer, 1,
         "ID --person NAME --answer XXXX-XXXX --code C --reason TEXT",
         "a physician has answered by telephone: enter it, with the reason code they gave and "
         "what they said"},
        {"answer", "", cmd_answer, 1, "REQUEST-CODE --phone FILE --code C",
         "on the physician's own device, without a network: what the code says, and the answer "
         "that approves it"},
        {"people", "phone", cmd_people_phone, 0, "--out FILE",
         "a physician's key for approvals by telephone, locked with the secret, for their own "
         "device"},
        {"holds", "", cmd_holds_search, 0,
         "[--patient TOKEN] [--rule ID] [--physician NAME] [--since DAYS]",
         "every decision about a hold there ever was, from the ledger"},
        {"hold", "verify", cmd_hold_verify, 1, "FILE [--key KEY]",
         "check every decision of a copy, or of a stopped gate's ledger: signed by this key "
         "(dosegatectl key), over what was shown; needs no gate"},
        {"grant", "revoke", cmd_revoke, 1, "ID", "take a grant back, at once"},
        {"stop", "", cmd_stop, 1, "DEVICE", "stop it; needs no login"},
        {"lease", "take", cmd_lease_take, 1, "DEVICE --console CONSOLE",
         "this console sets the device from now on; not while it is armed"},
        {"lease", "release", cmd_lease_release, 1, "DEVICE",
         "any console may set the device; not while it is armed"},
        {"alarm", "clear", cmd_clear, 1, "DEVICE --reason TEXT", "clear a latched alarm"},
        {"clock", "accept", cmd_clock_accept, 0, "--reason TEXT",
         "the gate's clock is right: for a director who has looked"},
        {"record", "start", cmd_record_start, 1, "NAME [--max MEGABYTES]",
         "record the wire, both sides, with every decision, to STATE/recordings/NAME; for "
         "dosegate-sim replay; it ends at its size (64)"},
        {"record", "stop", cmd_record_stop, 0, "", "end that; prints where it is"},
        {"report", "", cmd_report, 0, "[--since DAYS] [--often N]",
         "the quality of the past days (30): blocks, holds, overrides, near misses, time to "
         "decide; "
         "rules approved more often than N (10), and who approves nearly all, are marked"},
        {"key", "", cmd_key, 0, "", "the gate's public key, by which it signs"},
        {"people", "add", cmd_add_person, 1,
         "NAME --printed \"NAME\" --role ROLE [--new-secret-file FILE]",
         "add somebody; roles: see rights"},
        {"people", "list", cmd_people, 0, "", "who is on file"},
        {"people", "enrol", cmd_enrol, 0, "",
         "a second factor for yourself: shows a QR code for the telephone, and asks for its first "
         "code; the one before counts until then"},
        {"people", "secret", cmd_secret, 0, "[--new-secret-file FILE]",
         "a new secret for yourself"},
        {"people", "recover", cmd_recover, 1, "NAME --reason TEXT",
         "let somebody in again who has lost secret or telephone; two others do so, one of them "
         "director or safety officer, and each is shown one half of a word"},
        {"people", "renew", cmd_renew, 1, "NAME [--half HALF --half HALF] [--new-secret-file FILE]",
         "a new secret with the halves that two others were shown; then enrol a second factor"},
        {"people", "confirm", cmd_confirm, 1, "CODE",
         "the first code of the second factor just shown, when it could not be asked for"},
        {"presence", "in", cmd_presence_in, 0, "[--room DEVICE | --on-call] [--for 4h]",
         "for a physician: I am on the premises (in the room of a device, on call) for so long; "
         "what is treated wants one as near as the library says"},
        {"presence", "out", cmd_presence_out, 0, "", "I am leaving"},
        {"presence", "list", cmd_presence, 0, "", "which physicians have checked in"},
        {"training", "add", cmd_train, 1,
         "NAME --until DATE [--on DATE] [--class CLASS] [--device DEVICE]",
         "record that somebody was trained on a device, or on a class of them; without a valid "
         "record they start no session"},
        {"training", "list", cmd_training, 0, "[NAME]", "who was trained on what, until when"},
        {"rights", "", cmd_rights, 0, "", "who may do what: role by action; needs no gate"},
        {"ledger", "tail", cmd_tail, 0, "[N]", "the newest rows"},
        {"ledger", "verify", cmd_verify, 1, "FILE",
         "check the chain of a copy, or of a stopped gate's ledger; needs no gate"},
        {"watch", "", cmd_watch, 0, "", "live: what was asked, what was decided, why"},
        {"explain", "", cmd_explain, 1, "HEX [--device DEVICE]",
         "decode a Modbus frame and judge it as of now, without sending it"},
        {"judge", "", cmd_judge, 0, "[FILE] --library DIR",
         "what would the gate say? JSON lines in (a patient and settings each), verdicts out; 3 "
         "when a line was wrong, 5 when the library is; needs no gate"},
        {"events", "", cmd_events, 0, "",
         "what the gate may notice about a device, what follows, and what to do"},
        {"map", "", cmd_map, 0, "", "the reason registers of the gate's own unit"},
};

static void usage(FILE *to)
{
	fputs("dosegatectl - the gate's command line\n\n", to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		say_to(to, 20, "  dosegatectl %s%s%s%s%s", commands[i].group,
		       commands[i].verb[0] ? " " : "", commands[i].verb,
		       commands[i].arguments[0] ? " " : "", commands[i].arguments);
		say_to(to, 8, "        %s", commands[i].help);
	}
	fputs("\n"
	      "  --socket PATH       the gate's control socket (default: $DOSEGATE_SOCKET, else\n"
	      "                      /var/lib/dosegate/control.sock)\n"
	      "  --control-fd N      ... or a connection to it that is open as descriptor N, on "
	      "which\n"
	      "                      somebody is logged in already: nothing can be signed there\n"
	      "  --as NAME           who you are, where that matters; your secret is asked for\n"
	      "  --secret-file FILE  ... or is the first line of FILE\n"
	      "  --otp CODE          the code of your second factor, where one is wanted; else it "
	      "is\n"
	      "                      asked for\n"
	      "  --json              print the gate's answer as JSON\n"
	      "  --version           print the version\n"
	      "\nexit codes:\n",
	      to);
#define X(id, code, meaning) fprintf(to, "  %d  %s\n", code, meaning);
	EXIT_MAP(X)
#undef X
}

bool take_number(const char *what, const char *text, long long least, json_int_t *out)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	*out = n;
	if (end != text && *end == '\0' && n >= least && n <= INT32_MAX)
		return true;
	fprintf(stderr, "%s wants a number from %lld on, not \"%s\"\n", what, least, text);
	return false;
}

/* What was typed is no command: says what there is of that group, or which groups there are. */
static void say_unknown(int n, char **words)
{
	const char *last = "", *comma = "";
	char line[400] = "";
	bool group = false;

	for (size_t i = 0; i < ARRAY_LEN(commands) && n > 0; i++)
		group = group || strcmp(commands[i].group, words[0]) == 0;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const char *word = group ? commands[i].verb : commands[i].group;

		if ((group && strcmp(commands[i].group, words[0]) != 0) || strcmp(word, last) == 0)
			continue;
		add(line, sizeof line, "%s%s", comma, word);
		last = word;
		comma = ", ";
	}
	if (n == 0)
		say_to(stderr, 2, "dosegatectl wants a command: %s (see --help)", line);
	else if (group)
		say_to(stderr, 2, "dosegatectl %s wants one of: %s (see --help)", words[0], line);
	else
		say_to(stderr, 2, "dosegatectl: no command \"%s\"; there are: %s (see --help)",
		       words[0], line);
}

/* Each option that takes text, and where it goes. */
static const struct {
	const char *name;
	size_t at;
} texts[] = {
#define TEXT(name, member)                             \
	{                                              \
		name, offsetof(struct options, member) \
	}
        TEXT("socket", socket),
        TEXT("control-fd", control_fd),
        TEXT("as", as),
        TEXT("secret-file", secret_file),
        TEXT("otp", otp),
        TEXT("on", on),
        TEXT("until", until),
        TEXT("room", room),
        TEXT("for", for_),
        TEXT("library", library),
        TEXT("out", out),
        TEXT("note", note),
        TEXT("since", since),
        TEXT("often", often),
        TEXT("max", max),
        TEXT("device", device),
        TEXT("patient", patient),
        TEXT("indication", indication),
        TEXT("site", site),
        TEXT("class", device_class),
        TEXT("console", console),
        TEXT("result", result),
        TEXT("code", code),
        TEXT("reason", reason),
        TEXT("number", number),
        TEXT("pulses", pulses),
        TEXT("seconds", seconds),
        TEXT("shown", shown),
        TEXT("key", key),
        TEXT("rule", rule),
        TEXT("physician", physician),
        TEXT("phone", phone),
        TEXT("person", person),
        TEXT("answer", answer),
        TEXT("printed", printed),
        TEXT("role", role),
        TEXT("new-secret-file", new_secret_file),
#undef TEXT
};

/* Where the option's text goes; NULL: there is no such option, or no room for more of it. */
static const char **place_of(struct options *o, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].name, name) == 0)
			return (const char **)(void *)((char *)o + texts[i].at);
	if (strcmp(name, "fact") == 0 && o->n_facts < ARRAY_LEN(o->fact))
		return &o->fact[o->n_facts++];
	if (strcmp(name, "half") == 0 && o->n_halves < ARRAY_LEN(o->half))
		return &o->half[o->n_halves++];
	if (strcmp(name, "elsewhere") == 0 && o->n_elsewhere < ARRAY_LEN(o->elsewhere))
		return &o->elsewhere[o->n_elsewhere++];
	if (strcmp(name, "set") == 0 && o->n_sets < ARRAY_LEN(o->set))
		return &o->set[o->n_sets++];
	return NULL;
}

static bool take_text(struct options *o, const char *name, const char *value)
{
	const char **place = place_of(o, name);

	if (place == NULL)
		fprintf(stderr, "dosegatectl: no option --%s (see --help)\n", name);
	else if (value == NULL)
		fprintf(stderr, "dosegatectl: --%s wants a value (see --help)\n", name);
	else
		*place = value;
	return place != NULL && value != NULL;
}

/* Words and options in any order. */
static bool take_arguments(int argc, char **argv, struct options *o, char **words)
{
	for (int i = 1; i < argc; i++) {
		char *arg = argv[i];

		if (strcmp(arg, "--json") == 0) {
			o->json = true;
		} else if (strcmp(arg, "--markdown") == 0) {
			o->markdown = true;
		} else if (strcmp(arg, "--live") == 0) {
			o->live = true;
		} else if (strcmp(arg, "--text") == 0) {
			o->text = true;
		} else if (strcmp(arg, "--csv") == 0) {
			o->csv = true;
		} else if (strcmp(arg, "--long") == 0) {
			o->long_form = true;
		} else if (strcmp(arg, "--on-call") == 0) {
			o->on_call = true;
		} else if (strcmp(arg, "--test-spot") == 0) {
			o->test_spot = true;
		} else if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
			usage(stdout);
			exit(EXIT_DONE);
		} else if (strcmp(arg, "--version") == 0) {
			printf("dosegatectl %s\n", DOSEGATE_VERSION);
			exit(EXIT_DONE);
		} else if (strncmp(arg, "--", 2) == 0) {
			if (!take_text(o, arg + 2, i + 1 < argc ? argv[i + 1] : NULL))
				return false;
			i++;
		} else {
			words[o->n_words++] = arg;
		}
	}
	return true;
}

/* "ledger tail [N]" and no other takes a word it does not need. */
static bool words_fit(const struct options *o, size_t command)
{
	const char *arguments = commands[command].arguments;
	int most = commands[command].words + (arguments[0] == '[' && arguments[1] != '-');

	if (o->n_words >= commands[command].words && o->n_words <= most)
		return true;
	say_to(stderr, 2, "dosegatectl %s%s%s wants %s%s", commands[command].group,
	       commands[command].verb[0] ? " " : "", commands[command].verb,
	       most == 0 ? "nothing more" : commands[command].arguments,
	       o->n_words > most && most > 0 ? "; put quotes around what has spaces" : "");
	return false;
}

static bool has_verbs(const char *group)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].group, group) == 0 && commands[i].verb[0] != '\0')
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct options o = {.socket = getenv("DOSEGATE_SOCKET")};
	char **words = calloc((size_t)argc + 1, sizeof *words);
	int code = EXIT_USAGE;
	bool found = false;

	if (words == NULL || !take_arguments(argc, argv, &o, words))
		goto out;
	if (o.control_fd != NULL && (o.as != NULL || o.secret_file != NULL)) {
		fputs("with --control-fd somebody is logged in already: leave --as and "
		      "--secret-file out\n",
		      stderr);
		goto out;
	}
	if (o.socket == NULL)
		o.socket = "/var/lib/dosegate/control.sock";
	for (size_t i = 0; i < ARRAY_LEN(commands) && o.n_words > 0 && !found; i++) {
		int used = commands[i].verb[0] ? 2 : 1;

		if (o.n_words < used || strcmp(words[0], commands[i].group) != 0 ||
		    (used == 2 && strcmp(words[1], commands[i].verb) != 0) ||
		    (used == 1 && o.n_words > 1 && has_verbs(commands[i].group)))
			continue;
		found = true;
		o.word = words + used;
		o.n_words -= used;
		if (words_fit(&o, i))
			code = (int)commands[i].run(&o);
	}
	if (!found)
		say_unknown(o.n_words, words);
out:
	free(words);
	return code;
}
