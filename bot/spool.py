"""The spool: files on their way from one messenger to another lie on disk, within bounds, and are looked at there.

Never in memory as a whole, never more on disk than there is room for, and nothing of it stays: what a crash left
behind is cleaned up at the next start. A file goes on only when all of it has come, so that nobody is sent half of one.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import tempfile
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import structlog

from bot.messengers.contract import FileRefused
from domain.filetypes import HEAD, checked, looks_of
from storage.database import DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence

    from bot.messengers.contract import FileSource
    from domain.messages import Attachment

_log = structlog.get_logger()

PREFIX = "okno-file-"
"""What the spool's files are called; only those are cleaned up."""

PIECE = 256 * 1024
"""How much is read or written at once, in bytes."""

GUESSED = 64 * 1024 * 1024
"""How much room is kept for a file whose size nobody tells, in bytes."""

ROOM_WAIT = 60.0
"""How long a file waits for room, in seconds; then its request is made again later."""

SLOWEST = 64 * 1024
"""A file that comes slower than so many bytes a second, after a start of 60 seconds, is given up for now."""

LONGEST = 900.0

TRIES = 5
"""How often a file may break off, or not be what was announced, until it counts as one that can't be had."""

OUTAGE = 2 * 3600.0
"""How long a messenger may not hand a file out at all until it counts as one that can't be had, in seconds."""

_REMEMBERED = 1000
_LATER = "refused.file_later"
_BROKEN = "refused.file_broken"


@dataclass(slots=True)
class Spooled:
    """One file on disk."""

    file: Attachment
    path: Path
    stack: contextlib.ExitStack

    def open(self) -> BinaryIO:
        """The bytes from their start."""
        return self.stack.enter_context(self.path.open("rb"))

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as a stream."""
        with self.path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece


class Spool:
    """Carries files. Belongs to one event loop.

    `room` bytes lie on disk at most. `limit` gives how large a file a messenger hands out, None without a bound.
    """

    def __init__(
        self,
        folder: Path,
        room: int,
        open_file: FileSource,
        limit: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._open_file = open_file
        self._limit = limit
        self._room = _Room(room)
        self._patience = _Patience()

    def clean(self) -> None:
        """Make the folder, and throw away what a crash left in it. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob(f"{PREFIX}*"):
            left.unlink(missing_ok=True)

    @contextlib.asynccontextmanager
    async def carry(
        self, source: str, files: Sequence[Attachment], most: int
    ) -> AsyncIterator[list[Spooled]]:
        """The files, all of them on disk, as long as the context lasts. Raises FileRefused."""
        needed = sum(self._needed(source, file, most, part) for part, file in enumerate(files))
        with contextlib.ExitStack() as stack:
            stack.enter_context(await self._room.take(needed))
            spooled = []
            for part, file in enumerate(files):
                spooled.append(await self._fetched(stack, source, file, most, part))
            yield spooled

    def _needed(self, source: str, file: Attachment, most: int, part: int) -> int:
        """How much room the file takes; raises FileRefused when it is too large for one of the two sides."""
        bound = self._limit(source)
        size = file.size
        if size is None:
            return min(most, bound or most, GUESSED)
        if size > most:
            raise FileRefused("refused.file_too_big", detail=str(most), part=part)
        if bound is not None and size > bound:
            raise FileRefused("refused.file_not_given", detail=str(bound), part=part)
        if size > self._room.whole:
            raise FileRefused("refused.file_too_big", detail=str(self._room.whole), part=part)
        return size

    async def _fetched(
        self, stack: contextlib.ExitStack, source: str, file: Attachment, most: int, part: int
    ) -> Spooled:
        """The file on disk. What goes wrong on the way is told with which file it was, and not for ever to be tried."""
        key = (source, file.ref)
        try:
            spooled = await self._written(stack, source, file, most)
        except FileRefused as refused:
            later = refused.later and self._patience.allows(key, broken=refused.reason != _LATER)
            raise FileRefused(refused.reason, later=later, detail=refused.detail, part=part) from None
        self._patience.forget(key)
        return spooled

    async def _written(
        self, stack: contextlib.ExitStack, source: str, file: Attachment, most: int
    ) -> Spooled:
        path = self._made(stack)
        head, size = b"", 0
        try:
            with path.open("wb") as out:
                async with contextlib.aclosing(self._pieces(source, file)) as pieces:
                    async for piece in pieces:
                        size += len(piece)
                        self._check(stack, file, size, most)
                        head = head or piece[:HEAD]
                        await asyncio.to_thread(out.write, piece)
                await asyncio.to_thread(out.flush)
        except OSError as error:
            _log.warning("a file can't be kept on its way", error=errno.errorcode.get(error.errno or 0, "?"))
            raise FileRefused(_LATER, later=True) from None
        if not size:
            raise FileRefused("refused.file_empty")
        if file.size is not None and size < file.size:
            raise FileRefused(_BROKEN, later=True)
        return Spooled(checked(file, looks_of(head), size), path, stack)

    async def _pieces(self, source: str, file: Attachment) -> AsyncGenerator[bytes, None]:
        """The file as it comes, in pieces that are worth a write."""
        gathered, came = bytearray(), False
        try:
            async with asyncio.timeout(_patience_for(file.size)), self._open_file(source, file.ref) as chunks:
                async for chunk in chunks:
                    came = True
                    gathered += chunk
                    if len(gathered) >= PIECE:
                        yield bytes(gathered)
                        gathered.clear()
        except TimeoutError:
            raise FileRefused(_BROKEN, later=True) from None
        except DatabaseBusy:
            raise FileRefused(_LATER, later=True) from None
        except FileRefused as refused:
            broken = refused.later and came
            raise FileRefused(_BROKEN, later=True) if broken else refused from None
        if gathered:
            yield bytes(gathered)

    def _made(self, stack: contextlib.ExitStack) -> Path:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=PREFIX, delete=False) as made:
                path = Path(made.name)
        except OSError:
            raise FileRefused(_LATER, later=True) from None
        stack.callback(path.unlink, missing_ok=True)
        return path

    def _check(self, stack: contextlib.ExitStack, file: Attachment, size: int, most: int) -> None:
        """A file that goes on past what was announced takes more room, as long as there is some."""
        if size > most:
            raise FileRefused("refused.file_too_big", detail=str(most))
        kept = GUESSED if file.size is None else file.size
        if size > kept and not self._room.grow(stack, PIECE):
            raise FileRefused(_LATER, later=True)


