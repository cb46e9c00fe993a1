"""What the app may and may not do, one line a fault, each saying what to press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.messengers.contract import Finding
from bot.messengers.slack.settings import CUSTOMIZE
from bot.messengers.slack.wire import ApiError, Wire, WireError
from domain.texts import text

if TYPE_CHECKING:
    from typing import Literal

    from bot.messengers.slack.settings import SlackSettings

SCOPES = (
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "reactions:read",
    "reactions:write",
    "users:read",
)
"""What the bot token must be allowed; `chat:write.customize` besides where agents show by name."""

_PROBE = [{"type": "okno-asks"}]
"""Blocks that Slack refuses for sure: with them it says whether a message could be sent, and sends none."""


class Checker:
    """Checks for one app; every text in one language."""

    def __init__(self, settings: SlackSettings, wire: Wire, locale: str) -> None:
        self._settings = settings
        self._wire = wire
        self._locale = locale

    async def account(self) -> list[Finding]:
        """Does Slack know both tokens, and may the bot do what Okno needs?"""
        try:
            me = await self._wire.call("auth.test")
        except WireError as error:
            return [self._error(error)]
        found = [self._good("account", name=me.get("user", ""), team=me.get("team", ""))]
        needed = (*SCOPES, CUSTOMIZE) if self._settings.names else SCOPES
        missing = [scope for scope in needed if self._wire.scopes and scope not in self._wire.scopes]
        found += [self._bad("scope", scope=scope) for scope in missing]
        if self._settings.mode == "socket":
            found += await self._socket()
        if not missing:
            found += await self._messages_tab()
        for channel in sorted(self._settings.customer_channels):
            found += await self.chat(channel, "customers")
        return found

    async def _messages_tab(self) -> list[Finding]:
        """Can people write to the app? Slack says so only to who would write to somebody in private."""
        try:
            somebody = await self._somebody()
            if not somebody:
                return []
            await self._wire.call("chat.postMessage", channel=somebody, text="…", blocks=_PROBE)
        except ApiError as error:
            return [self._bad("messages_tab")] if error.code == "messages_tab_disabled" else []
        except WireError:
            return []
        return []

    async def _somebody(self) -> str:
        """A direct message that there is, else somebody of the team."""
        listed = await self._wire.call("conversations.list", types="im", limit=10)
        for channel in listed.get("channels") or ():
            if not channel.get("is_user_deleted"):
                return str(channel["id"])
        people = await self._wire.call("users.list", limit=50)
        for person in people.get("members") or ():
            if not (person.get("is_bot") or person.get("deleted") or person.get("id") == "USLACKBOT"):
                return str(person["id"])
        return ""

    async def _socket(self) -> list[Finding]:
        try:
            await self._wire.call("apps.connections.open", token=self._settings.app_token)
        except ApiError as error:
            return [self._bad("app_token", reason=str(error))]
        except WireError as error:
            return [self._error(error)]
        return []

    async def chat(self, native: str, role: Literal["desk", "leads", "customers"]) -> list[Finding]:
        """Is the app in the channel, and may it post there?"""
        try:
            found = (await self._wire.call("conversations.info", channel=native)).get("channel") or {}
        except ApiError as error:
            key = "not_member" if error.code == "channel_not_found" else "refused"
            return [self._bad(key, chat=native, reason=str(error))]
        except WireError as error:
            return [self._error(error)]
        title = f"#{found.get('name') or native}"
        if found.get("is_im"):
            return [self._bad("not_a_channel", chat=native)]
        if found.get("is_archived"):
            return [self._bad("archived", chat=title)]
        if not found.get("is_member"):
            return [self._bad("not_member", chat=title)]
        return [self._good("leads_ok" if role == "leads" else "chat_ok", chat=title)]

    def _error(self, error: WireError) -> Finding:
        known = isinstance(error, ApiError)
        return self._bad("refused" if known else "unreachable", chat="", reason=str(error))

    def _good(self, key: str, **names: Any) -> Finding:
        return Finding(True, text(self._locale, f"check.slack.{key}", **names))

    def _bad(self, key: str, **names: Any) -> Finding:
        return Finding(False, text(self._locale, f"check.slack.{key}", **names))
