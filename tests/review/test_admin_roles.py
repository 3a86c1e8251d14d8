"""Every page of the admin is opened by a role, never by Django's own flags."""

import hashlib
from pathlib import Path

import pytest
import unfold
from django.contrib import admin
from django.test import RequestFactory
from django_otp.plugins.otp_totp.models import TOTPDevice

from rxcenter.accounts import keys
from rxcenter.accounts.admin_scoped import ByRole
from rxcenter.accounts.models import ClientKey, StaffRole
from rxcenter.accounts.roles import Role
from rxcenter.patients.models import MergeCandidate, Person
from rxcenter.review.models import PassPolicy
from tests.review import rows

PAGES = sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)


@pytest.mark.parametrize("model,page", PAGES, ids=lambda x: getattr(getattr(x, "_meta", None), "label", ""))
def test_no_role_no_page(model, page, person):
    root = person("root", is_superuser=True)
    StaffRole.objects.filter(user=root).delete()
    request = RequestFactory().get("/")
    request.user = root
    assert isinstance(page, ByRole)
    allowed = [page.has_view_permission(request), page.has_add_permission(request)]
    allowed += [page.has_change_permission(request), page.has_delete_permission(request)]
    assert not any(allowed)
    assert not page.get_queryset(request).exists()


def opened(client, address):
    return client.get(address).status_code == 200


WHO = {
    "/admin/accounts/user/": {Role.OPERATOR},
    "/admin/accounts/clientkey/": {Role.OPERATOR},
    "/admin/otp_totp/totpdevice/": {Role.OPERATOR},
    "/admin/accounts/institution/": {Role.OPERATOR, Role.REGULATOR},
    "/admin/patients/accesslog/": {Role.OPERATOR, Role.REGULATOR},
    "/admin/patients/mergecandidate/": {Role.OPERATOR, Role.CHIEF},
    "/admin/review/passpolicy/": {Role.CHIEF, Role.REGULATOR},
    "/admin/review/localname/": {Role.PHARMACIST, Role.CHIEF},
    "/admin/review/waiting/": {Role.PHARMACIST, Role.CHIEF},
}


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.CHIEF, Role.REGULATOR, Role.OPERATOR, Role.DISPENSER])
def test_each_role_opens_its_pages_and_no_others(client, person, role):
    client.force_login(person("someone", role))
    assert opened(client, "/admin/")
    assert {address for address in WHO if opened(client, address)} == {
        a for a, may in WHO.items() if role in may
    }


def test_a_role_for_one_hospital_opens_nothing_of_the_regions(client, person):
    client.force_login(person("local", Role.OPERATOR, "H0007"))
    assert not any(opened(client, address) for address in WHO)


def test_an_operator_enters_staff_with_roles_and_never_makes_superusers(client, person):
    client.force_login(person("ops", Role.OPERATOR))
    new = {"username": "neu", "usable_password": "true", "password1": rows.PASSWORD, "password2": rows.PASSWORD,
           "roles-TOTAL_FORMS": "1", "roles-INITIAL_FORMS": "0", "roles-0-role": "pharmacist", "is_superuser": "on"}  # fmt: skip
    assert client.post("/admin/accounts/user/add/", new).status_code == 302
    role = StaffRole.objects.select_related("user").get(user__username="neu")
    assert (role.role, role.institution, role.user.is_staff, role.user.is_superuser) == (
        "pharmacist",
        None,
        True,
        False,
    )


