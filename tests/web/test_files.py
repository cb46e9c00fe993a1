"""Files come and go whole, and can do no harm."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import ClientError

from bot.messengers.contract import FileRefused
from bot.messengers.web.media import kind_of
from bot.messengers.web.settings import WebLimits
from bot.messengers.web.uploads import CHUNK
from domain.filetypes import clean_name, looks_of
from tests.web.conftest import House

LIMITS = WebLimits(changes=(1000, 10.0), changes_per_address=(1000, 10.0))
BIG = bytes(range(256)) * 3000  # 768,000 bytes: three pieces, the last one short
WEBM = b"\x1aE\xdf\xa3" + BIG


async def test_a_file_comes_back_whole_and_in_ranges(house: House) -> None:
    customer, anybody = await house.customer(), await house.browser("c")
    token = (await customer.upload("film.webm", WEBM))["token"]
    url = f"/web/files/{token}/film.webm"
    async with anybody.client.get(url) as response:
        assert await response.read() == WEBM
        assert response.headers["Content-Type"] == "video/webm"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert response.headers["Content-Disposition"].startswith("inline;")
    for asked, start, end in (
        ("0-9", 0, 10),
        (f"{CHUNK - 5}-{CHUNK + 4}", CHUNK - 5, CHUNK + 5),
        ("500000-", 500_000, len(WEBM)),
        ("-7", len(WEBM) - 7, len(WEBM)),
    ):
        async with anybody.client.get(url, headers={"Range": f"bytes={asked}"}) as response:
            assert response.status == 206
            assert await response.read() == WEBM[start:end]
            assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(WEBM)}"
    async with anybody.client.get(url, headers={"Range": f"bytes={len(WEBM)}-"}) as response:
        assert response.status == 416


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.html", b"<html><script>alert(1)</script>"),
        ("picture.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>"),
        ("picture.svg", b"<?xml version='1.0'?><svg>"),
        ("empty.txt", b""),
    ],
)
async def test_what_is_not_of_a_checked_type_is_only_saved(house: House, name: str, data: bytes) -> None:
    customer = await house.customer()
    stored = await customer.upload(name, data)
    assert stored["kind"] == "document"
    async with customer.client.get(f"/web/files/{stored['token']}/{name}") as response:
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}"
        assert await response.read() == data


async def test_an_unknown_token_is_nothing(house: House) -> None:
    browser = await house.browser("c")
    for token in ("A" * 32, "x", "..%2f..%2fetc"):
        async with browser.client.get(f"/web/files/{token}/x") as response:
            assert response.status == 404
    with pytest.raises(FileRefused):
        async with house.messenger.open_file("A" * 32):
            pass


async def test_other_messengers_get_the_bytes(house: House) -> None:
    token = (await (await house.customer()).upload("film.webm", WEBM))["token"]
    async with house.messenger.open_file(token) as stream:
        assert b"".join([piece async for piece in stream]) == WEBM


@pytest.mark.parametrize("house", [replace(LIMITS, upload=300_000)], indirect=True)
async def test_too_big_is_refused_and_leaves_nothing(house: House) -> None:
    customer = await house.customer()
    await customer.upload("big", b"x" * 300_001, 413)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 100_000

    with contextlib.suppress(ClientError, ConnectionError):  # the server may hang up on the stream
        await customer.upload("endless", endless(), 413)
    await customer.upload("right", b"x" * 300_000)
    left = await house.database.read(
        lambda conn: conn.exec_driver_sql("SELECT count(*), sum(complete) FROM web_files").fetchone()
    )
    assert tuple(left or ()) == (1, 1)


async def test_uploads_that_broke_off_are_cleaned_up(house: House) -> None:
    await house.store.begin_file("B" * 32, None, "half")
    house.now += 23 * 3600 * 1000
    await house.store.begin_file("C" * 32, None, "going on")
    await house.store.discard_broken_off()
    house.now += 2 * 3600 * 1000
    await house.store.discard_broken_off()
    left = await house.database.read(
        lambda conn: conn.exec_driver_sql("SELECT name FROM web_files").fetchall()
    )
    assert [tuple(row) for row in left] == [("going on",)]


@pytest.mark.parametrize(
    ("head", "mime", "size"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes([0, 0, 1, 0, 0, 0, 0, 9]), "image/png", (256, 9)),
        (b"GIF89a" + bytes([4, 0, 2, 0]), "image/gif", (4, 2)),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x10\0\x20" + b"\0" * 20, "image/jpeg", (32, 16)),
        (b"\xff\xd8\xff\xe0\0", "image/jpeg", (0, 0)),
        (b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + bytes([7, 0, 0, 3, 0, 0]), "image/webp", (8, 4)),
        (b"RIFF\0\0\0\0WAVE", "audio/wav", (0, 0)),
        (b"\0\0\0\x18ftypmp42", "video/mp4", (0, 0)),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4", (0, 0)),
        (b"%PDF-1.7", "application/pdf", (0, 0)),
        (b"\xff\xfb\x90\0", "audio/mpeg", (0, 0)),
        (b"MZ\x90", "application/octet-stream", (0, 0)),
        (b"", "application/octet-stream", (0, 0)),
    ],
)
def test_the_first_bytes_tell_the_type(head: bytes, mime: str, size: tuple[int, int]) -> None:
    looks = looks_of(head)
    assert (looks.mime, (looks.width, looks.height)) == (mime, size)


def test_names_and_kinds() -> None:
    assert clean_name("C:\\Users\\me\\..\\notes\x00\n.txt") == "notes.txt"
    assert clean_name("../../etc/passwd") == "passwd"
    assert len(clean_name("x" * 500 + ".pdf")) == 120
    assert clean_name("x" * 500 + ".pdf").endswith(".pdf")
    assert kind_of("image/gif") == "animation"
    assert kind_of("image/svg+xml") == "document"
    assert kind_of("application/pdf") == "document"
