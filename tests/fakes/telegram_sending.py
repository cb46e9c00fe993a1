"""The methods that put messages into chats: texts, media, albums, copies, forwards."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from bot.messengers.telegram.library import api, types
from tests.fakes.telegram_media import MEDIA_KINDS, Media
from tests.fakes.telegram_requests import Call
from tests.fakes.telegram_rules import (
    MAX_CAPTION,
    MAX_TEXT,
    check_may_send,
    check_thread,
    check_writable,
    find_message,
    formatted,
    units,
)
from tests.fakes.telegram_world import Chat, Json, Loose, Message, World, bad

_COPIED = frozenset(MEDIA_KINDS) | {
    "text",
    "entities",
    "caption",
    "caption_entities",
    "location",
    "venue",
    "contact",
    "dice",
    "poll",
    "checklist",
    "story",
    "link_preview_options",
    "has_media_spoiler",
    "show_caption_above_media",
}
_NOT_COPIED = frozenset(
    {
        "paid_media",
        "giveaway",
        "giveaway_winners",
        "invoice",
        "gift",
        "gift_upgrade_sent",
        "unique_gift",
        "checklist_tasks_done",
        "checklist_tasks_added",
    }
)


def dumped(entities: list[types.MessageEntity] | None) -> list[Json]:
    """Entities as JSON."""
    return [e.model_dump(exclude_none=True) for e in entities or ()]


def keyboard(markup: Loose) -> Json | None:
    """An inline keyboard as JSON; other markups belong to the chat, not to the message."""
    if not isinstance(markup, types.InlineKeyboardMarkup):
        return None
    for row in markup.inline_keyboard:
        for button in row:
            if button.callback_data is not None and not 1 <= len(button.callback_data.encode()) <= 64:
                raise bad("BUTTON_DATA_INVALID")
            if not button.text:
                raise bad('can\'t parse inline keyboard button: field "text" must be non-empty')
    return markup.model_dump(exclude_none=True)


class Sending:
    """Handlers by method; each takes the call and returns the result as JSON."""

    def __init__(self, world: World, media: Media) -> None:
        self.world = world
        self.media = media
        self.handlers: dict[type, Callable[[Call, Any], Any]] = {
            api.SendMessage: self.send_message,
            api.SendMediaGroup: self.send_media_group,
            api.SendLocation: self.send_simple,
            api.SendVenue: self.send_simple,
            api.SendContact: self.send_simple,
            api.SendDice: self.send_simple,
            api.SendPoll: self.send_simple,
            api.CopyMessage: self.copy_message,
            api.CopyMessages: self.copy_messages,
            api.ForwardMessage: self.forward_message,
            api.ForwardMessages: self.forward_messages,
        }
        for cls in MEDIA_KINDS.values():
            self.handlers[cls] = self.send_media

    def send_message(self, call: Call, method: api.SendMessage) -> Json:
        if "parse_mode" in method.model_fields_set:
            raise bad("the fake server parses no markup; send entities")
        if not method.text:
            raise bad("message text is empty")
        text, entities = formatted(method.text, dumped(method.entities), MAX_TEXT)
        if not text:
            raise bad("text must be non-empty")
        content: Json = {"text": text}
        if entities:
            content["entities"] = entities
        if "link_preview_options" in method.model_fields_set and method.link_preview_options is not None:
            content["link_preview_options"] = call.given["link_preview_options"]
        return self._post(method, content, "text messages").shown()

    def send_media(self, call: Call, method: Loose) -> Json:
        content = self.media.of_method(call, method) | self._caption(method)
        return self._post(method, content, "media messages").shown()

    def send_simple(self, _call: Call, method: Loose) -> Json:
        return self._post(method, self.media.simple(method), "other messages").shown()

    def send_media_group(self, call: Call, method: api.SendMediaGroup) -> list[Json]:
        if not 2 <= len(method.media) <= 10:
            raise bad("message must contain 2-10 media" if method.media else "there are no messages to send")
        kinds = {item.type for item in method.media}
        for alone in ("document", "audio"):
            if alone in kinds and len(kinds) > 1:
                raise bad(f"{alone} can't be mixed with other media types")
        contents = [self.media.of_input(call, item) | self._caption(item) for item in method.media]
        group = {"media_group_id": str(13_000_000_000_000 + self.world.number())}
        return [self._post(method, content | group, "media messages").shown() for content in contents]

    def copy_message(self, _call: Call, method: api.CopyMessage) -> Json:
        original = find_message(self._readable(method.from_chat_id), method.message_id, "copy")
        content = self._copied(original)
        if content is None:
            raise bad("message can't be copied")
        if method.caption is not None and "text" not in content:
            content = {k: v for k, v in content.items() if k not in {"caption", "caption_entities"}}
            content |= self._caption(method)
        return {"message_id": self._post(method, content, "messages").id}

    def copy_messages(self, _call: Call, method: api.CopyMessages) -> list[Json]:
        originals = self._several(method.from_chat_id, method.message_ids)
        contents = [(o, self._copied(o)) for o in originals if o is not None]
        kept = [(o, c) for o, c in contents if c is not None]
        if not kept:
            raise bad("there are no messages to forward")
        groups: dict[str, str] = {}
        results = []
        for original, content in kept:
            if album := original.body.get("media_group_id"):
                content["media_group_id"] = groups.setdefault(
                    album, str(13_000_000_000_000 + self.world.number())
                )
            if method.remove_caption:
                content.pop("caption", None)
                content.pop("caption_entities", None)
            results.append({"message_id": self._post(method, content, "messages").id})
        return results

    def forward_message(self, _call: Call, method: api.ForwardMessage) -> Json:
        original = find_message(self._readable(method.from_chat_id), method.message_id, "forward")
        content = self._copied(original)
        if content is None or original.chat.protected:
            raise bad("message can't be forwarded")
        return self._post(method, content | self._origin(original), "messages").shown()

    def forward_messages(self, _call: Call, method: api.ForwardMessages) -> list[Json]:
        results = []
        for original in self._several(method.from_chat_id, method.message_ids):
            content = None if original is None else self._copied(original)
            if original is not None and content is not None:
                posted = self._post(method, content | self._origin(original), "messages")
                results.append({"message_id": posted.id})
        return results

    def _origin(self, original: Message) -> Json:
        origin = {"type": "user", "sender_user": original.body["from"], "date": original.body["date"]}
        return {"forward_origin": original.body.get("forward_origin", origin)}

    def _several(self, from_chat_id: int | str, ids: list[int]) -> list[Message | None]:
        if not 1 <= len(ids) <= 100:
            raise bad(
                "too many message identifiers specified" if ids else "message identifiers are not specified"
            )
        if any(a >= b for a, b in pairwise(ids)):
            raise bad("message identifiers must be in a strictly increasing order")
        chat = self._readable(from_chat_id)
        return [chat.live(i) for i in ids]

    def _readable(self, chat_id: int | str) -> Chat:
        return self.world.chat(chat_id)

    def _copied(self, original: Message) -> Json | None:
        """What a copy of the message carries; None when it can't be copied."""
        body = original.body
        if original.service or _NOT_COPIED & body.keys():
            return None
        poll = body.get("poll")
        if poll and poll["type"] == "quiz" and "correct_option_id" not in poll:
            return None
        copied = {k: v for k, v in body.items() if k in _COPIED}
        if "live_period" in copied.get("location", {}):  # a copy stands still
            point = copied["location"]
            copied["location"] = {k: point[k] for k in ("latitude", "longitude")}
        return copied

    def _caption(self, given: Loose) -> Json:
        """A caption that a method or an album's item gives."""
        caption = getattr(given, "caption", None)
        if not caption:
            return {}
        text, entities = formatted(caption, dumped(given.caption_entities), MAX_CAPTION)
        content: Json = {"caption": text} if text else {}
        if text and entities:
            content["caption_entities"] = entities
        return content

    def _post(self, method: Loose, content: Json, what: str) -> Message:
        """All that sending methods share: where to, may it, what it answers, buttons."""
        chat = self.world.chat(method.chat_id)
        check_writable(self.world, chat)
        thread = check_thread(self.world, chat, method.message_thread_id)
        reply = self._answered(chat, thread, getattr(method, "reply_parameters", None))
        check_may_send(self.world, chat, what)
        if markup := keyboard(getattr(method, "reply_markup", None)):
            content = content | {"reply_markup": markup}
        given = getattr(method, "reply_parameters", None)
        if reply is not None and given is not None and given.quote:
            content = content | {"quote": _quoted(reply, given)}
        if reply is not None and (reply.chat is not chat or reply.thread != thread):
            content = content | {"external_reply": self._origin(reply)["forward_origin"]}
            reply = None
        return self.world.post(
            chat, self.world.bot, content, thread=thread, reply_to=reply.id if reply else None
        )

    def _answered(self, chat: Chat, thread: int | None, reply: Loose) -> Message | None:
        if reply is None:
            return None
        elsewhere = reply.chat_id is not None and self.world.chat(reply.chat_id) is not chat
        there = self.world.chat(reply.chat_id) if elsewhere else chat
        message = there.live(reply.message_id)
        if message is None:
            if (
                "allow_sending_without_reply" in reply.model_fields_set
                and reply.allow_sending_without_reply
                and not elsewhere
            ):
                return None
            raise bad("message to be replied not found")
        if reply.quote:
            _quoted(message, reply)
        return message


_QUOTED = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler", "custom_emoji", "date_time"})


def _quoted(message: Message, reply: Loose) -> Json:
    """The quote as the message then carries it: an exact part of what it answers, with that part's formatting."""
    body = message.body
    said = body.get("text") or body.get("caption") or ""
    start = said.find(reply.quote)
    if start < 0 or units(reply.quote) > MAX_CAPTION:
        raise bad("QUOTE_TEXT_INVALID")
    first = units(said[:start])
    last = first + units(reply.quote)
    there = {
        (e["type"], max(e["offset"], first) - first, min(e["offset"] + e["length"], last) - first)
        for e in body.get("entities") or body.get("caption_entities") or ()
        if e["type"] in _QUOTED and e["offset"] < last and e["offset"] + e["length"] > first
    }
    given = dumped(reply.quote_entities)
    if {(e["type"], e["offset"], e["offset"] + e["length"]) for e in given if e["type"] in _QUOTED} != there:
        raise bad("QUOTE_TEXT_INVALID")
    return {"text": reply.quote, "position": first, "is_manual": True} | (
        {"entities": given} if given else {}
    )
