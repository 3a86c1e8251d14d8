"""Prescriptions with one known fault each, and the note of what an audit must say about them."""

import json
from collections.abc import Callable

from rxcenter.demo.generator import writing
from rxcenter.demo.generator.formulas import FORMULAS
from rxcenter.demo.generator.planted import NOT_CHECKED, SCENARIOS, Day, Ground, Planted
from rxcenter.demo.generator.products import UNKNOWN_NAMES
from rxcenter.demo.generator.writing import Line

_FORMULAS = {f.name: f for f in FORMULAS}


class Planter(Ground):
    """Plants one fault after the other, in a fixed order of kinds."""

    def __init__(self, day: Day) -> None:
        super().__init__(day)
        often: tuple[Callable[[], Planted], ...] = (
            self.interaction,
            self.unknown_drug,
            self.dose,
            self.duplicate_elsewhere,
            self.allergy,
            self.pregnancy,
            self.interaction_elsewhere,
            self.eighteen,
            self.internet_ban,
            self.renal,
            self.unknown_drug,
            self.lab,
            self.child,
            self.dose,
        )
        self._order = (*often, *often, self.special_antimicrobial, self.never_route)

    def plant(self, n: int) -> Planted:
        """The n-th fault of the day; its documents are added to the day."""
        return self._order[n % len(self._order)]()

    def interaction(self) -> Planted:
        """Two drugs of one prescription."""
        a, b, drugs, diagnosis = self._rng.choice(
            (
                ("warfarin", "fluconazole", ("warfarin", "fluconazole"), ("B37.9", "念珠菌病")),
                (
                    "simvastatin",
                    "clarithromycin",
                    ("simvastatin", "clarithromycin"),
                    ("J20.9", "急性支气管炎"),
                ),
                (
                    "isosorbide",
                    "sildenafil",
                    ("isosorbide mononitrate", "sildenafil"),
                    ("N48.4", "勃起功能障碍"),
                ),
            )
        )
        lines = [Line(a, 7), Line(b, 5)]
        person = self._day.people.person((55, 64), "male")
        doc = self._western("coronary", person, lines, more=(("I48.9", "心房颤动"), diagnosis))
        return self._planted("interaction", doc, {"interaction"}, "major", drugs)

    def interaction_elsewhere(self) -> Planted:
        """Warfarin from one institution, an azole or metronidazole from another."""
        person = self._day.people.person((55, 64))
        self._earlier("coronary", person, [Line("warfarin", 28)], 10, more=(("I48.9", "心房颤动"),))
        drug, diagnosis = self._rng.choice(
            (("fluconazole", ("B37.9", "念珠菌病")), ("metronidazole", ("K05.2", "急性牙周炎")))
        )
        doc = self._western("cold", person, [Line(drug, 5)], more=(diagnosis,), at_home=False)
        return self._planted("interaction_elsewhere", doc, {"interaction"}, "major", ("warfarin", drug))

    def dose(self) -> Planted:
        """A slip of the pen; the prescriber may post the corrected revision later."""
        product, wrong, frequency, scenario, drug = self._rng.choice(
            (
                ("metformin", ("1.5", "g"), "tid", "diabetes", "metformin"),
                ("amlodipine", ("50", "mg"), "qd", "hypertension", "amlodipine"),
                ("paracetamol", ("2", "g"), "tid", "cold", "paracetamol"),
            )
        )
        person = self._day.people.person((45, 62))
        doc = self._western(scenario, person, [Line(product, 3, wrong, frequency)])
        corrected = json.loads(json.dumps(doc))
        right = writing.western(
            self._rng,
            self._last_place,
            person,
            [Line(product, 3)],
            (),
            number="",
            at=self._day.moment(),
            scenario=SCENARIOS[scenario],
        )
        corrected |= {"revision": 2, "items": right["items"]}
        return self._planted("dose", doc, {"dose"}, "major", (drug,), corrected)

    def allergy(self) -> Planted:
        person = self._day.people.person((20, 50))
        person.allergies = ("青霉素",)
        doc = self._western("tonsillitis", person, [Line("amoxicillin", 5)])
        return self._planted("allergy", doc, {"allergy"}, "major", ("amoxicillin",))

    def pregnancy(self) -> Planted:
        product, scenario, drug = self._rng.choice(
            (
                ("valsartan", "hypertension", "valsartan"),
                ("ribavirin", "cold", "ribavirin"),
                ("warfarin", "coronary", "warfarin"),
            )
        )
        person = self._day.people.person((22, 40), "female")
        person.extra["pregnancy"] = {"status": "yes", "weeks": self._rng.randint(8, 30)}
        doc = self._western(scenario, person, [Line(product, 7)])
        return self._planted("pregnancy", doc, {"pregnancy"}, "major", (drug,))

    def eighteen(self) -> Planted:
        """Two pieces of the eighteen incompatibilities in one decoction."""
        formula, piece, drugs = self._rng.choice(
            (
                ("二陈汤", ("制川乌", 3, "先煎"), ("zhi-chuanwu", "fa-banxia")),
                ("六君子汤", ("海藻", 10, ""), ("haizao", "zhi-gancao")),
            )
        )
        place = self._day.place({"hospital", "primary_care"}, "tcm")
        doc = writing.herbal(
            self._rng,
            place,
            self._day.people.person((25, 60), home=place),
            _FORMULAS[formula],
            number=self._day.next_number(place),
            at=self._day.moment(),
            extra=(piece,),
        )
        self._day.live.append(doc)
        return self._planted("eighteen", doc, {"herbal_incompatibility"}, "major", drugs)

    def internet_ban(self) -> Planted:
        """A controlled drug over the internet."""
        product, drug = self._rng.choice(
            (("estazolam", "estazolam"), ("tramadol", "tramadol"), ("oxycodone", "oxycodone"))
        )
        place = self._day.place({"internet_hospital"})
        doc = self._western(
            "insomnia", self._day.people.person((30, 60)), [Line(product, 7)], place=place, setting="internet"
        )
        return self._planted("internet_ban", doc, {"internet", "legality", "authority"}, "major", (drug,))

    def special_antimicrobial(self) -> Planted:
        """A special-grade antimicrobial for an outpatient, by a resident."""
        place = self._day.place({"hospital"})
        resident = next(p for p in place.prescribers if p.title == "resident" and p.practice == "western")
        person = self._day.people.person((30, 60), home=place)
        doc = self._western("bronchitis", person, [Line("meropenem", 3)], place=place, prescriber=resident)
        return self._planted("special_antimicrobial", doc, {"authority", "legality"}, "major", ("meropenem",))

    def never_route(self) -> Planted:
        place = self._day.place({"hospital"})
        line = Line("vincristine", 1)
        doc = self._western("cancer-pain", self._day.people.person((30, 60)), [line], place=place)
        return self._planted("never_route", doc, {"route"}, "critical", ("vincristine",))

    def renal(self) -> Planted:
        person = self._day.people.person((60, 74))
        person.extra["observations"] = [self._lab("egfr", 22, "mL/min/1.73m2")]
        doc = self._western("prostate", person, [Line("metformin", 28)], more=(("E11.9", "2型糖尿病"),))
        return self._planted("renal", doc, {"renal"}, "major", ("metformin",))

    def lab(self) -> Planted:
        person = self._day.people.person((60, 74))
        person.extra["observations"] = [
            self._lab("potassium", 5.9, "mmol/L"),
            self._lab("egfr", 58, "mL/min/1.73m2"),
        ]
        doc = self._western("prostate", person, [Line("spironolactone", 7)], more=(("I50.9", "心力衰竭"),))
        return self._planted("lab", doc, {"lab", "disease"}, "major", ("spironolactone",))

    def child(self) -> Planted:
        person = self._day.people.person((6, 11))
        doc = self._western("bronchitis", person, [Line("levofloxacin", 5)])
        return self._planted("child", doc, {"age"}, "major", ("levofloxacin",))

    def duplicate_elsewhere(self) -> Planted:
        """The same drug, still running from another institution."""
        product, scenario, drug = self._rng.choice(
            (
                ("amlodipine", "hypertension", "amlodipine"),
                ("atorvastatin", "coronary", "atorvastatin"),
                ("metformin", "diabetes", "metformin"),
            )
        )
        person = self._day.people.person((48, 64))
        self._earlier(scenario, person, [Line(product, 28)], self._rng.randint(4, 9))
        doc = self._western(scenario, person, [Line(product, 28)], at_home=False)
        return self._planted("duplicate_elsewhere", doc, {"duplicate", "history"}, "moderate", (drug,))

    def unknown_drug(self) -> Planted:
        name = self._rng.choice(UNKNOWN_NAMES)
        person = self._day.people.person((20, 60))
        doc = self._western("cold", person, [Line("lianhua", 3, name=name)])
        return self._planted("unknown_drug", doc, {NOT_CHECKED}, "info", ())
