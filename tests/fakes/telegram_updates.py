"""The updates that wait for the bot: long polling with offsets, or a webhook with retries.

After tdlib/telegram-bot-api: an update is forgotten when a later call asks from beyond it; a second poll ends the
first with 409; a repeated offset within half a second gets one update only.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import aiohttp

from tests.fakes.telegram_world import ApiError, Json, bad

LEFT_OUT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds that come only when asked for."""

_OTHER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_SET = "Conflict: terminated by setWebhook request"
_HOOKED = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


class Updates:
    """The queue of one bot. `retry` is how long a webhook waits before it tries again (doubling, up to 2 s)."""

    def __init__(self, *, retry: float = 0.05) -> None:
        self.waiting: deque[Json] = deque()
        self.allowed: frozenset[str] | None = None
        self.webhook = ""
        self.secret = ""
        self.last_error = ""
        self.retry = retry
        self.next_id = 500_000_000
        self._poll: asyncio.Future[str] | None = (
            None  # a waiting poll: "" when something came, else why it ends
        )
        self._asked: tuple[int, float] = (0, 0.0)
        self._news = asyncio.Event()
        self._delivery: asyncio.Task[None] | None = None

    def push(self, kind: str, body: Json, *, force: bool = False) -> None:
        """Queue an update, unless its kind wasn't asked for."""
        wanted = kind not in LEFT_OUT if self.allowed is None else kind in self.allowed
        if not wanted and not force:
            return
        self.push_raw({kind: body})

    def push_raw(self, body: Json) -> None:
        """Queue an update as it is; it gets the next id unless it brings one."""
        self.waiting.append({"update_id": self.next_id} | body)
        self.next_id += 1
        self._news.set()
        if self._poll is not None and not self._poll.done():
            self._poll.set_result("")

    def allow(self, kinds: Sequence[str] | None) -> None:
        """Set what is asked for; leaving it out keeps what was, an empty list restores the default."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    async def get(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """getUpdates."""
        if self.webhook:
            raise ApiError(409, _HOOKED)
        now = time.monotonic()
        same, before = self._asked[0] == offset, self._asked[1]
        if same and seconds < 3 and now < before + 3:
            seconds = 3
        if same and now < before + 0.5:
            limit = 1
        self._asked = (offset, now)
        self._forget(offset)
        if not self.waiting and seconds:
            await self._wait(seconds)
        return [self.waiting[i] for i in range(min(max(limit, 1), 100, len(self.waiting)))]

    def _forget(self, offset: int) -> None:
        if offset < 0:
            while len(self.waiting) > -offset:
                self.waiting.popleft()
        while self.waiting and offset > 0 and self.waiting[0]["update_id"] < offset:
            self.waiting.popleft()

    async def _wait(self, seconds: float) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(_OTHER)
        poll = self._poll = asyncio.get_running_loop().create_future()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if ended := await poll:
                    raise ApiError(409, ended)

    def set_webhook(self, url: str, secret: str, kinds: Sequence[str] | None, *, drop: bool) -> None:
        """setWebhook, and deleteWebhook with an empty address."""
        if secret and not all(c.isascii() and (c.isalnum() or c in "_-") for c in secret):
            raise bad("secret token contains unallowed characters")
        if drop:
            self.waiting.clear()
        self.allow(kinds)
        self.webhook, self.secret = url, secret
        if self._poll is not None and not self._poll.done() and url:
            self._poll.set_result(_SET)
        if self._delivery is not None:
            self._delivery.cancel()
            self._delivery = None
        if url:
            self._delivery = asyncio.create_task(self._deliver())

    async def _deliver(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                while self.waiting:
                    await self._deliver_one(session, self.waiting[0])
                    self.waiting.popleft()
                self._news.clear()
                await self._news.wait()

    async def _deliver_one(self, session: aiohttp.ClientSession, update: Json) -> None:
        """Post one update until it is taken. (Telegram keeps a queue per chat; one for all is stricter.)"""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        pause = self.retry
        while True:
            try:
                async with session.post(self.webhook, json=update, headers=headers) as answer:
                    if 200 <= answer.status <= 299:
                        self.last_error = ""
                        return
                    self.last_error = f"Wrong response from the webhook: {answer.status} {answer.reason}"
            except (aiohttp.ClientError, TimeoutError) as error:
                self.last_error = f"Connection failed: {error}"
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def close(self) -> None:
        """Let waiting polls go and stop delivering."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(_OTHER)
        if self._delivery is not None:
            self._delivery.cancel()
            with suppress(asyncio.CancelledError):
                await self._delivery
