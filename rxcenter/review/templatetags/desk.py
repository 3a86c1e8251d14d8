"""What the desk's templates need: data texts in the page's language, and a look into a dict."""

from collections.abc import Mapping
from typing import Any

from django import template

from rxcenter.review import saying

register = template.Library()
register.filter("said", saying.said)


@register.filter
def at(mapping: Mapping[str, Any] | None, key: str) -> Any:
    """`mapping|at:key`, None when either is missing."""
    return mapping.get(key) if mapping else None
