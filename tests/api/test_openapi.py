"""The published API: the committed file is what the code says, its examples run, the docs page needs no network."""

import json
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from rxcenter.api import examples
from rxcenter.prescriptions.models import Prescription
from tests import people

FILE = Path(__file__).parents[2] / "docs" / "openapi.yaml"


def test_the_committed_file_is_up_to_date(tmp_path):
    made = tmp_path / "openapi.yaml"
    with translation.override(settings.LANGUAGE_CODE):  # a page of an earlier test may have left another one
        call_command("spectacular", file=str(made), validate=True, fail_on_warn=True)
    assert made.read_text() == FILE.read_text(), "run: manage.py spectacular --file docs/openapi.yaml"


def test_every_placers_call_is_published_with_the_document_schema():
    spec = yaml.safe_load(FILE.read_text())
    paths = {path.replace("/api/v1", "") for path in spec["paths"]}
    assert {"/prescriptions", "/prescriptions/{id}", "/prescriptions/{id}/amend", "/prescriptions/{id}/cancel",
            "/prescriptions/{id}/double-sign", "/precheck", "/events", "/claims", "/offers"} <= paths  # fmt: skip
    body = spec["paths"]["/api/v1/precheck"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Rx1"}
    assert spec["components"]["schemas"]["Rx1"]["properties"]["format"]


@pytest.mark.django_db
def test_the_example_prescription_can_be_posted_and_the_others_follow(client):
    north = people.north()
    raw = json.dumps(examples.PRESCRIPTION)

    def post(path, body):
        return client.post(f"/api/v1{path}", body, content_type="application/json", headers=north.headers)

    assert post("/precheck", raw).status_code == 200
    answer = post("/prescriptions", raw)
    assert answer.status_code == 201
    assert set(answer.json()) == set(examples.RECEIPT.value)
    bad = {**examples.PRESCRIPTION, "number": "X", "issued_at": "2026-11-21T09:30:00"}
    refused = post("/prescriptions", json.dumps(bad)).json()
    assert refused["problems"][0]["path"] == examples.REFUSAL.value["problems"][0]["path"]
    assert set(refused) == set(examples.REFUSAL.value)
    assert (
        post(f"/prescriptions/{answer.json()['id']}/cancel", json.dumps(examples.CANCEL.value)).status_code
        == 200
    )
    assert Prescription.objects.get().state == "cancelled"


@pytest.mark.django_db
def test_the_docs_page_loads_nothing_from_elsewhere(client):
    page = client.get("/api/docs").content.decode()
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
