"""Updates as Okno's events. Pure: the same update is always the same event.

Raises MalformedError on an update that lacks what every such update has; kinds nobody needs are Ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.messengers.telegram import ids, labels
from bot.messengers.telegram.content import LINES, content_of, person_name
from bot.messengers.telegram.reading import Json, MalformedError, maybe, need, objects
from bot.messengers.telegram.service import SERVICE
from domain.events import (
    ChatSeen,
    Edited,
    Event,
    Ignored,
    Membership,
    PersonSeen,
    Pressed,
    Reacted,
    ThreadMade,
    Wrote,
)
from domain.messages import Content

_ADDRESSED = re.compile(r"/[A-Za-z0-9_]{1,64}(@[A-Za-z0-9_]{1,32})")
_GROUPS = ("group", "supergroup")
_STANDINGS = {"creator": "admin", "administrator": "admin", "member": "in"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the bot's own id and username, and the language of descriptions in words."""

    account: str
    username: str
    locale: str


def convert(update: Any, me: Reader) -> Event:
    """The update as an event."""
    if not isinstance(update, dict):
        raise MalformedError("an update is an object")
    try:
        return _converted(update, me)
    except (TypeError, KeyError, AttributeError, OverflowError, OSError) as error:
        raise MalformedError(f"a field is not what it should be ({type(error).__name__})") from error


def _converted(update: Json, me: Reader) -> Event:
    if ids.is_moved_event(update):
        return Ignored("a chat has another id")
    for kind, convert_kind in _KINDS.items():
        if kind in update:
            body = need(update, kind, dict)
            chat = _chat(_home(kind, body))
            return Ignored("a channel or inline") if chat is None else convert_kind(body, chat, me)
    return Ignored("a kind not asked for")


def _home(kind: str, body: Json) -> Json | None:
    """The chat that the update is about; a press under an inline message has none."""
    if kind != "callback_query":
        return need(body, "chat", dict)
    message = maybe(body, "message", dict)
    return None if message is None else need(message, "chat", dict)


def _chat(chat: Json | None) -> ChatSeen | None:
    if chat is None:
        return None
    native, kind = str(need(chat, "id", int)), need(chat, "type", str)
    if kind == "private":
        return ChatSeen(native, "private", person_name(chat))
    if kind not in _GROUPS:
        return None
    return ChatSeen(native, "group", str(chat.get("title", "")), threaded=bool(chat.get("is_forum")))


def _person(user: Json) -> PersonSeen:
    return PersonSeen(
        native=str(need(user, "id", int)),
        name=person_name(user) or str(user.get("username", "")) or "–",
        username=str(user.get("username", "")),
        locale=str(user.get("language_code", "")),
        is_bot=bool(user.get("is_bot")),
    )


def _author(message: Json) -> PersonSeen:
    """Who wrote: a person, or a chat in whose name somebody did."""
    sender = maybe(message, "sender_chat", dict)
    if sender is None or message.get("is_automatic_forward"):
        return _person(need(message, "from", dict))
    return _in_name_of(sender, str(message.get("author_signature", "")))


def _in_name_of(chat: Json, signature: str) -> PersonSeen:
    native = str(need(chat, "id", int))
    return PersonSeen(
        ids.anonymous(native, signature),
        signature or str(chat.get("title", "")),
        str(chat.get("username", "")),
    )


def _at(body: Json, key: str = "date") -> datetime:
    return datetime.fromtimestamp(need(body, key, int), UTC)


def _message(message: Json, chat: ChatSeen, me: Reader) -> Event:
    if "migrate_to_chat_id" in message or "migrate_from_chat_id" in message:
        return Ignored("the group has another id")
    author = _author(message)
    if chat.kind == "private" and author.native != chat.native:
        raise MalformedError("somebody else writes in a person's private chat")
    thread = ids.thread(message)
    if made := maybe(message, "forum_topic_created", dict):
        topic, title = thread or str(need(message, "message_id", int)), str(made.get("name", ""))
        return ThreadMade(chat, topic, title, author.native == me.account, _at(message))
    content, service = _said(message, chat, me)
    mine = _for_me(content, chat, me)
    if mine is None:
        return Ignored("a command for another bot")
    return Wrote(
        chat=chat,
        author=author,
        ref=str(need(message, "message_id", int)),
        content=mine,
        at=_at(message),
        thread=thread,
        reply_to=_answered(message, thread),
        forwarded="forward_origin" in message,
        album=message.get("media_group_id"),
        is_service=service or bool(message.get("is_automatic_forward")),
    )


