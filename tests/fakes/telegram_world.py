"""What the fake Telegram knows: people, chats, topics, messages, files; and the clock, which tests may push forward.

Bodies are Bot API JSON as plain dictionaries. Message ids are shared by all private chats and basic groups, and
counted per chat in supergroups, as with the real thing: two chats do have messages of the same number.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json = dict[str, Any]
Loose: TypeAlias = Any
"""A value of one of several classes that share the fields in question: a method of some kind, a JSON value."""

ChatType = Literal["private", "group", "supergroup", "channel"]
Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]

GENERAL = 1
"""The thread id of a forum's General topic; nothing can be sent to it by that id."""

ANONYMOUS = 1087968824
"""GroupAnonymousBot: the author of messages that administrators write in the group's name."""

SERVICE = 777000
"""Telegram itself: the author of a linked channel's automatic forwards."""

ADMIN_RIGHTS = {
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_topics": True,
    "can_pin_messages": True,
    "can_invite_users": True,
    "can_restrict_members": False,
    "can_promote_members": False,
    "can_change_info": False,
    "can_manage_video_chats": False,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "is_anonymous": False,
    "can_be_edited": False,
    "can_send_welcome_messages": False,
}


RESTRICTED = dict.fromkeys(
    (
        "can_send_messages",
        "can_send_audios",
        "can_send_documents",
        "can_send_photos",
        "can_send_videos",
        "can_send_video_notes",
        "can_send_voice_notes",
        "can_send_polls",
        "can_send_other_messages",
        "can_add_web_page_previews",
        "can_change_info",
        "can_invite_users",
        "can_pin_messages",
        "can_manage_topics",
        "can_edit_tag",
        "can_react_to_messages",
    ),
    False,
)

MEMBER_RIGHTS = {"can_send_messages": True}


class ApiError(Exception):
    """A method failed: what the Bot API answers instead of a result."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(sentence: str) -> ApiError:
    """400 with Telegram's sentence."""
    return ApiError(400, f"Bad Request: {sentence}")


