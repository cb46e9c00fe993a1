"""The methods that change what is there: edits, deletions, reactions, topics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.messengers.telegram.library import api, types
from tests.fakes.telegram_media import Media
from tests.fakes.telegram_requests import Call
from tests.fakes.telegram_rules import (
    MAX_CAPTION,
    MAX_TEXT,
    REACTIONS,
    TOPIC_COLORS,
    check_rights,
    check_writable,
    find_message,
    formatted,
)
from tests.fakes.telegram_sending import dumped, keyboard
from tests.fakes.telegram_world import GENERAL, Chat, Json, Loose, Message, Topic, World, bad

DELETE_WITHIN = 48 * 3600.0

_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_MEDIA = ("photo", "document", "animation", "audio", "voice", "video", "video_note", "sticker")
_CAPTIONED = frozenset(_MEDIA) - {"video_note", "sticker"}


class Changing:
    """Handlers by method; each takes the call and returns the result as JSON."""

    def __init__(self, world: World, media: Media) -> None:
        self.world = world
        self.media = media
        self.handlers: dict[type, Callable[[Call, Any], Any]] = {
            api.EditMessageText: self.edit_text,
            api.EditMessageCaption: self.edit_caption,
            api.EditMessageMedia: self.edit_media,
            api.EditMessageReplyMarkup: self.edit_markup,
            api.EditMessageLiveLocation: self.move,
            api.StopMessageLiveLocation: self.stop_moving,
            api.DeleteMessage: self.delete_message,
            api.DeleteMessages: self.delete_messages,
            api.SetMessageReaction: self.react,
            api.CreateForumTopic: self.create_topic,
            api.EditForumTopic: self.edit_topic,
            api.CloseForumTopic: self.close_topic,
            api.ReopenForumTopic: self.reopen_topic,
            api.DeleteForumTopic: self.delete_topic,
        }

    def edit_text(self, _call: Call, method: api.EditMessageText) -> Json:
        message = self._editable(method)
        if "text" not in message.body:
            raise bad("there is no text in the message to edit")
        if not method.text:
            raise bad("message text is empty")
        text, entities = formatted(method.text, dumped(method.entities), MAX_TEXT)
        if not text:
            raise bad("text must be non-empty")
        return self._changed(message, method, {"text": text, "entities": entities})

    def edit_caption(self, _call: Call, method: api.EditMessageCaption) -> Json:
        message = self._editable(method)
        if not _CAPTIONED & message.body.keys():
            raise bad("there is no caption in the message to edit")
        text, entities = formatted(method.caption or "", dumped(method.caption_entities), MAX_CAPTION)
        return self._changed(message, method, {"caption": text, "caption_entities": entities})

    def edit_media(self, call: Call, method: api.EditMessageMedia) -> Json:
        message = self._editable(method)
        if not set(_MEDIA) & message.body.keys() and "text" not in message.body:
            raise bad("message can't be edited")
        body = self.media.of_input(call, method.media)
        text, entities = formatted(
            method.media.caption or "", dumped(method.media.caption_entities), MAX_CAPTION
        )
        gone: Json = dict.fromkeys((*_MEDIA, "text", "entities"))
        return self._changed(message, method, gone | body | {"caption": text, "caption_entities": entities})

    def edit_markup(self, _call: Call, method: api.EditMessageReplyMarkup) -> Json:
        return self._changed(self._editable(method), method, {})

    def move(self, _call: Call, method: api.EditMessageLiveLocation) -> Json:
        message = self._moving(method)
        place = {"latitude": method.latitude, "longitude": method.longitude}
        return self._changed(message, method, {"location": message.body["location"] | place})

    def stop_moving(self, _call: Call, method: api.StopMessageLiveLocation) -> Json:
        message = self._moving(method)
        place = {k: v for k, v in message.body["location"].items() if k != "live_period"}
        return self._changed(message, method, {"location": place})

    def _moving(self, method: Loose) -> Message:
        """A live location of the bot's whose time isn't over."""
        message = self._editable(method)
        period = message.body.get("location", {}).get("live_period")
        if period is None or self.world.now() - message.date > period:
            raise bad("message can't be edited")
        return message

    def _editable(self, method: Loose) -> Message:
        chat = self.world.chat(method.chat_id)
        check_writable(self.world, chat)
        message = find_message(chat, method.message_id, "edit")
        if not message.outgoing or message.service or not message.editable:
            raise bad("message can't be edited")
        return message

    def _changed(self, message: Message, method: Loose, content: Json) -> Json:
        """Apply it; a keyboard left out is taken away, as Telegram does."""
        after = message.body | content | {"reply_markup": keyboard(method.reply_markup)}
        after = {k: v for k, v in after.items() if v not in (None, "", [])}
        if after == message.body:
            raise bad(_SAME)
        after["edit_date"] = int(self.world.now())
        message.body = after
        return message.shown()

    def delete_message(self, _call: Call, method: api.DeleteMessage) -> bool:
        chat = self.world.chat(method.chat_id)
        check_writable(self.world, chat)
        self._delete(find_message(chat, method.message_id, "delete"))
        return True

    def delete_messages(self, _call: Call, method: api.DeleteMessages) -> bool:
        chat = self.world.chat(method.chat_id)
        check_writable(self.world, chat)
        for number in method.message_ids:
            if (message := chat.live(number)) is not None:
                self._delete(message)
        return True

    def _delete(self, message: Message) -> None:
        chat = message.chat
        if self.world.now() - message.date >= DELETE_WITHIN:
            raise bad("message can't be deleted for everyone")
        if not message.outgoing and chat.type != "private":
            member = chat.members.get(self.world.bot.id)
            if member is None or not member.can("can_delete_messages"):
                raise bad("message can't be deleted")
        message.deleted = True

    def react(self, _call: Call, method: api.SetMessageReaction) -> bool:
        chat = self.world.chat(method.chat_id)
        check_writable(self.world, chat)
        message = find_message(chat, method.message_id, "react")
        if message.service:
            raise bad("MESSAGE_ID_INVALID")
        if album := message.body.get("media_group_id"):
            message = min(
                (
                    m
                    for m in chat.messages.values()
                    if m.body.get("media_group_id") == album and not m.deleted
                ),
                key=lambda m: m.id,
            )
        reactions = method.reaction or []
        if len(reactions) > 1:
            raise bad("REACTIONS_TOO_MANY")
        emoji = None
        for reaction in reactions:
            emoji = reaction.emoji if isinstance(reaction, types.ReactionTypeEmoji) else "custom"
            if emoji.replace("\ufe0f", "") not in REACTIONS:
                raise bad("REACTION_INVALID")
        message.bot_reaction = emoji
        return True

    def create_topic(self, _call: Call, method: api.CreateForumTopic) -> Json:
        chat = self._forum(method.chat_id)
        check_rights(self.world, chat, "can_manage_topics")
        if not 1 <= len(method.name) <= 128:
            raise bad("TOPIC_TITLE_EMPTY" if not method.name else "TOPIC_TITLE_TOO_LONG")
        color = method.icon_color or 7322096
        if color not in TOPIC_COLORS:
            raise bad("ICON_COLOR_INVALID")
        topic = make_topic(self.world, chat, self.world.bot.id, method.name, color)
        return {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.color}

    def _forum(self, chat_id: int | str) -> Chat:
        chat = self.world.chat(chat_id)
        check_writable(self.world, chat)
        if not chat.forum:
            raise bad("the chat is not a forum")
        return chat

    def _topic(self, method: Loose) -> tuple[Chat, Topic]:
        chat = self._forum(method.chat_id)
        check_rights(self.world, chat, "can_manage_topics")
        topic = chat.topics.get(method.message_thread_id)
        if topic is None or topic.deleted:
            raise bad(
                "message thread not found" if method.message_thread_id == GENERAL else "TOPIC_ID_INVALID"
            )
        return chat, topic

    def edit_topic(self, _call: Call, method: api.EditForumTopic) -> bool:
        chat, topic = self._topic(method)
        if method.name is not None and len(method.name) > 128:
            raise bad("TOPIC_TITLE_TOO_LONG")
        if not method.name or method.name == topic.name:
            raise bad("TOPIC_NOT_MODIFIED")
        topic.name = method.name
        self._says(chat, topic, {"forum_topic_edited": {"name": topic.name}})
        return True

    def close_topic(self, _call: Call, method: api.CloseForumTopic) -> bool:
        return self._toggle(method, closed=True)

    def reopen_topic(self, _call: Call, method: api.ReopenForumTopic) -> bool:
        return self._toggle(method, closed=False)

    def _toggle(self, method: Loose, *, closed: bool) -> bool:
        chat, topic = self._topic(method)
        if topic.closed == closed:
            raise bad("TOPIC_NOT_MODIFIED")
        topic.closed = closed
        self._says(chat, topic, {"forum_topic_closed" if closed else "forum_topic_reopened": {}})
        return True

    def delete_topic(self, _call: Call, method: api.DeleteForumTopic) -> bool:
        chat, topic = self._topic(method)
        remove_topic(chat, topic)
        return True

    def _says(self, chat: Chat, topic: Topic, service: Json) -> None:
        message = self.world.post(chat, self.world.bot, service, thread=topic.id, service=True)
        self.world.emit("message", message.shown())


def make_topic(world: World, chat: Chat, author: int, name: str, color: int) -> Topic:
    """A new topic with its service message, which everybody sees, the bot included."""
    content: Json = {"forum_topic_created": {"name": name, "icon_color": color}}
    message = world.post(chat, world.people[author], content, service=True)
    message.thread = message.id
    message.body |= {"message_thread_id": message.id, "is_topic_message": True}
    topic = chat.topics[message.id] = Topic(message.id, name, color)
    world.emit("message", message.shown())
    return topic


def remove_topic(chat: Chat, topic: Topic) -> None:
    """Delete a topic with everything in it; nobody is told."""
    topic.deleted = True
    for message in chat.messages.values():
        if message.thread == topic.id:
            message.deleted = True
