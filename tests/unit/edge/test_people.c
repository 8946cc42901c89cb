#include "given_people.h"

/* --- roles, rights, waits ----------------------------------------------------------------------
 */

struct right_row {
	const char *name;
	enum right right;
	const char *words;
	bool operator_, physician, director, engineer, officer, auditor;
	enum factor factor;
};

#define y true
#define n false
/* clang-format off */
static const struct right_row rights[] = {
        {"sessions are the treatment room's", RIGHT_SESSION, "start sessions and correct facts",
         y, y, n, n, n, n, FACTOR_SECRET},
        {"so is asking", RIGHT_ASK, "ask for an override", y, y, n, n, n, n, FACTOR_SECRET},
        {"an operator never approves", RIGHT_APPROVE, "approve a hold", n, y, y, n, n, n, FACTOR_SIGNED},
        {"nor denies", RIGHT_DENY, "deny a hold", n, y, y, n, n, n, FACTOR_SECRET},
        {"who treats or answers for it may revoke", RIGHT_REVOKE, "revoke a grant, end a session",
         y, y, y, n, y, n, FACTOR_SECRET},
        {"which panel sets a device is said where people are treated", RIGHT_LEASE,
         "say which console sets a device", y, y, n, n, n, n, FACTOR_SECRET},
        {"an operator does not clear alarms", RIGHT_CLEAR, "clear an alarm", n, y, y, y, y, n, FACTOR_SECRET},
        {"a test area is read by a clinician", RIGHT_READ, "record the reading of a test area",
         n, y, y, n, n, n, FACTOR_BOTH},
        {"the engineer does not see patients", RIGHT_LOOK,
         "look at a patient's history, logs and ledger rows", y, y, y, n, y, y, FACTOR_SECRET},
        {"who uses it does not propose it", RIGHT_PROPOSE, "propose a library", n, y, y, y, y, n, FACTOR_SECRET},
        {"the director answers for it", RIGHT_ACTIVATE,
         "activate a library that another person proposed", n, n, y, n, n, n, FACTOR_SIGNED},
        {"and for the clock", RIGHT_CLOCK, "say that the clock is right", n, n, y, n, n, n, FACTOR_SECRET},
        {"the wire is recorded by who keeps the gate", RIGHT_RECORD, "record the wire", n, n, y, y,
         n, n, FACTOR_SECRET},
        {"people are the director's", RIGHT_PEOPLE, "add people", n, n, y, n, n, n, FACTOR_BOTH},
        {"who supervises is a physician", RIGHT_PRESENCE, "check in as the physician who supervises", n, y, y, n, n, n, FACTOR_BOTH},
        {"training is recorded by who answers for it", RIGHT_TRAIN, "record training", n, n, y, n, y, n, FACTOR_BOTH},
        {"everybody minds their own", RIGHT_SELF, "change one's own secret and second factor",
         y, y, y, y, y, y, FACTOR_SECRET},
        {"one of two; never who only reads", RIGHT_RECOVER, "let somebody in again, two together",
         y, y, y, y, y, n, FACTOR_SECRET},
};
/* clang-format on */
#undef y
#undef n

static void has_right(void **state)
{
	const struct right_row *row = *state;
	const bool want[] = {row->operator_, row->physician, row->director,
	                     row->engineer,  row->officer,   row->auditor};

	for (enum person_role r = 0; r < PERSON_ROLE_COUNT; r++) {
		struct person p = {.role = r};

		assert_i64(person_may(&p, row->right), want[r]);
	}
	assert_text(right_words(row->right), row->words);
	assert_i64(right_factor(row->right), row->factor);
}

static void every_right_has_its_row(void **state)
{
	(void)state;
	assert_i64(ARRAY_LEN(rights), RIGHT_COUNT);
	for (enum right r = 0; r < RIGHT_COUNT; r++)
		assert_i64(rights[r].right, r);
}

