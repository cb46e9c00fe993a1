"""Letters in memory with the handlers' side of delivery: what `letters.head` and `delivered.settle` promise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.delivery import Delivery
from bot.health import Health
from bot.messengers.contract import Pacing
from bot.outgoing import Letters
from domain.messages import Attachment, Content
from domain.policy import Policy
from domain.requests import Outcome, Refused, Send, Sent
from domain.richtext import plain
from domain.work import Effects, Lane, Priority, Work
from storage import Connection
from tests.engine.virtual import FakeMessenger, InlineDatabase, clock, committer, now


@dataclass
class Letter:
    id: int
    place: int
    text: str
    state: str = "waiting"
    joined_to: int | None = None


@dataclass
class Settled:
    next: Work | None
    effects: Effects = field(default_factory=Effects)


class Letterbox:
    """Places 0, 1, … lie in chat `place // 10`; chats up to 9 are private."""

    def __init__(
        self,
        pacing: Pacing | None = None,
        busy: Callable[[], bool] = lambda: False,
        db_takes: float = 0.001,
        takes: float = 0.05,
    ) -> None:
        self.letters: list[Letter] = []
        self.priority: dict[int, Priority] = {}
        self.wanted: dict[int, int] = {}
        self.shown: dict[int, int] = {}
        self.sent: list[tuple[float, int, str]] = []  # when, place, what: each time the platform took it
        self.settled: list[int] = []
        self.barely: list[int | None] = []
        self.health = Health()
        self.messenger = FakeMessenger(pacing, takes)
        self.outcome: Callable[[Send], Outcome] = lambda _: Sent(("1",))
        self.messenger.outcome = self._take
        self.db = InlineDatabase(busy, db_takes)
        self.delivery = self.started()

    def started(self, *, caught_up: bool = True) -> Delivery:
        """A delivery as after a start of the program."""
        delivery = Delivery(
            committer(self.db, self.health),
            Policy(desks=()),
            Letters(self.settle, self.head, self.settle_barely),
            clock,
            self.health,
        )
        delivery.attach(self.messenger)
        if caught_up:
            delivery.caught_up(self.messenger.name)
        return delivery

    def _take(self, request: Send) -> Outcome:
        outcome = self.outcome(request)
        if not isinstance(outcome, Refused):
            self.sent.append((round(now(), 3), int(request.letter), request.contents[0].text.text))
        return outcome

    def write(self, place: int, *texts: str) -> list[Work]:
        """Letters for the place; gives what a handler would offer after its commit."""
        for text in texts:
            self.letters.append(Letter(len(self.letters), place, text))
        work = self.head(None, None, place, "letters")
        return [work] if work else []

    def want(self, place: int) -> list[Work]:
        """The place should show something new."""
        self.wanted[place] = self.wanted.get(place, 0) + 1
        work = self.head(None, None, place, "state")
        return [work] if work else []

    def waiting(self) -> list[Work]:
        """All heads, as at a start of the program."""
        places = dict.fromkeys(letter.place for letter in self.letters if letter.state == "waiting")
        heads = [self.head(None, None, place, "letters") for place in places]
        heads += [self.head(None, None, place, "state") for place in self.wanted]
        return [replace(work, unsure=True) for work in heads if work]

    def head(self, _c: Any, _p: Any, place: int, lane: str, joined: bool = False) -> Work | None:
        if lane == "state":
            wanted = self.wanted.get(place, 0)
            return (
                None
                if wanted == self.shown.get(place, 0)
                else self._work(place, f"card {wanted}", "state", -1, wanted)
            )
        waiting = [
            x for x in self.letters if x.place == place and x.state == "waiting" and x.joined_to is None
        ]
        if not waiting:
            return None
        first = waiting[0]
        if joined:
            for letter in waiting[1:4]:
                letter.joined_to = first.id
        members = [x.text for x in self.letters if x.id == first.id or x.joined_to == first.id]
        return self._work(place, " ".join(members), "letters", first.id)

    def _work(self, place: int, text: str, lane: Lane, letter: int, revision: int = 0) -> Work:
        chat = place // 10
        priority = Priority.STATE if lane == "state" else self.priority.get(place, Priority.RELAY)
        files = (Attachment("document", text),) if "file" in text else ()
        request = Send(
            str(chat), (Content(text=plain(text), files=files),), str(place), thread=f"{place}{lane}"
        )
        return Work(
            place,
            chat,
            "fake",
            str(chat),
            chat < 10,
            request,
            priority,
            lane,
            "letter",
            letter,
            None,
            revision,
        )

    def settle_barely(
        self, conn: Connection, policy: Policy, now: datetime, work: Work, outcome: Sent | Refused
    ) -> Settled:
        self.barely.append(work.letter_id)
        return self.settle(conn, policy, now, work, outcome)

    def settle(
        self, _c: Connection, _p: Policy, _now: datetime, work: Work, outcome: Sent | Refused
    ) -> Settled:
        if work.lane == "state":
            self.shown[work.place_id] = work.revision
        else:
            for letter in self.letters:
                if letter.id == work.letter_id or letter.joined_to == work.letter_id:
                    assert letter.state == "waiting"
                    letter.state = "sent" if isinstance(outcome, Sent) else "failed"
                    self.settled.append(letter.id)
        return Settled(self.head(None, None, work.place_id, work.lane))

    def texts(self, places: Iterable[int] | None = None) -> list[str]:
        return [text for _, place, text in self.sent if places is None or place in places]

    async def until_done(self, within: float = 100_000.0) -> None:
        end = now() + within
        while self.delivery.lanes:
            assert now() < end, "not delivered in time"
            await asyncio.sleep(1.0)
