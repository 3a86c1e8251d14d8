"""The one settings file. Everything that differs between machines comes from the environment."""

import os
from datetime import timedelta
from pathlib import Path

from rxcenter import environment
from rxcenter.theme import UNFOLD  # noqa: F401  (read by django-unfold)

BASE_DIR = Path(__file__).resolve().parent.parent
_env = environment.require(
    "RXCENTER_SECRET_KEY",
    "RXCENTER_KEK",
    "RXCENTER_INDEX_KEY",
    "RXCENTER_LEDGER_KEY",
    "DATABASE_URL",
    "REDIS_URL",
)

MODE = os.environ.get("RXCENTER_MODE", "production")  # production | demo | test
DEBUG = False
SECRET_KEY = _env["RXCENTER_SECRET_KEY"]
KEKS = environment.versioned_keys("RXCENTER_KEK", _env["RXCENTER_KEK"])
INDEX_KEY = environment.hex_key("RXCENTER_INDEX_KEY", _env["RXCENTER_INDEX_KEY"])
LEDGER_KEY = environment.hex_key("RXCENTER_LEDGER_KEY", _env["RXCENTER_LEDGER_KEY"])
ALLOWED_HOSTS = os.environ.get("RXCENTER_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("RXCENTER_ORIGINS", "").split(",") if o]
REGION_NAME = os.environ.get("RXCENTER_REGION_NAME", "示范区")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rxcenter.accounts",
    "rxcenter.ledger",
    "rxcenter.jobs",
    "rxcenter.patients",
    "rxcenter.prescriptions",
    "rxcenter.review",
    "routing",
    "rxcenter.notify",
    "rxcenter.reports",
    "rxcenter.api",
    "rxcenter.health",
    "rxcenter.demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "rxcenter.api.lane.ApiLane",  # /api/ goes straight to its view: no session, cookie or CSRF machinery
    "rxcenter.plain_requests.PlainRequests",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "rxcenter.accounts.sessions.IdleTimeout",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "rxcenter.urls"
WSGI_APPLICATION = "rxcenter.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "rxcenter" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

DATABASES = {"default": environment.database(_env["DATABASE_URL"])}
if MODE == "test":  # lets tests empty the append-only tables of a database whose name begins with "test"
    DATABASES["default"]["OPTIONS"] |= {"options": "-c rxcenter.test_database=on"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = _env["REDIS_URL"]

# Staff
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "admin:login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [
    ["username", "ip_address"]
]  # never on the name alone: that would lock pharmacists out
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_IPWARE_PROXY_COUNT = int(os.environ.get("RXCENTER_PROXIES", "0"))
SESSION_IDLE_SECONDS = int(os.environ.get("RXCENTER_IDLE_SECONDS", 15 * 60))
SESSION_COOKIE_AGE = 10 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# Transport: production is behind TLS; the demo and the tests are plain HTTP on the loopback interface.
_tls = MODE == "production" and os.environ.get("RXCENTER_TLS", "1") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _tls
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _tls else None
SECURE_HSTS_SECONDS = 31_536_000 if _tls else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _tls
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        # unfold and htmx set inline styles; scripts stay strict.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # a list of up to 100 documents; each document is held to 1 MB

# Languages
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "rxcenter" / "locale"]
TIME_ZONE = os.environ.get("RXCENTER_TIME_ZONE", "Asia/Shanghai")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("RXCENTER_STATIC_ROOT", BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "rxcenter" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if MODE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = MODE == "test"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rxcenter.api.authentication.ClientKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rxcenter.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "rxcenter.api.problems.handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "rxcenter",
    "OAS_VERSION": "3.1.0",  # its schemas are JSON Schema, as the rx/1 schema is
    "VERSION": "1",
    "DESCRIPTION": "Prescription audit and circulation centre: post, audit, review, route, claim, dispense.",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["rxcenter.api.openapi.add_document_schema"],
}

# What the region decides
AUDIT_PROFILE = os.environ.get("RXCENTER_AUDIT_PROFILE", "regional")
# Wrong pickup codes that one dispenser may show in a day, over all prescriptions, before it is locked out until tomorrow
PROOFS_PER_DAY = int(os.environ.get("RXCENTER_PROOFS_PER_DAY", "100"))
HISTORY_DAYS = 400  # how far back a patient's earlier prescriptions are read for an audit
# Certificate authorities of the region's own networks, for webhook receivers that public ones do not vouch for
WEBHOOK_CA_FILE = os.environ.get("RXCENTER_WEBHOOK_CA_FILE") or None
GROUP_COMMIT = os.environ.get("RXCENTER_GROUP_COMMIT", "1") == "1"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("RXCENTER_LOG_LEVEL", "INFO")},
    "loggers": {"axes": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
