"""Patients and settings for the oracle and the judge: both sides of every edge the evidence names.

Every product is exhaustive; where one is larger than its share of lines, lots are drawn, the same
each time.
"""
import itertools
import random
from fractions import Fraction
from math import pi

from evidence import CLASSES, DAYS, FACTS, RULES, SHARES, TYPES, WITHIN, YEARS
from oracle import Case
from past import NEVER, SILENT, UNKNOWN

UNITS = {"fluence": "J/cm2", "energy": "J", "spot": "mm", "tip_area": "cm2", "pulse_width": "ms",
         "wavelength": "nm", "rate": "Hz", "frequency": "MHz", "cooling_spray": "ms",
         "cooling_delay": "ms", "filter": "nm", "density": "/cm2", "coverage": "%", "depth": "mm",
         "passes": ""}
# The least by which a value can differ and be told apart.
STEP = {"fluence": Fraction(1, 10**6), "energy": Fraction(1, 10**6), "spot": Fraction(1, 1000),
        "tip_area": Fraction(1, 10**6), "pulse_width": Fraction(1, 10**9), "wavelength": Fraction(1),
        "rate": Fraction(1, 1000), "frequency": Fraction(1, 10**6),
        "cooling_spray": Fraction(1, 10**6), "cooling_delay": Fraction(1, 10**6),
        "filter": Fraction(1), "density": Fraction(1), "coverage": Fraction(1, 10**4),
        "depth": Fraction(1, 1000), "passes": Fraction(1)}
COMPUTED = ("product", "irradiance")


def decimal(value):
    """Exact: every value here ends within nine places."""
    whole, rest = divmod(Fraction(value) * 10**9, 10**9)
    assert rest.denominator == 1, value
    return f"{whole}.{int(rest):09d}".rstrip("0").rstrip(".")


def text(param, value):
    return value if isinstance(value, str) else f"{decimal(value)} {UNITS[param]}".strip()


def line(case, key, safe):
    """As the judge reads it; `safe` answers the questions the oracle has no rule for."""
    facts = dict(safe)
    for number, (fact, answer) in enumerate(case.facts.items()):
        if answer is None and (key + number) % 2:
            continue  # not asked and "unknown" are the same
        facts[fact] = "unknown" if answer is None else \
            f"{answer} d" if FACTS[fact] == DAYS and answer != "never" else str(answer)
    told = {"id": key, "device_class": case.device_class, "indication": case.indication,
            "site": case.site, "facts": facts, "settings": texts(case.settings)}
    if case.history != SILENT:
        told["history"] = UNKNOWN if case.history == UNKNOWN else \
            [session_told(session) for session in case.history]
    if case.area != SILENT:
        told["test_area"] = UNKNOWN if case.area == UNKNOWN else area_told(case.area)
        facts.pop("test_area", None)
    if case.test_spot:
        told["session"] = "test_spot"
    return told


def texts(settings):
    return {param: text(param, value) for param, value in settings.items()}


def doses_told(told, doses):
    if doses:  # one as an object, several as a list of them
        told["settings"] = texts(doses[0]) if len(doses) == 1 else [texts(dose) for dose in doses]
    return told


def or_unknown(value):
    return UNKNOWN if value is None else value


def session_told(session):
    return doses_told({"device_class": or_unknown(session.device_class),
                       "site": or_unknown(session.site), "days_ago": or_unknown(session.days),
                       "kind": "test_spot" if session.test_spot else "treatment"}, session.doses)


def area_told(area):
    told = {"result": area.result} if area.result else {}
    for key, day in (("made_days_ago", area.made), ("read_days_ago", area.read)):
        if day != NEVER:
            told[key] = or_unknown(day)
    return doses_told(told, area.doses)


# --- answers ------------------------------------------------------------------------------------


def answers(fact):
    """Every answer, both sides of every number, and not known."""
    if FACTS[fact] == YEARS:
        return (15, 16, 17, 18, 30, 75, 76, None)
    if FACTS[fact] != DAYS:
        return FACTS[fact] + (None,)
    edges = sorted({bound for rule in RULES for name, bound in rule.when.items() if name == fact})
    return tuple(day for edge in edges for day in (edge - 1, edge)) + (0, "never", None)


