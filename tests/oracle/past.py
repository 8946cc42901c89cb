"""What was done before, for the oracle: which earlier sessions count, what follows from their days,
and what from their doses. From the published rules alone (evidence.py)."""
from fractions import Fraction

from evidence import ABLATIVE, BUDGET, BUDGET_DAYS, LIGHT, LONG_PULSED, RFMN, STEPS, TESTED_SHARE, WITHIN

# A history nobody told of (no rule speaks), and one that was looked for in vain (the worst).
SILENT, UNKNOWN = "silent", "unknown"
NEVER = "never"

# The side of a parameter that is dangerous: how far a step goes, and what may differ from row to row.
SHORTER_IS_WORSE = ("pulse_width", "filter")
HIGHER_IS_WORSE = ("fluence", "energy", "rate", "density", "coverage", "depth", "passes")


class Session:
    """None for a class, a site, a day or the doses: nobody knows. doses: settings, as far as known,
    the highest of each spot or handpiece."""

    def __init__(self, device_class, site, days, doses=None, test_spot=False):
        self.device_class, self.site, self.days = device_class, site, days
        self.doses, self.test_spot = doses, test_spot


class Area:
    """A test area: days since it was made and read, NEVER for not; None: on a day nobody knows."""

    def __init__(self, made=NEVER, read=NEVER, result=None, doses=None):
        self.made, self.read, self.result, self.doses = made, read, result, doses

    def answer(self):
        if self.made == NEVER:
            return "none"
        if self.result == "reaction":
            return "reaction"
        return "read_clear" if self.result == "clear" else "made_not_read"


# --- what follows from the days -----------------------------------------------------------------


def here(session, site):
    """Of this site is what lies in it and what it lies in."""
    return session.site is None or site in (session.site, WITHIN.get(session.site)) or \
        WITHIN.get(site) == session.site


def treatments(case):
    """Of this site; a test area is none."""
    return [s for s in case.history if not s.test_spot and here(s, case.site)]


def same(case, session):
    return session.device_class == case.device_class


def since(case, counts):
    days = [s.days for s in treatments(case) if counts(s)]
    if not days:
        return NEVER
    return None if None in days else min(days)


def within_a_year(session):
    return session.days is None or session.days <= 365


DERIVED = {
    "since_same": lambda case: since(case, lambda s: same(case, s)),
    "since_other": lambda case: since(case, lambda s: not same(case, s)),
    "since_ablative": lambda case: since(
        case, lambda s: s.device_class is None or s.device_class in ABLATIVE),
    "sessions": lambda case: sum(
        1 for s in treatments(case) if same(case, s) and within_a_year(s)),
    "first": lambda case: "no" if any(
        same(case, s) and not s.test_spot for s in case.history) else "yes",
}


def waited(case):
    """Days between making and reading; of what was not read there are none."""
    area = case.area
    if area == SILENT or case.test_spot:
        return SILENT
    if area == UNKNOWN:
        return None
    if area.read == NEVER:
        return SILENT
    return None if None in (area.made, area.read) else area.made - area.read


def answer(case, fact):
    """Of a question about the past: an answer, SILENT, or None for not known."""
    if fact == "test_area":
        return None if case.area == UNKNOWN else case.area.answer()
    if fact == "wait":
        return waited(case) if case.device_class in LIGHT | RFMN else SILENT
    if case.history == SILENT:
        return SILENT
    return None if case.history == UNKNOWN else DERIVED[fact](case)


# --- what follows from the doses ----------------------------------------------------------------


def complete(dose):
    """With the fluence that counts: energy over its area, or the larger of two."""
    dose = dict(dose)
    if "energy" in dose and "tip_area" in dose:
        derived = dose["energy"] / dose["tip_area"]
        dose["fluence"] = max(derived, dose.get("fluence", derived))
    return dose


def doses_of(session):
    return None if session.doses is None else [complete(dose) for dose in session.doses]


def may_fit(row, dose, holds, but=()):
    """What a dose does not say may have been anything."""
    return all(param in but or param not in dose or holds(wanted, dose[param])
               for param, wanted in row.select.items())


def last_sessions(case):
    """All of the last day this site was treated with this class; a day nobody knows may be it."""
    mine = [s for s in treatments(case) if same(case, s)]
    days = [s.days for s in mine if s.days is not None]
    return [s for s in mine if s.days is None or s.days == min(days)]


