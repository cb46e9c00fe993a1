"""Delivery: order inside a place, turns between them, and nobody who waits for another's trouble."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messengers.contract import Pacing, Rate
from domain.requests import Outcome, React, Refused, Send, Sent, TryLater, Unsure
from domain.work import Effects, PressAnswer, Priority, Work
from tests.engine.letterbox import Letterbox
from tests.engine.virtual import now, run

pytestmark = pytest.mark.usefixtures("database_kind")

GROUP = Pacing(group=(Rate(20, 60.0),))


def test_a_place_is_served_in_order_one_at_a_time() -> None:
    async def main() -> None:
        box = Letterbox()
        box.delivery.offer(box.write(0, "a", "b", "c"))
        box.delivery.offer(box.write(0, "d"))
        await box.until_done()
        assert box.texts() == ["a", "b", "c", "d"]

    run(main())


def test_files_that_take_minutes_delay_only_what_follows_them_in_their_place() -> None:
    async def main() -> None:
        box = Letterbox(Pacing(private=(Rate(1, 1.0),), group=GROUP.group, total=(Rate(6, 1.0),)))
        box.messenger.takes = lambda send: 300.0 if send.contents[0].files else 0.05
        box.delivery.offer([w for n in range(40) for w in box.write(100 + n, f"file {n}", f"after {n}")])
        await asyncio.sleep(5)
        box.delivery.offer([w for chat in range(5) for w in box.write(10 * chat, f"quick {chat}")])
        await asyncio.sleep(5)
        assert sorted(t for t in box.texts() if "quick" in t) == [f"quick {n}" for n in range(5)]
        await box.until_done()
        places = [[t.split()[0] for t in box.texts([100 + n])] for n in range(40)]
        assert places == [["file", "after"]] * 40
        assert now() < 40 / 4 * 300.0 + 400.0

    run(main())


def test_what_is_offered_while_the_last_commit_comes_back_is_not_forgotten() -> None:
    async def main() -> None:
        box = Letterbox(db_takes=1.0)
        box.delivery.offer(box.write(0, "a"))
        await asyncio.sleep(1.5)  # the commit of `a` saw no more letters, and is not back yet
        box.delivery.offer(box.write(0, "b"))
        await box.until_done()
        assert box.texts() == ["a", "b"]

    run(main())


def test_what_has_waited_is_made_anew_before_it_is_sent() -> None:
    async def main() -> None:
        box = Letterbox()
        box.outcome = lambda _: TryLater("down", after=10.0) if now() < 5 else Sent(("1",))
        box.delivery.offer([*box.write(0, "old"), *box.write(10, "moved away")])
        await asyncio.sleep(5)
        box.letters[0].text = "new"
        box.letters[1].state = "sent"
        await box.until_done()
        assert box.texts()[-1:] == ["new"]
        assert len(box.texts()) == 3

    run(main())


def test_what_may_have_arrived_is_repeated_as_it_was() -> None:
    async def main() -> None:
        box = Letterbox(Pacing(group=(Rate(1, 30.0),)))
        script: list[Outcome] = [Sent(("1",)), TryLater("down", after=31.0), Unsure("reset")]
        box.outcome = lambda _: script.pop() if script else Sent(("1",))
        box.delivery.offer(box.write(100, "a", "b", "c"))
        await box.until_done()
        assert box.texts() == ["a", "a", "a", "b c"]

    run(main())


class Trouble:
    """A platform that does to each request what a script says, and remembers what it really has."""

    kinds = (*("sent",) * 6, "later", "limited", "unsure", "unsure but there", "refused", "raises")

    def __init__(self, script: list[str]) -> None:
        self.script = list(script)
        self.doubtful = script.count("unsure but there")
        self.there: Counter[str] = Counter()  # texts that the platform has, as often as it has them

    def outcome(self, request: Send) -> Outcome:
        what = self.script.pop() if self.script else "sent"
        match what:
            case "later":
                return TryLater("no network")
            case "limited":
                return TryLater("slow down", after=4.0, limited=True)
            case "unsure":
                return Unsure("timeout")
            case "refused":
                return Refused("message", "refused.not_possible")
            case "raises":
                raise ValueError("a bug in the messenger")
        self.there.update(request.contents[0].text.text.split())
        return Unsure("reset") if what == "unsure but there" else Sent(("1",))

    @property
    def repeated(self) -> int:
        return sum(times - 1 for times in self.there.values())


async def killed(box: Letterbox) -> None:
    """As after kill -9: what was in flight is forgotten, what was committed is not."""
    for task in list(box.delivery._tasks):
        task.cancel()
    await box.delivery.stop(1)
    box.delivery = box.started()
    box.delivery.offer(box.waiting())


def check(box: Letterbox, places: set[int]) -> None:
    """Every letter has found its end once, and each place's letters in their order."""
    assert all(letter.state in ("sent", "failed") for letter in box.letters)
    assert len(box.settled) == len(set(box.settled)) == len(box.letters)
    for place in places:
        order = [x.id for x in box.letters if x.place == place]
        assert [i for i in box.settled if i in order] == order


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 10, 100, 101, 102]), st.sampled_from([0.0, 0.02, 0.3])), max_size=40
    ),
    st.lists(st.sampled_from(Trouble.kinds), max_size=60),
    st.booleans(),
)
def test_places_keep_their_order_under_any_troubles(
    writes: list[tuple[int, float]], script: list[str], restart: bool
) -> None:
    async def main() -> None:
        pacing = Pacing(private=(Rate(3, 2.0),), group=(Rate(4, 5.0),), total=(Rate(6, 3.0),))
        box = Letterbox(pacing, busy=lambda: random.random() < 0.05)
        trouble = Trouble(script)
        box.outcome = trouble.outcome
        for number, (place, pause) in enumerate(writes):
            box.delivery.offer(box.write(place, f"t{number}"))
            await asyncio.sleep(pause)
        if restart:
            await killed(box)
        await box.until_done()
        places = {place for place, _ in writes}
        check(box, places)
        # at most what was in flight at the kill, and what a broken connection left in doubt; up to 4 texts joined
        assert trouble.repeated <= 4 * (trouble.doubtful + restart * len(places))

    run(main())