def _said(message: Json, chat: ChatSeen, me: Reader) -> tuple[Content, bool]:
    """The content, and whether it is the platform's own line."""
    content = content_of(message, me.locale)
    if content is not None:
        return content, chat.kind == "group" and not LINES.isdisjoint(message)
    if not SERVICE.isdisjoint(message):
        return Content("other"), True
    return Content("other", label=labels.unknown(me.locale), copyable=True), False


def _answered(message: Json, thread: str | None) -> str | None:
    reply = maybe(message, "reply_to_message", dict)
    if reply is None or ids.is_topic_root(reply, thread):
        return None
    return str(need(reply, "message_id", int))


def _for_me(content: Content, chat: ChatSeen, me: Reader) -> Content | None:
    """The content without this bot's name behind a command; None when the command is another bot's."""
    found = _ADDRESSED.match(content.text.text)
    if found is None:
        return content
    if found[1][1:].lower() == me.username.lower():
        said = content.text
        return replace(content, text=said.slice(0, found.start(1)) + said.slice(found.end(1), len(said.text)))
    return None if chat.kind == "group" else content


def _edited(message: Json, chat: ChatSeen, me: Reader) -> Event:
    content, service = _said(message, chat, me)
    mine = _for_me(content, chat, me)
    if service or mine is None:
        return Ignored("an edit of what isn't for us")
    return Edited(
        chat=chat,
        author=_author(message),
        ref=str(need(message, "message_id", int)),
        content=mine,
        at=_at(message, "edit_date" if "edit_date" in message else "date"),
        thread=ids.thread(message),
    )


def _reacted(body: Json, chat: ChatSeen, _me: Reader) -> Event:
    actor = maybe(body, "actor_chat", dict)
    author = _person(need(body, "user", dict)) if actor is None else _in_name_of(actor, "")
    emoji = _newest_emoji(objects(body, "old_reaction"), objects(body, "new_reaction"))
    return Reacted(chat, author, str(need(body, "message_id", int)), emoji, _at(body))


def _newest_emoji(before: list[Json], after: list[Json]) -> str | None:
    """The emoji that came last; custom ones have no name to show, and paid ones none at all."""
    added = [reaction for reaction in after if reaction not in before]
    emojis = [str(reaction["emoji"]) for reaction in added or after if reaction.get("emoji")]
    return emojis[-1] if emojis else None


def _pressed(body: Json, chat: ChatSeen, _me: Reader) -> Event:
    data = maybe(body, "data", str)
    if data is None:
        return Ignored("a press without data")
    message = need(body, "message", dict)
    return Pressed(
        chat=chat,
        author=_person(need(body, "from", dict)),
        ref=str(need(message, "message_id", int)),
        data=data,
        press=need(body, "id", str),
        at=datetime.fromtimestamp(max(int(message.get("edit_date") or 0), need(message, "date", int)), UTC),
        thread=ids.thread(message),
    )


def _membership(body: Json, chat: ChatSeen, _me: Reader) -> Event:
    after = need(body, "new_chat_member", dict)
    status = need(after, "status", str)
    standing: Any = _STANDINGS.get(status, "out")
    if status == "restricted" and after.get("is_member"):
        standing = "in"
    return Membership(chat, _person(need(body, "from", dict)), standing, _at(body))


_KINDS: dict[str, Callable[[Json, ChatSeen, Reader], Event]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _pressed,
    "message_reaction": _reacted,
    "my_chat_member": _membership,
}

ASKED_FOR = tuple(_KINDS)
"""The kinds of updates that are asked for; leaving one out of the request would leave it out of what comes."""
