"""What the published evidence says, typed a second time: dose tables and screening, for the oracle.

Nothing here is read from profiles/; the numbers are copied by hand from the sources whose keys
stand beside them. Confidence: P primary source read, S secondary, X extrapolated, R recalled.
Units: J/cm2, J, mm, cm2, ms, nm, Hz (rate), MHz (frequency), percent (coverage), 1/cm2 (density).
"""
from fractions import Fraction

TYPES = ("I", "II", "III", "IV", "V", "VI")

# --- what a dose table is made of ---------------------------------------------------------------


class Row:
    """One cell of a table: for whom, for which settings (select), how far (limits, hard)."""

    def __init__(self, name, skin, status, select, limits, hard=None, free=(), sites=None,
                 indications=None):
        self.name, self.skin, self.status = name, skin, status
        self.select, self.limits, self.hard = select, limits, hard or {}
        self.free, self.sites, self.indications = free, sites, indications


def most(value):
    return None, Fraction(str(value))


def least(value):
    return Fraction(str(value)), None


def between(low, high):
    return Fraction(str(low)), Fraction(str(high))


def one_of(*names):
    return frozenset(names)


BODY = ("face", "forehead", "neck", "axilla", "arm", "hand_dorsum", "chest", "abdomen", "back",
        "bikini", "thigh", "lower_leg")

# --- 755 nm long-pulsed -------------------------------------------------------------------------

# CAN13 (P): the most J/cm2 at 8, 10, 12, 15, 18 mm; 3 ms, cryogen on.
ALEX_MOST = {
    "I": (40, 35, 36, 30, 20),
    "II": (40, 35, 36, 30, 20),
    "III": (40, 30, 30, 26, 16),
    "IV": (30, 26, 20, 20, 16),
    "V": (26, 20, 20, 20, 16),
    "VI": (26, 20, 20, 20, 16),
}
# I, II allowed (P), III test first (P), IV after a read test area (P), V a physician (X), VI
# blocked by default (X)
ALEX_STATUS = dict(zip(TYPES, "AATTMB"))


def alexandrite():
    for skin, ceilings in ALEX_MOST.items():
        for spot, ceiling in zip((8, 10, 12, 15, 18), ceilings):
            yield Row(
                f"{spot} mm", skin, ALEX_STATUS[skin], {"wavelength": 755, "spot": spot},
                {
                    "fluence": most(ceiling),          # CAN13 P
                    "pulse_width": least(3),           # CAN13 P; a floor for I-III too: X
                    "cooling": one_of("cryogen"),      # CAN13 P
                    "cooling_spray": between(40, 50),  # CAN13 P: 40/40, 50/30, 50/40
                    "cooling_delay": between(30, 40),  # CAN13 P
                },
                hard={"fluence": most(50)},            # EREMIA01 P: 35-50 in type I; all types: X
                free=("rate",))


# --- 1064 nm long-pulsed ------------------------------------------------------------------------

# TANZI04: 30-60 at 10 mm and the pulses P; 55, 50, 45 X. Most J/cm2, shortest ms, status.
YAG = {"I": (60, 10, "A"), "II": (60, 10, "A"), "III": (60, 20, "A"), "IV": (55, 20, "T"),
       "V": (50, 30, "T"), "VI": (45, 30, "M")}


def ndyag():
    for skin, (ceiling, shortest, status) in YAG.items():
        yield Row("10 mm", skin, status, {"wavelength": 1064, "spot": 10},
                  {"fluence": most(ceiling), "pulse_width": least(shortest),
                   # contact P; cryogen named for V, VI (P), for I-IV X
                   "cooling": one_of("contact", "cryogen")},
                  free=("energy", "rate"))
    for skin in ("IV", "V", "VI"):  # JDD13 (P, practice report): 24-32 at 12 mm, 3 ms, DCD 50/20
        yield Row("12 mm short", skin, "M", {"wavelength": 1064, "spot": 12},
                  {"fluence": most(32), "pulse_width": least(3), "cooling": one_of("cryogen")},
                  free=("energy", "rate"))


# --- monopolar RF -------------------------------------------------------------------------------

# WEISS06 (P): the most J/cm2 of each tip; the 3 cm2 tip "equivalent", the lowest of them: X.
RF_TIPS = (("std_1_0_cm2", "1", 124), ("fast_1_0_cm2", "1", 109), ("std_1_5_cm2", "1.5", 130),
           ("std_3_0_cm2", "3", 109))


