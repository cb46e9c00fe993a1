"""The pump: order inside a lane, turns between lanes, albums as one, and nothing that stops a lane."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot import pump as pumping
from tests.engine.bench import Bench
from tests.engine.virtual import now, run

pytestmark = pytest.mark.usefixtures("database_kind")


def test_a_lane_is_handled_in_the_order_of_its_positions() -> None:
    async def main() -> None:
        bench = Bench()
        bench.pump.offer(
            [bench.row("third", position=3), bench.row("first", position=1), bench.row("2", position=2)]
        )
        await asyncio.sleep(1)
        assert bench.texts == [["first"], ["2"], ["third"]]
        assert bench.pump.held == 0

    run(main())


def test_what_came_earlier_and_is_read_later_is_handled_first() -> None:
    async def main() -> None:
        bench = Bench()
        name = bench.row("x").messenger
        bench.pump.hold(name, True)
        bench.pump.offer([bench.row("new", position=9), bench.row("elsewhere", "other")])
        await asyncio.sleep(1)
        assert bench.texts == []
        bench.pump.offer([bench.row("missed", position=3)])
        bench.pump.hold(name, False)
        await asyncio.sleep(1)
        assert [texts for texts in bench.texts if texts != ["elsewhere"]] == [["missed"], ["new"]]
        assert ["elsewhere"] in bench.texts

    run(main())


def test_a_flood_delays_nobody_else() -> None:
    async def main() -> None:
        bench = Bench(takes=0.01)
        bench.pump.offer([bench.row(f"f{n}", "flood") for n in range(500)])
        bench.pump.offer([bench.row(f"other{n}", f"lane{n}") for n in range(100)])
        await asyncio.sleep(20)
        first = [texts[0] for texts in bench.texts].index("other99")
        assert first < 120
        assert len(bench.handled) == 600

    run(main())


def test_an_album_is_one_and_waits_for_its_last_part() -> None:
    async def main() -> None:
        bench = Bench()
        bench.pump.offer([bench.row("one", album="x")])
        await asyncio.sleep(0.4)
        bench.pump.offer([bench.row("two", album="x")])
        await asyncio.sleep(0.4)
        assert bench.handled == []
        await asyncio.sleep(1)
        assert bench.handled == [(0.9, ["one", "two"])]

    run(main())


def test_a_later_row_ends_the_album_at_once() -> None:
    async def main() -> None:
        bench = Bench()
        bench.pump.offer([bench.row("one", album="x"), bench.row("two", album="x"), bench.row("after")])
        await asyncio.sleep(0.1)
        assert bench.handled == [(0.0, ["one", "two"]), (0.0, ["after"])]
        bench.pump.offer([bench.row("late", album="x")])
        await asyncio.sleep(1)
        assert bench.texts[2:] == [["late"]]

    run(main())


def test_two_albums_in_a_row_stay_two() -> None:
    async def main() -> None:
        bench = Bench()
        bench.pump.offer([bench.row(t, album=t[0]) for t in ("x1", "x2", "y1", "y2")])
        await asyncio.sleep(1)
        assert bench.texts == [["x1", "x2"], ["y1", "y2"]]

    run(main())


def test_an_edit_joins_no_album() -> None:
    async def main() -> None:
        bench = Bench()
        bench.pump.offer([bench.row("one", album="x"), bench.row("edit", key_album="x", edit=True)])
        await asyncio.sleep(1)
        assert bench.texts == [["one"], ["edit"]]

    run(main())


def test_after_a_start_quiet_counts_from_the_first_complete_receipt() -> None:
    async def main() -> None:
        bench = Bench()
        bench.messenger.settled = None
        bench.pump.offer([bench.row("one", album="x")])
        await asyncio.sleep(30)
        assert bench.handled == []
        bench.pump.offer([bench.row("two", album="x")])
        bench.messenger.settled = asyncio.get_running_loop().time()
        await asyncio.sleep(1)
        assert bench.texts == [["one", "two"]]
        assert 30.4 < bench.handled[0][0] < 31

    run(main())


def test_an_album_waits_no_longer_than_a_minute_for_the_first_receipt() -> None:
    async def main() -> None:
        bench = Bench()
        bench.messenger.settled = None
        bench.pump.offer([bench.row("one", album="x")])
        await asyncio.sleep(61)
        assert bench.texts == [["one"]]

    run(main())


def test_an_event_that_cannot_be_read_is_given_up_and_its_lane_goes_on() -> None:
    async def main() -> None:
        bench = Bench()
        bad = bench.row("bad")
        bad.parsed = {"unknown": True}
        broken = bench.row("broken")
        broken.parsed, broken.payload = None, "{not json"
        bench.pump.offer([bad, broken, bench.row("good")])
        await asyncio.sleep(1)
        assert bench.texts == [["good"]]
        assert [row for row, _ in bench.given_up] == [1, 2]
        assert "KeyError" in bench.given_up[0][1]
        assert "bad" not in bench.given_up[0][1]

    run(main())


def test_a_handler_is_tried_three_times() -> None:
    async def main() -> None:
        bench = Bench()
        bench.fails = {"twice": 2, "thrice": 3}
        bench.pump.offer([bench.row("twice"), bench.row("thrice"), bench.row("good"), bench.row("else", "b")])
        await asyncio.sleep(5)
        assert bench.texts == [["else"], ["twice"], ["good"]]
        assert [row for row, _ in bench.given_up] == [2]

    run(main())


def test_a_database_that_cannot_write_costs_no_event() -> None:
    async def main() -> None:
        bench = Bench(busy=lambda: now() < 600)
        bench.pump.offer([bench.row("kept")])
        await asyncio.sleep(500)
        assert bench.health.database_error
        await asyncio.sleep(120)
        assert bench.texts == [["kept"]]
        assert bench.given_up == []
        assert not bench.health.database_error

    run(main())


def test_rows_of_a_messenger_that_is_off_are_left_alone() -> None:
    async def main() -> None:
        bench = Bench()
        row = bench.row("other")
        row.messenger = "off"
        bench.pump.offer([row])
        assert bench.pump.held == 0

    run(main())


def test_what_comes_in_before_the_replay_is_done_waits_in_the_journal() -> None:
    async def main() -> None:
        bench = Bench()
        bench.pump._live.clear()
        first, second = bench.row("first"), bench.row("second")
        bench.pump.offer([second])
        bench.pump.offer([first, second], replayed=True)
        bench.pump.go_live("fake")
        bench.pump.offer([bench.row("third")])
        await asyncio.sleep(1)
        assert bench.texts == [["first"], ["second"], ["third"]]

    run(main())


def test_whoever_offers_waits_while_too_much_is_in_hand(monkeypatch: Any) -> None:
    monkeypatch.setattr(pumping, "CAPACITY", 10)

    async def main() -> None:
        bench = Bench(takes=0.1)
        bench.pump.offer([bench.row(f"{n}") for n in range(30)])
        await bench.pump.room()
        assert bench.pump.held <= 10
        assert now() > 1.9

    run(main())


def test_stopping_finishes_what_is_being_handled_and_begins_nothing() -> None:
    async def main() -> None:
        bench = Bench(takes=1.0)
        bench.pump.offer([bench.row("one"), bench.row("two")])
        await asyncio.sleep(0.5)
        await bench.pump.stop(5)
        await asyncio.sleep(5)
        assert bench.texts == [["one"]]

    run(main())
