"""A hospital's system: posts a prescription, waits for the decision, reads the feed, cancels. Standard library only.

export RXCENTER_URL=http://127.0.0.1:8000 RXCENTER_KEY=rxk_…      # the demo prints both
python3 examples/placer.py [number of a pharmacy, by default P0001]
"""

import os
import sys
import time
from datetime import datetime

from centre import Centre, Refused

UNDECIDED = ("received", "auditing", "in_review")


def prescription(number, institution, pharmacy):
    """A document in the format rx/1: one drug, for the pharmacy that the patient named."""
    return {
        "format": "rx/1",
        "number": number,
        "revision": 1,
        "kind": "western",
        "setting": "outpatient",
        "issued_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "institution": {"code": institution},
        "department": {"name": "心内科"},
        "prescriber": {"id": "D0815", "title": "attending", "registered": True},
        "patient": {
            "id": {"system": "health_card", "value": number},
            "name": "李秀英",
            "sex": "female",
            "birth_date": "1968-03-02",
            "phone": "13900000000",
        },
        "diagnoses": [{"code": "I10", "name": "高血压"}],
        "items": [
            {
                "line": 1,
                "drug": {"name": "苯磺酸氨氯地平片"},
                "strength": {"value": 5, "unit": "mg"},
                "dose": {"value": 5, "unit": "mg"},
                "route": "oral",
                "frequency": "qd",
                "days": 7,
                "quantity": {"value": 7, "unit": "tablet"},
            }
        ],
        "routing": {"nominated": [pharmacy], "delivery": "pickup"},
    }


def decided(centre, id_, seconds=60):
    """The prescription once it was decided and sent on; a real system reads the feed instead of asking again."""
    end = time.monotonic() + seconds
    while True:
        found = centre.get(f"/prescriptions/{id_}")
        waits = found["state"] in UNDECIDED or (found["state"] == "approved" and not found["orders"])
        if not waits or time.monotonic() > end:
            return found
        time.sleep(0.5)


def news(centre):
    """Every event that is not confirmed yet, oldest first; confirmed when the caller comes back for the next page."""
    while True:
        page = centre.get("/events")
        yield from page["events"]
        if not page["events"]:
            return
        centre.post("/events/ack", {"after": page["next"]})


def main():
    centre = Centre(os.environ["RXCENTER_URL"], os.environ["RXCENTER_KEY"])
    pharmacy = sys.argv[1] if len(sys.argv) > 1 else "P0001"
    number = f"PY-{time.time_ns()}"
    id_ = centre.post("/prescriptions", prescription(number, "H0001", pharmacy))["id"]
    found = decided(centre, id_)
    print("decision:", found["state"])
    for finding in (found["audit"] or {}).get("findings", []):
        print(" ", finding["severity"], finding["rule"], finding["message"]["zh"])
    if found["state"] != "approved":
        return
    print("pickup code:", centre.get(f"/prescriptions/{id_}/pickup")["code"])
    for event in news(centre):
        if event["prescription"] == id_:
            print("event:", event["type"])
    try:
        said = centre.post(
            f"/prescriptions/{id_}/cancel", {"code": "patient_request", "reason": "患者要求取消"}
        )
        print("cancel:", said["outcome"])
    except Refused as refused:
        print("cancel refused:", refused.slug)


if __name__ == "__main__":
    main()
