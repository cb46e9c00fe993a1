"""Files on their way: on disk within bounds, looked at, whole or not at all, and nothing of them stays."""

from __future__ import annotations

import asyncio
import contextlib
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import spool
from bot.messengers.contract import FileRefused
from bot.spool import PREFIX, Spool
from domain.messages import Attachment
from storage.database import DatabaseBusy
from tests.samples import SAMPLES

MEGABYTE = 1024 * 1024


@dataclass
class Source:
    """Files of a messenger; `fails` is what a file's stream meets after its bytes."""

    files: dict[str, bytes] = field(default_factory=dict)
    fails: dict[str, Exception] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def open(self, messenger: str, ref: str) -> AsyncIterator[AsyncIterator[bytes]]:
        self.opened.append(ref)
        if ref not in self.files:
            raise self.fails.get(ref) or FileRefused("refused.file_later", later=True)
        yield self._chunks(ref)

    async def _chunks(self, ref: str) -> AsyncIterator[bytes]:
        for start in range(0, len(self.files[ref]), 65536):
            yield self.files[ref][start : start + 65536]
        if ref in self.fails:
            raise self.fails[ref]


def attachment(ref: str, size: int | None = None, **more: str) -> Attachment:
    return Attachment("document", ref, size=size, **more)  # type: ignore[arg-type]


def left(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("*")]


async def why(spool: Spool, *files: Attachment, most: int = 1000 * MEGABYTE) -> tuple[str, bool, int | None]:
    with pytest.raises(FileRefused) as refused:
        async with spool.carry("web", files, most):
            raise AssertionError("it was carried")
    return refused.value.reason, refused.value.later, refused.value.part


async def test_files_lie_on_disk_as_long_as_they_are_carried(tmp_path: Path):
    source = Source({"a": b"a" * 700_000, "b": SAMPLES["photo"]})
    spool = Spool(tmp_path, 10 * MEGABYTE, source.open)
    async with spool.carry("web", [attachment("a"), attachment("b", name="../b.txt")], MEGABYTE) as (a, b):
        assert len(left(tmp_path)) == 2
        assert a.open().read() == source.files["a"]
        assert a.open().read(3) == b"aaa"
        assert b"".join([piece async for piece in a.chunks()]) == source.files["a"]
        assert (b.file.name, b.file.mime, b.file.size, b.file.width) == (
            "b.txt",
            "image/png",
            len(SAMPLES["photo"]),
            640,
        )
    assert left(tmp_path) == []


async def test_what_a_crash_left_behind_is_cleaned_up_and_nothing_else(tmp_path: Path):
    folder = tmp_path / "new" / "spool"
    Spool(folder, 1, Source().open).clean()
    (folder / f"{PREFIX}left").write_bytes(b"half a file")
    (folder / "somebody's").write_bytes(b"kept")
    Spool(folder, 1, Source().open).clean()
    assert left(folder) == ["somebody's"]


async def test_memory_holds_no_file(tmp_path: Path):
    source = Source()

    @contextlib.asynccontextmanager
    async def big(_messenger: str, _ref: str) -> AsyncIterator[AsyncIterator[bytes]]:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(45 * 16):
                yield b"x" * 65536

        yield chunks()

    tracemalloc.start()
    try:
        async with Spool(tmp_path, 1000 * MEGABYTE, big).carry("web", [attachment("big")], 50 * MEGABYTE) as (
            a,
        ):
            assert sum([len(piece) async for piece in a.chunks()]) == 45 * MEGABYTE
        assert tracemalloc.get_traced_memory()[1] < 3 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert source.opened == []


async def test_whoever_finds_no_room_waits_for_it_in_order(tmp_path: Path):
    source = Source({ref: ref.encode() * MEGABYTE for ref in "abcd"})
    spool = Spool(tmp_path, 2 * MEGABYTE, source.open)
    done: list[str] = []
    began, first = asyncio.Event(), asyncio.Event()

    async def carries(*refs: str) -> None:
        async with spool.carry("web", [attachment(ref, MEGABYTE) for ref in refs], MEGABYTE):
            done.append("".join(refs))
            began.set()
            if refs == ("a",):
                await first.wait()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(carries("a"))
        await began.wait()
        tasks.create_task(carries("b", "c"))
        await asyncio.sleep(0)
        tasks.create_task(carries("d"))
        await asyncio.sleep(0)
        assert source.opened == ["a"]
        first.set()
    assert done == ["a", "bc", "d"]


