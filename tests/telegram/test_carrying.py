"""Files of another messenger, carried over to Telegram."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messengers.telegram import compose
from domain.messages import Attachment, Content
from domain.requests import Refused, Send, Sent, TryLater
from domain.richtext import plain
from tests.samples import SAMPLES, png
from tests.telegram.conftest import Elsewhere
from tests.telegram.desk import Desk

MAX = 100_000


@pytest.mark.parametrize("kind", ["photo", "document", "animation", "audio", "voice", "video"])
async def test_a_file_of_another_messenger_is_carried_over(
    desk: Desk, elsewhere: Elsewhere, kind: Any
) -> None:
    elsewhere.contents["r"] = SAMPLES[kind].ljust(200_000, b"x")
    file = Attachment(kind, "r", name="a.bin", mime="x/y", size=200_000, width=3, height=4, duration=5)
    request = Send(
        str(desk.chat), (Content(kind, plain("see"), (file,)),), "l", str(desk.topic), source="web"
    )
    outcome = await desk.bot.send(request)
    (shown,) = desk.shown()
    assert outcome == Sent((str(shown.id),))
    assert (shown.kind, shown.text, len(desk.fake.world.files[shown.file].content)) == (
        kind,
        "see",
        200_000,
    )
    assert desk.fake.world.files[shown.file].name == "a.bin"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("отчёт 😀.pdf", "отчёт 😀.pdf"),
        ('a"b\r\nX: y.txt', "a_bX: y.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\invoice\u202egpj.exe", "invoicegpj.exe"),
        ("", "file"),
        ("x" * 300, "x" * 120),
    ],
)
async def test_file_names_of_people_break_nothing(
    desk: Desk, elsewhere: Elsewhere, name: str, kept: str
) -> None:
    elsewhere.contents["r"] = b"x"
    content = Content("document", files=(Attachment("document", "r", name=name),))
    await desk.bot.send(Send(str(desk.chat), (content,), "l", str(desk.topic), source="web"))
    assert desk.fake.world.files[desk.shown()[0].file].name == kept


async def test_files_of_another_messenger_go_as_albums_by_kind(desk: Desk, elsewhere: Elsewhere) -> None:
    kinds: list[Any] = ["photo", "video", "document", "document", "voice", "photo"]
    elsewhere.contents = {f"r{n}": SAMPLES[kind] + f" {n}".encode() for n, kind in enumerate(kinds)}
    contents = tuple(Content(k, files=(Attachment(k, f"r{n}"),)) for n, k in enumerate(kinds))
    outcome = await desk.bot.send(Send(str(desk.chat), contents, "l", str(desk.topic), source="web"))
    shown = desk.shown()
    assert outcome == Sent(tuple(str(m.id) for m in shown))
    assert [desk.fake.control.file(m.file)[-1] for m in shown] == ["0", "1", "2", "3", "4", "5"]
    assert desk.calls() == ["sendMediaGroup", "sendMediaGroup", "sendVoice", "sendPhoto"]


async def test_several_calls_go_on_where_they_stopped(desk: Desk, elsewhere: Elsewhere) -> None:
    elsewhere.contents = {"a": SAMPLES["voice"], "b": SAMPLES["photo"]}
    contents = (
        Content("voice", files=(Attachment("voice", "a"),)),
        Content("photo", files=(Attachment("photo", "b"),)),
    )
    request = Send(str(desk.chat), contents, "l", str(desk.topic), source="web")
    desk.fake.control.fault("error", "sendPhoto", retry_after=3)
    assert await desk.bot.send(request) == TryLater("Too Many Requests: retry after 3", 3, limited=True)
    outcome = await desk.bot.send(request)
    assert outcome == Sent(tuple(str(m.id) for m in desk.shown()))
    assert [m.kind for m in desk.shown()] == ["voice", "photo"]


@pytest.mark.parametrize(
    ("ref", "size", "outcome"),
    [
        ("gone", 5, Refused("message", "refused.file_gone", part=0)),
        ("later", 5, TryLater("refused.file_later")),
        ("big", MAX + 1, Refused("message", "refused.file_too_big", str(MAX), 0)),
        ("lying", 5, Refused("message", "refused.file_too_big", str(MAX), 0)),
        ("short", 60_000, TryLater("refused.file_broken")),
        ("empty", 0, Refused("message", "refused.file_empty", part=0)),
    ],
)
async def test_a_file_that_cannot_be_had(
    desk: Desk, elsewhere: Elsewhere, ref: str, size: int, outcome: Any
) -> None:
    desk.bot._sender._max_upload = MAX
    elsewhere.contents |= {"lying": b"x" * 200_000, "short": b"x" * 50_000, "empty": b""}
    file = Attachment("document", ref, size=size)
    request = Send(str(desk.chat), (Content("document", files=(file,)),), "l", str(desk.topic), source="web")
    assert await desk.bot.send(request) == outcome
    assert desk.shown() == []


async def test_a_picture_that_is_none_goes_as_a_file(desk: Desk, elsewhere: Elsewhere) -> None:
    elsewhere.contents["r"] = SAMPLES["photo"]
    desk.fake.control.fault(
        "error", "sendPhoto", status=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS"
    )
    content = Content("photo", plain("see"), (Attachment("photo", "r", spoiler=True),))
    assert isinstance(
        await desk.bot.send(Send(str(desk.chat), (content,), "l", str(desk.topic), source="web")), Sent
    )
    assert [(m.kind, m.text) for m in desk.shown()] == [("document", "see")]


async def test_an_album_with_a_picture_that_is_none_goes_as_files(desk: Desk, elsewhere: Elsewhere) -> None:
    elsewhere.contents = {"a": SAMPLES["photo"], "b": SAMPLES["photo"] + b"b"}
    contents = tuple(Content("photo", plain(r), (Attachment("photo", r, f"{r}.png"),)) for r in "ab")
    sentence = 'Bad Request: failed to send message #2 with the error message "PHOTO_INVALID_DIMENSIONS"'
    desk.fake.control.fault("error", "sendMediaGroup", status=400, description=sentence)
    outcome = await desk.bot.send(Send(str(desk.chat), contents, "l", str(desk.topic), source="web"))
    assert outcome == Sent(tuple(str(m.id) for m in desk.shown()))
    assert [(m.kind, m.text) for m in desk.shown()] == [("document", "a"), ("document", "b")]


@pytest.mark.parametrize(
    ("kind", "sample", "shown_as"),
    [
        ("photo", SAMPLES["exe"], "document"),
        ("photo", SAMPLES["html"], "document"),
        ("photo", SAMPLES["zip"], "document"),
        ("photo", SAMPLES["heic"], "document"),
        ("photo", SAMPLES["jpeg"], "photo"),
        ("photo", SAMPLES["animation"], "animation"),
        ("photo", png(5001, 5000), "document"),
        ("photo", png(2100, 100), "document"),
        ("photo", png(60_000, 60_000), "document"),
        ("video", SAMPLES["mov"], "document"),
        ("video", SAMPLES["photo"], "document"),
        ("audio", SAMPLES["voice"], "document"),
        ("voice", SAMPLES["audio"], "voice"),
        ("voice", SAMPLES["exe"], "document"),
        ("sticker", SAMPLES["zip"], "document"),
    ],
)
async def test_what_is_not_what_it_claims_to_be_is_only_to_be_saved(
    desk: Desk, elsewhere: Elsewhere, kind: Any, sample: bytes, shown_as: str
) -> None:
    elsewhere.contents["r"] = sample
    content = Content(kind, plain("see"), (Attachment(kind, "r", "photo.jpg", "image/jpeg"),))
    await desk.bot.send(Send(str(desk.chat), (content,), "l", str(desk.topic), source="web"))
    (shown,) = desk.shown()
    assert (shown.kind, shown.text) == (shown_as, "see")
    if shown_as == "document":
        assert desk.fake.control.calls()[-1]["given"]["disable_content_type_detection"] == "true"


async def test_an_album_that_is_too_much_for_one_request_goes_in_two(
    desk: Desk, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "MAX_UPLOAD", 1000)
    elsewhere.contents = {r: SAMPLES["document"] + r.encode() for r in "abc"}
    contents = tuple(Content("document", files=(Attachment("document", r, f"{r}.txt"),)) for r in "abc")
    outcome = await desk.bot.send(Send(str(desk.chat), contents, "l", str(desk.topic), source="web"))
    assert outcome == Sent(tuple(str(m.id) for m in desk.shown()))
    assert [desk.fake.control.file(m.file)[-1] for m in desk.shown()] == ["a", "b", "c"]
    assert desk.calls() == ["sendDocument"] * 3
