"""Patients and settings for the oracle and the judge: both sides of every edge the evidence names.

Every product is exhaustive; where one is larger than its share of lines, an even stride takes from
it, the same each time.
"""
import itertools
import random
from fractions import Fraction
from math import pi

from evidence import CLASSES, FACTS, RULES, SITE_SHARE, TYPES
from oracle import Case

UNITS = {"fluence": "J/cm2", "energy": "J", "spot": "mm", "tip_area": "cm2", "pulse_width": "ms",
         "wavelength": "nm", "rate": "Hz", "frequency": "MHz", "cooling_spray": "ms",
         "cooling_delay": "ms", "filter": "nm", "density": "/cm2", "coverage": "%", "depth": "mm",
         "passes": ""}
# The least by which a value can differ and be told apart.
STEP = {"fluence": Fraction(1, 10**6), "energy": Fraction(1, 10**6), "spot": Fraction(1, 1000),
        "tip_area": Fraction(1, 10**6), "pulse_width": Fraction(1, 10**6), "wavelength": Fraction(1),
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
            f"{answer} d" if isinstance(answer, int) else answer
    return {"id": key, "device_class": case.device_class, "indication": case.indication,
            "site": case.site, "facts": facts,
            "settings": {param: text(param, value) for param, value in case.settings.items()}}


# --- answers ------------------------------------------------------------------------------------


def answers(fact):
    """Every answer, both sides of every number of days, and not known."""
    if FACTS[fact] is not None:
        return FACTS[fact] + (None,)
    edges = sorted({bound for rule in RULES for name, bound in rule.when.items() if name == fact})
    return tuple(day for edge in edges for day in (edge - 1, edge)) + (0, "never", None)


def safest(fact):
    return FACTS[fact][0] if FACTS[fact] is not None else "never"


WELL = {fact: safest(fact) for fact in FACTS}


# --- settings -----------------------------------------------------------------------------------


def within(row):
    """Settings at the very edge of a row: the most, the shortest."""
    settings = {param: Fraction(value) if not isinstance(value, str) else value
                for param, value in row.select.items()}
    for param, limit in row.limits.items():
        if isinstance(limit, frozenset):
            settings[param] = min(limit)
        elif param not in COMPUTED:
            settings[param] = limit[1] if limit[1] is not None else limit[0]
    return settings


def numbers(rows, param):
    """Every number the rows of a class name for a parameter, and the shares of sites."""
    found = set()
    for row in rows:
        for limits in (row.limits, row.hard):
            if param in limits and not isinstance(limits[param], frozenset):
                found |= {end for end in limits[param] if end is not None}
        if param in row.select and not isinstance(row.select[param], str):
            found.add(Fraction(row.select[param]))
    if param == "fluence":
        found |= {ceiling * share for ceiling in found for share in SITE_SHARE.values()}
    return sorted(found)


def names(rows, param):
    found = set()
    for row in rows:
        value = row.limits.get(param, row.select.get(param))
        found |= value if isinstance(value, frozenset) else {value} if isinstance(value, str) \
            else set()
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
    small = Fraction(1, 10**4)  # of the energy: far more than the rounding of a derived fluence
    for fluence in numbers(rows, "fluence"):
        for share in (1 - small, 1 + small):
            yield dict(without, energy=rounded(fluence * area(base) * share))
    for share in ("0.8", "0.8999", "0.9001", "1", "1.1110", "1.1112", "1.3"):
        yield dict(base, energy=rounded(base["fluence"] * area(base) * Fraction(share)))
    for gone in ("spot", "tip_area"):
        if gone in base:
            yield {p: v for p, v in without.items() if p != gone} | {"energy": Fraction(1)}


def settings_of(device_class):
    """From each row of a class outward: each parameter through its edges, left out, and added."""
    rows = CLASSES[device_class].rows
    for row in {tuple(row.select.items()): row for row in rows}.values():
        base = within(row)
        yield base
        params = {param for other in rows for table in (other.select, other.limits)
                  for param in table} - set(COMPUTED)
        for param in sorted(params):
            for value in values(rows, param):
                yield dict(base, **{param: value})
        for param in base:
            yield {p: v for p, v in base.items() if p != param}
        for param in ("rate", "frequency", "pulse_width", "passes", "depth", "filter"):
            if param not in base:
                yield dict(base, **{param: Fraction(2)})
        yield dict(base, handpiece="something_else")
        yield from energies(row, rows)


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


def share_of(lines, most):
    """All of them, or an even stride through them."""
    lines = list(lines)
    if len(lines) <= most:
        return lines
    return [lines[i * len(lines) // most] for i in range(most)]


def doses(device_class):
    """Types, sites and every setting, of a patient who is well, tested and not."""
    of = CLASSES[device_class]
    for settings in unlike(settings_of(device_class)):
        for skin, site, indication, tested in itertools.product(
                TYPES, of.sites, of.indications, ("read_clear", "none")):
            yield Case(device_class, indication, site,
                       dict(WELL, skin_type=skin, test_area=tested), settings)


def single_answers(device_class):
    of = CLASSES[device_class]
    for skin in TYPES:
        for settings, fact, site, indication in itertools.product(
                list(ordinary(device_class, skin)), FACTS, of.sites, of.indications):
            for answer in answers(fact):
                yield Case(device_class, indication, site,
                           dict(WELL, skin_type=skin) | {fact: answer}, settings)


def pairs(device_class):
    of = CLASSES[device_class]
    for skin in TYPES:
        for settings, site, indication in itertools.product(
                list(ordinary(device_class, skin)), of.sites, of.indications):
            for one, other in itertools.combinations([f for f in FACTS if f != "skin_type"], 2):
                for answer, more in itertools.product(answers(one), answers(other)):
                    yield Case(device_class, indication, site,
                               dict(WELL, skin_type=skin) | {one: answer, other: more}, settings)


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
        yield Case(name, chance.choice(of.indications), chance.choice(of.sites), facts,
                   chance.choice(settings[name]))
