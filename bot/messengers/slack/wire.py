"""Calls of Slack's Web API through slack_sdk, without its retries: a send that is repeated blindly arrives twice.

What can go wrong is told apart by what is known of the request: it never left, it was refused, or nobody knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import orjson
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

SECONDS = 20.0
"""How long a call may take."""

SECONDS_WITH_FILES = 600.0
"""The same when it brings a file."""

_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
_CHUNK = 64 * 1024
_HOSTS = (".slack.com", ".slack-files.com", ".slack-gov.com")
_PAUSE = 30.0


class WireError(Exception):
    """A call that brought no result; the text says why and holds no secret and nothing anybody wrote."""


class NotReachedError(WireError):
    """The request never left: no connection could be made."""


class CutOffError(WireError):
    """The request began and its end is unknown."""


class ApiError(WireError):
    """Slack answered that it didn't do it. `retry_after` in seconds where it asked for a pause; `needed` a scope."""

    def __init__(self, code: str, *, retry_after: float | None = None, needed: str = "") -> None:
        super().__init__(f"{code} ({needed})" if needed else code)
        self.code = code
        self.retry_after = retry_after
        self.needed = needed


class Wire:
    """One app's connection. Lives in one event loop; `close` lets go of it."""

    def __init__(self, token: str, api_base: str | None) -> None:
        self._token = token
        self._base = api_base
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None
        self.scopes: frozenset[str] = frozenset()
        """What the bot token may do, as Slack's last answer said."""

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session, made when it is first needed. Only to Slack's own server by the system's proxy."""
        if self._session is None or self._session.closed:
            timeout = aiohttp.ClientTimeout(total=SECONDS, connect=10.0)
            # delivery bounds what is in flight, and receiving waits for none of it
            everybody = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(
                connector=everybody, timeout=timeout, trust_env=self._base is None
            )
        return self._session

    @property
    def _api(self) -> AsyncWebClient:
        if self._client is None or self._client.session is not self.session:
            base = self._base or AsyncWebClient.BASE_URL
            self._client = AsyncWebClient(self._token, base, session=self.session, retry_handlers=[])
            self._client.proxy = None  # the session follows the system's proxy where one should
        return self._client

    async def call(self, method: str, *, token: str = "", **given: Any) -> Json:
        """Make the call with what is given, None left out; Slack's answer. Raises a WireError when it brought nothing."""
        form = {name: _plain(value) for name, value in given.items() if value is not None}
        headers = {"Authorization": f"Bearer {token}"} if token else None
        try:
            answer = await self._api.api_call(method, data=form, headers=headers)
        except SlackApiError as error:
            raise _refused(error) from None
        except SlackClientError as error:
            raise CutOffError(type(error).__name__) from None
        except _NO_CONNECTION as error:
            raise NotReachedError(type(error).__name__) from None
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, AttributeError) as error:
            raise CutOffError(type(error).__name__) from None  # slack_sdk takes any JSON for an object
        if granted := answer.headers.get("x-oauth-scopes"):
            self.scopes = frozenset(scope.strip() for scope in granted.split(","))
        return answer.data if isinstance(answer.data, dict) else {}

    async def upload(self, url: str, body: Any) -> None:
        """Bring a file's bytes to the address that Slack gave for them."""
        timeout = aiohttp.ClientTimeout(total=SECONDS_WITH_FILES, connect=10.0)
        headers = {"Content-Type": "application/octet-stream"}
        try:
            async with self.session.post(url, data=body, headers=headers, timeout=timeout) as answer:
                if answer.status != 200:
                    raise ApiError("upload_failed")
        except _NO_CONNECTION as error:
            raise NotReachedError(type(error).__name__) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NotReachedError(type(error).__name__) from None  # nobody sees a file that isn't completed

    async def respond(self, address: str, body: Json) -> None:
        """Answer a press or a command at the address that came with it."""
        try:
            async with self.session.post(address, json=body) as answer:
                if answer.status != 200:
                    raise ApiError("not_answered")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise CutOffError(type(error).__name__) from None

    async def download(self, url: str, *, html: bool) -> AsyncIterator[bytes]:
        """The bytes of a file; Slack wants the token for them, and sends whoever may not to a page to sign in.

        `html`: whether the file itself is a page. The token goes to Slack's own servers alone.
        """
        if not self.is_slacks(url):
            raise ApiError("file_not_found")
        timeout = aiohttp.ClientTimeout(total=None, connect=10.0, sock_read=SECONDS)
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with self.session.get(url, headers=headers, timeout=timeout) as answer:
                _check_file(answer, html=html)
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    yield chunk
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise CutOffError(type(error).__name__) from None

    def is_slacks(self, url: str) -> bool:
        """Whether the address is of Slack's, or of the server in the settings."""
        asked = urlsplit(url)
        if self._base is not None and asked.hostname == urlsplit(self._base).hostname:
            return True
        return asked.scheme == "https" and f".{asked.hostname}".endswith(_HOSTS)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()


def _check_file(answer: aiohttp.ClientResponse, *, html: bool) -> None:
    """Whether what comes is the file. Raises ApiError."""
    if answer.status == 429:
        raise ApiError("ratelimited", retry_after=_PAUSE)
    if answer.status >= 500:
        raise ApiError("service_unavailable")
    if answer.status in (401, 403):
        raise ApiError("access_denied")
    if answer.status != 200:
        raise ApiError("file_not_found")
    if answer.content_type == "text/html" and (answer.history or not html):
        raise ApiError("login_page")


def _plain(value: Any) -> str:
    """A value as a form carries it."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _seconds(wish: str | None) -> float:
    """How long Slack wants to be left alone; what can't be read counts as not said."""
    try:
        return max(0.0, float(wish)) if wish and wish.strip()[:1].isdigit() else _PAUSE
    except ValueError:
        return _PAUSE


def _refused(error: SlackApiError) -> WireError:
    """What an answer that isn't ok means."""
    answer = error.response
    if not isinstance(answer, AsyncSlackResponse):
        if getattr(answer, "status", 0) == 429:
            return ApiError("ratelimited", retry_after=_seconds(answer.headers.get("Retry-After")))
        return CutOffError("no answer of Slack's own")
    body = answer.data if isinstance(answer.data, dict) else {}
    code = str(body.get("error") or "")
    if answer.status_code == 429 or code in ("ratelimited", "rate_limited"):
        after = answer.headers.get("Retry-After") or answer.headers.get("retry-after")
        return ApiError("ratelimited", retry_after=_seconds(after))
    if not code:
        unknown = answer.status_code >= 500 or answer.status_code == 200
        told = f"HTTP {answer.status_code} without an answer of Slack's own"
        return CutOffError(told) if unknown else ApiError(told)
    return ApiError(code, needed=str(body.get("needed") or ""))
