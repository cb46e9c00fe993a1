"""A side of a conversation that is in Slack."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from domain.richtext import RichText, Span
from tests.fakes.slack import BOT_USER, SlackFake
from tests.fidelity.things import Lacks, Seen, Thing

DOCS = "https://docs.slack.dev"
_STYLES: dict[str, Any] = {
    "bold": "bold",
    "italic": "italic",
    "strike": "strike",
    "code": "code",
    "underline": "underline",
}
_EMOJI = {"👍": "+1", "❤️": "heart", "🎉": "tada", "🙏": "pray"}
_MARKS = {"white_check_mark": "delivered", "eyes": "seen"}
_KINDS = {"jpg": "photo", "webp": "photo", "png": "photo", "mp4": "video", "ogg": "audio", "mp3": "audio"}


class SlackSide:
    """A customer in the app's direct messages, or an agent in a thread of a channel."""

    name = "slack"

    def __init__(self, fake: SlackFake, people: list[str], chat: str | None = None) -> None:
        self.fake = fake
        self.people = people
        self.me = people[0]
        self.chat = chat
        self.thread: str | None = None
        self.sign = "!"

    @property
    def _channel(self) -> str:
        return self.chat or self.fake.people.dm(self.me)

    async def find(self, opening: str) -> bool:
        """Find the ticket's thread by its first message."""
        for message in self.fake.people.shows(self._channel):
            if message.text == opening and message.thread:
                self.thread = message.thread
                return True
        return self.chat is None

    async def post(self, thing: Thing, answers: str = "", quote: str = "") -> list[str]:
        """Send it; gives its messages."""
        if thing.body:
            raise Lacks("Slack has no such kind", f"{DOCS}/reference/objects/file-object")
        if quote:
            raise Lacks("nobody quotes a part of a message in Slack", f"{DOCS}/messaging")
        if any(f.kind in ("sticker", "voice", "video_note", "animation") for f in thing.files):
            raise Lacks("it is a file like any other in Slack", f"{DOCS}/reference/objects/file-object")
        if answers and self.chat is not None:
            raise Lacks("inside a thread no message answers another", f"{DOCS}/messaging#threading")
        more: dict[str, Any] = {"blocks": _blocks(thing.text)} if thing.text.spans else {}
        thread = self.thread if self.chat else answers or None
        if thread:
            more["thread_ts"] = thread
        if thing.forwarded:
            shared = {"is_share": True, "author_name": thing.forwarded, "text": thing.text.text}
            return [self.fake.people.writes(self.me, "", self.chat, attachments=[shared], **more)]
        if not thing.files:
            return [self.fake.people.writes(self.me, thing.text.text, self.chat, **more)]
        files = [(f.name, f.content, f.mime) for f in thing.files]
        return [self.fake.people.sends(self.me, files, thing.text.text, self.chat, **more)]

    async def edit(self, ref: str, thing: Thing) -> None:
        """The message says that now."""
        if thing.kind == "other file":
            raise Lacks("a message keeps its files in Slack", f"{DOCS}/reference/methods/chat.update")
        self.fake.people.edits(self.me, ref, thing.text.text, self.chat)

    async def delete(self, ref: str) -> None:
        """The message is gone."""
        self.fake.people.deletes(self.me, ref, self.chat)

    async def react(self, ref: str, emoji: str | None, who: int = 0) -> None:
        """Somebody reacts, or takes away what they had."""
        person = self.people[who]
        here = self.fake.world.channels[self._channel].messages[ref].get("reactions", ())
        for had in [r["name"] for r in here if person in r["users"]]:
            self.fake.people.reacts(person, ref, had, self.chat, away=True)
        if emoji:
            self.fake.people.reacts(person, ref, _EMOJI[emoji], self.chat)

    async def type(self) -> None:
        raise Lacks("apps aren't told that somebody types", f"{DOCS}/reference/events")

    async def read(self, ref: str) -> None:
        raise Lacks("apps aren't told what was read", f"{DOCS}/reference/events")

    def freeze(self, ref: str) -> None:
        """The app's message can't be edited from now on."""
        self.fake.world.uneditable.add(ref)

    def age(self, ref: str) -> None:
        """Nothing is ever too late here."""

    def typings(self) -> int:
        raise Lacks("apps can't show that somebody types", f"{DOCS}/reference/methods")

    async def sees(self) -> list[Seen]:
        """The conversation."""
        there = sorted(self.fake.world.channels[self._channel].messages.values(), key=lambda m: m["ts"])
        if self.thread:
            there = [m for m in there if self.thread in (m.get("thread_ts"), m["ts"])]
        return [self._seen(m) for m in there]

    def _seen(self, message: dict[str, Any]) -> Seen:
        files = [
            self.fake.world.files[f["id"]]
            for f in message.get("files", ())
            if f["id"] in self.fake.world.files
        ]
        reactions = [r["name"] for r in message.get("reactions", ()) if BOT_USER in r["users"]]
        names = {name: emoji for emoji, name in _EMOJI.items()}
        kind = _KINDS.get(files[0].name.rpartition(".")[2], "document") if files else "text"
        root = message.get("thread_ts")
        return Seen(
            ref=message["ts"],
            kind=kind,
            text=_read(message),
            mine=message.get("user") != BOT_USER,
            files=tuple(f.content for f in files),
            names=tuple(f.name for f in files),
            album=message["ts"] if len(files) > 1 else "",
            reply_to=root if root and root not in (message["ts"], self.thread) else "",
            reactions=tuple(names.get(r, r) for r in reactions if r not in _MARKS),
            mark=next((_MARKS[r] for r in reversed(reactions) if r in _MARKS), ""),
            body=message,
        )


