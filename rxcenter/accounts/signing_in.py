"""The sign-in form: user name and password, and a token where the person has a confirmed second factor."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_otp import devices_for_user, user_has_device
from django_otp.forms import OTPAuthenticationFormMixin
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES


class SignInForm(OTPAuthenticationFormMixin, AuthenticationForm):
    """Asks for a token only of those who have a device; for them the password alone opens nothing."""

    otp_error_messages = {
        **OTPAuthenticationFormMixin.otp_error_messages,
        "token_required": _("Enter the six-digit code of your authenticator."),
        "invalid_token": _("This code is not right, or was used before. Wait for the next one."),
        "verification_not_allowed": _("Too many wrong codes. Wait a moment and try again."),
    }

    otp_device = forms.CharField(required=False, widget=forms.HiddenInput)
    otp_token = forms.CharField(
        label=_("One-time code"),
        required=False,
        help_text=_("Only if you use an authenticator."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": " ".join(BASE_INPUT_CLASSES),
            }
        ),
    )
    otp_challenge = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        user = self.get_user()
        if user is not None and user_has_device(user):
            self.clean_otp(user)
        return cleaned

    def _chosen_device(self, user: Any) -> Device | None:
        """Six digits are an authenticator's, anything else a recovery code; only that one device is asked."""
        token = (self.cleaned_data.get("otp_token") or "").strip()
        kind = TOTPDevice if token.isdigit() and len(token) <= 8 else StaticDevice
        devices = list(devices_for_user(user))
        return next((d for d in devices if isinstance(d, kind)), devices[0] if devices else None)

    def _update_form(self, user: Any) -> None:
        """The mixin would offer a choice of devices; there is none to make here."""
