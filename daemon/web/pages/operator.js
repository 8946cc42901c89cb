/*
 * operator: choose a device, begin a session, then see at a glance what is allowed, how the device
 * is, and why something was refused.
 */
import { call, live, on } from "./wire.js";
import { announce, choices, clock, doing, el, field, fill, icon, seconds, t, twice, unit, word } from "./ui.js";
import { className, holdState, MAIN, pill, sessionState, settingsLine, settingsList, stateOf } from "./device.js";
import { correctForm, startForm } from "./form.js";
import { limitsChart, limitsTable } from "./chart.js";
import { about } from "./main.js";
import { headline } from "./reason.js";

/* --- every device --- */

function deviceCard(d) {
	return el("li", null, el("a", { class: "card device-card", href: `#operator/${d.name}`, "data-key": `device-${d.name}` },
		el("span", { class: "device-name" }, d.name), el("span", { class: "device-class" }, className(d.device_class)),
		el("span", { class: "pills" }, pill(stateOf(d)), d.alarm && pill({ kind: "bad", sign: "warn", words: t("alarm") }),
			d.session && pill(sessionState(d.session)), d.session?.hold && ["open", "granted"].includes(d.session.hold.state) && pill(holdState(d.session.hold))),
		el("span", { class: "device-line" }, d.session ? t("device.in_session", { patient: d.session.patient, site: word("site", d.session.site) })
			: settingsLine(d.settings, MAIN))));
}

function chooseDevice(main) {
	const list = el("ul", { class: "cards" });
	const draw = () => fill(list, live.devices.filter((d) => d.device_class).map(deviceCard));

	main.append(el("h1", null, t("operator.choose")), list);
	draw();
	return on((what) => what === "state" && draw());
}

/* --- one device --- */

/* Draws again when what it shows has changed. */
function part(node, of, draw) {
	let before;

	return (device) => {
		const now = JSON.stringify(of(device));
		if (now === before) return;
		before = now;
		fill(node, draw(device));
	};
}

function strip(d) {
	return [el("div", { class: "strip-name" }, el("h1", null, d.name), el("p", null, className(d.device_class))),
		el("div", { class: "pills" }, pill(stateOf(d)), d.session && pill(sessionState(d.session)),
			d.interlock_open && pill({ kind: "bad", sign: "cut", words: t("device.interlock") })),
		el("p", { class: "asof" }, icon("clock"), t("asof", { at: clock(Date.now()) }))];
}

function alarmNote(d) {
	return [d.alarm && el("div", { class: "note note-bad", role: "alert" }, icon("warn"), el("div", null, el("strong", null, t("alarm.title")),
		el("p", { lang: "en" }, d.alarm), el("p", null, t("alarm.help")))),
	d.outcome_unknown && el("div", { class: "note note-bad", role: "alert" }, icon("warn"), el("p", null, t("device.outcome_unknown")))];
}

function askForm(d) {
	const text = el("textarea", { rows: "2", maxlength: "190", required: true, "data-key": "ask-text" });
	const wrong = el("div"), button = el("button", { class: "primary", "data-key": "ask" }, icon("hand"), t("ask.go"));

	return el("form", { class: "ask", onsubmit: async (e) => {
		e.preventDefault();
		const hold = await doing(button, wrong, () => call("hold.ask", { device: d.name, text: text.value.trim() }));
		if (hold?.number) numbers.set(hold.id, hold.number);
		if (hold) announce(t("ask.done", { id: hold.id, number: hold.number ?? "" }));
		redraw?.();
	} }, field(t("ask.why"), text, t("ask.help")), wrong, button);
}

