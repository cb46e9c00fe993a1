"""Intake: kept before it is acknowledged, handled at once where that is safe, in order always."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Event
from storage import journal
from storage.database import DatabaseBusy
from tests.engine.bench import Bench, raw
from tests.engine.virtual import now, run

pytestmark = pytest.mark.usefixtures("database_kind")


def test_a_lone_event_is_kept_and_handled_in_one_transaction() -> None:
    async def main() -> None:
        bench = Bench()
        await bench.accept([raw("hello")])
        assert bench.texts == [["hello"]]
        assert bench.db.units == 1
        assert await bench.db.run(journal.outstanding) == []

    run(main())


def test_what_was_there_before_is_not_handled_again() -> None:
    async def main() -> None:
        bench = Bench()
        await bench.accept([raw("one")])
        await bench.accept([raw("one"), raw("two", "b")])
        await asyncio.sleep(1)
        assert bench.texts == [["one"], ["two"]]

    run(main())


def test_many_events_take_their_turns() -> None:
    async def main() -> None:
        bench = Bench()
        await bench.accept([raw(f"t{n}", f"lane{n}") for n in range(50)])
        await asyncio.sleep(1)
        assert len(bench.handled) == 50
        assert await bench.db.run(journal.outstanding) == []

    run(main())


def test_parts_of_an_album_wait_for_each_other() -> None:
    async def main() -> None:
        bench = Bench()
        await bench.accept([raw("one", position=1, album="x")])
        await bench.accept([raw("two", position=2, album="x")])
        await asyncio.sleep(1)
        assert bench.texts == [["one", "two"]]

    run(main())


def test_what_must_be_looked_up_holds_nobody_up() -> None:
    async def main() -> None:
        bench = Bench()

        async def lookup(event: Event) -> Event:
            await asyncio.sleep(1.5)
            return event

        bench.messenger.lookup = lookup  # type: ignore[method-assign]
        await bench.accept([raw("slow")])
        assert now() < 0.1
        await asyncio.sleep(2)
        assert bench.texts == [["slow"]]

    run(main())


def test_a_handler_that_fails_is_tried_in_its_turn() -> None:
    async def main() -> None:
        bench = Bench()
        bench.fails = {"bad": 4, "twice": 2}
        await bench.accept([raw("bad"), raw("good", "b")])
        await bench.accept([raw("twice", "c")])
        await asyncio.sleep(5)
        assert sorted(bench.texts) == [["good"], ["twice"]]
        assert len(bench.given_up) == 1
        assert [f.reason for f in await bench.db.run(journal.failures)] == [bench.given_up[0][1]]

    run(main())


def test_a_malformed_event_is_kept_and_given_up() -> None:
    async def main() -> None:
        bench = Bench()
        event = raw("odd")
        event.parsed = {"nothing": "known"}
        await bench.accept([event])
        await asyncio.sleep(1)
        assert len(bench.given_up) == 1

    run(main())


def test_nothing_is_acknowledged_while_the_database_cannot_be_written() -> None:
    async def main() -> None:
        bench = Bench(busy=lambda: now() < 10)
        for events in ([raw("one")], [raw(f"t{n}", f"l{n}") for n in range(10)]):
            with pytest.raises(DatabaseBusy):
                await bench.accept(events)
        assert bench.health.database_error
        await asyncio.sleep(20)
        assert bench.handled == []
        await bench.accept([raw("one")])
        assert bench.texts == [["one"]]
        assert not bench.health.database_error

    run(main())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 6), st.sampled_from([0.0, 0.0005, 0.003])), max_size=30
    ),
    st.booleans(),
)
def test_lanes_keep_their_order_however_events_come(
    batches: list[tuple[int, int, float]], alone: bool
) -> None:
    """`alone`: as polling does it, one batch at a time; else as webhooks do, side by side."""

    async def main() -> None:
        bench = Bench(takes=0.001)
        number, tasks = 0, []
        for lane, size, pause in batches:
            events = []
            for _ in range(size):
                number += 1
                events.append(raw(f"{lane} {number:05}", str(lane), number))
            task: asyncio.Task[Any] = asyncio.ensure_future(bench.accept(events))
            tasks.append(task)
            await (task if alone else asyncio.sleep(pause))
        await asyncio.gather(*tasks)
        await asyncio.sleep(1)
        handled = [texts[0] for texts in bench.texts]
        assert len(handled) == number
        for lane in range(3):
            ours = [text for text in handled if text.startswith(f"{lane} ")]
            assert ours == sorted(ours)

    run(main())
