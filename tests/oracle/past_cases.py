"""Patients with a past, for the oracle and the judge: both sides of every day, step, budget and share
that evidence.py names, and whole pasts by lot."""
import itertools
import random
from fractions import Fraction

from cases import STEP, WELL, answers, nearby, safest, settings_of, sites, unlike, within
from evidence import ABLATIVE, BUDGET, CLASSES, FACTS, PAST_RULES, STEPS, TESTED_SHARE, TYPES, WITHIN
from oracle import Case
from past import NEVER, SILENT, UNKNOWN, Area, Session

# Both sides of every interval, today, and a day nobody knows.
DAYS_AGO = sorted({day for rule in PAST_RULES for fact, bound in rule.when.items()
                   if fact.startswith("since") for day in (bound - 1, bound)} | {0, 365, 366}) + [None]
WAITS = sorted({day for rule in PAST_RULES for fact, bound in rule.when.items()
                if fact == "wait" for day in (bound - 1, bound)})
LONG_AGO = 900


def around(site):
    """The site, what it lies in or what lies in it, another, and one nobody knows."""
    outer = WITHIN.get(site)
    inner = next((name for name, of in WITHIN.items() if of == site), None)
    other = "back" if site not in ("back", "chest") else "axilla"
    return [name for name in (site, outer, inner, other) if name] + [None]


def others(device_class):
    """This class, another, an ablative one, and one nobody knows."""
    another = "rf_monopolar" if device_class != "rf_monopolar" else "pdl_595"
    ablative = next(name for name in sorted(ABLATIVE) if name != device_class)
    return device_class, another, ablative, None


def gentle(settings):
    """What was done last time, as known: the same again is no step."""
    return [dict(settings)]


def days_before(device_class):
    """One session more than long ago: its day, class, site and kind."""
    of = CLASSES[device_class]
    row = of.rows[0] if of.rows else None
    settings = within(row) if row else {}
    for indication, site, then, days, spot, now in itertools.product(
            of.indications, sites(device_class), others(device_class), DAYS_AGO, (False, True),
            (False, True)):
        for where in around(site):
            history = [Session(device_class, "thigh" if site != "thigh" else "back", LONG_AGO),
                       Session(then, where, days, gentle(settings), spot)]
            yield Case(device_class, indication, site, dict(WELL, skin_type=row.skin if row else "II"),
                       settings, history, test_spot=now)


def many_sessions(device_class):
    """Six to nine of them, on both sides of a year."""
    of = CLASSES[device_class]
    settings = within(of.rows[0]) if of.rows else {}
    for indication, site, skin, count, oldest in itertools.product(
            of.indications, of.sites, TYPES, (6, 7, 8, 9), (365, 366, None)):
        history = [Session(device_class, site, 70 + 10 * i, gentle(settings)) for i in range(count - 1)]
        yield Case(device_class, indication, site, dict(WELL, skin_type=skin), settings,
                   history + [Session(device_class, site, oldest, gentle(settings))])


def no_past(device_class):
    """Nothing before, and nobody knows what."""
    for row in nearby(CLASSES[device_class].rows):
        base = within(row)
        for history, area, spot, indication in itertools.product(
                ([], UNKNOWN), (SILENT, UNKNOWN, Area()), (False, True),
                CLASSES[device_class].indications):
            for settings in edges(base, Fraction(4, 5)):
                yield Case(device_class, indication, CLASSES[device_class].sites[0],
                           dict(WELL, skin_type=row.skin), settings, history, area, spot)


def edges(base, share):
    """The settings at a share of each ceiling, and the least above it."""
    yield base
    for param in ("fluence", "energy"):
        if param in base:
            for value in (base[param] * share, base[param] * share + STEP[param]):
                yield dict(base, **{param: value})


# --- the last dose ------------------------------------------------------------------------------


def low_of(base):
    """A dose well below the ceiling, with a long pulse."""
    low = dict(base)
    if "fluence" in base:
        low["fluence"] = base["fluence"] - 7 if base["fluence"] > 8 else base["fluence"] / 2
    if "pulse_width" in base:
        low["pulse_width"] = base["pulse_width"] + 7
    return low


