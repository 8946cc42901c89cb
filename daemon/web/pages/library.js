/*
 * library: the libraries of the store: which one is in use, what a proposed one changes for
 * patients, what it would have changed in the past; and taking it into use. dosegatectl compares
 * and judges again; the gate signs.
 */
import { call, live, on } from "./wire.js";
import { announce, choices, complaint, doing, el, field, fill, icon, stamp, t, table, unit, word } from "./ui.js";
import { className, pill } from "./device.js";
import { allRows } from "./log.js";

const PERIODS = [30, 90, 365];
const SHOWN = 40;

/* --- the list ------------------------------------------------------------------------------------ */

function short(hash) {
	return el("span", { class: "hash" }, hash.slice(0, 16));
}

function stateOf(one, used) {
	if (one.wrong) return { kind: "bad", sign: "warn", words: t("library.not_believed") };
	if (one.hash === used?.hash) return { kind: "calm", sign: "check", words: t("library.used") };
	return { kind: "wait", sign: "clock", words: t("library.proposed") };
}

function inUse(used) {
	if (!used.any)
		return el("section", { class: "note note-bad" }, icon("warn"), el("div", null, el("p", null, el("strong", null, t("library.none_used"))), el("p", { lang: "en" }, used.why)));
	return el("section", { class: "card used" }, el("h2", null, t("library.in_use")), el("dl", { class: "pairs" }, [
		[t("library.hash"), short(used.hash)], [t("library.since"), stamp(used.at)], [t("library.activated_by"), used.printed],
		[t("library.reason"), used.reason]].map(([k, v]) => el("div", null, el("dt", null, k), el("dd", null, v)))),
	used.demo && el("p", { class: "help" }, t("library.demo")));
}

function libraryCard(one, used) {
	return el("li", null, el("a", { class: "card library-card", href: `#library/${one.hash}`, "data-key": one.hash },
		el("span", { class: "hold-top" }, short(one.hash), pill(stateOf(one, used))),
		one.wrong ? el("span", { lang: "en" }, one.wrong)
			: [el("span", { class: "hold-asked" }, one.reason || t("library.no_note")), el("span", { class: "hold-who" }, t("library.by", { who: one.printed }), " · ", stamp(one.at))]));
}

function history() {
	const place = el("div");

	return el("details", { class: "card", ontoggle: async (e) => {
		if (!e.currentTarget.open) return;
		fill(place, el("p", { class: "empty" }, t("connecting")));
		try {
			const rows = (await allRows("library.history", {})).filter((r) => r.body.event !== "stored").reverse();
			fill(place, rows.length === 0 ? el("p", { class: "empty" }, t("library.no_history"))
				: table(t("library.history"), [t("log.time"), t("log.what"), t("log.words")], rows.map((r) => [stamp(r.at), word("library.event", r.body.event), el("span", { lang: "en" }, r.body.text ?? "")])));
		} catch (error) {
			fill(place, complaint(error));
		}
	} }, el("summary", null, t("library.history")), place);
}

function showList(main) {
	const place = el("div", null, el("p", { class: "empty" }, t("connecting")));
	const draw = async () => {
		try {
			const { libraries, in_use: used } = await call("library.list");
			const newest = [...libraries].reverse();
			fill(place, inUse(used), el("h2", null, t("library.stored")), newest.length === 0 ? el("p", { class: "empty" }, t("library.empty"))
				: el("ul", { class: "libraries" }, newest.map((one) => libraryCard(one, used))));
		} catch (error) {
			fill(place, complaint(error));
		}
	};

	main.append(el("h1", null, t("room.library")), el("p", { class: "lead" }, t("library.lead")), place, history());
	draw();
	return on((what, event) => {
		if (what === "event" && (event.kind === "library" || event.missed)) draw();
	});
}

/* --- 1: what changes for patients ---------------------------------------------------------------- */

const HOW = { narrower: ["calm", "check"], stricter: ["calm", "check"], wider: ["wait", "warn"], milder: ["wait", "warn"], other: ["none", "clock"] };

function how(name) {
	return name && pill({ kind: HOW[name][0], sign: HOW[name][1], words: t(`how.${name}`) });
}

function differences(all) {
	const list = el("ul", { class: "changes" });
	const show = (some) => fill(list, some.map((d) => el("li", null, el("span", { lang: "en" }, unit(d.text)), how(d.how))));

	show(all.slice(0, SHOWN));
	return all.length <= SHOWN ? list : [list, el("button", { type: "button", class: "quiet", onclick: (e) => {
		show(all);
		e.currentTarget.remove();
		list.setAttribute("tabindex", "-1");
		list.focus();
	} }, t("quality.all", { n: all.length }))];
}

