"""A customer wrote: their message reaches a desk, in the ticket it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain import commands
from domain.events import Wrote
from domain.texts import text
from handlers import acquaintance, actions, crossing, customer_commands, filing, relay
from handlers.turn import Turn
from storage import links, messages, people, places, tickets

if TYPE_CHECKING:
    from storage.query import Row


def customer_wrote(turn: Turn, chat: Row, said: Sequence[Wrote]) -> None:
    """One message, or the parts of one album, from a private chat."""
    first = said[0]
    if first.author.is_bot or first.is_service:
        return
    person = people.see(turn.conn, turn.messenger, turn.account, first.author, turn.now_ms)
    customer = people.customer_of(turn.conn, chat.id) or _new_customer(turn, chat, person)
    if customer.same_as_id is not None:
        customer = _whose(turn, customer)
    acquaintance.remember(turn, customer, person, first.author)
    place = places.whole_chat(turn.conn, chat.id)
    command = commands.parse(first.content.text)
    if command is not None and customer_commands.run(turn, command, said, person, customer, place):
        return
    if customer.blocked_at is not None or _rating_sentence(turn, chat, first):
        return
    if messages.by_ref(turn.conn, chat.id, first.ref) is not None:
        return  # history read after an outage told it already
    filing.file_message(turn, customer, person, place, said, customer.next_desk)


def _new_customer(turn: Turn, chat: Row, person: Row) -> Row:
    """The person as a customer of this chat; one who is known from a shared channel only is reached here now."""
    known = people.customer_of_person(turn.conn, person.id)
    if known is None:
        return people.make_customer(turn.conn, person, chat.id, turn.now_ms)
    people.change_customer(turn.conn, known.id, chat_id=chat.id)
    return people.customer(turn.conn, known.id)


def _whose(turn: Turn, customer: Row) -> Row:
    """The customer whose the words are: the one whom they turned out to be. Whoever writes in a chat that can't say
    that answers go elsewhere is answered there again.
    """
    other = people.customer(turn.conn, customer.same_as_id)
    if turn.capabilities(turn.messenger).says_where_answered:
        return other
    crossing.come_back(turn, other, customer)
    return people.customer(turn.conn, customer.id)


def _rating_sentence(turn: Turn, chat: Row, said: Wrote) -> bool:
    """An answer to the rating message adds a sentence to the rating."""
    if said.reply_to is None or said.content.kind != "text":
        return False
    link = next((x for x in links.by_ref(turn.conn, chat.id, said.reply_to) if x.role == "rating"), None)
    if link is None or link.ticket_id is None:
        return False
    ticket = tickets.get(turn.conn, link.ticket_id)
    comment = "\n".join(filter(None, (ticket.rating_comment, said.content.text.text)))
    tickets.change(turn.conn, ticket.id, rating_comment=comment)
    actions.touch_card(turn, ticket)
    if ticket.desk_place_id is not None:
        desk_place = places.by_id(turn.conn, ticket.desk_place_id)
        words = text(turn.policy.locale, "rating.comment", comment=said.content.text.text)
        relay.say(turn, desk_place, words, ticket_id=ticket.id)
    return True
