"""Which applications the house has, and where its templates are."""

from __future__ import annotations

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    # Before allauth, whose pages it draws anew.
    "instep.web",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "instep.base.identity",
    "instep.base.audit",
    "instep.base.outbox",
    "instep.base.numbering",
    "instep.base.ownership",
    "instep.base.settings",
    "instep.base.tasks",
    "instep.base.intake",
    "instep.base.notices",
    "instep.staff",
    "instep.crm",
    "instep.jobs",
    "instep.costs",
    "instep.billing",
    "instep.connect",
    "instep.config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "instep.web.shell.middleware.FirmMiddleware",
]

ROOT_URLCONF = "instep.config.urls"
WSGI_APPLICATION = "instep.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "identity.User"

# The partials loader stands outermost, then the cache, then cotton: otherwise cotton's app replaces the loaders unseen.
_LOADERS = [
    (
        "template_partials.loader.Loader",
        [
            (
                "django.template.loaders.cached.Loader",
                [
                    "django_cotton.cotton_loader.Loader",
                    "django.template.loaders.filesystem.Loader",
                    "django.template.loaders.app_directories.Loader",
                ],
            )
        ],
    )
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "loaders": _LOADERS,
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "instep.web.shell.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_htmx.templatetags.django_htmx",
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "instep.web.components.templatetags.instep",
            ],
        },
    }
]

# A component sees its own attributes and what every page knows, not the variables that happen to be around it.
COTTON_ISOLATE_BY_DEFAULT = True
FORM_RENDERER = "instep.web.components.forms.Renderer"