function diffView(diff) {
	const every = diff.sections.flatMap((s) => s.differences);
	const counts = Object.keys(HOW).map((h) => [h, every.filter((d) => d.how === h).length]).filter(([, n]) => n > 0);
	const parts = ["class", "rules", "questions", "options", "devices", "sources"].map((part) => [part, diff.sections.filter((s) => s.part === part)]).filter(([, of]) => of.length > 0);

	if (diff.count === 0) return el("p", { class: "empty" }, t("diff.none"));
	return [el("p", { class: "diff-sum" }, el("strong", null, t(diff.count === 1 ? "diff.one" : "diff.some", { n: diff.count })), " ",
		counts.map(([h, n]) => [el("span", null, `${n} `), how(h), " "])),
	parts.map(([part, sections]) => el("div", { class: "diff-part" }, el("h3", null, t(`diff.${part}`)), sections.map((s) =>
		[part === "class" && el("h4", null, className(s.title)), differences(s.differences)])))];
}

/* --- 2: the past, judged again ------------------------------------------------------------------- */

function verdict(said) {
	const kind = { ALLOWED: ["calm", "check"], HELD: ["wait", "hand"], BLOCKED: ["bad", "bar"] }[said.verdict] ?? ["none", "clock"];

	return pill({ kind: kind[0], sign: kind[1], words: word("verdict", said.verdict) });
}

function changeRow(c) {
	const why = c.after.by ? c.after : c.before;

	return [stamp(c.at), c.patient, c.device, el("span", { lang: "en" }, unit(c.what)), el("span", { class: "from-to" }, verdict(c.before), el("span", { "aria-label": t("again.becomes") }, "→"), verdict(c.after)),
		el("span", { lang: "en" }, el("b", { class: "hash" }, why.by), " ", unit(why.text))];
}

function againView({ counts: c, changes }) {
	const none = c.sessions_changed === 0 && c.settings_changed === 0;

	return [el("p", { class: none ? "" : "asked" }, t("again.sum", { days: c.days, sessions: c.sessions, sessions_changed: c.sessions_changed, settings: c.settings, settings_changed: c.settings_changed })),
		c.not_compared > 0 && el("p", { class: "help" }, t("again.not_compared", { n: c.not_compared })),
		changes.length > 0 && table(t("again.title"), [t("log.time"), t("form.patient"), t("log.device"), t("log.asked"), t("again.verdict"), t("log.words")], changes.slice(-SHOWN).reverse().map(changeRow)),
		changes.length > SHOWN && el("p", { class: "help" }, t("again.more", { shown: SHOWN, n: changes.length }))];
}

/* --- 3: taking it into use ----------------------------------------------------------------------- */

function statement(s) {
	return el("section", { class: "card used", tabindex: "-1" }, el("h2", null, icon("check"), " ", t("activate.done")), el("pre", { class: "signed", lang: "en", tabindex: "0", role: "region", "aria-label": t("activate.statement") }, s.text),
		el("dl", { class: "proof" }, [[t("activate.signature"), s.signature], [t("activate.key"), s.key]].map(([k, v]) => el("div", null, el("dt", null, k), el("dd", { class: "hash" }, v)))),
		el("p", null, el("a", { class: "button quiet", href: "#library" }, t("library.back"))));
}

function activateForm(one, compared, done) {
	const reason = el("textarea", { rows: "2", maxlength: "390", required: true, name: "reason" });
	const secret = el("input", { type: "password", autocomplete: "off", required: true, name: "secret" });
	const second = el("input", { inputmode: "numeric", autocomplete: "one-time-code", class: "short token", maxlength: "8", name: "code" });
	const wrong = el("div"), button = el("button", { class: "primary large" }, icon("check"), t("activate.go"));
	const activate = async () => {
		const missing = !reason.value.trim() ? "activate.need_reason" : !secret.value ? "decide.need_secret" : null;
		if (missing) {
			fill(wrong, el("p", { class: "note note-bad", role: "alert" }, icon("warn"), t(missing)));
			return;
		}
		const given = { hash: one.hash, before: compared.before, reason: reason.value.trim(), secret: secret.value };
		if (second.value.trim()) given.code = second.value.trim();
		if (compared.counts) given.rerun = compared.counts;
		const signed = await doing(button, wrong, () => call("library.activate", given));
		secret.value = second.value = "";
		if (signed) done(signed);
		else secret.focus();
	};

	return el("form", { class: "decide", novalidate: true, onsubmit: (e) => {
		e.preventDefault();
		activate();
	} }, el("p", null, t("activate.what", { hash: one.hash.slice(0, 16), who: one.printed })), field(t("decide.words"), reason, t("activate.reason_help")),
	el("div", { class: "fields" }, field(t("decide.secret"), secret), field(t("signin.code"), second, t("signin.code_help"))), wrong, button);
}

