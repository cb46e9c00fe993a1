"""What people do at the fake Telegram, for tests to say: write, send, edit, react, press, block, make groups.

Arguments and results are plain JSON values, so that the same verbs work over HTTP (`telegram_control.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes.telegram_changing import make_topic, remove_topic
from tests.fakes.telegram_media import MEDIA_KINDS, media_body, poll_body
from tests.fakes.telegram_profile import Profile
from tests.fakes.telegram_rules import MAX_CAPTION, MAX_TEXT, formatted
from tests.fakes.telegram_updates import Updates
from tests.fakes.telegram_world import (
    ANONYMOUS,
    SERVICE,
    Chat,
    Json,
    Loose,
    Member,
    Message,
    Person,
    Status,
    World,
)


class People:
    """Verbs of people. A `chat` left out is the private chat of `user` with the bot."""

    def __init__(self, world: World, updates: Updates, profile: Profile) -> None:
        self.world = world
        self.updates = updates
        self.profile = profile

    # people and groups

    def user(
        self,
        name: str,
        username: str = "",
        language: str = "",
        last_name: str = "",
        *,
        is_bot: bool = False,
        started: bool = True,
    ) -> int:
        """A new person; returns their id."""
        number = 1000 + self.world.number()
        person = Person(number, name, last_name, username, language, is_bot=is_bot, started=started)
        self.world.people[number] = person
        self.world.private(person)
        return number

    def group(
        self,
        title: str,
        members: Sequence[int] = (),
        *,
        forum: bool = False,
        basic: bool = False,
        bot: Status = "administrator",
        rights: Json | None = None,
    ) -> int:
        """A new group with these people, the first of them its owner, to which the bot is then added."""
        number = self.world.number()
        chat = Chat(
            -number if basic else -1_000_000_000_000 - number, "group" if basic else "supergroup", title
        )
        chat.forum = forum
        for index, member in enumerate(members):
            chat.members[member] = Member("member" if index else "creator")
        self.world.chats[chat.id] = chat
        if bot != "left":
            self.standing(chat.id, bot, rights)
        return chat.id

    def standing(self, chat: int, status: Status, rights: Json | None = None, by: int | None = None) -> None:
        """The bot's standing in a group becomes this: added, promoted, removed."""
        group = self.world.chat(chat)
        before = group.members.get(self.world.bot.id, Member("left"))
        after = group.members[self.world.bot.id] = Member(status, rights or {})
        owner = by or next(iter(group.members))
        self._membership(
            group, self.world.people[owner], before.body(self.world.bot), after.body(self.world.bot)
        )
        if after.inside and not before.inside:
            self._service(group, owner, {"new_chat_members": [self.world.bot.body()]})

    def joins(self, user: int, chat: int) -> None:
        """Somebody joins a group, which says so."""
        group = self.world.chat(chat)
        group.members[user] = Member("member")
        self._service(group, user, {"new_chat_members": [self.world.people[user].body()]})

    def blocks(self, user: int) -> None:
        """Somebody blocks the bot."""
        person = self.world.people[user]
        person.blocked = True
        self._membership(self.world.private(person), person, self._bot_as("member"), self._bot_as("kicked"))

    def unblocks(self, user: int) -> None:
        """Somebody unblocks the bot."""
        person = self.world.people[user]
        person.blocked = False
        self._membership(self.world.private(person), person, self._bot_as("kicked"), self._bot_as("member"))

    def deactivates(self, user: int) -> None:
        """Somebody deletes their account; nobody is told."""
        self.world.people[user].deactivated = True

    def migrates(self, chat: int) -> int:
        """A basic group becomes a supergroup; returns its new id."""
        old = self.world.chat(chat)
        new = Chat(
            -1_000_000_000_000 - self.world.number(), "supergroup", old.title, members=dict(old.members)
        )
        self.world.chats[new.id] = new
        owner = next(iter(old.members))
        self._service(old, owner, {"migrate_to_chat_id": new.id})
        old.migrated_to = new.id
        self._service(new, owner, {"migrate_from_chat_id": old.id})
        return new.id

    # writing

    def writes(
        self,
        user: int,
        text: str,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
        entities: Sequence[Json] = (),
        *,
        anonymous: str | None = None,
    ) -> int:
        """Somebody writes; returns the message's id. `anonymous`: in the group's name, signed so."""
        said, found = formatted(text, entities, MAX_TEXT)
        content: Json = {"text": said} | ({"entities": found} if found else {})
        return self._says(user, content, chat, thread, reply_to, anonymous).id

    def sends(
        self,
        user: int,
        kind: str,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
        caption: str = "",
        entities: Sequence[Json] = (),
        **more: Loose,
    ) -> int:
        """Somebody sends a file (`content`, `name`, `mime`, `size`) or another kind; returns the message's id."""
        content = self._content(kind, caption, entities, more)
        return self._says(user, content, chat, thread, reply_to, None).id

    def album(
        self, user: int, items: Sequence[Json], chat: int | None = None, thread: int | None = None
    ) -> list[int]:
        """Somebody sends an album: items as `sends` takes them; returns the messages' ids."""
        group = {"media_group_id": str(12_000_000_000_000 + self.world.number())}
        ids = []
        for item in items:
            more = dict(item)
            content = self._content(
                more.pop("kind", "photo"), more.pop("caption", ""), more.pop("entities", ()), more
            )
            ids.append(self._says(user, content | group, chat, thread, None, None).id)
        return ids

    def forwards(
        self, user: int, text: str, origin: Json, chat: int | None = None, thread: int | None = None
    ) -> int:
        """Somebody forwards a text; `origin` is Telegram's forward_origin. Returns the message's id."""
        content: Json = {"text": text, "forward_origin": {"date": int(self.world.now())} | origin}
        return self._says(user, content, chat, thread, None, None).id

    def says_raw(
        self,
        user: int,
        content: Json,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
    ) -> int:
        """A message with exactly this content in its body; returns its id."""
        return self._says(user, content, chat, thread, reply_to, None).id

    def file_body(self, kind: str, content: bytes, name: str, mime: str, **more: Loose) -> Json:
        """What a message's body says of a new file of somebody's."""
        return media_body(self.world.keep_file(kind, content, name, mime), **more)

    def channel_posts(self, chat: int, text: str) -> int:
        """A linked channel's post appears in its discussion group; returns the message's id."""
        channel = {"id": -1_009_999_999_999, "type": "channel", "title": "News"}
        content: Json = {"text": text, "is_automatic_forward": True, "sender_chat": channel}
        content["forward_origin"] = {
            "type": "channel",
            "chat": channel,
            "message_id": 1,
            "date": int(self.world.now()),
        }
        self.world.people.setdefault(SERVICE, Person(SERVICE, "Telegram"))
        return self._says(SERVICE, content, chat, None, None, None).id

    def edits(
        self, user: int, message: int, text: str, chat: int | None = None, entities: Sequence[Json] = ()
    ) -> None:
        """Somebody changes the text or caption of their message."""
        found = self._message(user, chat, message)
        key, limit = ("text", MAX_TEXT) if "text" in found.body else ("caption", MAX_CAPTION)
        said, marks = formatted(text, entities, limit)
        names = {"text": "entities", "caption": "caption_entities"}
        found.body = {k: v for k, v in found.body.items() if k not in {key, names[key]}}
        found.body |= {key: said, "edit_date": int(self.world.now())} | ({names[key]: marks} if marks else {})
        if self._bot_sees(found):
            self.updates.push("edited_message", found.shown())

    def edits_raw(self, user: int, message: int, content: Json, chat: int | None = None) -> None:
        """Somebody's message has exactly this content in its body now; what else was said there is gone."""
        found = self._message(user, chat, message)
        kept = (
            "message_id",
            "from",
            "chat",
            "date",
            "message_thread_id",
            "is_topic_message",
            "media_group_id",
        )
        found.body = {k: v for k, v in found.body.items() if k in kept} | content
        found.body["edit_date"] = int(self.world.now())
        if self._bot_sees(found):
            self.updates.push("edited_message", found.shown())

    def deletes(self, user: int, message: int, chat: int | None = None) -> None:
        """Somebody deletes a message; bots aren't told."""
        self._message(user, chat, message).deleted = True

    def reacts(self, user: int, message: int, emoji: str | None, chat: int | None = None) -> None:
        """Somebody's reaction on a message becomes this one."""
        found = self._message(user, chat, message)
        before = found.reactions.pop(user, None)
        if emoji is not None:
            found.reactions[user] = emoji
        bot = found.chat.members.get(self.world.bot.id)
        if found.chat.type != "private" and (bot is None or bot.status != "administrator"):
            return
        self.updates.push(
            "message_reaction",
            {
                "chat": found.chat.body(),
                "message_id": message,
                "user": self.world.people[user].body(),
                "date": int(self.world.now()),
                "old_reaction": [{"type": "emoji", "emoji": before}] if before else [],
                "new_reaction": [{"type": "emoji", "emoji": emoji}] if emoji else [],
            },
        )

    def presses(self, user: int, message: int, button: str, chat: int | None = None) -> str:
        """Somebody presses the button with this label (or this data); returns the press's id."""
        found = self._message(user, chat, message)
        rows = found.body.get("reply_markup", {}).get("inline_keyboard", [])
        data = next(
            (b["callback_data"] for row in rows for b in row if button in (b["text"], b["callback_data"])),
            None,
        )
        if data is None:
            raise ValueError(f"no button {button!r} under message {message}")
        return self.forges_press(user, message, data, chat)

    def forges_press(self, user: int, message: int, data: str, chat: int | None = None) -> str:
        """A press with any data, whether or not such a button is there; returns the press's id."""
        found = self._message(user, chat, message)
        press = str(4_000_000_000 + self.world.number())
        self.profile.presses[press] = self.world.now()
        body = {
            "id": press,
            "from": self.world.people[user].body(),
            "message": found.shown(),
            "chat_instance": str(found.chat.id),
            "data": data,
        }
        self.updates.push("callback_query", body)
        return press

    # topics

    def makes_topic(self, user: int, chat: int, name: str) -> int:
        """Somebody makes a topic; returns its thread id."""
        return make_topic(self.world, self.world.chat(chat), user, name, 7322096).id

    def deletes_topic(self, chat: int, thread: int) -> None:
        """Somebody deletes a topic with all that is in it; bots aren't told."""
        group = self.world.chat(chat)
        remove_topic(group, group.topics[thread])

    def closes_topic(self, chat: int, thread: int) -> None:
        """The group's owner closes a topic."""
        group = self.world.chat(chat)
        group.topics[thread].closed = True
        self._service(group, next(iter(group.members)), {"forum_topic_closed": {}}, thread)

    # how it is done

    def _membership(self, chat: Chat, by: Person, before: Json, after: Json) -> None:
        body = {
            "chat": chat.body(),
            "from": by.body(),
            "date": int(self.world.now()),
            "old_chat_member": before,
            "new_chat_member": after,
        }
        self.updates.push("my_chat_member", body)

    def _bot_as(self, status: Status) -> Json:
        return Member(status).body(self.world.bot)

    def _content(self, kind: str, caption: str, entities: Sequence[Json], more: Json) -> Json:
        if kind not in MEDIA_KINDS:
            if kind == "poll":
                return poll_body(self.world.number(), more["question"], more["options"])
            return {kind: more}
        content = more.pop("content", "bytes of a file")
        raw = content if isinstance(content, bytes) else str(content).encode()
        file = self.world.keep_file(
            kind, raw, more.pop("name", ""), more.pop("mime", ""), more.pop("size", None)
        )
        body = media_body(file, **more)
        if caption:
            said, marks = formatted(caption, entities, MAX_CAPTION)
            body |= {"caption": said} | ({"caption_entities": marks} if marks else {})
        return body

    def _says(
        self,
        user: int,
        content: Json,
        chat: int | None,
        thread: int | None,
        reply_to: int | None,
        anonymous: str | None,
    ) -> Message:
        author = self.world.people[user]
        where = self.world.private(author) if chat is None else self.world.chat(chat)
        if chat is None:
            author.started = True
            author.blocked = False
        if anonymous is not None:
            content = content | {"sender_chat": where.body(), "author_signature": anonymous}
            author = Person(ANONYMOUS, "Group", username="GroupAnonymousBot", is_bot=True)
        if thread is not None and (where.topics[thread].deleted or not where.forum):
            raise ValueError(f"no topic {thread} in chat {where.id}")
        answers = reply_to or thread  # a topic's messages seem to answer the message that made it
        message = self.world.post(where, author, content, thread=thread, reply_to=answers)
        if self._bot_sees(message):
            self.updates.push("message", message.shown())
        return message

    def _service(self, chat: Chat, user: int, content: Json, thread: int | None = None) -> None:
        message = self.world.post(chat, self.world.people[user], content, thread=thread, service=True)
        self.updates.push("message", message.shown())

    def _message(self, user: int, chat: int | None, message: int) -> Message:
        where = self.world.private(self.world.people[user]) if chat is None else self.world.chat(chat)
        found = where.live(message)
        if found is None:
            raise ValueError(f"no message {message} in chat {where.id}")
        return found

    def _bot_sees(self, message: Message) -> bool:
        """Privacy mode: in groups only commands, answers to the bot and mentions, unless it is an administrator."""
        chat = message.chat
        if chat.type == "private":
            return True
        member = chat.members.get(self.world.bot.id)
        if member is None or not member.inside:
            return False
        if member.status == "administrator" or not self.world.privacy:
            return True
        answered = chat.messages.get(message.reply_to or 0)
        text = message.body.get("text") or message.body.get("caption") or ""
        mine = f"@{self.world.bot.username}"
        return text.startswith("/") or mine in text or (answered is not None and answered.outgoing)
