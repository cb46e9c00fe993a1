"""A disk that is really full: a small file system of its own where the machine lets us mount one, else a limit on how
far the program may write.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.program.running import Program

SIZE = 24 * 1024 * 1024


class Mounted:
    """A file system of 24 MB in memory; `fill` puts ballast on it until nothing fits any more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, program: Program) -> None:
        with contextlib.suppress(OSError), (self.folder / "ballast").open("ab", buffering=0) as ballast:
            for size in (64 * 1024, 1024, 1):
                with contextlib.suppress(OSError):
                    while True:
                        ballast.write(b"x" * size)

    def free(self, program: Program) -> None:
        (self.folder / "ballast").unlink()


class Limited:
    """The program may write nothing from `fill` on: the kernel refuses each write to a file (EFBIG). One that is
    gone is limited no more.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _limit(self, program: Program, most: int) -> None:
        assert program.process is not None
        if program.process.returncode is not None:
            return
        resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def fill(self, program: Program) -> None:
        self._limit(program, 0)

    def free(self, program: Program) -> None:
        self._limit(program, resource.RLIM_INFINITY)


async def _command(*words: str) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return False
    return await process.wait() == 0


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Mounted | Limited]:
    """A disk to run the program on."""
    if not await _command("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)):
        yield Limited(folder)
        return
    try:
        yield Mounted(folder)
    finally:
        await _command("umount", "--lazy", str(folder))
