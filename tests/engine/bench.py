"""A pump with handlers that note what they are given, and an intake before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot.health import Health
from bot.intake import Intake
from bot.pump import Handlers, Pump
from domain.events import ChatSeen, Edited, Event, PersonSeen, RawEvent, Wrote
from domain.messages import Content
from domain.policy import Policy
from domain.richtext import plain
from domain.work import Effects
from storage import Connection, journal
from storage.journal import JournalRow
from tests.engine.virtual import START, FakeMessenger, InlineDatabase, clock, committer, now

POLICY = Policy(desks=())


class Speaking(FakeMessenger):
    """Payloads are small tables of what was written."""

    def convert(self, payload: Any) -> Event:
        chat, author = ChatSeen(payload["chat"], "private"), PersonSeen("p", "Anna")
        content = Content(text=plain(payload["text"]))
        if payload.get("edit"):
            return Edited(chat, author, payload["text"], content, START)
        return Wrote(chat, author, payload["text"], content, START, album=payload.get("album"))


class Bench:
    """A pump with handlers that note what they are given."""

    def __init__(self, busy: Callable[[], bool] = lambda: False, takes: float = 0.001) -> None:
        self.handled: list[tuple[float, list[str]]] = []
        self.given_up: list[tuple[int, str]] = []
        self.fails: dict[str, int] = {}
        self.messenger = Speaking()
        self.health = Health()
        self.number = 0
        self.db = InlineDatabase(busy, takes)
        self.pump = Pump(
            committer(self.db, self.health),
            POLICY,
            Handlers(self._handle, self._give_up),
            lambda _: None,
            clock,
            self.health,
        )
        self.intake = Intake(
            committer(self.db, self.health), POLICY, self.pump, lambda _: None, clock, self.health
        )
        self.accept = self.intake.accept("fake", "1")
        self.pump.attach(self.messenger)
        self.pump.go_live("fake")

    def _handle(
        self,
        conn: Connection,
        _p: Policy,
        _now: datetime,
        _m: str,
        ids: Sequence[int],
        events: Sequence[Event],
    ) -> Effects:
        assert len(ids) in (0, len(events))  # none: they are kept as handled
        texts = [e.content.text.text for e in events if isinstance(e, (Wrote, Edited))]
        for text in texts:
            if self.fails.get(text, 0) > 0:
                self.fails[text] -= 1
                raise ValueError("a bug")
        self.handled.append((round(now(), 2), texts))
        for row in ids:
            journal.mark_done(conn, row)
        return Effects()

    def _give_up(
        self, conn: Connection, _p: Policy, _now: datetime, _m: str, row: int, reason: str
    ) -> Effects:
        self.given_up.append((row, reason))
        journal.mark_failed(conn, row, reason)
        return Effects()

    def row(self, text: str, lane: str = "a", position: int | None = None, **more: Any) -> JournalRow:
        self.number += 1
        album = more.pop("key_album", more.get("album") or "")
        return JournalRow(
            self.number,
            "fake",
            "1",
            lane,
            self.number if position is None else position,
            album,
            "{}",
            {"chat": lane, "text": text, **more},
            0,
        )

    @property
    def texts(self) -> list[list[str]]:
        return [texts for _, texts in self.handled]


def raw(text: str, lane: str = "a", position: int = 0, **more: Any) -> RawEvent:
    """An event as a messenger hands it in; its key is its text."""
    payload = {"chat": lane, "text": text, **more}
    return RawEvent(text, lane, position, "{}", more.get("album") or "", payload)
