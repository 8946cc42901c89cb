/*
 * ui: elements, words and times. Text is only ever put in as text.
 */
import { TEXT } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
const LANGUAGES = ["de", "en"];

export let lang = LANGUAGES.includes(kept("lang")) ? kept("lang")
	: (navigator.language ?? "en").startsWith("de") ? "de" : "en";

/* How the page looks is kept in the browser; nothing else is. */
export function kept(key) {
	try {
		return localStorage.getItem(`dosegate-${key}`);
	} catch {
		return null;
	}
}

export function keep(key, value) {
	try {
		localStorage.setItem(`dosegate-${key}`, value);
	} catch {
		/* then it is asked again */
	}
}

export function speak(language) {
	lang = language;
	keep("lang", language);
	document.documentElement.lang = language;
}

export function has(key) {
	return Object.hasOwn(TEXT, key);
}

/* The words of a key, with {name} filled in. */
export function t(key, given = {}) {
	const words = has(key) ? TEXT[key][LANGUAGES.indexOf(lang)] : key;

	return words.replace(/\{(\w+)\}/g, (all, name) => given[name] ?? all);
}

/* What the library says in English, in the reader's language where the table has these very words;
 * when the library's words have changed, the library's words. */
export function library(key, english) {
	if (has(key) && TEXT[key][1] === english) return t(key);
	return el("span", { lang: "en" }, english);
}

/* A name of the library (site, indication, value): its word, or itself. */
export function word(kind, name) {
	const key = `${kind}.${name}`;

	return has(key) ? t(key) : String(name ?? "").replaceAll("_", " ");
}

/* --- elements --- */

function put(node, children) {
	for (const child of children.flat(Infinity))
		if (child !== null && child !== undefined && child !== false && child !== "") node.append(child);
	return node;
}

function dress(node, attributes) {
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (value === null || value === undefined || value === false) continue;
		if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
		else if (name === "value" || name === "checked" || name === "disabled") node[name] = value;
		else node.setAttribute(name, value === true ? "" : value);
	}
	return node;
}

export function el(name, attributes, ...children) {
	return put(dress(document.createElement(name), attributes), children);
}

export function svg(name, attributes, ...children) {
	return put(dress(document.createElementNS(SVG, name), attributes), children);
}

const ICONS = {
	stop: "M8 2h8l6 6v8l-6 6H8l-6-6V8z",
	check: "M4 12.5l5 5L20 6.5",
	hand: "M7 12V6a1.6 1.6 0 013.2 0v5V4a1.6 1.6 0 013.2 0v7V5.5a1.6 1.6 0 013.2 0V13c0 5-2 8-6 8-3 0-4.600-1.600-6-4.500l-1.800-3.600c-.6-1.300.9-2.400 2-1.400z",
	bar: "M12 3a9 9 0 100 18 9 9 0 000-18zM6 18L18 6",
	warn: "M12 3.500L22 20.500H2zM12 10v5M12 17.600v.6",
	clock: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5.500l3.500 2",
	cut: "M4 4l16 16M9 6a8 8 0 0111 6M4 12a8 8 0 019 8",
	bolt: "M13 2L5 13.500h6L10 22l8-11.500h-6z",
	scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M7 12h10",
	moon: "M20 14.500A8.500 8.500 0 019.500 4 8.500 8.500 0 1020 14.500z",
	person: "M12 4a4 4 0 110 8 4 4 0 010-8zM4.500 21c0-4 3.400-6.500 7.500-6.500s7.500 2.500 7.500 6.500",
};

export function icon(name) {
	return svg("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" },
		svg("path", { d: ICONS[name] }));
}

/* Replaces what is in `node` and leaves the focus on what stands for the same thing (data-key). */
export function fill(node, ...children) {
	const key = node.contains(document.activeElement) ? document.activeElement.dataset.key : null;
	const at = key ? document.activeElement.selectionStart : null;

	node.replaceChildren();
	put(node, children);
	if (!key) return;
	const again = node.querySelector(`[data-key="${CSS.escape(key)}"]`);
	again?.focus({ preventScroll: true });
	if (at !== null && again?.setSelectionRange) again.setSelectionRange(at, at);
}

/* Says something to who does not see it. */
export function announce(text, urgent = false) {
	const to = document.getElementById(urgent ? "urgent" : "polite");

	to.textContent = "";
	setTimeout(() => {
		to.textContent = text;
	}, 50);
}

/* --- quantities and times --- */

export function unit(text) {
	const said = String(text ?? "");

	if (has(`choice.${said}`)) return t(`choice.${said}`);
	return said.replace(/\b([cm]m)2\b/g, "$1²").replace(/\bu([smJW])\b/g, "µ$1");
}