static void roles_are_found_by_name(void **state)
{
	(void)state;
	assert_i64(person_role_named("operator"), ROLE_OPERATOR);
	assert_i64(person_role_named("engineer"), ROLE_ENGINEER);
	assert_i64(person_role_named("nurse"), PERSON_ROLE_COUNT);
	assert_i64(person_role_named(""), PERSON_ROLE_COUNT);
	assert_text(person_role_name(ROLE_DIRECTOR), "director");
	assert_text(person_role_words(ROLE_OFFICER), "safety officer");
	assert_text(person_role_names(),
	            "operator, physician, director, engineer, safety_officer, auditor");
}

struct wait_row {
	const char *name;
	unsigned failures;
	int want_s;
};

static const struct wait_row waits[] = {
        {"no failure, no wait", 0, 0},       {"three are free", 3, 0},
        {"the fourth costs a second", 4, 1}, {"each further doubles", 5, 2},
        {"the eleventh", 11, 128},           {"the twelfth", 12, 256},
        {"five minutes at most", 13, 300},   {"never for good", 4000000000, 300},
};

static void waits_so_long(void **state)
{
	const struct wait_row *row = *state;

	assert_i64(people_wait_s(row->failures), row->want_s);
}

/* --- the file ----------------------------------------------------------------------------------
 */

#define SEED "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define FACTOR(seed, step)                                                              \
	"{\"name\":\"petra\",\"printed\":\"P\",\"role\":\"physician\",\"hash\":\"" HASH \
	"\",\"added_day\":1,\"totp\":{\"seed\":" seed ",\"last_step\":" step "}}"

#define TRAINED(device, device_class, on, until)                                          \
	"{\"name\":\"petra\",\"printed\":\"P\",\"role\":\"physician\",\"hash\":\"" HASH   \
	"\",\"added_day\":1,\"training\":[{\"device\":\"" device                          \
	"\",\"device_class\":\"" device_class "\",\"on_day\":" on ",\"until_day\":" until \
	",\"by\":\"susi\"}]}"
#define RECOVERED(at, by)                                                               \
	"{\"name\":\"petra\",\"printed\":\"P\",\"role\":\"physician\",\"hash\":\"" HASH \
	"\",\"added_day\":1,\"recovered\":{\"at_s\":" at ",\"by\":[" by "]}}"

struct file_row {
	const char *name;
	const char *text;
	mode_t mode; /* 0: 0600 */
	const char *says;
};