def safest(fact):
    return {DAYS: "never", YEARS: 30}.get(FACTS[fact], FACTS[fact][0])


WELL = {fact: safest(fact) for fact in FACTS}


# --- settings -----------------------------------------------------------------------------------


def least_of(value):
    if isinstance(value, tuple):
        return value[0] if value[0] is not None else value[1]
    return Fraction(value)


def within(row):
    """Settings at the very edge of a row: the most, the shortest."""
    settings = {param: value if isinstance(value, str) else least_of(value)
                for param, value in row.select.items()}
    for param, limit in row.limits.items():
        if isinstance(limit, frozenset):
            settings[param] = min(limit)
        elif param not in COMPUTED:
            settings[param] = limit[1] if limit[1] is not None else limit[0]
    if "product" in row.limits:  # as dense as its product with the energy leaves
        densest = row.limits["product"][1] / settings["energy"]
        settings["density"] = min(settings["density"], Fraction(int(densest)))
    return settings


def numbers(rows, param):
    """Every number the rows of a class name for a parameter, and the shares of sites."""
    found = set()
    for row in rows:
        for limits in (row.limits, row.hard):
            if param in limits and not isinstance(limits[param], frozenset):
                found |= {end for end in limits[param] if end is not None}
        if param in row.select and isinstance(row.select[param], tuple):
            found |= {end for end in row.select[param] if end is not None}
        elif param in row.select and not isinstance(row.select[param], str):
            found.add(Fraction(row.select[param]))
    if param == "fluence":
        found |= {ceiling * share for ceiling in found for share in SHARES}
    return sorted(found)


def names(rows, param):
    found = set()
    for row in rows:
        for table in (row.limits, row.select):
            value = table.get(param)
            found |= value if isinstance(value, frozenset) else \
                {value} if isinstance(value, str) else set()
    return sorted(found) + ["something_else"]


def values(rows, param):
    """Both sides of every edge, or every name and one that nobody knows."""
    edges = numbers(rows, param)
    if not edges:
        return names(rows, param)
    step = STEP[param]
    return sorted({v for edge in edges for v in (edge - step, edge, edge + step) if v > 0})


def area(settings):
    if "spot" in settings:
        return Fraction(pi) * (settings["spot"] / 20) ** 2
    return settings.get("tip_area")


def rounded(value):
    return Fraction(round(value * 10**6), 10**6)


def energies(row, rows):
    """The fluence given as energy, and both, agreeing within a tenth and not."""
    base = within(row)
    if "fluence" not in base or area(base) is None:
        return
    without = {param: value for param, value in base.items() if param != "fluence"}
    small = Fraction(1, 10**4)  # of the energy: more than the rounding of a derived fluence
    for fluence in numbers(rows, "fluence"):
        for share in (1 - small, 1 + small):
            yield dict(without, energy=rounded(fluence * area(base) * share))
    for share in ("0.8", "0.8999", "0.9001", "0.9999", "1.1110", "1.1112", "1.3"):
        yield dict(base, energy=rounded(base["fluence"] * area(base) * Fraction(share)))
    for gone in ("spot", "tip_area"):
        if gone in base:
            yield {p: v for p, v in without.items() if p != gone} | {"energy": Fraction(1)}


def products(row, rows):
    """Both sides of the ceiling of energy times density, at every energy of the class."""
    base = within(row)
    for energy in numbers(rows, "energy") if "product" in row.limits else ():
        densest = int(row.limits["product"][1] / energy)
        for density in (densest - 1, densest, densest + 1):
            yield dict(base, energy=energy, density=Fraction(density))


def settings_of(device_class):
    """From each row of a class outward: each parameter through its edges, left out, and added."""
    rows = CLASSES[device_class].rows
    if not rows:
        yield {"fluence": Fraction(1)}
        yield {"energy": Fraction(1, 1000), "spot": Fraction(1)}
        yield {}
    for row in nearby(rows):
        base = within(row)
        yield base
        params = {param for other in rows for table in (other.select, other.limits)
                  for param in table} - set(COMPUTED)
        for param in sorted(params):
            for value in values(rows, param):
                yield dict(base, **{param: value})
        for param in base:
            yield {p: v for p, v in base.items() if p != param}
        for param in ("fluence", "spot", "rate", "frequency", "pulse_width", "filter", "density",
                      "coverage", "depth", "passes"):
            if param not in base:
                yield dict(base, **{param: Fraction(2)})
        yield dict(base, handpiece="something_else")
        yield from energies(row, rows)
        yield from products(row, rows)


