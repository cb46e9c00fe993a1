"""Who is at the other end of a request: customers by their browser's secret or their product's word for them, agents
by a session they signed in to.

A page of Okno's own keeps the customer's secret in a cookie. The widget's frame stands in a foreign page, where
cookies are not to be relied on: it keeps its secret itself and shows it with every request.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web

from bot.messengers.web import convert, ids
from bot.messengers.web.identities import Identities, NotAccepted, is_session
from bot.messengers.web.limits import Window
from bot.messengers.web.strings import LOCALES, words

if TYPE_CHECKING:
    from bot.messengers.web.settings import WebLimits, WebSettings
    from bot.messengers.web.store import Person, Store

CUSTOMER_COOKIE = "okno_customer"
STAFF_COOKIE = "okno_staff"
LOCALE_COOKIE = "okno_locale"
FRAME_SHOWS = "X-Okno-Customer"
FRAME_LOCALE = "X-Okno-Locale"
SOCKET_PROTOCOL = "okno"
"""A socket of a frame names this protocol and, as a second one, its secret: sockets carry no headers of a page."""

CUSTOMER_LASTS = 400 * 24 * 3600
STAFF_LASTS = 60 * 24 * 3600
KNOWN_CUSTOMERS = 5_000
_ZONE = re.compile(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9_+-]+){0,3}")


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who may do something, and where: a customer in their own chat, an agent in every desk."""

    person: Person
    own_chat: str | None

    def may_enter(self, chat: str) -> bool:
        """Whether the chat is theirs."""
        if self.own_chat is not None:
            return chat == self.own_chat
        return ids.is_desk(chat)


