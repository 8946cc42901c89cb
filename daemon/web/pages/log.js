/*
 * log: what was asked, accepted and delivered in a session, out of the ledger.
 */
import { call } from "./wire.js";
import { clock, complaint, el, fill, icon, t, table, unit, word } from "./ui.js";

const PARTS_MAX = 40;

/* All rows of a method that gives them in parts. */
export async function allRows(method, params) {
	const rows = [];
	let after = 0, part;

	for (let i = 0; i < PARTS_MAX; i++) {
		part = await call(method, { ...params, after });
		rows.push(...part.rows);
		after = part.next ?? part.rows.at(-1)?.seq ?? after;
		if (!part.more) break;
	}
	return rows;
}

function changed(body) {
	return Object.entries(body.changed ?? {}).map(([name, [, to]]) => `${word("param", name)} ${unit(to)}`).join(", ");
}

const SIGN = { yes: "check", no: "bar" };

function lineOf(row, outcomes) {
	const b = row.body;

	if (row.kind === "intent" || row.kind === "refused") {
		if (!b.verdict) return null;
		const yes = row.kind === "intent";
		return [row, t(changed(b) ? "log.set" : "log.arm"), changed(b), el("span", { class: yes ? "yes" : "no" }, icon(SIGN[yes ? "yes" : "no"]),
			yes ? word("outcome", outcomes.get(b.txn) ?? "") || t("log.accepted") : word("verdict", b.verdict)), el("span", { lang: "en" }, b.text)];
	}
	if (["session", "treatment", "hold", "grant", "decision", "stop"].includes(row.kind))
		return [row, word("kind", row.kind), "", "", el("span", { lang: "en" }, b.text ?? "")];
	return null;
}

function delivered(rows) {
	const ended = rows.find((r) => r.kind === "treatment" && r.body.event === "ended");
	const over = rows.some((r) => r.kind === "session" && r.body.event === "end");
	const all = ended?.body.delivered ?? [];

	return el("section", { class: "card" }, el("h2", null, t("log.delivered")), all.length === 0 ? el("p", { class: "empty" }, t(ended || over ? "log.nothing" : "log.running"))
		: table(t("log.delivered"), [t("log.settings"), t("log.pulses"), t("log.energy")], all.map((d) => [
			Object.values(d.settings).map(unit).join(" · "), String(d.pulses), `${unit(d.energy)} (${t(d.measured ? "log.measured" : "log.as_set")})`])));
}

export function open(main, [number]) {
	const place = el("div", null, el("p", { class: "empty" }, t("connecting")));
	const input = el("input", { inputmode: "numeric", pattern: "[0-9]*", class: "short", value: number ?? "", id: "log-number" });

	main.append(el("h1", null, t("room.log")), el("form", { class: "row inline", onsubmit: (e) => {
		e.preventDefault();
		location.hash = `#log/${input.value.trim()}`;
	} }, el("label", { for: "log-number" }, t("log.number")), input, el("button", { class: "quiet" }, t("log.show"))), place);
	if (!number) {
		place.replaceChildren();
		return null;
	}
	(async () => {
		try {
			const rows = await allRows("session.log", { session: Number(number) });
			const begun = rows.find((r) => r.kind === "session")?.body;
			if (!begun) {
				fill(place, el("p", { class: "empty" }, t("log.none", { n: number })));
				return;
			}
			const outcomes = new Map(rows.filter((r) => r.kind === "outcome").map((r) => [r.body.txn, r.body.outcome]));
			const lines = rows.map((r) => lineOf(r, outcomes)).filter(Boolean);
			fill(place, el("section", { class: "card" }, el("dl", { class: "pairs" }, [["form.patient", begun.patient], ["log.device", begun.device],
				["form.indication", word("indication", begun.indication)], ["form.site", word("site", begun.site)], ["session.operator", begun.operator], ["log.library", begun.library]]
				.map(([k, v]) => el("div", null, el("dt", null, t(k)), el("dd", null, v))))),
			el("section", { class: "card" }, el("h2", null, t("log.lines")), table(t("log.lines"), [t("log.time"), t("log.what"), t("log.asked"), t("log.became"), t("log.words")],
				lines.map(([row, ...cells]) => [el("time", { datetime: new Date(row.at).toISOString() }, clock(row.at)), ...cells]), { class: "log" })),
			delivered(rows));
		} catch (error) {
			if (!("code" in error)) throw error;
			fill(place, complaint(error));
		}
	})();
	return null;
}
