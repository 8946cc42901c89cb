/*
 * physician: what waits, the moment it waits, with a sound and in the title; one screen to decide.
 * What is signed is the text the gate shows, by its digest: the page composes nothing.
 */
import { call, live, on } from "./wire.js";
import { announce, choices, complaint, doing, el, field, fill, icon, keep, kept, seconds, stamp, t, table, unit, word } from "./ui.js";
import { holdState, MAIN, pill, settingsLine, stateOf } from "./device.js";
import { limitsChart } from "./chart.js";
import { headline } from "./reason.js";
import { allRows } from "./log.js";
import { presence } from "./presence.js";
import { ring } from "./sound.js";
import { testAreaForm } from "./testarea.js";

/* --- sound and title --- */

function waiting() {
	return live.devices.filter((d) => ["open", "checking"].includes(d.session?.hold?.state));
}

function soundSwitch() {
	const label = () => t(kept("sound") === "off" ? "sound.off" : "sound.on");
	const button = el("button", { type: "button", class: "quiet", "aria-pressed": kept("sound") !== "off", onclick: () => {
		keep("sound", kept("sound") === "off" ? "on" : "off");
		button.textContent = label();
		button.setAttribute("aria-pressed", kept("sound") !== "off");
		ring();
	} }, label());

	return button;
}

/* --- what waits --- */

function waitingCard(d, chosen) {
	const h = d.session.hold;

	return el("li", null, el("a", { class: h.id === chosen ? "card hold-card chosen-card" : "card hold-card", href: `#physician/${h.id}`,
		"data-key": `hold-${h.id}`, "aria-current": h.id === chosen ? "true" : null },
	el("span", { class: "hold-top" }, el("b", null, d.name), pill(holdState(h))),
	el("span", { class: "hold-asked" }, h.kind === "screening" ? t("hold.screening") : settingsLine(h.asked, MAIN)),
	el("span", { class: "hold-who" }, t("hold.who", { patient: d.session.patient, operator: h.operator })),
	h.ask_text && el("span", { class: "hold-why" }, `“${h.ask_text}”`)));
}

/* --- one hold, to decide --- */

function difference(h) {
	const offer = h.counter_offer ?? {};
	const names = Object.keys(h.asked);

	return table(t("hold.settings"), [t("hold.parameter"), t("hold.asked"), t("hold.inside")], names.map((n) => {
		const other = offer[n] !== undefined && offer[n] !== h.asked[n];
		return [word("param", n), el("span", { class: other ? "differs" : "" }, unit(h.asked[n])), offer[n] === undefined ? "–" : other ? el("b", null, unit(offer[n])) : t("hold.same")];
	}));
}

function reasonsOf(h) {
	return el("ul", { class: "reasons" }, h.reasons.filter((r) => !r.cleared && r.kind !== "NOTE").map((r) => el("li", { class: `reason reason-${r.kind}` }, icon(r.kind === "BLOCKED" ? "bar" : "hand"),
		el("div", null, r.check ? headline(r) : el("p", { class: "headline", lang: "en" }, r.text), r.tenfold && el("p", null, el("strong", null, t("last.tenfold"))),
			r.check && el("p", { class: "gate-words", lang: "en" }, r.text),
			el("p", { class: "source" }, r.id, r.source && [" · ", t("hold.source"), " ", r.source], r.confidence && [" · ", t("hold.confidence"), " ", el("abbr", { title: t(`confidence.${r.confidence}`) }, r.confidence)])))));
}

function factsOf(h) {
	const risky = h.facts.filter((f) => f.counts_as !== f.answer);

	return el("div", null, el("dl", { class: "facts" }, h.facts.map((f) => el("div", { class: f.counts_as === f.answer ? "" : "worst" },
		el("dt", null, word("fact.short", f.name)), el("dd", null, word("value", f.answer), f.counts_as !== f.answer && el("small", null, t("facts.worst")))))),
	risky.length > 0 && el("p", { class: "help" }, t("facts.risky", { n: risky.length })));
}

function earlier(title, decisions) {
	return decisions?.length > 0 && el("div", null, el("h4", null, title), el("ul", { class: "plain-list" }, decisions.map((d) => el("li", null, stamp(d.at), ` · ${d.patient} · `,
		el("span", { lang: "en" }, `${d.meaning}: ${d.printed}, ${d.reason_code}, ${d.reason_text}`), " ", settingsLine(d.settings, MAIN)))));
}