/* The physician is away: what is read to them, and what they say. */
function phoneForm(h) {
	const person = el("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false", class: "short", required: true, "data-key": "phone-who" });
	const answer = el("input", { autocomplete: "off", autocapitalize: "characters", spellcheck: "false", class: "token short", required: true, "data-key": "phone-answer" });
	const words = el("input", { maxlength: "190", required: true, "data-key": "phone-words" });
	const codes = el("div"), wrong = el("div"), button = el("button", { class: "primary", "data-key": "phone-go" }, t("phone.go"));
	let code = null;

	call("hello").then((hello) => fill(codes, choices(t("decide.code"), hello.reason_codes.map((c) => [c, word("code", c)]), { onchange: (v) => {
		code = v;
	} }))).catch(() => {});
	return el("details", { class: "plain phone" }, el("summary", null, t("phone.title")), el("form", { onsubmit: (e) => {
		e.preventDefault();
		doing(button, wrong, () => call("hold.answer", { hold: h.id, person: person.value.trim().toLowerCase(), answer: answer.value.trim(), reason_code: code ?? "", reason_text: words.value.trim() }));
	} }, el("p", null, t("phone.read")), el("p", { class: "big" }, h.request_code), el("p", { class: "help" }, t("phone.help")),
	el("div", { class: "fields" }, field(t("phone.who"), person), field(t("phone.answer"), answer)), codes, field(t("phone.words"), words), wrong, button));
}

const numbers = new Map(); // of holds, as the gate told the one who asked
let redraw = null;

function holdNote(d) {
	const h = d.session?.hold;

	if (!h || !["open", "checking", "granted", "in_force", "denied"].includes(h.state)) return null;
	const number = numbers.get(h.id), left = live.left[d.name];
	return el("div", { class: `card hold hold-${h.state}` },
		el("div", { class: "hold-head" }, pill(holdState(h)), el("span", { class: "hold-id" }, t("hold.id", { id: h.id })),
			left && el("span", { class: "left" }, icon("clock"), seconds(left))),
		h.kind === "settings" && el("p", { class: "asked" }, settingsLine(h.granted ?? h.asked, MAIN)),
		h.state === "open" && number && el("p", { class: "tell" }, t("hold.tell"), el("b", { class: "big" }, number)),
		h.state === "open" && h.approvers_needed > 1 && el("p", null, t("hold.approvers", { n: h.approvers.length, of: h.approvers_needed })),
		h.state === "granted" && el("p", { class: "press" }, t("hold.press")),
		h.state === "open" && !h.ask_text && askForm(d), h.state === "open" && h.ask_text && !number && askForm(d),
		h.state === "open" && h.request_code && phoneForm(h));
}

function lastNote(d) {
	const last = d.last;

	if (!last || last.verdict === "ALLOWED") return last ? el("p", { class: "note note-good" }, icon("check"), t("last.allowed")) : null;
	const first = last.reasons[0];
	return el("div", { class: `note note-${last.verdict === "HELD" ? "wait" : "bad"}` }, icon(last.verdict === "HELD" ? "hand" : "bar"),
		el("div", null, el("h3", null, t(`last.${last.verdict}`)), first && headline(first),
			first?.tenfold && el("p", null, el("strong", null, t("last.tenfold"))),
			first && el("p", { class: "gate-words", lang: "en" }, first.text, ". ", first.way, "."),
			d.session?.hold?.counter_offer && d.session.hold.state === "open" && el("p", { class: "offer" }, t("last.offer"), " ", el("b", null, settingsLine(d.session.hold.counter_offer, MAIN))),
			last.reasons.length > 1 && el("details", null, el("summary", null, t("last.more", { n: last.reasons.length - 1 })),
				el("ul", { lang: "en" }, last.reasons.slice(1).map((r) => el("li", null, r.text))))));
}

/* "over": above what is allowed for what the device is set to; said beside it in words too. */
function settingsPart(d) {
	const wrong = el("div");

	return el("section", { class: "card", "aria-labelledby": "set-h" }, el("h2", { id: "set-h" }, t("settings.title")), settingsList(d.settings),
		el("p", { class: "help" }, t("settings.pulses", { n: d.pulses }),
			d.session?.pulses_left !== null && d.session?.pulses_left !== undefined && [" · ", t("settings.left", { n: d.session.pulses_left })],
			d.session?.energy_left && [" · ", t("settings.energy_left", { energy: unit(d.session.energy_left) })]),
		d.lease?.console && el("div", { class: "row" }, el("p", { class: "help" }, t("lease.who", { console: d.lease.console })),
			el("button", { type: "button", class: "quiet small", "data-key": "lease", onclick: (e) =>
				doing(e.currentTarget, wrong, () => call("lease.release", { device: d.name })) }, t("lease.release"))), wrong);
}

