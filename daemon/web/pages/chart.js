/*
 * chart: what is allowed for this patient, spot by spot (or tip, or handpiece), with the device's
 * setting on it as it is now. The same as a table stands below it.
 */
import { el, limit, range, svg, t, table, unit, word } from "./ui.js";

const TOP = 18, BOTTOM = 200, LEFT = 52, COLUMN = 84;

/* What the rows limit, the most telling first. */
const DOSES = ["fluence", "energy", "product", "density"];

function doseOf(cells) {
	return DOSES.find((p) => cells.some((c) => c.limits.some((l) => l.parameter === p && range(l.allowed)))) ?? null;
}

/* The selectors in which rows differ; what all share needs no saying. */
function differing(cells) {
	const keys = [...new Set(cells.flatMap((c) => Object.keys(c.select)))];
	const found = keys.filter((k) => new Set(cells.map((c) => c.select[k] ?? "")).size > 1);

	/* a tip's area goes with its name */
	return found.includes("tip") ? found.filter((k) => k !== "tip_area") : found;
}

function sameQuantity(wanted, has) {
	const want = range(wanted), is = range(has);

	if (wanted === has || wanted.split(/,| or /).map((s) => s.trim()).includes(has)) return true;
	if (!want || !is || want.unit !== is.unit) return false;
	return (want.lo === null || is.lo >= want.lo) && (want.hi === null || is.lo <= want.hi);
}

/* The device is set as this row wants it to be, to be for it. */
export function fits(cell, settings) {
	return Object.entries(cell.select).every(([k, v]) => settings[k] !== undefined && sameQuantity(v, settings[k]));
}

function limitOf(cell, parameter) {
	return cell.limits.find((l) => l.parameter === parameter);
}

function columnsOf(session) {
	const dose = doseOf(session.limits);
	const keys = differing(session.limits);

	return session.limits.map((cell) => {
		const l = dose && limitOf(cell, dose);
		const r = l && range(l.allowed);
		return { cell, label: keys.map((k) => unit(cell.select[k] ?? "")), allowed: r, hard: l && l.hard ? range(l.hard) : null };
	}).filter((c) => c.allowed);
}

function niceMax(most) {
	const step = 10 ** Math.floor(Math.log10(most || 1));

	return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((f) => f * step).find((v) => v >= most) ?? most;
}

function axis(top, u, y) {
	return [0, 0.25, 0.5, 0.75, 1].map((part) => [
		svg("line", { class: "grid", x1: LEFT, x2: "100%", y1: y(part * top), y2: y(part * top) }),
		svg("text", { class: "tick", x: LEFT - 8, y: y(part * top) + 4 }, String(Number((part * top).toPrecision(3))))])
		.concat(svg("text", { class: "tick unit", x: LEFT - 8, y: 10 }, unit(u)));
}

function drawColumn(c, i, y, top, here) {
	const x = LEFT + i * COLUMN + 12, w = COLUMN - 24, mid = x + w / 2;
	const hi = c.allowed.hi ?? top;
	const at = (v) => y(Math.min(v, top));

	return svg("g", { class: here ? "col col-here" : "col" },
		here && svg("rect", { class: "col-back", x: x - 8, y: TOP - 8, width: w + 16, height: BOTTOM - TOP + 8, rx: 8 }),
		svg("rect", { class: "allow", x, y: at(hi), width: w, height: BOTTOM - at(hi), rx: 3 }),
		c.allowed.lo !== null && svg("rect", { class: "work", x, y: at(hi), width: w, height: at(c.allowed.lo) - at(hi), rx: 3 }),
		svg("line", { class: "ceiling", x1: x - 4, x2: x + w + 4, y1: at(hi), y2: at(hi) }),
		svg("text", { class: "ceiling-text", x: x - 2, y: at(hi) - 6 }, String(c.allowed.hi ?? "")),
		c.hard?.hi !== null && c.hard && c.hard.hi <= top && svg("line", { class: "hard", x1: x - 4, x2: x + w + 4, y1: at(c.hard.hi), y2: at(c.hard.hi) }),
		c.label.map((words, n) => svg("text", { class: "col-label", x: mid, y: BOTTOM + 20 + n * 15 }, words)),
		c.cell.status !== "A" && svg("text", { class: "col-status", x: mid, y: BOTTOM + 20 + c.label.length * 15 }, c.cell.status));
}

