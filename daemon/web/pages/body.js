/*
 * body: where on the body. A picture for the finger, and the same as a list for everybody; the
 * picture is only another way to press what stands in the list.
 */
import { choices, el, fresh_id, library, svg, t, word } from "./ui.js";

const mirrored = (d, by = 140) => d.replace(/(-?[\d.]+) (-?[\d.]+)/g, (all, x, y) => `${by - x} ${y}`);
const ARM = "M44 63Q34 66 31 82L25 138L35 141L45 96Z";
const HAND = "M24 141L35 144L36 160L28 168L22 158Z";
const THIGH = "M52 161L69 167L68 217L54 217Z";
const LEG = "M54 220L68 220L66 276L56 276Z";
const both = (d) => [d, mirrored(d)];

const FRONT = {
	face: ["M70 10Q86 10 86 30Q86 50 70 52Q54 50 54 30Q54 10 70 10Z"], neck: ["M63 52L77 52L79 60L61 60Z"],
	chest: ["M46 62Q70 56 94 62L92 100Q70 106 48 100Z"], abdomen: ["M48 102Q70 108 92 102L90 138Q70 144 50 138Z"],
	bikini: ["M50 140Q70 146 90 140L88 157Q70 168 52 157Z"], arm: both(ARM), hand_dorsum: both(HAND),
	thigh: both(THIGH), lower_leg: both(LEG), axilla: both("M44 74Q50 80 47 94Q40 90 44 74Z"),
	nipple: both("M56 82Q61 82 61 86Q56 90 54 86Q54 83 56 82Z"), mucosa: ["M66 156Q70 152 74 156Q70 164 66 156Z"],
};
const BACK = {
	neck: ["M63 48L77 48L79 60L61 60Z"], back: ["M46 62Q70 56 94 62L90 138Q70 144 50 138Z"], arm: both(ARM), hand_dorsum: both(HAND),
	thigh: both(THIGH), lower_leg: both(LEG),
};
const FACE = {
	face: ["M60 4Q104 4 104 62Q104 124 60 132Q16 124 16 62Q16 4 60 4Z"], forehead: ["M30 34Q34 12 60 12Q86 12 90 34Q60 26 30 34Z"],
	temple: ["M20 46L30 42L30 62L20 66Z", "M100 46L90 42L90 62L100 66Z"],
	eyebrow: ["M34 44Q43 38 54 44L54 48Q43 43 34 48Z", "M86 44Q77 38 66 44L66 48Q77 43 86 48Z"],
	orbital_rim: ["M33 57Q43 49 54 57Q43 66 33 57Z", "M87 57Q77 49 66 57Q77 66 87 57Z"],
	nose_side: ["M56 60L64 60L69 82L51 82Z"], cheek: ["M24 72Q40 68 48 80Q46 96 34 100Q25 90 24 72Z", "M96 72Q80 68 72 80Q74 96 86 100Q95 90 96 72Z"],
	perioral: ["M42 92Q60 84 78 92Q82 104 60 112Q38 104 42 92Z"], lips: ["M48 97Q60 91 72 97Q60 107 48 97Z"],
	chin: ["M46 113Q60 119 74 113Q70 128 60 129Q50 128 46 113Z"],
};

function figure(shapes, at, outline, press, known) {
	return svg("g", { transform: `translate(${at} 0)` },
		outline && svg("path", { class: "body-outline", d: outline }),
		Object.entries(shapes).filter(([site]) => known.includes(site)).map(([site, paths]) => paths.map((d) =>
			svg("path", { class: "body-site", d, "data-site": site, onclick: () => press(site) },
				svg("title", null, word("site", site))))));
}

/* sites: of the library. What is chosen is asked by `value`. */
export function bodyPicture(sites, words, onchange) {
	const name = fresh_id("site");
	const chosen = el("p", { class: "chosen", "aria-live": "polite" });
	let value = null;

	const pick = (site) => {
		value = site;
		for (const shape of picture.querySelectorAll(".body-site"))
			shape.classList.toggle("body-picked", shape.dataset.site === site);
		chosen.textContent = t("site.chosen", { site: word("site", site) });
		onchange?.(site);
	};
	const press = (site) => {
		const input = list.querySelector(`input[value="${CSS.escape(site)}"]`);
		input.checked = true;
		pick(site);
	};
	const picture = svg("svg", { class: "body", viewBox: "0 0 400 285", "aria-hidden": "true" },
		figure(FRONT, 0, "", press, sites), figure(BACK, 130, "M70 10Q84 10 84 28Q84 46 70 48Q56 46 56 28Q56 10 70 10ZM50 140Q70 146 90 140L88 158Q70 166 52 158Z", press, sites),
		figure(FACE, 272, "", press, sites),
		svg("text", { x: 70, y: 284, class: "body-text" }, t("body.front")), svg("text", { x: 200, y: 284, class: "body-text" }, t("body.back")),
		svg("text", { x: 332, y: 150, class: "body-text" }, t("body.face")));
	const list = choices(t("form.site"), sites.map((site) => [site, words[site] ? library(`site.${site}`, words[site].words) : word("site", site)]),
		{ name, onchange: pick });

	list.classList.add("sites");
	return { node: el("div", { class: "bodies" }, el("div", null, picture, chosen), list), value: () => value };
}
