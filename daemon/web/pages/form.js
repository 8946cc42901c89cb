/*
 * form: beginning a session. The questions are the library's; what was answered before is shown
 * with its age and counts only when somebody says that it still holds.
 */
import { call } from "./wire.js";
import { choices, doing, el, field, fill, fresh_id, icon, library, t, word } from "./ui.js";
import { bodyPicture } from "./body.js";
import { className } from "./device.js";

const DAY_MS = 86400000;

/* --- answers --- */

function valueWord(value) {
	return word("value", value);
}

function agoWords(days) {
	return days === 0 ? t("ago.today") : days === 1 ? t("ago.day") : t("ago.days", { n: days });
}

/* What was answered before, newest first: {fact: {answer, at}} */
function oldAnswers(rows) {
	const found = {};

	for (const row of [...rows].sort((a, b) => a.at - b.at))
		if (row.kind === "session")
			for (const [name, answer] of Object.entries(row.body.facts ?? {}))
				if (answer && answer !== "unknown") found[name] = { answer: String(answer), at: row.at };
	return found;
}

class Question {
	constructor(fact, role, changed) {
		this.fact = fact;
		this.changed = changed;
		this.answer = null;
		this.name = fresh_id("q");
		this.mine = fact.answered_by.includes(role);
		this.before = el("div", { class: "before" });
		this.node = this.build();
	}

	give(answer) {
		this.answer = answer;
		this.node.classList.toggle("answered", answer !== null && answer !== "unknown");
		this.changed();
	}

	build() {
		const f = this.fact;
		const legend = el("legend", null, library(`fact.${f.name}`, f.question));

		if (!this.mine)
			return el("fieldset", { class: "question", "data-fact": f.name }, legend, el("p", { class: "help" }, t("form.not_yours")));
		return el("fieldset", { class: "question", "data-fact": f.name }, legend, this.before,
			f.kind === "choice" || f.kind === "yes_no" ? this.chips(f.kind === "yes_no" ? ["no", "yes"] : f.values) : this.number());
	}

	chip(value, words) {
		return el("label", { class: "chip" }, el("input", { type: "radio", name: this.name, value,
			onchange: () => {
				if (this.input) this.input.value = "";
				this.give(value);
			} }), el("span", null, words));
	}

	chips(values) {
		return el("div", { class: "chips" }, values.map((v) => this.chip(v, valueWord(v))), this.chip("unknown", valueWord("unknown")));
	}

	number() {
		const days = this.fact.kind === "days";

		this.input = el("input", { inputmode: "numeric", pattern: "[0-9]*", maxlength: "5", class: "short",
			"aria-label": days ? t("form.days_since") : t("form.number"),
			oninput: () => {
				for (const radio of this.node.querySelectorAll("input[type=radio]")) radio.checked = false;
				const n = this.input.value.trim();
				this.give(/^\d+$/.test(n) ? (days ? `${n} d` : n) : null);
			} });
		return el("div", { class: "chips" }, el("span", { class: "with-unit" }, this.input, days && el("span", null, t("form.days"))),
			days && this.chip("never", valueWord("never")), this.chip("unknown", valueWord("unknown")));
	}

	/* An old answer, and whether it may still be said to hold. */
	recall(old) {
		if (!this.mine || !old) return;
		const age = Math.floor((Date.now() - old.at) / DAY_MS);
		const holds = age < this.fact.valid_days && !/ days?$|\bd$/.test(old.answer);
		fill(this.before, el("span", null, icon("clock"), t("form.before", { ago: agoWords(age), answer: valueWord(old.answer) })),
			holds ? el("button", { type: "button", class: "quiet", onclick: () => this.still(old.answer) }, t("form.still", { answer: valueWord(old.answer) }))
				: el("span", { class: "too-old" }, t("form.too_old")));
	}

	still(answer) {
		const radio = this.node.querySelector(`input[type=radio][value="${CSS.escape(answer)}"]`);

		if (radio) radio.checked = true;
		else if (this.input) this.input.value = answer;
		this.give(answer);
	}
}

/* --- done elsewhere --- */

