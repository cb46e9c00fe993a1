"""What a message of a kind that others don't have says, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.messengers.telegram.reading import Json, need, objects
from domain.texts import text

if TYPE_CHECKING:
    from domain.messages import Contact, Location


def sticker(locale: str, body: Json) -> str:
    """A sticker by its emoji."""
    return text(locale, "label.sticker", emoji=body.get("emoji") or "").strip()


def location(locale: str, place: Location, *, live: bool) -> str:
    """A point by its coordinates."""
    key = "label.live_location" if live else "label.location"
    return text(locale, key, latitude=f"{place.latitude:.6f}", longitude=f"{place.longitude:.6f}")


def venue(locale: str, place: Location) -> str:
    """A place by its name and address."""
    spot = {"latitude": f"{place.latitude:.6f}", "longitude": f"{place.longitude:.6f}"}
    return text(locale, "label.venue", title=place.title, address=place.address, **spot)


def contact(locale: str, shared: Contact) -> str:
    """A contact by name and number."""
    return text(locale, "label.contact", name=shared.name, phone=shared.phone)


def poll(locale: str, message: Json) -> str:
    """A poll with its options, one a line."""
    body = need(message, "poll", dict)
    key = "label.quiz" if body.get("type") == "quiz" else "label.poll"
    options = [f"– {need(option, 'text', str)}" for option in objects(body, "options")]
    return "\n".join([text(locale, key, question=need(body, "question", str)), *options])


def dice(locale: str, message: Json) -> str:
    """A dice with what it shows."""
    body = need(message, "dice", dict)
    return text(locale, "label.dice", emoji=body.get("emoji", ""), value=body.get("value", ""))


def checklist(locale: str, message: Json) -> str:
    """A checklist with its tasks, one a line."""
    body = need(message, "checklist", dict)
    tasks = [
        f"{'☑' if task.get('completion_date') else '☐'} {task.get('text', '')}"
        for task in objects(body, "tasks")
    ]
    return "\n".join([text(locale, "label.checklist", title=body.get("title", "")), *tasks])


def story(locale: str, message: Json) -> str:
    """Somebody's story by their name."""
    chat = need(message, "story", dict).get("chat") or {}
    name = chat.get("title") or f"{chat.get('first_name', '')} {chat.get('last_name', '')}"
    return text(locale, "label.story", name=name.strip())


def paid(locale: str, message: Json) -> str:
    """Media that must be paid for: how much, and what they are as far as that shows."""
    body = need(message, "paid_media", dict)
    kinds = [
        "label.a_video" if item.get("type") == "video" or item.get("duration") else "label.a_photo"
        for item in objects(body, "paid_media")
    ]
    what = ", ".join(text(locale, kind) for kind in kinds)
    return text(locale, "label.paid", stars=body.get("star_count", ""), what=what)


def gift(locale: str, message: Json) -> str:
    """A gift by its worth, and what was written with it."""
    body = need(message, "gift", dict)
    worth = text(locale, "label.gift", stars=need(body, "gift", dict).get("star_count", ""))
    return "\n".join(filter(None, (worth, body.get("text"))))


def unique_gift(locale: str, message: Json) -> str:
    """A gift that there is once, by its name."""
    body = need(need(message, "unique_gift", dict), "gift", dict)
    return text(locale, "label.unique_gift", title=f"{body.get('base_name', '')} #{body.get('number', '')}")


def game(locale: str, message: Json) -> str:
    """A game by its title."""
    return text(locale, "label.game", title=need(message, "game", dict).get("title", ""))


def invoice(locale: str, message: Json) -> str:
    """An invoice by its title."""
    return text(locale, "label.invoice", title=need(message, "invoice", dict).get("title", ""))


def giveaway(locale: str, _message: Json) -> str:
    """A giveaway."""
    return text(locale, "label.giveaway")


def unknown(locale: str) -> str:
    """A kind this version knows nothing of."""
    return text(locale, "label.unknown")
