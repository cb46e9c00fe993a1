"""What a failed call means: may it be tried again, does it hold for the message, the topic, the chat, the account?

Telegram's sentences are its only codes; they are collected here. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.messengers.telegram.wire import ApiError, NotReachedError, WireError
from domain.requests import Outcome, Refused, TryLater, Unsure

if TYPE_CHECKING:
    from typing import Literal

    Scope = Literal["message", "thread", "chat", "account"]

NOT_MODIFIED = ("message is not modified", "TOPIC_NOT_MODIFIED")
_NOT_COPIED = (
    "message to copy not found",
    "message can't be copied",
    "there are no messages to forward",
    "message to forward not found",
    "MESSAGE_ID_INVALID",
    "MESSAGE_IDS_EMPTY",
)
THREAD_GONE = ("message thread not found", "TOPIC_ID_INVALID", "TOPIC_DELETED")
NO_REPLY = ("message to be replied not found", "replied message not found", "REPLY_MESSAGE_ID_INVALID")

BAD_QUOTE = ("QUOTE_TEXT_INVALID", "message quote")

_RULES: tuple[tuple[Scope, str, tuple[str, ...]], ...] = (
    ("chat", "refused.blocked", ("bot was blocked by the user",)),
    ("chat", "refused.deactivated", ("user is deactivated",)),
    ("chat", "refused.kicked", ("was kicked from", "is not a member of", "USER_BANNED_IN_CHANNEL")),
    ("chat", "refused.not_started", ("can't initiate conversation",)),
    (
        "chat",
        "refused.chat_not_found",
        ("chat not found", "group chat was deleted", "was upgraded", "PEER_ID_INVALID"),
    ),
    ("chat", "refused.not_a_forum", ("chat is not a forum",)),
    ("thread", "refused.thread_gone", THREAD_GONE),
    (
        "chat",
        "refused.no_rights",
        (
            "not enough rights to send text messages",
            "not enough rights to create a topic",
            "not enough rights to manage topics",
            "have no rights to send a message",
            "no write access to the chat",
            "need administrator rights",
            "CHAT_WRITE_FORBIDDEN",
            "CHAT_ADMIN_REQUIRED",
            "CHAT_RESTRICTED",
        ),
    ),
    ("message", "refused.no_rights", ("not enough rights", "CHAT_SEND_", "VOICE_MESSAGES_FORBIDDEN")),
    ("message", "refused.reaction", ("REACTION_",)),
    (
        "message",
        "refused.message_gone",
        ("message to edit not found", "message to react not found", *NO_REPLY, *_NOT_COPIED),
    ),
    ("message", "refused.edit_too_late", ("message can't be edited",)),
    ("message", "refused.cannot_edit", ("in the message to edit", "media can't be edited")),
    ("message", "refused.delete_too_late", ("can't be deleted",)),
    ("message", "refused.file_too_big", ("file is too big", "Entity Too Large")),
    ("message", "refused.file_gone", ("wrong file identifier", "wrong file_id", "FILE_REFERENCE")),
    ("message", "refused.too_long", ("is too long",)),
)

_SLOW = re.compile(r"SLOWMODE_WAIT_(\d+)")


def outcome_of(error: WireError) -> Outcome:
    """What becomes of a request that met this error."""
    if isinstance(error, ApiError):
        return _answered(error)
    if isinstance(error, NotReachedError):
        return TryLater(str(error))
    return Unsure(str(error))


def _answered(error: ApiError) -> Outcome:
    if error.code == 429 or error.retry_after is not None:
        return TryLater(error.description, error.retry_after, limited=True)
    if slow := _SLOW.search(error.description):
        return TryLater(error.description, float(slow[1]), limited=True)
    if error.code >= 500 or error.code == 409:
        return TryLater(error.description)
    if is_unauthorised(error):
        return Refused("account", "refused.token", error.description)
    if (
        error.migrate_to is not None
    ):  # what sends goes to the new group by itself; what is there already is lost
        return Refused("message", "refused.message_gone", error.description)
    for scope, reason, sentences in _RULES:
        if error.says(*sentences):
            return Refused(scope, reason, error.description)
    if error.code == 413:
        return Refused("message", "refused.file_too_big", error.description)
    return Refused("chat" if error.code == 403 else "message", "refused.platform", error.description)


def is_unauthorised(error: ApiError) -> bool:
    """Whether Telegram doesn't know the token (a wrong one has no address either: 404)."""
    return error.code == 401 or (error.code == 404 and not error.says("method not found"))
