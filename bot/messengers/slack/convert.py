"""Slack's events as Okno's. Pure: the same payload is always the same event.

People appear by their ids alone, names are looked up afterwards. Raises MalformedError on what lacks what every such
payload has; what the bot itself or another app does is Ignored, so that nothing ever goes round in circles.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bot.messengers.slack import ids
from bot.messengers.slack.emoji import emoji_of
from bot.messengers.slack.rich import marked_up, rich_text
from domain.events import (
    ChatSeen,
    Deleted,
    Edited,
    Event,
    HomeOpened,
    Ignored,
    Membership,
    PersonSeen,
    Pressed,
    Reacted,
    Referenced,
    Wrote,
)
from domain.messages import Attachment, Content
from domain.richtext import RichText, Span, plain
from domain.texts import text

Json = dict[str, Any]

_WRITTEN = ("", "file_share", "thread_broadcast", "me_message")
_KINDS = {"image": "photo", "video": "video", "audio": "audio"}
_NOT_SHOWN_AS_PHOTO = ("image/svg+xml", "image/heic", "image/heif", "image/tiff", "image/vnd.adobe.photoshop")


class MalformedError(ValueError):
    """A payload lacks what every such payload has; the text names the field, never its content."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the bot's own user id, the language of descriptions in words, and the channels shared with customers."""

    user: str
    locale: str
    shared: frozenset[str] = frozenset()


def convert(payload: Any, me: Reader) -> Event:
    """The payload as an event."""
    if not isinstance(payload, dict):
        raise MalformedError("a payload is an object")
    try:
        return _converted(payload, me)
    except (TypeError, KeyError, AttributeError, IndexError, OverflowError, OSError) as error:
        raise MalformedError(
            f"a field is missing or not what it should be ({type(error).__name__})"
        ) from error


def _converted(payload: Json, me: Reader) -> Event:
    kind = payload.get("type")
    if kind == "event_callback":
        return _event(payload, payload["event"], me)
    if kind == "block_actions":
        return _pressed(payload, me)
    if kind == "message_action":
        return _chosen(payload, me)
    if "command" in payload:
        return _commanded(payload, me)
    return Ignored("a kind nobody needs") if kind or payload else _malformed("type")


def _malformed(field: str) -> Event:
    raise MalformedError(f"{field!r} is missing")


def _event(payload: Json, event: Json, me: Reader) -> Event:
    kind = event["type"]
    if kind == "message":
        return _message(payload, event, me)
    if kind in ("reaction_added", "reaction_removed"):
        return _reacted(event, me)
    if kind in ("member_joined_channel", "member_left_channel", "channel_left", "group_left"):
        return _membership(event, me)
    if kind == "app_home_opened" and event.get("tab") == "home":
        return HomeOpened(_chat(event["channel"], me), _person(event["user"]), _at(event["event_ts"]))
    return Ignored("a kind nobody needs")


def _chat(channel: str, me: Reader) -> ChatSeen:
    if ids.is_private(channel):
        return ChatSeen(channel, "private")
    return ChatSeen(channel, "shared" if channel in me.shared else "group", threaded=True)


def _at(ts: str) -> datetime:
    return datetime.fromtimestamp(ids.order(ts) / 1_000_000, UTC)


def _person(native: str, name: str = "") -> PersonSeen:
    return PersonSeen(native, name or native)


def _message(payload: Json, event: Json, me: Reader) -> Event:
    subtype = event.get("subtype", "")
    chat = _chat(event["channel"], me)
    if subtype == "message_changed":
        return _changed(chat, event, me)
    if subtype == "message_deleted":
        return _deleted(chat, event, me)
    if _is_bots(event, me):
        own_files = event.get("user") == me.user and event.get("files")
        return _referenced(chat, event) if own_files else Ignored("an app's own message")
    if subtype not in _WRITTEN:
        return Ignored("a line of Slack's own")
    ts, thread = event["ts"], _thread(event)
    count = len(event.get("files") or ())
    part = int(payload.get(ids.PART, 0))
    private = chat.kind == "private"
    return Wrote(
        chat=chat,
        author=_author(event),
        ref=ids.refs(ts, count)[part],
        content=_content(event, part, me),
        at=_at(ts),
        thread=None if private else thread,
        reply_to=thread if private else None,
        forwarded=_is_forward(event),
        album=f"{chat.native}:{ts}" if count > 1 else None,
    )