def test_a_key_is_seen_without_its_secret_and_taken_back(client, person):
    from django.utils import timezone

    secret = keys.issue(rows.institution(), ["events"], at=timezone.now())
    key = ClientKey.objects.get()
    client.force_login(person("ops", Role.OPERATOR))
    page = client.get(f"/admin/accounts/clientkey/{key.pk}/change/").content.decode()
    assert key.pk in page
    assert secret.rpartition("_")[2] not in page
    assert bytes(key.secret_hash).hex() not in page
    client.post("/admin/accounts/clientkey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert keys.check(secret, at=timezone.now()) is None
    assert client.get("/admin/accounts/clientkey/add/").status_code == 403


def test_an_identity_conflict_is_settled_with_a_reason(client, person):
    pair = [Person.objects.create(created_at=rows.AT) for _ in range(2)]
    row = MergeCandidate.objects.create(
        first=pair[0], second=pair[1], prescription="00000000-0000-0000-0000-000000000001", created_at=rows.AT
    )
    address = f"/admin/patients/mergecandidate/{row.pk}/change/"
    client.force_login(person("ops", Role.OPERATOR))
    client.post(address, {"answer": "one", "why": ""})
    row.refresh_from_db()
    assert row.state == "open"
    client.post(address, {"answer": "one", "why": "same card, new number"})
    row.refresh_from_db()
    pair[1].refresh_from_db()
    assert (row.state, row.decided_by, pair[1].merged_into) == ("merged", "ops", pair[0])
    assert client.post(address, {"answer": "two", "why": "no"}).status_code == 403


def test_the_pass_policy_is_ended_never_rewritten(client, chief):
    client.force_login(chief)
    new = {"setting": "outpatient", "institution_kind": "hospital", "drug_group": "*", "automatic": "on",
           "in_force_from": "2026-11-01", "in_force_to": "", "decided_by": "somebody else"}  # fmt: skip
    assert client.post("/admin/review/passpolicy/add/", new).status_code == 302
    row = PassPolicy.objects.get()
    assert (row.automatic, row.decided_by) == (True, "主任")
    change = {**new, "setting": "emergency", "automatic": "", "in_force_to": "2026-12-01"}
    client.post(f"/admin/review/passpolicy/{row.pk}/change/", change)
    row.refresh_from_db()
    assert (row.setting, row.automatic, str(row.in_force_to)) == ("outpatient", True, "2026-12-01")
    internet = {**new, "setting": "internet"}
    assert client.post("/admin/review/passpolicy/add/", internet).status_code == 200  # not offered, not taken
    assert PassPolicy.objects.count() == 1


def sign_in(client, **given):
    return client.post("/admin/login/?next=/admin/", {"username": "pia", "password": rows.PASSWORD, **given})


def test_a_second_factor_is_asked_of_those_who_have_one(client, pia):
    from django_otp.oath import TOTP

    assert sign_in(client).status_code == 302
    client.logout()
    device = TOTPDevice.objects.create(user=pia, name="phone", confirmed=True)
    answer = sign_in(client)
    assert answer.status_code == 200
    assert "请输入身份验证器上的六位验证码" in answer.content.decode()
    assert sign_in(client, otp_token="000000").status_code == 200
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    token = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift).token()
    assert sign_in(client, otp_token=f"{token:06d}").status_code == 302
    assert client.get("/admin/").status_code == 200


def test_five_wrong_passwords_lock_and_the_page_says_so(client, pia):
    for _ in range(5):
        answer = sign_in(client, password="wrong")
    assert answer.status_code == 429
    assert "15 分钟" in answer.content.decode()


@pytest.mark.parametrize("language,word", [("zh-hans", "登录"), ("en", "Log in")])
def test_the_sign_in_page_offers_both_languages(client, db, language, word):
    client.cookies["django_language"] = language
    page = client.get("/admin/login/").content.decode()
    assert word in page
    assert "简体中文" in page
    assert "English" in page


# The originals of the templates that ours replace. When one changes, carry the change over and note the new sum here.
REPLACED = {
    "unfold/layouts/skeleton.html": "66af9f0bb45f98ba4e16ba5e5a11f36d87b8e07430d19066d088b29548491c2e",
    "unfold/helpers/welcomemsg.html": "e8eab02522ba2319b937086bbcb6bf2a2bbe1489d236ad90ff23edbe070a7d6b",
    "unfold/helpers/command.html": "ae6ce324d85366131fc82945b3c35c1b980829229508343993e6adcbee4c975d",
    "admin/change_form.html": "e9824d4d8a447d9741a1fe4a83180042ac11383bd51678e2b5e40460fa42d86a",
    "admin/login.html": "13deb7765ce366590d73a58f260f438aa8a3580851a7540b542c451e445c6b78",
    "admin/index.html": "9fdb849b7da18ccde0e5dda1923465830718700726570ea70554bffe1f012115",
}


@pytest.mark.parametrize("name,sum_", REPLACED.items())
def test_the_themes_originals_are_those_we_replaced(name, sum_):
    original = Path(unfold.__file__).parent / "templates" / name
    assert hashlib.sha256(original.read_bytes()).hexdigest() == sum_
    assert (Path(__file__).resolve().parents[2] / "rxcenter" / "templates" / name).exists()
