"""What goes wrong for an hour, on simulated time, between any two messengers; and what must hold in the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.messengers.contract import Pacing
from bot.messengers.slack.messenger import SlackMessenger
from bot.messengers.slack.settings import SlackSettings
from bot.messengers.telegram.messenger import CAPABILITIES as TELEGRAM
from bot.messengers.web.messenger import CAPABILITIES as WEB
from domain.policy import Capabilities
from domain.requests import Outcome, Request, Send, Unsure
from tests.engine.virtual import now, run
from tests.soak.simulated import Platform, Trouble, World, down, lines
from tests.telegram.conftest import Elsewhere

HOUR = 3600.0
CUSTOMERS = [f"c{n}" for n in range(10)]
LATE = "Not delivered yet"
REASONS = ("down", "5xx storm", "no DNS", "hangs", "reset after the effect")
SIDES = ("customers", "desk", "both")


def capabilities() -> dict[str, Capabilities]:
    """What each messenger can do."""
    slack = SlackMessenger(SlackSettings("xoxb-1", "xapp-1"), Elsewhere().carry).capabilities
    return {"telegram": TELEGRAM, "slack": slack, "web": WEB}


def troubles(why: str) -> tuple[Trouble, Trouble]:
    """What requests meet before they have an effect, and what becomes of their answers."""
    chance = random.Random(3)
    fine: Trouble = lambda _: None  # noqa: E731
    storm: Trouble = lambda _: Unsure("502") if chance.random() < 0.97 else None  # noqa: E731
    reset: Trouble = lambda r: Unsure("reset") if isinstance(r, Send) and chance.random() < 0.2 else None  # noqa: E731
    return {
        "down": (down(), fine),
        "no DNS": (down("name or service not known"), fine),
        "5xx storm": (storm, fine),
        "hangs": (lambda _: Unsure("no answer in time"), fine),
        "reset after the effect": (fine, reset),
    }[why]


@dataclass(slots=True)
class Story:
    """An hour of trouble and what came of it."""

    world: World
    written: int = 0
    lost: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    repeated: int = 0
    doubled: list[str] = field(default_factory=list)
    told: int = 0
    lanes: int = 0
    all_there_after: float = 0.0


async def story(world: World, begins: Callable[[], None], ends: Callable[[], None]) -> Story:
    """Customers and agents talk; something breaks for an hour while they go on; then everything must come."""
    told = Story(world)
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
    told.lanes = world.delivery.lanes
    ended = now()
    ends()
    await world.until(lambda: complete(world), 300)
    told.all_there_after = now() - ended
    sweeps.cancel()
    _judge(told)
    return told


def complete(world: World) -> bool:
    """Whether everything has arrived."""
    return all(len(set(lines(world.relayed(who)))) >= 13 for who in CUSTOMERS) and all(
        len(set(lines(world.told(who)))) >= 12 for who in CUSTOMERS
    )


def _judge(told: Story) -> None:
    world = told.world
    for who in CUSTOMERS:
        for seen, first, prefix in ((world.relayed(who), 0, "q"), (world.told(who), 1, "a")):
            said, wanted = lines(seen), [f"{who} {prefix}{n:02}" for n in range(first, 13)]
            once = list(dict.fromkeys(said))
            told.written += len(wanted)
            told.lost += [line for line in wanted if line not in once]
            if once != wanted:
                told.disordered.append(f"{who}: {once}")
            told.repeated += len(said) - len(once)
    told.doubled = [f"{t}: {len(refs)} threads" for t, refs in world.desk_at.threads.items() if len(refs) > 1]
    told.told = sum(LATE in m.text for m in world.desk_at.seen)


def outage(customers: str, desk: str, side: str, why: str) -> Story:
    """Customers at one messenger, the desk at another: one of the two, or both, away for an hour."""

    async def main() -> Story:
        can = capabilities()
        theirs = Platform(customers, Pacing(), can[customers])
        ours = theirs if desk == customers else Platform(desk, Pacing(), can[desk])
        world = World(*dict.fromkeys((theirs, ours)), desk_at=desk)
        away = {"customers": [theirs], "desk": [ours], "both": [theirs, ours]}[side]
        before, after = troubles(why)

        def begins() -> None:
            for platform in away:
                platform.trouble, platform.trouble_after = before, after

        def ends() -> None:
            for platform in away:
                platform.trouble = platform.trouble_after = lambda _: None

        return await story(world, begins, ends)

    return run(main())


def sometimes(chance: random.Random, lost: list[Request]) -> Trouble:
    """A fifth of what is sent meets a reset; each is noted."""

    def trouble(request: Request) -> Outcome | None:
        if isinstance(request, Send) and chance.random() < 0.2:
            lost.append(request)
            return Unsure("reset")
        return None

    return trouble
