"""Seeing and steering the fake Telegram: what chats show, faults, the clock; in Python and over HTTP.

Over HTTP every verb is `POST /control/<verb>` with its arguments as JSON, answered `{"result": …}`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from tests.fakes.telegram_media import MEDIA_KINDS
from tests.fakes.telegram_people import People
from tests.fakes.telegram_profile import Profile
from tests.fakes.telegram_troubles import Fault, Limits, Trouble, Troubles
from tests.fakes.telegram_updates import Updates
from tests.fakes.telegram_world import Json, Loose, Message, World

_SIMPLE_KINDS = ("venue", "location", "contact", "poll", "dice", "story", "checklist")


@dataclass(slots=True)
class Shown:
    """A message as somebody looking at the chat sees it. `text` is the text or the caption."""

    id: int
    author: int
    by_bot: bool
    kind: str
    text: str
    entities: list[Json] = field(default_factory=list)
    thread: int | None = None
    reply_to: int | None = None
    file: str = ""
    album: str = ""
    buttons: list[list[str]] = field(default_factory=list)
    data: list[list[str]] = field(default_factory=list)
    bot_reaction: str | None = None
    reactions: dict[str, str] = field(default_factory=dict)
    edited: bool = False
    forwarded: bool = False
    protected: bool = False
    at: float = 0.0

    @property
    def is_service(self) -> bool:
        return self.kind == "service"

    def has(self, kind: str) -> list[str]:
        """The stretches of the text that carry an entity of that kind."""
        raw = self.text.encode("utf-16-le")
        return [
            raw[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le")
            for e in self.entities
            if e["type"] == kind
        ]


def shown(message: Message) -> Shown:
    """How a message looks."""
    body = message.body
    rows = body.get("reply_markup", {}).get("inline_keyboard", [])
    kind = "service" if message.service else _kind(body)
    media: Loose = body.get(kind)
    file = media[-1] if isinstance(media, list) and media else media
    return Shown(
        id=message.id,
        author=body["from"]["id"],
        by_bot=message.outgoing,
        kind=kind,
        text=body.get("text") or body.get("caption") or "",
        entities=body.get("entities") or body.get("caption_entities") or [],
        thread=message.thread,
        reply_to=message.reply_to if message.reply_to != message.thread else None,
        file=file["file_id"] if isinstance(file, dict) and "file_id" in file else "",
        album=body.get("media_group_id", ""),
        buttons=[[b["text"] for b in row] for row in rows],
        data=[[b.get("callback_data", "") for b in row] for row in rows],
        bot_reaction=message.bot_reaction,
        reactions={str(k): v for k, v in message.reactions.items()},
        edited="edit_date" in body,
        forwarded="forward_origin" in body,
        at=message.date,
    )


def _kind(body: Json) -> str:
    if "animation" in body:
        return "animation"
    kinds = ("text", *MEDIA_KINDS, *_SIMPLE_KINDS)
    return next((kind for kind in kinds if kind in body), "other")


@dataclass(slots=True)
class Record:
    """A call that was made: its method, what was given, and how it was answered."""

    method: str
    given: Json
    status: int


class Control:
    """What tests see and set, besides what people do."""

    def __init__(self, world: World, updates: Updates, profile: Profile, people: People) -> None:
        self.world = world
        self.updates = updates
        self.profile = profile
        self.people = people
        self.troubles = Troubles()
        self.limits = Limits()
        self.log: deque[Record] = deque(maxlen=20_000)

    def shows(self, chat: int, thread: int | None = None, *, service: bool = False) -> list[Shown]:
        """The messages of a chat, or of one of its topics, in order; deleted ones are gone."""
        there = self.world.chat(chat).messages.values()
        return [
            shown(m)
            for m in there
            if not m.deleted and (thread is None or m.thread == thread) and (service or not m.service)
        ]

    def topics(self, chat: int) -> list[Json]:
        """The topics of a forum that aren't deleted, oldest first."""
        return [asdict(t) for t in self.world.chat(chat).topics.values() if not t.deleted]

    def answers(self) -> dict[str, Json]:
        """What people who pressed were told, by press."""
        return self.profile.answers

    def commands(self) -> dict[str, list[str]]:
        """The bot's commands by `scope/language`."""
        return {f"{s}/{lang}": [c["command"] for c in cs] for (s, lang), cs in self.profile.commands.items()}

    def pending(self) -> int:
        """How many updates the bot has not confirmed."""
        return len(self.updates.waiting)

    def calls(self, method: str = "") -> list[Json]:
        """The calls made so far, of one method or all."""
        return [asdict(r) for r in self.log if method in ("", r.method)]

    def fault(
        self,
        trouble: Trouble,
        method: str = "",
        times: int | None = 1,
        status: int = 500,
        description: str = "Internal Server Error",
        retry_after: int = 0,
        seconds: float = 0.0,
        chat: int | None = None,
    ) -> None:
        """Order a fault; see Fault."""
        self.troubles.faults.append(
            Fault(trouble, method, times, status, description, retry_after, seconds, chat)
        )

    def clear_faults(self) -> None:
        """End all faults."""
        self.troubles.faults.clear()

    def limit(
        self,
        private: Sequence[tuple[int, float]] = (),
        group: Sequence[tuple[int, float]] = (),
        total: Sequence[tuple[int, float]] = (),
    ) -> None:
        """Set the rates beyond which sends are refused; none by default."""
        self.limits = Limits(private, group, total)

    def refused(self) -> int:
        """How many sends went beyond the rates."""
        return self.limits.refused

    def advance(self, seconds: float) -> None:
        """Make Telegram's clock go on so far."""
        self.world.shift += seconds

    def option(self, name: str, value: bool) -> None:
        """Set `privacy` or `admins_write_closed`."""
        if name not in {"privacy", "admins_write_closed"}:
            raise ValueError(f"no option {name}")
        setattr(self.world, name, value)

    def protect(self, chat: int, value: bool = True) -> None:
        """Forbid forwarding out of a chat, or allow it."""
        self.world.chat(chat).protected = value

    def update(self, body: Json) -> None:
        """Queue an update exactly like this one, however malformed."""
        self.updates.push_raw(body)

    def file(self, file: str) -> str:
        """A stored file's content, as text."""
        return self.world.files[file].content.decode(errors="replace")

    def me(self) -> Json:
        """Who the bot is."""
        return self.world.bot.body()