def test_a_known_outcome_is_committed_again_and_never_sent_again() -> None:
    async def main() -> None:
        box = Letterbox(busy=lambda: now() < 300)
        box.delivery.offer(box.write(0, "a", "b"))
        await box.until_done()
        assert box.texts() == ["a", "b"]
        assert now() > 300

    run(main())


def test_joined_texts_catch_up_when_the_allowance_is_used_up() -> None:
    async def main() -> None:
        box = Letterbox(GROUP)
        for n in range(60):
            box.delivery.offer(box.write(100, f"t{n}"))
            await asyncio.sleep(0.1)
        await box.until_done()
        assert " ".join(box.texts()) == " ".join(f"t{n}" for n in range(60))
        assert len(box.texts()) == 20 + 10
        assert now() < 70

    run(main())


def test_tickets_take_turns_in_a_desk() -> None:
    async def main() -> None:
        box = Letterbox(GROUP)
        box.delivery.offer(box.write(100, *(f"flood{n}" for n in range(200))))
        await asyncio.sleep(1)
        for place in range(101, 106):
            box.delivery.offer(box.write(place, f"calm{place}"))
        await asyncio.sleep(70)
        calm = [at for at, place, _ in box.sent if place != 100]
        assert len(calm) == 5
        assert max(calm) - min(calm) < 1

    run(main())


def test_state_gets_one_slot_in_ten_and_spare_ones() -> None:
    async def main() -> None:
        box = Letterbox(Pacing(group=(Rate(10, 60.0),)))
        places = range(100, 110)
        letters = [w for place in places for w in box.write(place, *(f"t{n}" for n in range(40)))]
        box.delivery.offer([*letters, *(w for place in places for w in box.want(place))])
        await asyncio.sleep(595)
        cards = [text for text in box.texts() if text.startswith("card")]
        assert len(cards) == 10
        assert len(box.texts()) == 100

    run(main())


def test_only_the_newest_state_is_shown() -> None:
    async def main() -> None:
        box = Letterbox()
        for _ in range(50):
            box.delivery.offer(box.want(100))
            await asyncio.sleep(0.01)
        await box.until_done()
        assert box.texts()[-1] == "card 50"
        assert len(box.texts()) < 15

    run(main())


def test_a_paused_or_broken_chat_delays_no_other() -> None:
    async def main() -> None:
        box = Letterbox()

        def outcome(request: Send) -> Outcome:
            match request.chat:
                case "10":
                    return TryLater("slow", after=120.0, limited=True)
                case "11":
                    raise ValueError("a bug")
                case "12":
                    return Unsure("timeout")
            return Sent(("1",))

        box.outcome = outcome
        box.messenger.takes = lambda request: 80.0 if request.chat == "12" else 0.05
        box.delivery.offer([w for place in range(100, 130) for w in box.write(place, "stuck")])
        box.delivery.offer([w for place in range(130, 330) for w in box.write(place, "fine")])
        await asyncio.sleep(2)
        assert sum(text == "fine" for text in box.texts()) == 200

    run(main())