function settingsOf(text) {
	const all = {};

	for (const part of text.split(",")) {
		const at = part.indexOf("=");
		if (at > 0) all[part.slice(0, at).trim()] = part.slice(at + 1).trim();
	}
	return all;
}

function select(names, words) {
	return el("select", null, names.map((n) => el("option", { value: n }, words(n))), el("option", { value: "unknown" }, valueWord("unknown")));
}

function elsewhereRow(lib, deviceClass, remove) {
	const fields = {
		device_class: select(lib.classes.map((c) => c.name), className), site: select(lib.sites, (s) => word("site", s)),
		days_ago: el("input", { inputmode: "numeric", pattern: "[0-9]*", class: "short", maxlength: "5" }),
		kind: el("select", null, ["treatment", "test_spot"].map((k) => el("option", { value: k }, word("kind", k)))),
		read_days_ago: el("input", { inputmode: "numeric", pattern: "[0-9]*", class: "short", maxlength: "5" }),
		result: el("select", null, ["clear", "reaction"].map((k) => el("option", { value: k }, word("result", k)))),
		settings: el("input", { placeholder: "fluence=20 J/cm2, spot=18 mm", spellcheck: "false" }),
	};
	const reading = el("div", { class: "fields", hidden: true }, field(t("elsewhere.read"), fields.read_days_ago), field(t("elsewhere.result"), fields.result));

	fields.device_class.value = deviceClass;
	fields.kind.addEventListener("change", () => {
		reading.hidden = fields.kind.value !== "test_spot";
	});
	return { fields, node: el("div", { class: "elsewhere" },
		el("div", { class: "fields" }, field(t("elsewhere.class"), fields.device_class), field(t("form.site"), fields.site),
			field(t("elsewhere.kind"), fields.kind), field(t("elsewhere.days"), fields.days_ago)),
		reading, field(t("elsewhere.settings"), fields.settings, t("elsewhere.settings_help")),
		el("button", { type: "button", class: "quiet", onclick: remove }, t("elsewhere.remove"))) };
}

function toldOf({ fields }) {
	const days = fields.days_ago.value.trim(), read = fields.read_days_ago.value.trim();
	const told = { device_class: fields.device_class.value, site: fields.site.value, days_ago: /^\d+$/.test(days) ? Number(days) : "unknown", kind: fields.kind.value };

	if (told.kind === "test_spot" && /^\d+$/.test(read)) Object.assign(told, { read_days_ago: Number(read), result: fields.result.value });
	if (fields.settings.value.trim()) told.settings = settingsOf(fields.settings.value);
	return told;
}

function elsewherePart(lib, deviceClass) {
	const rows = new Set(), list = el("div");
	const add = el("button", { type: "button", class: "quiet", onclick: () => {
		const row = elsewhereRow(lib, deviceClass, () => {
			rows.delete(row);
			row.node.remove();
		});
		rows.add(row);
		list.append(row.node);
		row.node.querySelector("select").focus();
	} }, t("elsewhere.add"));
	let said = null;
	const more = el("div", { hidden: true }, list, add);
	const node = el("div", null, choices(t("elsewhere.title"), ["none", "some", "unknown"].map((v) => [v, t(`elsewhere.${v}`)]), { onchange: (v) => {
		said = v;
		more.hidden = v !== "some";
		if (v === "some" && rows.size === 0) add.click();
	} }), more);

	return { node, told: () => (said === "none" ? [] : said === "some" ? [...rows].map(toldOf) : undefined), said: () => said };
}

/* --- all of it --- */

function section(number, title, ...children) {
	const id = fresh_id("s");

	return el("section", { class: "step card", "aria-labelledby": id }, el("h2", { id }, el("span", { class: "number", "aria-hidden": "true" }, number), title), children);
}

function indicationsOf(lib, deviceClass) {
	return lib.classes.find((c) => c.name === deviceClass)?.indications ?? [];
}

