"""Files of another messenger, carried over to Telegram."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messengers.telegram import upload
from domain.messages import Attachment, Content
from domain.requests import Refused, Send, Sent, TryLater
from domain.richtext import plain
from tests.telegram.conftest import Elsewhere
from tests.telegram.desk import Desk


@pytest.mark.parametrize("kind", ["photo", "document", "animation", "audio", "voice", "video"])
async def test_a_file_of_another_messenger_is_carried_over(
    desk: Desk, elsewhere: Elsewhere, kind: Any
) -> None:
    elsewhere.contents["r"] = b"x" * 200_000
    file = Attachment(kind, "r", name="a.bin", mime="x/y", size=200_000, width=3, height=4, duration=5)
    request = Send(
        str(desk.chat), (Content(kind, plain("see"), (file,)),), "l", str(desk.topic), source="web"
    )
    outcome = await desk.bot.send(request)
    (shown,) = desk.shown()
    assert outcome == Sent((str(shown.id),))
    assert (shown.kind, shown.text, len(desk.fake.control.file(shown.file))) == (kind, "see", 200_000)
    assert desk.fake.world.files[shown.file].name == "a.bin"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("отчёт 😀.pdf", "отчёт 😀.pdf"),
        ('a"b\r\nX: y/c\\d.txt', "a_b__X: y_c_d.txt"),
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
    elsewhere.contents = {f"r{n}": f"{n}".encode() for n in range(len(kinds))}
    contents = tuple(Content(k, files=(Attachment(k, f"r{n}"),)) for n, k in enumerate(kinds))
    outcome = await desk.bot.send(Send(str(desk.chat), contents, "l", str(desk.topic), source="web"))
    shown = desk.shown()
    assert outcome == Sent(tuple(str(m.id) for m in shown))
    assert [desk.fake.control.file(m.file) for m in shown] == ["0", "1", "2", "3", "4", "5"]
    assert desk.calls() == ["sendMediaGroup", "sendMediaGroup", "sendVoice", "sendPhoto"]


async def test_several_calls_go_on_where_they_stopped(desk: Desk, elsewhere: Elsewhere) -> None:
    elsewhere.contents = {"a": b"a", "b": b"b"}
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
        ("gone", 5, Refused("message", "refused.file_gone")),
        ("later", 5, TryLater("refused.file_later")),
        ("big", upload.MAX_UPLOAD + 1, Refused("message", "refused.file_too_big")),
        ("lying", 5, Refused("message", "refused.file_too_big")),
    ],
)
async def test_a_file_that_cannot_be_had(
    desk: Desk, elsewhere: Elsewhere, ref: str, size: int, outcome: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "MAX_UPLOAD", 100_000)
    elsewhere.contents["lying"] = b"x" * 200_000
    file = Attachment("document", ref, size=size)
    request = Send(str(desk.chat), (Content("document", files=(file,)),), "l", str(desk.topic), source="web")
    assert await desk.bot.send(request) == outcome
    assert desk.shown() == []


async def test_a_picture_that_is_none_goes_as_a_file(desk: Desk, elsewhere: Elsewhere) -> None:
    elsewhere.contents["r"] = b"odd"
    desk.fake.control.fault(
        "error", "sendPhoto", status=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS"
    )
    content = Content("photo", plain("see"), (Attachment("photo", "r", spoiler=True),))
    assert isinstance(
        await desk.bot.send(Send(str(desk.chat), (content,), "l", str(desk.topic), source="web")), Sent
    )
    assert [(m.kind, m.text) for m in desk.shown()] == [("document", "see")]