static const struct file_row files[] = {
        {"an empty file", "", 0, "people.json:"},
        {"half a file", "{\"version\":1,\"people\":[", 0, "people.json:1"},
        {"a key twice", "{\"version\":1,\"version\":1,\"people\":[]}", 0, "duplicate"},
        {"a version before the first", "{\"version\":0,\"people\":[]}", 0, "\"version\": 2"},
        {"a version of later", "{\"version\":3,\"people\":[]}", 0, "\"version\": 2"},
        {"training on nothing", WITH(TRAINED("", "", "1", "2")), 0, "training is"},
        {"that ends before it began", WITH(TRAINED("alex", "", "2", "1")), 0, "training is"},
        {"on a device with too long a name", WITH(TRAINED(TEN TEN TEN "ab", "", "1", "2")), 0,
         "training is"},
        {"let in by one alone", WITH(RECOVERED("1", "\"olga\"")), 0, "recovered is"},
        {"let in by three", WITH(RECOVERED("1", "\"olga\",\"susi\",\"phil\"")), 0, "recovered is"},
        {"let in by nobody's name", WITH(RECOVERED("1", "\"olga\",\"S\"")), 0, "recovered is"},
        {"let in before time", WITH(RECOVERED("0", "\"olga\",\"susi\"")), 0, "recovered is"},
        {"a seed that is none", WITH(FACTOR("\"GEZDGNBVGY3TQOJ1\"", "1")), 0, "totp is"},
        {"a seed too short", WITH(FACTOR("\"GEZDGNBVGY3TQOJQ\"", "1")), 0, "totp is"},
        {"a step before the first", WITH(FACTOR("\"" SEED "\"", "-1")), 0, "totp is"},
        {"no step", WITH(FACTOR("\"" SEED "\"", "\"x\"")), 0, "totp is"},
        {"people that are no list", "{\"version\":1,\"people\":{}}", 0, "\"people\": [...]"},
        {"a key nobody knows", "{\"version\":1,\"people\":[],\"more\":1}", 0, "is wanted"},
        {"a person without a hash", WITH("{\"name\":\"petra\"}"), 0, "person 1: a person is name"},
        {"a name twice", WITH(GOOD "," GOOD), 0, "person 2: the name stands there twice"},
        {"a name in capitals", WITH(PERSON("Petra", "P", "physician", HASH, "1")), 0, "lower case"},
        {"a printed name of nothing", WITH(PERSON("petra", "", "physician", HASH, "1")), 0,
         "printed name"},
        {"a role nobody has", WITH(PERSON("petra", "P", "nurse", HASH, "1")), 0, "the role is"},
        {"a hash of another kind", WITH(PERSON("petra", "P", "physician", "$2b$12$abc", "1")), 0,
         "argon2id"},
        {"a hash too long", WITH(PERSON("petra", "P", "physician", "$argon2id$" LONG, "1")), 0,
         "argon2id"},
        {"a day before the first", WITH(PERSON("petra", "P", "physician", HASH, "-1")), 0,
         "added_day"},
        {"a day beyond the last", WITH(PERSON("petra", "P", "physician", HASH, "2147483648")), 0,
         "added_day"},
        {"a file the group may read", WITH(GOOD), 0640, "chmod 600"},
        {"a file all may write", WITH(GOOD), 0602, "chmod 600"},
};

static void file_is_refused(void **state)
{
	const struct file_row *row = *state;
	struct place at = given_place();

	write_file(&at, row->text, row->mode == 0 ? 0600 : row->mode);
	assert_false(open_people(&at));
	assert_contains(at.why, row->says);
	assert_contains(at.why, at.file);
	close_people(&at);
	forget(&at);
}

static void a_link_or_a_folder_is_no_file_of_ours(void **state)
{
	struct place at = given_place();

	(void)state;
	must(symlink("/etc/passwd", at.file) == 0);
	assert_false(open_people(&at));
	close_people(&at);
	must(unlink(at.file) == 0 && mkdir(at.file, 0700) == 0);
	assert_false(open_people(&at));
	assert_contains(at.why, "no ordinary file");
	close_people(&at);
	rmdir(at.file);
	forget(&at);
}

static void a_path_too_long_is_refused(void **state)
{
	struct place at = given_place();
	static char path[5000];

	(void)state;
	memset(path, 'a', sizeof path - 1);
	must(uv_loop_init(&at.loop) == 0);
	assert_null(people_open(&at.loop, path, at.why, sizeof at.why));
	assert_contains(at.why, "too long");
	close_people(&at);
	forget(&at);
}

static void a_good_file_is_read(void **state)
{
	struct place at = given_place();

	(void)state;
	write_file(&at, WITH(GOOD), 0600);
	assert_true(open_people(&at));
	assert_i64(people_count(at.people), 1);
	const struct person *p = people_find(at.people, "petra");
	assert_non_null(p);
	assert_text(p->printed, "Dr. P. Petrosyan");
	assert_i64(p->role, ROLE_PHYSICIAN);
	assert_text(p->hash, HASH);
	assert_null(people_find(at.people, "quinn"));
	close_people(&at);
	forget(&at);
}

static void the_list_has_no_hashes(void **state)
{
	struct place at = given_place();

	(void)state;
	write_file(&at, WITH(GOOD), 0600);
	assert_true(open_people(&at));
	json_t *list = people_list(at.people);
	char *text = json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS);
	/* day 20000 after 1970-01-01 */
	assert_text(text, "[{\"added\":\"2024-10-04\",\"name\":\"petra\","
	                  "\"printed\":\"Dr. P. Petrosyan\",\"role\":\"physician\","
	                  "\"second_factor\":false}]");
	free(text);
	json_decref(list);
	close_people(&at);
	forget(&at);
}