def last_doses(case, row, holds):
    """(doses of the last day that fit the row, or else that fit it but for what has a dangerous
    side; whether there was a session of which nobody knows any)."""
    sessions = last_sessions(case)
    known = [dose for s in sessions for dose in doses_of(s) or ()]
    fitting = [dose for dose in known if may_fit(row, dose, holds)] or \
        [dose for dose in known if may_fit(row, dose, holds, SHORTER_IS_WORSE + HIGHER_IS_WORSE)]
    return fitting, any(not s.doses for s in sessions)


def safest(param, values):
    return max(values) if param in SHORTER_IS_WORSE else min(values)


def last_value(case, row, param, holds):
    """(the last value on its safe side or None, whether one is not known)."""
    if case.history == UNKNOWN:
        return None, True
    fitting, unknown = last_doses(case, row, holds)
    values = [dose[param] for dose in fitting if param in dose]
    return (safest(param, values) if values else None), \
        unknown or any(param not in dose for dose in fitting)


def lower(limits, param, ceiling):
    low, high = limits.get(param, (None, None))
    limits[param] = (low, ceiling if high is None else min(high, ceiling))


def raise_floor(limits, param, floor):
    low, high = limits.get(param, (None, None))
    limits[param] = (floor if low is None else max(low, floor), high)


def lay_budget(case, row, limits, adopted):
    """G10: what is left of five quarters of a ceiling. True when it cannot be known."""
    if "fluence" not in row.limits or "site_budget_five_quarters" not in adopted:
        return False
    if case.history == UNKNOWN:
        return True
    had, unknown = Fraction(0), False
    for session in treatments(case):
        if not same(case, session) or (session.days is not None and session.days >= BUDGET_DAYS):
            continue
        doses = doses_of(session) or ()
        unknown = unknown or not doses or any("fluence" not in dose for dose in doses)
        had += max((dose["fluence"] * max(1, dose.get("passes", 1))
                    for dose in doses if "fluence" in dose), default=0)
    ceiling = limits["fluence"][1]
    if had:
        lower(limits, "fluence", max(Fraction(0), ceiling * BUDGET - had))
    return unknown


def lay_steps(case, row, limits, holds):
    """CUTERA16: so far from the last dose, no farther. True when it cannot be known."""
    unknown = False
    for param, step in STEPS.items():
        spoken = param in row.limits or param in row.select
        if not spoken and param not in row.free:
            continue
        last, missing = last_value(case, row, param, holds)
        unknown = unknown or (spoken and missing)
        if last is None:
            continue
        if param in SHORTER_IS_WORSE:
            if last > step:
                raise_floor(limits, param, last - step)
        else:
            lower(limits, param, last + step)
    return unknown


def lay_one_step(case, row, holds):
    """(the last values of those that may not move together or None, whether it cannot be known)."""
    lasts, unknown = {}, False
    for param in STEPS:
        last, missing = last_value(case, row, param, holds)
        unknown = unknown or (missing and (param in row.limits or param in row.select))
        lasts[param] = last
    return (lasts if None not in lasts.values() else None), unknown


def lay_tested(case, row, limits, holds):
    """A fifth more than what was tested is a new test. True when this row was not tested."""
    unknown = False
    doses = [complete(dose) for dose in case.area.doses or ()]
    made_here = [dose for dose in doses
                 if all(param in dose and holds(wanted, dose[param])
                        for param, wanted in row.select.items())]
    for param in ("fluence", "energy", "density"):
        if param not in row.limits:
            continue
        fitting = [dose for dose in doses if may_fit(row, dose, holds)]
        unknown = unknown or not made_here or any(param not in dose for dose in fitting)
        values = [dose[param] for dose in fitting if param in dose]
        if made_here and values:
            lower(limits, param, min(values) * TESTED_SHARE)
    return unknown


def lay_past(case, row, limits, adopted, asks_test, holds):
    """Narrows the limits; (topics that wait for a physician, what may not move together)."""
    waits, lasts = set(), None
    if case.test_spot:
        return waits, lasts
    if case.history != SILENT:
        if lay_budget(case, row, limits, adopted):
            waits.add("budget")
        if case.device_class in LONG_PULSED:
            if lay_steps(case, row, limits, holds):
                waits.add("step")
            lasts, unknown = lay_one_step(case, row, holds)
            if unknown:
                waits.add("one_step")
    if isinstance(case.area, Area) and case.area.answer() == "read_clear" and \
            (row.status == "T" or asks_test) and lay_tested(case, row, limits, holds):
        waits.add("tested")
    return waits, lasts