def test_what_a_platform_asks_for_is_obeyed_exactly() -> None:
    async def main() -> None:
        box = Letterbox(takes=0.0)
        times: list[float] = []

        def outcome(_: Send) -> Outcome:
            times.append(round(now(), 3))
            return TryLater("slow", after=33.0, limited=True) if len(times) == 1 else Sent(("1",))

        box.outcome = outcome
        box.delivery.offer(box.write(100, "a"))
        await asyncio.sleep(1)
        box.delivery.offer(box.write(101, "b"))  # the same chat: waits as well
        await box.until_done()
        assert times[0] == 0.0
        assert len(times) == 3
        assert 33.0 <= times[1] <= times[2] < 33.1

    run(main())


def test_an_answer_takes_the_next_slot_of_the_account() -> None:
    async def main() -> None:
        box = Letterbox(Pacing(total=(Rate(1, 1.0),)), takes=0.0)
        box.delivery.offer([w for place in range(100, 400, 10) for w in box.write(place, "relay")])
        await asyncio.sleep(5.5)
        box.priority[0] = Priority.ANSWER
        box.delivery.offer(box.write(0, "answer"))
        await asyncio.sleep(1)
        assert box.texts()[-1] == "answer"
        await box.until_done()

    run(main())


def test_a_refused_account_pauses_its_messenger_and_says_so() -> None:
    async def main() -> None:
        box = Letterbox()
        box.outcome = lambda _: Refused("account", "refused.account") if now() < 200 else Sent(("1",))
        box.delivery.offer([w for place in range(20) for w in box.write(place, f"t{place}")])
        await asyncio.sleep(100)
        assert box.health.messenger("fake").refused
        assert box.settled == []
        await box.until_done()
        assert not box.health.messenger("fake").refused
        assert len(box.settled) == 20
        assert now() < 300

    run(main())


def test_a_hanging_messenger_does_not_hold_its_lane_for_ever() -> None:
    async def main() -> None:
        box = Letterbox()
        box.messenger.takes = lambda _: 0.05 if now() > 60 else 1e9
        box.delivery.offer(box.write(0, "a"))
        await box.until_done()
        assert box.texts() == ["a"]
        assert now() < 200

    run(main())


def test_an_extra_that_a_messenger_has_not_is_refused() -> None:
    async def main() -> None:
        box = Letterbox()
        (work,) = box.write(0, "a")
        box.delivery.offer([replace(work, request=React("0", "1", "👌"))])
        await box.until_done()
        assert box.letters[0].state == "failed"

    run(main())


def test_presses_are_answered_aside() -> None:
    told: list[tuple[str, str]] = []

    async def main() -> None:
        box = Letterbox()

        async def answer_press(press: str, text: str) -> None:
            told.append((press, text))
            raise OSError("gone")

        box.messenger.answer_press = answer_press  # type: ignore[attr-defined]
        box.delivery.take(Effects(answers=[PressAnswer("fake", "p1", "too late"), PressAnswer("off", "p2")]))
        await asyncio.sleep(0.1)

    run(main())
    assert told == [("p1", "too late")]


def test_works_of_a_messenger_that_is_off_are_left_alone() -> None:
    async def main() -> None:
        box = Letterbox()
        box.messenger.name = "other"
        box.delivery = box.started()
        box.delivery.offer(box.write(0, "a"))
        box.delivery._branches.clear()
        box.delivery.offer(box.write(10, "b"))
        assert box.delivery.lanes == 0

    run(main())


def test_stopping_finishes_what_is_in_flight() -> None:
    async def main() -> None:
        box = Letterbox(takes=1.0)
        box.delivery.offer(box.write(0, "a", "b"))
        await asyncio.sleep(0.5)
        await box.delivery.stop(8)
        assert box.settled == [0]
        await asyncio.sleep(10)
        assert box.texts() == ["a"]

    run(main())


def test_a_settling_that_always_fails_by_an_error_of_ours_is_noted_barely_and_the_lane_goes_on() -> None:
    async def main() -> None:
        box = Letterbox()
        whole = box.settle

        def settle(conn: Any, policy: Any, at: Any, work: Work, outcome: Any) -> Any:
            if work.letter_id == 0 and not box.barely:
                raise KeyError("an error of ours")
            return whole(conn, policy, at, work, outcome)

        box.settle = settle  # type: ignore[method-assign, assignment]
        box.delivery = box.started()
        box.delivery.offer(box.write(0, "breaks", "next"))
        await box.until_done()
        assert box.texts() == ["breaks", "next"]
        assert (box.barely, box.settled) == ([0], [0, 1])

    run(main())