function screeningList(session) {
	return session.screening.length > 0 && el("ul", { class: "reasons" }, session.screening.map((r) =>
		el("li", { class: `reason reason-${r.kind}` }, icon(r.kind === "NOTE" ? "check" : r.kind === "HELD" ? "hand" : "bar"),
			el("div", null, el("b", null, t(r.cleared ? "screening.cleared" : `screening.${r.kind}`)), " ", el("span", { lang: "en" }, r.text)))));
}

function factsList(session) {
	return el("details", { class: "card" }, el("summary", null, t("facts.title", { n: session.facts.length })),
		el("dl", { class: "facts" }, session.facts.map((f) => el("div", { class: f.counts_as === f.answer ? "" : "worst" },
			el("dt", null, word("fact.short", f.name)), el("dd", null, word("value", f.answer),
				f.counts_as !== f.answer && el("small", null, t("facts.worst")))))));
}


function sessionHead(d, session) {
	return el("section", { class: "card session-head", "aria-labelledby": "ses-h" }, el("h2", { id: "ses-h" }, t("session.title", { id: session.id })),
		el("dl", { class: "pairs" }, [["form.patient", session.patient], ["form.indication", word("indication", session.indication)],
			["form.site", word("site", session.site)], ["session.skin", session.skin_type === session.skin_as_assessed ? session.skin_type
				: t("session.raised", { as: session.skin_as_assessed, to: session.skin_type })],
			["form.kind", word("kind", session.kind)], ["session.operator", session.operator]]
			.map(([k, v]) => el("div", null, el("dt", null, t(k)), el("dd", null, v)))),
		session.training?.soon && el("p", { class: "note note-wait" }, icon("clock"), t("training.ends", { n: session.training.days_left })));
}

function screeningPart(session) {
	const list = screeningList(session);

	return list && el("section", { class: "card", "aria-labelledby": "scr-h" }, el("h2", { id: "scr-h" }, t("screening.title")), list);
}

function sessionFoot(d, session, lib) {
	const wrong = el("div");

	return el("section", { class: "card foot", "aria-label": t("session.actions") },
		el("details", { class: "plain" }, el("summary", null, t("facts.correct")), lib && correctForm(d, session, lib, live.who.role, () => redraw?.())),
		el("div", { class: "row" }, el("a", { class: "button quiet", href: `#log/${session.id}` }, t("log.open")),
			twice(t("session.end"), t("session.end_q"), async (back) => {
				try {
					await call("session.end", { device: d.name });
				} catch (error) {
					back();
					wrong.replaceChildren(el("p", { class: "note note-bad", role: "alert" }, error.message));
				}
			})), wrong);
}