async def test_whoever_waits_too_long_for_room_comes_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spool, "ROOM_WAIT", 0.01)
    source = Source({ref: ref.encode() * MEGABYTE for ref in "ab"})
    made = Spool(tmp_path, MEGABYTE, source.open)
    async with made.carry("web", [attachment("a", MEGABYTE)], MEGABYTE):
        assert await why(made, attachment("b", MEGABYTE)) == ("refused.file_later", True, None)
    async with made.carry("web", [attachment("b", MEGABYTE)], MEGABYTE) as carried:
        assert len(carried) == 1


async def test_what_is_too_large_is_refused_before_it_is_fetched(tmp_path: Path):
    source = Source({"a": b"a" * 3000})
    made = Spool(tmp_path, 2 * MEGABYTE, source.open, {"web": 1500}.get)
    assert await why(made, attachment("a", 1200), attachment("a", 1001), most=1100) == (
        "refused.file_too_big",
        False,
        0,
    )
    assert await why(made, attachment("a", 10), attachment("a", 1600)) == ("refused.file_not_given", False, 1)
    assert await why(made, attachment("a", 3 * MEGABYTE)) == ("refused.file_not_given", False, 0)
    assert source.opened == []
    assert await why(made, attachment("a", 10), most=1100) == ("refused.file_too_big", False, 0)
    assert await why(Spool(tmp_path, 2000, source.open), attachment("a", 3000)) == (
        "refused.file_too_big",
        False,
        0,
    )


async def test_a_file_that_goes_on_past_what_was_announced_needs_room(tmp_path: Path):
    source = Source({"a": b"a" * 2 * MEGABYTE})
    assert await why(Spool(tmp_path, MEGABYTE, source.open), attachment("a", 10)) == (
        "refused.file_later",
        True,
        0,
    )
    async with Spool(tmp_path, 4 * MEGABYTE, source.open).carry(
        "web", [attachment("a", 10)], 3 * MEGABYTE
    ) as (a,):
        assert a.file.size == 2 * MEGABYTE


@pytest.mark.parametrize(
    ("fails", "size"),
    [
        (FileRefused("refused.file_later", later=True), 200_000),
        (TimeoutError(), 200_000),
        (None, 200_001),
    ],
)
async def test_what_breaks_off_is_tried_again_and_not_for_ever(
    tmp_path: Path, fails: Exception | None, size: int
):
    source = Source({"a": b"a" * 200_000, "b": b"b"})
    if fails:
        source.fails["a"] = fails
    made = Spool(tmp_path, 10 * MEGABYTE, source.open)
    said = [await why(made, attachment("b"), attachment("a", size)) for _ in range(spool.TRIES)]
    assert [later for _, later, _ in said] == [True] * (spool.TRIES - 1) + [False]
    assert {(reason, part) for reason, _, part in said} == {("refused.file_broken", 1)}
    assert left(tmp_path) == []
    source.fails.clear()
    source.files["a"] = b"a" * size
    async with made.carry("web", [attachment("a", size)], MEGABYTE) as carried:
        assert len(carried) == 1


async def test_an_outage_of_an_hour_gives_up_no_file(tmp_path: Path):
    now = 0.0
    made = Spool(tmp_path, MEGABYTE, Source().open)
    made._patience = spool._Patience(lambda: now)
    for minute in range(90):
        now = minute * 60.0
        assert await why(made, attachment("a")) == ("refused.file_later", True, 0)
    now = 3 * 3600.0
    assert await why(made, attachment("a")) == ("refused.file_later", False, 0)


async def test_a_busy_database_is_no_fault_of_the_file(tmp_path: Path):
    source = Source({}, {"a": DatabaseBusy("locked")})
    assert await why(Spool(tmp_path, MEGABYTE, source.open), attachment("a")) == (
        "refused.file_later",
        True,
        0,
    )


async def test_an_empty_file_is_refused(tmp_path: Path):
    source = Source({"a": b""})
    assert await why(Spool(tmp_path, MEGABYTE, source.open), attachment("a")) == (
        "refused.file_empty",
        False,
        0,
    )


async def test_a_full_disk_is_a_reason_to_wait(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    source = Source({"a": b"a"})
    made = Spool(tmp_path / "file" / "folder", MEGABYTE, source.open)
    assert await why(made, attachment("a")) == ("refused.file_later", True, 0)
