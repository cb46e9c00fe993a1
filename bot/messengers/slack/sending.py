"""Sending messages, and looking up whether an unsure one arrived. Each carries Okno's own key in its metadata."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from bot.messengers.contract import FileRefused
from bot.messengers.slack import ids
from bot.messengers.slack.blocks import blocks, worded
from bot.messengers.slack.outcomes import BAD_BLOCKS, outcome_of
from bot.messengers.slack.rich import escaped
from bot.messengers.slack.settings import CUSTOMIZE
from bot.messengers.slack.uploads import Uploader, author_of
from bot.messengers.slack.wire import ApiError, WireError
from domain.requests import Outcome, Send, Sent
from domain.richtext import RichText, plain

if TYPE_CHECKING:
    from bot.messengers.slack.wire import Json, Wire

EVENT_TYPE = "okno_letter"

_LOOK_BACK = 24 * 3600.0
_LOOK_AT = 200
_PAGES = 10


class Sender:
    """Sends messages of one app."""

    def __init__(self, wire: Wire, uploader: Uploader) -> None:
        self._wire = wire
        self._uploader = uploader
        self._may_name = True

    async def send(self, request: Send) -> Outcome:
        """Send one message, or one with several files."""
        words = _words(request)
        try:
            if any(content.files for content in request.contents):
                return Sent(await self._uploader.send(request, words, request.thread))
            ts = await self._post(request, words, **await self._target(request))
        except FileRefused as refused:
            return refused.outcome(request.contents)
        except WireError as error:
            return outcome_of(error)
        return Sent(ids.refs(ts, len(request.contents)))

    async def look_up(self, request: Send) -> Outcome | None:
        """Whether a send of unknown end arrived: by its key, among the newest messages where it should be."""
        try:
            if any(content.files for content in request.contents):
                refs = await self._uploader.find(request)
                return Sent(refs) if refs else None
            thread = (await self._target(request)).get("thread_ts")
            ts = await self._find(request, thread)
        except WireError as error:
            return outcome_of(error)
        return Sent(ids.refs(ts, len(request.contents))) if ts else None

    async def _find(self, request: Send, thread: str | None) -> str | None:
        """Its `ts`, if it is there. A channel is told newest first, a thread oldest first, so that one is read on."""
        given: dict[str, Any] = {
            "channel": request.chat,
            "limit": _LOOK_AT,
            "include_all_metadata": True,
            "oldest": ids.oldest(time.time() - _LOOK_BACK),
        }
        wanted = _metadata(request, _words(request))
        cursor = None
        for _ in range(1 if thread is None else _PAGES):
            if thread is None:
                page = await self._wire.call("conversations.history", **given)
            else:
                page = await self._wire.call("conversations.replies", **given, ts=thread, cursor=cursor)
            for message in page.get("messages") or ():
                if _is_it(message.get("metadata"), wanted):
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return None

    async def _target(self, request: Send) -> Json:
        """Where the message goes. What answers a message outside any thread begins one under it; in a direct message
        it shows in the conversation as well."""
        if request.thread is not None:
            return {"thread_ts": request.thread, "reply_broadcast": True if request.aloud else None}
        ts = ids.ts_of(request.reply_to)
        if ts is None:
            return {}
        try:
            found = await self._wire.call("conversations.replies", channel=request.chat, ts=ts, limit=1)
        except ApiError as error:
            if error.code in ("thread_not_found", "message_not_found"):
                return {}  # what it answers is gone: it goes out all the same
            raise
        messages = found.get("messages") or [{}]
        root = str(messages[0].get("thread_ts") or ts)
        return {"thread_ts": root, "reply_broadcast": True if ids.is_private(request.chat) else None}

    async def _post(self, request: Send, words: RichText, **target: Any) -> str:
        given: dict[str, Any] = {
            "channel": request.chat,
            "text": escaped(words.text),
            "blocks": blocks(words, request.buttons) or None,
            "mrkdwn": False,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": _metadata(request, words),
            **(author_of(request) if self._may_name else {}),
            **target,
        }
        return str((await self._insist(given, bool(request.buttons)))["ts"])

    async def _insist(self, given: Json, buttons: bool) -> Json:
        """Post it; without what Slack refuses of it, where it can be told without."""
        try:
            return await self._wire.call("chat.postMessage", **given)
        except ApiError as error:
            if error.needed == CUSTOMIZE:
                self._may_name = False
                return await self._insist({**given, "username": None, "icon_url": None}, buttons)
            if error.code in BAD_BLOCKS and given["blocks"] and not buttons:
                return await self._insist({**given, "blocks": None}, buttons)
            raise


def _words(request: Send) -> RichText:
    """The words of all contents in lines, the header first."""
    whole = RichText()
    for number, content in enumerate(request.contents):
        header = request.header if number == 0 else None
        words = worded(content, header, quiet=request.quiet_mentions)
        whole = whole + plain("\n") + words if whole and words else whole or words
    files = any(content.files for content in request.contents)
    return whole if whole.text.strip() or files else plain("…")


def _is_it(metadata: object, wanted: Json) -> bool:
    """Whether a message carries this key; what else Slack tells of it doesn't matter."""
    if not isinstance(metadata, dict) or metadata.get("event_type") != wanted["event_type"]:
        return False
    told = metadata.get("event_payload")
    return isinstance(told, dict) and told.items() >= wanted["event_payload"].items()


def _metadata(request: Send, words: RichText) -> Json:
    """Okno's key, and a print of what was said: another Okno's letter of the same number is another one."""
    digest = hashlib.sha256(words.text.encode()).hexdigest()[:16]
    return {"event_type": EVENT_TYPE, "event_payload": {"letter": request.letter, "print": digest}}
