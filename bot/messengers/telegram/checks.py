"""What the bot may and may not do, one line a fault, each saying what to press in Telegram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.messengers.contract import Finding
from bot.messengers.telegram.library import api
from bot.messengers.telegram.outcomes import outcome_of
from bot.messengers.telegram.wire import Wire, WireError
from domain.requests import Refused
from domain.texts import text

if TYPE_CHECKING:
    from typing import Literal

Json = dict[str, Any]

_ADMINISTRATORS = ("creator", "administrator")
_OUT = ("left", "kicked")


class Checker:
    """Checks for one bot; every text in one language."""

    def __init__(self, wire: Wire, locale: str) -> None:
        self._wire = wire
        self._locale = locale

    async def account(self) -> list[Finding]:
        """Does Telegram know the bot, and can it be added to groups?"""
        try:
            me: Json = await self._wire.call(api.GetMe())
        except WireError as error:
            return [self._error(error)]
        found = [self._good("account", name=me.get("first_name", ""), username=me.get("username", ""))]
        if not me.get("can_join_groups", True):
            found.append(self._bad("no_groups", username=me.get("username", "")))
        return found

    async def chat(self, native: str, role: Literal["desk", "leads"]) -> list[Finding]:
        """Is the bot in the group, may it post there, does it see everything, can it make topics?"""
        try:
            me: Json = await self._wire.call(api.GetMe())
            chat: Json = await self._wire.call(api.GetChat(chat_id=native))
            member: Json = await self._wire.call(api.GetChatMember(chat_id=native, user_id=me["id"]))
        except WireError as error:
            return [self._error(error, chat=native)]
        title = chat.get("title") or native
        if chat.get("type") not in ("group", "supergroup"):
            return [self._bad("not_a_group", chat=title)]
        if member.get("status") in _OUT:
            return [self._bad("not_member", chat=title)]
        found = self._found(me, chat, member, role, title)
        return found or [self._good("chat_ok" if role == "desk" else "leads_ok", chat=title)]

    def _found(self, me: Json, chat: Json, member: Json, role: str, title: str) -> list[Finding]:
        admin = member.get("status") in _ADMINISTRATORS
        found = []
        if member.get("status") == "restricted" and not member.get("can_send_messages"):
            found.append(self._bad("cannot_post", chat=title))
        if role == "leads":
            return found
        hidden = not admin and not me.get("can_read_all_group_messages")
        if hidden:
            found.append(self._bad("privacy", chat=title))
        if chat.get("is_forum") and not _manages_topics(member):
            found.append(self._bad("no_topics_right", chat=title))
        if not admin and not hidden:  # it works, but reactions come to administrators only
            found.append(self._good("not_admin", chat=title))
        return found

    def _error(self, error: WireError, **names: str) -> Finding:
        outcome = outcome_of(error)
        if isinstance(outcome, Refused) and outcome.reason == "refused.token":
            return self._bad("token")
        if isinstance(outcome, Refused) and names:
            known = outcome.reason in ("refused.kicked", "refused.chat_not_found")
            return self._bad("not_member" if known else "refused", reason=outcome.detail, **names)
        return self._bad("unreachable", reason=str(error))

    def _good(self, key: str, **names: Any) -> Finding:
        return Finding(True, text(self._locale, f"check.telegram.{key}", **names))

    def _bad(self, key: str, **names: Any) -> Finding:
        return Finding(False, text(self._locale, f"check.telegram.{key}", **names))


def _manages_topics(member: Json) -> bool:
    return member.get("status") == "creator" or bool(member.get("can_manage_topics"))
