"""Calls that put right themselves what only the first try can show: a chat's new id, a closed topic, a reply's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.messengers.telegram.library import api, types
from bot.messengers.telegram.outcomes import BAD_QUOTE, NO_REPLY
from bot.messengers.telegram.wire import ApiError, Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiogram.methods import TelegramMethod

_AMENDMENTS = 3
_TOPIC_CLOSED = ("TOPIC_CLOSED",)
_BAD_PICTURE = ("PHOTO_", "IMAGE_PROCESS_FAILED")
_VISUAL = ("photo", "video")
_OF_DOCUMENTS = {"media", "caption", "caption_entities"}


class Caller:
    """Makes calls for one bot. Knows the new ids of groups that became supergroups since the start.

    `on_moved` is told once of every such group, with its old and new id.
    """

    def __init__(self, wire: Wire, on_moved: Callable[[str, str], Awaitable[None]]) -> None:
        self.wire = wire
        self._on_moved = on_moved
        self._moved: dict[str, str] = {}

    async def call(self, method: TelegramMethod[Any], *, seconds: float | None = None) -> Any:
        """The call's result. Raises a WireError."""
        method = self._readdressed(method)
        for _ in range(_AMENDMENTS):
            try:
                return await self.wire.call(method, seconds=seconds)
            except ApiError as error:
                amended = await self._amended(method, error)
                if amended is None:
                    raise
                method = amended
        return await self.wire.call(method, seconds=seconds)

    def _readdressed(self, method: TelegramMethod[Any]) -> TelegramMethod[Any]:
        chat = self._moved.get(str(getattr(method, "chat_id", "")))
        return method if chat is None or _is_about_old_message(method) else _without_old_ids(method, chat)

    async def _amended(self, method: TelegramMethod[Any], error: ApiError) -> TelegramMethod[Any] | None:
        """The call as it may work; None when nothing about it can be put right."""
        given = method.model_fields_set
        if error.migrate_to is not None and "chat_id" in given:
            return await self._follow(method, error.migrate_to)
        if "reply_parameters" in given and error.says(*NO_REPLY):
            return method.model_copy(update={"reply_parameters": None})
        if "reply_parameters" in given and error.says(*BAD_QUOTE):
            return _unquoted(method)
        if "message_thread_id" in given and error.says(*_TOPIC_CLOSED):
            await self._reopen(method)
            return method
        if error.says(*_BAD_PICTURE):
            return _as_documents(method)
        return None

    async def _follow(self, method: TelegramMethod[Any], new: str) -> TelegramMethod[Any] | None:
        old = str(getattr(method, "chat_id", ""))
        if old not in self._moved:
            self._moved[old] = new
            await self._on_moved(old, new)
        return None if _is_about_old_message(method) else _without_old_ids(method, new)

    async def _reopen(self, method: TelegramMethod[Any]) -> None:
        chat, thread = getattr(method, "chat_id", 0), getattr(method, "message_thread_id", 0)
        await self.wire.call(api.ReopenForumTopic(chat_id=chat, message_thread_id=thread))


def _is_about_old_message(method: TelegramMethod[Any]) -> bool:
    """Whether the call names a message of its chat: in the new group the same number is another message."""
    return not {"message_id", "message_ids"}.isdisjoint(method.model_fields_set - _from_elsewhere(method))


def _from_elsewhere(method: TelegramMethod[Any]) -> set[str]:
    return {"message_id", "message_ids"} if isinstance(method, api.CopyMessage | api.CopyMessages) else set()


def _without_old_ids(method: TelegramMethod[Any], chat: str) -> TelegramMethod[Any]:
    """The call to the chat's new id; what it would have answered isn't known there."""
    update = {"chat_id": chat}
    if "reply_parameters" in method.model_fields_set:
        return method.model_copy(update=update | {"reply_parameters": None})
    return method.model_copy(update=update)


def _unquoted(method: TelegramMethod[Any]) -> TelegramMethod[Any]:
    """An answer to the whole message: the part that was quoted stands there otherwise by now."""
    reply = getattr(method, "reply_parameters", None)
    whole = reply and reply.model_copy(update={"quote": None, "quote_entities": None})
    return method.model_copy(update={"reply_parameters": whole})


def _as_documents(method: TelegramMethod[Any]) -> TelegramMethod[Any] | None:
    """Pictures that Telegram can't show as such go as files; None when there are none."""
    if isinstance(method, api.SendPhoto):
        given = {name: getattr(method, name) for name in method.model_fields_set - {"photo", "has_spoiler"}}
        return api.SendDocument(document=method.photo, **given)
    if isinstance(method, api.SendMediaGroup) and any(m.type in _VISUAL for m in method.media):
        return method.model_copy(update={"media": [_as_document(item) for item in method.media]})
    return None


def _as_document(item: Any) -> types.InputMediaDocument:
    given = {name: getattr(item, name) for name in item.model_fields_set & _OF_DOCUMENTS}
    return types.InputMediaDocument(**given)
