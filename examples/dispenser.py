"""A pharmacy's system: works through what it was offered. Standard library only.

    export RXCENTER_URL=http://127.0.0.1:8000 PHARMACY_KEY=rxk_…      # the demo prints both
    python3 examples/dispenser.py [how many offers, by default 2]

The first one is handed over in part, the rest later, and the last record is corrected; every other one is given back.
"""

import os
import sys
from datetime import datetime
from decimal import Decimal

from centre import Centre, Refused


def offers(centre):
    """What is asked of this pharmacy, oldest first."""
    after = 0
    while after is not None:
        page = centre.get(f"/offers?after={after}")
        yield from page["offers"]
        after = page["next"]


def handover(local_id, lines):
    """One hand-over. `override`: the patient was checked without the code; with it, send {"code": "…"} instead."""
    return {
        "local_id": local_id,  # this pharmacy's own number
        "pharmacist": "YS0331",
        "handed_over_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "lines": lines,
        "override": "known_patient",
        "checked_by": "YS0331",
    }


def fill(centre, claim):
    """Prepares, hands over what is on the shelf, owes the rest, hands that over too, and corrects a batch number."""
    path, token = f"/claims/{claim['claim_id']}", claim["claim_token"]
    mark = claim["claim_id"][-12:]
    centre.post(f"{path}/start", token=token)
    centre.post(f"{path}/ready", token=token)
    part, rest = [], []
    for line in claim["order"]["lines"]:
        half = (
            Decimal(line["remaining"] or 0) // 2
        )  # null: no quantity was written, so all of it goes at once
        part.append({"line": line["line"], **({"quantity": str(half), "owed": True} if half else {})})
        if half:
            rest.append({"line": line["line"], "batch": "A2411"})  # without a quantity: all that is left
    said = centre.post(f"{path}/dispenses", handover(f"{mark}-1", part), token)
    if rest:
        said = centre.post(f"{path}/dispenses", handover(f"{mark}-2", rest), token)
        right = [{**line, "batch": "A2412"} for line in rest]
        said = centre.post(f"/dispenses/{said['dispense_id']}/amend", handover(f"{mark}-2a", right), token)
    return said["state"]


def give_back(centre, claim):
    """The shelf is empty: the next pharmacy is asked."""
    said = centre.post(
        f"/claims/{claim['claim_id']}/return", {"reason": "out_of_stock"}, claim["claim_token"]
    )
    return said["state"]


def main():
    centre = Centre(os.environ["RXCENTER_URL"], os.environ["PHARMACY_KEY"])
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    for n, offer in enumerate(offers(centre)):
        if n == most:
            break
        centre.post(f"/offers/{offer['offer_id']}/stock-answer", {"answer": "immediately"})
        try:
            claim = centre.post("/claims", {"order": offer["order"]})
        except Refused as refused:  # cancelled, expired or taken meanwhile: nothing is lost, go on
            print(offer["prescription_no"], "not claimed:", refused.slug)
            continue
        name = claim["prescription"]["patient"]["name"]
        act = fill if n % 2 == 0 else give_back
        print(offer["prescription_no"], name, act(centre, claim))


if __name__ == "__main__":
    main()