def monopolar():
    for skin in TYPES:  # the type does not change the dose (WEISS13 P)
        for tip, area, ceiling in RF_TIPS:
            yield Row(tip, skin, "A",
                      {"frequency": Fraction("6.78"), "tip": tip, "tip_area": Fraction(area)},
                      {"fluence": most(ceiling), "cooling": one_of("cryogen")},  # MAUDE15n S
                      hard={"fluence": most(225)},  # PSKEY S: the device's maximum
                      free=("energy",))


# --- fractional lasers --------------------------------------------------------------------------

# Energy of a microbeam in mJ, density of all passes. WANNER S, CHAN07 P (1000 in IV), the others X.
NAFR = {"I": (40, 2000, "A"), "II": (40, 2000, "A"), "III": (40, 1500, "T"), "IV": (40, 1000, "M"),
        "V": (30, 750, "M"), "VI": (20, 500, "M")}
# Their product in III-VI: 20 J/cm2 (X; CHAN07 P: 16 gave dark marks in 7 to 12 %).
NAFR_PRODUCT = {"III", "IV", "V", "VI"}


def milli(value):
    return Fraction(str(value)) / 1000


def nafr_1550():
    for skin, (energy, density, status) in NAFR.items():
        limits = {"energy": most(milli(energy)), "density": most(density), "cooling": one_of("air")}
        if skin in NAFR_PRODUCT:
            limits["product"] = most(20)
        yield Row("1550", skin, status, {"wavelength": 1550}, limits, free=("passes",))


def nafr_1927():
    # POLDER12 P: melasma, 10-20 mJ, 252-784 /cm2 in 6-8 passes, mostly II-IV; RHO17 P: III, IV.
    # Melasma is a physician's decision; without melasma the letters of 1550 nm, X.
    for skin, status in zip(TYPES[:4], "AATM"):
        limits = {"energy": most(milli(20)), "density": most(784), "passes": most(8),
                  "cooling": one_of("air")}
        if skin in NAFR_PRODUCT:
            limits["product"] = most(20)
        yield Row("1927", skin, status, {"wavelength": 1927}, limits, indications=("resurfacing",))
        if skin != "I":
            yield Row("1927 melasma", skin, "M", {"wavelength": 1927}, limits,
                      indications=("melasma",))


def ablative_fractional(wavelength):
    # WANIT14 P: 10 mJ and 10 % in Asian patients; III 15 mJ, I-II 20 mJ and 20 %: X. V: none, VI:
    # contraindicated. One pass (X). Er:YAG as CO2 (X). A physician always (X).
    for skin, energy, coverage in (("I", 20, 20), ("II", 20, 20), ("III", 15, 10), ("IV", 10, 10)):
        yield Row("fractional", skin, "M", {"wavelength": wavelength},
                  {"energy": most(milli(energy)), "coverage": most(coverage), "passes": most(1),
                   "cooling": one_of("air")})


# mJ a pin: EUB21 P (160 and 80 pins), PSKEY S (20 or 60 pins); the shares of III-VI are X.
PINS = (("pins_160", 62), ("pins_80", 124), ("pins_20", 60), ("pins_60", 60))
PIN_SHARES = {"I": ("1", "A"), "II": ("1", "A"), "III": ("0.8", "T"), "IV": ("0.8", "T"),
              "V": ("0.6", "M"), "VI": ("0.5", "M")}


def fractional_rf():
    for skin, (share, status) in PIN_SHARES.items():
        for pins, energy in PINS:
            yield Row(pins, skin, status, {"handpiece": pins},
                      {"energy": most(milli(energy) * Fraction(share)),
                       "cooling": one_of("contact")})  # as the simulated device asks, X


# --- diode 800-810 nm, stamping -----------------------------------------------------------------

# 9 x 9 mm = 0.81 cm2. Most J/cm2, pulse from, pulse below, status. Ranges LOU00, CAMPOS00, ADRIAN00
# P; 35, 30, 30 ms (III, IV), the split of V and 20 from 100 ms in VI: X.
DIODE = {"I": ((40, 5, None),), "II": ((40, 5, None),), "III": ((35, 30, None),),
         "IV": ((30, 30, None),), "V": ((20, 30, 100), (30, 100, None)), "VI": ((20, 100, None),)}
PICOSECOND = Fraction(1, 10**9)  # in ms; nothing shorter can be told


