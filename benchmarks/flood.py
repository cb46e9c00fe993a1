"""`python -m benchmarks.flood`: one customer writes a thousand messages at once and another's chat takes nothing, while
twenty write as ever and are answered. How long do the twenty wait?

The program runs as a process against the fake Bot API server, in real time. Limits are wide: what a desk's own
allowance costs is another question (`benchmarks/burst.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import tables
from tests.program.running import running
from tests.soak.run import ALWAYS, LIMITS
from tests.soak.scene import TOKEN, Scene, Side, Talk, server
from tests.soak.verdict import Verdict, judge

OTHERS = 20
FLOOD = 1000
AT_ONCE = 50
HANGS = 25.0
LIMIT = 1.0
"""No other chat may wait longer, in seconds."""


async def flood(folder: Path, seconds: float) -> list[dict[str, object]]:
    """The twenty in a calm, then beside the flood and the broken chat; a row for each."""
    async with server() as (remote, url, token):
        scene = Scene(remote, random.Random(1))
        await scene.prepare()
        settings = {
            "OKNO_TELEGRAM__TOKEN": token,
            "OKNO_TELEGRAM__API_BASE": url,
            "OKNO_TELEGRAM__LIMITS": LIMITS.replace("60/1s", "1000/1s"),
            "OKNO_DESKS__HOWTO__CHAT": f"telegram:{scene.desk}",
            "OKNO_WORKING_HOURS__WEEKLY": ALWAYS,
        }
        async with running(folder, **settings) as program:
            for _ in range(OTHERS + 2):
                await scene.somebody_comes()
            while any(talk.topic is None for talk in scene.talks):
                await scene.look_for_topics()
                await asyncio.sleep(0.1)
            flooder, broken, *others = scene.talks
            rows = [await _watched(scene, "calm", others, seconds)]
            await remote.fault(trouble="delay", chat=broken.customer, times=None, seconds=HANGS)
            for _ in range(AT_ONCE):
                await scene.writes(broken, "a")
            writing = asyncio.create_task(_floods(scene, flooder))
            rows.append(await _watched(scene, "flood and a broken chat", others, seconds))
            await writing
            rows[-1] |= await _flood_arrived(scene, flooder)
            await remote.clear_faults()
            verdict = await _settled(scene)
            rows[-1] |= {"lost in the end": len(verdict.lost), "out of order": len(verdict.disordered)}
            rows[0] = {name: rows[0].get(name, "") for name in rows[1]}
            await program.stop()
        return rows


async def _floods(scene: Scene, talk: Talk) -> None:
    for _ in range(FLOOD // AT_ONCE):
        for _ in range(AT_ONCE):
            await scene.writes(talk, "q")
        await asyncio.sleep(0)


async def _watched(scene: Scene, name: str, others: Sequence[Talk], seconds: float) -> dict[str, object]:
    """The others write and are answered in turn, one of them every tenth of a second; how long each message took."""
    first = {(talk.name, side): len(talk.said[side]) for talk in others for side in ("q", "a")}
    sides: tuple[Side, Side] = ("q", "a")
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        await scene.writes(others[number % len(others)], sides[number // len(others) % 2])
        number += 1
        await asyncio.sleep(0.1)  # their own pace
    await asyncio.sleep(LIMIT * 2)  # what isn't there by then is late
    taken: dict[Side, list[list[float]]] = {
        side: [await _taken(scene, talk, side, first) for talk in others] for side in sides
    }
    row: dict[str, object] = {"phase": name}
    for side, what in zip(sides, ("question", "answer"), strict=True):
        late = sorted(t for of_talk in taken[side] for t in of_talk)
        row |= {
            f"{what}s": len(late),
            f"{what} p50": f"{statistics.median(late):.3f} s",
            f"{what} slowest": f"{late[-1]:.3f} s",
        }
    return row


async def _taken(scene: Scene, talk: Talk, side: Side, first: dict[tuple[str, str], int]) -> list[float]:
    """How long each message since `first` took, by the server's clock; what isn't there counts as an hour."""
    arrived = {
        token: message.at
        for message in await scene.shown(talk, side)
        for token in TOKEN.findall(message.text)
    }
    written = await _written(scene, talk, side)
    tokens = [said.token for said in talk.said[side][first[talk.name, side] :]]
    return [arrived.get(token, written[token] + 3600.0) - written[token] for token in tokens]


async def _written(scene: Scene, talk: Talk, side: Side) -> dict[str, float]:
    where = {"chat": talk.customer} if side == "q" else {"chat": scene.desk, "thread": talk.topic}
    shown = await scene.remote.shows(**where)
    return {token: m.at for m in shown if not m.by_bot for token in TOKEN.findall(m.text)}


async def _flood_arrived(scene: Scene, talk: Talk) -> dict[str, object]:
    """When all of the flood had arrived, and in how many messages."""
    seen = await _tokens(scene, talk)
    for _ in range(600):
        if len(talk.said["q"]) <= len(seen):
            break
        await asyncio.sleep(0.2)
        seen = await _tokens(scene, talk)
    written = await _written(scene, talk, "q")
    began, last = min(written[s.token] for s in talk.said["q"][1:]), max(seen.values())
    shown = [m for m in await scene.shown(talk, "q") if TOKEN.search(m.text)]
    return {"flood": f"{FLOOD} in {len(shown) - 1} messages, all there after {last - began:.1f} s"}


async def _tokens(scene: Scene, talk: Talk) -> dict[str, float]:
    return {token: m.at for m in await scene.shown(talk, "q") for token in TOKEN.findall(m.text)}


async def _settled(scene: Scene) -> Verdict:
    """What came of everything, the broken chat's answers included, once that chat takes them again."""
    verdict = await judge(scene)
    for _ in range(240):
        if not verdict.lost:
            break
        await asyncio.sleep(0.5)
        verdict = await judge(scene)
    return verdict


def main() -> None:
    """Run it, say what came of it, and fail when somebody waited too long or something was lost."""
    arguments = argparse.ArgumentParser(
        prog="python -m benchmarks.flood", description="A flood and a broken chat."
    )
    arguments.add_argument("--seconds", type=float, default=12.0, help="how long each phase takes")
    arguments.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="okno-flood-") as folder:
        rows = asyncio.run(flood(Path(folder), given.seconds))
    print(tables.table(rows))
    if given.write:
        tables.write("flood", tables.table(rows))
    slowest = max(float(str(rows[1][f"{what} slowest"]).split()[0]) for what in ("question", "answer"))
    sys.exit(bool(slowest > LIMIT or rows[1]["lost in the end"] or rows[1]["out of order"]))


if __name__ == "__main__":
    main()
