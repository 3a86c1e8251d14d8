"""The words of django-unfold that Django's own catalogues do not translate: named here so that ours do."""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

WORDS = (
    _("Add new item"), _("Add row"), _("All applications"), _("Apply Filters"), _("Cancel"), _("Changes"),
    _("Choose file to upload"), _("Click to cancel"), _("Click to download"), _("Collapse"), _("Current file"),
    _("Dark"), _("Date"), _("Date from"), _("Date to"), _("Edit"), _("Expand row"), _("Filters"), _("From"),
    _("General"), _("Go back"), _("Image preview"), _("Light"), _("Loading more results..."), _("More actions"),
    _("Name"), _("Next"), _("No data"), _("No recent searches"), _("No results found"),
    _("No results matching your query"), _("Not enough data."), _("Previous"), _("Recent searches"),
    _("Record picture"), _("Reset filters"), _("Return to site"), _("Row"), _("Run"), _("Search apps and models..."),
    _("Select action"), _("Select action to run"), _("Select all rows"), _("Select record"), _("Select value"),
    _("Submit"), _("System"), _("This item will be deleted."), _("To"), _("Toggle password visibility"), _("True"),
    _("False"), _("Type to search"), _("Update"), _("Value"), _("Welcome back to"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("After you've created a user, you’ll be able to edit more user options."),
    _("You have been successfully logged out from the administration"),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password "
        'using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
)  # fmt: skip
FOUND = ngettext_lazy(
    "\n                Found %(counter)s result in %(time)s seconds\n            ",
    "\n                Found %(counter)s results in %(time)s seconds\n            ",
    "counter",
)
