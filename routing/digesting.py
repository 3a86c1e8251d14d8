"""What is handed out is what was approved: the digest of the stored document, taken when it was routed."""

import hashlib
import hmac

from routing.models import Order
from rxcenter.ledger.recording import canonical
from rxcenter.prescriptions.models import Prescription


def digest_of(prescription: Prescription) -> bytes:
    """SHA-256 over the canonical form of the document as it is stored."""
    return hashlib.sha256(canonical(prescription.document).encode()).digest()


def altered(order: Order, prescription: Prescription) -> bool:
    """Whether the document was changed since it was routed. An order without a digest is older than this check."""
    if order.digest is None:
        return False
    return not hmac.compare_digest(bytes(order.digest), digest_of(prescription))
