"""The box in which tokens of remotes are kept: sealed with the installation's keys, opened only to sign a request."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from instep.kernel.errors import Refusal

HIDDEN = "[hidden]"
_CONTEXT = b"instep/connect/secrets/1"
_FORM = "1:"


class SecretsUnreadable(Refusal):
    """What was sealed does not open with any key of this installation. The sealed text is never handed out instead."""

    code = "secrets_unreadable"
    sentence = (
        "The stored sign-in of this connection cannot be opened with the keys of this installation. "
        "Put back the key that sealed it (INSTEP_BOX_KEYS), or sign in to the remote again."
    )
    status = 409


def seal(values: Mapping[str, str]) -> str:
    """Encrypted with the first of SECRET_BOX_KEYS (X-22). Each call gives another text."""
    if not all(isinstance(name, str) and isinstance(value, str) for name, value in values.items()):
        raise TypeError("secrets are text by name")
    plain = json.dumps(dict(values), sort_keys=True).encode()
    return _FORM + _box().encrypt(plain).decode()


def open_(text: str) -> dict[str, str]:
    """What `seal` was given, by any of SECRET_BOX_KEYS. Raises SecretsUnreadable."""
    return json.loads(_opened(text))


def reseal(text: str) -> str:
    """The same secrets under the first key, for a change of keys. Raises SecretsUnreadable."""
    return _FORM + _box().encrypt(_opened(text)).decode()


def redact(text: str, secrets: str | Iterable[str] | Mapping[str, str]) -> str:
    """`text` without any of the secrets (of a mapping: its values), plain or as they look in JSON, a URL or base64.

    For journals and logs (X-22). Give it every value that `open_` brought.
    """
    if isinstance(secrets, str):
        secrets = [secrets]
    elif isinstance(secrets, Mapping):
        secrets = secrets.values()
    # A pasted token may have a line break behind it that does not travel.
    looks = {look for secret in secrets if secret.strip() for look in _looks(secret) | _looks(secret.strip())}
    for look in sorted(looks, key=len, reverse=True):
        text = text.replace(look, HIDDEN)
    return text


def _looks(secret: str) -> set[str]:
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(secret.encode("utf-8", "replace")).decode(),
    }


def _opened(text: str) -> bytes:
    if not text.startswith(_FORM):
        raise SecretsUnreadable
    try:
        return _box().decrypt(text.removeprefix(_FORM).encode())
    except InvalidToken:
        raise SecretsUnreadable from None


def _box() -> MultiFernet:
    keys = list(settings.SECRET_BOX_KEYS)
    if not keys:
        raise SecretsUnreadable
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    """32 bytes from a key of any length, bound to this use. Keys are long random text, so no slow hash is needed."""
    return base64.urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=_CONTEXT).derive(key.encode()))