/* The dot: what the device is set to now. The diamond: what was asked for last and refused. */
function drawMark(kind, value, i, y, top) {
	const x = LEFT + i * COLUMN + COLUMN / 2 + 4, at = y(Math.min(value, top));
	const shape = kind === "now" ? svg("circle", { cx: x, cy: at, r: 7 }) : svg("path", { d: `M${x} ${at - 9}L${x + 9} ${at}L${x} ${at + 9}L${x - 9} ${at}Z` });

	return svg("g", { class: `mark mark-${kind}` }, shape,
		svg("text", { x: x + 13, y: at + 5 }, String(value)));
}

function sentence(session, dose, columns, here, now) {
	const parts = columns.map((c) => t("chart.row", { what: c.label.join(" "), limit: limit(limitOf(c.cell, dose).allowed) }));

	return [t("chart.alt", { dose: word("param", dose) }), ...parts,
		here >= 0 && now ? t("chart.now", { value: `${now.lo} ${unit(now.unit)}`, what: columns[here].label.join(" ") }) : t("chart.nowhere")].join(". ");
}

/* asked: the settings that were refused last, or null. */
export function limitsChart(session, settings, asked) {
	const dose = doseOf(session.limits);
	const columns = columnsOf(session);

	if (columns.length === 0) return el("p", { class: "empty" }, t("chart.none"));
	const u = columns[0].allowed.unit;
	const now = settings[dose] ? range(settings[dose]) : null, wanted = asked?.[dose] ? range(asked[dose]) : null;
	const here = columns.findIndex((c) => fits(c.cell, settings));
	const there = asked ? columns.findIndex((c) => fits(c.cell, asked)) : -1;
	const values = columns.flatMap((c) => [c.allowed.hi, c.hard?.hi]).concat(now?.lo, wanted?.lo).filter((v) => typeof v === "number");
	const top = niceMax(Math.max(...values) * 1.08);
	const y = (v) => BOTTOM - (v / top) * (BOTTOM - TOP);
	const width = LEFT + columns.length * COLUMN + 16, lines = columns[0].label.length + columns.some((c) => c.cell.status !== "A");

	const scroller = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("chart.title", { dose: word("param", dose) }) },
		svg("svg", { viewBox: `0 0 ${width} ${BOTTOM + 12 + lines * 15}`, role: "img", "aria-label": sentence(session, dose, columns, here, now) },
			axis(top, u, y), columns.map((c, i) => drawColumn(c, i, y, top, i === here)),
			there >= 0 && wanted && wanted.unit === u && drawMark("asked", wanted.lo, there, y, top),
			here >= 0 && now && now.unit === u && drawMark("now", now.lo, here, y, top)));

	/* on a narrow screen: first of all what the device is set to */
	requestAnimationFrame(() => {
		const column = scroller.querySelector(".col-here")?.getBoundingClientRect(), room = scroller.getBoundingClientRect();
		if (column && column.right > room.right) scroller.scrollLeft += column.right - room.right + 12;
	});
	return el("figure", { class: "chart" }, scroller,
		el("figcaption", null, el("ul", { class: "legend" },
			el("li", { class: "key key-now" }, t("chart.key_now")), asked && el("li", { class: "key key-asked" }, t("chart.key_asked")),
			el("li", { class: "key key-work" }, t("chart.key_work")), el("li", { class: "key key-allow" }, t("chart.key_allow")),
			el("li", { class: "key key-hard" }, t("chart.key_hard")))));
}

/* Every limit of every row, to read. */
export function limitsTable(session, settings) {
	const keys = differing(session.limits);
	const parameters = [...new Set(session.limits.flatMap((c) => c.limits.map((l) => l.parameter)))];

	return table(t("chart.table"), [...keys.map((k) => word("param", k)), ...parameters.map((p) => word("param", p)), t("chart.status"), t("chart.source")],
		session.limits.map((c) => [...keys.map((k) => unit(c.select[k] ?? "")),
			...parameters.map((p) => (limitOf(c, p) ? limit(limitOf(c, p).allowed) : "–")),
			t(`status.${c.status}`), `${c.row} · ${c.source} · ${c.confidence}`]),
		{ class: "limits" });
}
