/*
 * plot: the pictures of the quality report. Each says in words what it shows, and the same stands
 * in a table; what is drawn is told apart by pattern as well as by colour.
 */
import { el, fresh_id, lang, svg, t, table } from "./ui.js";

const WIDTH = 560, HEIGHT = 224, LEFT = 40, RIGHT = 18, TOP = 12, BOTTOM = 196;

/* --- days -------------------------------------------------------------------------------------- */

function dayName(day) {
	return new Date(`${day}T12:00:00`).toLocaleDateString(lang, { day: "numeric", month: "short" });
}

/* Every day of the period, also one on which nothing happened. */
export function everyDay(days, count) {
	const known = new Map(days.map((d) => [d.day, d]));
	const all = [];

	for (let back = count - 1; back >= 0; back--) {
		const d = new Date();
		d.setHours(12, 0, 0, 0);
		d.setDate(d.getDate() - back);
		const day = [d.getFullYear(), d.getMonth() + 1, d.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
		all.push(known.get(day) ?? { day });
	}
	return all;
}

/* A round number above all, that divides into whole steps. */
function roof(most) {
	for (let unit = 1; ; unit *= 10)
		for (const f of [4, 8, 12, 20, 40])
			if (f * unit >= most) return f * unit;
}

function hatch(id, kind) {
	const lines = { held: "M-1 1L1 -1M0 6L6 0M5 7L7 5", blocked: "M0 3H6", denied: "M-1 1L1 -1M0 6L6 0M5 7L7 5" }[kind];

	return lines && svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, svg("path", { class: "p-hatch", d: lines }));
}

function axis(top, y) {
	return [0, 0.25, 0.5, 0.75, 1].map((part) => [
		svg("line", { class: "p-axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(part * top), y2: y(part * top) }),
		svg("text", { class: "p-tick", x: LEFT - 8, y: y(part * top) + 4 }, String(part * top))]);
}

/* Of 90 days not every one can have its name. */
function dayLabels(days, x, step) {
	const every = Math.ceil(days.length / 7);

	return days.map((d, i) => (days.length - 1 - i) % every === 0 && svg("text", { class: "p-day", x: x(i) + step / 2, y: BOTTOM + 18 }, dayName(d.day)));
}

function column(day, i, kinds, { x, y, width, ids }) {
	let sum = 0;

	return svg("g", null, svg("title", null, `${dayName(day.day)}: ${kinds.map((k) => `${day[k] ?? 0} ${t(`quality.${k}`)}`).join(", ")}`),
		kinds.map((kind) => {
			const from = sum;
			sum += day[kind] ?? 0;
			if (sum === from) return null;
			const box = { x: x(i), width, y: y(sum), height: y(from) - y(sum) };
			return [svg("rect", { class: `p-${kind}`, ...box }), ids[kind] && svg("rect", { fill: `url(#${ids[kind]})`, ...box })];
		}));
}

export function legend(kinds) {
	return el("ul", { class: "legend" }, kinds.map((k) => el("li", { class: `key key-p-${k}` }, t(`quality.${k}`))));
}

/* Bars on top of one another, a column a day. */
export function dayPlot(title, days, kinds) {
	const top = roof(Math.max(1, ...days.map((d) => kinds.reduce((sum, k) => sum + (d[k] ?? 0), 0))));
	const step = (WIDTH - LEFT - RIGHT) / days.length, width = Math.max(2, step * 0.72);
	const x = (i) => LEFT + i * step + (step - width) / 2, y = (v) => BOTTOM - (v / top) * (BOTTOM - TOP);
	const ids = Object.fromEntries(kinds.filter((k) => k !== kinds[0]).map((k) => [k, fresh_id("hatch")]));
	const sums = kinds.map((k) => `${days.reduce((sum, d) => sum + (d[k] ?? 0), 0)} ${t(`quality.${k}`)}`).join(", ");
	const newest = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title },
		svg("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: ${sums}` },
			svg("defs", null, kinds.map((k) => ids[k] && hatch(ids[k], k))), axis(top, y),
			days.map((d, i) => column(d, i, kinds, { x, y, width, ids })), dayLabels(days, (i) => LEFT + i * step, step)));
	const busy = days.filter((d) => kinds.some((k) => d[k] > 0));

	requestAnimationFrame(() => {
		newest.scrollLeft = newest.scrollWidth; /* on a narrow screen: the last days first */
	});
	return el("figure", { class: "plot-figure" }, el("h3", null, title), newest,
		el("figcaption", null, legend(kinds)),
		el("details", { class: "plain" }, el("summary", null, t("quality.as_table")),
			busy.length === 0 ? el("p", { class: "empty" }, t("quality.nothing"))
				: table(title, [t("quality.day"), ...kinds.map((k) => t(`quality.${k}`))], busy.map((d) => [dayName(d.day), ...kinds.map((k) => String(d[k] ?? 0))]))));
}

/* --- how fast was decided ------------------------------------------------------------------------ */

const MARKS = [1, 10, 60, 600, 3600, 86400];

export function span(s) {
	if (s < 90) return t("time.s", { n: s < 10 ? s.toFixed(1) : Math.round(s) });
	return s < 5400 ? t("time.min", { n: Math.round(s / 60) }) : t("quality.hours", { n: (s / 3600).toFixed(1) });
}

/* From the fastest to nine of ten, with the median, a line a person; seconds by powers, because one
 * decides in ten of them and another in an hour. */
export function timesPlot(title, people, quick) {
	const told = people.filter((p) => p.decide_s);
	const last = MARKS.find((m) => m >= Math.max(60, ...told.map((p) => p.decide_s.p90))) ?? MARKS.at(-1);
	const from = 166, line = 42, bottom = TOP + told.length * line;
	const x = (s) => from + (Math.log(Math.max(1, Math.min(s, last))) / Math.log(last)) * (WIDTH - from - 30);
	const words = (p) => t("quality.times", { fastest: span(p.decide_s.fastest), median: span(p.decide_s.median), p90: span(p.decide_s.p90) });

	if (told.length === 0) return null;
	return el("figure", { class: "plot-figure" }, el("h3", null, title),
		el("div", { class: "scroll plot-times", tabindex: "0", role: "region", "aria-label": title },
			svg("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${bottom + 34}`, role: "img", "aria-label": `${title}. ${told.map((p) => `${p.printed}: ${words(p)}`).join(". ")}` },
				svg("rect", { class: "p-quick", x: from, y: TOP - 6, width: x(quick) - from, height: bottom - TOP + 6 }),
				svg("text", { class: "p-quick-text", x: from + 4, y: TOP + 6 }, t("quality.too_quick", { s: quick })),
				MARKS.filter((m) => m <= last).map((m) => [svg("line", { class: "p-axis", x1: x(m), x2: x(m), y1: TOP - 6, y2: bottom }),
					svg("text", { class: "p-day", x: x(m), y: bottom + 18 }, span(m))]),
				told.map((p, i) => {
					const y = TOP + i * line + line / 2 + 4, d = p.decide_s;
					return svg("g", null, svg("title", null, words(p)), svg("text", { class: "p-name", x: from - 12, y: y + 4 }, p.printed.length > 19 ? `${p.printed.slice(0, 18)}…` : p.printed),
						svg("line", { class: "p-span", x1: x(d.fastest), x2: x(d.p90), y1: y, y2: y }),
						svg("circle", { class: "p-median", cx: x(d.median), cy: y, r: 7 }));
				}))),
		el("figcaption", null, el("ul", { class: "legend" }, el("li", { class: "key key-p-median" }, t("quality.median")), el("li", { class: "key key-p-span" }, t("quality.span")))));
}