/* "..20 J/cm2", "3.. ms", "30..40 J/cm2", "cryogen": {lo, hi, unit} or null */
export function range(text) {
	const parts = /^(-?\d+(?:\.\d+)?)?(\.\.)?(-?\d+(?:\.\d+)?)?\s*(.*)$/.exec(text ?? "");

	if (!parts || (parts[1] === undefined && parts[3] === undefined)) return null;
	const lo = parts[1] === undefined ? null : Number(parts[1]);
	return { lo, hi: parts[3] !== undefined ? Number(parts[3]) : parts[2] ? null : lo, unit: parts[4] };
}

export function limit(text) {
	const r = range(text);

	if (!r || !String(text).includes("..")) return unit(text);
	const u = unit(r.unit);
	if (r.lo === null) return `≤ ${r.hi} ${u}`;
	if (r.hi === null) return `≥ ${r.lo} ${u}`;
	return `${r.lo}–${r.hi} ${u}`;
}

export function clock(ms) {
	return new Date(ms).toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

export function stamp(ms) {
	const d = new Date(ms);
	const day = d.toLocaleDateString(lang, { day: "2-digit", month: "2-digit", year: "numeric" });

	return el("time", { datetime: d.toISOString() }, `${day}, ${clock(ms)}`);
}

export function seconds(s) {
	return s < 90 ? t("time.s", { n: s }) : t("time.min", { n: Math.round(s / 60) });
}

/* --- forms --- */

let names = 0;

export function fresh_id(prefix = "f") {
	names += 1;
	return `${prefix}${names}`;
}

/* A label, its field, and room for help and for what is wrong. */
export function field(label, input, help) {
	const id = input.id || fresh_id();
	const notes = [];

	input.id = id;
	if (help) notes.push(el("p", { class: "help", id: `${id}-help` }, help));
	if (help) input.setAttribute("aria-describedby", `${id}-help`);
	return el("div", { class: "field" }, el("label", { for: id }, label), notes, input);
}

/* One of several, as large buttons: real radio buttons underneath. */
export function choices(legend, options, { name = fresh_id("c"), value = null, help = null, onchange } = {}) {
	return el("fieldset", { class: "choices" }, el("legend", null, legend),
		help && el("p", { class: "help" }, help),
		el("div", { class: "chips" }, options.map(([of, words]) =>
			el("label", { class: "chip" },
				el("input", { type: "radio", name, value: of, checked: of === value,
					onchange: () => onchange?.(of) }),
				el("span", null, words)))));
}

/* What the gate said no to, in the place where it was asked. */
export function complaint(error) {
	const key = error.code === -32000 ? "error.no_gate" : `proof.${error.data?.proof}`;

	return el("div", { class: "note note-bad", role: "alert" }, icon("warn"),
		el("div", null, has(key) ? el("p", null, t(key, { n: error.data?.wait_s })) : el("p", { lang: "en" }, error.message),
			(error.data?.reasons ?? []).map((r) => el("p", { lang: "en" }, r.text))));
}

/* Runs what a button does; the button waits, and what went wrong is said in `where`. */
export async function doing(button, where, what) {
	button.disabled = true;
	button.setAttribute("aria-busy", "true");
	where?.replaceChildren();
	try {
		return await what();
	} catch (error) {
		if (!("code" in error)) throw error;
		where?.replaceChildren(complaint(error));
		return undefined;
	} finally {
		button.disabled = false;
		button.removeAttribute("aria-busy");
	}
}

/* A button that asks once more before it does something. */
export function twice(label, question, what, kind = "quiet") {
	const holder = el("span", { class: "twice" });
	const first = () => fill(holder, el("button", { type: "button", class: kind, "data-key": label,
		onclick: () => {
			fill(holder, el("span", { class: "twice-q" }, question),
				el("button", { type: "button", class: "primary", onclick: () => what(first), "data-key": "yes" }, t("yes")),
				el("button", { type: "button", class: "quiet", onclick: first }, t("no")));
			holder.querySelector("button").focus();
		} }, label));

	first();
	return holder;
}

export function table(caption, heads, rows, attributes = {}) {
	return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
		el("table", attributes, el("caption", { class: "unseen" }, caption),
			el("thead", null, el("tr", null, heads.map((h) => el("th", { scope: "col" }, h)))),
			el("tbody", null, rows.map((cells) => el("tr", null, cells.map((c, i) =>
				i === 0 ? el("th", { scope: "row" }, c) : el("td", null, c)))))));
}
