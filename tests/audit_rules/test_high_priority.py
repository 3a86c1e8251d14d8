"""Pairs that nobody may overlook (Phansalkar et al., JAMIA 2012;19:735-743), member by member through the whole engine.

Each pair is written as people would meet it: two lines of one document, a line against a medicine taken now, a line
against supply of another institution, both ways round, and without any dose.
"""

from itertools import product

import pytest

from audit_rules import audit, default_catalogue
from audit_rules.report import Severity
from tests.audit_rules import reading

MAO = "tranylcypromine phenelzine isocarboxazid procarbazine selegiline"
PROTEASE = "amprenavir atazanavir darunavir fosamprenavir indinavir lopinavir nelfinavir ritonavir saquinavir tipranavir"
AZOLES_MACROLIDES = "clarithromycin erythromycin itraconazole ketoconazole voriconazole telithromycin"

# Object drugs x precipitant drugs, each name as it is written in English.
PAIRS = {
    "stimulants x MAO inhibitors": (
        "dexmethylphenidate dextroamphetamine methylphenidate lisdexamfetamine methamphetamine phendimetrazine "
        "phentermine diethylpropion benzphetamine amphetamine atomoxetine pseudoephedrine",
        MAO,
    ),
    "atazanavir x proton pump inhibitors": (
        "atazanavir", "omeprazole lansoprazole pantoprazole rabeprazole esomeprazole",
    ),
    "febuxostat x thiopurines": ("febuxostat", "azathioprine mercaptopurine"),
    "serotonergic antidepressants x MAO inhibitors": (
        "citalopram desvenlafaxine duloxetine escitalopram fluoxetine fluvoxamine milnacipran nefazodone paroxetine "
        "sertraline venlafaxine",
        MAO,
    ),
    "irinotecan x CYP3A4 inhibitors": (
        "irinotecan",
        f"{PROTEASE} {AZOLES_MACROLIDES} amiodarone aprepitant cimetidine diltiazem fluconazole nefazodone verapamil",
    ),
    "opioids x MAO inhibitors": ("meperidine methadone fentanyl tramadol tapentadol dextromethorphan", MAO),
    "tricyclics x MAO inhibitors": (
        "amitriptyline clomipramine desipramine doxepin imipramine nortriptyline protriptyline trimipramine", MAO,
    ),
    "ramelteon x CYP1A2 inhibitors": ("ramelteon", "amiodarone ciprofloxacin fluvoxamine ticlopidine"),
    "protease inhibitors x inducers": (
        PROTEASE.replace("atazanavir ", ""), "bosentan carbamazepine rifabutin rifampin rifapentine hypericum",
    ),
    "lovastatin and simvastatin x CYP3A4 inhibitors": (
        "lovastatin simvastatin",
        f"{PROTEASE} {AZOLES_MACROLIDES} amiodarone diltiazem fluconazole nefazodone verapamil",
    ),
    "ergots x CYP3A4 inhibitors": (
        "dihydroergotamine ergonovine ergotamine methylergonovine", f"{PROTEASE} {AZOLES_MACROLIDES}",
    ),
    "tizanidine x CYP1A2 inhibitors": (
        "tizanidine", "amiodarone ciprofloxacin fluvoxamine mexiletine propafenone ticlopidine zileuton",
    ),
    "tranylcypromine x procarbazine": ("tranylcypromine", "procarbazine"),
    "triptans x MAO inhibitors": (
        "rizatriptan sumatriptan zolmitriptan",
        "isocarboxazid phenelzine tranylcypromine moclobemide methylthioninium",
    ),
    "QT-prolonging drugs x each other": (
        "amiodarone sotalol quinidine dronedarone", "moxifloxacin haloperidol ziprasidone thioridazine methadone erythromycin",
    ),
}  # fmt: skip
LISTED = [
    pytest.param(one, other, id=f"{one} + {other}")
    for left, right in PAIRS.values()
    for one, other in product(left.split(), right.split())
]


def line(name, dosed=True):
    usage = {"dose": {"value": 20, "unit": "mg"}, "frequency": "qd", "days": 7} if dosed else {}
    return {"drug": {"name": name}, "route": "oral", **usage}


def ways(one, other):
    """The same pair as five documents, and the two names in either order."""
    yield {"items": [line(one), line(other)]}
    yield {"items": [line(one, dosed=False), line(other, dosed=False)]}
    for now, before in ((one, other), (other, one)):
        yield {"items": [line(now)], "patient": {"current_medications": [line(before)]}}
        elsewhere = {"institution": {"code": "H0002"}}
        yield {
            "items": [line(now)],
            "history": [{"days_ago": 3, "items": [line(before)], "document": elsewhere}],
        }


@pytest.mark.parametrize(("one", "other"), LISTED)
def test_a_high_priority_pair_is_at_least_major(one, other):
    drugs = default_catalogue().drugs
    meant = {drugs.find(name).ingredients[0] for name in (one, other)}
    for spec in ways(one, other):
        findings = audit(reading.case(spec)).findings
        assert any(
            f.category == "interaction" and f.severity >= Severity.MAJOR and meant <= set(f.drugs)
            for f in findings
        ), f"{one} with {other} is missed in {spec}"


def test_the_list_is_whole():
    assert len(LISTED) > 400
