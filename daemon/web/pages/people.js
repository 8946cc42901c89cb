/*
 * people: who is on file, with which role, and trained on what until when; adding people and
 * records of training. A first secret is typed here by whoever adds somebody and changed by them.
 */
import { call, live } from "./wire.js";
import { announce, choices, complaint, doing, el, field, fill, icon, t, table } from "./ui.js";
import { className, pill } from "./device.js";

const ROLES = ["operator", "physician", "director", "engineer", "safety_officer", "auditor"];
const FEW = 2;
const MAY_ADD = ["director"], MAY_TRAIN = ["director", "safety_officer"];
const STATE = { valid: ["calm", "check"], "ends soon": ["wait", "clock"], ended: ["bad", "bar"] };

/* --- who is there -------------------------------------------------------------------------------- */

function on(record) {
	return [record.device_class && className(record.device_class), record.device].filter(Boolean).join(" · ");
}

function recordsList(records) {
	return el("ul", { class: "trained" }, records.map((r) => el("li", null, on(r), " ",
		pill({ kind: STATE[r.state][0], sign: STATE[r.state][1], words: t(`training.${r.state}`, { until: r.until }) }))));
}

/* What ends is seen at once; the many that are well are folded. */
function trained(records) {
	const well = records.filter((r) => r.state === "valid"), others = records.filter((r) => r.state !== "valid");

	if (records.length === 0) return t("training.none");
	return [others.length > 0 && recordsList(others), well.length > FEW
		? el("details", { class: "plain" }, el("summary", null, t("training.many", { n: well.length })), recordsList(well))
		: well.length > 0 && recordsList(well)];
}

function peopleTable(people, training) {
	return table(t("people.all"), [t("signin.person"), t("people.name"), t("people.role"), t("signin.code"), t("people.training"), t("people.since")],
		people.map((p) => [p.printed, el("span", { class: "hash" }, p.name), t(`role.${p.role}`),
			p.second_factor ? pill({ kind: "calm", sign: "check", words: t("people.has_second") }) : pill({ kind: "none", sign: "bar", words: t("people.no_second") }),
			trained(training.filter((r) => r.person === p.name)), p.added]), { class: "people" });
}

/* --- what changes something ---------------------------------------------------------------------- */

/* What is missing is said; null: nothing is. */
function missing(wrong, checks) {
	const first = checks.find(([fine]) => !fine);

	fill(wrong, first && el("p", { class: "note note-bad", role: "alert" }, icon("warn"), t(first[1])));
	return Boolean(first);
}

function addForm(done) {
	const printed = el("input", { name: "printed", maxlength: "63", autocomplete: "off" });
	const name = el("input", { name: "login", maxlength: "31", autocapitalize: "none", autocomplete: "off", spellcheck: "false" });
	const secrets = ["secret", "again"].map((n) => el("input", { type: "password", name: n, maxlength: "128", autocomplete: "new-password" }));
	const wrong = el("div"), button = el("button", { class: "primary" }, t("people.add"));
	let role = null;
	const add = async () => {
		if (missing(wrong, [[printed.value.trim(), "people.need_printed"], [name.value.trim(), "people.need_name"], [role, "people.need_role"],
			[secrets[0].value, "people.need_secret"], [secrets[0].value === secrets[1].value, "people.not_same"]])) return;
		const added = await doing(button, wrong, () => call("people.add", { name: name.value.trim(), printed: printed.value.trim(), role, secret: secrets[0].value }));
		for (const one of secrets) one.value = "";
		if (added) done(t("people.added", { name: added.name }));
	};

	return el("form", { class: "add", novalidate: true, onsubmit: (e) => {
		e.preventDefault();
		add();
	} }, el("div", { class: "fields" }, field(t("people.printed"), printed, t("people.printed_help")), field(t("people.name"), name, t("people.name_help"))),
	choices(t("people.role"), ROLES.map((r) => [r, t(`role.${r}`)]), { onchange: (r) => {
		role = r;
	} }), el("div", { class: "fields" }, field(t("people.secret"), secrets[0], t("people.secret_help")), field(t("people.again"), secrets[1])), wrong, button);
}

function group(label, options) {
	return el("optgroup", { label }, options.map(([value, words]) => el("option", { value }, words)));
}

function trainForm(people, classes, done) {
	const who = el("select", { name: "person" }, people.filter((p) => p.name !== live.who.person).map((p) => el("option", { value: p.name }, `${p.printed} (${p.name})`)));
	const what = el("select", { name: "on" }, group(t("training.classes"), classes.map((c) => [`device_class ${c}`, className(c)])),
		group(t("training.devices"), live.devices.filter((d) => d.device_class).map((d) => [`device ${d.name}`, d.name])));
	const from = el("input", { type: "date", name: "from" }), until = el("input", { type: "date", name: "until" });
	const wrong = el("div"), button = el("button", { class: "primary" }, t("training.add"));
	const add = async () => {
		if (missing(wrong, [[who.value && what.value, "training.need_what"], [until.value, "training.need_until"]])) return;
		const at = what.value.indexOf(" "), given = { person: who.value, [what.value.slice(0, at)]: what.value.slice(at + 1), until: until.value };
		if (from.value) given.on = from.value;
		if (await doing(button, wrong, () => call("training.add", given))) done(t("training.added"));
	};

	return el("form", { class: "train", novalidate: true, onsubmit: (e) => {
		e.preventDefault();
		add();
	} }, el("div", { class: "fields" }, field(t("people.person"), who), field(t("training.on"), what)),
	el("div", { class: "fields" }, field(t("training.from"), from, t("training.from_help")), field(t("training.until"), until, t("training.until_help"))), wrong, button);
}

/* Both are proved with the second factor, when one signs in. */
function needsBoth() {
	return el("div", { class: "note note-wait" }, icon("hand"), el("div", null, el("p", null, t("people.both")),
		el("button", { type: "button", class: "quiet", onclick: () => call("leave").catch(() => {}) }, t("signout"))));
}

function changes(people, classes, done) {
	const may = (roles) => roles.includes(live.who.role);

	if (!live.who.both) return needsBoth();
	return [may(MAY_TRAIN) && el("details", { class: "card" }, el("summary", null, t("training.title")), el("p", { class: "help" }, t("training.help")), trainForm(people, classes, done)),
		may(MAY_ADD) && el("details", { class: "card" }, el("summary", null, t("people.add_title")), addForm(done))];
}

/* --- together ------------------------------------------------------------------------------------ */

export function open(main) {
	const said = el("div"), list = el("section", { class: "card" }, el("p", { class: "empty" }, t("connecting"))), forms = el("div");
	const draw = async () => {
		try {
			const [{ people }, { training }, { classes }] = await Promise.all([call("people.list"), call("training.list"), call("library").catch(() => ({ classes: [] }))]);
			fill(list, peopleTable(people, training));
			fill(forms, changes(people, classes.map((c) => c.name), done));
		} catch (error) {
			fill(list, complaint(error));
		}
	};
	const done = async (words) => {
		await draw();
		fill(said, el("p", { class: "note note-good" }, icon("check"), words));
		announce(words);
		window.scrollTo(0, 0);
	};

	main.append(el("h1", null, t("room.people")), said, list, forms);
	draw();
	return null;
}