function pastOf(h) {
	return el("details", { class: "card" }, el("summary", null, t("hold.past", { n: h.history?.length ?? 0 })),
		earlier(t("hold.overrides"), h.overrides), earlier(t("hold.same_rules"), h.same_rules),
		el("h4", null, t("hold.history")), el("ul", { class: "plain-list" }, (h.history ?? []).map((one) => el("li", null, stamp(one.at), " ", el("span", { lang: "en" }, one.text)))));
}

/* What is granted: as asked, the counter-offer, or less than asked. */
function amount(h) {
	const inputs = {};
	const less = el("div", { class: "fields", hidden: true }, Object.entries(h.asked).filter(([n]) => ["fluence", "energy", "rate", "density", "coverage", "passes", "depth"].includes(n))
		.map(([n, v]) => field(word("param", n), inputs[n] = el("input", { value: v, spellcheck: "false" }))));
	let mode = "asked";
	const node = h.kind === "screening" ? null : el("div", null, choices(t("decide.what"), [["asked", t("decide.asked")], h.counter_offer && ["inside", t("decide.inside")], ["less", t("decide.less")]].filter(Boolean),
		{ value: "asked", onchange: (v) => {
			mode = v;
			less.hidden = v !== "less";
		} }), less);

	return { node, settings: () => {
		if (mode === "asked" || h.kind === "screening") return null;
		const all = mode === "inside" ? h.counter_offer : Object.fromEntries(Object.entries(inputs).map(([n, i]) => [n, i.value.trim()]));
		return Object.fromEntries(Object.entries(all).filter(([n, v]) => v !== h.asked[n]));
	} };
}

function decideForm(h, codes, done) {
	const what = amount(h);
	let code = codes.length === 1 ? codes[0] : null;
	const words = el("textarea", { rows: "2", maxlength: "190", required: true, "data-key": "decide-words" });
	const number = el("input", { inputmode: "numeric", pattern: "[0-9]*", class: "short token", maxlength: "4", autocomplete: "off" });
	const pulses = el("input", { inputmode: "numeric", pattern: "[0-9]*", class: "short", maxlength: "5" });
	const secondsIn = el("input", { inputmode: "numeric", pattern: "[0-9]*", class: "short", maxlength: "5" });
	const secret = el("input", { type: "password", autocomplete: "current-password" });
	const live_in = el("input", { type: "checkbox" });
	const second = el("input", { inputmode: "numeric", autocomplete: "one-time-code", class: "short token", maxlength: "8" });
	const wrong = el("div");
	const approve = el("button", { type: "button", class: "primary large", onclick: () => decide(approve, "hold.approve") }, icon("check"), t("decide.approve"));
	const deny = el("button", { type: "button", class: "deny large", onclick: () => decide(deny, "hold.deny") }, icon("bar"), t("decide.deny"));

	const need = (approving) => (!code ? "decide.need_code" : !words.value.trim() ? "decide.need_words" : approving && !number.value.trim() ? "decide.need_number" : !secret.value ? "decide.need_secret" : null);
	const decide = async (button, method) => {
		const approving = method === "hold.approve", missing = need(approving);
		if (missing) {
			wrong.replaceChildren(el("p", { class: "note note-bad", role: "alert" }, icon("warn"), t(missing)));
			return;
		}
		const given = { hold: h.id, version: h.version, digest: h.digest, secret: secret.value, reason_code: code, reason_text: words.value.trim() };
		if (second.value.trim()) given.code = second.value.trim();
		if (approving) {
			given.number = Number(number.value.trim());
			if (pulses.value.trim()) given.pulses = Number(pulses.value);
			if (secondsIn.value.trim()) given.seconds = Number(secondsIn.value);
			if (live_in.checked) given.live = true;
			const settings = what.settings();
			if (settings) given.settings = settings;
		}
		const decided = await doing(button, wrong, () => call(method, given));
		secret.value = second.value = "";
		if (decided) done(decided, approving);
		else secret.focus();
	};

	return el("form", { class: "decide card", onsubmit: (e) => e.preventDefault() }, el("h2", null, t("decide.title")), what.node,
		choices(t("decide.code"), codes.map((c) => [c, word("code", c)]), { value: code, onchange: (v) => {
			code = v;
			if (!words.value.trim()) words.focus();
		} }), field(t("decide.words"), words, t("decide.words_help")),
		el("div", { class: "fields" }, field(t("decide.number"), number, t("decide.number_help")), field(t("decide.secret"), secret, t("decide.secret_help")), field(t("signin.code"), second, t("signin.code_help"))),
		h.kind === "settings" && el("label", { class: "check" }, live_in, el("span", null, t("live.only"))),
		h.kind === "settings" && el("details", { class: "plain" }, el("summary", null, t("decide.budget")), el("div", { class: "fields" }, field(t("decide.pulses"), pulses), field(t("decide.seconds"), secondsIn))),
		el("details", { class: "plain" }, el("summary", null, t("decide.text")), el("pre", { class: "signed", lang: "en", tabindex: "0" }, h.text), el("p", { class: "help" }, t("decide.digest", { digest: h.digest.slice(0, 16) }))),
		wrong, el("div", { class: "row decide-row" }, approve, deny));
}

