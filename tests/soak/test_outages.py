"""What goes wrong for an hour, on simulated time: everything arrives in the end, once, in order, and it is said."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from bot.messengers.contract import Pacing
from domain.requests import Outcome, Request, Send, TryLater, Unsure
from tests.databases import Kind
from tests.engine.virtual import run
from tests.soak.simulated import Platform, Trouble, World, down, lines

HOUR = 3600.0
CUSTOMERS = [f"c{n}" for n in range(10)]


async def story(world: World, begins: Callable[[], None], ends: Callable[[], None]) -> None:
    """Customers and agents talk; something breaks for an hour while they go on; then everything must come."""
    sweeps = asyncio.create_task(world.sweeps())
    for who in CUSTOMERS:
        world.writes(who, f"{who} q00")
    await world.until(lambda: all(world.relayed(who) for who in CUSTOMERS), 60)
    begins()
    for n in range(1, 13):
        for who in CUSTOMERS:
            world.writes(who, f"{who} q{n:02}")
            world.answers(who, f"{who} a{n:02}")
        await asyncio.sleep(HOUR / 12)
    ends()
    await world.until(lambda: complete(world), 300)
    sweeps.cancel()


def complete(world: World) -> bool:
    return all(len(set(lines(world.relayed(who)))) >= 13 for who in CUSTOMERS) and all(
        len(set(lines(world.told(who)))) >= 12 for who in CUSTOMERS
    )


def check(world: World, *, repeats: int = 0) -> None:
    for who in CUSTOMERS:
        for seen, first, prefix in ((world.relayed(who), 0, "q"), (world.told(who), 1, "a")):
            said = lines(seen)
            assert list(dict.fromkeys(said)) == [f"{who} {prefix}{n:02}" for n in range(first, 13)]
            assert len(said) - len(set(said)) <= repeats
    for title, refs in world.desk_at.threads.items():
        assert len(refs) == 1, f"{title} was made {len(refs)} times"


@pytest.mark.parametrize("side", ["customers", "desk"])
@pytest.mark.parametrize("why", ["down", "5xx storm", "no DNS"])
def test_a_messenger_is_away_for_an_hour(side: str, why: str):
    away_for_an_hour(side, why)


def test_both_messengers_are_away_for_an_hour_on_either_database(database_kind: Kind):
    away_for_an_hour("both", "down")


def away_for_an_hour(side: str, why: str) -> None:
    chance = random.Random(3)
    storm: Trouble = lambda _: TryLater("502") if chance.random() < 0.97 else None  # noqa: E731
    trouble = {"down": down(), "5xx storm": storm, "no DNS": down("name or service not known")}[why]

    async def main() -> World:
        theirs, ours = Platform("telegram", Pacing()), Platform("other", Pacing())
        world = World(theirs, ours, desk_at="other")
        away = {"customers": [theirs], "desk": [ours], "both": [theirs, ours]}[side]
        most = 0

        def begins() -> None:
            for platform in away:
                platform.trouble = trouble

        def ends() -> None:
            nonlocal most
            most = world.delivery.lanes
            for platform in away:
                platform.trouble = lambda _: None

        await story(world, begins, ends)
        assert most <= 4 * len(CUSTOMERS), "only heads of places are in memory"
        return world

    check(run(main()))


@pytest.mark.parametrize("happened", [True, False])
def test_answers_of_the_platform_are_lost_now_and_then(happened: bool):
    """Resets and timeouts: what may have happened is made again, at most twice in a row here."""
    chance = random.Random(5)
    lost = 0

    def sometimes(request: Request) -> Outcome | None:
        nonlocal lost
        if isinstance(request, Send) and chance.random() < 0.2:
            lost += 1
            return Unsure("reset")
        return None

    async def main() -> World:
        platform = Platform("telegram", Pacing())
        world = World(platform)

        def begins() -> None:
            if happened:
                platform.trouble_after = sometimes
            else:
                platform.trouble = sometimes

        def ends() -> None:
            platform.trouble = platform.trouble_after = lambda _: None

        await story(world, begins, ends)
        return world

    world = run(main())
    assert lost > 10
    check(world, repeats=lost if happened else 0)


@pytest.mark.usefixtures("database_kind")
def test_a_full_disk_stops_receiving_and_resumes_by_itself():
    async def main() -> World:
        world = World(Platform("telegram", Pacing()))

        def begins() -> None:
            world.db.broken = True

        def ends() -> None:
            assert world.refused_receipts > 100, "nothing is acknowledged"
            assert world.health.database_error
            world.db.broken = False

        await story(world, begins, ends)
        return world

    world = run(main())
    check(world)
    assert not world.health.database_error
