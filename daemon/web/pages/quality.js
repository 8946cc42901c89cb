/*
 * quality: how the rules and the decisions did over some time. dosegatectl counts it, out of the
 * ledger; here it is only shown.
 */
import { call, live, on } from "./wire.js";
import { announce, choices, complaint, el, fill, icon, stamp, t, table, word } from "./ui.js";
import { holdState, pill, stateOf } from "./device.js";
import { dayPlot, everyDay, span, timesPlot } from "./plot.js";

const PERIODS = [7, 30, 90];
const SHOWN = 12;

/* --- sums ---------------------------------------------------------------------------------------- */

function tile(label, value, more) {
	return el("div", { class: "tile" }, el("dt", null, label), el("dd", null, String(value)), more && el("dd", { class: "tile-more" }, more));
}

function share(part, all) {
	return part === 0 ? "" : `${((part / all) * 100).toFixed(part * 10 < all ? 1 : 0)} %`;
}

function sums(r) {
	const w = r.writes, h = r.holds, s = r.sessions, all = w.allowed + w.held + w.blocked;

	return el("dl", { class: "tiles" },
		tile(t("quality.sessions"), s.open, t("quality.sessions_more", { waited: s.waited, refused: s.refused, tests: s.test_areas })),
		tile(t("quality.set_allowed"), w.allowed, t("quality.by_grant", { n: w.by_grant })),
		tile(t("quality.set_held"), w.held, share(w.held, all)), tile(t("quality.set_blocked"), w.blocked, share(w.blocked, all)),
		tile(t("quality.opened"), h.opened, t("quality.opened_more", { withdrawn: h.withdrawn, expired: h.expired })),
		tile(t("quality.sum_approved"), h.approved), tile(t("quality.sum_denied"), h.denied),
		tile(t("quality.decide"), h.decide_s ? span(h.decide_s.median) : "–", h.decide_s && t("quality.p90", { p90: span(h.decide_s.p90), fastest: span(h.decide_s.fastest) })));
}

/* --- tables -------------------------------------------------------------------------------------- */

function mark(marked, words) {
	return marked ? el("span", { class: "pill pill-wait" }, icon("warn"), words) : "";
}

/* The first ones, and all when somebody wants them. */
function someRows(caption, heads, rows, attributes) {
	if (rows.length <= SHOWN) return table(caption, heads, rows, attributes);
	const place = el("div");
	const all = el("button", { type: "button", class: "quiet", "data-key": caption, onclick: () => {
		fill(place, table(caption, heads, rows, attributes));
		place.firstChild.focus();
	} }, t("quality.all", { n: rows.length }));

	fill(place, table(caption, heads, rows.slice(0, SHOWN), attributes), all);
	return place;
}

function rules(r) {
	return el("section", { class: "card" }, el("h2", null, t("quality.rules")), el("p", { class: "help" }, t("quality.rules_help", { n: r.marks.often })),
		r.rules.length === 0 ? el("p", { class: "empty" }, t("quality.nothing"))
			: someRows(t("quality.rules"), [t("quality.rule"), t("quality.held"), t("quality.blocked"), t("quality.approved"), t("quality.denied"), t("quality.look")],
				r.rules.map((one) => [el("span", { class: "hash" }, one.id), ...["held", "blocked", "approved", "denied"].map((k) => String(one[k])), mark(one.marked, t("quality.noisy"))]), { class: "numbers" }));
}

function physicians(r) {
	return el("section", { class: "card" }, el("h2", null, t("quality.who")), el("p", { class: "help" }, t("quality.who_help", { s: r.marks.quick_s, percent: r.marks.percent, n: r.marks.often })),
		r.physicians.length === 0 ? el("p", { class: "empty" }, t("quality.nothing")) : [
			table(t("quality.who"), [t("quality.person"), t("quality.approved"), t("quality.denied"), t("quality.quick"), t("quality.look")],
				r.physicians.map((p) => [p.printed, String(p.approved), String(p.denied), String(p.quick), mark(p.marked, t("quality.nearly_all"))]), { class: "numbers" }),
			timesPlot(t("quality.how_fast"), r.physicians, r.marks.quick_s)]);
}

function misses(r) {
	const { counts, last } = r.near_misses;

	return el("section", { class: "card" }, el("h2", null, t("quality.misses")), el("p", { class: "help" }, t("quality.misses_help")),
		el("dl", { class: "tiles" }, ["decimal_slip", "hard_limit", "screening", "device"].map((k) => tile(t(`miss.${k}`), counts[k]))),
		last.length > 0 && someRows(t("quality.misses"), [t("log.time"), t("log.device"), t("quality.kind"), t("log.words")],
			[...last].reverse().map((m) => [stamp(m.at), m.device, word("miss", m.what), el("span", { lang: "en" }, m.text)])));
}

/* --- what is open now ---------------------------------------------------------------------------- */

function now() {
	const devices = live.devices.filter((d) => d.device_class);

	return devices.length === 0 ? el("p", { class: "empty" }, t("quality.nothing"))
		: table(t("glance.title"), [t("log.device"), t("glance.state"), t("glance.session"), t("glance.hold")], devices.map((d) => [
			d.name, el("span", { class: "pills" }, pill(stateOf(d)), d.alarm && pill({ kind: "bad", sign: "warn", words: t("alarm") })),
			d.session ? [d.session.patient, " · ", word("site", d.session.site)] : "–", d.session?.hold ? pill(holdState(d.session.hold)) : "–"]));
}

/* --- together ------------------------------------------------------------------------------------ */

function report(place, r, days) {
	const every = everyDay(r.days, days);

	fill(place, sums(r), el("section", { class: "card" }, el("h2", null, t("quality.per_day")), el("div", { class: "plots" },
		dayPlot(t("quality.plot_settings"), every, ["allowed", "held", "blocked"]), dayPlot(t("quality.plot_decisions"), every, ["approved", "denied"]))),
	rules(r), physicians(r), misses(r), el("p", { class: "asof" }, icon("clock"), " ", t("quality.as_of"), " ", stamp(Date.now())));
}

export function open(main, [asked]) {
	const days = PERIODS.includes(Number(asked)) ? Number(asked) : 30;
	const place = el("div", { class: "quality" }, el("p", { class: "empty" }, t("quality.counting"))), glance = el("div");
	let gone = false;

	main.append(el("h1", null, t("room.quality")), choices(t("quality.period"), PERIODS.map((n) => [String(n), t("quality.days", { n })]), { value: String(days), onchange: (n) => {
		location.hash = `#quality/${n}`;
	} }), place, el("section", { class: "card" }, el("h2", null, t("glance.title")), glance));
	fill(glance, now());
	call("tool", { name: "report", args: { days } }).then((r) => {
		if (gone) return;
		report(place, r, days);
		announce(t("quality.counted", { n: days }));
	}, (error) => {
		if (!gone) fill(place, complaint(error));
	});
	const off = on((what) => {
		if (what === "state") fill(glance, now());
	});
	return () => {
		gone = true;
		off();
	};
}
