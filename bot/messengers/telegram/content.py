"""What a Telegram message says, as Okno's content. Pure.

`label` puts into words, in the language it is asked for, what other messengers have no kind for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.messengers.telegram import ids, labels
from bot.messengers.telegram.entities import mentions_people, rich_text
from bot.messengers.telegram.reading import Json, need, number, objects
from bot.messengers.telegram.rich import mentions_people_in, words_of
from domain.messages import Attachment, Contact, Content, Location
from domain.names import tidy
from domain.richtext import RichText
from domain.texts import text

if TYPE_CHECKING:
    from domain.messages import Kind

Reader = Callable[[Json, str], Content]

_FILES = ("animation", "document", "audio", "voice", "video", "video_note", "sticker")
"""In the order of reading: an animation is shown as a document too."""

LINES = frozenset(
    ("gift", "unique_gift", "gift_upgrade_sent", "checklist_tasks_done", "checklist_tasks_added")
)
"""Telegram's own lines of which a person says something; in a group they are lines like others."""

_NOT_COPIED = LINES | {"paid_media", "giveaway", "giveaway_winners", "invoice", "game"}


def content_of(message: Json, locale: str) -> Content | None:
    """What the message says; None when it has nothing that a person sent."""
    for key, reader in _READERS.items():
        if key in message:
            content = reader(message, locale)
            return replace(
                content,
                copyable=_copyable(message, key),
                forwarded_from=forwarded_from(message) or "",
                quote=_quoted(message, locale),
            )
    return None


def _quoted(message: Json, locale: str) -> str:
    """The part of a message that is answered, or what an answer to something elsewhere is about."""
    if "quote" in message:
        return str(need(message, "quote", dict).get("text", ""))
    if "reply_to_story" in message:
        return labels.story(locale, {"story": message["reply_to_story"]})
    elsewhere = message.get("external_reply")
    if not isinstance(elsewhere, dict):
        return ""
    name = source_of(elsewhere.get("origin")) or ""
    return text(locale, "label.elsewhere", name=name)


def forwarded_from(message: Json) -> str | None:
    """The name of who first said it; None when it is no forward."""
    return source_of(message.get("forward_origin"))


def source_of(origin: Any) -> str | None:
    """The name in a message's origin; None when it is none."""
    if not isinstance(origin, dict):
        return None
    match origin.get("type"):
        case "user":
            return person_name(need(origin, "sender_user", dict))
        case "chat":
            return tidy(str(need(origin, "sender_chat", dict).get("title", "")))
        case "channel":
            return tidy(str(need(origin, "chat", dict).get("title", "")))
        case _:
            return tidy(str(origin.get("sender_user_name", "")))


def person_name(user: Json) -> str:
    """First and last name."""
    return tidy(f"{user.get('first_name', '')} {user.get('last_name', '')}")


def _copyable(message: Json, key: str) -> bool:
    """Whether copyMessage can take it, and pings nobody by it."""
    if key in _NOT_COPIED or message.get("has_protected_content"):
        return False
    if key == "poll" and message["poll"].get("type") == "quiz":
        return "correct_option_id" in message["poll"] or "correct_option_ids" in message["poll"]
    if key == "location" and "live_period" in message["location"]:
        return False  # a copy of it would stand still
    if key == "rich_message":
        return not mentions_people_in(message["rich_message"])
    entities = message.get("entities") or message.get("caption_entities")
    return not mentions_people(entities)


def _text(message: Json, _locale: str) -> Content:
    return Content(text=rich_text(need(message, "text", str), objects(message, "entities")))


def _rich(message: Json, locale: str) -> Content:
    return Content(text=RichText(words_of(need(message, "rich_message", dict)) or labels.unknown(locale)))


def _caption(message: Json) -> RichText:
    return rich_text(str(message.get("caption") or ""), objects(message, "caption_entities"))


def _photo(message: Json, _locale: str) -> Content:
    sizes = objects(message, "photo")
    largest = max(sizes, key=lambda size: need(size, "width", int) * need(size, "height", int))
    return Content("photo", _caption(message), (_attachment("photo", largest, message),))


def _live_photo(message: Json, _locale: str) -> Content:
    return Content(
        "video", _caption(message), (_attachment("video", need(message, "live_photo", dict), message),)
    )


def _file(kind: Any) -> Reader:
    def read(message: Json, locale: str) -> Content:
        body = need(message, kind, dict)
        label = labels.sticker(locale, body) if kind == "sticker" else ""
        return Content(kind, _caption(message), (_attachment(kind, body, message),), label=label)

    return read


def _attachment(kind: Any, body: Json, message: Json) -> Attachment:
    return Attachment(
        kind=kind,
        ref=ids.file_ref(need(body, "file_id", str), need(body, "file_unique_id", str)),
        name=str(body.get("file_name") or ""),
        mime=str(body.get("mime_type") or ""),
        size=body.get("file_size"),
        width=body.get("width") or body.get("length"),
        height=body.get("height") or body.get("length"),
        duration=body.get("duration"),
        spoiler=bool(message.get("has_media_spoiler")),
    )


def _venue(message: Json, locale: str) -> Content:
    venue = need(message, "venue", dict)
    place = _point(need(venue, "location", dict))
    place = replace(place, title=str(venue.get("title", "")), address=str(venue.get("address", "")))
    return Content("venue", location=place, label=labels.venue(locale, place))


def _location(message: Json, locale: str) -> Content:
    body = need(message, "location", dict)
    place = replace(_point(body), live=int(body.get("live_period") or 0))
    return Content("location", location=place, label=labels.location(locale, place, live=place.live > 0))


def _point(body: Json) -> Location:
    return Location(number(body, "latitude"), number(body, "longitude"))


def _contact(message: Json, locale: str) -> Content:
    body = need(message, "contact", dict)
    contact = Contact(person_name(body), str(body.get("phone_number", "")))
    return Content("contact", contact=contact, label=labels.contact(locale, contact))


def _described(kind: Kind, label: Callable[[str, Json], str]) -> Reader:
    """A reader of a kind that only words can describe."""
    return lambda message, locale: Content(kind, _caption(message), label=label(locale, message))


_READERS: dict[str, Reader] = {
    "text": _text,
    "rich_message": _rich,
    "live_photo": _live_photo,
    "photo": _photo,
    **{kind: _file(kind) for kind in _FILES},
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "poll": _described("poll", labels.poll),
    "dice": _described("dice", labels.dice),
    "checklist": _described("checklist", labels.checklist),
    "story": _described("story", labels.story),
    "paid_media": _described("paid", labels.paid),
    "game": _described("told", labels.game),
    "invoice": _described("told", labels.invoice),
    "giveaway": _described("told", labels.giveaway),
    "giveaway_winners": _described("told", labels.giveaway_winners),
    "gift": _described("told", labels.gift),
    "gift_upgrade_sent": _described("told", labels.gift_upgrade),
    "unique_gift": _described("told", labels.unique_gift),
    "checklist_tasks_done": _described("told", labels.tasks_done),
    "checklist_tasks_added": _described("told", labels.tasks_added),
}
