"""What goes to a Sentry: where an error was, and nothing that anybody wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
import structlog
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from bot import log, sentry
from bot.settings import BadSettings

DSN = "https://public@sentry.invalid/1"


class Caught(Transport):
    """Keeps what would be sent."""

    events: list[Any]

    def __init__(self) -> None:
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.events += [item.payload.json for item in envelope.items if item.payload.json is not None]


@pytest.fixture
def caught() -> Iterator[Caught]:
    transport = Caught()
    yield transport
    sentry_sdk.get_client().close(timeout=0)
    # off again, and without what the library puts into every other one by default
    sentry_sdk.init(default_integrations=False, auto_enabling_integrations=False)
    structlog.reset_defaults()


def stumble(over: str) -> None:
    raise ValueError(over)


def test_an_error_arrives_by_type_and_place_and_without_words(
    caught: Caught, capsys: pytest.CaptureFixture[str]
):
    report = sentry.start(DSN, "test", "okno@1", transport=caught)
    log.configure("json", "info", (), report)
    said = "what Anna wrote"
    try:
        stumble(said)
    except ValueError:
        structlog.get_logger().exception("a letter can't be made", ticket=12, text=said, messenger="telegram")
    structlog.get_logger().error("no exception, no report")
    (event,) = caught.events
    assert said not in repr(event)
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "stumble"
    assert event["tags"] == {"ticket": "12", "messenger": "telegram"}
    assert set(event) <= {*sentry._KEPT, "tags", "exception", "sdk"}
    assert "ValueError" in capsys.readouterr().err


def test_an_address_that_is_none_is_said_in_one_line():
    with pytest.raises(BadSettings) as raised:
        sentry.start("nonsense", "", "okno@1")
    assert raised.value.lines == ("sentry.dsn: not an address of a Sentry project; copy it from there",)