def without(dose, param):
    return {name: value for name, value in dose.items() if name != param}


def last_doses(base, other):
    """What the last session may have been made with, by what is known of it; `other` is a dose of
    another row."""
    low = low_of(base)
    yield from ([low], [base], [other], [low, other], None)
    for param in base:
        yield [without(low, param)]
    for param in ("fluence", "pulse_width"):
        if param in low:
            yield [without(low, param), low]
            yield [low, dict(low, **{param: low[param] + 1})]
            yield [dict(low, **{param: low[param] + 50})]  # maybe of a row for other pulses
    yield [dict(low, passes=Fraction(3))]


def next_doses(base):
    """Around one step from low_of(base), in one parameter, in the other and in both."""
    low = low_of(base)
    yield base
    yield low
    for first, second in (("fluence", "pulse_width"), ("pulse_width", "fluence")):
        if first not in low:
            continue
        sign = 1 if first == "fluence" else -1
        for by in (STEPS[first], STEPS[first] + STEP[first], STEP[first], -1):
            one = dict(low, **{first: low[first] + sign * by})
            if one[first] <= 0:
                continue
            yield one
            if second in low:
                for more in (STEP[second], -STEP[second]):
                    yield dict(one, **{second: low[second] + more})


def doses_before(device_class):
    rows = nearby(CLASSES[device_class].rows)
    for row, other in itertools.product(rows, rows):
        if row.skin != other.skin or (row is other and len(rows) > 2):
            continue
        base = within(row)
        for last, asked, days, spot in itertools.product(
                last_doses(base, within(other)), next_doses(base), (27, 28, 100, None),
                (False, False, True)):
            earlier = Session(device_class, CLASSES[device_class].sites[0], 200, [base])
            for history in ([Session(device_class, CLASSES[device_class].sites[0], days, last)],
                            [earlier, Session(device_class, None, days, last)]):
                yield Case(device_class, row.indications[0] if row.indications else
                           CLASSES[device_class].indications[0], CLASSES[device_class].sites[0],
                           dict(WELL, skin_type=row.skin), asked, history, test_spot=spot)


# --- budgets ------------------------------------------------------------------------------------


def pasts_of(device_class, site, dose):
    """Sessions that together had so much, and more that do not count."""
    half = dict(dose, fluence=dose["fluence"] / 2)
    yield [Session(device_class, site, 27, [dose])]
    yield [Session(device_class, site, 28, [dose])]
    yield [Session(device_class, site, None, [dose])]
    yield [Session(device_class, site, 27, [half]), Session(device_class, None, 22, [half, half])]
    yield [Session(device_class, site, 27, [dict(half, passes=Fraction(2)), half])]
    yield [Session(device_class, site, 27, [dose]), Session(device_class, site, 26, None)]
    yield [Session(device_class, site, 27, [dose]), Session(device_class, site, 26, [dose], True)]
    yield [Session(device_class, site, 27, [dose, without(dose, "fluence")])]


def budgets(device_class):
    for row in nearby(CLASSES[device_class].rows):
        base = within(row)
        if "fluence" not in base:
            continue
        for site in CLASSES[device_class].sites:
            for had in (base["fluence"] / 4, base["fluence"] / 2, base["fluence"], 2 * base["fluence"]):
                left = base["fluence"] * BUDGET - had
                for history, asked in itertools.product(
                        pasts_of(device_class, site, dict(base, fluence=had)),
                        (left, left + STEP["fluence"], base["fluence"], STEP["fluence"])):
                    if asked > 0:
                        yield Case(device_class, CLASSES[device_class].indications[0], site,
                                   dict(WELL, skin_type=row.skin), dict(base, fluence=asked), history)


# --- test areas ---------------------------------------------------------------------------------


def areas(doses):
    """Made, read or not, on days that are known or not."""
    for wait in WAITS:
        yield Area(wait + 2, 2, "clear", doses)
    yield Area(None, 2, "clear", doses)
    yield Area(60, None, "clear", doses)
    yield Area(60, 2, "reaction", doses)
    yield Area(60, NEVER, None, doses)
    yield Area(60, 2, None, doses)
    yield Area()
    yield UNKNOWN