@dataclass(slots=True)
class Person:
    """Somebody with an account, or a bot. `blocked`: they blocked our bot; `started`: they ever wrote to it."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    is_bot: bool = False
    blocked: bool = False
    deactivated: bool = False
    started: bool = False

    def body(self) -> Json:
        body: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            if value := getattr(self, name):
                body[name] = value
        return body


@dataclass(slots=True)
class Member:
    """Somebody's standing in a group; `rights` over the standing's usual ones."""

    status: Status
    rights: Json = field(default_factory=dict)

    @property
    def inside(self) -> bool:
        return self.status not in {"left", "kicked"}

    def can(self, right: str) -> bool:
        if self.status == "creator":
            return True
        usual = {"administrator": ADMIN_RIGHTS, "restricted": RESTRICTED}.get(self.status, MEMBER_RIGHTS)
        return bool({**usual, **self.rights}.get(right))

    def body(self, person: Person) -> Json:
        body: Json = {"status": self.status, "user": person.body()}
        if self.status == "administrator":
            body |= ADMIN_RIGHTS
        if self.status == "restricted":
            body |= {"is_member": True, "until_date": 0} | RESTRICTED
        if self.status == "kicked":
            body["until_date"] = 0
        if self.status == "creator":
            body["is_anonymous"] = False
        return body | self.rights


@dataclass(slots=True)
class Topic:
    id: int
    name: str
    color: int
    closed: bool = False
    deleted: bool = False


@dataclass(slots=True)
class Message:
    """A message as it now is; `body` is what the Bot API shows of it (without what it answers).

    `editable`: tests say that the bot can't change it any more.
    """

    chat: Chat
    id: int
    body: Json
    date: float
    thread: int | None = None
    outgoing: bool = False
    service: bool = False
    reply_to: int | None = None
    deleted: bool = False
    editable: bool = True
    bot_reaction: str | None = None
    reactions: dict[int, str] = field(default_factory=dict)

    def shown(self) -> Json:
        """The body as updates and results carry it: with the message it answers."""
        body = dict(self.body)
        answered = self.chat.messages.get(self.reply_to) if self.reply_to else None
        if answered is not None and not answered.deleted:
            body["reply_to_message"] = dict(answered.body)
        return body


@dataclass(slots=True)
class Chat:
    id: int
    type: ChatType
    title: str = ""
    first_name: str = ""
    username: str = ""
    forum: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    migrated_to: int | None = None
    protected: bool = False
    last_id: int = 0

    def body(self) -> Json:
        body: Json = {"id": self.id, "type": self.type}
        for name in ("title", "first_name", "username"):
            if value := getattr(self, name):
                body[name] = value
        if self.forum:
            body["is_forum"] = True
        return body

    def live(self, message_id: int) -> Message | None:
        """The message, unless it never was or is deleted."""
        message = self.messages.get(message_id)
        return None if message is None or message.deleted else message


@dataclass(slots=True)
class StoredFile:
    id: str
    kind: str
    name: str
    mime: str
    size: int
    content: bytes


class World:
    """Everything that is true at this Telegram, seen by its one bot."""

    def __init__(self, *, name: str = "Okno", username: str = "okno_test_bot", privacy: bool = True) -> None:
        self.bot = Person(7_000_000_001, name, username=username, is_bot=True)
        self.privacy = privacy
        self.admins_write_closed = True  # as at Telegram; False lets tests meet TOPIC_CLOSED
        self.people: dict[int, Person] = {self.bot.id: self.bot}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.shift = 0.0
        self.emit: Callable[[str, Json], None] = lambda _kind, _body: None
        self._account_ids = 0
        self._numbers = itertools.count(1)

    def now(self) -> float:
        """Telegram's time: the machine's, and as much later as tests said."""
        return time.time() + self.shift

    def number(self) -> int:
        """A number not given before."""
        return next(self._numbers)

    def chat(self, chat_id: int | str) -> Chat:
        """The chat by id or @username, as the methods name it."""
        if isinstance(chat_id, str):
            if chat_id.startswith("@"):
                found = [c for c in self.chats.values() if c.username == chat_id[1:]]
                if not found:
                    raise bad("chat not found")
                return found[0]
            try:
                chat_id = int(chat_id)
            except ValueError:
                raise bad("chat not found") from None
        chat = self.chats.get(chat_id)
        if chat is None:
            raise bad("chat not found")
        return chat

    def private(self, person: Person) -> Chat:
        """Somebody's chat with the bot."""
        chat = self.chats.get(person.id)
        if chat is None:
            chat = Chat(person.id, "private", first_name=person.first_name, username=person.username)
            self.chats[person.id] = chat
        return chat

    def next_message_id(self, chat: Chat) -> int:
        """The number of the chat's next message."""
        if chat.type in {"supergroup", "channel"}:
            chat.last_id += 1
            return chat.last_id
        self._account_ids += 1
        return self._account_ids

    def post(
        self,
        chat: Chat,
        author: Person,
        content: Json,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        service: bool = False,
    ) -> Message:
        """Put a message into a chat and return it; tells nobody."""
        now = self.now()
        body: Json = {
            "message_id": self.next_message_id(chat),
            "from": author.body(),
            "chat": chat.body(),
            "date": int(now),
        }
        if thread is not None:
            body["message_thread_id"] = thread
            body["is_topic_message"] = True
        body |= content
        message = Message(
            chat,
            body["message_id"],
            body,
            now,
            thread=thread,
            outgoing=author.id == self.bot.id,
            service=service,
            reply_to=reply_to,
        )
        chat.messages[message.id] = message
        return message

    def keep_file(
        self, kind: str, content: bytes, name: str = "", mime: str = "", size: int | None = None
    ) -> StoredFile:
        """Store a file under an id of its own; `size` may claim more than `content` has."""
        number = self.number()
        length = len(content) if size is None else size
        stored = StoredFile(f"{kind}-file-{number}", kind, name, mime, length, content)
        self.files[stored.id] = stored
        return stored
