/*
 * reason: why not, in the reader's language, out of its parts; the gate's own words stand below.
 */
import { el, has, limit, t, unit, word } from "./ui.js";

export function headline(reason) {
	const given = { param: reason.parameter ? word("param", reason.parameter) : "", asked: unit(reason.asked), limit: limit(reason.limit) };

	if (reason.parameter && reason.asked && reason.limit)
		return el("p", { class: "headline" }, t("reason.limit", given));
	if (has(`check.${reason.check}`)) return el("p", { class: "headline" }, t(`check.${reason.check}`, given));
	return el("p", { class: "headline", lang: "en" }, reason.text);
}
