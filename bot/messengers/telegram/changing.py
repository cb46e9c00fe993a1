"""Changing what was sent: edits, deletions, reactions. Asking twice changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.messengers.telegram import ids
from bot.messengers.telegram.compose import (
    CAPTIONED,
    MAX_CAPTION,
    MAX_TEXT,
    NO_PREVIEW,
    REPLACEABLE,
    album_item,
    keyboard,
    worded,
)
from bot.messengers.telegram.entities import message_entities
from bot.messengers.telegram.library import api, types
from bot.messengers.telegram.outcomes import NOT_MODIFIED, outcome_of
from bot.messengers.telegram.settings import NAME
from bot.messengers.telegram.wire import ApiError, WireError
from domain.requests import Delete, Edit, Outcome, React, Refused, Sent
from domain.richtext import utf16_length

if TYPE_CHECKING:
    from aiogram.methods import TelegramMethod

    from bot.messengers.telegram.calls import Caller
    from domain.messages import Location
    from domain.richtext import RichText

_STANDS_STILL = ("message can't be edited", "MESSAGE_EDIT_TIME_EXPIRED")
_VARIATION = "\ufe0f"


class Changer:
    """Changes messages of one bot."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def edit(self, request: Edit) -> Outcome:
        """Make a message say something else."""
        words = worded(request.content, request.header, quiet=request.quiet_mentions)
        kind = request.content.files[0].kind if request.content.files else "text"
        limit = MAX_TEXT if kind == "text" else MAX_CAPTION
        if utf16_length(words.text) > limit:
            return Refused("message", "refused.too_long")
        if request.content.location is not None:
            return await self._move(request, request.content.location)
        if request.media and not (request.source == NAME and kind in REPLACEABLE):
            return Refused("message", "refused.cannot_edit")
        try:
            if kind == "text":
                await self._unless_same(self._text_edit(request, words))
            elif kind in CAPTIONED:
                await self._unless_same(self._file_edit(request, words))
            else:
                return Refused("message", "refused.cannot_edit")
        except WireError as error:
            return outcome_of(error)
        return Sent()

    async def _move(self, request: Edit, point: Location) -> Outcome:
        """A live location moved on, or stops where it is; one that stands still already stays so."""
        where: dict[str, Any] = {"latitude": point.latitude, "longitude": point.longitude}
        steps: list[TelegramMethod[Any]] = [api.EditMessageLiveLocation(**_target(request), **where)]
        if not point.live:
            steps.append(api.StopMessageLiveLocation(**_target(request)))
        for step in steps:
            try:
                await self._caller.call(step)
            except WireError as error:
                if not (isinstance(error, ApiError) and error.says(*NOT_MODIFIED, *_STANDS_STILL)):
                    return outcome_of(error)
        return Sent()

    def _text_edit(self, request: Edit, words: RichText) -> TelegramMethod[Any]:
        more: dict[str, Any] = {"link_preview_options": NO_PREVIEW} if request.quiet_mentions else {}
        return api.EditMessageText(
            **_target(request), text=words.text, entities=message_entities(words), **_markup(request), **more
        )

    def _file_edit(self, request: Edit, words: RichText) -> TelegramMethod[Any]:
        """Another file with its caption, or the caption alone."""
        if request.media:
            item = album_item(request.content, words, request.source, {})
            return api.EditMessageMedia(**_target(request), media=item, **_markup(request))
        return api.EditMessageCaption(
            **_target(request),
            caption=words.text,
            caption_entities=message_entities(words),
            **_markup(request),
        )

    async def _unless_same(self, method: TelegramMethod[Any]) -> None:
        """What says so already is left as it is."""
        try:
            await self._caller.call(method)
        except ApiError as error:
            if not error.says(*NOT_MODIFIED):
                raise

    async def delete(self, request: Delete) -> Outcome:
        """Delete messages; what is gone already counts as done."""
        numbers = [ids.message_id(ref) for ref in request.refs]
        method: TelegramMethod[Any] = api.DeleteMessages(chat_id=request.chat, message_ids=numbers)
        if len(numbers) == 1:
            method = api.DeleteMessage(chat_id=request.chat, message_id=numbers[0])
        try:
            await self._caller.call(method)
        except WireError as error:
            if isinstance(error, ApiError) and error.says("message to delete not found"):
                return Sent()
            return outcome_of(error)
        return Sent()

    async def react(self, request: React) -> Outcome:
        """Set the bot's only reaction on a message."""
        reaction: list[Any] = (
            [types.ReactionTypeEmoji(emoji=request.emoji.replace(_VARIATION, ""))] if request.emoji else []
        )
        target: dict[str, Any] = {"chat_id": request.chat, "message_id": ids.message_id(request.ref)}
        try:
            await self._unless_same(api.SetMessageReaction(**target, reaction=reaction))
        except WireError as error:
            return outcome_of(error)
        return Sent()


def _target(request: Edit) -> dict[str, Any]:
    return {"chat_id": request.chat, "message_id": ids.message_id(request.ref)}


def _markup(request: Edit) -> dict[str, Any]:
    return {"reply_markup": keyboard(request.buttons)} if request.buttons else {}