class Doorkeeper:
    """Tells people apart, and turns away what comes from other sites or too often."""

    def __init__(self, settings: WebSettings, limits: WebLimits, store: Store, default_locale: str) -> None:
        self._settings = settings
        self._store = store
        self._default_locale = default_locale if default_locale in LOCALES else LOCALES[0]
        self._public = urlsplit(settings.public_url) if settings.public_url else None
        self._identities = Identities(settings.identity_secret)
        self._known: OrderedDict[str, Person] = OrderedDict()
        self._changes = Window(limits.changes)
        self._changes_here = Window(limits.changes_per_address)
        self._customers_here = Window(limits.customers_per_address)
        self._identifying = Window(limits.identities_per_address)
        self._sign_ins = Window(limits.sign_ins_per_address)

    # where requests come from

    def address(self, request: web.Request) -> str:
        """The browser's address; a proxy on this machine is believed when the settings say that there is one."""
        remote = request.remote or ""
        forwarded = request.headers.get("X-Forwarded-For", "")
        if self._public is not None and forwarded and remote in ("127.0.0.1", "::1"):
            return forwarded.rsplit(",", 1)[-1].strip()
        return remote

    def check_origin(self, request: web.Request) -> None:
        """Only Okno's own pages may change anything. Browsers always say where a POST or a socket comes from."""
        origin = urlsplit(request.headers.get("Origin", ""))
        known = {request.host}
        if self._public is not None:
            known.add(self._public.netloc)
        if origin.scheme not in ("http", "https") or origin.netloc not in known:
            raise web.HTTPForbidden(text="origin")

    def check_rate(self, request: web.Request, person: str, deed: str) -> None:
        """Raises 429 with how long to wait. Having read something is counted apart: it must not keep one from writing."""
        who = f"{person} read" if deed == "read" else person
        _too_often(max(self._changes.wait(who), self._changes_here.wait(self.address(request))))

    def check_sign_in_rate(self, request: web.Request) -> None:
        """Raises 429 when somebody tries one token after the other."""
        _too_often(self._sign_ins.wait(self.address(request)))

    # who it is

    async def customer_id(self, request: web.Request) -> str:
        """The customer whose browser asks, whether they ever wrote or not. Raises 401.

        The 401 says why: `cookie` (it shows nothing), `expired` (its session is over), `secret` (the conversation
        belongs to somebody who signed in: whoever has only the browser's secret starts anew).
        """
        credential = _credential(request)
        if is_session(credential):
            resumed = self._identities.resume(credential)
            if resumed is None:
                raise web.HTTPUnauthorized(text="expired")
            return resumed
        native = ids.customer_of(credential)
        if native is None:
            raise web.HTTPUnauthorized(text="cookie")
        if await self._store.signs_in(native):
            raise web.HTTPUnauthorized(text="secret")
        return native

    async def identify(self, request: web.Request, token: str) -> tuple[str, str]:
        """The customer whom the product's token names, and a session for them. Raises 403, 429.

        What the same browser wrote before is theirs from now on.
        """
        _too_often(self._identifying.wait(self.address(request)))
        try:
            identity = self._identities.read(token)
        except NotAccepted as reason:
            raise web.HTTPForbidden(text=str(reason)) from None
        anonymous = ids.customer_of(_credential(request))
        person = await self._store.identify(
            anonymous,
            identity,
            ids.user(identity.id),
            self.locale(request),
            self.timezone(request),
            convert.introduced,
        )
        self.forget(person.native)
        return person.native, self._identities.session(person.native)

    async def customer(self, request: web.Request) -> Actor:
        """The customer as an actor, made a person with their first deed. Raises 401, 429."""
        native = await self.customer_id(request)
        locale = self.locale(request)
        timezone = self.timezone(request)
        known = self._known.get(native)
        if known is None or (known.locale, known.timezone or timezone) != (
            locale,
            timezone or known.timezone,
        ):
            if known is None:
                _too_often(self._customers_here.wait(self.address(request)))
            name = words(locale)["guest"].replace("{n}", str(ids.number_of(native)))
            known = await self._store.customer(native, name, locale, timezone)
            self._known[native] = known
            while len(self._known) > KNOWN_CUSTOMERS:
                self._known.popitem(last=False)
        return Actor(known, native)

    def forget(self, native: str) -> None:
        """The customer's record may be gone: look again next time."""
        self._known.pop(native, None)

    async def agent(self, request: web.Request) -> Actor:
        """The agent who is signed in. Raises 401 when nobody is."""
        token = request.cookies.get(STAFF_COOKIE, "")
        person = await self._store.signed_in(token) if token else None
        if person is None:
            raise web.HTTPUnauthorized(text="sign in")
        person.locale = self.locale(request)
        return Actor(person, None)

    def timezone(self, request: web.Request) -> str:
        """The reader's time zone as their browser tells it; empty when it tells none."""
        return _timezone(request.headers.get("X-Okno-Timezone", ""))

    def locale(self, request: web.Request) -> str:
        """The language the reader chose, else the first that their browser asks for and there is."""
        wanted = [request.headers.get(FRAME_LOCALE, ""), request.query.get("lang", "")]
        wanted += [request.cookies.get(LOCALE_COOKIE, "")]
        wanted += [
            part.split(";")[0].strip() for part in request.headers.get("Accept-Language", "")[:200].split(",")
        ]
        for tag in wanted:
            if tag[:2].lower() in LOCALES:
                return tag[:2].lower()
        return self._default_locale

    # cookies

    def give_customer_cookie(self, request: web.Request, response: web.StreamResponse) -> None:
        """The browser keeps, or goes on keeping, the secret that makes it the same person on return."""
        secret = request.cookies.get(CUSTOMER_COOKIE, "")
        if ids.customer_of(secret) is None:
            secret = ids.new_secret()
        self._set(request, response, CUSTOMER_COOKIE, secret, CUSTOMER_LASTS)

    def give_session(self, request: web.Request, response: web.StreamResponse, session: str) -> None:
        """The browser is signed in."""
        self._set(request, response, STAFF_COOKIE, session, STAFF_LASTS)

    def end_session(self, response: web.StreamResponse) -> None:
        """The browser is signed out."""
        response.del_cookie(STAFF_COOKIE, path="/")

    def _set(
        self, request: web.Request, response: web.StreamResponse, name: str, value: str, lasts: int
    ) -> None:
        secure = self._public.scheme == "https" if self._public is not None else request.secure
        response.set_cookie(
            name, value, max_age=lasts, path="/", httponly=True, samesite="Lax", secure=secure
        )


def _credential(request: web.Request) -> str:
    """What the browser shows: a frame's own secret or session, else its cookie."""
    if FRAME_SHOWS in request.headers:
        return request.headers[FRAME_SHOWS]
    offered = [p.strip() for p in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    if len(offered) == 2 and offered[0] == SOCKET_PROTOCOL:
        return offered[1]
    return request.cookies.get(CUSTOMER_COOKIE, "")


@lru_cache(maxsize=1024)
def _timezone(named: str) -> str:
    """The IANA name if it is one."""
    try:
        return ZoneInfo(named).key if _ZONE.fullmatch(named) else ""
    except (ZoneInfoNotFoundError, OSError):
        return ""


def _too_often(wait: float) -> None:
    if wait > 0:
        raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(wait) + 1)}, text="too often")