def diode():
    for skin, status in zip(TYPES, "AATTMM"):
        for ceiling, shortest, below in DIODE[skin]:
            select = {"wavelength": between(800, 810), "tip_area": Fraction("0.81")}
            limits = {"fluence": most(ceiling), "cooling": one_of("contact")}  # P
            if below is not None:
                select["pulse_width"] = most(below - PICOSECOND)
            if skin == "V" and below is None:
                select["pulse_width"] = least(shortest)
            else:
                limits["pulse_width"] = least(shortest)
            yield Row(f"from {shortest} ms", skin, status, select, limits, free=("rate",))


# --- pulsed dye, Q-switched ---------------------------------------------------------------------


def pulsed_dye():
    # ZAVELL P: about 6-7.5 at 10 mm, 10 ms, cryogen; of no stated type, so X; 7 and 6.5 X.
    # V: none found, VI: contraindicated
    for skin, ceiling, status in (("I", "7.5", "A"), ("II", "7.5", "A"), ("III", "7", "T"),
                                  ("IV", "6.5", "M")):
        yield Row("10 mm", skin, status, {"wavelength": 595, "spot": 10},
                  {"fluence": most(ceiling), "pulse_width": least(10), "cooling": one_of("cryogen")},
                  free=("rate",))


NANOSECOND = 1000 * PICOSECOND
NANOSECONDS = (NANOSECOND, 1000 * NANOSECOND - PICOSECOND)  # picoseconds are another table


def q_switched_1064():
    for skin, status in zip(TYPES, "AAAAAM"):
        # KAUVAR12 P: 1.6-2.0 at 5-6 mm in II-V; I and VI X; the face is the narrowest reading, X
        yield Row("toning", skin, status,
                  {"wavelength": 1064, "spot": between(5, 6), "pulse_width": NANOSECONDS},
                  {"fluence": most(2)}, free=("energy", "rate", "cooling"),
                  sites=("face", "forehead"), indications=("toning",))
    for skin, ceiling, status in zip(TYPES, (10, 10, 10, 6, 6, 6), "AAAMMM"):
        # CANN21 P: up to 10 at 6 ns, of no stated type; 6 from IV on, and 3 mm: X (MUNG12, HAIK16)
        yield Row("tattoo", skin, status,
                  {"wavelength": 1064, "spot": least(3), "pulse_width": most(NANOSECONDS[1])},
                  {"fluence": most(ceiling), "pulse_width": least(6 * NANOSECOND)},
                  free=("energy", "rate", "cooling"), indications=("tattoo_removal",))


def q_switched_532():
    # 3 X, below CANN21 P (up to 5) and PS730 P (0.8-4.0 at 2-5 mm); IV: no number; V, VI: never
    for skin, status in zip(TYPES[:3], "AAT"):
        yield Row("532", skin, status,
                  {"wavelength": 532, "spot": between(2, 5), "pulse_width": NANOSECONDS},
                  {"fluence": most(3)}, free=("rate", "cooling"))


class Class:
    def __init__(self, rows, indications, sites):
        self.rows, self.indications, self.sites = tuple(rows), indications, sites


CLASSES = {
    "alexandrite_755_lp": Class(alexandrite(), ("hair_removal",), BODY),
    "ndyag_1064_lp": Class(ndyag(), ("hair_removal",), BODY),
    "rf_monopolar": Class(monopolar(), ("skin_tightening",), ("face", "forehead")),
    "nafr_1550": Class(nafr_1550(), ("resurfacing",), (
        "face", "forehead", "neck", "arm", "hand_dorsum", "chest", "abdomen", "back", "thigh",
        "lower_leg")),
    "nafr_1927": Class(nafr_1927(), ("resurfacing", "melasma"), ("face", "forehead")),
    # off the face: scars of the neck (AVRAM09 P), so no row
    "co2_fractional": Class(ablative_fractional(10600), ("resurfacing",), ("face",)),
    "eryag_fractional": Class(ablative_fractional(2940), ("resurfacing",), ("face",)),
    "rf_fractional_bipolar": Class(fractional_rf(), ("resurfacing",), ("face",)),
    "diode_810_stamping": Class(diode(), ("hair_removal",), BODY),
    "pdl_595": Class(pulsed_dye(), ("diffuse_redness",), ("face", "forehead")),
    "qs_1064": Class(q_switched_1064(), ("toning", "tattoo_removal"), BODY),
    "qs_532": Class(q_switched_532(), ("pigmented_lesion", "tattoo_removal"), BODY),
    # no number found: no row, whatever is asked
    "diode_810_sweeping": Class((), ("hair_removal",), BODY),
    "ipl": Class((), ("hair_removal", "photorejuvenation"), BODY),
    "qs_755": Class((), ("pigmented_lesion", "tattoo_removal"), BODY),
    "ps_755_array": Class((), ("photorejuvenation", "pigmented_lesion"), BODY),
    "ablative_full_field": Class((), ("resurfacing",), ("face",)),
    "rf_microneedling": Class((), ("resurfacing",), (
        "forehead", "temple", "cheek", "nose_side", "perioral", "neck")),
}