/* --- adding ------------------------------------------------------------------------------------
 */

struct add_row {
	const char *name;
	const char *login, *printed, *secret;
	const char *says;
};

static const struct add_row refused[] = {
        {"a secret of seven", "petra", "P", "1234567", "8 to 128"},
        {"a secret of 129", "petra", "P", LONG, "8 to 128"}, /* 130 */
        {"no name", "", "P", "long enough", "1 to 31"},
        {"a name of 32", TEN TEN TEN "ab", "P", "long enough", "1 to 31"},
        {"a name in capitals", "Petra", "P", "long enough", "lower case"},
        {"a name that begins like an option", "-rf", "P", "long enough", "lower case"},
        {"a name with a path in it", "a/../b", "P", "long enough", "lower case"},
        {"no printed name", "petra", "", "long enough", "1 to 63"},
        {"a printed name of 64", "petra", TEN TEN TEN TEN TEN TEN "abcd", "long enough", "1 to 63"},
        {"a printed name of two lines", "petra", "Dr.\nP", "long enough", "one line"},
        {"a printed name with a delete", "petra", "Dr.\x7f", "long enough", "one line"},
};

static void add_is_refused(void **state)
{
	const struct add_row *row = *state;
	struct place at = given_place();

	assert_true(open_people(&at));
	struct heard h = add(&at, row->login, row->printed, row->secret);
	assert_i64(h.times, 1);
	assert_contains(h.why, row->says);
	assert_i64(people_count(at.people), 0);
	assert_i64(access(at.file, F_OK), -1);
	close_people(&at);
	forget(&at);
}

static void whoever_is_added_is_on_the_disk_and_can_prove_it(void **state)
{
	struct place at = given_place();
	char text[4096] = "", beside[80];
	struct stat st;

	(void)state;
	assert_true(open_people(&at));
	assert_i64(people_count(at.people), 0);
	assert_text(add(&at, "petra.p-1_x", "Dr. P. Petrosyan", "8 bytes.").why, "");
	assert_i64(people_count(at.people), 1);
	close_people(&at);

	assert_i64(stat(at.file, &st), 0);
	assert_i64(st.st_mode & 07777, 0600);
	snprintf(beside, sizeof beside, "%s.new", at.file);
	assert_i64(access(beside, F_OK), -1);
	FILE *f = fopen(at.file, "r");
	must(f != NULL);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	assert_contains(text, "$argon2id$v=19$m=65536,t=3,p=1$");
	assert_null(strstr(text, "8 bytes."));

	assert_true(open_people(&at));
	struct heard right = check(&at, "petra.p-1_x", "8 bytes.");
	assert_true(right.known);
	assert_text(right.name, "petra.p-1_x");
	assert_i64(right.wait_s, 0);
	struct heard wrong = check(&at, "petra.p-1_x", "8 bytes,");
	assert_false(wrong.known);
	assert_i64(wrong.wait_s, 0);
	close_people(&at);
	forget(&at);
}

static void a_name_is_taken_once_even_at_the_same_moment(void **state)
{
	struct place at = given_place();
	struct heard first = {0}, second = {0};

	(void)state;
	write_file(&at, WITH(""), 0600);
	assert_true(open_people(&at));
	people_add(at.people, "petra", "P", ROLE_DIRECTOR, "long enough", note_changed, NULL,
	           &first);
	people_add(at.people, "petra", "Q", ROLE_DIRECTOR, "long as well", note_changed, NULL,
	           &second);
	await(&at, &second);
	assert_i64(first.times, 1);
	assert_text(first.why, "");
	assert_text(second.why, "the name is taken");
	assert_text(people_find(at.people, "petra")->printed, "P");
	close_people(&at);
	forget(&at);
}

