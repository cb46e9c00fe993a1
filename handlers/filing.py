"""What a customer said is put into the ticket it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from domain import commands
from domain.events import Wrote
from domain.messages import load_content
from domain.moments import to_ms
from domain.texts import text
from domain.work import Priority
from handlers import actions, assigning, floods, keeping, notices, relay, threads, timekeeping
from handlers.turn import Turn
from storage import links, messages, people, places, tickets

if TYPE_CHECKING:
    from storage.query import Row


def file_message(
    turn: Turn, customer: Row, person: Row, place: Row, said: Sequence[Wrote], desk: str
) -> None:
    """Put what was said into the customer's ticket, which is opened, reopened or moved to `desk` as needed."""
    ticket, reopened = _ticket_for(turn, customer, _home_of(turn, customer, place), said, desk)
    overlooked = ticket.state != "agent" and (reopened or ticket.assignee_id is None)
    if customer.next_desk:
        people.change_customer(turn.conn, customer.id, next_desk="")
    answered = _answered(turn, place.chat_id, said[0].reply_to)
    first = keeping.keep(turn, ticket, place, person, said, "customer", answered)
    desk_place = threads.place_of(turn, ticket)
    if overlooked and said[0].content.files:
        words = text(turn.policy.locale, "asked.again", name=customer.name, number=ticket.id)
        _say_in_old_thread(turn, desk_place, ticket, words)
        overlooked = False
    relay.copy(turn, desk_place, ticket.id, first, Priority.RELAY, aloud=overlooked)
    if said[0].content.kind != "text":
        floods.hold(turn, desk_place, ticket.id, first)
    _now_waits(turn, ticket, min(said[0].at, turn.now))
    notices.away(turn, ticket, place, person)
    if said[0].content.kind in ("paid", "story", "other") and not _goes_as_it_is(turn, desk_place, said[0]):
        locale = turn.locale_of(person)
        relay.say(
            turn, place, text(locale, "customer.cannot_receive"), ticket_id=ticket.id, reply_ref=said[0].ref
        )


def _goes_as_it_is(turn: Turn, place: Row, said: Wrote) -> bool:
    same = (place.messenger, place.account) == (turn.messenger, turn.account)
    return same and said.content.copyable


def _say_in_old_thread(turn: Turn, place: Row, ticket: Row, words: str) -> None:
    """Files can't show outside their thread: words do, where nobody follows an old thread."""
    if turn.capabilities(place.messenger).threads_under_cards:
        relay.say(turn, place, words, ticket_id=ticket.id, aloud=True)


def _home_of(turn: Turn, customer: Row, place: Row) -> Row:
    """Where the customer is answered, which need not be where they write; in a shared chat, right there."""
    if place.kind == "conversation" or customer.chat_id == place.chat_id:
        return place
    return places.whole_chat(turn.conn, customer.chat_id)


def _ticket_for(turn: Turn, customer: Row, place: Row, said: Sequence[Wrote], desk: str) -> tuple[Row, bool]:
    """The ticket the message belongs to: the open one, the one closed lately (which is reopened), or a new one."""
    reopened = False
    ticket = tickets.current(turn.conn, place.id)
    if ticket is None:
        latest = tickets.latest(turn.conn, customer.id, place.id)
        lately = turn.now_ms - round(turn.policy.reopen_within.total_seconds() * 1000)
        if latest is not None and latest.closed_at is not None and latest.closed_at > lately:
            actions.reopen(turn, latest, None)
            ticket, reopened = tickets.get(turn.conn, latest.id), True
    if ticket is None:
        name = (turn.policy.desk(desk) if desk else None) or turn.policy.default_desk
        subject = threads.subject_of(_words(said))
        ticket = _open(turn, customer, place, name.name, subject, min(said[0].at, turn.now))
    elif desk and ticket.desk != desk:
        actions.move(turn, ticket, None, desk)
        ticket = tickets.get(turn.conn, ticket.id)
    return ticket, reopened


def _open(turn: Turn, customer: Row, place: Row, desk: str, subject: str, at: datetime) -> Row:
    """A new ticket: its clock starts, and where the rota assigns, somebody has it."""
    ticket = tickets.create(turn.conn, customer.id, place.id, desk, subject, to_ms(at))
    tickets.record(turn.conn, ticket.id, None, "opened", turn.now_ms, desk)
    timekeeping.asked(turn, ticket, at)
    assigning.assign(turn, ticket)
    return tickets.get(turn.conn, ticket.id)


def _words(said: Sequence[Wrote]) -> str:
    for wrote in said:
        if words := wrote.content.text.text or wrote.content.label:
            return words
    return ""


def _answered(turn: Turn, chat_id: int, ref: str | None) -> int | None:
    """The message a customer answered: their own, or the agent's whose copy they saw."""
    if ref is None:
        return None
    own = messages.by_ref(turn.conn, chat_id, ref)
    if own is not None:
        return int(own.id)
    return next((link.message_id for link in links.by_ref(turn.conn, chat_id, ref) if link.message_id), None)


def _now_waits(turn: Turn, ticket: Row, at: datetime) -> None:
    """The ticket waits for an agent since the oldest unanswered message."""
    if ticket.state == "agent" and ticket.unanswered_since is not None:
        return
    since = ticket.unanswered_since or to_ms(at)
    values = {"state": "agent", "unanswered_since": since, "snoozed_until": None}
    tickets.change(turn.conn, ticket.id, **values, touched_at=turn.now_ms)
    timekeeping.asked(turn, ticket, at)
    actions.touch_card(turn, tickets.get(turn.conn, ticket.id))


def refile(turn: Turn, customer: Row, place: Row, message: Row, desk: str) -> None:
    """File an earlier message of the customer in a desk: the open ticket moves there, or a new one opens with it."""
    place = _home_of(turn, customer, place)
    ticket = tickets.current(turn.conn, place.id)
    if ticket is not None:
        actions.move(turn, ticket, None, desk)
        return
    subject = threads.subject_of(load_content(message.content).text.text)
    ticket = _open(turn, customer, place, desk, subject, turn.now)
    relay.copy(turn, threads.open_place(turn, ticket), ticket.id, message, Priority.RELAY)


def without_command(said: Wrote, command: commands.Command) -> Wrote:
    """What was said, without the command's word."""
    return replace(said, content=replace(said.content, text=command.rest, copyable=False))
