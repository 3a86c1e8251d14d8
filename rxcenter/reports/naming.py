"""Rule titles and severity names in the reader's language."""

from django.utils.translation import get_language

from rxcenter.review import catalogue
from rxcenter.review.models import Severity


def rule_titles() -> dict[str, str]:
    """{rule id: title} of the catalogue in use."""
    english = (get_language() or "").startswith("en")
    return {r.id: r.title.en if english else r.title.zh for r in catalogue.current().rules}


def severity_name(level: int) -> str:
    return str(Severity(level).label)
