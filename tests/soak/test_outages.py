"""What goes wrong for an hour, on simulated time: everything arrives in the end, once, in order, and it is said."""

from __future__ import annotations

import random

import pytest

from bot.messengers.contract import Pacing
from domain.requests import Request
from tests.engine.virtual import run
from tests.soak.outages import CUSTOMERS, Story, outage, sometimes, story
from tests.soak.simulated import Platform, World

HOURS = [
    ("telegram", "telegram", "both", "down"),
    ("telegram", "slack", "customers", "no DNS"),
    ("telegram", "slack", "desk", "5xx storm"),
    ("slack", "telegram", "customers", "hangs"),
    ("slack", "slack", "both", "5xx storm"),
    ("slack", "web", "customers", "down"),
    ("web", "telegram", "desk", "hangs"),
    ("web", "slack", "desk", "down"),
    ("web", "web", "both", "no DNS"),
]
"""Every messenger on every side, and every way of being away; `python -m benchmarks.outage` tries all of them."""


def check(told: Story, *, repeats: int = 0) -> None:
    assert (told.lost, told.disordered, told.doubled) == ([], [], [])
    assert told.repeated <= repeats


@pytest.mark.parametrize(("customers", "desk", "side", "why"), HOURS)
def test_a_messenger_is_away_for_an_hour(customers: str, desk: str, side: str, why: str):
    told = outage(customers, desk, side, why)
    check(told)
    assert told.lanes <= 4 * len(CUSTOMERS), "only heads of places are in memory"
    if side == "customers":
        assert told.told == len(CUSTOMERS), "each thread is told once that its answers wait"


@pytest.mark.parametrize("happened", [True, False])
def test_answers_of_the_platform_are_lost_now_and_then(happened: bool):
    """Resets and timeouts: what may have happened is made again."""
    lost: list[Request] = []
    trouble = sometimes(random.Random(5), lost)

    async def main() -> Story:
        platform = Platform("telegram", Pacing())
        world = World(platform)

        def begins() -> None:
            if happened:
                platform.trouble_after = trouble
            else:
                platform.trouble = trouble

        def ends() -> None:
            platform.trouble = platform.trouble_after = lambda _: None

        return await story(world, begins, ends)

    told = run(main())
    assert len(lost) > 10
    check(told, repeats=len(lost) if happened else 0)


def test_a_full_disk_stops_receiving_and_resumes_by_itself():
    async def main() -> Story:
        world = World(Platform("telegram", Pacing()))

        def begins() -> None:
            world.db.broken = True

        def ends() -> None:
            assert world.refused_receipts > 100, "nothing is acknowledged"
            assert world.health.database_error
            world.db.broken = False

        return await story(world, begins, ends)

    told = run(main())
    check(told)
    assert not told.world.health.database_error
