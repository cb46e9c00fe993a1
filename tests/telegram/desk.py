"""A customer, an agent and a forum with one topic: where sending is tried."""

from __future__ import annotations

from typing import Any

from bot.messengers.telegram.messenger import TelegramMessenger
from domain.events import Wrote
from domain.requests import Original, Send
from domain.richtext import RichText, Span
from tests.fakes.telegram import Shown, TelegramFake
from tests.telegram.conftest import event

HEADER = RichText("Anna #1\n", (Span("bold", 0, 4),))


class Desk:
    """A customer, an agent and a forum with one topic."""

    def __init__(self, fake: TelegramFake, bot: TelegramMessenger) -> None:
        self.fake, self.bot = fake, bot
        self.anna, self.ivan = fake.people.user("Anna"), fake.people.user("Ivan", username="ivan_agent")
        self.chat = fake.people.group("Bugs", [self.ivan], forum=True)
        self.topic = fake.people.makes_topic(self.ivan, self.chat, "Anna #1")

    def wrote(self) -> Wrote:
        said = event(self.fake, self.bot)
        assert isinstance(said, Wrote)
        return said

    def copy(self, *said: Wrote, **more: Any) -> Send:
        """The request that relays what a customer wrote into the topic."""
        usual: dict[str, Any] = {
            "chat": str(self.chat),
            "contents": tuple(w.content for w in said),
            "letter": "letter-1",
            "thread": str(self.topic),
            "original": Original(said[0].chat.native, tuple(w.ref for w in said)),
            "source": "telegram",
            "quiet_mentions": True,
        }
        return Send(**(usual | more))

    def shown(self) -> list[Shown]:
        return self.fake.control.shows(self.chat, self.topic)

    def calls(self) -> list[str]:
        return [
            c["method"]
            for c in self.fake.control.calls()
            if c["method"].startswith(("send", "copy", "delete"))
        ]


def album(desk: Desk, *items: dict[str, Any]) -> list[Wrote]:
    desk.fake.updates.waiting.clear()
    desk.fake.people.album(desk.anna, items)
    said = [desk.bot.convert(dict(u)) for u in desk.fake.updates.waiting]
    return [w for w in said if isinstance(w, Wrote)]
