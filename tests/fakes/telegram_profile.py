"""The methods about the bot itself and about chats: getMe, webhooks, commands, descriptions, files, presses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.messengers.telegram.library import api
from tests.fakes.telegram_requests import Call
from tests.fakes.telegram_rules import check_writable
from tests.fakes.telegram_updates import Updates
from tests.fakes.telegram_world import ApiError, Json, Loose, Member, World, bad

MAX_DOWNLOAD = 20 * 1024 * 1024
MAX_COMMANDS = 100
PRESS_LIVES = 60.0
_ACTIONS = (
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
)


class Profile:
    """Handlers by method. `answers` holds what pressing people were told, `commands` and `about` the profile."""

    def __init__(self, world: World, updates: Updates) -> None:
        self.world = world
        self.updates = updates
        self.answers: dict[str, Json] = {}
        self.presses: dict[str, float] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.about: dict[tuple[str, str], str] = {}
        self.actions: list[Json] = []
        self.handlers: dict[type, Callable[[Call, Any], Any]] = {
            api.GetMe: self.get_me,
            api.SetWebhook: self.set_webhook,
            api.DeleteWebhook: self.delete_webhook,
            api.GetWebhookInfo: self.webhook_info,
            api.GetChat: self.get_chat,
            api.GetChatMember: self.get_member,
            api.GetChatAdministrators: self.get_administrators,
            api.GetFile: self.get_file,
            api.SetMyCommands: self.set_commands,
            api.GetMyCommands: self.get_commands,
            api.DeleteMyCommands: self.delete_commands,
            api.AnswerCallbackQuery: self.answer_press,
            api.SendChatAction: self.chat_action,
            api.LeaveChat: self.leave,
        }
        for field, setter, getter in (
            ("name", api.SetMyName, api.GetMyName),
            ("description", api.SetMyDescription, api.GetMyDescription),
            ("short_description", api.SetMyShortDescription, api.GetMyShortDescription),
        ):
            self.handlers[setter] = self._setter(field)
            self.handlers[getter] = self._getter(field)

    def get_me(self, _call: Call, _method: api.GetMe) -> Json:
        return self.world.bot.body() | {
            "can_join_groups": True,
            "can_read_all_group_messages": not self.world.privacy,
            "supports_inline_queries": False,
            "has_topics_enabled": False,
        }

    def set_webhook(self, call: Call, method: api.SetWebhook) -> bool:
        if method.url and not method.url.startswith(("http://", "https://")):
            raise bad("invalid webhook URL specified")
        drop = bool(call.given.get("drop_pending_updates"))
        self.updates.set_webhook(method.url, method.secret_token or "", method.allowed_updates, drop=drop)
        return True

    def delete_webhook(self, call: Call, _method: api.DeleteWebhook) -> bool:
        self.updates.set_webhook("", "", None, drop=bool(call.given.get("drop_pending_updates")))
        return True

    def webhook_info(self, _call: Call, _method: api.GetWebhookInfo) -> Json:
        updates = self.updates
        info: Json = {
            "url": updates.webhook,
            "has_custom_certificate": False,
            "pending_update_count": len(updates.waiting),
        }
        if updates.last_error:
            info |= {"last_error_date": int(self.world.now()), "last_error_message": updates.last_error}
        if updates.allowed is not None:
            info["allowed_updates"] = sorted(updates.allowed)
        return info

    def get_chat(self, _call: Call, method: api.GetChat) -> Json:
        chat = self.world.chat(method.chat_id)
        if chat.type == "supergroup":
            check_writable(self.world, chat)
        more: Json = {
            "accent_color_id": 1,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(
                (
                    "unlimited_gifts",
                    "limited_gifts",
                    "unique_gifts",
                    "premium_subscription",
                    "gifts_from_channels",
                ),
                False,
            ),
        }
        if chat.protected:
            more["has_protected_content"] = True
        return chat.body() | more

    def get_member(self, _call: Call, method: api.GetChatMember) -> Json:
        chat = self.world.chat(method.chat_id)
        if chat.type == "supergroup":
            check_writable(self.world, chat)
        person = self.world.people.get(method.user_id)
        if person is None:
            raise bad("user not found")
        return chat.members.get(person.id, Member("left")).body(person)

    def get_administrators(self, _call: Call, method: api.GetChatAdministrators) -> list[Json]:
        chat = self.world.chat(method.chat_id)
        if chat.type == "private":
            raise bad("there are no administrators in the private chat")
        people = self.world.people
        return [
            m.body(people[i]) for i, m in chat.members.items() if m.status in {"creator", "administrator"}
        ]

    def get_file(self, _call: Call, method: api.GetFile) -> Json:
        stored = self.world.files.get(method.file_id.removesuffix("-s"))
        if stored is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if stored.size > MAX_DOWNLOAD:
            raise bad("file is too big")
        return {
            "file_id": stored.id,
            "file_unique_id": f"u-{stored.id}",
            "file_size": stored.size,
            "file_path": f"files/{stored.id}",
        }

    def _scope(self, method: Loose) -> tuple[str, str]:
        scope = method.scope
        where = "default"
        if scope is not None:
            where = str(scope.type.value if hasattr(scope.type, "value") else scope.type)
            if chat_id := getattr(scope, "chat_id", None):
                chat = self.world.chat(chat_id)
                check_writable(self.world, chat)
                where += f":{chat.id}"
        return where, method.language_code or ""

    def set_commands(self, _call: Call, method: api.SetMyCommands) -> bool:
        if len(method.commands) > MAX_COMMANDS:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for command in method.commands:
            name = command.command.removeprefix("/")
            if not (1 <= len(name) <= 32 and all(c in "abcdefghijklmnopqrstuvwxyz0123456789_" for c in name)):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command.description) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[self._scope(method)] = [c.model_dump(exclude_none=True) for c in method.commands]
        return True

    def get_commands(self, _call: Call, method: api.GetMyCommands) -> list[Json]:
        return self.commands.get(self._scope(method), [])

    def delete_commands(self, _call: Call, method: api.DeleteMyCommands) -> bool:
        self.commands.pop(self._scope(method), None)
        return True

    def _setter(self, field: str) -> Callable[[Call, Any], bool]:
        longest = {"name": 64, "description": 512, "short_description": 120}[field]

        def set_about(_call: Call, method: Loose) -> bool:
            value = getattr(method, field) or ""
            if len(value) > longest:
                raise bad("BOT_DESCRIPTION_INVALID" if field != "name" else "BOT_TITLE_INVALID")
            self.about[field, method.language_code or ""] = value
            return True

        return set_about

    def _getter(self, field: str) -> Callable[[Call, Any], Json]:
        def get_about(_call: Call, method: Loose) -> Json:
            language = method.language_code or ""
            return {field: self.about.get((field, language), self.about.get((field, ""), ""))}

        return get_about

    def answer_press(self, _call: Call, method: api.AnswerCallbackQuery) -> bool:
        pressed = self.presses.get(method.callback_query_id)
        if pressed is None or self.world.now() - pressed > PRESS_LIVES:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if method.text and len(method.text) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.answers[method.callback_query_id] = {"text": method.text or "", "alert": bool(method.show_alert)}
        return True

    def chat_action(self, _call: Call, method: api.SendChatAction) -> bool:
        check_writable(self.world, self.world.chat(method.chat_id))  # True even for deleted topics
        if method.action not in _ACTIONS:
            raise bad("wrong parameter action in request")
        self.actions.append({"chat": method.chat_id, "action": method.action})
        return True

    def leave(self, _call: Call, method: api.LeaveChat) -> bool:
        chat = self.world.chat(method.chat_id)
        if self.world.bot.id not in chat.members:
            raise ApiError(403, "Forbidden: bot is not a member of the group chat")
        chat.members[self.world.bot.id].status = "left"
        return True
