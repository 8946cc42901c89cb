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

    def fits(self, indication, site):
        return (self.indications is None or indication in self.indications) and \
            (self.sites is None or site in self.sites)


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


class Class:
    def __init__(self, rows, indications, sites):
        self.rows, self.indications, self.sites = tuple(rows), indications, sites


CLASSES = {
    "alexandrite_755_lp": Class(alexandrite(), ("hair_removal",), BODY),
    "ndyag_1064_lp": Class(ndyag(), ("hair_removal",), BODY),
    "rf_monopolar": Class(monopolar(), ("skin_tightening",), ("face", "forehead")),
}

# --- questions ----------------------------------------------------------------------------------

DAYS = None  # days since; "never" is the safest

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
}

# --- screening ----------------------------------------------------------------------------------

BLOCK, HOLD, DARKER = "block", "hold", "one type darker"

LIGHT = frozenset({"alexandrite_755_lp", "ndyag_1064_lp"})
RF = frozenset({"rf_monopolar"})
ALL = LIGHT | RF
SUN_STRICT = frozenset({"alexandrite_755_lp"})
HAIR = frozenset({"hair_removal"})
FACE = frozenset({"face", "forehead"})


class Rule:
    """topic: what people would call it; when: answers at least so risky, or days fewer than."""

    def __init__(self, topic, when, then, classes=ALL, sites=None, indications=None):
        self.topic, self.when, self.then = topic, when, frozenset(then)
        self.classes, self.sites, self.indications = classes, sites, indications


RULES = (
    # OPT58, VENUS19: two weeks P; that 1064 nm and RF only wait, and the ladder to four weeks: X
    Rule("sun", {"last_sun": 14}, (BLOCK,), SUN_STRICT),
    Rule("sun", {"last_sun": 14}, (HOLD,), ALL - SUN_STRICT),
    Rule("sun", {"last_sun": 28}, (HOLD,)),
    # CAN13: tanned skin as IV-VI with a test area P; one type, and the hold: X. Burnt: X
    Rule("tan", {"visible_tan": "yes"}, (DARKER, HOLD), LIGHT),
    Rule("tan", {"visible_tan": "burnt"}, (BLOCK,), LIGHT),
    # OPT58, VENUS19, DHA16 P: 755-1064 nm wait; RF is told of it
    Rule("self_tanner", {"self_tanner": 14}, (HOLD,), LIGHT),
    # NEGISHI, SUNREV X: no sunscreen, with a dark type or melasma
    Rule("sunscreen", {"sunscreen": "sometimes", "skin_type": "IV"}, (HOLD,), LIGHT),
    Rule("sunscreen", {"sunscreen": "sometimes", "melasma": "history"}, (HOLD,), LIGHT),
    # OPT54, NEGISHI, RHO14 X: light and heat on a face with melasma; off the face only said
    Rule("melasma", {"melasma": "history"}, (HOLD,), sites=FACE),
    # MANU13 X
    Rule("pih", {"pih_history": "yes"}, (DARKER, HOLD), LIGHT),
    # BMLAlet P: only agents of photodynamic therapy forbid light; others are told for 755 nm and up
    Rule("photodynamic", {"photosensitiser": "photodynamic"}, (BLOCK,), LIGHT),
    # OPT58, VENUS19, ASDS17 P: six months (180 days); hair waits
    Rule("isotretinoin", {"isotretinoin": 180}, (HOLD,), indications=HAIR),
    # VENUS19, CUTGEN P
    Rule("pregnancy", {"pregnancy": "yes"}, (BLOCK,)),
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
    # RIML13, BURNSO, OPT58 P
    Rule("tattoo", {"tattoo_in_field": "yes"}, (BLOCK,), LIGHT),
    # OPT54, S2K22 P; for RF X
    Rule("suspicious_lesion", {"suspicious_lesion": "yes"}, (BLOCK,)),
    # VENUS19, TUCSIPL P
    Rule("photodermatosis", {"photodermatosis": "yes"}, (BLOCK,), LIGHT),
)

# The share of the fluence that a site takes, of light: neck, forehead OPT54 (P, there for IPL);
# chest, back of the hand, lower leg X.
SITE_SHARE = {"neck": Fraction(4, 5), "forehead": Fraction(4, 5), "chest": Fraction(7, 10),
              "hand_dorsum": Fraction(7, 10), "lower_leg": Fraction(7, 10)}

# How the library's rules are named, by what they begin with; the longer first.
TOPICS = (
    ("sun_", "sun"), ("tan_", "tan"), ("self_tanner", "self_tanner"), ("sunscreen", "sunscreen"),
    ("melasma", "melasma"), ("pih", "pih"), ("photodynamic", "photodynamic"),
    ("isotretinoin", "isotretinoin"), ("pregnancy", "pregnancy"), ("test_area", "test_area"),
    ("active_implant", "active_implant"), ("metal", "metal"), ("anaesthesia", "anaesthesia"),
    ("open_skin", "open_skin"), ("infection", "infection"), ("herpes", "herpes"),
    ("tattoo", "tattoo"), ("suspicious_lesion", "suspicious_lesion"),
    ("photodermatosis", "photodermatosis"),
)
