"""Sending messages: natively copied where that can be, else from what is stored; in one call as far as possible."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.messengers.contract import FileRefused
from bot.messengers.telegram import ids
from bot.messengers.telegram.compose import native_copy, stored_steps
from bot.messengers.telegram.library import api
from bot.messengers.telegram.outcomes import outcome_of
from bot.messengers.telegram.settings import NAME
from bot.messengers.telegram.upload import shown_by_telegram
from bot.messengers.telegram.wire import ApiError, WireError
from domain.messages import with_files
from domain.requests import Outcome, Refused, Send, Sent

if TYPE_CHECKING:
    from bot.messengers.contract import Carrier
    from bot.messengers.telegram.calls import Caller
    from bot.messengers.telegram.compose import Uploads

_REMEMBERED = 256


class Sender:
    """Sends messages of one bot.

    A message that takes several calls remembers in memory how far it got, so that trying it again goes on from
    there; after a crash it begins anew.
    """

    def __init__(self, caller: Caller, carry: Carrier, max_upload: int) -> None:
        self._caller = caller
        self._carry = carry
        self._max_upload = max_upload
        self._reached: OrderedDict[str, list[Any]] = OrderedDict()

    async def send(self, request: Send) -> Outcome:
        """Send one message or album."""
        try:
            copied = await self._copied(request)
            if copied is not None:
                return copied
        except WireError as error:
            return outcome_of(error)
        return await self._send_stored(request)

    async def _copied(self, request: Send) -> Sent | None:
        """The message copied natively; None when it must be sent from what is stored."""
        method = None if request.letter in self._reached else native_copy(request)
        if method is None:
            return None
        try:
            refs = ids.refs_of(await self._caller.call(method))
        except ApiError as error:
            outcome = outcome_of(error)
            if isinstance(outcome, Refused) and _is_of_original(outcome):
                return None  # gone, or of a kind that can't be copied after all
            raise
        if len(refs) == len(request.contents):
            return Sent(refs)
        await self._take_back(request.chat, refs)
        return None

    async def _take_back(self, chat: str, refs: tuple[str, ...]) -> None:
        """An album that was copied in part can't be told which part is which: it goes, and is sent anew."""
        if refs:
            numbers = [ids.message_id(ref) for ref in refs]
            try:
                await self._caller.call(api.DeleteMessages(chat_id=chat, message_ids=numbers))
            except ApiError:
                return  # then it stands there twice, which is better than not at all

    async def _send_stored(self, request: Send) -> Outcome:
        files = [file for content in request.contents for file in content.files]
        if not files or request.source == NAME:
            return await self._make_steps(request, {})
        try:
            async with self._carry(request.source, files, self._max_upload) as carried:
                shown = with_files(request.contents, [shown_by_telegram(c.file) for c in carried])
                uploads = {c.file.ref: c for c in carried}
                return await self._make_steps(replace(request, contents=shown), uploads)
        except FileRefused as refused:
            return refused.outcome(request.contents)

    async def _make_steps(self, request: Send, uploads: Uploads) -> Outcome:
        """One call after the other, from where an earlier try stopped."""
        steps = stored_steps(request, uploads)
        results = self._reached.pop(request.letter, [])
        for step in steps[len(results) :]:
            try:
                results.append(await self._caller.call(step.method))
            except WireError as error:
                if results:
                    self._remember(request.letter, results)
                return outcome_of(error)
        counted = [result for result, step in zip(results, steps, strict=True) if step.counted]
        return Sent(tuple(ref for result in counted for ref in ids.refs_of(result)))

    def _remember(self, letter: str, results: list[Any]) -> None:
        self._reached[letter] = results
        if len(self._reached) > _REMEMBERED:
            self._reached.popitem(last=False)


def _is_of_original(outcome: Refused) -> bool:
    """Whether a refused copy may go out all the same: a chat that isn't found may be the one it was copied from."""
    return outcome.scope == "message" or outcome.reason == "refused.chat_not_found"