static void what_cannot_be_written_is_not_added(void **state)
{
	struct place at = given_place();

	(void)state;
	assert_true(open_people(&at));
	must(rmdir(at.folder) == 0);
	int quiet = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
	dup2(nowhere, STDERR_FILENO);
	struct heard h = add(&at, "petra", "P", "long enough");
	dup2(quiet, STDERR_FILENO);
	close(quiet);
	close(nowhere);
	assert_contains(h.why, "could not be written");
	assert_i64(people_count(at.people), 0);
	close_people(&at);
}

static void a_full_roster_takes_nobody(void **state)
{
	struct place at = given_place();
	FILE *f = fopen(at.file, "w");

	(void)state;
	must(f != NULL);
	fputs("{\"version\":1,\"people\":[", f); /* as before there were second factors */
	for (int i = 0; i < 200; i++)
		fprintf(f,
		        "%s{\"name\":\"p%d\",\"printed\":\"P\",\"role\":\"operator\","
		        "\"hash\":\"" HASH "\",\"added_day\":1}",
		        i == 0 ? "" : ",", i);
	fputs("]}", f);
	fclose(f);
	chmod(at.file, 0600);
	assert_true(open_people(&at));
	assert_i64(people_count(at.people), 200);
	assert_contains(add(&at, "one.more", "P", "long enough").why, "200 people");
	close_people(&at);
	forget(&at);
}

/* --- checking ----------------------------------------------------------------------------------
 */

static void nobody_can_be_an_unknown_name_and_it_costs_as_much(void **state)
{
	struct place at = given_place();

	(void)state;
	write_file(&at, WITH(""), 0600);
	assert_true(open_people(&at));
	uint64_t before = uv_hrtime();
	assert_false(check(&at, "nobody", "long enough").known);
	/* a hash takes 90 ms where this was written; an answer without one takes none */
	assert_true(uv_hrtime() - before > 10000000);
	assert_false(check(&at, TEN TEN TEN TEN, "long enough").known);
	close_people(&at);
	forget(&at);
}

static void pause_ms(struct place *at, uint64_t ms)
{
	uint64_t until = uv_hrtime() + ms * 1000000;

	while (uv_hrtime() < until) {
		usleep(20000);
		uv_run(&at->loop, UV_RUN_NOWAIT);
	}
}

static void guesses_are_counted_one_by_one_and_cost_time(void **state)
{
	struct place at = given_place();
	struct heard guess[6] = {0};

	(void)state;
	write_file(&at, WITH(""), 0600);
	assert_true(open_people(&at));
	assert_text(add(&at, "petra", "P", "the right one").why, "");
	for (size_t i = 0; i < ARRAY_LEN(guess); i++) /* all at once */
		ask(&at, "petra", "a wrong one", &guess[i]);
	await(&at, &guess[5]);
	for (size_t i = 0; i < ARRAY_LEN(guess); i++) {
		assert_i64(guess[i].times, 1);
		assert_false(guess[i].known);
		assert_i64(guess[i].wait_s, i < 3 ? 0 : 1);
	}
	/* even the right one is not looked at while the wait lasts */
	struct heard early = check(&at, "petra", "the right one");
	assert_false(early.known);
	assert_i64(early.wait_s, 1);
	pause_ms(&at, 1050);
	assert_true(check(&at, "petra", "the right one").known);
	assert_i64(check(&at, "petra", "a wrong one").wait_s, 0); /* counted from nothing again */
	close_people(&at);
	forget(&at);
}

static void unknown_names_are_throttled_alike(void **state)
{
	struct place at = given_place();
	struct heard guess[5] = {0};

	(void)state;
	write_file(&at, WITH(""), 0600);
	assert_true(open_people(&at));
	for (size_t i = 0; i < ARRAY_LEN(guess); i++)
		ask(&at, "nobody", "a wrong one", &guess[i]);
	await(&at, &guess[4]);
	assert_i64(guess[2].wait_s, 0);
	assert_i64(guess[3].wait_s, 1);
	assert_i64(guess[4].wait_s, 1);
	close_people(&at);
	forget(&at);
}

