"""A side of a conversation that is in Telegram."""

from __future__ import annotations

from typing import Any

from domain.richtext import RichText, Span
from tests.fakes.telegram import Shown, TelegramFake
from tests.fidelity.things import File, Lacks, Seen, Thing

API = "https://core.telegram.org/bots/api"
_ENTITIES = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strike": "strikethrough",
    "spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "quote": "blockquote",
    "link": "text_link",
}
_SPANS: dict[str, Any] = {entity: span for span, entity in _ENTITIES.items()}
_VALUES = {"pre": "language", "text_link": "url"}
_MARKS = {"👌": "delivered", "👀": "seen"}


class TelegramSide:
    """A customer in private, or an agent in a topic of a forum (`chat`), who are the first of `people`."""

    name = "telegram"

    def __init__(self, fake: TelegramFake, people: list[int], chat: int | None = None) -> None:
        self.fake = fake
        self.people = people
        self.me = people[0]
        self.chat = chat
        self.thread: int | None = None
        self._files: dict[File, dict[str, Any]] = {}
        self.sign = "/"

    @property
    def _where(self) -> dict[str, Any]:
        return {} if self.chat is None else {"chat": self.chat, "thread": self.thread}

    @property
    def _chat(self) -> int:
        return self.chat or self.me

    async def find(self, opening: str) -> bool:
        """Find the ticket's topic by its first message."""
        for message in self.fake.control.shows(self._chat):
            if message.text == opening:
                self.thread = message.thread
                return True
        return False

    async def post(self, thing: Thing, answers: str = "", quote: str = "") -> list[str]:
        """Send it; gives its messages."""
        bodies = [self._body(thing, n) for n in range(max(len(thing.files), 1))]
        if len(bodies) > 1:
            album = str(15_000_000_000_000 + self.fake.world.number())
            bodies = [body | {"media_group_id": album} for body in bodies]
        if quote:
            bodies[0]["quote"] = {"text": quote, "position": 0, "is_manual": True}
        if thing.protected:
            bodies = [body | {"has_protected_content": True} for body in bodies]
        if thing.forwarded:
            bodies = [body | {"forward_origin": _origin(thing.forwarded)} for body in bodies]
        reply = int(answers) if answers else None
        return [str(self.fake.people.says_raw(self.me, b, **self._where, reply_to=reply)) for b in bodies]

    def _body(self, thing: Thing, number: int) -> dict[str, Any]:
        if thing.body:
            return dict(thing.body)
        text = thing.text if number == 0 else RichText()
        if not thing.files:
            return self._worded("text", "entities", text)
        file = thing.files[number]
        if file not in self._files:
            self._files[file] = self.fake.people.file_body(file.kind, file.content, file.name, file.mime)
        body = self._files[file]
        return body | (self._worded("caption", "caption_entities", text) if text else {})

    def _worded(self, key: str, entities: str, text: RichText) -> dict[str, Any]:
        found = [_entity(text, span) for span in text.spans]
        return {key: text.text} | ({entities: found} if found else {})

    async def edit(self, ref: str, thing: Thing) -> None:
        """The message says that now."""
        self.fake.people.edits_raw(self.me, int(ref), self._body(thing, 0), chat=self.chat)

    async def delete(self, ref: str) -> None:
        raise Lacks("bots aren't told of deletions", f"{API}#update")

    async def react(self, ref: str, emoji: str | None, who: int = 0) -> None:
        """Somebody reacts, or takes their reaction away."""
        person = self.people[who]
        self.fake.people.reacts(person, int(ref), emoji, chat=self._chat)

    async def type(self) -> None:
        raise Lacks("bots aren't told that somebody types", f"{API}#update")

    async def read(self, ref: str) -> None:
        raise Lacks("bots aren't told what was read", f"{API}#update")

    def freeze(self, ref: str) -> None:
        """The bot's message can't be edited from now on."""
        self.fake.world.chat(self._chat).messages[int(ref)].editable = False

    def age(self, ref: str) -> None:
        """The message was sent more than two days ago."""
        self.fake.world.chat(self._chat).messages[int(ref)].date -= 49 * 3600

    def typings(self) -> int:
        """How often the bot was seen typing here."""
        thread = self.thread
        return sum(
            c["given"].get("chat_id") == self._chat and c["given"].get("message_thread_id") == thread
            for c in self.fake.control.calls("sendChatAction")
            if c["status"] == 200
        )

    async def sees(self) -> list[Seen]:
        """The conversation."""
        return [self._seen(m) for m in self.fake.control.shows(self._chat, self.thread)]

    def _seen(self, shown: Shown) -> Seen:
        message = self.fake.world.chat(self._chat).messages[shown.id]
        stored = self.fake.world.files.get(shown.file)
        reaction = shown.bot_reaction or ""
        return Seen(
            ref=str(shown.id),
            kind=shown.kind,
            text=_rich(shown.text, shown.entities),
            mine=not shown.by_bot,
            files=(stored.content,) if stored else (),
            names=(stored.name,) if stored else (),
            album=shown.album,
            reply_to=str(shown.reply_to or ""),
            quote=str(message.body.get("quote", {}).get("text", "")),
            reactions=(reaction,) if reaction and reaction not in _MARKS else (),
            mark=_MARKS.get(reaction, ""),
            body=message.body,
        )


def _origin(name: str) -> dict[str, Any]:
    return {"type": "hidden_user", "sender_user_name": name, "date": 1_700_000_000}


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _entity(text: RichText, span: Span) -> dict[str, Any]:
    kind = _ENTITIES[span.kind]
    first = _units(text.text[: span.start])
    entity = {"type": kind, "offset": first, "length": _units(text.text[span.start : span.end])}
    return entity | ({_VALUES[kind]: span.value} if span.value else {})


def _rich(text: str, entities: list[dict[str, Any]]) -> RichText:
    """Text as read, with the formatting that somebody gave it."""
    raw = text.encode("utf-16-le")
    spans = []
    for entity in entities:
        kind = _SPANS.get(entity["type"])
        if kind is not None:
            start = len(raw[: 2 * entity["offset"]].decode("utf-16-le"))
            covered = raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])]
            value = entity.get(_VALUES.get(entity["type"], ""))
            spans.append(Span(kind, start, len(covered.decode("utf-16-le")), value))
    return RichText(text, tuple(spans))
