"""What Telegram allows: texts and their entities, reactions, who may write where. Sentences after tdlib."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.fakes.telegram_world import GENERAL, ApiError, Chat, Json, Message, World, bad

MAX_TEXT = 4096
MAX_CAPTION = 1024

REACTIONS = frozenset(
    [
        "❤",
        "👍",
        "👎",
        "🔥",
        "🥰",
        "👏",
        "😁",
        "🤔",
        "🤯",
        "😱",
        "🤬",
        "😢",
        "🎉",
        "🤩",
        "🤮",
        "💩",
        "🙏",
        "👌",
        "🕊",
        "🤡",
        "🥱",
        "🥴",
        "😍",
        "🐳",
        "❤\u200d🔥",
        "🌚",
        "🌭",
        "💯",
        "🤣",
        "⚡",
        "🍌",
        "🏆",
        "💔",
        "🤨",
        "😐",
        "🍓",
        "🍾",
        "💋",
        "🖕",
        "😈",
        "😴",
        "😭",
        "🤓",
        "👻",
        "👨\u200d💻",
        "👀",
        "🎃",
        "🙈",
        "😇",
        "😨",
        "🤝",
        "✍",
        "🤗",
        "🫡",
        "🎅",
        "🎄",
        "☃",
        "💅",
        "🤪",
        "🗿",
        "🆒",
        "💘",
        "🙉",
        "🦄",
        "😘",
        "💊",
        "🙊",
        "😎",
        "👾",
        "🤷\u200d♂",
        "🤷",
        "🤷\u200d♀",
        "😡",
    ]
)

TOPIC_COLORS = frozenset({7322096, 16766590, 13338331, 9367192, 16749490, 16478047})

_WRITTEN = frozenset(
    [
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "date_time",
    ]
)

_FOUND = (
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z]\w{3,31}")),
    ("url", re.compile(r"https?://[^\s<>\"]+")),
    ("hashtag", re.compile(r"(?<!\w)#[^\W\d]\w*")),
)


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _starts(text: str) -> set[int]:
    """UTF-16 offsets at which a character starts, and the end."""
    if text.isascii():
        return set(range(len(text) + 1))
    offsets, at = set(), 0
    for char in text:
        offsets.add(at)
        at += 2 if char > "\uffff" else 1
    return offsets | {at}


def formatted(text: str, entities: Sequence[Json], limit: int) -> tuple[str, list[Json]]:
    """The text as Telegram keeps it: checked, trimmed, with what it finds in texts by itself."""
    kept = sorted(
        (dict(e) for e in entities if e["length"] and e["type"] in _WRITTEN),
        key=lambda e: (e["offset"], -e["length"]),
    )
    if kept:
        _check(text, kept)
    text, kept = _trimmed(text, kept)
    if units(text) > limit:
        raise bad("message is too long" if limit == MAX_TEXT else "message caption is too long")
    return text, sorted(kept + _noticed(text, kept), key=lambda e: (e["offset"], -e["length"]))


def _check(text: str, entities: Sequence[Json]) -> None:
    starts, end = _starts(text), units(text)
    for entity in entities:
        first, last = entity["offset"], entity["offset"] + entity["length"]
        if first < 0:
            raise bad(f"receive an entity with incorrect offset {first}")
        if entity["length"] < 0:
            raise bad(f"receive an entity with incorrect length {entity['length']}")
        if first >= end:
            raise bad(f"entity begins after the end of the text at UTF-16 offset {first}")
        if last > end:
            raise bad(
                f"entity beginning at UTF-16 offset {first} ends after the end of the text at UTF-16 offset {last}"
            )
        if first not in starts:
            raise bad("entity begins in a middle of a UTF-16 symbol at byte offset 0")
        if last not in starts:
            raise bad(
                f"entity beginning at UTF-16 offset {first} ends in a middle of a UTF-16 symbol at byte offset 0"
            )


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Without white space at the end, and at the start as far as no entity begins there."""
    text = text.rstrip()
    end = units(text)
    entities = [e | {"length": min(e["length"], end - e["offset"])} for e in entities if e["offset"] < end]
    first = min((e["offset"] for e in entities), default=end)
    cut = min(len(text) - len(text.lstrip(" \n")), first)
    if cut:
        text = text[cut:]
        entities = [e | {"offset": e["offset"] - cut} for e in entities]
    return text, entities


def _noticed(text: str, entities: Sequence[Json]) -> list[Json]:
    """Commands, mentions, links and hashtags that Telegram finds where nothing else stands."""
    taken = {"code", "pre", "text_link", "text_mention", "mention", "bot_command", "url", "hashtag"}
    spans = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in taken]
    noticed = []
    for kind, pattern in _FOUND:
        for hit in pattern.finditer(text):
            first = units(text[: hit.start()])
            last = first + units(hit.group())
            if all(last <= a or b <= first for a, b in spans):
                noticed.append({"type": kind, "offset": first, "length": last - first})
                spans.append((first, last))
    return noticed


def check_writable(world: World, chat: Chat) -> None:
    """Refuse as Telegram does when the bot can't write to the chat at all."""
    if chat.type == "private":
        person = world.people[chat.id]
        if person.deactivated:
            raise ApiError(403, "Forbidden: user is deactivated")
        if person.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if not person.started:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        return
    if chat.migrated_to is not None:
        raise ApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=chat.migrated_to,
        )
    kind = "supergroup" if chat.type == "supergroup" else "group"
    member = chat.members.get(world.bot.id)
    if member is None or member.status == "left":
        raise ApiError(403, f"Forbidden: bot is not a member of the {kind} chat")
    if member.status == "kicked":
        raise ApiError(403, f"Forbidden: bot was kicked from the {kind} chat")


def check_may_send(world: World, chat: Chat, what: str) -> None:
    """Refuse when the bot is in the chat but may not send there."""
    if chat.type == "private":
        return
    member = chat.members[world.bot.id]
    if member.status == "restricted" and not member.can("can_send_messages"):
        raise bad(f"not enough rights to send {what} to the chat")


def check_thread(world: World, chat: Chat, thread: int | None) -> int | None:
    """The topic a message goes to; None outside any."""
    if thread is None or chat.type in {"group", "channel"}:
        return None
    if not chat.forum:
        if chat.type == "private":
            raise bad("message thread not found")
        return None
    topic = chat.topics.get(thread)
    if thread == GENERAL or topic is None or topic.deleted:
        raise bad("message thread not found")
    if topic.closed and not (
        world.admins_write_closed and chat.members[world.bot.id].can("can_manage_topics")
    ):
        raise bad("TOPIC_CLOSED")
    return thread


def check_rights(world: World, chat: Chat, right: str) -> None:
    """Refuse unless the bot is an administrator with that right."""
    member = chat.members.get(world.bot.id)
    if member is None or not member.can(right):
        raise bad(
            "not enough rights to create a topic" if right == "can_manage_topics" else "not enough rights"
        )


def find_message(chat: Chat, message_id: int, what: str) -> Message:
    """The message, or Telegram's `message to <what> not found`."""
    message = chat.live(message_id)
    if message is None:
        raise bad(f"message to {what} not found")
    return message
