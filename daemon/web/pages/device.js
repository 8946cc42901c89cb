/*
 * device: how a device is, in words, a sign and a colour: never the colour alone.
 */
import { el, icon, t, has, unit, word } from "./ui.js";

const SIGNS = { standby: "check", ready_delay: "clock", armed: "bolt", emitting: "bolt", boot: "clock",
	self_test: "clock", cooldown: "clock", fault: "warn", unknown: "clock" };
const KINDS = { standby: "calm", armed: "live", emitting: "live", fault: "bad" };

export function stateOf(device) {
	if (device.link !== "up" || device.old) return { kind: "bad", sign: "cut", words: t("state.silent") };
	const key = `state.${device.state}`;
	return { kind: KINDS[device.state] ?? "wait", sign: SIGNS[device.state] ?? "clock",
		words: has(key) ? t(key) : device.state_words };
}

export function pill({ kind, sign, words }) {
	return el("span", { class: `pill pill-${kind}` }, icon(sign), words);
}

export function className(name) {
	return word("class", name);
}

/* "25 J/cm² · 18 mm · 3 ms" */
export function settingsLine(settings, keys = null) {
	return Object.entries(settings ?? {}).filter(([k]) => !keys || keys.includes(k)).map(([, v]) => unit(v)).join(" · ");
}

export const MAIN = ["fluence", "energy", "spot", "pulse_width", "tip", "handpiece", "density", "depth"];

export function settingsList(settings, mark = () => null) {
	return el("dl", { class: "settings" }, Object.entries(settings ?? {}).map(([name, value]) =>
		el("div", { class: mark(name) ? `set set-${mark(name)}` : "set" },
			el("dt", null, word("param", name)), el("dd", null, unit(value)))));
}

export function sessionState(session) {
	if (!session) return { kind: "none", sign: "person", words: t("session.none") };
	if (session.state === "open") return { kind: "calm", sign: "check", words: t("session.open") };
	return { kind: "wait", sign: "hand", words: t("session.waiting") };
}

const HOLD_KINDS = { open: "wait", checking: "wait", granted: "live", in_force: "live", denied: "bad" };
const HOLD_SIGNS = { open: "hand", checking: "clock", granted: "check", in_force: "check", denied: "bar" };

export function holdState(hold) {
	return { kind: HOLD_KINDS[hold.state] ?? "none", sign: HOLD_SIGNS[hold.state] ?? "clock",
		words: has(`hold.${hold.state}`) ? t(`hold.${hold.state}`) : hold.state_words };
}
