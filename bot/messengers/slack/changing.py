"""Changing what was sent: edits, deletions, reactions. Asking twice changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.messengers.slack import ids
from bot.messengers.slack.blocks import blocks, worded
from bot.messengers.slack.emoji import name_of
from bot.messengers.slack.outcomes import BAD_BLOCKS, outcome_of
from bot.messengers.slack.rich import escaped
from bot.messengers.slack.wire import ApiError, WireError
from domain.requests import Delete, Edit, Outcome, React, Refused, Sent

if TYPE_CHECKING:
    from bot.messengers.slack.uploads import Uploader
    from bot.messengers.slack.wire import Json, Wire

DELIVERED = "✅"
SEEN = "👀"

_MARKS = [name for sign in (DELIVERED, SEEN) if (name := name_of(sign))]
_MAX_EDIT = 4000
"""How long the text of an edit may be; a new message's may be ten times as long."""

_DONE = ("already_reacted", "no_reaction")


class Changer:
    """Changes messages of one app. `me` is its own user id, known once it has connected."""

    def __init__(self, wire: Wire, uploader: Uploader) -> None:
        self._wire = wire
        self._uploader = uploader
        self.me = ""

    async def edit(self, request: Edit) -> Outcome:
        """Make a message say something else."""
        if request.media:  # a message keeps its files
            return Refused("message", "refused.cannot_edit")
        words = worded(request.content, request.header, quiet=request.quiet_mentions)
        shown, text = blocks(words, request.buttons), escaped(words.text) or "…"
        try:
            ts = None if ids.is_part(request.ref) else await self._ts(request.chat, request.ref)
            if ts is None:
                return Refused("message", "refused.cannot_edit")
            await self._update(request.chat, ts, text, shown, plain=not request.buttons)
        except WireError as error:
            return outcome_of(error)
        return Sent()

    async def _update(self, channel: str, ts: str, text: str, shown: list[Json], *, plain: bool) -> None:
        """With blocks the text is only what notifications say; without, it is the message, so it isn't cut."""
        where = {"channel": channel, "ts": ts}
        try:
            await self._wire.call(
                "chat.update", **where, text=text[:_MAX_EDIT] if shown else text, blocks=shown
            )
        except ApiError as error:
            if error.code not in BAD_BLOCKS or not plain:
                raise
            await self._wire.call("chat.update", **where, text=text, blocks=[])

    async def _ts(self, channel: str, ref: str) -> str | None:
        """The message that a reference names; of a file that was sent, the one that shows it."""
        file = ids.file_of(ref)
        return ids.ts_of(ref) if file is None else await self._uploader.shared_as(file, channel)

    async def delete(self, request: Delete) -> Outcome:
        """Delete messages; what is gone already counts as done."""
        for ref in dict.fromkeys(ids.ts_of(ref) or ref for ref in request.refs):
            file = ids.file_of(ref)
            try:
                if file is not None:
                    await self._wire.call("files.delete", file=file)
                else:
                    await self._wire.call("chat.delete", channel=request.chat, ts=ref)
            except WireError as error:
                gone = isinstance(error, ApiError) and error.code in ("message_not_found", "file_not_found")
                if not gone:
                    return outcome_of(error)
        return Sent()

    async def react(self, request: React) -> Outcome:
        """The signs of how far it got come and go by themselves; beside them the bot has one reaction."""
        name = name_of(request.emoji) if request.emoji else None
        if request.emoji and name is None:
            return Refused("message", "refused.reaction")
        try:
            ts = await self._ts(request.chat, request.ref)
            if ts is None:
                return Refused("message", "refused.reaction")
            if request.mark:
                for sign in [name] if name else _MARKS:
                    await self._set(request.chat, ts, sign, there=name is not None)
                return Sent()
            for other in await self._own(request.chat, ts) - {name, *_MARKS}:
                await self._set(request.chat, ts, other, there=False)
            if name is not None:
                await self._set(request.chat, ts, name, there=True)
        except WireError as error:
            return outcome_of(error)
        return Sent()

    async def _set(self, channel: str, ts: str, name: str, *, there: bool) -> None:
        method = "reactions.add" if there else "reactions.remove"
        try:
            await self._wire.call(method, channel=channel, timestamp=ts, name=name)
        except ApiError as error:
            if error.code not in _DONE:
                raise

    async def _own(self, channel: str, ts: str) -> set[str]:
        """The reactions that the bot has on the message."""
        found = await self._wire.call("reactions.get", channel=channel, timestamp=ts, full=True)
        reactions = (found.get("message") or {}).get("reactions") or ()
        return {str(r["name"]) for r in reactions if self.me in (r.get("users") or ())}