function factsPart(lib, role) {
	const count = el("p", { class: "count", role: "status" });
	const counted = () => {
		const open = questions.filter((q) => q.answer === null || q.answer === "unknown").length;
		count.textContent = open === 0 ? t("form.all") : t("form.open", { n: open, of: questions.length });
	};
	const questions = lib.facts.map((f) => new Question(f, role, () => counted()));

	counted();
	return { questions, count, node: el("div", { class: "questions" }, questions.map((q) => q.node)),
		facts: () => Object.fromEntries(questions.filter((q) => q.answer !== null).map((q) => [q.fact.name, q.answer])) };
}

function tokenPart(history) {
	const before = el("div", { role: "status" });
	const input = el("input", { name: "patient", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: "39", required: true,
		class: "token", "data-key": "patient", onkeydown: (e) => {
			if (e.key !== "Enter") return; /* a scanner ends with it */
			e.preventDefault();
			input.blur();
		}, onchange: () => look() });
	const look = async () => {
		const token = input.value.trim();
		if (!/\d/.test(token)) return;
		try {
			const { rows } = await call("patient.history", { patient: token });
			fill(before, el("p", { class: "help" }, rows.length ? t("form.known", { n: rows.filter((r) => r.kind === "session").length }) : t("form.new")));
			history(rows);
		} catch (error) {
			if (!("code" in error)) throw error;
		}
	};

	return { input, node: el("div", null, field(t("form.patient"), input, t("form.patient_help")), before) };
}

export function startForm(device, lib, role, begun) {
	const facts = factsPart(lib, role);
	const token = tokenPart((rows) => {
		const old = oldAnswers(rows);
		for (const q of facts.questions) q.recall(old[q.fact.name]);
	});
	const indications = indicationsOf(lib, device.device_class);
	let indication = indications.length === 1 ? indications[0] : null, kind = "treatment";
	const site = bodyPicture(lib.sites, lib.site_words);
	const elsewhere = elsewherePart(lib, device.device_class);
	const wrong = el("div"), button = el("button", { class: "primary large" }, t("form.start"));

	const start = async () => {
		const missing = !token.input.value.trim() ? "form.need_patient" : !indication ? "form.need_indication" : !site.value() ? "form.need_site" : null;
		if (missing) {
			wrong.replaceChildren(el("p", { class: "note note-bad", role: "alert" }, icon("warn"), t(missing)));
			return;
		}
		const params = { device: device.name, patient: token.input.value.trim(), indication, site: site.value(), kind, facts: facts.facts() };
		if (elsewhere.told()) params.elsewhere = elsewhere.told();
		const session = await doing(button, wrong, () => call("session.start", params));
		if (session) begun(session);
	};

	return el("form", { class: "start", novalidate: true, onsubmit: (e) => {
		e.preventDefault();
		start();
	} },
	section("1", t("form.s_patient"), token.node),
	section("2", t("form.s_what"), choices(t("form.indication"), indications.map((i) => [i, word("indication", i)]), { value: indication, onchange: (v) => {
		indication = v;
	} }), choices(t("form.kind"), ["treatment", "test_spot"].map((k) => [k, word("kind", k)]), { value: "treatment", help: t("form.kind_help"), onchange: (v) => {
		kind = v;
	} })),
	section("3", t("form.s_where"), site.node),
	section("4", t("form.s_facts"), el("p", { class: "help" }, t("form.facts_help")), facts.node),
	section("5", t("form.s_before"), el("p", { class: "help" }, t("elsewhere.help")), elsewhere.node),
	el("div", { class: "card finish" }, facts.count, wrong, button));
}

/* Answers of a session that turn out to be others. */
export function correctForm(device, session, lib, role, done) {
	const facts = factsPart(lib, role);
	const wrong = el("div"), button = el("button", { class: "primary" }, t("facts.correct"));

	for (const q of facts.questions) {
		const now = session.facts.find((f) => f.name === q.fact.name);
		if (now) q.before.replaceChildren(el("span", null, t("facts.now", { answer: valueWord(now.answer) })));
	}
	return el("form", { onsubmit: async (e) => {
		e.preventDefault();
		const again = await doing(button, wrong, () => call("session.fact", { device: device.name, facts: facts.facts() }));
		if (again) done(again);
	} }, el("p", { class: "help" }, t("facts.help")), facts.node, wrong, button);
}