# --- questions ----------------------------------------------------------------------------------

DAYS = "days"    # since; "never" is the safest
YEARS = "years"  # both ends are a risk

# Answers in order of rising risk; not known is beyond the last.
FACTS = {
    "skin_type": TYPES,
    "last_sun": DAYS,
    "visible_tan": ("no", "yes", "burnt"),
    "self_tanner": DAYS,
    "sunscreen": ("daily", "sometimes", "never"),
    "melasma": ("none", "family", "history", "active"),
    "pih_history": ("no", "yes"),
    "pregnancy": ("no", "yes"),
    "photosensitiser": ("none", "caution", "photodynamic"),
    "isotretinoin": DAYS,
    "test_area": ("read_clear", "made_not_read", "none", "reaction"),
    "active_implant": ("no", "yes"),
    "metal_in_field": ("no", "yes"),
    "anaesthesia": ("no", "yes"),
    "open_skin": ("no", "yes"),
    "infection_in_field": ("no", "yes"),
    "herpes": ("none", "history", "history_no_prophylaxis", "active"),
    "tattoo_in_field": ("no", "yes"),
    "suspicious_lesion": ("no", "yes"),
    "photodermatosis": ("no", "yes"),
    "age": YEARS,
    "breast_feeding": ("no", "yes"),
    "hormonal_therapy": ("no", "yes"),
    "immunosuppression": ("no", "yes"),
    "epilepsy": ("no", "yes"),
    "gold_therapy": ("no", "yes"),
    "keloid_history": ("no", "yes"),
    "vitiligo": ("none", "stable", "active"),
    "koebner_in_field": ("none", "history", "active"),
    "filler": DAYS,
    "neurotoxin": DAYS,
    "peel": DAYS,
    "deep_peel": DAYS,
    "microneedling": DAYS,
    "surgery_in_field": DAYS,
    "dark_marking_in_field": ("no", "yes"),
    "eyewear": ("worn", "not_worn"),
}

# --- screening ----------------------------------------------------------------------------------

BLOCK, HOLD, DARKER, TEST = "block", "hold", "one type darker", "a test area first"

RF = frozenset({"rf_monopolar", "rf_fractional_bipolar", "rf_microneedling"})
LIGHT = frozenset(CLASSES) - RF
ALL = LIGHT | RF
NAFR_LASERS = frozenset({"nafr_1550", "nafr_1927"})
ABLATIVE = frozenset({"co2_fractional", "eryag_fractional", "ablative_full_field"})
SHORT_PULSED = frozenset({"qs_1064", "qs_755", "qs_532", "ps_755_array"})
LONG_PULSED = LIGHT - ABLATIVE - NAFR_LASERS - SHORT_PULSED
# IPL 500-1200, PDL 585/595, 532 nm: where self-tanner and drugs absorb
SHORT_WAVE = frozenset({"ipl", "pdl_595", "qs_532"})
SUN_RELAXED = RF | {"ndyag_1064_lp", "qs_1064"}
IPL, PDL = frozenset({"ipl"}), frozenset({"pdl_595"})
RFMN, MONOPOLAR = frozenset({"rf_microneedling"}), frozenset({"rf_monopolar"})
HAIR = frozenset({"hair_removal"})
FACE = frozenset({"face"})

# What lies in what: a rule or a row for the outer one is for the inner one too.
WITHIN = {"forehead": "face", "temple": "face", "cheek": "face", "nose_side": "face",
          "perioral": "face", "chin": "face", "orbital_rim": "face", "eyebrow": "face",
          "lips": "face", "nipple": "chest", "mucosa": "bikini"}


def younger(years):
    return lambda age: age < years


def older(years):
    return lambda age: age > years


