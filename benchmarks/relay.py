"""Okno's road beside a bot that stores nothing: latency, throughput, CPU, memory, and time until ready.

`python -m benchmarks.relay` starts a Bot API server for each of the two, lets customers write to both in alternating
rounds, and says whether the promises hold. Okno commits every message (`synchronous=FULL`) before it acknowledges
it. Takes about two minutes; `--quick` a tenth of that.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks import tables

ROOT = Path(__file__).resolve().parents[1]
NO_LIMITS = '{chat = "100000/1s", chat_burst = 1000, group = "100000/1s", total = "100000/1s"}'
ALWAYS = (
    "{" + ", ".join(f'{day} = ["24h"]' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")) + "}"
)
SECONDS = 300
MB = 1024 * 1024


class World:
    """A Bot API server with customers, as a process."""

    def __init__(self, customers: int) -> None:
        command = [sys.executable, "-m", "benchmarks.world", "--customers", str(customers)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        said = self._read()
        self.url, self.token, self.desk = said["url"], said["token"], said["desk"]
        self.customers: list[int] = said["customers"]

    def ask(self, name: str, count: int) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([name, count]) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the Bot API server ended; see what it said above")
        said: dict[str, Any] = json.loads(line)
        return said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


class Bot:
    """One of the two under test, as a process; `cpu` is what it has used so far, in seconds."""

    def __init__(self, name: str, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OKNO_")}
        with (folder / f"{name}.log").open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**kept, "PYTHONPATH": str(ROOT), **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._seen = psutil.Process(self.process.pid)

    @property
    def cpu(self) -> float:
        times = self._seen.cpu_times()
        return float(times.user + times.system)

    @property
    def memory(self) -> float:
        return float(self._seen.memory_info().rss) / MB

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def minimal(world: World, folder: Path) -> Bot:
    command = [sys.executable, "-m", "benchmarks.minimal_bot", world.token, world.url, str(world.desk)]
    return Bot("minimal", command, folder, {})


def environment_of(port: int, world: World | None, **more: str) -> dict[str, str]:
    """What the program is told: the world's address, and pacing set out of the way."""
    environment = {"OKNO_WEB__PORT": str(port), "OKNO_LOG__LEVEL": "warning", **more}
    if world is not None:
        environment |= {
            "OKNO_TELEGRAM__TOKEN": world.token,
            "OKNO_TELEGRAM__API_BASE": world.url,
            "OKNO_TELEGRAM__LIMITS": NO_LIMITS,
            "OKNO_LIMITS__CUSTOMER_MESSAGES": "100000/1s",  # few customers write much here, and that is no flood
            "OKNO_DESKS__HOWTO__CHAT": f"telegram:{world.desk}",
            "OKNO_WORKING_HOURS__WEEKLY": ALWAYS,  # the same at any time of the day
        }
    return environment


def okno(folder: Path, port: int, world: World | None, commit_ms: float = 0, /, **more: str) -> Bot:
    slowed = ["benchmarks.slow_commits", str(commit_ms)]
    command = [sys.executable, "-m", *(slowed if commit_ms else ("bot", "run"))]
    return Bot("okno", command, folder, environment_of(port, world, **more))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ready_after(bot: Bot, port: int, started: float, within: float = 30.0) -> float:
    """How long after its start the program says that it is ready."""
    while time.perf_counter() - started < within:
        if bot.process.poll() is not None:
            raise RuntimeError("okno ended at its start")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return time.perf_counter() - started
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.02)
    raise RuntimeError(f"okno was not ready within {within:.0f} s")


def timed_start(folder: Path, world: World | None, commit_ms: float = 0) -> tuple[Bot, float]:
    port, started = free_port(), time.perf_counter()
    bot = okno(folder, port, world, commit_ms)
    return bot, ready_after(bot, port, started)


@dataclass
class Measured:
    """What was seen of one bot over all rounds. Times in milliseconds; `middles` are the medians of the rounds."""

    taken: list[float] = field(default_factory=list)
    middles: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: float = 0.0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.taken)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cpu_each(self) -> float:
        return statistics.median(self.cpu)


def one_round(world: World, bot: Bot, measured: Measured, singly: int, burst: int) -> None:
    taken = [1000 * t for t in world.ask("singly", singly)["taken"]]
    measured.taken += taken
    measured.middles.append(statistics.median(taken))
    before = bot.cpu
    said = world.ask("burst", burst)
    time.sleep(0.3)  # what follows the last copy belongs to the message as well
    measured.rates.append(burst / said["seconds"])
    measured.cpu.append(1000 * (bot.cpu - before) / burst)
    measured.memory = bot.memory