function treating(main, name) {
	const nodes = { strip: el("div", { class: "strip" }), alarm: el("div"), screening: el("div"), hold: el("div"), last: el("div"), head: el("div"), chart: el("div"), set: el("div"), foot: el("div") };
	const find = () => live.devices.find((d) => d.name === name);
	let session = null, lib = null, asking = false, again = false;

	const parts = [
		part(nodes.strip, (d) => [d.state, d.link, d.old, d.session?.state, d.interlock_open], strip),
		part(nodes.alarm, (d) => [d.alarm, d.outcome_unknown], alarmNote),
		part(nodes.hold, (d) => [d.session?.hold, numbers.get(d.session?.hold?.id), live.left[name] === undefined], holdNote),
		part(nodes.last, (d) => [d.last, d.session?.hold?.state, d.session?.hold?.counter_offer], (d) => el("div", { role: "status" }, lastNote(d))),
		part(nodes.set, (d) => [d.settings, d.pulses, d.session?.pulses_left, d.session?.energy_left, d.lease], settingsPart),
	];
	const draw = () => {
		const d = find();
		if (d) for (const p of parts) p(d);
		const left = nodes.hold.querySelector(".left");
		if (left && live.left[name]) fill(left, icon("clock"), seconds(live.left[name]));
	};
	const chart = part(nodes.chart, (d) => [d.settings, d.session?.hold?.asked, session], (d) => el("section", { class: "card", "aria-labelledby": "lim-h" },
		el("h2", { id: "lim-h" }, t("limits.title")), limitsChart(session, d.settings, d.last?.verdict === "HELD" || d.last?.verdict === "BLOCKED" ? d.session?.hold?.asked : null),
		el("details", null, el("summary", null, t("limits.table")), limitsTable(session, d.settings))));
	const whole = async () => {
		if (asking) {
			again = true;
			return;
		}
		asking = true;
		try {
			session = await call("session.show", { device: name });
			if (session && !lib) lib = await call("library", { device: name });
		} catch (error) {
			if (!("code" in error)) throw error;
		}
		asking = false;
		const d = find();
		if (!session) {
			about(null);
			location.hash = `#operator/${name}`;
			redraw?.();
			return;
		}
		fill(nodes.screening, screeningPart(session));
		fill(nodes.head, sessionHead(d, session), factsList(session));
		fill(nodes.foot, sessionFoot(d, session, lib));
		chart(d);
		if (again) {
			again = false;
			whole();
		}
	};

	main.append(nodes.strip, nodes.alarm, el("div", { class: "treat" }, el("div", { class: "col-main" }, nodes.screening, nodes.hold, nodes.last, nodes.chart, nodes.foot),
		el("div", { class: "col-side" }, nodes.set, nodes.head)));
	draw();
	whole();
	let seen = null;
	return on((what, detail) => {
		const d = find();
		if (what === "tick") draw();
		if (what === "state" && d) {
			draw();
			if (session) chart(d);
			const now = `${d.session?.id}/${d.session?.state}`;
			if (seen !== null && now !== seen) whole();
			seen = now;
		}
		if (what === "event" && detail.body.device === name && ["session", "treatment", "decision"].includes(detail.kind)) whole();
	});
}

/* A device without a session: begin one. */
async function beginning(main, name, alive) {
	const device = live.devices.find((d) => d.name === name);
	const place = el("div", null, el("p", { class: "empty" }, t("connecting")));
	const stripNode = el("div", { class: "strip" }, strip(device)), alarmNode = el("div", null, alarmNote(device));

	main.append(stripNode, alarmNode, place);
	try {
		const lib = await call("library");
		if (alive()) fill(place, el("h2", { class: "lead" }, t("form.title")), startForm(device, lib, live.who.role, () => redraw?.()));
	} catch (error) {
		if (!("code" in error)) throw error;
		fill(place, el("div", { class: "note note-bad", role: "alert" }, icon("warn"), el("p", { lang: "en" }, error.message || t("error.no_gate"))));
	}
}

export function open(main, [name]) {
	let close = null, generation = 0, mode = null;
	const find = () => live.devices.find((d) => d.name === name);

	if (!name) return chooseDevice(main);
	const draw = () => {
		const d = find();
		const now = !d ? "none" : d.session ? `session ${d.session.id}` : "form";
		if (now === mode) return;
		mode = now;
		generation += 1;
		const mine = generation;
		close?.();
		close = null;
		main.replaceChildren(el("p", { class: "back" }, el("a", { href: "#operator" }, t("operator.all"))));
		if (!d) main.append(el("p", { class: "empty" }, t("device.none")));
		else if (d.session) close = treating(main, name);
		else beginning(main, name, () => mine === generation);
	};

	about(name);
	redraw = () => {
		mode = null;
		draw();
	};
	draw();
	const stop = on((what) => {
		if (what === "state") draw();
	});
	return () => {
		stop();
		close?.();
		redraw = null;
		about(null);
	};
}
