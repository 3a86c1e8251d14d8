"""django-unfold's look of the review desk. The sidebar is filled by the rooms' admin modules."""

UNFOLD: dict[str, object] = {
    "SITE_TITLE": "区域处方审核流转中心",
    "SITE_HEADER": "区域处方审核流转中心",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}