def nearby(rows):
    """One row of each selection, the lightest type and the darkest."""
    first = {tuple(row.select.items()): row for row in reversed(rows)}
    last = {tuple(row.select.items()): row for row in rows}
    return list({id(row): row for row in [*first.values(), *last.values()]}.values())


def unlike(cases):
    seen = set()
    for settings in cases:
        key = tuple(sorted((p, str(v)) for p, v in settings.items()))
        if key not in seen:
            seen.add(key)
            yield settings


def ordinary(device_class, skin):
    """A few settings that meet every kind of answer: at the edge, a little beyond, far beyond."""
    rows = CLASSES[device_class].rows
    if not rows:
        yield {}
        return
    row = next((row for row in rows if row.skin == skin), rows[0])
    base = within(row)
    yield base
    for param, limit in row.limits.items():
        if param not in COMPUTED and not isinstance(limit, frozenset):
            step = STEP[param]
            yield dict(base, **{param: limit[1] + step if limit[1] is not None else limit[0] - step})
            break
    for param, limit in row.hard.items():
        yield dict(base, **{param: limit[1] + STEP[param]})


# --- products -----------------------------------------------------------------------------------


def sampled(products, most, seed=1064):
    """All of them; or, where they are more than `most`, an even share of each class drawn by lot,
    the same every time. What a small class leaves of its share goes to the large ones."""
    products = sorted((list(product) for product in products), key=len)
    drawn = []
    for left, product in zip(range(len(products), 0, -1), products):
        share = min(len(product), most // left)
        most -= share
        drawn += random.Random(seed).sample(product, share) if share < len(product) else product
    return drawn


def sites(device_class):
    """Of the class, and what lies in them."""
    of = CLASSES[device_class].sites
    return of + tuple(inner for inner, outer in WITHIN.items() if outer in of and inner not in of)


def doses(device_class):
    """Types, sites and every setting, of a patient who is well, tested and not."""
    for settings in unlike(settings_of(device_class)):
        for skin, site, indication, tested in itertools.product(
                TYPES, CLASSES[device_class].sites, CLASSES[device_class].indications,
                ("read_clear", "none")):
            yield Case(device_class, indication, site,
                       dict(WELL, skin_type=skin, test_area=tested), settings)


def single_answers(device_class):
    """Every answer, type, site and indication; the settings in turn."""
    for skin in TYPES:
        settings = itertools.cycle(ordinary(device_class, skin))
        for fact, site, indication in itertools.product(
                FACTS, sites(device_class), CLASSES[device_class].indications):
            for answer in answers(fact):
                yield Case(device_class, indication, site,
                           dict(WELL, skin_type=skin) | {fact: answer}, next(settings))


def pairs(device_class):
    """Every answer to every two questions; type, site, indication and settings by lot."""
    if not CLASSES[device_class].rows:
        return
    chance = random.Random(595)
    settings = {skin: list(ordinary(device_class, skin)) for skin in TYPES}
    for one, other in itertools.combinations(FACTS, 2):
        for answer, more in itertools.product(answers(one), answers(other)):
            skin = chance.choice(TYPES)
            yield Case(device_class, chance.choice(CLASSES[device_class].indications),
                       chance.choice(CLASSES[device_class].sites),
                       dict(WELL, skin_type=skin) | {one: answer, other: more},
                       chance.choice(settings[skin]))


def patients(count, seed=755):
    """Whole patients as they come: mostly well, every answer possible; any settings of the class."""
    chance = random.Random(seed)
    settings = {name: list(unlike(settings_of(name))) for name in CLASSES}
    for _ in range(count):
        name = chance.choice(sorted(CLASSES))
        of = CLASSES[name]
        ill = chance.random() ** 2
        facts = {fact: chance.choice(answers(fact)) if chance.random() < ill else safest(fact)
                 for fact in FACTS}
        facts["skin_type"] = chance.choice(TYPES + (None,) if ill > 0.5 else TYPES)
        yield Case(name, chance.choice(of.indications), chance.choice(sites(name)), facts,
                   chance.choice(settings[name]))
