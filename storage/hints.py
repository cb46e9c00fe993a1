"""Hints between the processes that share a PostgreSQL database. Nothing depends on their arrival."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from storage.sessions import engine_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import URL
    from sqlalchemy.ext.asyncio import AsyncConnection

CHANNEL = "okno"
LONGEST = 7500
"""PostgreSQL takes no longer hint, in bytes; what doesn't fit is left out."""

_TELL = "SELECT pg_notify($1, said) FROM unnest($2::text[]) AS said"
_AGAIN = 2.0
_TOGETHER = 1000


class Hints:
    """Listens and tells on a connection of its own, from `listen` on."""

    def __init__(self, url: URL) -> None:
        self._engine = engine_for(url, isolation_level="AUTOCOMMIT")
        self._heard: Callable[[dict[str, Any]], None] = lambda _: None
        self._waiting: list[str] = []
        self._news = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    def listen(self, heard: Callable[[dict[str, Any]], None]) -> None:
        """Hand on what others tell from now on; what one tells oneself comes back as well."""
        self._heard = heard
        self._working = asyncio.get_running_loop().create_task(self._work())

    def tell(self, said: Mapping[str, Any]) -> None:
        """Tell everybody, soon."""
        text = orjson.dumps(said).decode()
        if self._working is not None and len(text.encode()) <= LONGEST and len(self._waiting) < _TOGETHER:
            self._waiting.append(text)
            self._news.set()

    async def close(self) -> None:
        """Stop."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        await self._engine.dispose()

    async def _work(self) -> None:
        while True:
            try:
                async with self._engine.connect() as connection:
                    await self._talk(connection)
            except Exception:  # noqa: BLE001 (hints are no promise: whatever it was, it is tried again)
                await asyncio.sleep(_AGAIN)

    async def _talk(self, connection: AsyncConnection) -> None:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        raw.add_termination_listener(lambda _: self._news.set())
        try:
            await raw.add_listener(CHANNEL, self._receive)
            while not raw.is_closed():
                await self._news.wait()
                self._news.clear()
                told, self._waiting = self._waiting, []
                if told:
                    await raw.execute(_TELL, CHANNEL, told)
        finally:
            raw.terminate()  # without a word to the server, which may not answer

    def _receive(self, _connection: object, _process: int, _channel: str, said: str) -> None:
        try:
            found = orjson.loads(said)
        except ValueError:
            return
        if isinstance(found, dict):
            self._heard(found)
