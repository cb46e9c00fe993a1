"""`python -m benchmarks.burst`: 600 messages of 60 customers into one desk, under Telegram's limits, in real time.

The program runs as a process against the fake Bot API server, which refuses whatever goes beyond the same limits.
`--speed 5` makes both five times as fast (the server answers no faster for that); a run takes ten minutes at speed 1.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import tables
from bot.messengers.contract import Rate
from tests.program.running import running
from tests.soak.run import ALWAYS
from tests.soak.scene import Scene, Talk, server
from tests.soak.test_limits import permitted
from tests.soak.verdict import judge


async def burst(folder: Path, customers: int, each: int, speed: int) -> dict[str, object]:
    """Let everybody write at once while an agent answers; what came of it."""
    group, chat, total = (20 * speed, 60.0), (5 * speed, 5.0), (30 * speed, 1.0)
    limits = (
        f'{{chat = "{speed}/1s", chat_burst = {chat[0]}, group = "{group[0]}/1m", total = "{total[0]}/1s"}}'
    )
    async with server() as (remote, url, token):
        scene = Scene(remote, random.Random(1))
        await scene.prepare()
        await remote.limit(private=[chat], group=[group, chat], total=[total])
        settings = {
            "OKNO_TELEGRAM__TOKEN": token,
            "OKNO_TELEGRAM__API_BASE": url,
            "OKNO_TELEGRAM__LIMITS": limits,
            "OKNO_DESKS__HOWTO__CHAT": f"telegram:{scene.desk}",
            "OKNO_WORKING_HOURS__WEEKLY": ALWAYS,
        }
        async with running(folder, **settings) as program:
            for _ in range(customers):
                await scene.somebody_comes()
            for _ in range(each - 1):
                for talk in scene.talks:
                    await scene.writes(talk, "q")
            started = time.monotonic()
            late = await _answered(scene)
            verdict = await judge(scene)
            while verdict.lost and time.monotonic() - started < 1800:
                await asyncio.sleep(0.5)
                await scene.look_for_topics()
                verdict = await judge(scene)
            took = time.monotonic() - started
            await program.stop()
        used = [c for c in await remote.calls() if str(c["given"].get("chat_id")) == str(scene.desk)]
        allowed = permitted(took, (Rate(*group), Rate(*chat)))
        return {
            "speed": speed,
            "messages": verdict.written,
            "seconds": round(took),
            "lost": len(verdict.lost),
            "out of order": len(verdict.disordered),
            "429 provoked": await remote.refused(),
            "requests to the desk": f"{len(used)} of {allowed} permitted ({len(used) / allowed:.0%})",
            "answers to customers, p95": f"{sorted(late)[int(0.95 * len(late))]:.2f} s",
        }


async def _answered(scene: Scene) -> list[float]:
    """Whoever has a topic is answered, one customer a half second; how long each answer took."""
    late: list[float] = []
    answered: set[int] = set()
    while len(answered) < len(scene.talks):
        await scene.look_for_topics()
        talk = next((t for t in scene.talks if t.topic is not None and t.customer not in answered), None)
        if talk is None:
            await asyncio.sleep(0.2)
            continue
        answered.add(talk.customer)
        await scene.writes(talk, "a")
        late.append(await _arrival(scene, talk))
        await asyncio.sleep(0.5)
    return late


async def _arrival(scene: Scene, talk: Talk) -> float:
    """How long an answer just written takes to the customer; a minute at most."""
    began = time.monotonic()
    for _ in range(3000):
        if await scene.shown(talk, "a"):
            break
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def main() -> None:
    """Run it, say what came of it, and fail when something was lost or a 429 provoked."""
    arguments = argparse.ArgumentParser(
        prog="python -m benchmarks.burst", description="A burst into one desk."
    )
    arguments.add_argument("--customers", type=int, default=60)
    arguments.add_argument("--each", type=int, default=10)
    arguments.add_argument("--speed", type=int, default=1)
    arguments.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="okno-burst-") as folder:
        row = asyncio.run(burst(Path(folder), given.customers, given.each, given.speed))
    print(tables.table([row]))
    if given.write:
        tables.write("burst", tables.table([row]))
    sys.exit(bool(row["lost"] or row["429 provoked"]))


if __name__ == "__main__":
    main()
