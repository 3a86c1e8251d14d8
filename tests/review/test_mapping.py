"""An unknown name is mapped by the region's chief; what waits for exactly that name is audited again."""

import pytest

from rxcenter.accounts.roles import Role
from rxcenter.errors import Forbidden, Invalid
from rxcenter.jobs.models import Job
from rxcenter.prescriptions.models import Prescription
from rxcenter.review import catalogue
from rxcenter.review.admin_names import search
from rxcenter.review.mapping import AlreadyMapped, map_name
from rxcenter.review.models import LocalName
from tests.review import rows
from tests.review.rows import AT, F

pytestmark = pytest.mark.django_db
NAME = "神奇安神丸(蓝盒)"


def states(*waiting):
    return [Prescription.objects.get(pk=w.pk).state for w in waiting]


def test_what_waits_for_exactly_this_name_is_audited_again(chief):
    one, two = rows.waiting(unknown=(NAME,)), rows.waiting(F(), unknown=("别的丸", NAME))
    stopped = rows.waiting(F(release="nobody"), unknown=(NAME,), stopped=True)
    near = rows.waiting(unknown=(NAME + " ",))
    known = rows.waiting(F())
    Job.objects.all().delete()
    again = map_name(NAME, ["diazepam"], by=chief, at=AT)
    assert set(again) == {one.pk, two.pk, stopped.pk}
    assert states(one, two, stopped, near, known) == ["auditing"] * 3 + ["in_review"] * 2
    assert set(Job.objects.filter(kind="audit", state="due").values_list("subject", flat=True)) == set(again)
    assert catalogue.current().drugs.find(NAME).ingredients == ("diazepam",)


@pytest.mark.parametrize(
    "role,place", [(Role.PHARMACIST, None), (Role.CHIEF, "H0007"), (Role.OPERATOR, None)]
)
def test_only_the_regions_chief_maps(person, role, place):
    row = rows.waiting(unknown=(NAME,))
    with pytest.raises(Forbidden):
        map_name(NAME, ["diazepam"], by=person("other", role, place), at=AT)
    assert states(row) == ["in_review"]
    assert not LocalName.objects.exists()


@pytest.mark.parametrize("keys", [[], [" "], ["diazepm"], ["diazepam", "no such thing"], ["地西泮"]])
def test_ingredients_are_exact_keys_of_the_catalogue(chief, keys):
    with pytest.raises(Invalid):
        map_name(NAME, keys, by=chief, at=AT)
    assert not LocalName.objects.exists()


def test_a_name_that_is_understood_is_not_mapped_over(chief):
    with pytest.raises(AlreadyMapped):
        map_name("地西泮片", ["warfarin"], by=chief, at=AT)
    map_name(NAME, ["diazepam"], by=chief, at=AT)
    with pytest.raises(AlreadyMapped):
        map_name(NAME, ["warfarin"], by=chief, at=AT)
    assert LocalName.objects.get().ingredients == ["diazepam"]


def test_the_search_finds_keys_and_chinese_names_for_a_person_to_choose():
    assert search("diazepam")[0].key == "diazepam"
    assert search("地西泮")[0].key == "diazepam"
    assert search("") == []


def test_the_page_lists_names_by_how_many_wait_and_only_the_chief_maps(client, pia, chief):
    for _ in range(2):
        rows.waiting(unknown=("常见丸",), at=AT)
    rows.waiting(unknown=("少见丸",), at=AT)
    client.force_login(pia)
    page = client.get("/admin/review/localname/unmapped/?name=常见丸").content.decode()
    assert page.index("常见丸") < page.index("少见丸")
    assert "/localname/map/" not in page
    client.post("/admin/review/localname/map/", {"name": "常见丸", "ingredients": ["diazepam"]})
    assert not LocalName.objects.exists()
    client.force_login(chief)
    page = client.get("/admin/review/localname/unmapped/?name=常见丸&q=地西泮").content.decode()
    assert 'value="diazepam"' in page
    answer = client.post(
        "/admin/review/localname/map/", {"name": "常见丸", "ingredients": ["diazepam"]}, follow=True
    )
    assert "2 张处方重新审核" in answer.content.decode()
    assert "常见丸" not in re_table(answer.content.decode())


def re_table(page: str) -> str:
    return page[page.index("<tbody>") :]
