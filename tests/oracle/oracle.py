"""The oracle: what the gate ought to say of a patient and settings, by the evidence alone.

Written from the published tables (evidence.py) and from what the README promises people, in exact
fractions; it shares nothing with the gate, neither code nor files.
"""
from fractions import Fraction
from math import pi

from evidence import (BLOCK, CLASSES, DARKER, DAYS, DEFAULTS, FACTS, FIRST_SHARE, HOLD, LIGHT, PAST,
                      PAST_RULES, RULES, TEST, TYPES, WITHIN, YEARS, site_share)
from past import HIGHER_IS_WORSE, SILENT, answer, lay_past, lower

ALLOWED, HELD, BLOCKED = "ALLOWED", "HELD", "BLOCKED"

# What may decide, the strictest first.
BLOCKING = ("no_protocol", "half_known", "disagrees", "screening", "hard")
HOLDING = ("screening", "no_row", "no_limit", "soft", "status", "one_step")

ANY = "any"  # a parameter or limit of which the oracle says nothing


class Answer:
    """verdict; decides: the kind of the first reason; reasons: (kind, about, limit) of all."""

    def __init__(self, blocking, holding):
        self.reasons = frozenset(blocking) | frozenset(holding)
        for verdict, found, order in ((BLOCKED, blocking, BLOCKING), (HELD, holding, HOLDING)):
            if found:
                self.verdict = verdict
                self.decides = min((kind for kind, _, _ in found), key=order.index)
                return
        self.verdict, self.decides = ALLOWED, None

    def __str__(self):
        return f"{self.verdict} by {self.decides}: " + "; ".join(
            sorted(f"{kind} {about} {show_limit(limit)}" for kind, about, limit in self.reasons))


def show_limit(limit):
    if limit is None or limit == ANY:
        return ""
    if isinstance(limit, frozenset):
        return " or ".join(sorted(limit))
    low, high = limit
    return ("" if low is None else str(low)) + ".." + ("" if high is None else str(high))


# --- the patient --------------------------------------------------------------------------------


KINDS = {**FACTS, **PAST}


def risky(fact, answered, bound):
    """An answer is a value, days or years as a number, "never", or None: not known, the worst. Of
    what nobody told, nothing is said."""
    if answered is None or answered == SILENT:
        return answered is None
    if KINDS[fact] == DAYS:
        return answered != "never" and answered < bound
    if KINDS[fact] == YEARS:
        return bound(answered)
    return KINDS[fact].index(answered) >= KINDS[fact].index(bound)


def answered_of(case, fact):
    """What is told of a test area wins over what was answered by hand."""
    if fact in PAST or (fact == "test_area" and case.area != SILENT):
        return answer(case, fact)
    return case.facts.get(fact)


def lies_in(site, sites):
    return sites is None or site in sites or WITHIN.get(site) in sites


def said(rule, adopted):
    return (rule.only is None or rule.only in adopted) and rule.unless not in adopted


def applies(rule, case):
    return case.device_class in rule.classes and lies_in(case.site, rule.sites) and \
        (rule.indications is None or case.indication in rule.indications) and \
        case.indication not in rule.but_for and \
        all(risky(fact, answered_of(case, fact), bound) for fact, bound in rule.when.items())


def effective_skin(case, rules):
    skin = case.facts.get("skin_type") or TYPES[-1]
    darker = sum(1 for rule in rules if DARKER in rule.then)
    return TYPES[min(TYPES.index(skin) + darker, len(TYPES) - 1)]


# --- the dose -----------------------------------------------------------------------------------


def derived_fluence(settings):
    if "spot" in settings:
        area = Fraction(pi) * (settings["spot"] / 20) ** 2  # a radius in cm
    else:
        area = settings["tip_area"]
    return settings["energy"] / area


def dose(settings, by_fluence):
    """(settings with the fluence that counts, what is wrong with it or None, how it is known).

    What no row limits by fluence is dosed by the energy of a microbeam or a pin, and has none.
    """
    settings = dict(settings)
    if "fluence" not in settings and not by_fluence:
        return settings, None, "none"
    if "energy" not in settings:
        return settings, (None if "fluence" in settings else "half_known"), "reported"
    if "spot" not in settings and "tip_area" not in settings:
        return settings, "half_known", "derived"
    derived = derived_fluence(settings)
    reported = settings.get("fluence", derived)
    settings["fluence"] = max(reported, derived)
    wrong = abs(reported - derived) * 10 > max(reported, derived)
    return settings, ("disagrees" if wrong else None), "derived"


def computed(settings):
    """Energy per area of a fractional treatment, and the mean power of a repeated pulse."""
    settings = dict(settings)
    if "energy" in settings and "density" in settings:
        settings["product"] = settings["energy"] * settings["density"]
    if "fluence" in settings and "rate" in settings:
        settings["irradiance"] = settings["fluence"] * settings["rate"]
    return settings


