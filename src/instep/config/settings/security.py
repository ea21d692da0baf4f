"""Keys, cookies, passwords, sign-in and the content security policy."""

from __future__ import annotations

import secrets
from pathlib import Path

from csp.constants import SELF

from instep.config.settings.database import DATA_DIR
from instep.config.settings.environment import env


def _kept_secret(name: str, path: Path) -> str:
    """The secret from the environment, else one made once and kept in the data folder, readable by its owner only."""
    given = env.str(name, default="")
    if given:
        return given
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was first: its key is the one
        draft.unlink()
    return path.read_text().strip()


DEBUG = env.bool("INSTEP_DEBUG", default=False)
SECRET_KEY = _kept_secret("INSTEP_SECRET_KEY", DATA_DIR / "secret_key")
# Keys that encrypt the tokens of remotes; the first encrypts, all decrypt (rotation).
SECRET_BOX_KEYS = [key for key in _kept_secret("INSTEP_BOX_KEYS", DATA_DIR / "box_key").split(",") if key]
# Two installations that share their keys (a staging copy) are told apart by a name: connections of the other only look.
INSTALLATION = env.str("INSTEP_INSTALLATION", default="")
ALLOWED_HOSTS = env.list("INSTEP_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("INSTEP_ORIGINS", default=[])

_https = env.bool("INSTEP_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
if _https:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "instep.web.shell.sign_in.AccountAdapter"
ACCOUNT_FORMS = {"login": "instep.web.shell.sign_in_form.SignInForm"}
ACCOUNT_EMAIL_VERIFICATION = "none"
# A password asked for in the name of somebody who is no user here brings that person no mail.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = env.str("INSTEP_MAIL_FROM", default="instep@localhost")
