"""The methods of the fake Web API, strict about what Slack refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from tests.fakes.slack_manifest import HOME_TAB, MESSAGES_TAB, SCOPES_ASKED
from tests.fakes.slack_people import set_reaction
from tests.fakes.slack_world import BOT_ID, BOT_USER, TEAM, ApiError, Channel, File, Json, World

MAX_TEXT = 40_000
MAX_EDIT = 4000
MAX_BLOCKS_JSON = 13_200
_EMOJI = re.compile(r"[a-z0-9_+'-]+")
_INLINE = ("text", "link", "user", "emoji", "broadcast", "channel", "usergroup")
_PARAGRAPHS = ("rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_list")


class Methods:
    """`handlers` by method name: the scope that it needs, and what it does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.scopes: set[str] | None = set(SCOPES_ASKED)
        self.ephemerals: list[Json] = []
        self.shares_late = False
        self.messages_tab = MESSAGES_TAB
        self.homes: dict[str, Json] = {}
        self._uploads: dict[str, File] = {}
        self.handlers: dict[str, tuple[str, Callable[[Json], Json]]] = {
            "auth.test": ("", self._auth),
            "users.info": ("users:read", self._user),
            "conversations.info": (
                "channels:read",
                lambda g: {"channel": world.channel(g.get("channel")).body()},
            ),
            "conversations.history": ("channels:history", self._history),
            "conversations.replies": ("channels:history", self._replies),
            "conversations.list": ("channels:read", self._list),
            "conversations.members": ("channels:read", self._members),
            "users.list": ("users:read", self._people),
            "views.publish": ("", self._publish),
            "chat.postMessage": ("chat:write", self._post),
            "chat.postEphemeral": ("chat:write", self._ephemeral),
            "chat.update": ("chat:write", self._update),
            "chat.delete": ("chat:write", self._delete),
            "reactions.add": ("reactions:write", lambda g: self._react(g, there=True)),
            "reactions.remove": ("reactions:write", lambda g: self._react(g, there=False)),
            "reactions.get": ("reactions:read", self._reactions),
            "files.getUploadURLExternal": ("files:write", self._upload_url),
            "files.completeUploadExternal": ("files:write", self._complete),
            "files.info": ("files:read", self._file),
            "files.delete": ("files:write", self._forget_file),
        }

    def call(self, name: str, given: Json) -> Json:
        if name not in self.handlers:
            raise ApiError("unknown_method")
        scope, handler = self.handlers[name]
        self.need(scope)
        return handler(given)

    def need(self, scope: str) -> None:
        if scope and self.scopes is not None and scope not in self.scopes:
            provided = ",".join(sorted(self.scopes))
            raise ApiError("missing_scope", needed=scope, provided=provided)

    # ── who and where ──

    def _auth(self, given: Json) -> Json:
        return {
            "url": "https://team.slack.com/",
            "team": "Team",
            "user": "okno",
            "team_id": TEAM,
            "user_id": BOT_USER,
        }

    def _user(self, given: Json) -> Json:
        person = self.world.people.get(str(given.get("user")))
        if person is None:
            raise ApiError("user_not_found")
        if person.hidden:
            raise ApiError("user_not_visible")
        return {"user": person.body()}

    def _people(self, given: Json) -> Json:
        return {"members": [person.body() for person in self.world.people.values()]}

    def _members(self, given: Json) -> Json:
        channel = self._inside(given)
        limit, start = int(given.get("limit", 100)), int(given.get("cursor") or 0)
        members = sorted(channel.members)
        cursor = str(start + limit) if start + limit < len(members) else ""
        return {"members": members[start : start + limit], "response_metadata": {"next_cursor": cursor}}

    def _publish(self, given: Json) -> Json:
        view = given.get("view") or {}
        if not HOME_TAB:
            raise ApiError("not_enabled")
        if str(given.get("user_id")) not in self.world.people:
            raise ApiError("user_not_found")
        blocks = view.get("blocks") or []
        fine = view.get("type") == "home" and 0 < len(blocks) <= 100 and all(map(_is_block, blocks))
        names = [b["block_id"] for b in blocks if "block_id" in b]
        if not fine or len(names) != len(set(names)) or len(view.get("private_metadata", "")) > 3000:
            raise ApiError("invalid_arguments")
        self.homes[str(given["user_id"])] = view
        return {"view": view}

    def _list(self, given: Json) -> Json:
        private = given.get("types") == "im"
        return {"channels": [c.body() for c in self.world.channels.values() if c.private is private]}

    def _inside(self, given: Json) -> Channel:
        channel = self.world.channel(given.get("channel"))
        if BOT_USER not in channel.members:
            raise ApiError("not_in_channel")
        return channel

    def _writable(self, given: Json) -> Channel:
        person = self.world.people.get(str(given.get("channel")))
        channel = self._inside({"channel": person.dm} if person is not None else given)
        if channel.private and not self.messages_tab:
            raise ApiError("messages_tab_disabled")
        if channel.archived:
            raise ApiError("is_archived")
        return channel

    # ── reading back ──

    def _page(self, messages: list[Json], given: Json) -> Json:
        oldest = str(given.get("oldest", "0"))
        found = [m for m in messages if m["ts"] > oldest or (given.get("inclusive") and m["ts"] == oldest)]
        if not given.get("include_all_metadata"):
            found = [{k: v for k, v in m.items() if k != "metadata"} for m in found]
        limit, start = int(given.get("limit", 100)), int(given.get("cursor") or 0)
        more = start + limit < len(found)
        cursor = {"response_metadata": {"next_cursor": str(start + limit)}} if more else {}
        return {"messages": found[start : start + limit], "has_more": more, **cursor}

    def _history(self, given: Json) -> Json:
        channel = self._inside(given)
        top = [
            m
            for m in channel.messages.values()
            if m.get("thread_ts", m["ts"]) == m["ts"] or m.get("broadcast")
        ]
        return self._page(sorted(top, key=lambda m: m["ts"], reverse=True), given)

    def _replies(self, given: Json) -> Json:
        channel = self._inside(given)
        asked = channel.messages.get(str(given.get("ts")))
        if asked is None:
            raise ApiError("thread_not_found")
        root = asked.get("thread_ts", asked["ts"])
        found = sorted(
            (m for m in channel.messages.values() if root in (m.get("thread_ts"), m["ts"])), key=_ts
        )
        page = self._page(found[1:], given)
        return {**page, "messages": [found[0], *page["messages"]]}

    # ── writing ──

    def _post(self, given: Json) -> Json:
        channel = self._writable(given)
        blocks = _checked_blocks(given)
        message: Json = {
            "user": BOT_USER,
            "bot_id": BOT_ID,
            "team": TEAM,
            "text": given.get("text", ""),
            "blocks": blocks,
        }
        message |= self._customised(given)
        if given.get("metadata"):
            message["metadata"] = given["metadata"]
        message |= self._threaded(channel, given)
        if given.get("reply_broadcast") and message.get("thread_ts"):
            message |= {"broadcast": True, "subtype": "thread_broadcast"}
        sent = self.world.add(channel, message)
        return {"channel": channel.id, "ts": sent["ts"], "message": sent}

    def _customised(self, given: Json) -> Json:
        """Another name and picture, which take a scope of their own."""
        found = {}
        if given.get("username") or given.get("icon_url"):
            self.need("chat:write.customize")
            if not given.get("username") or len(given["username"]) > 80:
                raise ApiError("invalid_arguments")
            found["username"] = given["username"]
            if given.get("icon_url"):
                found["icons"] = {"image_72": given["icon_url"]}
        return found

    def _threaded(self, channel: Channel, given: Json) -> Json:
        thread = given.get("thread_ts")
        if not thread:
            return {}
        root = channel.messages.get(str(thread))
        if root is None:
            raise ApiError("thread_not_found")
        if root.get("thread_ts", thread) != thread:
            raise ApiError("invalid_thread_ts")
        return {"thread_ts": thread}

    def _ephemeral(self, given: Json) -> Json:
        self._writable(given)
        self.ephemerals.append(given)
        return {"message_ts": self.world.ts()}

    def _own(self, channel: Channel, ts: object, code: str) -> Json:
        message = self.world.message(channel, ts)
        if message.get("bot_id") != BOT_ID:
            raise ApiError(code)
        return message

    def _update(self, given: Json) -> Json:
        channel = self._writable(given)
        message = self._own(channel, given.get("ts"), "cant_update_message")
        if message["ts"] in self.world.uneditable:
            raise ApiError("edit_window_closed")
        blocks = _checked_blocks(given)
        if len(str(given.get("text") or "")) > MAX_EDIT:
            raise ApiError("msg_too_long")
        edited = {"user": BOT_USER, "ts": self.world.ts()}
        self.world.replace(channel, message, text=given.get("text", ""), blocks=blocks, edited=edited)
        return {"channel": channel.id, "ts": message["ts"]}

    def _delete(self, given: Json) -> Json:
        channel = self._inside(given)
        self._own(channel, given.get("ts"), "cant_delete_message")
        self.world.remove(channel, str(given["ts"]))
        return {}

    def _react(self, given: Json, *, there: bool) -> Json:
        name = str(given.get("name", ""))
        if not _EMOJI.fullmatch(name):
            raise ApiError("invalid_name")
        channel = self._inside(given)
        if not set_reaction(self.world, channel, str(given.get("timestamp")), name, BOT_USER, there=there):
            raise ApiError("already_reacted" if there else "no_reaction")
        return {}

    def _reactions(self, given: Json) -> Json:
        message = self.world.message(self._inside(given), given.get("timestamp"))
        return {"type": "message", "message": {"reactions": message.get("reactions", [])}}

    # ── files ──

    def _upload_url(self, given: Json) -> Json:
        if not given.get("filename") or int(given.get("length", 0)) <= 0:
            raise ApiError("invalid_arguments")
        file = File(self.world.number("F"), str(given["filename"]), "application/octet-stream")
        file.shares = {}
        self._uploads[file.id] = file
        return {"file_id": file.id, "upload_url": f"{self.world.base}/upload/{file.id}/{given['length']}"}

    def uploaded(self, file: str, content: bytes) -> None:
        self._uploads[file].content = content

    def _complete(self, given: Json) -> Json:
        channel = self._writable({"channel": given.get("channel_id")})
        shown_as = self._customised(given)
        files = []
        for wanted in given["files"]:
            file = self._uploads.pop(wanted["id"], None)
            if file is None or not file.content:
                raise ApiError("file_not_found")
            self.world.files[file.id] = file
            files.append(file)
        blocks = _checked_blocks({"text": "-", **given})
        message = {
            "user": BOT_USER,
            "bot_id": BOT_ID,
            "text": "",
            "blocks": blocks,
            **shown_as,
        }
        self.world.share(channel, files, {**message, **self._threaded(channel, given)})
        return {"files": [{"id": file.id, "title": file.name} for file in files]}

    def _file(self, given: Json) -> Json:
        file = self.world.files.get(str(given.get("file")))
        if file is None:
            raise ApiError("file_not_found")
        shares = {} if self.shares_late else {"public": file.shares}
        return {"file": {**file.body(self.world.base), "shares": shares}}

    def _forget_file(self, given: Json) -> Json:
        if self.world.files.pop(str(given.get("file")), None) is None:
            raise ApiError("file_not_found")
        return {}