class Verbs:
    """The verbs of people and of control by name, for the HTTP side."""

    def __init__(self, people: People, control: Control) -> None:
        self._holders = (people, control)

    async def serve(self, request: web.Request) -> web.Response:
        """Do one verb."""
        name = request.match_info["verb"]
        holder = next(
            (h for h in self._holders if not name.startswith("_") and callable(getattr(h, name, None))), None
        )
        if holder is None:
            return web.json_response({"error": f"no verb {name}"}, status=404)
        body = await request.read()
        try:
            result = getattr(holder, name)(**(orjson.loads(body) if body else {}))
        except (TypeError, ValueError, KeyError, LookupError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.Response(body=orjson.dumps({"result": result}), content_type="application/json")


class Remote:
    """The verbs over HTTP: `await remote.writes(user=1, text="hi")`. Arguments go by name."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    def __getattr__(self, verb: str) -> Callable[..., Awaitable[Any]]:
        async def call(**arguments: Loose) -> Loose:
            async with self._session.post(
                f"{self._url}/control/{verb}", data=orjson.dumps(arguments)
            ) as answer:
                body = orjson.loads(await answer.read())
            if "error" in body:
                raise ValueError(body["error"])
            if verb == "shows":
                return [Shown(**message) for message in body["result"]]
            return body["result"]

        return call
