/*
 * main: the frame of every page: who is signed in, where one can go, how fresh it all is, and stop.
 */
import { call, connect, fresh, live, on } from "./wire.js";
import { announce, clock, el, fill, icon, kept, keep, lang, speak, t } from "./ui.js";
import * as signin from "./signin.js";
import * as operator from "./operator.js";
import * as people from "./people.js";
import * as physician from "./physician.js";
import * as library from "./library.js";
import * as log from "./log.js";
import * as me from "./me.js";
import * as quality from "./quality.js";

const ROOMS = {
	operator: { open: operator.open, roles: ["operator", "physician"] },
	physician: { open: physician.open, roles: ["physician", "director"] },
	library: { open: library.open, roles: ["director", "physician", "engineer", "safety_officer", "auditor"] },
	quality: { open: quality.open, roles: ["director", "physician", "safety_officer", "auditor"] },
	people: { open: people.open, roles: ["director", "safety_officer"] },
	log: { open: log.open, roles: ["operator", "physician", "director", "safety_officer", "auditor"] },
	me: { open: me.open, roles: ["operator", "physician", "director", "engineer", "safety_officer", "auditor"] },
};
const HOME = { operator: "operator", physician: "physician", director: "physician", engineer: "library", safety_officer: "quality", auditor: "quality" };

const main = document.getElementById("main");
let leave = null; // what the open room wants done when it closes
let shown = "";

function rooms() {
	const role = live.who?.role;

	return Object.keys(ROOMS).filter((name) => ROOMS[name].roles.includes(role));
}

/* "#operator/alex": nothing of a patient is ever in it. */
function asked() {
	const [room, ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");

	if (!live.who) return { room: "signin", rest: [] };
	return rooms().includes(room) ? { room, rest } : { room: HOME[live.who.role] ?? rooms()[0] ?? "nothing", rest: [] };
}

export function show() {
	const { room, rest } = asked();
	const now = `${room}/${rest.join("/")}/${live.who?.person ?? ""}/${lang}`;

	if (now === shown) return;
	shown = now;
	leave?.();
	leave = null;
	main.replaceChildren();
	main.dataset.room = room;
	document.title = `${t(`room.${room}`)} · dosegate`;
	window.scrollTo(0, 0);
	main.focus({ preventScroll: true }); /* what is read next; a room may know better */
	leave = room === "signin" ? signin.open(main) : ROOMS[room]?.open(main, rest);
	top();
}

/* --- the head --- */

function theme() {
	const dark = kept("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

	document.documentElement.dataset.theme = dark;
	return dark;
}

function switches() {
	return [
		el("button", { type: "button", class: "tool", "data-key": "lang", lang: lang === "de" ? "en" : "de",
			onclick: () => {
				speak(lang === "de" ? "en" : "de");
				show();
				frame();
			} }, lang === "de" ? "English" : "Deutsch"),
		el("button", { type: "button", class: "tool", "data-key": "theme", "aria-label": t("theme.switch"), title: t("theme.switch"),
			onclick: () => {
				keep("theme", theme() === "dark" ? "light" : "dark");
				theme();
			} }, icon("moon")),
	];
}

function top() {
	const here = asked().room;

	fill(document.getElementById("top"),
		el("p", { class: "brand" }, "dosegate"),
		live.who && el("nav", { "aria-label": t("nav.label") }, el("ul", null, rooms().map((name) =>
			el("li", null, el("a", { href: `#${name}`, "data-key": `nav-${name}`, "aria-current": name === here ? "page" : null },
				t(`room.${name}`)))))),
		el("div", { class: "tools" }, el("span", { id: "fresh" }), switches(),
			live.who && el("span", { class: "who" }, icon("person"), el("span", null, live.who.printed,
				el("small", null, t(`role.${live.who.role}`)))),
			live.who && el("button", { type: "button", class: "tool", "data-key": "leave",
				onclick: () => call("leave").catch(() => {}) }, t("signout"))));
	freshness();
	document.querySelector("#top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); /* on a telephone there are more than fit */
}

/* --- how old what is shown is --- */

function freshness() {
	const now = fresh();
	const at = document.getElementById("fresh");

	document.documentElement.dataset.old = now ? "no" : "yes";
	if (at) {
		at.className = now ? "fresh" : "fresh fresh-no";
		fill(at, icon(now ? "check" : "cut"), el("span", null, now ? t("fresh.now", { at: clock(live.at) })
			: live.at ? t("fresh.old", { at: clock(live.at) }) : t("fresh.never")));
	}
}

function banner() {
	const node = document.getElementById("banner");
	const parts = [];

	if (!fresh())
		parts.push(el("div", { class: "bar bar-bad", role: "alert" }, icon("cut"),
			el("p", null, el("strong", null, live.at ? t("old.title", { at: clock(live.at) }) : t("old.never")), " ", t("old.text"))));
	if (live.who && live.devices.some((d) => d.session?.demo))
		parts.push(el("div", { class: "bar bar-demo" }, icon("warn"), el("p", null, t("demo.bar"))));
	fill(node, parts);
}

/* --- stop --- */

let focused = null; // the device a room is about

export function about(name) {
	focused = name;
	stops();
}

async function stop(device, button) {
	const said = document.getElementById("stop-said");
	const late = setTimeout(() => fill(said, t("stop.unreached")), 1500);

	button.classList.add("pressed");
	try {
		const answer = await call("stop", { device });
		fill(said, el("strong", null, `${device}: `), answer.stopped ? t("stop.done") : el("span", { lang: "en" }, answer.text));
		announce(answer.stopped ? t("stop.done") : answer.text, true);
	} catch (error) {
		fill(said, el("strong", null, `${device}: `), t("stop.unreached"));
		announce(t("stop.unreached"), true);
	}
	clearTimeout(late);
	button.classList.remove("pressed");
}

let stopsShown = "";
function stops() {
	const names = live.devices.filter((d) => d.device_class !== "").map((d) => d.name)
		.filter((name) => !focused || name === focused);
	const now = names.join() + lang;

	if (now === stopsShown) return;
	stopsShown = now;
	fill(document.getElementById("stops"),
		el("p", { id: "stop-said", role: "status" }),
		el("div", { class: "stops" }, names.map((name) =>
			el("button", { type: "button", class: "stop", "data-key": `stop-${name}`,
				onclick: (e) => stop(name, e.currentTarget) }, icon("stop"), el("span", null, t("stop"), " ", el("b", null, name))))));
}

/* --- together --- */

function frame() {
	document.getElementById("skip").textContent = t("skip");
	document.getElementById("stops").setAttribute("aria-label", t("stop.label"));
	top();
	banner();
	stops();
}

speak(lang);
theme();
frame();
main.replaceChildren(el("p", { class: "empty" }, t("connecting")));
addEventListener("hashchange", () => show());
document.getElementById("skip").addEventListener("click", (e) => {
	e.preventDefault();
	main.focus();
});
let bannerShown = "";
on((what) => {
	if (what === "you") {
		frame();
		show(); /* only for another person: what is being typed outlives a lost line */
	}
	if (what === "state") stops();
	if (what === "tick" || what === "fresh") freshness();
	const now = `${fresh()}${lang}${live.who?.person}${live.devices.some((d) => d.session?.demo)}`;
	if (now !== bannerShown) banner();
	if (what === "fresh" && !fresh()) announce(t("old.title", { at: clock(live.at) }), true);
	bannerShown = now;
});
connect();
