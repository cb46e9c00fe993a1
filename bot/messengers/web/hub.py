"""Browsers that are looking, and how they learn what changes.

A feed remembers per chat the number its browser has seen. A change that is the next number goes straight out; after
a gap (the browser was away, or slow, or two commits were told in another order) the feed reads what is missing
from the store. So nothing is missed, and nothing is kept for browsers that don't keep up.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from bot.messengers.web import ids, views

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from bot.messengers.web.settings import WebLimits
    from bot.messengers.web.store import Change, Store

PENDING = 128
"""So many changes wait for a slow browser; beyond that it reads them from the store."""

DIRECT = 32
"""So many answers to presses wait for a slow browser; older ones are dropped."""


class Feed:
    """What one browser is to be told. `own` are a customer's chats; an agent (None) sees every desk."""

    def __init__(self, person: str, own: frozenset[str] | None) -> None:
        self.person = person
        self.own = own or frozenset()
        self.is_agent = own is None
        self._seen: dict[str, int] = {}
        self._newest: dict[str, int] = {}
        self._pending: dict[str, list[tuple[int, str]]] = {}
        self._direct: list[str] = []
        self._woken = asyncio.Event()
        self._ended = False

    def sees(self, chat: str) -> bool:
        """Whether its person may see the chat."""
        return not ids.is_private(chat) if self.is_agent else chat in self.own

    def offer(self, chat: str, seq: int, frame: str) -> None:
        """A change happened."""
        pending = self._pending.setdefault(chat, [])
        if len(pending) < PENDING:
            pending.append((seq, frame))
        self._newest[chat] = max(self._newest.get(chat, 0), seq)
        self._woken.set()

    def hear(self, chat: str, seq: int) -> None:
        """Something up to that number happened in another process, or unheard: it is in the store."""
        if seq > self._newest.get(chat, 0):
            self._newest[chat] = seq
            self._woken.set()

    @property
    def chats(self) -> list[str]:
        """The chats it knows of."""
        return list(self._newest)

    def start(self, chat: str, seen: int, newest: int) -> None:
        """The browser has seen the chat up to `seen`, and there is more up to `newest`."""
        self._seen[chat] = seen
        self._newest[chat] = max(self._newest.get(chat, 0), newest)
        self._woken.set()

    def tell(self, frame: str) -> None:
        """Something for this person alone; best effort."""
        self._direct = [*self._direct[-DIRECT + 1 :], frame]
        self._woken.set()

    def end(self) -> None:
        """No more is to be told: the person signed out."""
        self._ended = True
        self._woken.set()

    async def frames(self, store: Store, limits: WebLimits) -> AsyncIterator[str]:
        """Frames in order, for as long as the browser looks."""
        while not self._ended:
            self._woken.clear()
            direct, self._direct = self._direct, []
            for frame in direct:
                yield frame
            for chat in [c for c, newest in self._newest.items() if newest > self._seen.get(c, 0)]:
                async for frame in self._follow(chat, store, limits):
                    yield frame
            await self._woken.wait()

    async def _follow(self, chat: str, store: Store, limits: WebLimits) -> AsyncIterator[str]:
        """What the browser lacks of one chat."""
        for seq, frame in sorted(self._pending.pop(chat, [])):
            if seq == self._seen.get(chat, 0) + 1:
                self._seen[chat] = seq
                yield frame
        if self._newest[chat] - self._seen.get(chat, 0) > limits.too_far_behind:
            self._seen[chat] = self._newest[chat]
            yield _frame("reset", chat=chat, seq=self._seen[chat])
        while self._newest[chat] > self._seen.get(chat, 0):
            changes, upto = await store.changes(chat, self._seen.get(chat, 0), limits.catch_up)
            for change in changes:
                yield views.change(change)
            if upto == self._seen.get(chat, 0):
                return  # not there yet for a reader; the next change wakes the feed again
            self._seen[chat] = upto
            yield _frame("upto", chat=chat, seq=upto)


class Hub:
    """All feeds. `elsewhere` is told what browsers that look at other processes must learn, if there are any."""

    def __init__(self) -> None:
        self._feeds: set[Feed] = set()
        self.elsewhere: Callable[[dict[str, Any]], None] = lambda _: None

    def join(self, feed: Feed) -> None:
        """The feed is told of changes from now on."""
        self._feeds.add(feed)

    def leave(self, feed: Feed) -> None:
        """The browser is gone."""
        self._feeds.discard(feed)

    def publish(self, changes: Iterable[Change]) -> None:
        """Tell everybody who sees the chats of committed changes."""
        for change in changes:
            feeds = [feed for feed in self._feeds if feed.sees(change.chat)]
            if feeds:
                frame = views.change(change)
                for feed in feeds:
                    feed.offer(change.chat, change.seq, frame)
            self.elsewhere({"web": "change", "at": change.chat, "seq": change.seq})

    def hear(self, said: Mapping[str, Any]) -> None:
        """Another process has told something."""
        match said:
            case {"web": "change", "at": str(chat), "seq": int(seq)}:
                self._hear_change(chat, seq)
            case {"web": "person", "at": str(person), "frame": str(frame)}:
                self._tell(person, frame)
            case {"web": "colleagues", "at": str(person), "frame": str(frame)}:
                self._tell_colleagues(person, frame)
            case {"web": "end", "at": str(person)}:
                self._end(person)

    async def catch_up(self, store: Store) -> None:
        """Whatever wasn't heard is in the store."""
        known = {chat for feed in self._feeds for chat in feed.chats}
        if known:
            for chat, seq in (await store.seqs(sorted(known))).items():
                self._hear_change(chat, seq)

    def _hear_change(self, chat: str, seq: int) -> None:
        for feed in self._feeds:
            if feed.sees(chat):
                feed.hear(chat, seq)

    def tell(self, person: str, kind: str, **values: Any) -> None:
        """Something for one person's browsers alone; nothing depends on its arrival."""
        frame = _frame(kind, **values)
        self._tell(person, frame)
        self.elsewhere({"web": "person", "at": person, "frame": frame})

    def _tell(self, person: str, frame: str) -> None:
        for feed in self._feeds:
            if feed.person == person:
                feed.tell(frame)

    def tell_chat(self, where: str, kind: str, **values: Any) -> None:
        """Something for everybody who looks at a chat; nothing depends on its arrival."""
        frame = _frame(kind, **values)
        for feed in self._feeds:
            if feed.sees(where):
                feed.tell(frame)

    def tell_colleagues(self, person: str, kind: str, **values: Any) -> None:
        """Something of one agent for all the others; nothing depends on its arrival."""
        frame = _frame(kind, **values)
        self._tell_colleagues(person, frame)
        self.elsewhere({"web": "colleagues", "at": person, "frame": frame})

    def _tell_colleagues(self, person: str, frame: str) -> None:
        for feed in self._feeds:
            if feed.is_agent and feed.person != person:
                feed.tell(frame)

    def end(self, person: str) -> None:
        """The person signed out."""
        self._end(person)
        self.elsewhere({"web": "end", "at": person})

    def _end(self, person: str) -> None:
        for feed in self._feeds:
            if feed.person == person:
                feed.end()

    @property
    def looking(self) -> int:
        """How many browsers look now."""
        return len(self._feeds)


def _frame(kind: str, **values: Any) -> str:
    return orjson.dumps({"t": kind, **values}).decode()