def _referenced(chat: ChatSeen, message: Json) -> Referenced:
    """A message with files of the bot's: Slack didn't say its `ts` when it was sent."""
    files = [file["id"] for file in message["files"]]
    was = [ref for file in files for ref in ids.refs(ids.file_ref(file), len(files))]
    return Referenced(chat, tuple(was), ids.refs(message["ts"], len(files)) * len(files))


def _author(message: Json) -> PersonSeen:
    """Who wrote it; of people of other workspaces Slack tells something with the message itself."""
    profile = message.get("user_profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or profile.get("name")
    return _person(message["user"], str(name or ""))


def _is_bots(message: Json, me: Reader) -> bool:
    return (
        bool(message.get("bot_id"))
        or message.get("subtype") == "bot_message"
        or message.get("user") == me.user
    )


def _thread(message: Json) -> str | None:
    """The thread a message is in: its first message is in none."""
    root = message.get("thread_ts")
    return root if root and root != message["ts"] else None


def _is_forward(message: Json) -> bool:
    return any(a.get("is_share") for a in message.get("attachments") or ())


def _changed(chat: ChatSeen, event: Json, me: Reader) -> Event:
    """An edit by a person; link previews, replies' counts and the like change messages too and mean nothing."""
    message, before = event["message"], event.get("previous_message") or {}
    if _is_bots(message, me):
        return Ignored("an app's own message")
    thread = None if chat.kind == "private" else _thread(message)
    if message.get("subtype") == "tombstone":
        return Deleted(chat, (message["ts"],), _at(event["ts"]), thread)
    if not message.get("edited") or message["edited"] == before.get("edited"):
        return Ignored("nothing that a person changed")
    content = _content(message, 0, me)
    if before and content == _content(before, 0, me):
        return Ignored("nothing that a person changed")
    author = _person(message["edited"].get("user") or message["user"])
    at = _at(str(message["edited"].get("ts") or event["ts"]))  # the same for what is read from history
    return Edited(chat, author, message["ts"], content, at, thread)


def _deleted(chat: ChatSeen, event: Json, me: Reader) -> Event:
    before = event.get("previous_message") or {}
    if before and _is_bots(before, me):
        return Ignored("an app's own message")
    refs = ids.refs(event["deleted_ts"], len(before.get("files") or ()))
    thread = _thread(before) if before and chat.kind != "private" else None
    return Deleted(chat, refs, _at(event["ts"]), thread)


def _content(message: Json, part: int, me: Reader) -> Content:
    """What a message says; of one with several files, the part with that file. The words go with the first."""
    files = message.get("files") or ()
    words = _said(message) if part == 0 else RichText()
    shared = next((a for a in message.get("attachments") or () if a.get("is_share")), None)
    source = str(shared.get("author_name") or shared.get("author_id") or "") if shared else ""
    if shared and part == 0:
        passed_on = _passed_on(shared)
        words, source = (_beside(words, _quoted(passed_on, source)), "") if words else (passed_on, source)
    if not files:
        return Content(text=words, forwarded_from=source)
    file = files[part]
    if file.get("mode") in ("tombstone", "hidden_by_limit") or "id" not in file:
        return Content("other", words, label=text(me.locale, "refused.file_gone"))
    if file.get("is_external") or file.get("mode") == "external":
        return Content(text=_beside(words, _linked(file)), forwarded_from=source)
    attached = attachment(file)
    return Content(attached.kind, words, (attached,), forwarded_from=source)


def _passed_on(shared: Json) -> RichText:
    """What a shared message says; its files by their names alone, since they stay where they are."""
    words = marked_up(str(shared.get("text") or ""))
    for file in shared.get("files") or ():
        words = _beside(words, plain(str(file.get("title") or file.get("name") or file.get("id") or "")))
    return words or marked_up(str(shared.get("fallback") or ""))


def _quoted(words: RichText, source: str) -> RichText:
    """Words of somebody else under one's own."""
    whole = plain(f"{source}:\n") + words if source else words
    return RichText(whole.text, (*whole.spans, Span("quote", 0, len(whole.text)))) if whole else whole


def _linked(file: Json) -> RichText:
    """A file that only its address is known of, since it lies with somebody else."""
    address = str(file.get("external_url") or file.get("url_private") or "")
    name = str(file.get("title") or file.get("name") or address)
    return RichText(name, (Span("link", 0, len(name), address),) if name and address else ())


def _beside(words: RichText, more: RichText) -> RichText:
    return words + plain("\n") + more if words else more


def _said(message: Json) -> RichText:
    written = rich_text(message.get("blocks") or [])
    return marked_up(str(message.get("text") or "")) if written is None else written


def attachment(file: Json) -> Attachment:
    """A file as Slack describes it."""
    mime = str(file.get("mimetype") or "")
    kind: Any = "document" if mime in _NOT_SHOWN_AS_PHOTO else _KINDS.get(mime.partition("/")[0], "document")
    milliseconds = file.get("duration_ms")
    return Attachment(
        kind,
        ref=file["id"],
        name=str(file.get("name") or file.get("title") or ""),
        mime=mime,
        size=file.get("size"),
        width=file.get("original_w"),
        height=file.get("original_h"),
        duration=round(milliseconds / 1000) if milliseconds else None,
    )


def _reacted(event: Json, me: Reader) -> Event:
    item = event["item"]
    if event["user"] == me.user or item.get("type") != "message":
        return Ignored("the bot's own reaction, or one on something else")
    emoji = emoji_of(event["reaction"])
    if emoji is None:
        return Ignored("a workspace's own emoji")
    change: Literal["added", "removed"] = "added" if event["type"] == "reaction_added" else "removed"
    chat = _chat(item["channel"], me)
    return Reacted(chat, _person(event["user"]), item["ts"], emoji, _at(event["event_ts"]), change=change)


def _membership(event: Json, me: Reader) -> Event:
    joined = event["type"] == "member_joined_channel"
    if event["type"].startswith("member_") and event["user"] != me.user:
        return Ignored("somebody else came or went")
    author = _person(event.get("inviter") or event.get("user") or me.user)
    return Membership(_chat(event["channel"], me), author, "in" if joined else "out", _at(event["event_ts"]))


def _pressed(payload: Json, me: Reader) -> Event:
    """A button or a menu's entry. What only one person sees has no message of its own, only where it stands."""
    action = payload["actions"][0]
    data = action.get("value") or (action.get("selected_option") or {}).get("value")
    channel, container = ids.channel_of(payload), payload.get("container") or {}
    if not data or not channel:
        return Ignored("a press without data")
    message = payload.get("message") or {"ts": container.get("message_ts") or "", **_threaded(container)}
    return _press(payload, me, channel, message, data, str(action["action_ts"]))


def _threaded(container: Json) -> Json:
    return {"thread_ts": container["thread_ts"]} if container.get("thread_ts") else {}


def _chosen(payload: Json, me: Reader) -> Event:
    """A shortcut on a message, as a press under it: `okno_send`, `okno_note`, `okno_move`, `okno_move_bugs`."""
    action, _, argument = str(payload["callback_id"]).removeprefix("okno_").partition("_")
    data = f"said:0:{action}:{argument}" if argument else f"said:0:{action}"
    return _press(payload, me, payload["channel"]["id"], payload["message"], data, str(payload["action_ts"]))


def _press(payload: Json, me: Reader, channel: str, message: Json, data: str, at: str) -> Pressed:
    person, chat = payload["user"]["id"], _chat(channel, me)
    private = chat.kind == "private"
    root = message.get("thread_ts") or message["ts"]
    return Pressed(
        chat=chat,
        author=_person(person, str(payload["user"].get("name") or "")),
        ref=message["ts"],
        data=data,
        press=ids.press(channel, person, None if private else root),
        at=_at(at),
        thread=None if private else _thread(message),
    )


def _commanded(payload: Json, me: Reader) -> Event:
    """`/okno queue`: a press of nothing that is there."""
    channel, person = payload["channel_id"], payload["user_id"]
    words = str(payload.get("text") or "").strip() or "help"
    return Pressed(
        chat=_chat(channel, me),
        author=_person(person, str(payload.get("user_name") or "")),
        ref=f"command:{payload['trigger_id']}",
        data=f"okno:0:{words}",
        press=ids.press(channel, person, None),
        at=datetime.fromtimestamp(float(payload[ids.RECEIVED]), UTC),
    )