# What the evidence leaves to the medical director, and whether it stands adopted until somebody
# decides: the careful way round.
OPTIONS = {
    "tan_raises_type": True,     # X
    "pih_raises_type": True,     # X
    "sun_28_days": True,         # 14 days P, 28 X
    "sites_seven_tenths": True,  # 0.8 P, 0.7 X
    "asds_2017": False,          # manuals before the consensus until it is adopted
    "first_session_four_fifths": True,  # X
    "toning_eight_sessions": True,      # X
    "site_budget_five_quarters": True,  # X
    "second_line_six_fifths": True,     # X
    "supervision_on_premises": True,    # X
}
# These say who decides, or who must be near: what passes stays the same.
OF_PEOPLE = frozenset(("second_line_six_fifths", "supervision_on_premises"))
DEFAULTS = frozenset(name for name, adopted in OPTIONS.items() if adopted)


class Rule:
    """topic: what people would call it; when: answers at least so risky, or days fewer than; only
    and unless: the option without which it is not said, or with which."""

    def __init__(self, topic, when, then, classes=ALL, sites=None, indications=None, but_for=(),
                 only=None, unless=None):
        self.topic, self.when, self.then = topic, when, frozenset(then)
        self.classes, self.sites, self.indications = classes, sites, indications
        self.but_for, self.only, self.unless = but_for, only, unless


