"""A customer takes their conversation to another messenger: a one-time link there, and the way back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from domain.hours_words import greeting
from domain.moments import to_ms
from domain.texts import text
from handlers import relay, uniting
from handlers.turn import Turn
from storage import chats, crossings, people, places, tickets

if TYPE_CHECKING:
    from datetime import datetime

    from domain.events import AnswerHere, ChatSeen, PersonSeen
    from storage import Connection
    from storage.query import Row

SIGN = "go-"
"""What the words begin with that a link hands over with `/start`."""

LASTS = timedelta(minutes=15)


def begin(
    conn: Connection, messenger: str, account: str, chat: ChatSeen, person: PersonSeen, now: datetime
) -> str:
    """What a link must hand over so that this customer is answered where it is opened; good once."""
    seen = people.see(conn, messenger, account, person, to_ms(now))
    row = chats.see(conn, messenger, account, chat)
    customer = people.customer_of(conn, row.id) or people.make_customer(conn, seen, row.id, to_ms(now))
    token = crossings.new_token()
    crossings.add(conn, token, customer.id, to_ms(now + LASTS))
    return SIGN + token


def arrive(turn: Turn, person: Row, customer: Row, place: Row, words: str) -> None:
    """Somebody opened such a link in this messenger: here they are answered from now on."""
    locale = turn.locale_of(person)
    found = crossings.use(turn.conn, words.removeprefix(SIGN), turn.now_ms)
    if found is None or found == customer.id:
        known = people.others_of(turn.conn, customer.id)  # pressed twice
        relay.say(turn, place, greeting(locale, turn.policy) if known else text(locale, "crossing.void"))
        return
    other = people.customer(turn.conn, found)
    uniting.unite(turn, other, customer)
    ticket = tickets.current(turn.conn, place.id)
    subject = ticket.subject if ticket is not None else ""
    key = "crossing.here_about" if subject else "crossing.here"
    relay.say(turn, place, text(locale, key, subject=subject))
    there = text(
        turn.locale_of(people.by_id(turn.conn, other.person_id)),
        "crossing.there",
        messenger=turn.messenger.title(),
    )
    relay.say(turn, places.whole_chat(turn.conn, other.chat_id), there)
    uniting.answered_in(turn, customer)


def answer_here(turn: Turn, chat: Row, event: AnswerHere) -> None:
    """The customer wants to be answered in this chat again."""
    person = people.see(turn.conn, turn.messenger, turn.account, event.author, turn.now_ms)
    customer = people.customer_of(turn.conn, chat.id)
    if customer is None or customer.same_as_id is None:
        return
    other = people.customer(turn.conn, customer.same_as_id)
    come_back(turn, other, customer)
    relay.say(turn, places.whole_chat(turn.conn, chat.id), text(turn.locale_of(person), "crossing.back"))
    words = text(turn.locale_of(people.by_id(turn.conn, other.person_id)), "crossing.left")
    relay.say(turn, places.whole_chat(turn.conn, other.chat_id), words)


def come_back(turn: Turn, other: Row, customer: Row) -> None:
    """The conversation that went to another of the person's chats is this one's again."""
    uniting.unite(turn, other, customer)
    uniting.answered_in(turn, customer)


def elsewhere(conn: Connection, messenger: str, account: str, native: str) -> str | None:
    """The messenger in which the customer of a chat is answered instead; None when it is this one."""
    chat = chats.find(conn, messenger, account, native)
    customer = people.customer_of(conn, chat.id) if chat is not None else None
    if customer is None or customer.same_as_id is None:
        return None
    other = people.customer(conn, customer.same_as_id)
    return str(chats.by_id(conn, other.chat_id).messenger)
