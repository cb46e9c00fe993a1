"""A thread whose making is unsure: what the messenger tells of it goes before making another one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from domain.requests import OpenThread, Outcome, Sent, Unsure
from domain.work import Work
from tests.engine.letterbox import Letterbox
from tests.engine.virtual import FakeMessenger, now, run

pytestmark = pytest.mark.usefixtures("database_kind")


class Forum(FakeMessenger):
    def __init__(self) -> None:
        super().__init__()
        self.made: list[float] = []
        self.answers: list[Outcome] = []

    async def open_thread(self, request: OpenThread) -> Outcome:
        self.made.append(now())
        return self.answers.pop(0) if self.answers else Sent(("7",))

    async def show_thread(self, request: Any) -> Outcome:
        return Sent()


class Threads(Letterbox):
    """Place 100 needs a thread before its letter can go."""

    def __init__(self) -> None:
        super().__init__()
        self.known = False
        self.forum = self.messenger = Forum()
        self.forum.outcome = self._take
        self.delivery = self.started()

    def head(self, _c: Any, _p: Any, place: int, lane: str, joined: bool = False) -> Work | None:
        work = super().head(_c, _p, place, lane, joined)
        if work is None or self.known:
            return work
        return replace(work, request=OpenThread("10", "Anna #1"), step="topic", letter_id=-1)

    def settle(self, _c: Any, _p: Any, _now: Any, work: Work, outcome: Any) -> Any:
        if work.step == "topic":
            self.known = True
            work = replace(work, lane="letters")
        return super().settle(_c, _p, _now, work, outcome)


def unsure(box: Threads) -> list[Work]:
    return [replace(work, unsure=True) for work in box.write(100, "hello")]


def test_a_thread_that_was_heard_of_is_not_made_again():
    async def main() -> Threads:
        box = Threads()
        box.messenger.settled = None
        box.delivery.offer(unsure(box))
        loop = box.delivery._loop
        loop.call_later(5, lambda: setattr(box.messenger, "settled", loop.time()))
        loop.call_later(5.5, lambda: setattr(box, "known", True))
        loop.call_later(5.5, lambda: box.delivery.offer(box.write(100)))
        await box.until_done()
        return box

    box = run(main())
    assert box.forum.made == []
    assert box.texts() == ["hello"]


def test_one_that_is_never_heard_of_is_made():
    async def main() -> Threads:
        box = Threads()
        box.delivery.offer(unsure(box))
        await box.until_done()
        return box

    box = run(main())
    assert len(box.forum.made) == 1
    assert 1.5 < box.forum.made[0] < 4
    assert box.texts() == ["hello"]


def test_receiving_that_never_completes_holds_it_up_for_a_minute_only():
    async def main() -> Threads:
        box = Threads()
        box.messenger.settled = None
        box.delivery.offer(unsure(box))
        await box.until_done()
        return box

    assert 59 < run(main()).forum.made[0] < 65


def test_a_lost_answer_is_listened_for_too():
    async def main() -> Threads:
        box = Threads()
        box.forum.answers = [Unsure("reset"), Unsure("reset")]
        box.delivery.offer(box.write(100, "hello"))
        await box.until_done()
        return box

    made = run(main()).forum.made
    assert len(made) == 3
    assert all(later - earlier >= 2 for earlier, later in pairwise(made))


def test_what_comes_up_while_the_start_is_under_way_may_have_been_in_flight():
    async def main() -> Threads:
        box = Threads()
        box.messenger.settled = None
        delivery = box.delivery = box.started(caught_up=False)
        delivery.offer(box.write(100, "hello"))  # a handler's, before the heads that waited are known
        delivery.caught_up("fake")
        loop = delivery._loop
        loop.call_later(1, lambda: setattr(box, "known", True))
        loop.call_later(1, lambda: delivery.offer(box.write(100)))
        await box.until_done()
        return box

    box = run(main())
    assert box.forum.made == []
    assert box.texts() == ["hello"]
