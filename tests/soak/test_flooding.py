"""One customer's flood or one broken chat holds up nobody else: turns and order, on simulated time."""

from __future__ import annotations

import asyncio

import pytest

from bot.messengers.contract import Pacing
from bot.messengers.telegram.settings import TelegramLimits, pacing_of
from domain.messages import Attachment, Content
from domain.requests import TryLater
from tests.engine.virtual import now, run
from tests.soak.simulated import Platform, World, lines

MANY = 1000
OTHERS = [f"other{n}" for n in range(10)]


async def flooded(world: World) -> dict[str, float]:
    """One customer writes a thousand texts at once, others one each; how long each of those took."""
    for who in ("flood", *OTHERS):
        world.writes(who, f"{who} first")
    await world.until(lambda: all(world.relayed(who) for who in ("flood", *OTHERS)), 600)
    await asyncio.sleep(120)
    started = now()
    for n in range(MANY):
        world.writes("flood", f"flood {n:04}")
    for who in OTHERS:
        world.writes(who, f"{who} second")
    await world.until(lambda: all(len(world.relayed(who)) == 2 for who in OTHERS), 600)
    return {who: world.relayed(who)[1].at - started for who in OTHERS}


def test_a_thousand_texts_of_one_delay_others_by_no_second_and_arrive_joined():
    async def main() -> tuple[World, dict[str, float]]:
        world = World(Platform("telegram", Pacing()))
        taken = await flooded(world)
        await world.until(lambda: len(lines(world.relayed("flood"))) == MANY + 1, 600)
        return world, taken

    world, taken = run(main())
    assert max(taken.values()) < 1.0
    assert lines(world.relayed("flood"))[1:] == [f"flood {n:04}" for n in range(MANY)]
    assert len(world.relayed("flood")) < 100


def test_in_a_desk_whose_allowance_is_used_up_tickets_take_turns():
    async def main() -> World:
        world = World(Platform("telegram", pacing_of(TelegramLimits())))
        await flooded(world)
        return world

    world = run(main())
    second = max(world.relayed(who)[1].at for who in OTHERS)
    began = min(world.relayed(who)[1].at for who in OTHERS)
    flood = [m for m in world.relayed("flood") if began <= m.at <= second]
    assert len(flood) <= 2, "one message a round, joined"
    assert world.desk_at.windows.refused == 0


@pytest.mark.usefixtures("database_kind")
def test_a_chat_where_nothing_gets_through_holds_up_nobody():
    async def main() -> float:
        world = World(Platform("telegram", Pacing()))
        world.desk_at.trouble = lambda request: TryLater("odd") if request.chat == "broken" else None
        for who in ("broken", *OTHERS):
            world.writes(who, "first")
        await world.until(lambda: all(world.relayed(who) for who in ("broken", *OTHERS)), 60)
        for n in range(200):
            world.answers("broken", f"never {n}")
        started = now()
        for who in OTHERS:
            world.answers(who, "answer")
        await world.until(lambda: all(world.told(who) for who in OTHERS), 60)
        return max(world.told(who)[0].at for who in OTHERS) - started

    assert run(main()) < 1.0


@pytest.mark.usefixtures("database_kind")
def test_files_above_the_allowance_wait_and_texts_go_on():
    async def main() -> World:
        world = World(Platform("telegram", Pacing()))
        photo = Content("photo", files=(Attachment("photo", "p"),), copyable=True)
        for _ in range(100):
            world.writes("flood", "", content=photo)
        world.writes("flood", "the end")
        await world.until(lambda: "the end" in lines(world.relayed("flood")), 60)
        await world.until(lambda: world.waiting() == 0, 60)
        return world

    world = run(main())
    assert len(world.relayed("flood")) == 31
    assert world.db.ask("SELECT count(*) FROM letters WHERE state = 'held'") == 70
    assert world.db.ask("SELECT count(*) FROM links WHERE role = 'held'") == 1
