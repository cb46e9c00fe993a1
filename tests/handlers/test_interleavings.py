"""Whatever is written, changed, taken back and moved while requests are under way, in whatever order they end: in the end
both sides read the newest of it, once, and whoever answered sees that it arrived.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Event, RawEvent
from domain.messages import Attachment, Content
from domain.requests import Edit, Refused, Sent
from domain.richtext import RichText
from domain.work import Effects, Lane, Work
from handlers import delivered, dispatch, letters, settling_in
from storage import journal
from tests.handlers.office import CAPS, DESKS, Office

SMALL = replace(CAPS, max_text=100, max_caption=60)
BOTH_ALL = tuple(replace(desk, mirror="all") for desk in DESKS)
MOST = 400


class Delivering(Office):
    """As delivery does it: one request under way in each lane, which nobody else looks at meanwhile."""

    def __init__(self, chance: Random, refuses: float, *, threaded: bool) -> None:
        self.again: set[tuple[int, Lane]] = set()
        self.chance = chance
        super().__init__(caps=SMALL, desks=BOTH_ALL, threaded=threaded)
        self.hold = True
        self.refuses = refuses
        self.outcomes = self._sometimes

    def _sometimes(self, work: Work) -> Refused | None:
        """Edits that the platform no longer allows."""
        if work.step == "letter" and isinstance(work.request, Edit) and self.chance.random() < self.refuses:
            return Refused("message", "refused.edit_too_late")
        return None

    def feed(self, *events: Event) -> None:
        raws = [RawEvent(f"k{next(self._keys)}", "lane", 0, "{}") for _ in events]
        rows = journal.append(self.conn, "m", "bot", raws, 0)
        numbers, in_hand = [row.id for row in rows], set(self.pending)
        self._take(dispatch.handle(self.conn, self.policy, self.now, "m", numbers, events, in_hand))

    def _take(self, effects: Effects) -> None:
        self.memory.check(self.conn)
        for work in effects.works:
            key = (work.place_id, work.lane)
            if key in self.pending:
                self.again.add(key)
            else:
                self.pending[key] = work
        for key in effects.woken:
            self.again.add(key)
            if key not in self.pending:
                self._look(key)

    def _look(self, key: tuple[int, Lane], *, joined: bool = False) -> None:
        """The lane's head, made anew."""
        self.again.discard(key)
        self.pending.pop(key, None)
        work = letters.head(self.conn, self.policy, *key, joined)
        if work is not None:
            self.pending[key] = work

    def step(self, key: tuple[int, Lane]) -> None:
        """A request ends."""
        work = self.pending[key]
        self.again.discard(key)
        outcome = self.outcomes(work) or self._perform(work)
        assert isinstance(outcome, Sent | Refused)
        settled = delivered.settle(self.conn, self.policy, self.now, work, outcome)
        if settled.next is not None:
            self.pending[key] = settled.next
        elif key in self.again:
            self._look(key)
        else:
            del self.pending[key]
        self._take(settled.effects)

    def any_lane(self) -> tuple[int, Lane]:
        return self.chance.choice(list(self.pending))

    def waits_long(self) -> None:
        """A lane waits so long that its head is made anew, and joined with what waits behind it."""
        self._look(self.any_lane(), joined=self.chance.random() < 0.5)

    def begins_anew(self) -> None:
        """The program starts again before anything more was sent."""
        self.pending.clear()
        self.again.clear()
        self._take(settling_in.settle_in(self.conn, self.policy, self.now))
        for work in letters.waiting(self.conn, self.policy):
            self.pending.setdefault((work.place_id, work.lane), work)


@dataclass
class Said:
    """A message, and what it should say in the end."""

    token: str
    side: str
    picture: bool
    desk: str
    thread: str | None
    ref: str = ""
    version: int = 0
    words: int = 0
    gone: bool = False

    def content(self) -> Content:
        text = RichText(f"{self.token}v{self.version:02} " * self.words)
        if self.picture:
            return Content("photo", text, (Attachment("photo", f"{self.token}{self.version}"),))
        return Content(text=text)

    def count(self, seen: str, version: int | None = None) -> int:
        return seen.count(f"{self.token}v{self.version if version is None else version:02}")


