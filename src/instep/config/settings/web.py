"""Static files, languages, times and logging."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from instep.config.settings.environment import env
from instep.config.settings.security import DEBUG


def _static_print() -> str:
    """Of all our static files: while they are the same, so are their addresses, and a browser asks for them once."""
    root = Path(__file__).parents[2] / "web" / "static"
    found = sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        found.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


# Where people reach this installation: remotes show it as a link to the record.
SITE_ADDRESS = env.str("INSTEP_SITE", default="http://127.0.0.1:8000")

# The print is in the path, not behind the name: modules import each other by relative paths, which carry it along.
STATIC_URL = "/static/" if DEBUG else f"/static/{_static_print()}/"
# The files are few and ours: served from where they lie, so that the first start needs no collecting step.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 365 * 24 * 3600
WHITENOISE_IMMUTABLE_FILE_TEST = r"^$" if DEBUG else r"^/static/"

LANGUAGE_CODE = "en-au"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"instep": {"level": "INFO"}, "django.security.DisallowedHost": {"level": "ERROR"}},
}
