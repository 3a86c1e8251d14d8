"""The catalogue that audits run with: the shipped one plus the names that chief pharmacists have mapped."""

from audit_rules.catalogue import Catalogue
from rxcenter.review.models import LocalName

_loaded: tuple[object, Catalogue] | None = None


def current() -> Catalogue:
    """The catalogue of this moment; loaded anew in this process when a name has been mapped (one cheap query)."""
    global _loaded
    names = dict(LocalName.objects.order_by("name").values_list("name", "ingredients"))
    key = tuple((name, tuple(ingredients)) for name, ingredients in names.items())
    if _loaded is None or _loaded[0] != key:
        _loaded = key, Catalogue.load(extra_names=dict(key))
    return _loaded[1]
