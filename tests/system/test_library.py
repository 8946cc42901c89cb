"""dosegatectl library VERB: what a medical director reads, on the shipped library and on copies of
it with one line changed. The numbers are written by hand from the sources' tables."""
import json
import os
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from house import BUILD, PATIENCE, PROFILES, TYPED, Case

ALEX = "protocols/alexandrite_755_lp.cfg"
DONE, USAGE, WRONG, NOT_FOUND = 0, 2, 3, 5


class Library(Case):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def run_ctl(self, code, *words, stdin=""):
        """Standard output and errors of dosegatectl library, without a gate."""
        done = subprocess.run([os.path.join(BUILD, "dosegatectl"), "library", *words], input=stdin,
                              capture_output=True, text=True, timeout=PATIENCE, check=False,
                              env={**os.environ, "DOSEGATE_SOCKET": "/nonexistent"})
        self.assertEqual(done.returncode, code, done.stdout[-800:] + done.stderr)
        return done.stdout, done.stderr

    def out(self, *words, **more):
        out, errors = self.run_ctl(DONE, *words, **more)
        self.assertEqual(errors, "")
        return out

    def changed(self, *changes):
        """A copy of the shipped library; a change is (file, pattern, instead), once each."""
        copy = self.library()
        for name, pattern, instead in changes:
            path = os.path.join(copy, name)
            with open(path, encoding="utf-8") as f:
                text, n = re.subn(pattern, instead, f.read(), count=1, flags=re.S)
            self.assertEqual(n, 1, pattern)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        return copy

    def decided(self, *decisions, changes=()):
        """A copy with these decisions of the director."""
        copy = self.changed(*changes)
        with open(os.path.join(copy, "decisions.cfg"), "w", encoding="utf-8") as f:
            f.write("decisions = (\n  " + ",\n  ".join(decisions) + "\n);\n")
        return copy

    def said(self, text, *parts):
        for part in parts:
            self.assertIn(part, text)


ADOPT_ASDS = ('{ adopt = "asds_2017"; by = "Dr. Dora Dean"; on = "2026-11-20"; '
              'why = "Our dermatologists follow it."; }')
DROP_SUN = '{ drop = "sun_28_days"; by = "Dr. Dora Dean"; on = "2026-11-21"; why = "Manuals ask for 14."; }'
ASDS_STANDS = 'adopted by Dr. Dora Dean on 2026-11-20 ("Our dermatologists follow it.")'


def alex_row(spot, skin, key, instead):
    """The change of one key of one row of the alexandrite."""
    row = rf'(\{{ id = "alex755_{spot}"; skin = \("{skin}"(?:(?!\n    \{{).)*?{key} = )"[^"]*"'
    return (ALEX, row, rf'\g<1>"{instead}"')


class Check(Library):
    def test_the_shipped_library(self):
        out = self.out("check", PROFILES)
        self.said(out, "nothing to complain of", "alexandrite_755_lp",
                  "30 rows; best status of types I to VI: A A T T M B", "sources (", "CAN13",
                  "P, primary source read:", "R, recalled: not to be used: 0 rows, 0 rules, 0 questions")
        self.assertNotIn("alexandrite_755_lp for", out)

    def test_one_library_has_one_hash(self):
        """Said alike by the gate, judge and each command of library; a profile that no device of the
        clinic is of counts too."""
        def said(program, *words, stdin=""):
            done = subprocess.run([os.path.join(BUILD, program), *words], input=stdin, check=True,
                                  capture_output=True, text=True, timeout=PATIENCE)
            return set(re.findall(r"\b[0-9a-f]{16}\b", done.stdout))

        def hash_of(library):
            one = said("dosegatectl", "library", "check", library)
            self.assertEqual(len(one), 1)
            for program, *words in (
                    ("dosegated", "--config", os.path.join(library, "demo.cfg"), "--check"),
                    ("dosegated", "--config", os.path.join(library, "clinic.cfg"), "--check"),
                    ("dosegatectl", "library", "show", "ipl", "--library", library),
                    ("dosegatectl", "library", "pages", library, "--out", self.folder.name),
                    ("dosegatectl", "library", "diff", library, library)):
                self.assertEqual(said(program, *words), one, words)
            self.assertEqual(said("dosegatectl", "judge", "--library", library,
                                  stdin=json.dumps(Explain.line)), one)
            return one

        shipped = hash_of(PROFILES)
        self.assertEqual(hash_of(self.library()), shipped)  # wherever it lies
        other = hash_of(self.changed(("devices/pdl_595.cfg", "address = 0x[0-9a-fA-F]+", "address = 0x0FF0")))
        self.assertNotEqual(other, shipped)

    def test_what_is_wrong_is_all_said(self):
        wrong = self.changed(alex_row("18mm", "IV", "fluence", "8..20 J/cm2"),
                             alex_row("15mm", "V", "fluence", "10..21 J/cm2"))
        out, errors = self.run_ctl(NOT_FOUND, "check", wrong)
        self.assertEqual(out, "")
        self.said(errors, "alex755_18mm_III", "alex755_18mm_IV", "alex755_15mm_V", "alexandrite_755_lp.cfg:",
                  "fluence: the darker skin type has a higher ceiling",
                  "this library is refused")
        _, errors = self.run_ctl(NOT_FOUND, "check", "/nonexistent")
        self.said(errors, "/nonexistent/facts.cfg", "has no folder protocols")

    def test_a_type_without_a_row_is_told(self):
        out = self.out("check", self.changed(
            ("protocols/rf_monopolar.cfg", r'"std_1_0_cm2".*', '"std_1_0_cm2"); tip_area = "1 cm2"; };'
             ' limits = { fluence = "81..124 J/cm2"; };'
             ' source = "WEISS06"; confidence = "P"; } );\n};\n'),
            ("protocols/rf_monopolar.cfg", r'"I", "II", "III", "IV", "V", "VI"', '"I", "II", "III"')))
        self.said(out, "3 rows; best status of types I to VI: A A A - - -",
                  "type IV, V, VI: no row for skin_tightening (every site), so no session starts")

    def test_sources(self):
        """Who names each, how far it was read; what is named without an entry; what nobody names."""
        more = self.changed(("sources.cfg", r"sources = \(",
                             'sources = (\n  { key = "MINE26"; title = "My own notes"; read = "page"; },\n'
                             '  { key = "WORD26"; title = "Named in a comment"; read = "page"; },'),
                            (ALEX, "//", "// See WORD26."))
        self.assertRegex(self.out("check", more), r"(?m)^  CAN13 +30 +\d+ +\d+ +first page$")
        unused = re.search("nobody names it: (.*)", self.out("check", more)).group(1).split(", ")
        self.assertIn("MINE26", unused)
        self.assertNotIn("WORD26", unused)
        self.assertNotIn("TOWN07", unused)  # in the comment of a protocol, which its page prints
        wrong = self.changed(alex_row("18mm", "III", "source", "CAN13, CAN14"))
        _, errors = self.run_ctl(NOT_FOUND, "check", wrong)
        self.assertRegex(errors, r'alexandrite_755_lp\.cfg:\d+: unknown source \(each has an entry in '
                                 r'sources\.cfg\) "CAN14"; did you mean "CAN13"\?')

    def test_a_class_without_rows_says_why(self):
        out = self.out("check", self.changed(
            ("protocols/rf_monopolar.cfg", r"rows = \(.*\);\n\};", "closed = \"Closed until the director confirms a tip.\";\n  rows = ();\n};")))
        self.said(out, "closed: its protocol has no row, so no session starts",
                  "why: Closed until the director confirms a tip.")

    def test_the_command_line(self):
        _, errors = self.run_ctl(USAGE, "check")
        self.said(errors, "library check wants DIR")
        _, errors = self.run_ctl(USAGE, "chek", PROFILES)
        self.said(errors, "library wants one of: propose, list, rerun")