def tested_with(base, other):
    low = {param: value / 2 if param in ("fluence", "energy") else value
           for param, value in base.items()}
    yield from ([low], [base], [other], [low, other], [low, dict(base)], None)
    for param in base:
        yield [without(low, param)]
        yield [without(low, param), base]


def asked_after(base):
    yield base
    for param in ("fluence", "energy"):
        if param in base:
            tested = base[param] / 2 * TESTED_SHARE
            yield dict(base, **{param: tested})
            yield dict(base, **{param: tested + STEP[param]})
    if "density" in base:  # whole numbers: the least that a fifth more does not reach
        yield dict(base, density=Fraction(int(base["density"] * TESTED_SHARE) + 1))


def test_areas(device_class):
    """T rows, and others of which a rule asks for one."""
    rows = CLASSES[device_class].rows
    for row in nearby(rows) + [row for row in rows if row.status == "T"]:
        other = next((one for one in rows if one.skin == row.skin and one is not row), row)
        base = within(row)
        for doses, asked, more, spot in itertools.product(
                tested_with(base, within(other)), asked_after(base),
                ({}, {"visible_tan": "yes"}, {"pih_history": "yes"}, {"melasma": "history"}),
                (False, False, True)):
            for area in areas(doses):
                for history in (SILENT, [Session(device_class, None, 300, [base])]):
                    yield Case(device_class, CLASSES[device_class].indications[0],
                               CLASSES[device_class].sites[0], dict(WELL, skin_type=row.skin, **more),
                               asked, history, area, spot)


# --- whole pasts --------------------------------------------------------------------------------


def a_session(chance, device_class, site, doses):
    mine = chance.random() < 0.6
    return Session(device_class if mine else chance.choice(others(device_class)),
                   chance.choice(around(site)) if chance.random() < 0.4 else site,
                   chance.choice(DAYS_AGO) if chance.random() < 0.5 else chance.randint(29, 400),
                   None if chance.random() < 0.1 else
                   [chance.choice(doses) for _ in range(chance.randint(1, 2))],
                   chance.random() < 0.1)


def an_area(chance, doses):
    if chance.random() < 0.1:
        return chance.choice((UNKNOWN, Area()))
    made = chance.choice((2, 15, 29, 60, None))
    read = chance.choice((0, 1, 2, None))
    return Area(made, read, chance.choice(("clear", "clear", "clear", "reaction")),
                None if chance.random() < 0.2 else [chance.choice(doses)])


def told(chance, most):
    """A dose as people know it: now and then a value is missing, and none is above the ceiling."""
    dose = {param: value for param, value in most.items() if chance.random() < 0.97}
    for param in ("fluence", "energy"):
        if param in dose:
            dose[param] = dose[param] * chance.choice((1, Fraction(1, 2), Fraction(1, 4)))
    return dose


def patients_with_past(count, seed=2940):
    """As they come: mostly well, with none to four earlier sessions, a test area or none."""
    chance = random.Random(seed)
    settings = {name: list(unlike(settings_of(name))) for name in CLASSES}
    for _ in range(count):
        name = chance.choice(sorted(CLASSES))
        of = CLASSES[name]
        site = chance.choice(sites(name))
        facts = {fact: chance.choice(answers(fact)) if chance.random() < 0.01 else safest(fact)
                 for fact in FACTS}
        facts["skin_type"] = chance.choice(TYPES)
        doses = [told(chance, within(row)) for row in of.rows] or [{}]
        history = chance.choice((SILENT, [], UNKNOWN)) if chance.random() < 0.1 else \
            [a_session(chance, name, site, doses) for _ in range(chance.randint(1, 4))]
        area = an_area(chance, doses) if chance.random() < 0.6 else SILENT
        mine = [row for row in of.rows if row.skin == facts["skin_type"]]
        asked = low_of(within(chance.choice(mine))) if mine and chance.random() < 0.6 else \
            chance.choice(settings[name])
        yield Case(name, chance.choice(of.indications), site, facts, asked, history, area,
                   chance.random() < 0.15)
