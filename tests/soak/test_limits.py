"""A burst under Telegram's limits, on simulated time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.messengers.contract import Rate
from bot.messengers.telegram.settings import TelegramLimits, pacing_of
from tests.engine.virtual import now, run
from tests.soak.simulated import Platform, World, lines

pytestmark = pytest.mark.usefixtures("database_kind")

CUSTOMERS, EACH = 60, 10


def permitted(until: float, rates: Sequence[Rate]) -> int:
    """How many requests the rates allow from 0 to then, for whoever loses no time."""
    sent: list[float] = []
    while True:
        at = max([sent[-r.count] + r.seconds for r in rates if len(sent) >= r.count], default=0.0)
        if at > until:
            return len(sent)
        sent.append(at)


def test_600_messages_of_60_customers_fill_the_desks_allowance_and_hold_up_no_answer():
    async def main() -> tuple[World, float, list[float]]:
        world = World(Platform("telegram", pacing_of(TelegramLimits())))
        platform = world.desk_at
        for n in range(EACH):
            for c in range(CUSTOMERS):
                world.writes(f"c{c}", f"c{c}-{n}")
        asked: dict[str, float] = {}

        async def agents() -> None:
            """Whoever has a thread is answered, one every second."""
            while len(asked) < CUSTOMERS:
                await asyncio.sleep(1.0)
                ready = [c for c in range(CUSTOMERS) if world.relayed(f"c{c}") and f"c{c}" not in asked]
                for c in ready[:1]:
                    asked[f"c{c}"] = now()
                    world.answers(f"c{c}", f"answer {c}")

        task = asyncio.create_task(agents())
        wanted = CUSTOMERS * EACH
        await world.until(
            lambda: sum(len(lines(world.relayed(f"c{c}"))) for c in range(CUSTOMERS)) >= wanted, 7200
        )
        done = max(m.at for m in platform.seen if m.chat == "-1" and m.role == "message")
        await world.until(task.done, 600)
        await world.until(lambda: all(world.told(f"c{c}") for c in range(CUSTOMERS)), 60)
        late = [world.told(who)[0].at - at for who, at in asked.items()]
        return world, done, late

    world, done, late = run(main())
    for c in range(CUSTOMERS):
        assert lines(world.relayed(f"c{c}")) == [f"c{c}-{n}" for n in range(EACH)]
    assert world.desk_at.windows.refused == 0
    used = [at for at in world.desk_at.requests["-1"] if at <= done]
    assert len(used) >= 0.95 * permitted(done, world.desk_at.pacing.group)
    assert sorted(late)[int(0.95 * len(late))] < 1.0
