"""Writes of the web chat: every one gives its messages new numbers, and tells what they changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import Connection, func, select

from domain.messages import Content, dump_content
from storage.query import Changing, Query, inserting, p
from storage.schema import web_messages
from storage.webchat import chats, people, reading, searching, threads
from storage.webchat.records import NO_THREAD, Draft, Missing, Stored, WebChange, WebChat, WebMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.requests import Buttons
    from domain.richtext import RichText

_ADD = inserting(
    web_messages,
    "chat_id",
    "thread_id",
    "seq",
    "person_id",
    "client_key",
    "role",
    "author",
    "content",
    "words",
    "buttons",
    "album",
    "reply_to_id",
    "copy_of_id",
    "sent_at",
)
_CHANGE = Changing(web_messages)
_NEWEST_COPY = Query(
    select(func.max(web_messages.c.id)).where(
        web_messages.c.chat_id == p("chat_id"),
        web_messages.c.thread_id == p("thread_id"),
        web_messages.c.person_id.is_(None),
        web_messages.c.role == "message",
    )
)


def store(conn: Connection, draft: Draft, now: int) -> Stored | Missing:
    """Store a message or album; what its key names already is given back as it is."""
    chat = _chat_for(conn, draft)
    if chat is None:
        return "chat"
    if draft.thread != NO_THREAD and threads.find(conn, chat.id, draft.thread) is None:
        return "thread"
    author = people.person(conn, draft.person) if draft.person else None
    if draft.person and author is None:
        return "person"
    known = stored_under(conn, draft.chat, draft.key, len(draft.contents))
    if known is not None:
        return Stored(known, fresh=False)
    ids = []
    for part, key in enumerate(_keys(draft.key, len(draft.contents))):
        ids.append(_add(conn, chat, draft, part, key, author.id if author else None, now))
    messages = [m for m in (reading.message(conn, i) for i in ids) if m]
    return Stored(messages, _changes(conn, chat, messages))


def stored_under(conn: Connection, chat: str, key: str, parts: int) -> list[WebMessage] | None:
    """What is stored already for a draft of so many parts with that key, if all of it is."""
    found = chats.find(conn, chat)
    if found is None:
        return None
    known = [reading.by_key(conn, found.id, part) for part in _keys(key, parts)]
    present = [m for m in known if m]
    return present if len(present) == parts else None


def edit(
    conn: Connection,
    chat: str,
    message_id: int,
    person: str | None,
    content: Content,
    buttons: Buttons | None,
    waits: bool | None = None,
) -> Stored | Missing:
    """A message of `person` (None: the bot's) now says `content`; buttons stay as they are when None.

    `waits`, of a card: whether its thread waits for an answer, where that is known. An edit that changes nothing is not fresh. "edited" is noted on what people read as messages, not on cards.
    """
    found = _own(conn, chat, message_id, person)
    if found is None or found.deleted:
        return "message"
    shown = found.buttons if buttons is None else buttons
    if found.content == content and found.buttons == shown:
        return Stored([found], fresh=False)
    edited = found.edited or (found.role == "message" and found.content != content)
    values: dict[str, str | int] = {
        "content": dump_content(content),
        "words": searching.words_of(content) if found.thread != NO_THREAD else "",
        "buttons": _dump_buttons(shown),
        "edited": int(edited),
    }
    return _changed(conn, found, _after_card(found, shown, waits), **values)


def _after_card(card: WebMessage, buttons: Buttons, waits: bool | None) -> dict[str, int]:
    """What a changed card says of its thread: one that offers nothing belongs to a talk that went on elsewhere."""
    if card.role != "card":
        return {}
    told = {} if waits is None else {"waiting": int(waits)}
    if bool(card.buttons) == bool(buttons):
        return told
    return {"closed": 0, **told} if buttons else {"closed": 1, "waiting": 0}


def edit_text(conn: Connection, chat: str, message_id: int, person: str, text: RichText) -> Stored | Missing:
    """A message of `person` now says `text`; files, buttons and the rest stay."""
    found = _own(conn, chat, message_id, person)
    if found is None:
        return "message"
    return edit(conn, chat, message_id, person, replace(found.content, text=text), None)


def remove(conn: Connection, chat: str, message_id: int, person: str | None) -> Stored | Missing:
    """A message of `person` (None: the bot's) is gone, its words too. Deleting what is deleted is not fresh."""
    found = _own(conn, chat, message_id, person)
    if found is None:
        return "message"
    if found.deleted:
        return Stored([found], fresh=False)
    return _changed(
        conn, found, content=dump_content(Content()), words="", buttons="", reactions="", deleted=1
    )


def react(conn: Connection, chat: str, message_id: int, who: str, emoji: str | None) -> Stored | Missing:
    """The reaction of `who` (a person's id, empty for the bot) on a message is now `emoji`."""
    found = _in_chat(conn, chat, message_id)
    if found is None or found.deleted:
        return "message"
    reactions = {w: e for w, e in found.reactions.items() if w != who}
    if emoji:
        reactions[who] = emoji
    if reactions == found.reactions:
        return Stored([found], fresh=False)
    return _changed(conn, found, reactions=orjson.dumps(reactions).decode())


def mark(conn: Connection, chat: str, message_id: int, mark_: str) -> Stored | Missing:
    """How far a message got: `delivered`, `failed`, or empty. What was seen stays seen."""
    found = _in_chat(conn, chat, message_id)
    if found is None:
        return "message"
    if mark_ == found.mark or (found.mark == "seen" and mark_ == "delivered"):
        return Stored([found], fresh=False)
    answered: dict[str, int] = {}
    if mark_ in ("delivered", "seen") and found.thread != NO_THREAD and found.person:
        chat_id = chats.ensure(conn, found.chat, "group").id
        newest = _NEWEST_COPY.value(conn, chat_id=chat_id, thread_id=found.thread) or 0
        answered = {"waiting": 0} if newest < found.id else {}
    return _changed(conn, found, answered, mark=mark_)


def _chat_for(conn: Connection, draft: Draft) -> WebChat | None:
    """Desks come to be when first used; a private chat begins with its customer's own message."""
    if draft.kind == "private" and draft.person is None:
        return chats.find(conn, draft.chat)
    return chats.ensure(conn, draft.chat, draft.kind)


def _keys(key: str, parts: int) -> list[str]:
    return [key] if parts == 1 else [f"{key}#{part}" for part in range(parts)]


def _add(
    conn: Connection, chat: WebChat, draft: Draft, part: int, key: str, person_id: int | None, now: int
) -> int:
    seq = chats.next_seq(conn, chat.id)
    reply = _in_chat(conn, draft.chat, draft.reply_to) if draft.reply_to and part == 0 else None
    message_id = _ADD.value(
        conn,
        chat_id=chat.id,
        thread_id=draft.thread,
        seq=seq,
        person_id=person_id,
        client_key=key,
        role=draft.role,
        author=draft.author,
        content=dump_content(draft.contents[part]),
        words=searching.words_of(draft.contents[part]) if chat.kind == "group" else "",
        buttons=_dump_buttons(draft.buttons) if part == 0 else "",
        album=draft.key if len(draft.contents) > 1 else "",
        reply_to_id=reply.id if reply and reply.thread == draft.thread else None,
        copy_of_id=_original(conn, draft, part),
        sent_at=now,
    )
    if draft.thread != NO_THREAD:
        threads.touch(conn, chat.id, draft.thread, seq, **_after_message(draft, now))
    return int(message_id)


def _after_message(draft: Draft, now: int) -> dict[str, int]:
    """What a new message makes of its thread; a card is no news, but may say whether an answer is waited for."""
    if draft.role == "card":
        return {} if draft.waits is None else {"waiting": int(draft.waits)}
    from_customer = draft.role == "message" and draft.person is None
    return {"last_at": now, "waiting": 1} if from_customer else {"last_at": now}


def _original(conn: Connection, draft: Draft, part: int) -> int | None:
    """The message this one copies, if it is where the draft says."""
    if part >= len(draft.copy_of):
        return None
    chat, message_id = draft.copy_of[part]
    found = _in_chat(conn, chat, message_id)
    return found.id if found else None


def _in_chat(conn: Connection, chat: str, message_id: int) -> WebMessage | None:
    found = reading.message(conn, message_id)
    if found is None or found.chat == chat:
        return found
    named = chats.find(conn, chat)  # its talk may go on in another chat
    return found if named is not None and named.native == found.chat else None


def _own(conn: Connection, chat: str, message_id: int, person: str | None) -> WebMessage | None:
    found = _in_chat(conn, chat, message_id)
    return found if found is not None and found.person == person else None


def _changed(
    conn: Connection, found: WebMessage, thread_values: dict[str, int] | None = None, **values: str | int
) -> Stored:
    """Write the values under a new number and tell what came of it."""
    chat = chats.ensure(conn, found.chat, "group")
    seq = chats.next_seq(conn, chat.id)
    _CHANGE(conn, found.id, seq=seq, **values)
    if found.thread != NO_THREAD:
        threads.touch(conn, chat.id, found.thread, seq, **(thread_values or {}))
    now = reading.message(conn, found.id)
    messages = [now] if now else []
    return Stored(messages, _changes(conn, chat, messages))


def _changes(conn: Connection, chat: WebChat, messages: Sequence[WebMessage]) -> list[WebChange]:
    """One change a message; the thread as it is now goes with the last of them."""
    changes = [WebChange(chat.native, m.seq, m) for m in messages]
    if messages and messages[-1].thread != NO_THREAD:
        changes[-1].thread = reading.thread(conn, messages[-1].thread, chat.native)
    return changes


def _dump_buttons(buttons: Buttons) -> str:
    return orjson.dumps([[[b.label, b.data] for b in row] for row in buttons]).decode() if buttons else ""
