"""The real program as a subprocess, and waiting for what it should bring about."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.program.hatchery import Hatched, hatch

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""What a quick machine does in a moment may take a busy one so long, in seconds."""

_OFTEN, _SELDOM = 0.01, 0.05


async def until(look: Callable[[], Any], within: float = PATIENCE, what: str = "") -> Any:
    """Wait until `look`, which may be awaitable, gives something true; gives that."""
    found: Any = None
    pause, over = _OFTEN, time.monotonic() + within
    async with asyncio.timeout(within + PATIENCE):  # a look that hangs
        while time.monotonic() < over:
            looked = look()
            found = await looked if isinstance(looked, Awaitable) else looked
            if found:
                return found
            await asyncio.sleep(pause)  # real programs take real time
            pause = min(_SELDOM, pause * 1.2)
    raise AssertionError(f"never came: {what or look}; last: {found!r}")


def free_port() -> int:
    """A port that nobody listens on now, for a program that is to be found where it was after a restart."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Program:
    """One `okno run` in a folder of its own; it may be killed and started again."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = {"OKNO_WEB__PORT": "0", "OKNO_LOG__LEVEL": "warning", **settings}
        self.process: Hatched | None = None
        self.printed = ""
        self._reader: asyncio.Task[None] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the program sees; none of the machine's own settings of Okno."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OKNO_", "PYTHONDONTWRITE"))}
        return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **self.settings}

    async def start(self) -> None:
        """Start, and wait until it has said where its pages are."""
        self.printed = ""
        self.process = await hatch(self.folder, self.environment)
        self._reader = asyncio.create_task(self._read())
        await until(lambda: "http://127.0.0.1:" in self.printed or self._ended(), what="the start")
        if self._ended():
            raise AssertionError(f"the program ended at once:\n{self.printed}")

    def _ended(self) -> bool:
        return self.process is not None and self.process.returncode is not None

    async def _read(self) -> None:
        assert self.process is not None
        while line := await self.process.stdout.readline():
            self.printed += line.decode(errors="replace")

    @property
    def url(self) -> str:
        """Where its pages are."""
        found = re.search(r"http://127\.0\.0\.1:\d+", self.printed)
        assert found, self.printed
        return found[0]

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    async def kill(self) -> None:
        """kill -9, in the middle of whatever it does."""
        self.signal(signal.SIGKILL)
        await self._gone()

    async def stop(self) -> int:
        """Ask it to stop; gives its exit code."""
        self.signal(signal.SIGTERM)
        return await self._gone()

    async def _gone(self) -> int:
        assert self.process is not None
        code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        if self._reader is not None:
            await self._reader
        return code


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncIterator[Program]:
    """A program that is certainly gone afterwards."""
    program = Program(folder, **settings)
    try:
        await program.start()
        yield program
    finally:
        if program.process is not None and program.process.returncode is None:
            await program.kill()
