"""Programs that begin with everything imported: that is most of a start, and the tests start more than a hundred.

A process that has imported what every program does waits, and forks one whenever it is asked: an own process with its own
folder, environment and session, which is a child of the tests as any other. What starting itself does (the command line,
settings, wrong ones) is tried by real starts in `tests/outside`.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

_LONGEST = 1 << 18
_IMPORTED = (
    "aiosqlite",
    "bot.app",
    "bot.commands",
    "bot.messengers.telegram.messenger",
    "bot.messengers.web.messenger",
    "bot.webstore",
    "storage.sqlite",
)
_ADOPTS_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER


class Hatched:
    """A program that was begun, as far as the tests need one: what they know of `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._watch = os.pidfd_open(pid)
        self._loop.add_reader(self._watch, self._ended)

    def _ended(self) -> None:
        self._loop.remove_reader(self._watch)
        os.close(self._watch)
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._over.set()

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it is there."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def wait(self) -> int:
        """Wait until it is over; its exit code, as `subprocess` has it."""
        await self._over.wait()
        assert self.returncode is not None
        return self.returncode


async def hatch(folder: Path, environment: dict[str, str]) -> Hatched:
    """Begin `okno run` in that folder; what it prints is its `stdout`."""
    read, write = os.pipe()
    try:
        asked = json.dumps({"folder": str(folder), "environment": environment}).encode()
        socket.send_fds(_hatchery(), [asked], [write])
    finally:
        os.close(write)
    pid = int(_hatchery().recv(64))
    stdout = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdout), os.fdopen(read, "rb")
    )
    return Hatched(pid, stdout)


@cache
def _hatchery() -> socket.socket:
    """The process that forks, one for this process of tests; it ends when its channel does."""
    ctypes.CDLL(None).prctl(_ADOPTS_ORPHANS, 1)  # programs become our children once who made them is gone
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OKNO_", "PYTHONDONTWRITE"))}
    root = str(Path(__file__).resolve().parents[2])
    subprocess.Popen(
        [sys.executable, "-m", "tests.program.hatchery", str(theirs.fileno())],
        cwd=root,
        env={**kept, "PYTHONPATH": root, "PYTHONUNBUFFERED": "1"},
        pass_fds=[theirs.fileno()],
        start_new_session=True,
    )
    theirs.close()
    return ours


# ── the process that forks ──


def main(channel: socket.socket) -> None:
    """Fork programs until nobody is there to ask; in a program, run it."""
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    while True:
        asked, outputs, *_ = socket.recv_fds(channel, _LONGEST, 1)
        if not asked:
            return
        pid = _forked_twice()
        if pid == 0:
            channel.close()
            _become(json.loads(asked), outputs[0])
            return
        os.close(outputs[0])
        channel.send(str(pid).encode())


def _forked_twice() -> int:
    """The number of a new process that is an orphan by now; 0 in it."""
    read, write = os.pipe()
    if between := os.fork():
        os.close(write)
        os.waitpid(between, 0)
        with os.fdopen(read) as told:
            return int(told.read())
    os.close(read)
    pid = os.fork()
    if pid:
        os.write(write, str(pid).encode())
        os._exit(0)
    os.close(write)
    return 0


def _become(asked: dict[str, Any], output: int) -> None:
    """Be the program that was asked for."""
    os.setsid()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["okno", "run"]
    from bot.__main__ import main as run

    run()


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
