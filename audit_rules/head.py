"""What a prescription says beside its lines and its patient, as far as rules ask for it before they run."""

from typing import NamedTuple

from audit_rules.rx1 import Prescription


class Head(NamedTuple):
    """As posted; blank where it is not sent. `record` = the record of a visit in person is named, `over_supply` = a
    reason for a longer supply is given, `pain_file` = a cancer pain file is named.
    """

    long_term: bool
    signed: bool
    title: str
    registered: bool
    practice: str
    fee_type: str
    routed: bool
    record: bool
    over_supply: bool
    pain_file: bool

    @classmethod
    def of(cls, document: Prescription) -> "Head":
        """The head of a document."""
        who, visit = document.prescriber, document.visit
        reasons, programme = document.reasons, document.programme
        return cls(
            bool(document.long_term),
            bool(document.signature and document.signature.strip()),
            who.title or "",
            bool(who.registered),
            who.practice or "",
            document.fee_type or "",
            document.routing is not None,
            visit is not None and bool(visit.offline_record),
            reasons is not None and bool(reasons.over_supply and reasons.over_supply.strip()),
            programme is not None and bool(programme.cancer_pain_file),
        )
