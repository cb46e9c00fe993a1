"""A conversation from one side, and what came of what was sent: looked for on the other side, never assumed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.richtext import RichText
from tests.fidelity.things import Seen, Thing, same_words, stretches

PATIENCE = 30.0
ARRIVED = "✓"

_A = {
    "photo": "a photo",
    "document": "a file",
    "animation": "an animation",
    "audio": "an audio file",
    "voice": "a voice message",
    "video": "a video",
    "video_note": "a video note",
    "sticker": "a sticker",
    "text": "text",
}


class Side(Protocol):
    """One side: who writes there, and what they see."""

    name: str
    sign: str
    chat: Any

    async def find(self, opening: str) -> bool: ...

    async def post(self, thing: Thing, answers: str = "", quote: str = "") -> list[str]: ...

    async def edit(self, ref: str, thing: Thing) -> None: ...

    async def delete(self, ref: str) -> None: ...

    async def react(self, ref: str, emoji: str | None, who: int = 0) -> None: ...

    async def type(self) -> None: ...

    async def read(self, ref: str) -> None: ...

    def typings(self) -> int: ...

    def freeze(self, ref: str) -> None:
        """The platform refuses to edit the message from now on."""
        ...

    def age(self, ref: str) -> None:
        """Two days pass for the message."""
        ...

    async def sees(self) -> list[Seen]: ...


class Missing(AssertionError):
    """It never arrived, or not as anything that counts."""


Look = Callable[[list[Seen]], Any]


@dataclass
class Case:
    """Somebody at `src` does something; what matters is what `dst` shows."""

    src: Side
    dst: Side

    @property
    def to_desk(self) -> bool:
        """Whether the customer is the one who does."""
        return self.dst.chat is not None

    async def when(self, look: Look, side: Side | None = None) -> Any:
        """What `look` finds in what a side (the other one) shows, as soon as it finds something."""
        there = side or self.dst
        shown: list[Seen] = []
        end = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < end:
            shown = await there.sees()
            if (found := look(shown)) is not None and found is not False:
                return found
            await asyncio.sleep(0.05)  # a real program takes real time
        raise Missing(f"not at {there.name}; the last there: {[(m.kind, m.text.text) for m in shown[-4:]]}")

    async def sent(self, thing: Thing, form: Callable[[Thing, list[Seen]], str | None], **how: Any) -> str:
        """Send it; how it arrived."""
        before = {m.ref for m in await self.dst.sees()}
        await self.src.post(thing, **how)
        found = await self.when(lambda seen: form(thing, [m for m in seen if m.ref not in before]))
        return str(found)

    async def passed(self, thing: Thing, **how: Any) -> tuple[str, Seen]:
        """Send a text that is only needed for what follows; the message, and its copy on the other side."""
        refs = await self.src.post(thing, **how)
        return refs[0], await self.when(lambda seen: copy_of(thing, seen))

    @property
    def back(self) -> Case:
        """The same conversation from the other side."""
        return Case(self.dst, self.src)


def clean(text: RichText) -> str:
    """The text without the signs that keep mentions from pinging anybody."""
    return text.text.replace("\u2060", "")


def copy_of(thing: Thing, seen: Sequence[Seen]) -> Seen | None:
    """The copy of a text or of what has a caption; quotes above it don't count."""
    there = [m for m in seen if not m.mine and clean(m.text).endswith(thing.text.text)]
    return there[-1] if there else None


def _dense(text: str) -> str:
    """Without white space: where a text is cut, some of it ends a message and is left out there."""
    return "".join(text.split())


def as_text(thing: Thing, new: list[Seen]) -> str | None:
    """A text: whole, in one message or in several that follow each other; what formatting it lost."""
    theirs = [m for m in new if not m.mine]
    for first in range(len(theirs)):
        whole = RichText()
        for count, message in enumerate(theirs[first:], 1):
            whole = whole + message.text
            if count > 1 and _dense(clean(whole)) == _dense(thing.text.text) and not thing.text.spans:
                return f"{ARRIVED} in {count} messages"
            if clean(whole) == thing.text.text:
                lost = sorted({kind for kind, _, _ in stretches(thing.text) - stretches(whole)})
                more = stretches(whole) - stretches(thing.text)
                if more:
                    raise Missing(f"formatting that nobody gave: {more}")
                return ARRIVED if not lost else f"as text without {', '.join(lost)}"
    return None


def as_file(thing: Thing, new: list[Seen]) -> str | None:
    """One file: its very bytes, as what, and its caption with what follows of it."""
    theirs = [m for m in new if not m.mine]
    found = next((n for n, m in enumerate(theirs) if thing.files[0].content in m.files), None)
    if found is None:
        return None
    message = theirs[found]
    shown = ARRIVED if message.kind == thing.kind else f"as {_A[message.kind]}"
    if same_words(message.text, thing.text):
        return shown
    whole = "".join(clean(m.text) for m in theirs[found:])
    if thing.text.text and _dense(whole) == _dense(thing.text.text):
        return f"{shown}, the rest of its text follows"
    described = not thing.text.text and all(words in message.text.text for words in thing.says)
    return shown if described else None


def as_album(thing: Thing, new: list[Seen]) -> str | None:
    """Every file in order, and in how many albums."""
    theirs = [m for m in new if not m.mine and m.files]
    if tuple(content for m in theirs for content in m.files) != tuple(f.content for f in thing.files):
        return None
    if not any(clean(m.text) == thing.text.text for m in theirs):
        return None
    groups = list(dict.fromkeys(m.album or m.ref for m in theirs))
    return ARRIVED if len(groups) == 1 else f"as {len(groups)} messages, each of one kind"


def as_kind(thing: Thing, new: list[Seen]) -> str | None:
    """A kind without a file: as that kind with all that it says, or as text that says it."""
    for message in (m for m in new if not m.mine):
        if message.kind == thing.kind and _holds(_natively(message.body), thing.body):
            return ARRIVED
        read = clean(message.text)
        if thing.says and all(words in read for words in thing.says):
            return "as text that says what it is"
    return None


def _natively(body: dict[str, Any]) -> dict[str, Any]:
    """A message's body; what the pages show of a place and a contact in the names that everybody uses."""
    place, contact = body.get("location"), body.get("contact")
    if isinstance(place, list):
        point = {"latitude": place[0], "longitude": place[1]}
        return {"location": point, "venue": {"location": point, "title": place[2], "address": place[3]}}
    if isinstance(contact, list):
        first, _, last = contact[0].partition(" ")
        return {"contact": {"phone_number": contact[1], "first_name": first, "last_name": last}}
    return body


def _holds(shown: Any, wanted: Any) -> bool:
    """Whether everything in `wanted` is in `shown`; the pages have names of their own for the same."""
    if isinstance(wanted, dict):
        return isinstance(shown, dict) and all(k in shown and _holds(shown[k], v) for k, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(shown, list) and len(shown) == len(wanted) and all(map(_holds, shown, wanted))
    return bool(shown == wanted)