def holds(limit, value):
    """A limit is names, a span, or one value."""
    if isinstance(limit, frozenset):
        return value in limit
    if not isinstance(limit, tuple):
        return value == limit
    low, high = limit
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def selected(row, settings):
    return all(holds(wanted, settings.get(param)) for param, wanted in row.select.items())


def without_entry(rows, settings):
    """Parameters for whose value no row has an entry."""
    params = set.intersection(*(set(row.select) for row in rows))
    return {param for param in params
            if not any(holds(row.select[param], settings.get(param)) for row in rows)}


def narrowed(row, case, adopted):
    """By the site, and in the first session, which a test area is not."""
    limits = dict(row.limits)
    share = site_share(case.site, adopted) or site_share(WITHIN.get(case.site), adopted)
    if share is not None and case.device_class in LIGHT and "fluence" in limits:
        low, high = limits["fluence"]
        limits["fluence"] = (low, high * share)
    if "first_session_four_fifths" in adopted and not case.test_spot and \
            risky("first", answered_of(case, "first"), "yes"):
        for param in ("fluence", "energy"):
            if param in limits:
                lower(limits, param, limits[param][1] * FIRST_SHARE)
    return limits


def moved(settings, param, last):
    """To its dangerous side, or nobody knows where to."""
    if param not in settings:
        return True
    return settings[param] > last if param in HIGHER_IS_WORSE else settings[param] < last


def one_step(settings, lasts):
    """The shorter pulse goes back, where the fluence moved as well."""
    if lasts is None or not all(moved(settings, param, last) for param, last in lasts.items()):
        return []
    return [("one_step", "pulse_width", (lasts["pulse_width"], None))]


def is_tested(case):
    return case.test_spot or answered_of(case, "test_area") == "read_clear"


def of_row(row, case, settings, how, known, adopted, asks_test):
    """What one row says: (blocking, holding)."""
    limits = narrowed(row, case, adopted)
    waits, lasts = lay_past(case, row, limits, adopted, asks_test, holds)
    blocking = [("hard", param, limit) for param, limit in row.hard.items()
                if param in settings and not holds(limit, settings[param])]
    spoken = set(limits) | set(row.select) | set(row.free) | {"product", "irradiance"}
    if "fluence" in limits and how == "derived":
        spoken |= {"energy", "spot", "tip_area"}
    holding = [("no_limit", param, None) for param in settings if param not in spoken]
    holding += [("screening", topic, None) for topic in waits] + one_step(settings, lasts)
    for param, limit in limits.items():
        if param in settings and not holds(limit, settings[param]):
            holding.append(("soft", param, limit))
        if param not in settings and known:
            holding.append(("soft", param, limit))
    if row.status in "MB" or (row.status == "T" and not is_tested(case)):
        holding.append(("status", None, None))
    return blocking, holding


# --- both ---------------------------------------------------------------------------------------


class Case:
    """Who is to be treated, where, with what; settings in the units of evidence.py. history: SILENT,
    UNKNOWN or sessions; area: SILENT, UNKNOWN or a test area; test_spot: to make one."""

    def __init__(self, device_class, indication, site, facts, settings, history=SILENT, area=SILENT,
                 test_spot=False):
        self.device_class, self.indication, self.site = device_class, indication, site
        self.facts, self.settings = facts, settings
        self.history, self.area, self.test_spot = history, area, test_spot


def predict(case, adopted=DEFAULTS):
    """adopted: of the director's options, those that stand so."""
    rules = [rule for rule in RULES + PAST_RULES if said(rule, adopted) and applies(rule, case)]
    skin = effective_skin(case, rules)
    rows = [row for row in CLASSES[case.device_class].rows
            if row.skin == skin and lies_in(case.site, row.sites) and
            (row.indications is None or case.indication in row.indications)]
    if not lies_in(case.site, CLASSES[case.device_class].sites):
        rows = []
    settings, wrong, how = dose(case.settings, any("fluence" in row.limits for row in rows))
    settings = computed(settings)
    blocking = [(wrong, "fluence", None)] if wrong else []
    if not rows:
        return Answer([("no_protocol", None, None)] + blocking, [])
    blocking += [("screening", rule.topic, None) for rule in rules if BLOCK in rule.then]
    holding = [("screening", rule.topic, None) for rule in rules if HOLD in rule.then]
    fitting = [row for row in rows if selected(row, settings)]
    if not fitting:
        lacking = without_entry(rows, settings) or {ANY}
        return Answer(blocking, holding + [("no_row", param, ANY) for param in lacking])
    row, = fitting
    asks_test = any(TEST in rule.then for rule in rules)
    more_blocking, more_holding = of_row(row, case, settings, how, wrong is None, adopted, asks_test)
    return Answer(blocking + more_blocking, holding + more_holding)
