"""One settings file, driven by the environment.

Unset engine addresses mean the embedded engines, which `manage.py up` starts and passes to its children as
environment. In production (`HOTLINE_ENV=production`) a missing or development secret stops the start.
"""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()

PRODUCTION = env.str("HOTLINE_ENV", default="development") == "production"
DEBUG = env.bool("HOTLINE_DEBUG", default=False) and not PRODUCTION
DEVELOPMENT_SECRET = "development-only-never-in-production"  # noqa: S105
DEVELOPMENT_KEY = "dev:" + "ZGV2ZWxvcG1lbnQtb25seS1uZXZlci1pbi1wcm9kISE="


def secret(name: str, development: str) -> str:
    """Read a secret from NAME or NAME_FILE; production refuses to start without its own."""
    value: str = env.str(name, default=development)
    if PRODUCTION and value == development:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE): production does not start on a development secret.")
    return value


SECRET_KEY = secret("HOTLINE_SECRET_KEY", DEVELOPMENT_SECRET)
# Rings are "id:base64,…", 32 bytes a key; the first is the one that writes, all of them read.
HOTLINE_DATA_KEYS = secret("HOTLINE_DATA_KEYS", DEVELOPMENT_KEY)
HOTLINE_INDEX_KEYS = secret("HOTLINE_INDEX_KEYS", DEVELOPMENT_KEY)

ALLOWED_HOSTS = env.list("HOTLINE_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("HOTLINE_ORIGINS", default=[])
HOTLINE_DATA_DIR = Path(env.str("HOTLINE_DATA_DIR", default=str(BASE_DIR / ".data")))
HOTLINE_URL = env.str("HOTLINE_URL", default="http://127.0.0.1:8000")
HOTLINE_SWEEP_SECONDS = 2.0
HOTLINE_WATCH_SECONDS = 20.0
HOTLINE_STREAM_SALT = "hotline.live"  # what signs a page's ticket for the event stream
HOTLINE_METRICS_TOKEN = env.str("HOTLINE_METRICS_TOKEN", default="")

INSTALLED_APPS = [
    "hotline",
    "cases.apps.CasesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "cases.apps.HotlineAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_structlog",
    "django_prometheus",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "cases.web.middleware.StaffLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cases.web.middleware.CurrentActor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "cases.web.middleware.SecondFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "hotline.urls"
WSGI_APPLICATION = "hotline.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "cases.web.context.page",
            ],
        },
    },
]

# --- PostgreSQL: the app role serves, the owner role migrates --------------------------------------------------
_NO_ENGINE = "postgresql://hotline_app@127.0.0.1:5432/hotline"
_DATABASE_OPTIONS = {"connect_timeout": 3, "application_name": "hotline"}


def database(url: str) -> dict[str, object]:
    config = env.db_url_config(url)
    return {
        **config,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": env.int("HOTLINE_CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_DATABASE_OPTIONS, **config.get("OPTIONS", {})},
    }


DATABASES = {
    "default": database(env.str("DATABASE_URL", default=_NO_ENGINE)),
    "owner": {
        **database(env.str("DATABASE_OWNER_URL", default=env.str("DATABASE_URL", default=_NO_ENGINE))),
        "CONN_MAX_AGE": 0,
    },
}
DATABASE_ROUTERS = ["hotline.routers.AppRole"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Celery: nudged with ids, swept every two seconds ----------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # mail printed to the console reads as mail
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = True
CELERY_DB_REUSE_MAX = 100
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_QUEUES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 5,
    "visibility_timeout": 60,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.5,
    "interval_max": 1,
}

# The rate limits of sign-in live here; a table, so that a frozen Redis cannot hang the sign-in page.
# What a template wraps in `cache` is kept in the process: parts that say the same to everybody, and nothing of anybody.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "hotline_cache"},
    "template_fragments": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "fragments"},
}

# --- People who sign in ----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "cases.User"
AUTHENTICATION_BACKENDS = ["cases.web.auth.SignInBackend", "cases.web.auth.PolicyBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "cases.web.auth.StaffAccounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
# A whole shift signs in behind one address within minutes; who guesses is stopped by the failed ones.
ACCOUNT_RATE_LIMITS = {
    "login": env.str("HOTLINE_LOGIN_RATE", default="120/m/ip"),
    "login_failed": env.str("HOTLINE_LOGIN_FAILED_RATE", default="10/m/ip,5/5m/key"),
}
# How many proxies in front may name the client's address; 0: a forged header picks no rate limit of its own.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("HOTLINE_TRUSTED_PROXIES", default=0)
# One step of thirty seconds for the way and the typing (RFC 6238, 5.2).
MFA_TOTP_TOLERANCE = 1
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# Posts beyond an operator's open the rooms only with a second factor; a development system asks for none.
HOTLINE_SECOND_FACTOR = env.bool("HOTLINE_SECOND_FACTOR", default=PRODUCTION)
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 13  # a long shift and its hand-over
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION and env.bool("HOTLINE_TLS_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# --- Languages, time, static files -----------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("uk", _("Ukrainian")), ("ru", _("Russian"))]
LOCALE_PATHS = [BASE_DIR / "cases" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static"
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "hotline.storage.HashedFiles"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
PHONENUMBER_DB_FORMAT = "E164"

# --- Channels: unset means the console, so that nothing leaves the house by accident ----------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
globals().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("HOTLINE_MAIL_FROM", default="desk@hotline.invalid")
GATEWAYS = {
    name: env.str(f"{name.upper()}_GATEWAY_URL", default="") for name in ("sms", "telegram", "whatsapp", "ring")
}
# Who may tell of calls and messages: Standard Webhooks secrets (several while one replaces another), Twilio's token.
# Unset, nobody may, and calls are what operators record.
HOTLINE_TELEPHONY_SECRETS = env.list("HOTLINE_TELEPHONY_SECRETS", default=[])
HOTLINE_TWILIO_TOKEN = env.str("HOTLINE_TWILIO_TOKEN", default="")
# The number people call, as it is printed on a child's card. Unset, the card has a blank to write it on.
HOTLINE_LINE_NUMBER = env.str("HOTLINE_LINE_NUMBER", default="")

# --- The partner API -------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["cases.api.auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["cases.api.auth.IsPartner"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cases.api.problems.handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hotline partner API",
    "DESCRIPTION": "Cases that were referred to your organisation with the consent of the people in them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Logs: structured, and never a body, a query value or a local variable --------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "hotline.logs.formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("HOTLINE_LOG_LEVEL", default="WARNING")},
    "loggers": {
        "hotline": {"level": env.str("HOTLINE_LOG_LEVEL", default="INFO")},
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "hotline.logs.NothingPersonal"