def relay(
    folder: Path, rounds: int, singly: int, burst: int, customers: int, commit_ms: float = 0
) -> tuple[dict[str, Measured], float]:
    """Both bots in alternating rounds; and how long Okno with Telegram took to be ready."""
    seen = {"minimal": Measured(), "okno": Measured()}
    deadline = time.monotonic() + SECONDS
    with ExitStack() as stack:
        worlds = {name: stack.enter_context(World(customers)) for name in seen}
        bot, ready = timed_start(folder, worlds["okno"], commit_ms)
        bots = {"okno": stack.enter_context(bot)}
        bots["minimal"] = stack.enter_context(minimal(worlds["minimal"], folder))
        for name, world in worlds.items():
            world.ask("burst", customers)  # everybody has a topic before anything is timed
            world.ask("burst", customers * 4)
            print(f"{name}: warm", flush=True)
        for number in range(rounds):
            if time.monotonic() > deadline:
                break
            for name in ("minimal", "okno") if number % 2 == 0 else ("okno", "minimal"):
                one_round(worlds[name], bots[name], seen[name], singly, burst)
    return seen, ready


def without_telegram(folder: Path) -> tuple[float, float]:
    """Seconds until ready and resident megabytes, with the built-in messenger alone."""
    bot, ready = timed_start(folder, None)
    with bot:
        time.sleep(1)
        return ready, bot.memory


def verdicts(
    seen: dict[str, Measured], ready: float, alone: tuple[float, float], commit_ms: float
) -> list[tuple[str, str, str, bool]]:
    okno_seen, least = seen["okno"], seen["minimal"]
    # round by round, so that whatever else the machine does weighs on both alike
    p50 = statistics.median(a / b for a, b in zip(okno_seen.middles, least.middles, strict=True))
    rate = statistics.median(a / b for a, b in zip(okno_seen.rates, least.rates, strict=True))
    if commit_ms:
        return [(f"throughput, commits {commit_ms:g} ms slower", f"{rate:.2f} ×", "≥ 1.0 ×", rate >= 1.0)]
    return [
        ("p50 beside the minimal bot", f"{p50:.2f} ×", "≤ 1.2 ×", p50 <= 1.2),
        ("throughput beside it", f"{rate:.2f} ×", "≥ 1.5 ×", rate >= 1.5),
        ("memory with Telegram", f"{okno_seen.memory:.0f} MB", "< 220 MB", okno_seen.memory < 220),
        ("memory without", f"{alone[1]:.0f} MB", "< 100 MB", alone[1] < 100),
        ("ready with Telegram", f"{ready:.1f} s", "≤ 5 s", ready <= 5),
        ("ready without", f"{alone[0]:.1f} s", "≤ 2 s", alone[0] <= 2),
    ]


def show(seen: dict[str, Measured], judged: list[tuple[str, str, str, bool]]) -> None:
    table = Table("", "p50 ms", "p99 ms", "messages/s", "CPU ms/message", "MB")
    for name, m in seen.items():
        table.add_row(
            name,
            f"{m.quantile(0.5):.2f}",
            f"{m.quantile(0.99):.2f}",
            f"{m.rate:.0f}",
            f"{m.cpu_each:.2f}",
            f"{m.memory:.0f}",
        )
    promises = Table("promise", "measured", "wanted", "")
    for name, measured, wanted, kept in judged:
        promises.add_row(name, measured, wanted, "kept" if kept else "BROKEN")
    console = Console(width=100)
    console.print(table, promises)


def write(seen: dict[str, Measured], judged: list[tuple[str, str, str, bool]], commit_ms: float) -> None:
    """Put what was measured into the document."""
    bots: list[dict[str, object]] = [
        {
            "": name,
            "p50 ms": f"{m.quantile(0.5):.2f}",
            "p99 ms": f"{m.quantile(0.99):.2f}",
            "messages/s": f"{m.rate:.0f}",
            "CPU ms a message": f"{m.cpu_each:.2f}",
            "MB": f"{m.memory:.0f}",
        }
        for name, m in seen.items()
    ]
    promises: list[dict[str, object]] = [
        {"": name, "measured": measured, "wanted": wanted} for name, measured, wanted, _ in judged
    ]
    part = "relay-slow" if commit_ms else "relay"
    tables.write(part, f"{tables.table(bots)}\n\n{tables.table(promises)}", tables.PERFORMANCE)


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--singly", type=int, default=200, help="messages one at a time, each round")
    given.add_argument("--burst", type=int, default=1500, help="messages at once, each round")
    given.add_argument("--customers", type=int, default=50)
    given.add_argument("--quick", action="store_true")
    given.add_argument(
        "--commit-ms", type=float, default=0, help="so much longer every commit to SQLite takes"
    )
    given.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    chosen = given.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.singly, chosen.burst = 2, 60, 400
    with tempfile.TemporaryDirectory(prefix="okno-benchmark-") as made:
        (Path(made) / "alone").mkdir()
        alone = without_telegram(Path(made) / "alone")
        seen, ready = relay(
            Path(made), chosen.rounds, chosen.singly, chosen.burst, chosen.customers, chosen.commit_ms
        )
        if (errors := (Path(made) / "okno.log").read_text()).count("\n") > 8:
            print(errors[-2000:], file=sys.stderr)
    judged = verdicts(seen, ready, alone, chosen.commit_ms)
    show(seen, judged)
    if chosen.write:
        write(seen, judged, chosen.commit_ms)
    return 0 if all(kept for *_, kept in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
