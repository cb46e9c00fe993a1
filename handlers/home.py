"""The page that a messenger has for a person and the bot: colleagues see tickets that wait, customers their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.home import Home, HomePart
from domain.hours_words import greeting
from domain.requests import Button
from domain.richtext import plain
from domain.texts import LOCALES, text
from handlers import channel_wrote, customer_commands, listings
from handlers.turn import Turn
from storage import chats, people

if TYPE_CHECKING:
    from domain.events import HomeOpened, PersonSeen, Pressed
    from storage.query import Row


def opened(turn: Turn, event: HomeOpened | Pressed) -> None:
    """Somebody looks at their page: it says how things stand now."""
    person = people.see(turn.conn, turn.messenger, turn.account, event.author, turn.now_ms)
    if channel_wrote.is_colleague(turn, person, event.author):
        parts = _for_colleague(turn, person, event.author)
    else:
        parts = _for_customer(turn, person)
    turn.effects.homes.append(Home(turn.messenger, person.native, event.chat.native, tuple(parts)))


def _for_colleague(turn: Turn, person: Row, seen: PersonSeen) -> list[HomePart]:
    """The tickets they have, and the queues of the desks they belong to; who belongs to none here sees all."""
    locale = turn.policy.locale
    bound = {row.native: row.name for row in chats.bindings(turn.conn) if row.messenger == turn.messenger}
    theirs = {bound[native] for native in seen.desks or () if native in bound}
    desks = [d for d in turn.policy.desks if d.name in theirs] or list(turn.policy.desks)
    parts = [HomePart(text(locale, "home.mine"), listings.mine(turn, person))]
    for desk in desks:
        title = text(locale, "home.queue", desk=f"{desk.icon} {desk.title}".strip())
        parts.append(HomePart(title, listings.queue(turn, desk.name)))
    return parts


def _for_customer(turn: Turn, person: Row) -> list[HomePart]:
    """How soon somebody answers, their tickets, and the language they are spoken to in."""
    locale = turn.locale_of(person)
    customer = people.customer_of_person(turn.conn, person.id)
    said = customer_commands.status(turn, customer, None, locale) if customer else text(locale, "status.none")
    languages = tuple(Button(text(code, "lang.name"), f"lang:0:{code}") for code in LOCALES)
    return [
        HomePart(text(locale, "home.support"), plain(greeting(locale, turn.policy))),
        HomePart(text(locale, "home.tickets"), plain(said)),
        HomePart("", plain(""), (languages,)),
    ]


def language_chosen(turn: Turn, person: Row, code: str) -> None:
    """They are spoken to in this language from now on."""
    if code in LOCALES:
        people.choose_locale(turn.conn, person.id, code)