RULES = (
    # OPT58, VENUS19: two weeks P; that 1064 nm and RF only wait, and the ladder to four weeks: X
    Rule("sun", {"last_sun": 14}, (BLOCK,), ALL - SUN_RELAXED),
    Rule("sun", {"last_sun": 14}, (HOLD,), SUN_RELAXED),
    Rule("sun", {"last_sun": 28}, (HOLD,), only="sun_28_days"),
    # CAN13: tanned skin as IV-VI with a test area P; one type, and the hold: X. Burnt: X
    Rule("tan", {"visible_tan": "yes"}, (HOLD, TEST), LIGHT),
    Rule("tan", {"visible_tan": "yes"}, (DARKER,), LIGHT, only="tan_raises_type"),
    Rule("tan", {"visible_tan": "burnt"}, (BLOCK,), LIGHT),
    # OPT58, VENUS19, DHA16 P: IPL, dye, 532 nm never within 14 days, others wait; RF is told of it
    Rule("self_tanner", {"self_tanner": 14}, (BLOCK,), SHORT_WAVE),
    Rule("self_tanner", {"self_tanner": 14}, (HOLD,), LIGHT - SHORT_WAVE),
    # NEGISHI, SUNREV X: no sunscreen, with a dark type or melasma
    Rule("sunscreen", {"sunscreen": "sometimes", "skin_type": "IV"}, (HOLD,), LIGHT),
    Rule("sunscreen", {"sunscreen": "sometimes", "melasma": "history"}, (HOLD,), LIGHT),
    # OPT54, NEGISHI, RHO14 X: light and heat on a face with melasma
    Rule("melasma", {"melasma": "history"}, (HOLD,), sites=FACE),
    # OPT54, NEGISHI, RHO14, WATT10 P/X: IPL, fractional lasers, toning; hair off the face is told
    Rule("melasma", {"melasma": "history"}, (HOLD,), IPL | NAFR_LASERS | SHORT_PULSED,
         but_for=HAIR),
    # KAUVARrev, TRIV17m P: ablation makes active melasma worse; OPT54 P: IPL outside its protocol
    Rule("melasma", {"melasma": "active"}, (BLOCK,), ABLATIVE),
    Rule("melasma", {"melasma": "active"}, (BLOCK,), IPL, but_for=HAIR | {"melasma"}),
    Rule("melasma", {"melasma": "active"}, (BLOCK,), IPL, sites=FACE, indications=HAIR),
    # SKINET X: hormones with melasma ever, facial IPL, fractional, toning
    Rule("hormones", {"hormonal_therapy": "yes", "melasma": "history"}, (HOLD,),
         IPL | NAFR_LASERS | {"qs_1064"}, sites=FACE),
    # MANU13 X
    Rule("pih", {"pih_history": "yes"}, (HOLD, TEST), LIGHT),
    Rule("pih", {"pih_history": "yes"}, (DARKER,), LIGHT, only="pih_raises_type"),
    # BMLAlet P: agents of photodynamic therapy forbid light; others wait below about 600 nm and are
    # told from 755 nm on
    Rule("photosensitiser", {"photosensitiser": "photodynamic"}, (BLOCK,), LIGHT),
    Rule("photosensitiser", {"photosensitiser": "caution"}, (HOLD,), SHORT_WAVE),
    # OPT58, VENUS19, ASDS17 P: six months (180 days): ablation never; hair, vascular, fractional,
    # IPL, microneedling wait, and the rest with them (X). ASDS17: no reason to delay hair removal,
    # vascular and non-ablative fractional treatment
    Rule("isotretinoin", {"isotretinoin": 180}, (BLOCK,), ABLATIVE),
    Rule("isotretinoin", {"isotretinoin": 180}, (HOLD,), ALL - ABLATIVE, indications=HAIR,
         unless="asds_2017"),
    Rule("isotretinoin", {"isotretinoin": 180}, (HOLD,), NAFR_LASERS | PDL, unless="asds_2017"),
    Rule("isotretinoin", {"isotretinoin": 180}, (HOLD,), ALL - ABLATIVE - NAFR_LASERS - PDL,
         but_for=HAIR),
    # VENUS19, CUTGEN P; breast feeding X
    Rule("pregnancy", {"pregnancy": "yes"}, (BLOCK,)),
    Rule("breast_feeding", {"breast_feeding": "yes"}, (HOLD,)),
    # CAN13, GARCIA00, HUSS03 X
    Rule("test_area", {"test_area": "reaction"}, (HOLD,)),
    # RSELF, TEMP S; over the device a physician decides (EMI, ACTAS13; in the field: X)
    Rule("active_implant", {"active_implant": "yes"}, (BLOCK,), RF),
    Rule("active_implant", {"active_implant": "yes", "metal_in_field": "yes"}, (HOLD,), LIGHT),
    # TEMP S; light over lips with braces X
    Rule("metal", {"metal_in_field": "yes"}, (BLOCK,), RF),
    Rule("metal", {"metal_in_field": "yes"}, (HOLD,), LIGHT, sites=FACE),
    # MAUDE15n S; that a physician decides: X
    Rule("anaesthesia", {"anaesthesia": "yes"}, (HOLD,), RF),
    # OPT58, VENUS19 P
    Rule("open_skin", {"open_skin": "yes"}, (BLOCK,)),
    Rule("infection", {"infection_in_field": "yes"}, (BLOCK,)),
    Rule("herpes", {"herpes": "active"}, (BLOCK,)),
    Rule("herpes", {"herpes": "history_no_prophylaxis"}, (HOLD,), sites=FACE),
    # RIML13, BURNSO, OPT58 P; but tattoo removal
    Rule("tattoo", {"tattoo_in_field": "yes"}, (BLOCK,), LIGHT, but_for=("tattoo_removal",)),
    # LEE P
    Rule("dark_marking", {"dark_marking_in_field": "yes"}, (BLOCK,), LIGHT),
    # OPT54, S2K22 P; for RF X
    Rule("suspicious_lesion", {"suspicious_lesion": "yes"}, (BLOCK,)),
    # VENUS19, TUCSIPL P
    Rule("photodermatosis", {"photodermatosis": "yes"}, (BLOCK,), LIGHT),
    # ROBERT, FEMINA S, X
    Rule("age", {"age": younger(16)}, (BLOCK,)),
    Rule("age", {"age": younger(18)}, (HOLD,)),
    Rule("age", {"age": older(75)}, (HOLD,)),
    # OPT58, TUCSIPL P
    Rule("immunosuppression", {"immunosuppression": "yes"}, (HOLD,)),
    # VENUS19, EPIL P: IPL and the fast diode
    Rule("epilepsy", {"epilepsy": "yes"}, (HOLD,), IPL | {"diode_810_sweeping"}),
    # COHEN15, RUBYAU P: short pulses never again; long pulses and IPL wait
    Rule("gold", {"gold_therapy": "yes"}, (BLOCK,), SHORT_PULSED),
    Rule("gold", {"gold_therapy": "yes"}, (HOLD,), LONG_PULSED),
    # OPT58, VENUS19, RAMS12 P: ablation, needles, heat through the skin never; other light waits
    Rule("keloid", {"keloid_history": "yes"}, (BLOCK,), ABLATIVE | RF),
    Rule("keloid", {"keloid_history": "yes"}, (HOLD,), LIGHT - ABLATIVE),
    # VITSUR, VIT12, VENUS19 P/X
    Rule("vitiligo", {"vitiligo": "active"}, (BLOCK,), LIGHT | RFMN),
    Rule("vitiligo", {"vitiligo": "stable"}, (HOLD,), LIGHT | RFMN),
    # OPT58, VENUS19 P
    Rule("koebner", {"koebner_in_field": "active"}, (BLOCK,)),
    Rule("koebner", {"koebner_in_field": "history"}, (HOLD,)),
    # URDI19, HSU19, CARR16 P/X: 28 days for RF in the plane of the filler, 14 for the others
    Rule("filler", {"filler": 28}, (BLOCK,), RFMN | MONOPOLAR),
    Rule("filler", {"filler": 14}, (HOLD,), ALL - RFMN - MONOPOLAR),
    # SEMCH05, VENUS19 P/X: 24 hours, in whole days
    Rule("neurotoxin", {"neurotoxin": 2}, (HOLD,)),
    # OPT58, VENUS19 P: any within 14 days never; deep ones 90 days
    Rule("peel", {"peel": 14}, (BLOCK,)),
    Rule("peel", {"deep_peel": 14}, (BLOCK,)),
    Rule("peel", {"deep_peel": 90}, (BLOCK,), ABLATIVE),
    Rule("peel", {"deep_peel": 90}, (HOLD,)),
    # RICHM S
    Rule("microneedling", {"microneedling": 14}, (HOLD,)),
    # VENUS19, OPT58 P
    Rule("surgery", {"surgery_in_field": 90}, (BLOCK,)),
    Rule("surgery", {"surgery_in_field": 365}, (HOLD,), sites=FACE),
    # OCREV, CUTGEN: eyes uncovered; that it blocks is X
    Rule("eyewear", {"eyewear": "not_worn"}, (BLOCK,), LIGHT),
    # CUTGEN, OCREV P: never light inside the rim; needles X; other RF with shields: a physician
    Rule("orbital_rim", {}, (BLOCK,), LIGHT | RFMN, sites=frozenset({"orbital_rim"})),
    Rule("orbital_rim", {}, (HOLD,), RF - RFMN, sites=frozenset({"orbital_rim"})),
    # ELKIN11, EYE08, EYE3 P
    Rule("eyebrow", {}, (BLOCK,), LIGHT, sites=frozenset({"eyebrow"}), indications=HAIR),
    # OPT58 P
    Rule("lips", {}, (BLOCK,), sites=frozenset({"lips", "nipple", "mucosa"})),
)