def _ts(message: Json) -> str:
    return str(message["ts"])


def _checked_blocks(given: Json) -> list[Json]:
    """The blocks, as strict as Slack about them."""
    text, blocks = str(given.get("text") or ""), given.get("blocks") or []
    if not text and not blocks:
        raise ApiError("no_text")
    if len(text) > MAX_TEXT:
        raise ApiError("msg_too_long")
    if len(orjson.dumps(blocks).decode()) > MAX_BLOCKS_JSON:
        raise ApiError("msg_blocks_too_long")
    if len(blocks) > 50 or not all(_is_block(block) for block in blocks):
        raise ApiError("invalid_blocks")
    return list(blocks)


def _is_block(block: Any) -> bool:
    if block.get("type") == "actions":
        elements = block["elements"]
        ids = {e["action_id"] for e in elements}
        return 0 < len(elements) <= 25 and len(ids) == len(elements) and all(map(_is_element, elements))
    if block.get("type") == "header":
        return block["text"]["type"] == "plain_text" and 0 < len(block["text"]["text"]) <= 150
    if block.get("type") == "section":
        return 0 < len(block["text"]["text"]) <= 3000
    if block.get("type") != "rich_text":
        return False
    return all(e["type"] in _PARAGRAPHS and all(map(_is_inline, e["elements"])) for e in block["elements"])


def _is_element(item: Json) -> bool:
    if item["type"] == "static_select":
        options = item["options"]
        fits = all(0 < len(o["text"]["text"]) <= 75 and 0 < len(o["value"]) <= 150 for o in options)
        return 0 < len(item["placeholder"]["text"]) <= 150 and 0 < len(options) <= 100 and fits
    return item["type"] == "button" and 0 < len(item["text"]["text"]) <= 75 and 0 < len(item["value"]) <= 2000


def _is_inline(item: Json) -> bool:
    return item["type"] in _INLINE and (item["type"] != "text" or bool(item["text"]))