function holdView(h, d, session, codes, done) {
	const mine = h.operator === live.who.person;

	return el("div", { class: "hold-view" }, el("div", { class: "hold-head" }, el("h2", null, t("hold.on", { device: h.device, id: h.id })), el("span", { id: "hold-pill" }, pill(holdState(h))),
		el("span", { class: "left", id: "hold-left" })),
	el("p", { class: "hold-who" }, t("hold.who", { patient: h.patient, operator: h.operator }), d?.session && [" · ", word("site", d.session.site), " · ", word("indication", d.session.indication)]),
	h.ask_text && el("blockquote", null, h.ask_text),
	el("section", { class: "card" }, el("h3", null, t("hold.why")), reasonsOf(h), h.kind === "settings" && difference(h)),
	session && h.kind === "settings" && el("section", { class: "card" }, el("h3", null, t("limits.title")), limitsChart(session, d.settings, h.asked)),
	el("details", { class: "card" }, el("summary", null, t("hold.facts", { n: h.facts.length })), factsOf(h)), pastOf(h),
	h.approvers_needed > 1 && h.approvers.length === 0 && el("p", { class: "note" }, icon("person"), t("hold.two", { n: h.approvers_needed })),
	h.approvers.length > 0 && el("p", { class: "note" }, icon("person"), t("hold.first", { who: h.approvers.join(", ") })),
	mine ? el("p", { class: "note note-wait" }, icon("hand"), t("hold.mine")) : ["open", "checking"].includes(h.state) ? decideForm(h, codes, done) : el("p", { class: "note" }, icon("clock"), t(`hold.${h.state}`)));
}

/* --- devices at a glance, and what I decided --- */

function glanceTable() {
	return table(t("glance.title"), [t("log.device"), t("glance.state"), t("glance.session"), t("glance.hold"), t("glance.settings")], live.devices.filter((d) => d.device_class).map((d) => [
		el("b", null, d.name), el("span", { class: "pills" }, pill(stateOf(d)), d.alarm && pill({ kind: "bad", sign: "warn", words: t("alarm") })),
		d.session ? [d.session.patient, " · ", word("site", d.session.site)] : "–", d.session?.hold ? el("span", { class: "row" }, pill(holdState(d.session.hold)), revoke(d)) : "–", settingsLine(d.settings, MAIN)]));
}

function revoke(d) {
	const h = d.session.hold;

	return ["granted", "in_force"].includes(h.state) && el("button", { type: "button", class: "quiet small", "data-key": `revoke-${h.id}`, onclick: (e) =>
		doing(e.currentTarget, document.getElementById("physician-said"), () => call("grant.revoke", { hold: h.id })) }, t("grant.revoke"));
}

function alarms() {
	return live.devices.filter((d) => d.alarm).map((d) => {
		const reason = el("input", { maxlength: "190", required: true, "data-key": `clear-${d.name}` });
		const wrong = el("div"), button = el("button", { class: "quiet" }, t("alarm.clear"));
		return el("form", { class: "note note-bad", onsubmit: (e) => {
			e.preventDefault();
			doing(button, wrong, () => call("alarm.clear", { device: d.name, reason: reason.value.trim() }));
		} }, icon("warn"), el("div", null, el("strong", null, `${d.name}: `), el("span", { lang: "en" }, d.alarm), field(t("alarm.reason"), reason), wrong, button));
	});
}

function ownHistory() {
	const place = el("div");

	return el("details", { class: "card", ontoggle: async (e) => {
		if (!e.currentTarget.open) return;
		fill(place, el("p", { class: "empty" }, t("connecting")));
		try {
			const rows = (await allRows("ledger.rows", { kinds: ["decision"] })).filter((r) => r.body.person === live.who.person && r.body.meaning !== "void").reverse();
			fill(place, rows.length === 0 ? el("p", { class: "empty" }, t("own.none")) : table(t("own.title"), [t("log.time"), t("log.device"), t("form.patient"), t("own.meaning"), t("own.words")],
				rows.slice(0, 100).map((r) => [stamp(r.at), r.body.device ?? "", r.body.patient ?? "", el("span", { lang: "en" }, r.body.meaning ?? ""), `${word("code", r.body.reason_code ?? "")}: ${r.body.reason_text ?? ""}`])));
		} catch (error) {
			if (!("code" in error)) throw error;
			fill(place, complaint(error));
		}
	} }, el("summary", null, t("own.title")), place);
}

