"""Calls of the Bot API: aiogram's methods as the words, plain JSON as the answers.

aiogram's own session reads every answer into a model and calls it a failure when a field it expects is missing;
a message that was sent would then be sent again. Here only what is needed is read, and what can go wrong is told
apart by what is known of the request: it never left, it was refused, or nobody knows.
"""

from __future__ import annotations

import asyncio
import urllib.request
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
from pydantic import BaseModel

from bot.messengers.telegram.connections import CONNECT, BrokenOffError, Connections, NoConnectionError
from bot.messengers.telegram.library import PRODUCTION, Default, TelegramAPIServer
from bot.messengers.telegram.reading import parsed
from bot.messengers.telegram.upload import SpooledFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiogram.methods import TelegramMethod

SECONDS = 20.0
"""How long a call may take."""

SECONDS_WITH_FILES = 600.0
"""The same when it brings a file."""

_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
_JSON = {"Content-Type": "application/json"}
_CHATS = ("chat_id", "from_chat_id")
_CHUNK = 64 * 1024


class WireError(Exception):
    """A call that brought no result; the text says why and holds no secret and nothing anybody wrote."""


class NotReachedError(WireError):
    """The request never left: no connection could be made."""


class CutOffError(WireError):
    """The request began and its end is unknown."""


class ApiError(WireError):
    """Telegram answered that it didn't do it. `retry_after` in seconds, `migrate_to` the chat's new id."""

    def __init__(
        self, code: int, description: str, *, retry_after: float | None = None, migrate_to: str | None = None
    ) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after
        self.migrate_to = migrate_to

    def says(self, *sentences: str) -> bool:
        """Whether Telegram's sentence contains one of these, in any case."""
        said = self.description.lower()
        return any(sentence.lower() in said for sentence in sentences)


class Wire:
    """One bot's connection. Lives in one event loop; `close` lets go of it."""

    def __init__(self, token: str, api_base: str | None) -> None:
        self._token = token
        self._server = TelegramAPIServer.from_base(api_base) if api_base else PRODUCTION
        self._proxy = None if api_base else _proxy()
        self._connections: Connections | None = None
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: TelegramMethod[Any], *, seconds: float | None = None) -> Any:
        """Make the call; the result as JSON. Raises a WireError when there is none."""
        given = {name: getattr(method, name) for name in method.model_fields_set}
        files: dict[str, SpooledFile] = {}
        body = {name: _given(name, value, files) for name, value in given.items() if value is not None}
        if files:
            form = _form(body, files)
            return await self._post_by_session(method.__api_method__, form, seconds or SECONDS_WITH_FILES)
        return await self._post(method.__api_method__, orjson.dumps(body), seconds or SECONDS)

    async def _post(self, name: str, body: bytes, seconds: float) -> Any:
        """A call without files, which nearly all are: the short way, where no proxy is between."""
        if self._proxy is not None:
            return await self._post_by_session(name, body, seconds)
        if self._connections is None:
            self._connections = Connections(self._server.api_url(self._token, ""))
        try:
            status, raw = await self._connections.post(name, body, seconds)
        except NoConnectionError as error:
            raise NotReachedError(str(error)) from None
        except (BrokenOffError, TimeoutError) as error:
            raise CutOffError(str(error)) from None
        return _result(status, raw)

    async def _post_by_session(self, name: str, data: bytes | aiohttp.FormData, seconds: float) -> Any:
        url = self._server.api_url(self._token, name)
        timeout = aiohttp.ClientTimeout(total=seconds, connect=CONNECT)
        headers = _JSON if isinstance(data, bytes) else {}
        try:
            async with self._http().post(url, data=data, headers=headers, timeout=timeout) as answer:
                return _result(answer.status, await answer.read())
        except _NO_CONNECTION as error:
            raise NotReachedError(type(error).__name__) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise CutOffError(type(error).__name__) from None

    async def download(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of a file that getFile named."""
        url = self._server.file_url(self._token, path)
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT, sock_read=SECONDS)
        try:
            async with self._http().get(url, timeout=timeout) as answer:
                if answer.status != 200:
                    raise ApiError(answer.status, "the file can't be had")
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    yield chunk
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise CutOffError(type(error).__name__) from None

    def _http(self) -> aiohttp.ClientSession:
        """The session, made when it is first needed. Only to Telegram's own server by the system's proxy."""
        if self._session is None or self._session.closed:
            # delivery bounds what is in flight, and receiving waits for none of it
            everybody = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(
                connector=everybody,
                cookie_jar=aiohttp.DummyCookieJar(),
                proxy=self._proxy,
            )
        return self._session

    async def close(self) -> None:
        """Let go of the connections."""
        if self._connections is not None:
            self._connections.close()
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # lets transports close


def _proxy() -> str | None:
    """The system's proxy on the way to Telegram, if one is set; looked up once, not for each request."""
    host = PRODUCTION.base.partition("://")[2].partition("/")[0]
    return None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get("https")


def _result(status: int, raw: bytes) -> Any:
    """The result in an answer, or the error it speaks of."""
    try:
        answer = parsed(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "ok" not in answer:
        if status == 503 or (status < 500 and status != 200):
            raise ApiError(status, "no answer of the Bot API's own")
        raise CutOffError(f"HTTP {status} without an answer of the Bot API's own")
    if answer["ok"] is True:
        return answer.get("result")
    raise _told(answer, status)


def _told(answer: dict[str, Any], status: int) -> ApiError:
    """The error that an answer speaks of; what in it isn't as documented counts as not said."""
    code, parameters = answer.get("error_code"), answer.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    after, moved = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
    return ApiError(
        code if isinstance(code, int) and code else status,
        str(answer.get("description") or ""),
        retry_after=max(0.0, float(after)) if isinstance(after, int | float) else None,
        migrate_to=None if moved is None else str(moved),
    )


def _given(name: str, value: Any, files: dict[str, SpooledFile]) -> Any:
    """A field as JSON takes it. Chats are text inside Okno, and numbers in the Bot API."""
    if name in _CHATS and isinstance(value, str) and value.removeprefix("-").isdecimal():
        return int(value)
    return _plain(value, files)


def _plain(value: Any, files: dict[str, SpooledFile]) -> Any:
    """A value as JSON takes it; files are put aside and named. aiogram's defaults are left out."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list):
        return [_plain(item, files) for item in value]
    if isinstance(value, SpooledFile):
        name = f"file{len(files)}"
        files[name] = value
        return f"attach://{name}"
    if isinstance(value, BaseModel):
        return {
            name: _given(name, item, files)
            for name, item in value
            if item is not None and not isinstance(item, Default)
        }
    raise TypeError(f"a {type(value).__name__} has no place in a request")


def _form(body: dict[str, Any], files: dict[str, SpooledFile]) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    for name, value in body.items():
        form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
    for name, file in files.items():
        form.add_field(name, file.open(), filename=file.filename or name)
    return form