/* Why there is no form, or null. */
function notToActivate(one, used) {
	if (one.hash === used.hash) return t("activate.used");
	if (live.who.role !== "director") return t("activate.director");
	if (one.person === live.who.person) return t("activate.own");
	return one.demo ? t("activate.demo") : null;
}

/* --- one library --------------------------------------------------------------------------------- */

function step(number, title, place) {
	return el("section", { class: "step card", "aria-label": title }, el("h2", null, el("span", { class: "number", "aria-hidden": "true" }, number), title), place);
}

async function look(one, used, parts, alive, done) {
	const compared = { before: used.hash ?? "", counts: null };
	const wait = (place) => fill(place, el("p", { class: "empty", role: "status" }, t("library.working")));
	const run = async (place, name, args, view) => {
		wait(place);
		try {
			const answer = await call("tool", { name, args });
			if (alive()) fill(place, view(answer));
			return answer;
		} catch (error) {
			if (alive()) fill(place, complaint(error));
			return null;
		}
	};
	const again = async (days) => {
		const told = await run(parts.again, "library.rerun", { hash: one.hash, days }, againView);
		if (!told || !alive()) return;
		compared.counts = told.counts;
		announce(t("again.sum", told.counts));
		offer();
	};
	const offer = () => {
		const not = notToActivate(one, used);
		if (parts.activate.querySelector("form")) return;
		fill(parts.activate, not ? el("p", { class: "note" }, icon("hand"), not) : activateForm(one, compared, done));
	};

	if (!used.any) {
		for (const place of [parts.diff, parts.again]) fill(place, el("p", { class: "empty" }, t("library.nothing_to_compare")));
		offer();
		return;
	}
	wait(parts.again);
	const diff = await run(parts.diff, "library.diff", { from: used.hash, to: one.hash }, diffView);
	if (!diff || !alive()) return;
	fill(parts.periods, choices(t("quality.period"), PERIODS.map((n) => [String(n), t("quality.days", { n })]), { value: "90", onchange: (n) => again(Number(n)) }));
	await again(90);
}

function showOne(main, hash) {
	const parts = { diff: el("div"), periods: el("div"), again: el("div", { class: "again" }), activate: el("div", null, el("p", { class: "empty" }, t("activate.first"))) };
	const place = el("div", null, el("p", { class: "empty" }, t("connecting")));
	let gone = false;
	const done = (signed) => {
		announce(t("activate.done"));
		fill(place, statement(signed));
		place.firstChild.focus();
		window.scrollTo(0, 0);
	};

	main.append(el("p", null, el("a", { class: "button quiet", href: "#library" }, "← ", t("library.back"))), place);
	call("library.list").then(({ libraries, in_use: used }) => {
		const one = libraries.find((l) => l.hash === hash);
		if (gone) return;
		if (!one || one.wrong) {
			fill(place, el("p", { class: "note note-bad" }, icon("warn"), one ? one.wrong : t("library.unknown")));
			return;
		}
		fill(place, el("div", { class: "hold-head" }, el("h1", null, t("library.one", { hash: hash.slice(0, 16) })), pill(stateOf(one, used))),
			el("p", { class: "hold-who" }, t("library.by", { who: one.printed }), " · ", stamp(one.at)), one.reason && el("blockquote", null, one.reason));
		if (one.hash === used.hash) {
			place.append(inUse(used));
			return;
		}
		place.append(step("1", t("diff.title"), parts.diff), step("2", t("again.title"), el("div", null, parts.periods, parts.again)), step("3", t("activate.title"), parts.activate));
		look(one, used, parts, () => !gone, done);
	}, (error) => fill(place, complaint(error)));
	return () => {
		gone = true;
	};
}

export function open(main, [hash]) {
	return hash ? showOne(main, hash) : showList(main);
}
