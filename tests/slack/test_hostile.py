"""Answers that Slack never gives, and gateways, proxies and broken servers do."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from bot.messengers.slack.messenger import SlackMessenger
from bot.messengers.slack.settings import SlackSettings
from domain.messages import Content
from domain.requests import Outcome, Refused, Send, TryLater, Unsure
from domain.richtext import plain
from tests.fakes.raw import Answer, raw
from tests.telegram.conftest import Elsewhere

REQUEST = Send("C0HOSTILE", (Content(text=plain("hi")),), "letter")


def failed(code: str, **more: Any) -> Answer:
    return Answer(orjson.dumps({"ok": False, "error": code}), **more)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(b"\x00\xffgarbage"), Unsure),
        (Answer(b"garbage", kind="text/plain"), Unsure),
        (Answer(b"", kind="text/html"), Unsure),
        (Answer(b"[]"), Unsure),
        (Answer(b"null"), Unsure),
        (Answer(b"{}"), Unsure),
        (Answer(b"<html>502</html>", "502 Bad Gateway", "text/html"), Unsure),
        (Answer(orjson.dumps({"ok": True, "ts": "1.2"}), short=True), Unsure),
        (failed("internal_error"), Unsure),
        (failed("fatal_error"), Unsure),
        (failed("service_unavailable", status="503 Service Unavailable"), TryLater),
        (failed("ratelimited"), TryLater),
        (failed("something_nobody_knows"), Refused),
        (failed("ratelimited", status="429 Too Many Requests", headers=("Retry-After: soon",)), TryLater),
        (failed("ratelimited", status="429 Too Many Requests", headers=("Retry-After: 3600",)), TryLater),
        (Answer(b"slow down", "429 Too Many Requests"), TryLater),
    ],
)
async def test_odd_answers_to_a_send(answer: Answer, outcome: type[Outcome]) -> None:
    async with raw(answer) as server:
        settings = SlackSettings("xoxb-1", "xapp-1", api_base=f"{server.url}/api/")
        app = SlackMessenger(settings, Elsewhere().carry, "en")
        found = await app.send(REQUEST)
        await app.close()
    assert isinstance(found, outcome), found
    if isinstance(found, TryLater) and "429" in answer.status:
        assert found.limited
        assert found.after in (30.0, 3600.0)


async def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.messengers.slack.wire.SECONDS", 0.1)
    async with raw(Answer(hangs=True)) as server:
        app = SlackMessenger(
            SlackSettings("xoxb-1", "xapp-1", api_base=f"{server.url}/api/"), Elsewhere().carry
        )
        assert isinstance(await app.send(REQUEST), Unsure)
        await app.close()