class _Room:
    """How many bytes may lie on disk. Whoever waits is served in order, so that large files get their turn."""

    def __init__(self, whole: int) -> None:
        self.whole = whole
        self._free = whole
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, size: int) -> contextlib.AbstractContextManager[None]:
        """Keep room for so many bytes, once there is some. Raises FileRefused when that takes too long."""
        size = min(size, self.whole)
        if self._waiting or size > self._free:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((size, turn))
            try:
                async with asyncio.timeout(ROOM_WAIT):
                    await turn
            except BaseException as error:
                self._leave(size, turn)
                if isinstance(error, TimeoutError):
                    raise FileRefused(_LATER, later=True) from None
                raise
        else:
            self._free -= size
        return self._held(size)

    def grow(self, stack: contextlib.ExitStack, size: int) -> bool:
        """Keep more room without waiting, if there is some."""
        if self._waiting or size > self._free:
            return False
        self._free -= size
        stack.enter_context(self._held(size))
        return True

    @contextlib.contextmanager
    def _held(self, size: int) -> Iterator[None]:
        try:
            yield
        finally:
            self._give(size)

    def _give(self, size: int) -> None:
        self._free += size
        self._serve()

    def _leave(self, size: int, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self._give(size)  # its turn came in the same moment
            return
        self._waiting = deque(waiting for waiting in self._waiting if waiting[1] is not turn)
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            size, turn = self._waiting.popleft()
            if not turn.done():
                self._free -= size
                turn.set_result(None)


class _Patience:
    """How often files could not be had, in memory: after a restart they are tried anew."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def allows(self, key: tuple[str, str], *, broken: bool) -> bool:
        """Whether the file may be tried again. `broken`: it is the file's fault rather than an outage."""
        tries, since = self._failed.get(key, (0, self._clock()))
        tries += broken
        self._failed[key] = (tries, since)
        if len(self._failed) > _REMEMBERED:
            self._failed.popitem(last=False)
        again = tries < TRIES and self._clock() - since < OUTAGE
        if not again:
            self.forget(key)
        return again

    def forget(self, key: tuple[str, str]) -> None:
        """It was had after all, or given up."""
        self._failed.pop(key, None)


def _patience_for(size: int | None) -> float:
    """How long a file of that size may take, in seconds."""
    return LONGEST if size is None else min(60.0 + size / SLOWEST, LONGEST)
