"""A new installation is made usable from the command line: its register, its staff, its first key."""

import pytest
from django.core.management import CommandError, call_command

from routing.models import Dispenser
from rxcenter.accounts.models import Institution, StaffRole, User
from rxcenter.accounts.roles import Role
from rxcenter.accounts.scopes import Staff
from tests import people

pytestmark = pytest.mark.django_db
HEAD = "code,name,kind,type,level,district"
DISPENSING = HEAD + ",dispenses,in_pool,delivers,delivery_regions,licences,phone,address"


@pytest.fixture
def load(tmp_path):
    """Imports CSV lines as the command does."""

    def run(*lines, encoding="utf-8"):
        path = tmp_path / "register.csv"
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        call_command("import_register", str(path))

    return run


def test_the_first_operator_of_a_new_centre(client, load, capsys):
    load(DISPENSING, "H0001,北方医院,hospital,hospital,3A,北区,yes,no,no,,narcotic;herbal,0951-1,北街 1 号")
    User.objects.create_superuser("first", password=people.PASSWORD)
    client.force_login(User.objects.get(username="first"))
    assert client.get("/admin/accounts/user/").status_code == 403
    call_command("grant_role", "first", "operator")
    assert client.get("/admin/accounts/user/").status_code == 200
    assert "北方医院" in client.get("/admin/accounts/institution/").content.decode()
    call_command("issue_key", "H0001")
    assert capsys.readouterr().out.strip().splitlines()[-1].startswith("rxk_")


def test_a_role_for_one_institution_reaches_no_further():
    people.north()
    user = User.objects.create_user("pia", password=people.PASSWORD)
    call_command("grant_role", "pia", "pharmacist", institution="H0001")
    call_command("grant_role", "pia", "pharmacist", institution="H0001")
    assert StaffRole.objects.count() == 1
    assert Staff(user).codes(Role.PHARMACIST) == {"H0001"}
    assert User.objects.get(username="pia").is_staff  # without it no page opens


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody", "operator"), "nobody"),
        (("pia", "king"), "chief_pharmacist"),
        (("pia", "placer"), "machines"),
        (("pia", "pharmacist", "--institution", "X9"), "X9"),
    ],
)
def test_a_role_that_cannot_be_granted_is_refused_in_words(words, said):
    User.objects.create_user("pia", password=people.PASSWORD)
    with pytest.raises(CommandError, match=said):
        call_command("grant_role", *words)
    assert not StaffRole.objects.exists()


def test_a_register_with_and_without_dispensers(load):
    load(
        DISPENSING,
        "H0001,北方医院,hospital,hospital,3A,北区,yes,,,,narcotic;injection,0951-1,北街 1 号",
        "P0001,橡树药房,pharmacy,pharmacy,,南区,是,是,是,南区;东区,herbal,0951-2,橡树路 2 号",
        "N0003,云端互联网医院,internet_hospital,hospital,,,no,,,,,,",
        encoding="utf-8-sig",  # as a spreadsheet writes it
    )
    north = Institution.objects.get(pk="H0001")
    assert (north.name, north.kind, north.level, north.district) == ("北方医院", "hospital", "3A", "北区")
    oak = Dispenser.objects.get(pk="P0001")
    assert (oak.in_pool, oak.delivers, oak.delivery_regions) == (True, True, ["南区", "东区"])
    assert oak.licences == ["herbal"]
    assert Dispenser.objects.get(pk="H0001").licences == ["injection", "narcotic"]
    assert not Dispenser.objects.filter(pk="N0003").exists()


def test_importing_again_changes_what_the_file_says_and_nothing_else(load):
    load(DISPENSING, "P0001,橡树药房,pharmacy,pharmacy,,,yes,yes,no,,herbal,0951-2,橡树路")
    Institution.objects.filter(pk="P0001").update(active=False)
    load(HEAD, "P0001,新橡树药房,pharmacy,pharmacy,,西区")
    place = Institution.objects.get()
    assert (place.name, place.district, place.active) == ("新橡树药房", "西区", False)
    assert Dispenser.objects.get().licences == ["herbal"]  # the second file says nothing of dispensing


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((HEAD, "H1,甲,hospitl,hospital,,"), "line 2: kind: 'hospitl'"),
        ((HEAD, "H1,,hospital,hospital,,"), "line 2: name"),
        ((HEAD, "H 1,甲,hospital,hospital,,"), "line 2: code: 'H 1'"),
        (
            (HEAD, "H1,甲,hospital,hospital,,", "H1,乙,hospital,hospital,,"),
            "line 3: code: 'H1' stands in line 2",
        ),
        ((HEAD, "H1,甲,pharmacy,hospital,,"), "line 2: type: 'hospital'"),
        ((HEAD, "H1,甲,hospital"), "line 2: 3 fields"),
        (("code,name", "H1,甲"), "kind, type"),
        ((HEAD + ",colour", "H1,甲,hospital,hospital,,,red"), "colour"),
        ((DISPENSING, "P1,甲,pharmacy,pharmacy,,,yes,,,,herbals,,"), "line 2: licences: 'herbals'"),
        ((DISPENSING, "P1,甲,pharmacy,pharmacy,,,perhaps,,,,,,"), "line 2: dispenses: 'perhaps'"),
        ((HEAD, "H1," + "甲" * 201 + ",hospital,hospital,,"), "line 2: name"),
        ((HEAD, 'H1,"甲" x,hospital,hospital,,'), "line 2"),
        (('"a" x', "H1"), "line 1"),
        ((HEAD, "H\x001,甲,hospital,hospital,,"), "line 2: code"),
        ((HEAD,), "no institutions"),
    ],
)
def test_one_bad_line_and_nothing_is_imported(load, capsys, lines, said):
    commas = lines[0].count(",")
    good = "G1,好医院,hospital,hospital" + "," * (commas - 3)
    with pytest.raises(CommandError) as refused:
        load(*lines, *([good] if len(lines) > 1 else []))
    assert said in str(refused.value) + capsys.readouterr().err
    assert not Institution.objects.exists()


def test_a_file_that_is_not_utf8_is_refused_in_words(load):
    with pytest.raises(CommandError, match="UTF-8"):
        load(HEAD, "H1,北方医院,hospital,hospital,,", encoding="gb18030")