/* --- together --- */

let became = null; // of the decision just made, told where one comes back to
let present = null; // a grant that is good only while we stay
let redraw = null; // the open page

export function open(main, [id]) {
	const chosen = id ? Number(id) : null;
	const list = el("ul", { class: "holds" }), view = el("div", { class: "hold-place" }), glance = el("div"), alarmPlace = el("div"), count = el("p", { class: "lead", role: "status" });
	const said = el("div", { id: "physician-said" }, became && el("p", { class: "note note-good" }, icon("check"), became));

	became = null;
	redraw = () => fill(said, became && el("p", { class: "note note-wait", role: "alert" }, icon("warn"), became));
	if (present) said.append(present.node);
	let seen = null, codes = [], shownAt = null, read = null, approvers = 0;

	const title = () => {
		const n = waiting().length;
		document.title = `${n > 0 ? `(${n}) ` : ""}${t("room.physician")} · dosegate`;
		count.textContent = n === 0 ? t("physician.none") : t(n === 1 ? "physician.one" : "physician.some", { n });
	};
	const done = (h, approved) => {
		became = t(approved ? (h.state === "open" ? "decide.first" : "decide.approved") : "decide.denied");
		announce(became);
		if (approved && h.live && h.state === "granted") present = presence(h, (words) => {
			became = words;
			present = null;
			redraw?.();
		});
		location.hash = "#physician";
	};
	const showHold = async (again) => {
		const d = live.devices.find((one) => one.session?.hold?.id === chosen);
		const now = d && JSON.stringify([d.session.hold.version, d.session.hold.state, d.session.hold.ask_text, d.session.hold.approvers]);
		if (!chosen || (now === shownAt && !again)) return;
		shownAt = now;
		try {
			const h = await call("hold.show", { hold: chosen });
			const pillAt = view.querySelector("#hold-pill");
			if (pillAt && h.digest === read && h.approvers.length === approvers && ["open", "checking"].includes(h.state)) {
				fill(pillAt, pill(holdState(h))); /* what is being typed stays */
				return;
			}
			const session = await call("session.show", { device: h.device });
			const changed = read !== null && read !== h.digest && h.state === "open";
			fill(view, changed && el("p", { class: "note note-wait", role: "alert" }, icon("warn"), t("hold.changed")), holdView(h, d, session, codes, done));
			if (read === null) view.querySelector("h2").scrollIntoView({ block: "start" });
			read = h.digest;
			approvers = h.approvers.length;
		} catch (error) {
			if (!("code" in error)) throw error;
			fill(view, el("p", { class: "empty" }, t("hold.gone")));
		}
	};
	const draw = () => {
		const now = waiting(), ids = new Set(now.map((d) => d.session.hold.id));
		const fresh = seen === null ? [] : [...ids].filter((one) => !seen.has(one));
		fill(list, now.map((d) => waitingCard(d, chosen)));
		fill(glance, el("h2", null, t("glance.title")), glanceTable());
		const alarmed = live.devices.filter((d) => d.alarm).map((d) => d.name + d.alarm).join();
		if (alarmed !== alarmPlace.dataset.of) fill(alarmPlace, alarms());
		alarmPlace.dataset.of = alarmed;
		title();
		if (fresh.length > 0) {
			ring();
			announce(t("physician.new", { device: now.find((d) => d.session.hold.id === fresh[0]).name }), true);
		}
		seen = ids;
		showHold();
	};

	main.append(el("div", { class: "row head" }, el("h1", null, t("room.physician")), soundSwitch()), count, said, alarmPlace,
		el("div", { class: chosen ? "decide-layout deciding" : "decide-layout" }, list, view), el("section", { class: "card" }, glance), testAreaForm(), ownHistory());
	call("hello").then((hello) => {
		codes = hello.reason_codes;
		draw();
	}).catch(() => {});
	const stop = on((what) => {
		if (what === "state") draw();
		if (what === "tick") {
			const d = live.devices.find((one) => one.session?.hold?.id === chosen), at = document.getElementById("hold-left");
			if (at && d && live.left[d.name]) fill(at, icon("clock"), t("hold.left", { left: seconds(live.left[d.name]) }));
		}
	});
	return () => {
		stop();
		redraw = null;
		if (!location.hash.startsWith("#physician")) present?.close(); /* who goes elsewhere is not present */
	};
}
