"""Hostile names and words: in cards, titles, listings, pings and digests nothing pings, hides, or moves what stands beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.events import ChatSeen, PersonSeen, Wrote
from domain.messages import Attachment, Content
from domain.requests import Edit, OpenThread, Outcome, Request, Send, ShowThread
from domain.richtext import RichText, utf16_length
from domain.work import Work
from tests.handlers.office import Office

NAMES = [
    "@everyone",
    "<!channel> <@U0123ABCD>",
    "*bold* _x_ `c` <b>b</b> [l](http://evil)",
    "\u202eevil\u202c\u2066x",
    "\u05d0\u05d1\u05d2 \u05d3",
    "N" * 300,
    "\x1b[31mred\x1b[0m\x07\x00",
    "A\u200b\u200b\ufeffnna",
    "a\n\nb\u2028c\td",
    "Z" + "\u0301" * 300,
    "\u200b\u2060\u3164",
    "{name} %s {0}",
]
TEXTS = [
    "@agent_username @channel @here hello",
    "\u202etxt.exe\n" * 3,
    "\x07" * 10_000,
    "\u200b" * 10_000,
    "@" * 3000,
    "x" * 20_000,
    "```\n" * 500,
]
UNSEEN = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u200e\u200f\u061c\x1b\x07\x00\u200b\ufeff\n\t\u2028")


class Listening(Office):
    """An office that remembers every request."""

    def __init__(self, *, threaded: bool) -> None:
        self.requests: list[Request] = []
        super().__init__(threaded=threaded, locale="en")
        self.outcomes = self._hears

    def _hears(self, work: Work) -> Outcome | None:
        self.requests.append(work.request)
        return None


def words_of(request: Request) -> list[RichText]:
    """The words of a request to a staff chat."""
    if not request.chat.startswith("-"):
        return []
    header = [request.header] if isinstance(request, Send | Edit) and request.header else []
    if isinstance(request, Send):
        return header + [content.text for content in request.contents]
    return [*header, request.content.text] if isinstance(request, Edit) else []


@pytest.mark.parametrize("threaded", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_hostile_names(name: str, threaded: bool) -> None:
    office = Listening(threaded=threaded)
    anna = PersonSeen("anna", name, name[:32])
    file = Content("document", files=(Attachment("document", "r", name + ".pdf"),), forwarded_from=name)
    for content in (Content(text=RichText("question " + name)), file):
        office.feed(Wrote(ChatSeen("anna", "private", name), anna, f"m{id(content)}", content, office.now))
    thread = office.thread("howto") if threaded else None
    for command in ("/who", "/queue", "/mine", "/stats", "/help"):
        office.says("ivan", "howto", command, thread)
    office.passes(timedelta(minutes=40))
    office.presses("ivan", office.screen("howto").card(), "take", "howto")
    office.passes(timedelta(days=1))
    office.presses("ivan", office.screen("howto").card(), "move:bugs", "howto")
    titles = [r.title for r in office.requests if isinstance(r, OpenThread | ShowThread)]
    assert all(not set(title) & UNSEEN and len(title) <= 128 for title in titles)
    cards = [m for m in office.screen("howto").messages if m.role == "card"]
    head = cards[-1].text.partition("\n")[0]
    assert not set(head) & UNSEEN
    assert "#1" in head
    assert len(head) < 500
    _check(office)


@pytest.mark.parametrize("threaded", [True, False])
@pytest.mark.parametrize("text", TEXTS)
def test_hostile_words(text: str, threaded: bool) -> None:
    office = Listening(threaded=threaded)
    office.writes("anna", text)
    office.passes(timedelta(minutes=40))
    office.passes(timedelta(days=1))
    office.presses("ivan", office.screen("howto").card(), "move:bugs", "howto")
    copied = "".join(
        c.text.text
        for r in office.requests
        if isinstance(r, Send) and r.role == "message" and r.chat == office.chat("howto")
        for c in r.contents
    )
    assert copied.replace("\u2060", "") == text
    _check(office)


def _check(office: Listening) -> None:
    """Nothing that a customer wrote pings anybody in a staff chat, and everything fits."""
    for request in office.requests:
        for words in words_of(request):
            copied = isinstance(request, Send) and request.original is not None
            assert copied or utf16_length(words.text) <= 4096
            assert not any(s.kind == "mention" for s in words.spans)
            assert all(0 <= s.start < s.end <= len(words.text) for s in words.spans)
            quiet = isinstance(request, Send | Edit) and request.quiet_mentions
            assert quiet or "@" not in words.text.replace("@\u2060", ""), words.text[:200]
