"""Somebody pressed a button under the card or under the question for a rating."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import commands
from domain.events import Pressed, Wrote
from domain.messages import Content
from domain.richtext import plain
from domain.texts import text
from handlers import actions, agent_wrote, choosing, floods, home, relay, timekeeping
from handlers.turn import Turn
from storage import chats, clocks, links, people, places, tickets

if TYPE_CHECKING:
    from storage.query import Row


def pressed_by_agent(turn: Turn, chat: Row, event: Pressed) -> None:
    """A press in a staff chat counts for the ticket whose place is there; on an old card it says why not."""
    person = people.see(turn.conn, turn.messenger, turn.account, event.author, turn.now_ms)
    kind, number, action, argument = _read(event.data)
    if kind == "ping":
        turn.answer(event.press, _on_it(turn, chat, event.ref, number, person))
        return
    if kind == "okno":
        _commanded(turn, chat, event)
        return
    if kind == "said":
        words, offered = choosing.choose(turn, chat, person, event.ref, action, argument)
        turn.answer(event.press, words, offered)
        return
    if kind == "move":
        turn.answer(event.press, choosing.moved(turn, chat, person, number, action))
        return
    ticket = tickets.by_id(turn.conn, number) if kind == "card" else None
    if ticket is None or ticket.desk_place_id is None:
        turn.answer(event.press, text(turn.policy.locale, "press.unknown"))
        return
    place = places.by_id(turn.conn, ticket.desk_place_id)
    if not any(link.place_id == place.id for link in links.by_ref(turn.conn, chat.id, event.ref)):
        desk = turn.desk(ticket.desk)
        words = text(
            turn.policy.locale, "press.moved", desk=f"{desk.icon} {desk.title}".strip(), number=ticket.id
        )
        turn.answer(event.press, words)
        return
    turn.answer(event.press, _act(turn, ticket, place, person, action, argument))


def _commanded(turn: Turn, chat: Row, event: Pressed) -> None:
    """A command given apart from any message (`/okno queue` in Slack), as if it had been written in the desk."""
    desk = chats.desk_of(turn.conn, chat.id)
    words = plain("!" + event.data.split(":", 2)[2])
    if desk is None and not words.text.startswith("!desk"):
        turn.answer(event.press, text(turn.policy.locale, "okno.not_a_desk"))
        return
    said = Wrote(event.chat, event.author, event.ref, Content(text=words), event.at)
    agent_wrote.agent_wrote(turn, chat, desk, [said])


def _on_it(turn: Turn, chat: Row, ref: str, clock_id: int, person: Row) -> str:
    """Somebody takes care of a breach: the pings about it rest for half an hour, and say who."""
    ping = clocks.ping_by_ref(turn.conn, chat.id, ref)
    members = clocks.ping_members(turn.conn, ping.id) if ping is not None else []
    row = next((member for member in members if member.id == clock_id), None)
    if row is None:
        return text(turn.policy.locale, "press.unknown")
    if row.over:
        return text(turn.policy.locale, "ping.settled")
    timekeeping.quiet(turn, clock_id, person.id)
    return text(turn.policy.locale, "ping.quieted")


def _act(turn: Turn, ticket: Row, place: Row, person: Row, action: str, argument: str) -> str:
    if action in ("menu", "back"):
        _show_menu(turn, place, argument if action == "menu" else "")
        return ""
    if place.card_menu:
        _show_menu(turn, place, "")
    return (
        floods.show(turn, place, ticket) if action == "files" else _do(turn, ticket, person, action, argument)
    )


def _do(turn: Turn, ticket: Row, person: Row, action: str, argument: str) -> str:
    if action == "take":
        return actions.take(turn, ticket, person)
    if action == "release":
        return actions.release(turn, ticket, person)
    if action == "ok":
        return actions.no_answer_needed(turn, ticket, person)
    if action == "snooze":
        return actions.snooze(turn, ticket, person, commands.duration(argument))
    if action == "move":
        return actions.move(turn, ticket, person, argument)
    if action == "close":
        return actions.close(turn, ticket, person)
    if action == "reopen":
        return actions.reopen(turn, ticket, person)
    return text(turn.policy.locale, "press.unknown")


def _show_menu(turn: Turn, place: Row, menu: str) -> None:
    places.change(turn.conn, place.id, card_menu=menu if menu in ("move", "snooze") else "")
    places.want_card(turn.conn, place.id)
    turn.wake(place.id, "state")


def pressed_by_customer(turn: Turn, chat: Row, event: Pressed) -> None:
    """A press of a customer is a rating of their own ticket, or the language they choose on their page."""
    person = people.see(turn.conn, turn.messenger, turn.account, event.author, turn.now_ms)
    kind, number, grade, _ = _read(event.data)
    if kind == "okno":
        turn.answer(event.press, text(turn.locale_of(person), "okno.not_a_desk"))
        return
    if kind == "lang":
        home.language_chosen(turn, person, grade)
        home.opened(turn, event)
        return
    ticket = tickets.by_id(turn.conn, number) if kind == "rate" else None
    place = _where_asked(turn, chat, event)
    theirs = place is not None and ticket is not None and _theirs(turn, chat, person, place, ticket)
    if not theirs or ticket is None or place is None or grade not in ("1", "2", "3", "4", "5"):
        turn.answer(event.press)
        return
    locale = turn.locale_of(person)
    turn.answer(event.press, text(locale, "rating.taken", rating=grade))
    if ticket.rating == int(grade):
        return
    tickets.change(turn.conn, ticket.id, rating=int(grade))
    tickets.record(turn.conn, ticket.id, person.id, "rated", turn.now_ms, grade)
    actions.touch_card(turn, ticket)
    words = text(locale, "rating.given", rating=grade)
    relay.say_anew(turn, place, event.ref, words, ticket_id=ticket.id)


def _where_asked(turn: Turn, chat: Row, event: Pressed) -> Row | None:
    """The customer's place in which the question for a rating stands."""
    if chat.kind != "shared":
        return places.whole_chat(turn.conn, chat.id)
    return places.by_root(turn.conn, chat.id, event.thread) if event.thread else None


def _theirs(turn: Turn, chat: Row, person: Row, place: Row, ticket: Row) -> bool:
    """Whether the ticket is of the customer whose chat this is, or in a shared one, of who pressed."""
    if chat.kind == "shared":
        whose = people.customer(turn.conn, ticket.customer_id)
        return bool(ticket.customer_place_id == place.id and whose.person_id == person.id)
    customer = people.customer_of(turn.conn, chat.id)
    return customer is not None and ticket.customer_id in (customer.id, customer.same_as_id)


def _read(data: str) -> tuple[str, int, str, str]:
    """Kind, ticket, action and argument of a button's data; what people forged reads as nothing."""
    kind, number, action, argument = [*data.split(":", 3), "", "", "", ""][:4]
    known = number.isascii() and number.isdigit() and len(number) < 16
    return (kind, int(number), action, argument) if known else ("", 0, "", "")
