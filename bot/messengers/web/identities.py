"""The host product's users: what its signed tokens say of them, and the sessions that are given for such a token.

Both are JWT by HS256. The product signs with `web.identity_secret`; sessions are signed with a key derived from it,
so that a new secret ends them all and nothing about them needs to be stored.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

ALGORITHM = "HS256"
LEEWAY = timedelta(seconds=10)
LONGEST_TOKEN = 8 * 1024
SESSION_LASTS = timedelta(hours=12)
MOST_FIELDS = 20
LONGEST_VALUE = 200
_SESSION = "okno-session"
_NOT_SHOWN = {"sub", "id", "name", "tier", "iss", "aud", "exp", "nbf", "iat", "jti"}


class NotAccepted(Exception):
    """A token proves nothing; its text is a word for the browser: `off`, `expired`, `invalid`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token says its bearer is. `details`: e-mail and whatever else the product tells of them, as text."""

    id: str
    name: str = ""
    tier: str = ""
    details: dict[str, str] = field(default_factory=dict)


class Identities:
    """Reads tokens and gives sessions; refuses all when there is no secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._own = hmac.new(secret.encode(), b"okno sessions", hashlib.sha256).digest() if secret else b""

    def read(self, token: str) -> Identity:
        """Whom the product's token names. Raises NotAccepted."""
        claims = self._claims(token, self._secret)
        user = claims.get("sub", claims.get("id"))
        if not isinstance(user, str | int) or not 0 < len(str(user)) <= LONGEST_VALUE:
            raise NotAccepted("invalid")
        told = {k: _text(v) for k, v in claims.items() if k not in _NOT_SHOWN}
        details = {k[:40]: v for k, v in told.items() if v}
        return Identity(
            str(user),
            _text(claims.get("name")),
            _text(claims.get("tier")),
            dict(list(details.items())[:MOST_FIELDS]),
        )

    def session(self, native: str) -> str:
        """What the customer's frame shows from now on instead of its own secret."""
        until = datetime.now(UTC) + SESSION_LASTS
        return jwt.encode({"sub": native, "aud": _SESSION, "exp": until}, self._own, ALGORITHM)

    def resume(self, session: str) -> str | None:
        """The customer of a session; None when it is over or none."""
        try:
            return str(self._claims(session, self._own, audience=_SESSION)["sub"])
        except (NotAccepted, KeyError):
            return None

    def _claims(self, token: str, key: str | bytes, audience: str | None = None) -> dict[str, Any]:
        if not self._secret:
            raise NotAccepted("off")
        if len(token) > LONGEST_TOKEN:
            raise NotAccepted("invalid")
        try:
            return dict(
                jwt.decode(
                    token,
                    key,
                    [ALGORITHM],
                    audience=audience,
                    leeway=LEEWAY,
                    options={"require": ["exp"], "verify_aud": audience is not None, "verify_sub": False},
                )
            )
        except jwt.ExpiredSignatureError:
            raise NotAccepted("expired") from None
        except jwt.InvalidTokenError:
            raise NotAccepted("invalid") from None


def is_session(credential: str) -> bool:
    """Whether it is a session rather than a browser's own secret, which has no dots."""
    return "." in credential


def _text(value: object) -> str:
    """A simple value as text; lists and tables are not shown."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str | int | float):
        return ""
    return " ".join(str(value).replace("\x00", "").split())[:LONGEST_VALUE]
