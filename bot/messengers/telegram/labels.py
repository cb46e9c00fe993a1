"""What a message of a kind that others don't have says, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.messengers.telegram.reading import Json, need, objects
from domain.texts import text

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    tasks = objects(body, "tasks")
    return _tasks(locale, body, [(task.get("text"), bool(task.get("completion_date"))) for task in tasks])


def tasks_done(locale: str, message: Json) -> str:
    """Which tasks of a checklist somebody ticked, or unticked."""
    body = need(message, "checklist_tasks_done", dict)
    of = _checklist_of(body)
    names = {task.get("id"): task.get("text") for task in objects(of, "tasks")}
    ticked = [(n, True) for n in body.get("marked_as_done_task_ids") or ()]
    ticked += [(n, False) for n in body.get("marked_as_not_done_task_ids") or ()]
    return _tasks(locale, of, [(names.get(n) or f"#{n}", done) for n, done in ticked])


def tasks_added(locale: str, message: Json) -> str:
    """What somebody added to a checklist."""
    body = need(message, "checklist_tasks_added", dict)
    return _tasks(locale, _checklist_of(body), [(t.get("text"), False) for t in objects(body, "tasks")])


def _checklist_of(body: Json) -> Json:
    """The checklist that a line is about; empty when it is gone."""
    of = (body.get("checklist_message") or {}).get("checklist")
    return of if isinstance(of, dict) else {}


def _tasks(locale: str, of: Json, tasks: Iterable[tuple[Any, bool]]) -> str:
    lines = [f"{'☑' if done else '☐'} {name or ''}" for name, done in tasks]
    return "\n".join([text(locale, "label.checklist", title=of.get("title") or "–"), *lines])


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
    """A gift by its sign and its worth, and what was written with it."""
    body = need(message, "gift", dict)
    given = need(body, "gift", dict)
    sign = (given.get("sticker") or {}).get("emoji") or "🎁"
    worth = text(locale, "label.gift", emoji=sign, stars=given.get("star_count", ""))
    return _lines(worth, body.get("text"))


def gift_upgrade(locale: str, message: Json) -> str:
    """That a gift which was made earlier may become a unique one."""
    body = need(message, "gift_upgrade_sent", dict)
    return _lines(text(locale, "label.gift_upgrade"), body.get("text"))


def unique_gift(locale: str, message: Json) -> str:
    """A gift that there is once, by its name."""
    body = need(need(message, "unique_gift", dict), "gift", dict)
    return text(locale, "label.unique_gift", title=f"{body.get('base_name', '')} #{body.get('number', '')}")


def game(locale: str, message: Json) -> str:
    """A game by its title, and what it is about."""
    body = need(message, "game", dict)
    return _lines(text(locale, "label.game", title=body.get("title", "")), body.get("description"))


def invoice(locale: str, message: Json) -> str:
    """An invoice by its title, and what it is for."""
    body = need(message, "invoice", dict)
    return _lines(text(locale, "label.invoice", title=body.get("title", "")), body.get("description"))


def giveaway(locale: str, message: Json) -> str:
    """A giveaway: among how many, and of what."""
    body = need(message, "giveaway", dict)
    return _lines(text(locale, "label.giveaway", count=body.get("winner_count", "")), *_prizes(body))


def giveaway_winners(locale: str, message: Json) -> str:
    """A giveaway that is over, and who won."""
    body = need(message, "giveaway_winners", dict)
    names = [f"{w.get('first_name', '')} {w.get('last_name', '')}" for w in objects(body, "winners")]
    said = text(locale, "label.giveaway_over", count=body.get("winner_count", ""))
    return _lines(said, ", ".join(" ".join(name.split()) for name in names), *_prizes(body))


def _prizes(body: Json) -> list[str]:
    stars = body.get("prize_star_count")
    return [str(body.get("prize_description") or ""), f"{stars} ⭐" if stars else ""]


def _lines(*said: Any) -> str:
    return "\n".join(str(line) for line in said if line)


def unknown(locale: str) -> str:
    """A kind this version knows nothing of."""
    return text(locale, "label.unknown")