# --- what was done before -----------------------------------------------------------------------

# Answers worked out of earlier sessions; a history nobody told of says nothing.
PAST = {"since_same": DAYS, "since_other": DAYS, "since_ablative": DAYS, "wait": DAYS,
        "sessions": YEARS, "first": ("no", "yes")}

DIODES_YAG_IPL = frozenset({"diode_810_stamping", "diode_810_sweeping", "ndyag_1064_lp", "ipl"})
ALEX = frozenset({"alexandrite_755_lp"})
TRUNK, LEGS = frozenset({"chest", "abdomen", "back"}), frozenset({"thigh", "lower_leg"})
ELSEWHERE = frozenset({"neck", "axilla", "arm", "hand_dorsum", "bikini"})

PAST_RULES = (
    # OPT58, CARR16 P: two to three weeks; the fourth X
    Rule("other_energy", {"since_other": 14}, (BLOCK,)),
    Rule("other_energy", {"since_other": 28}, (HOLD,)),
    # OPT58 P: six to twelve weeks after ablation
    Rule("after_ablative", {"since_ablative": 42}, (BLOCK,)),
    Rule("after_ablative", {"since_ablative": 84}, (HOLD,)),
    # CAN13 P: the face 4 to 6 weeks, the trunk 6 to 8, the leg 10 to 12; sites it does not name: X
    Rule("interval", {"since_same": 28}, (BLOCK,), ALEX),
    Rule("interval", {"since_same": 42}, (BLOCK,), ALEX, sites=TRUNK),
    Rule("interval", {"since_same": 42}, (HOLD,), ALEX, sites=ELSEWHERE),
    Rule("interval", {"since_same": 70}, (BLOCK,), ALEX, sites=LEGS),
    # RADIANCY24 P for one light device: 21 to 28 days; the others X
    Rule("interval", {"since_same": 21}, (BLOCK,), DIODES_YAG_IPL, indications=HAIR),
    # KAUVAR12 P: toning every four weeks; CANN21 P: tattoos eight weeks; weekly never, X
    Rule("interval", {"since_same": 28}, (BLOCK,), {"qs_1064"}, indications={"toning"}),
    Rule("interval", {"since_same": 56}, (BLOCK,), {"qs_1064", "qs_755", "qs_532"},
         indications={"tattoo_removal"}),
    Rule("interval", {"since_same": 8}, (BLOCK,), SHORT_PULSED),
    # WANNER S: three weeks; POLDER12 P: four at 1927 nm
    Rule("interval", {"since_same": 21}, (BLOCK,), NAFR_LASERS),
    Rule("interval", {"since_same": 28}, (HOLD,), {"nafr_1927"}),
    # EUB21 P: four weeks; CHANDRA14 P: six, four at the least (X)
    Rule("interval", {"since_same": 28}, (BLOCK,), {"rf_fractional_bipolar"}),
    Rule("interval", {"since_same": 28}, (BLOCK,), RFMN),
    Rule("interval", {"since_same": 42}, (HOLD,), RFMN),
    # X: eight sessions of toning in twelve months
    Rule("toning_sessions", {"sessions": older(7)}, (HOLD,), {"qs_1064"}, indications={"toning"},
         only="toning_eight_sessions"),
    # RADIANCY11, UKPATCH: a day; CAN13, CUTERA16: 14 days for the pigment from type IV on and for tan
    # (P); 28 days for dark marks and melasma (X)
    Rule("test_area", {"wait": 1}, (HOLD,)),
    Rule("test_area", {"wait": 14, "skin_type": "IV"}, (HOLD,)),
    Rule("test_area", {"wait": 14, "visible_tan": "yes"}, (HOLD,)),
    Rule("test_area", {"wait": 28, "pih_history": "yes"}, (HOLD,)),
    Rule("test_area", {"wait": 28, "melasma": "history"}, (HOLD,)),
)

