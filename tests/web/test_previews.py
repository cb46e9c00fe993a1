"""What chats show of a picture is made anew; what isn't one is a file."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from bot.messengers.web import previews
from domain.filetypes import looks_of
from tests.web.conftest import House
from tests.web.pictures import bomb, drawn, moving

SECRET = b"GPS 55.7558 37.6173"


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = SECRET.decode()
    return drawn(800, 600, "JPEG", exif=exif)


async def test_a_preview_is_small_and_tells_nothing_of_where_it_was_taken(house: House) -> None:
    customer = await house.customer()
    original = turned()
    stored = await customer.upload("photo.jpg", original)
    assert (stored["mime"], stored["width"], stored["height"]) == ("image/jpeg", 600, 800)
    url = f"/web/files/{stored['token']}/photo.jpg"
    async with customer.client.get(f"{url}?preview") as response:
        shown = await response.read()
        assert response.headers["Content-Type"] == "image/webp"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
    assert SECRET in original
    assert SECRET not in shown
    with Image.open(BytesIO(shown)) as image:
        assert (image.format, image.size) == ("WEBP", (600, 800))
    async with customer.client.get(f"{url}?save") as response:
        assert await response.read() == original
        assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "data",
    [
        drawn(60, 40)[:60],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 500,
        b"GIF89a" + b"\xff" * 300,
        bomb(12_000, 12_000),
        moving(8, 8, 3)[:90],
    ],
    ids=("cut", "no head", "noise", "bomb", "cut animation"),
)
async def test_what_cannot_be_made_anew_is_a_file(house: House, data: bytes) -> None:
    customer = await house.customer()
    stored = await customer.upload("picture.png", data)
    assert (stored["mime"], stored["kind"]) == ("application/octet-stream", "document")
    async with customer.client.get(f"/web/files/{stored['token']}/picture.png?preview") as response:
        assert response.status == 404
    async with customer.client.get(f"/web/files/{stored['token']}/picture.png") as response:
        assert await response.read() == data
        assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_every_kind_of_picture_has_one(kind: str) -> None:
    data = drawn(3000, 1000, kind)
    looks = looks_of(data)
    assert previews.has_preview(looks, len(data))
    made = previews.preview(looks.mime, data)
    assert made is not None
    assert (made.width, made.height) == (3000, 1000)
    with Image.open(BytesIO(made.data)) as image:
        assert image.size == (1280, 427)
        red, blue = image.convert("RGB").getpixel((100, 200)), image.convert("RGB").getpixel((1180, 200))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]


def test_a_phones_largest_photo_is_decoded_small() -> None:
    data = drawn(12_000, 9_000, "JPEG", quality=30)
    assert previews.has_preview(looks_of(data), len(data))
    made = previews.preview("image/jpeg", data)
    assert made is not None
    assert (made.width, made.height) == (12_000, 9_000)


def test_a_progressive_one_as_large_is_not_decoded() -> None:
    data = drawn(8_000, 6_000, "JPEG", quality=30, progressive=True)
    assert previews.preview("image/jpeg", data) is None


def test_what_is_too_large_never_reaches_a_decoder() -> None:
    data = bomb(12_000, 12_000)
    assert len(data) < 100_000
    assert not previews.has_preview(looks_of(data), len(data))
    assert previews.preview("image/png", data) is None


def test_animations_move_as_long_as_they_are_short() -> None:
    short, long = (
        previews.preview("image/gif", moving(64, 64, 5)),
        previews.preview("image/gif", moving(8, 8, 250)),
    )
    assert short is not None
    assert long is not None
    with Image.open(BytesIO(short.data)) as image:
        assert getattr(image, "n_frames", 1) == 5
    with Image.open(BytesIO(long.data)) as image:
        assert getattr(image, "n_frames", 1) == 1


def test_a_file_of_another_kind_is_not_taken_for_what_its_head_says() -> None:
    assert previews.preview("image/png", drawn(10, 10, "JPEG")) is None