class Talk:
    """Anna and Ivan, who do something by chance."""

    def __init__(self, chance: Random, refuses: float, *, threaded: bool, moves: bool) -> None:
        self.chance, self.moves = chance, moves
        self.office = Delivering(chance, refuses, threaded=threaded)
        self.office.hold = False
        self.office.writes("anna", "hello")
        self._settle()
        self.desk = "howto"
        self.thread = self.office.thread("howto") if threaded else None
        self.answers = {} if threaded else {"reply_to": self.office.screen("howto").messages[-1].ref}
        self.moved = False
        self.said: list[Said] = []

    def _settle(self) -> None:
        for _ in range(MOST):
            if not self.office.pending:
                return
            self.office.step(self.office.any_lane())
        raise AssertionError("delivery never comes to rest")

    def something(self) -> None:
        deed = self.chance.random()
        if deed < 0.25:
            self._says()
        elif deed < 0.5 and self.said:
            self._changes(self.chance.choice(self.said))
        elif deed < 0.56 and self.said:
            self._takes_back(self.chance.choice(self.said))
        elif deed < 0.58 and self.moves:
            self._moves()
        elif deed < 0.6:
            self.office.begins_anew()
        elif self.office.pending:
            self.office.waits_long() if deed < 0.64 else self.office.step(self.office.any_lane())

    def _says(self) -> None:
        said = Said(
            f"T{len(self.said):02}",
            self.chance.choice("aq"),
            self.chance.random() < 0.3,
            self.desk,
            self.thread,
        )
        said.words = self.chance.choice((1, 3, 10, 25, 40))
        if said.side == "q":
            said.ref = self.office.writes("anna", content=said.content())
        else:
            said.ref = self.office.says(
                "ivan", self.desk, "", self.thread, content=said.content(), **self.answers
            )
        self.said.append(said)

    def _changes(self, said: Said) -> None:
        if said.gone:
            return
        said.version += 1
        said.words = self.chance.choice((1, 3, 10, 25, 40))
        if said.side == "q":
            self.office.edits("anna", said.ref, "", content=said.content())
        else:
            self.office.edits("ivan", said.ref, "", said.desk, said.thread, content=said.content())

    def _takes_back(self, said: Said) -> None:
        if said.side == "a" and not said.gone:
            said.gone = True
            self.office.deletes("ivan", said.ref, said.desk)

    def _moves(self) -> None:
        before = {desk.name: len(self.office.screen(desk.name).threads) for desk in DESKS}
        desk = "bugs" if self.desk == "howto" else "howto"
        self.office.says("ivan", self.desk, f"/move {desk}", self.thread)
        for _ in range(MOST):
            if len(self.office.screen(desk).threads) > before[desk]:
                break
            self.office.step(self.office.any_lane())
        self.desk, self.thread, self.moved = desk, self.office.thread(desk), True

    def ends(self, *, refused: bool) -> None:
        """Everything arrives, and is as it was last."""
        self._settle()
        for said in self.said:
            seen = self._seen(said)
            wanted, found = 0 if said.gone else said.words, said.count(seen)
            assert found >= wanted, said
            if not refused:  # else it is said again
                assert found == wanted or (self.moved and said.side == "q"), said
                assert not any(said.count(seen, version) for version in range(said.version)), said
            if said.side == "a" and not said.gone:
                assert any(s.reactions.get(said.ref) == "👌" for s in self.office.screens.values()), said

    def _seen(self, said: Said) -> str:
        if said.side == "a":
            return "".join(self.office.screen("anna").copies())
        if self.moved:
            return "".join(self.office.screen(self.desk).texts(self.thread))
        return "".join(self.office.screen("howto").copies())


@pytest.mark.parametrize("refuses", [0.0, 0.5])
@pytest.mark.parametrize("threaded", [True, False])
def test_in_the_end_the_newest_is_there_once(refuses: float, threaded: bool) -> None:
    @settings(deadline=None, max_examples=15)
    @given(st.integers(0, 2**32))
    def check(seed: int) -> None:
        chance = Random(seed)
        talk = Talk(chance, refuses, threaded=threaded, moves=threaded and chance.random() < 0.5)
        for _ in range(chance.randrange(5, 40)):
            talk.something()
        talk.ends(refused=refuses > 0)

    check()