def _blocks(text: RichText) -> list[dict[str, Any]]:
    """What Slack's own editor makes of it."""
    elements: list[dict[str, Any]] = []
    at = 0
    for span in sorted((s for s in text.spans if s.kind in ("quote", "pre")), key=lambda s: s.start):
        elements += _section("rich_text_section", text.slice(at, span.start))
        kind = "rich_text_quote" if span.kind == "quote" else "rich_text_preformatted"
        elements += _section(kind, text.slice(span.start, span.end))
        at = span.end + (text.text[span.end : span.end + 1] == "\n")
    elements += _section("rich_text_section", text.slice(at, len(text.text)))
    return [{"type": "rich_text", "elements": elements}]


def _section(kind: str, text: RichText) -> list[dict[str, Any]]:
    if not text.text:
        return []
    edges = sorted({0, len(text.text), *(s.start for s in text.spans), *(s.end for s in text.spans)})
    items = []
    for start, end in pairwise(edges):
        over = [s for s in text.spans if s.start <= start and end <= s.end]
        link = next((s for s in over if s.kind == "link"), None)
        style = {s.kind: True for s in over if s.kind in _STYLES}
        item: dict[str, Any] = {"type": "link", "url": link.value} if link else {"type": "text"}
        items.append(item | {"text": text.text[start:end]} | ({"style": style} if style else {}))
    return [{"type": kind, "elements": items}]


def _read(message: dict[str, Any]) -> RichText:
    blocks = [b for b in message.get("blocks") or () if b["type"] == "rich_text"]
    if not blocks:
        text = str(message.get("text") or "")
        return RichText(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    whole = RichText()
    for element in (e for b in blocks for e in b["elements"]):
        if whole.text and not whole.text.endswith("\n"):
            whole = whole + RichText("\n")
        part = RichText()
        for item in _items(element):
            part = part + item
        kind = {"rich_text_quote": "quote", "rich_text_preformatted": "pre"}.get(element["type"])
        spans = (*part.spans, Span(kind, 0, len(part.text))) if kind and part.text else part.spans  # type: ignore[arg-type]
        whole = whole + RichText(part.text, spans)
    return RichText(whole.text.rstrip("\n"), whole.spans)


def _items(element: dict[str, Any]) -> Iterator[RichText]:
    for item in element["elements"]:
        text = str(item.get("text", ""))
        kinds = [_STYLES[s] for s in item.get("style", {}) if s in _STYLES]
        spans = [Span(kind, 0, len(text)) for kind in kinds]
        if item["type"] == "link" and item["url"] != text:
            spans.append(Span("link", 0, len(text), item["url"]))
        yield RichText(text, tuple(spans) if text else ())
