"""Two customers turn out to be one person: their tickets, what is known of them and where they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.richtext import plain
from domain.texts import text
from handlers import acquaintance, actions, floods, history, relay, threads, timekeeping
from storage import chats, clocks, outbox, people, places, tickets, uniting

if TYPE_CHECKING:
    from domain.events import Joined
    from handlers.turn import Turn
    from storage.query import Row

_FOLLOW = ("edit", "history", "correction", "delete", "held", "reheld", "late")


def unite(turn: Turn, old: Row, new: Row) -> None:
    """The customer `old` is the same person as `new`, in whose chat they are answered from now on.

    A customer has one open ticket: of two, the one that was in hand last goes on, with what was said in the other.
    """
    if new.same_as_id is not None and new.same_as_id != old.id:
        new = people.customer(turn.conn, new.same_as_id)
    if old.id == new.id:
        return
    open_ones = uniting.open_tickets(turn.conn, old.id) + uniting.open_tickets(turn.conn, new.id)
    if open_ones:
        kept = max(open_ones, key=lambda ticket: (ticket.touched_at, ticket.id))
        for ticket in open_ones:
            if ticket.id != kept.id:
                _put_into(turn, ticket, tickets.get(turn.conn, kept.id))
    place = places.whole_chat(turn.conn, new.chat_id)
    people.change_customer(turn.conn, new.id, same_as_id=None)
    uniting.customers_as_one(turn.conn, old.id, new.id, place.id)
    acquaintance.as_one(turn, old, new)
    for ticket in uniting.open_tickets(turn.conn, new.id):
        actions.touch_card(turn, ticket)


def joined(turn: Turn, chat: Row, event: Joined) -> None:
    """A messenger moved the messages of a chat into another of the same person: so do we, and they are one customer."""
    old = people.customer_of(turn.conn, chat.id)
    if old is None:
        return
    into = chats.see(turn.conn, turn.messenger, turn.account, event.into)
    person = people.see(turn.conn, turn.messenger, turn.account, event.author, turn.now_ms)
    new = people.customer_of(turn.conn, into.id) or people.make_customer(
        turn.conn, person, into.id, turn.now_ms
    )
    acquaintance.remember(turn, new, person, event.author)
    uniting.chats_as_one(turn.conn, chat.id, into.id, places.whole_chat(turn.conn, into.id).id)
    unite(turn, old, people.customer(turn.conn, new.id))


def answered_in(turn: Turn, customer: Row) -> None:
    """Tell the threads of the customer's open tickets where answers go from now on."""
    where = chats.by_id(turn.conn, customer.chat_id).messenger.title()
    words = text(turn.policy.locale, "united.answered_in", messenger=where)
    for ticket in uniting.open_tickets(turn.conn, customer.id):
        if ticket.desk_place_id is not None:
            relay.say(turn, places.by_id(turn.conn, ticket.desk_place_id), words, ticket_id=ticket.id)


def _put_into(turn: Turn, gone: Row, kept: Row) -> None:
    """The conversation of one ticket goes on in another, which waits as long as either did."""
    timekeeping.ended(turn, gone.id, "no_answer_needed")
    if gone.unanswered_since is not None:
        _waits_too(turn, gone, kept)
    if gone.desk_place_id is not None:
        _move_thread(turn, gone, kept)
    uniting.tickets_as_one(turn.conn, gone.id, kept.id)
    closed = {"state": "closed", "closed_at": turn.now_ms, "closed_by": "united", "desk_place_id": None}
    tickets.change(turn.conn, gone.id, **closed, snoozed_until=None, unanswered_since=None)
    tickets.record(turn.conn, gone.id, None, "united", turn.now_ms, str(kept.id))
    values = {
        "assignee_id": kept.assignee_id or gone.assignee_id,
        "answered_at": kept.answered_at or gone.answered_at,
    }
    tickets.change(turn.conn, kept.id, **values)


def _waits_too(turn: Turn, gone: Row, kept: Row) -> None:
    """The other ticket's question is this one's now."""
    since = min(kept.unanswered_since or gone.unanswered_since, gone.unanswered_since)
    values = {"state": "agent", "unanswered_since": since, "snoozed_until": None}
    tickets.change(turn.conn, kept.id, **values)
    asked = clocks.moment(gone.unanswered_since)
    if kept.unanswered_since is None and asked is not None:
        timekeeping.asked(turn, tickets.get(turn.conn, kept.id), asked)


def _move_thread(turn: Turn, gone: Row, kept: Row) -> None:
    """What was said in the one thread is told in the other, with what waits to be relayed; the first points there."""
    old = places.by_id(turn.conn, gone.desk_place_id)
    new = threads.place_of(turn, kept)
    waiting = [letter for letter in outbox.waiting_of(turn.conn, old.id) if letter.kind == "copy"]
    for letter in waiting:
        outbox.rehome(turn.conn, letter.id, new.id)
    for letter in outbox.waiting_of(turn.conn, old.id):
        if letter.kind in _FOLLOW:
            outbox.finish(turn.conn, letter.id, old.id, "dropped", turn.now_ms)
    words = plain(text(turn.policy.locale, "united.ticket", number=gone.id))
    relay.say(turn, new, words, ticket_id=kept.id)
    history.write(turn.conn, turn.policy, new, gone.id, turn.now_ms, first=False)
    for letter in waiting:  # after what was said before
        outbox.rehome(turn.conn, letter.id, new.id)
        outbox.change(turn.conn, letter.id, payload="")
    floods.follow(turn, old, new, kept.id)
    places.change(turn.conn, old.id, state="left", card_menu="", ticket_id=kept.id)
    places.want_card(turn.conn, old.id)
    turn.wake(old.id, "state")
    turn.wake(new.id)
    if old.state in ("open", "made"):
        threads.say_moved(turn, places.by_id(turn.conn, old.id), kept)