FIRST_SHARE = Fraction(4, 5)  # of the ceiling, in the first session: X
# CUTERA16: at most 5 J/cm2 more or 5 ms shorter, never both; P at 1064 nm, other long pulses X. The
# shorter pulse is the more aggressive, so of both it is the one that goes back.
STEPS = {"fluence": Fraction(5), "pulse_width": Fraction(5)}
BUDGET, BUDGET_DAYS = Fraction(5, 4), 28  # of the ceiling, on a site: X
TESTED_SHARE = Fraction(6, 5)  # above it a new test: X

# --- sites --------------------------------------------------------------------------------------

# The share of the fluence that a site takes, of light: neck, forehead OPT54 (P, there for IPL);
# chest, back of the hand, lower leg X. OPT54 has more than a fifth less on chest and hand: without
# the X it is the fifth.
FOUR_FIFTHS, SEVEN_TENTHS = Fraction(4, 5), Fraction(7, 10)
SHARES = (FOUR_FIFTHS, SEVEN_TENTHS)


def site_share(site, adopted):
    if site in ("neck", "forehead"):
        return FOUR_FIFTHS
    if "sites_seven_tenths" in adopted:
        return SEVEN_TENTHS if site in ("chest", "hand_dorsum", "lower_leg") else None
    return FOUR_FIFTHS if site in ("chest", "hand_dorsum") else None

# How the library's rules are named, by what they begin with; the longer first.
TOPICS = (
    ("sun_", "sun"), ("tan_", "tan"), ("self_tanner", "self_tanner"), ("sunscreen", "sunscreen"),
    ("melasma", "melasma"), ("hormones", "hormones"), ("pih", "pih"),
    ("photodynamic", "photosensitiser"), ("photosensitiser", "photosensitiser"),
    ("isotretinoin", "isotretinoin"), ("pregnancy", "pregnancy"),
    ("breast_feeding", "breast_feeding"), ("test_area", "test_area"),
    ("active_implant", "active_implant"), ("metal", "metal"), ("anaesthesia", "anaesthesia"),
    ("open_skin", "open_skin"), ("infection", "infection"), ("herpes", "herpes"),
    ("tattoo", "tattoo"), ("dark_marking", "dark_marking"),
    ("suspicious_lesion", "suspicious_lesion"), ("photodermatosis", "photodermatosis"),
    ("age_", "age"), ("immunosuppression", "immunosuppression"), ("epilepsy", "epilepsy"),
    ("gold", "gold"), ("keloid", "keloid"), ("vitiligo", "vitiligo"), ("koebner", "koebner"),
    ("filler", "filler"), ("neurotoxin", "neurotoxin"), ("peel", "peel"), ("deep_peel", "peel"),
    ("microneedling", "microneedling"), ("surgery", "surgery"), ("eyewear", "eyewear"),
    ("orbital_rim", "orbital_rim"), ("eyebrow", "eyebrow"), ("lips", "lips"),
    ("other_energy", "other_energy"), ("after_ablative", "after_ablative"),
    ("interval", "interval"), ("toning_sessions", "toning_sessions"), ("step_", "step"),
    ("one_step", "one_step"), ("budget", "budget"), ("tested", "tested"),
)