def rule_added(text):
    """A rule behind the others."""
    return ("screening.cfg", r"\n\);\s*$",
            ',\n  { ' + text + ' reason = "R."; source = "OPT58"; confidence = "X"; }\n);\n')


class Reports(Library):
    """What is not refused, and is told with its file and line."""

    shipped = None  # its reports
    DEVICE, PDL, RF = "devices/pdl_595.cfg", "protocols/pdl_595.cfg", "devices/rf_monopolar.cfg"

    def reports(self, library):
        part = re.search(r"to look at \((\d+)\)\n-+\n(.*?)\n\n", self.out("check", library), re.S)
        lines = [line.removeprefix("  - ") for line in part.group(2).splitlines()]
        self.assertEqual(len(lines), int(part.group(1)))
        return [self.placed(library, line) for line in lines]

    def placed(self, library, told):
        """The report without its place; which is the line of the row or rule it names."""
        file, line, rest = re.match(r"([\w/.]+):(?:(\d+):)? (.*)", told).groups()
        name = re.match(r"(?:row|rule) (\w+)", rest)
        with open(os.path.join(library, file), encoding="utf-8") as f:
            text = f.read().splitlines()
        if name:
            self.assertIn(f'id = "{name.group(1)}"', text[int(line) - 1])
        return rest

    def told(self, *changes):
        """What these changes add to the reports of the shipped library."""
        Reports.shipped = Reports.shipped or self.reports(PROFILES)
        return [line for line in self.reports(self.changed(*changes)) if line not in self.shipped]

    def test_the_shipped_library(self):
        told = self.reports(PROFILES)
        self.said(told, "ndyag_1064_lp: a gap: no row of type I, II, III for 12 mm, which other types have",
                  "row diode810_stamp of I: its limit to pulse width, at least 5 ms, never binds: no device "
                  "goes beyond it (diode_810_stamping: 5..400 ms)")
        # a row for half of the pulses is no gap where another has the other half
        self.assertFalse([line for line in told if line.startswith("diode_810_stamping: a gap")])

    def test_a_row_that_is_blocked_everywhere(self):
        blocked = "nobody can reach it: rules without a condition block all its sites and indications"
        never = 'id = "never"; classes = ("pdl_595"); sites = ("%s"); then = ("block");'
        self.assertEqual(self.told(rule_added(never % "face")),
                         [f"row pdl595_10mm of {types}: {blocked}" for types in ("I, II", "III", "IV")])
        self.assertEqual(self.told(rule_added(never % "forehead")), [])
        self.assertEqual(self.told(rule_added(never % "face" + ' session = "test_spot";')), [])

    # types of each row of the pulsed dye laser: at most 7.5, 7, 6.5 J/cm2, from 10 ms, at 10 mm
    TYPES = ("I, II", "III", "IV")

    def rows(self, text):
        return [f"row pdl595_10mm of {types}: {text}" for types in self.TYPES]

    def test_a_row_no_device_can_be_set_to(self):
        no = "nobody can reach it: no device profile of its class "
        beyond = (self.DEVICE, r'"3\.\.12 mm"; access = "r"; initial = "10 mm"',
                  '"3..9 mm"; access = "r"; initial = "7 mm"')
        self.assertEqual(self.told(beyond), self.rows(no + "can be set to spot diameter 10 mm"))
        between = ((self.DEVICE, r'"1 mm"; hard = "3\.\.12 mm"; access = "r"; initial = "10 mm"',
                    '"4 mm"; hard = "3..12 mm"; access = "r"; initial = "8 mm"'),
                   (self.DEVICE, '"000A"; means = "10 mm"', '"0002"; means = "8 mm"'))
        self.assertEqual(self.told(*between), self.rows(no + "can be set to spot diameter 10 mm"))
        unknown = ((self.DEVICE, r'    \{ name = "spot".*?\n.*?\n', ""),
                   (self.DEVICE, r'    \{ register = "spot".*?\n', ""))
        self.assertEqual(self.told(*unknown),
                         self.rows(no + "reports its spot diameter, and it is for 10 mm"))

    def test_two_devices_each_with_half_of_a_row(self):
        library = self.changed((self.DEVICE, r'"3\.\.12 mm"; access = "r"; initial = "10 mm"',
                                '"3..9 mm"; access = "r"; initial = "7 mm"'))
        with open(os.path.join(PROFILES, self.DEVICE), encoding="utf-8") as f:
            other = f.read().replace('name = "pdl_595"', 'name = "pdl_590"').replace("595 nm", "590 nm")
        with open(os.path.join(library, "devices", "pdl_590.cfg"), "w", encoding="utf-8") as f:
            f.write(other.replace('"0253"', '"024E"'))
        self.said(self.reports(library), *self.rows("nobody can reach it: no device profile of its class can "
                                                    "be set to all it selects at once"))

    def test_a_class_without_a_device_and_a_device_without_a_class(self):
        library = self.library()
        os.remove(os.path.join(library, "devices", "pdl_595.cfg"))
        self.said(self.reports(library),
                  "pdl_595: nobody can reach its 4 rows: devices/ has no profile of this class")
        self.assertEqual(self.told((self.DEVICE, 'device_class = "pdl_595"', 'device_class = "pdl_585"')), [
            "pdl_595: nobody can reach its 4 rows: devices/ has no profile of this class",
            'pdl_595: no protocol is for its class "pdl_585", so a clinic with it is refused'])

    def test_a_limit_that_never_binds(self):
        self.assertEqual(self.told((self.DEVICE, r'"0\.45\.\.40 ms"', '"10..40 ms"')), self.rows(
            "its limit to pulse width, at least 10 ms, never binds: no device goes beyond it (pdl_595: 10..40 ms)"))
        self.assertEqual(self.told((self.DEVICE, r'"0\.45\.\.40 ms"', '"9.99..40 ms"')), [])
        self.assertEqual(self.told((self.DEVICE, r'"2\.\.40 J/cm2"', '"2..7 J/cm2"')), [
            f"row pdl595_10mm of {types}: its limit to fluence, at most {most} J/cm2 (source: from 6 J/cm2), "
            "never binds: no device goes beyond it (pdl_595: 2..7 J/cm2)"
            for types, most in (("I, II", "7.5"), ("III", "7"))])
        alone = ((self.DEVICE, '"0 none", ', ""), (self.DEVICE, r'    \{[^\n]*means = "none"; \},\n', ""))
        self.assertEqual(self.told(*alone), self.rows(
            "its limit to cooling, cryogen, never binds: no device goes beyond it (pdl_595: cryogen)"))

    def test_a_limit_to_what_is_worked_out(self):
        """224 J over 1 cm2 does not reach 225 J/cm2, nor over 3 cm2 109."""
        told = self.told((self.RF, r'"1\.\.675 J"', '"1..224 J"'))
        self.said(told, "row rf_std_1_0cm2 of I, II, III, IV, V, VI: its hard limit to fluence never binds: "
                        "no device goes beyond it (rf_monopolar: 1..224 J/cm2)",
                  "row rf_std_3_0cm2 of I, II, III, IV, V, VI: its limit to fluence, at most 109 J/cm2, never "
                  "binds: no device goes beyond it (rf_monopolar: 0.333333..74.666667 J/cm2)")
        self.assertEqual(len(told), 4)

    def test_a_limit_to_what_no_device_reports(self):
        self.assertEqual(self.told((self.PDL, r'fluence = "6\.\.6\.5 J/cm2";', r'\g<0> depth = "..1 mm";')), [
            "row pdl595_10mm of IV: its limit to depth always holds: no device profile that fits the row "
            "reports it"])

    def test_an_effect_that_narrows_nothing(self):
        def of(then):
            return self.told(rule_added(f'id = "more"; classes = ("pdl_595"); then = ("{then}");'))
        never = 'rule more: "%s" never binds: it narrows no row it is for'
        self.assertEqual(of("minimum pulse_width 10 ms"), [never % "pulse width at least 10 ms"])
        self.assertEqual(of("minimum pulse_width 10.1 ms"), [])
        self.assertEqual(of("maximum fluence 7.5 J/cm2"), [never % "fluence at most 7.5 J/cm2"])
        self.assertEqual(of("maximum fluence 7.4 J/cm2"), [])
        self.assertEqual(of("scale fluence 1/1"), [never % "ceiling of fluence times 1/1"])
        self.assertEqual(of("scale energy 1/2"), [never % "ceiling of pulse energy times 1/2"])
        self.assertEqual(of("scale fluence 1/2"), [])
        self.assertEqual(of("budget fluence 5/4 28 d"), [])
        self.assertEqual([line.split(":")[0] for line in of("budget energy 5/4 28 d")], ["rule more"])

    def test_a_rule_that_never_speaks(self):
        def of(scope):
            return self.told(rule_added(f'id = "more"; {scope} then = ("note");'))
        never = ["rule more: it never speaks: no row of its classes is for its sites and indications"]
        self.assertEqual(of('classes = ("pdl_595"); sites = ("back");'), never)
        self.assertEqual(of('classes = ("pdl_595"); sites = ("cheek");'), [])
        self.assertEqual(of('classes = ("pdl_595"); indications = ("hair_removal");'), never)
        self.assertEqual(of('classes = ("ipl"); sites = ("back");'), [])  # it waits for rows
        self.assertEqual(of('when = ("age < 16", "age > 75");'),
                         ["rule more: it never speaks of a known answer: no age is below 16 and at least 76"])
        self.assertEqual(of('when = ("age < 17", "age > 15");'), [])

    def test_a_gap(self):
        self.assertEqual(self.told((self.PDL, r",\n    \{ id = \"pdl595_10mm\"; skin = \(\"IV\"\).*?\}\n  \);", "\n  );")),
                         ["pdl_595: a gap: no row of type IV, V, VI for 10 mm, which other types have"])

    def test_a_confidence_that_rests_on_what_others_said(self):
        told = self.told(("screening.cfg", 'source = "RICHM"; confidence = "S"', 'source = "RICHM"; confidence = "P"'))
        self.assertEqual(told, ["rule microneedling_14_days: confidence P, and none of its sources was read itself"])