static void a_secret_is_never_cut_to_fit(void **state)
{
	struct place at = given_place();
	char secret[130];

	(void)state;
	write_file(&at, WITH(""), 0600);
	assert_true(open_people(&at));
	for (int i = 0; i < 128; i++)
		secret[i] = "words"[i % 5];
	secret[128] = '\0';
	assert_text(add(&at, "petra", "P", secret).why, "");
	assert_true(check(&at, "petra", secret).known);
	memcpy(secret + 128, "y", 2);
	assert_false(check(&at, "petra", secret).known);
	close_people(&at);
	forget(&at);
}

static void two_at_once_thirty_two_in_line_and_no_more(void **state)
{
	struct place at = given_place();
	static struct heard h[36];

	(void)state;
	write_file(&at, WITH(""), 0600);
	assert_true(open_people(&at));
	memset(h, 0, sizeof h);
	for (size_t i = 0; i < 35; i++) {
		char name[8];

		snprintf(name, sizeof name, "n%zu", i);
		ask(&at, name, "long enough", &h[i]);
	}
	people_add(at.people, "petra", "P", ROLE_OPERATOR, "long enough", note_changed, NULL,
	           &h[35]);
	assert_i64(h[34].times, 0); /* that there is no room is said later, too */
	close_people(&at);          /* and whoever waits when the gate ends is told so, once */
	for (size_t i = 0; i < 35; i++) {
		assert_i64(h[i].times, 1);
		assert_false(h[i].known);
		assert_i64(h[i].wait_s, i < 2 ? 0 : 1);
	}
	assert_i64(h[35].times, 1);
	assert_contains(h[35].why, "too many");
	forget(&at);
}

static void ask_again(void *owner, void *tag, const struct person *who, const struct proof *proof)
{
	(void)who;
	(void)proof;
	ask(owner, "petra", "long enough", tag);
}

static void asked_while_it_closes_it_still_answers(void **state)
{
	struct place at = given_place();
	struct heard h = {0};

	(void)state;
	write_file(&at, WITH(""), 0600);
	assert_true(open_people(&at));
	struct claim claim = {.name = "petra", .secret = "long enough"};
	people_prove(at.people, &claim, ask_again, &at, &h);
	close_people(&at);
	assert_i64(h.times, 1);
	assert_i64(h.wait_s, 1);
	forget(&at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_right_has_its_row),
	        cmocka_unit_test(roles_are_found_by_name),
	        cmocka_unit_test(a_link_or_a_folder_is_no_file_of_ours),
	        cmocka_unit_test(a_path_too_long_is_refused),
	        cmocka_unit_test(a_good_file_is_read),
	        cmocka_unit_test(the_list_has_no_hashes),
	        cmocka_unit_test(whoever_is_added_is_on_the_disk_and_can_prove_it),
	        cmocka_unit_test(a_name_is_taken_once_even_at_the_same_moment),
	        cmocka_unit_test(what_cannot_be_written_is_not_added),
	        cmocka_unit_test(a_full_roster_takes_nobody),
	        cmocka_unit_test(nobody_can_be_an_unknown_name_and_it_costs_as_much),
	        cmocka_unit_test(guesses_are_counted_one_by_one_and_cost_time),
	        cmocka_unit_test(unknown_names_are_throttled_alike),
	        cmocka_unit_test(a_secret_is_never_cut_to_fit),
	        cmocka_unit_test(two_at_once_thirty_two_in_line_and_no_more),
	        cmocka_unit_test(asked_while_it_closes_it_still_answers),
	};
	int failures = cmocka_run_group_tests_name("people", tests, NULL, NULL);

	failures += RUN_ROWS("people may", rights, has_right);
	failures += RUN_ROWS("people wait", waits, waits_so_long);
	failures += RUN_ROWS("people file refused", files, file_is_refused);
	failures += RUN_ROWS("people add refused", refused, add_is_refused);
	return failures != 0;
}