class Show(Library):
    def show(self, name, *words, library=PROFILES):
        return self.out("show", name, "--library", library, *words)

    def test_a_page_in_markdown(self):
        page = self.show("alexandrite_755_lp", "--markdown")
        self.said(page, "# alexandrite_755_lp\n", "## Limits", "## Rules of screening",
                  "## Left to decide", "## Director", "Date and signature", "<svg xmlns=",
                  "| 18 mm | 20 J/cm2 (A) | 20 J/cm2 (A) | 16 J/cm2 (T) | 16 J/cm2 (T) | "
                  "16 J/cm2 (M) | 16 J/cm2 (B) |",
                  "| III | T | at most 16 J/cm2 (source: from 10 J/cm2) | at least 3 ms | cryogen | "
                  "40..50 ms | 30..40 ms | fluence at most 50 J/cm2 | CAN13 (P) | ______ |",
                  "- **B**: blocked, unless two physicians override",
                  "**pregnancy**: when pregnancy at least yes, or not known",
                  "blocked, nobody may override",
                  "- [ ] **8 mm, type V; 10 mm, type V; 12 mm, type V; 15 mm, type V; 18 mm, type V**: "
                  "status M is X;",
                  "- [ ] **tan_visible**:", "Decision: ____", "repetition rate")
        self.assertNotIn("active_implant_rf", page)  # a rule of another class

    def test_the_same_for_a_terminal(self):
        page = self.show("rf_monopolar")
        self.said(page, "std_1_5_cm2", "130 J/cm2 (A)", "active_implant_rf: when active_implant",
                  "(S, secondary source)")
        for markdown in ("**", "|---", "<svg", "&lt;"):
            self.assertNotIn(markdown, page)

    def test_every_class_has_a_page_and_every_row_is_on_it(self):
        for name in os.listdir(os.path.join(PROFILES, "protocols")):
            page = self.show(name.removesuffix(".cfg"), "--markdown")
            rows = re.search(r"; (\d+) rows\n", page)
            told = re.findall(r"(?m)^\| (?:I|II|III|IV|V|VI) \| [ATMB] \|", page)
            self.assertEqual(len(told), int(rows.group(1)), name)
            for svg in re.findall(r"(?s)<svg.*?</svg>", page):
                xml.etree.ElementTree.fromstring(svg)

    def test_a_number_that_is_changed_is_changed_on_the_page(self):
        lower = self.changed(alex_row("18mm", "III", "fluence", "10..17 J/cm2"))
        page = self.show("alexandrite_755_lp", "--markdown", library=lower)
        self.said(page, "| 18 mm | 20 J/cm2 (A) | 20 J/cm2 (A) | 17 J/cm2 (T) |", ">17 J/cm2</text>")

    def test_its_sources_with_their_titles(self):
        page = self.show("rf_monopolar", "--markdown")
        self.said(page, "## Sources\n", "| key | what it is | read |",
                  "| WEISS06 | Weiss et al., monopolar RF in more than 600 treatments, J Drugs Dermatol "
                  "2006;5:707 | abstract |", "| VENUS19 |")
        self.assertNotIn("| JDD13 |", page)  # of other classes alone
        self.said(self.show("ipl", "--markdown"), "| TOWN07 | ")  # in the words of its author

    def test_what_the_file_says_cannot_break_the_page(self):
        text = self.changed(("screening.cfg", "Pregnant, or not known",
                             "<b>Pregnant</b> | or & not *known*"))
        self.said(self.show("rf_monopolar", "--markdown", library=text),
                  "&lt;b>Pregnant&lt;/b> \\| or & not \\*known\\*")

    def test_a_page_that_is_lost_is_told(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([os.path.join(BUILD, "dosegatectl"), "library", "show", "rf_monopolar",
                                   "--library", PROFILES], stdout=full, stderr=subprocess.PIPE,
                                  text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1)
        self.said(done.stderr, "lost in part")

    def test_slips(self):
        _, errors = self.run_ctl(NOT_FOUND, "show", "ruby", "--library", PROFILES)
        self.said(errors, 'no class "ruby"', "alexandrite_755_lp")
        _, errors = self.run_ctl(USAGE, "show", "ruby")
        self.said(errors, "--library DIR")
        _, errors = self.run_ctl(NOT_FOUND, "show", "ruby", "--library", "/nonexistent")
        self.said(errors, "nothing is shown")


class Pages(Library):
    def test_a_page_and_a_chart_for_each_class_and_an_index(self):
        out = os.path.join(self.folder.name, "pages")
        self.out("pages", PROFILES, "--out", out)
        self.out("pages", PROFILES, "--out", out)  # again: the same files
        with open(os.path.join(out, "index.md"), encoding="utf-8") as f:
            index = f.read()
        classes = [name.removesuffix(".cfg") for name in os.listdir(os.path.join(PROFILES, "protocols"))]
        self.assertEqual({name for name in os.listdir(out) if name.endswith(".md")},
                         {name + ".md" for name in classes} | {"index.md"})
        for name in classes:
            with open(os.path.join(out, name + ".md"), encoding="utf-8") as f:
                page = f.read()
            self.said(index, f"| [{name}]({name}.md) |")
            self.assertNotIn("<svg", page)
            has = os.path.exists(os.path.join(out, name + ".svg"))
            self.assertEqual(f"]({name}.svg)" in page, has)
            if has:
                xml.etree.ElementTree.parse(os.path.join(out, name + ".svg"))
        self.said(index, "| A A T T M B | 30 |", "## Questions to the patient", "| skin_type |",
                  "## Sources", "| CAN13 | Candela, ", "| HAMMES13 | ")

    def test_where_it_cannot_be_written(self):
        _, errors = self.run_ctl(USAGE, "pages", PROFILES)
        self.said(errors, "--out FOLDER")
        _, errors = self.run_ctl(NOT_FOUND, "pages", PROFILES, "--out", "/nonexistent/pages")
        self.said(errors, "/nonexistent/pages", "No such file")
        _, errors = self.run_ctl(NOT_FOUND, "pages", "/nonexistent", "--out", self.folder.name)
        self.said(errors, "no page was written")


class Diff(Library):
    def diff(self, *changes, back=False):
        other = self.changed(*changes)
        out = self.out("diff", *((other, PROFILES) if back else (PROFILES, other)))
        return [line.strip("- ") for line in out.splitlines() if line.startswith("  - ")], out

    def test_for_programs(self):
        other = self.changed(alex_row("18mm", "VI", "fluence", "6..14 J/cm2"),
                             ("screening.cfg", r'id = "pregnancy"', 'id = "pregnant"'))
        told = json.loads(self.out("diff", PROFILES, other, "--json"))
        self.assertRegex(told["from"], "^[0-9a-f]{64}$")
        self.assertNotEqual(told["from"], told["to"])
        self.assertEqual([(one["part"], one["title"]) for one in told["sections"]],
                         [("class", "alexandrite_755_lp"), ("rules", "rules of screening")])
        limit, = told["sections"][0]["differences"]
        self.assertEqual(limit["how"], "narrower")
        self.assertRegex(limit["text"], r"type VI, 18 mm.*: fluence ceiling 16 J/cm2 becomes 14 J/cm2$")
        self.assertEqual([one["how"] for one in told["sections"][1]["differences"]], [None, None])
        self.assertEqual(told["count"], 3)
        same = json.loads(self.out("diff", PROFILES, PROFILES, "--json"))
        self.assertEqual((same["count"], same["sections"], same["from"]), (0, [], told["from"]))

    def test_no_difference(self):
        lines, out = self.diff()
        self.assertEqual(lines, [])
        self.said(out, "no difference")
        hashes = re.findall(r"\(([0-9a-f]{16})\)", out)
        self.assertEqual(len(hashes), 2)
        self.assertEqual(hashes[0], hashes[1])

    def test_a_ceiling(self):
        change = [alex_row("18mm", skin, "fluence", f"{low}..14 J/cm2")
                  for skin, low in (("III", 10), ("IV", 8), ("V", 6), ("VI", 6))]
        lines, out = self.diff(*change)
        self.assertEqual(lines, [f"type {skin}, 18 mm: fluence ceiling 16 J/cm2 becomes 14 J/cm2 (narrower)"
                                 for skin in ("III", "IV", "V", "VI")])
        self.said(out, "alexandrite_755_lp", "4 differences")
        hashes = re.findall(r"\(([0-9a-f]{16})\)", out)
        self.assertNotEqual(hashes[0], hashes[1])
        lines, _ = self.diff(*change, back=True)
        self.assertIn("type III, 18 mm: fluence ceiling 14 J/cm2 becomes 16 J/cm2 (wider)", lines)

    def test_what_else_a_row_says(self):
        lines, _ = self.diff(alex_row("18mm", "VI", "fluence", "5..16 J/cm2"),
                             alex_row("18mm", "VI", "pulse_width", "4.. ms"),
                             alex_row("18mm", "VI", "source", "CAN13, CUTERA16"))
        self.assertEqual(lines, [
            "type VI, 18 mm: working range of fluence 6..16 J/cm2 becomes 5..16 J/cm2",
            "type VI, 18 mm: pulse width floor 3 ms becomes 4 ms (narrower)",
            'type VI, 18 mm: source "CAN13" becomes "CAN13, CUTERA16"'])
        lines, _ = self.diff(alex_row("8mm", "V", "status", "B"))
        self.assertEqual(lines, ["type V, 8 mm: status M (a physician decides on this patient first) "
                                 "becomes B (blocked, unless two physicians override) (stricter)"])

    def test_rows_come_and_go_and_move(self):
        gone = ("protocols/rf_monopolar.cfg", r'    \{ id = "rf_fast_1_0cm2".*?\n(?=    \{)', "")
        lines, _ = self.diff(gone)
        self.assertEqual(len(lines), 6)
        self.said(lines[0], "type I, fast_1_0_cm2", "row removed", "(rf_fast_1_0cm2_I)",
                  "at most 109 J/cm2")
        lines, _ = self.diff(gone, back=True)
        self.said(lines[5], "type VI, fast_1_0_cm2", "row added", "at most 109 J/cm2")
        lines, _ = self.diff(("protocols/rf_monopolar.cfg", r'\("fast_1_0_cm2"\)', '("rapid_1_0_cm2")'))
        self.assertEqual(len(lines), 6)
        self.said(lines[0], "type I: row rf_fast_1_0cm2_I was for fast_1_0_cm2",
                  "is for rapid_1_0_cm2")

    def test_rules_and_questions(self):
        lines, out = self.diff(("screening.cfg", r'id = "pregnancy"', 'id = "pregnant"'),
                               ("facts.cfg", r'(name = "pregnancy";.*?valid = )"1 d"', r'\g<1>"30 d"'))
        self.said(out, "rules of screening", "questions")
        self.assertEqual(len(lines), 3)
        self.said(lines[0], "pregnancy removed: when pregnancy at least yes, or not known",
                  "blocked, nobody may override")
        self.said(lines[1], "pregnant added: when pregnancy")
        self.assertEqual(lines[2], "pregnancy: an answer holds 1 days, becomes 30 (milder)")
        lines, _ = self.diff(("screening.cfg", r'(id = "sun_28_days_hold".*?< )28 d', r"\g<1>21 d"))
        self.assertEqual(lines, ['sun_28_days_hold: when "last_sun less than 28 days ago, or not known" '
                                 'becomes "last_sun less than 21 days ago, or not known"'])

    def test_device_profiles(self):
        device = "devices/pdl_595.cfg"
        lines, out = self.diff((device, r'"2\.\.40 J/cm2"', '"2..30 J/cm2"'),
                               (device, 'address = 0x0402; encoding', 'address = 0x0412; encoding'),
                               (device, r'\("mask_write"\)', '("mask_write", "diagnostics")'),
                               (device, r'    \{ name = "pulses".*?\n', ""))
        self.said(out, "device profiles\n")
        self.assertEqual(lines, [
            "pdl_595: other functions are open",
            "pdl_595: the device's range of fluence 2..40 J/cm2 becomes 2..30 J/cm2",
            "pdl_595, register rate: other address", "pdl_595: register pulses removed"])
        lines, _ = self.diff((device, '"1 cryogen"', '"2 cryogen"'), (device, '"0100"; means', '"0200"; means'),
                             (device, "simulated pulsed dye", "another pulsed dye"))
        self.assertEqual(lines, ['pdl_595: model "simulated pulsed dye laser, 595 nm" becomes "another pulsed '
                                 'dye laser, 595 nm"', "pdl_595, register cooling: other values"])
        lines, _ = self.diff(("devices/ndyag_1064.cfg", r'standby_after = "3 s"', 'standby_after = "4 s"'))
        self.assertEqual(lines, ["ndyag_1064, register heartbeat: other heartbeat"])
        less = self.library()
        os.remove(os.path.join(less, device))
        self.said(self.out("diff", PROFILES, less), "pdl_595 removed: a device of it is refused")
        self.said(self.out("diff", less, PROFILES), "pdl_595 added: simulated pulsed dye laser, 595 nm")

    def test_sources(self):
        lines, _ = self.diff(("sources.cfg", r'(key = "CAN13".*?read = )"first page"', r'\g<1>"page"'),
                             ("sources.cfg", r'key = "CANLASE"', 'key = "CANLASER"'))
        self.assertEqual(lines, ['CAN13: read "first page" becomes "page"', "CANLASE removed",
                                 "CANLASER added: Candela, GentleLASE treatment guideline (reposted) (first page)"])

    def test_classes(self):
        more = self.changed()
        screening = os.path.join(more, "screening.cfg")
        with open(screening, encoding="utf-8") as f:
            text = f.read().replace('"rf_monopolar"', '"rf_monopolar", "rf_other"')
        with open(screening, "w", encoding="utf-8") as f:
            f.write(text)
        with open(os.path.join(more, "protocols", "rf_monopolar.cfg"), encoding="utf-8") as f:
            text = f.read().replace('"rf_monopolar"', '"rf_other"').replace('id = "rf_', 'id = "other_')
        with open(os.path.join(more, "protocols", "rf_other.cfg"), "w", encoding="utf-8") as f:
            f.write(text)
        self.said(self.out("diff", PROFILES, more), "rf_other\n", "class added, with 24 rows")
        self.said(self.out("diff", more, PROFILES), "rf_other\n", "class removed")

    def test_slips(self):
        _, errors = self.run_ctl(USAGE, "diff", PROFILES)
        self.said(errors, "DIR|HASH DIR|HASH")
        _, errors = self.run_ctl(NOT_FOUND, "diff", PROFILES, "/nonexistent")
        self.said(errors, "nothing was compared")


class Options(Library):
    """What the director decides by a line, and who reads of it."""

    def test_check_says_how_each_stands(self):
        self.said(self.out("check", PROFILES), "the director's options (",
                  "asds_2017: dropped by default, nobody has decided; in force: isotretinoin_hair, "
                  "isotretinoin_nafr, isotretinoin_vascular; silent: isotretinoin_asds. The ASDS",
                  "sun_28_days: adopted by default, nobody has decided; in force: sun_28_days_hold. Sun")
        self.said(self.out("check", self.decided(ADOPT_ASDS, DROP_SUN)),
                  f"asds_2017: {ASDS_STANDS}; in force: isotretinoin_asds; silent: isotretinoin_hair, "
                  "isotretinoin_nafr, isotretinoin_vascular. The ASDS",
                  'sun_28_days: dropped by Dr. Dora Dean on 2026-11-21 ("Manuals ask for 14."); '
                  "silent: sun_28_days_hold. Sun")

    def test_a_page_shows_what_is_decided_and_what_is_silent(self):
        before = self.out("show", "alexandrite_755_lp", "--library", PROFILES, "--markdown")
        after = self.out("show", "alexandrite_755_lp", "--library", self.decided(ADOPT_ASDS), "--markdown")
        self.said(before, "## The director's options", "### Options nobody has decided",
                  "- [ ] **asds_2017**: The ASDS consensus", "Now dropped by default (ASDS17, ASDS17n; P",
                  "only hair_removal; only while asds_2017 is dropped: held, a physician may")
        self.said(after, f"**asds_2017**: {ASDS_STANDS}; in force:",
                  "### Silent, as the director's options stand",
                  "- **isotretinoin_hair**: when isotretinoin less than 180 days ago")
        self.assertNotIn("- [ ] **asds_2017**", after)
        self.assertLess(after.index("### Silent"), after.index("**isotretinoin_hair**"))
        self.assertNotIn("**asds_2017**", self.out("show", "rf_monopolar", "--library", PROFILES,
                                                   "--markdown"))  # no rule of its class hangs on it

    def test_what_hangs_on_an_option_is_decided_with_it_and_not_by_itself(self):
        page = self.out("show", "alexandrite_755_lp", "--library", PROFILES, "--markdown")
        left = page[page.index("## Left to decide"):page.index("## Sources")]
        self.said(left, "- [ ] **sun_28_days**:", "- [ ] **tan_visible**:")
        self.assertNotIn("sun_28_days_hold", left)

    def test_the_index_has_them_all(self):
        out = os.path.join(self.folder.name, "pages")
        self.out("pages", self.decided(ADOPT_ASDS), "--out", out)
        with open(os.path.join(out, "index.md"), encoding="utf-8") as f:
            self.said(f.read(), "## the director's options (", f"- **asds_2017**: {ASDS_STANDS}")

    def test_the_difference_is_the_option_s(self):
        adopted = self.decided(ADOPT_ASDS)
        out = self.out("diff", PROFILES, adopted)
        self.said(out, "the director's options\n", f"asds_2017: dropped becomes {ASDS_STANDS}; "
                  "in force: isotretinoin_asds; silent: isotretinoin_hair, isotretinoin_nafr, "
                  "isotretinoin_vascular\n", "\n1 difference\n")
        self.said(self.out("diff", adopted, PROFILES),
                  "asds_2017: adopted becomes dropped by default, nobody has decided; in force: ")
        confirmed = self.decided('{ drop = "asds_2017"; by = "Dr. Dora Dean"; on = "2026-11-20"; why = "No."; }')
        self.said(self.out("diff", PROFILES, confirmed), 'asds_2017: decision "dropped by default, nobody has '
                  'decided" becomes "dropped by Dr. Dora Dean on 2026-11-20 ("No.")"', "\n1 difference\n")
        more = self.changed(("screening.cfg", r"options = \(", 'options = ( { name = "own"; default = "adopted";'
                             ' words = "Our own."; source = "CAN13"; confidence = "X"; },'),
                            ("screening.cfg", 'id = "epilepsy"', 'id = "epilepsy"; only_adopted = "own"'))
        self.said(self.out("diff", PROFILES, more),
                  "own added, adopted by default, nobody has decided. Our own.",
                  'epilepsy: hangs on "" becomes "; only while own is adopted"')
        self.said(self.out("diff", more, PROFILES), "own removed: nobody can decide it any more")

    def test_explain_names_the_silent_rule_and_who_silenced_it(self):
        line = {**Explain.line, "site": "axilla", "facts": {**TYPED, "isotretinoin": "30 d"}}
        asked = json.dumps(line) + "\n"
        before = self.out("explain", "--library", PROFILES, stdin=asked)
        self.said(before, "axilla: HELD", "isotretinoin_hair: HELD, isotretinoin is 30 days",
                  "Silent, as the director's options stand",
                  "isotretinoin_asds: isotretinoin is 30 days: it would be: noted, changes nothing. "
                  "asds_2017 is dropped by default, nobody has decided")
        after = self.out("explain", "--library", self.decided(ADOPT_ASDS), stdin=asked)
        self.said(after, "axilla: ALLOWED", "isotretinoin_asds: noted, isotretinoin is 30 days",
                  "isotretinoin_hair: isotretinoin is 30 days: it would be: held, a physician may clear it "
                  f"for this session. asds_2017 is {ASDS_STANDS}")
        self.assertNotIn("asds_2017",  # one that concerns no isotretinoin
                          self.out("explain", "--library", self.decided(ADOPT_ASDS),
                                            stdin=json.dumps({**line, "facts": TYPED})))

    def test_what_is_wrong_with_a_decision_is_refused(self):
        _, errors = self.run_ctl(NOT_FOUND, "check", self.decided(
            ADOPT_ASDS.replace("asds_2017", "asds_2016"), DROP_SUN.replace("2026-11-21", "21.11.2026")))
        self.said(errors, 'decisions.cfg:2: unknown option "asds_2016"; did you mean "asds_2017"?',
                  'decisions.cfg:3: on "21.11.2026" is no day', "this library is refused")


class Explain(Library):
    line = {"id": "p1", "device_class": "alexandrite_755_lp", "indication": "hair_removal",
            "site": "neck", "facts": {**TYPED, "skin_type": "III"},
            "settings": {"wavelength": "755 nm", "spot": "18 mm", "pulse_width": "3 ms",
                         "fluence": "18 J/cm2", "rate": "1 Hz", "cooling": "cryogen",
                         "cooling_spray": "40 ms", "cooling_delay": "40 ms"}}

    def explain(self, library=PROFILES, facts=None, settings=None, **more):
        line = {**self.line, **more}
        line["facts"] = {**line["facts"], **(facts or {})}
        line["settings"] = {**line["settings"], **(settings or {})}
        return self.out("explain", "--library", library, stdin=json.dumps(line) + "\n")

    def test_step_by_step(self):
        out = self.explain(facts={"visible_tan": "yes"})
        parts = ("hair_removal, neck: HELD", "asked: fluence 18 J/cm2", "1. Skin type",
                 "assessed as III",
                 "tan_raises_type: visible_tan is yes: limits of 1 skin type darker: "
                 "type III becomes type IV", "counts as IV", "2. Row of the protocol",
                 "alex755_18mm_IV: 18 mm; status T: only after a test area",
                 "fluence: at most 16 J/cm2 (source: from 8 J/cm2); nobody may pass: at most 50 J/cm2",
                 "3. Rules laid over it",
                 "site_neck_forehead: always: ceiling of fluence times 4/5: at most 16 J/cm2 becomes "
                 "at most 12.8 J/cm2 (OPT54; X, extrapolated)",
                 "4. The session", "tan_visible: HELD, visible_tan is yes",
                 "5. What holds", "fluence: at most 12.8 J/cm2, by site_neck_forehead",
                 "6. HELD", "fluence 18 J/cm2 is above 12.8 J/cm2")
        self.said(out, *parts)
        places = [out.index(part) for part in parts]
        self.assertEqual(places, sorted(places))

    def test_nothing_to_say_of(self):
        out = self.explain(site="axilla", facts={"skin_type": "II"})
        self.said(out, "axilla: ALLOWED", "assessed as II", "counts as II", "none narrows it",
                  "fluence: at most 20 J/cm2, by alex755_18mm_II")

    def test_no_row_for_this(self):
        out = self.explain(site="axilla", settings={"spot": "17 mm"})
        self.said(out, "no row selects these settings; for this patient there are:",
                  "alex755_18mm_III: 18 mm", "no row, so no limit")
        out = self.explain(device_class="ipl")
        self.said(out, "ipl, hair_removal, neck: BLOCKED", "closed: its protocol has no row", "why: ")

    def test_what_it_ends_with_is_what_judge_says(self):
        for facts in ({}, {"skin_type": "VI"}, {"pih_history": "yes"}, {"skin_type": "I"}):
            line = {**self.line, "facts": {**self.line["facts"], **facts}}
            line["settings"] = {**line["settings"], "fluence": "49 J/cm2"}
            text = json.dumps(line) + "\n"
            done = subprocess.run([os.path.join(BUILD, "dosegatectl"), "judge", "--library", PROFILES],
                                  input=text, capture_output=True, text=True, timeout=PATIENCE,
                                  check=True)
            judged = json.loads(done.stdout)
            limit = [r["limit"] for r in judged["reasons"] if r["parameter"] == "fluence"][0]
            self.said(self.out("explain", "--library", PROFILES, stdin=text),
                      f"neck: {judged['verdict']}\n", f"fluence: at most {limit.strip('.')}, by ",
                      f"first of them: {judged['tightest']}\n")

    def test_a_changed_rule_explains_itself(self):
        half = self.changed(("screening.cfg", r'(id = "site_neck_forehead".*?scale fluence )[0-9]+/[0-9]+',
                             r"\g<1>1/2"))
        self.said(self.explain(half), "ceiling of fluence times 1/2: at most 16 J/cm2 becomes at most 8 J/cm2")

    def test_lines_that_are_wrong(self):
        text = "{\n" + json.dumps(self.line) + "\n" + json.dumps({**self.line, "site": "nose"}) + "\n"
        out, errors = self.run_ctl(WRONG, "explain", "--library", PROFILES, stdin=text)
        self.said(out, "counts as III")
        self.said(errors, "line 1: this is no JSON", 'line 3: site "nose" is not known')
        _, errors = self.run_ctl(USAGE, "explain")
        self.said(errors, "--library DIR")
        self.run_ctl(NOT_FOUND, "explain", "/nonexistent", "--library", PROFILES)
        _, errors = self.run_ctl(NOT_FOUND, "explain", "--library", "/nonexistent")
        self.said(errors, "nothing was explained")


if __name__ == "__main__":
    unittest.main()
