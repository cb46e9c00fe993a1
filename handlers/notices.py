"""What customers are told about working hours: when the team is back, once per closed period."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from domain.moments import to_ms
from domain.texts import moment, text
from handlers import relay, timekeeping
from handlers.turn import Turn
from storage import messages, once, people, places, tickets

if TYPE_CHECKING:
    from datetime import datetime

    from escalation.hours import Calendar
    from storage.query import Row

_STILL_THERE = timedelta(minutes=30)
_AT_ONCE = 10_000


def away(turn: Turn, ticket: Row, place: Row, person: Row) -> None:
    """A customer wrote: when the team isn't there, say when it is back, unless an agent wrote just now."""
    calendar = timekeeping.calendar_of(turn.conn, turn.policy, ticket.desk)
    closed_since = calendar.closed_since(turn.now)
    if closed_since is not None and not _agent_was_there(turn, ticket, turn.now):
        _say_away(turn, ticket, place, person, calendar, closed_since)


def closing(turn: Turn) -> None:
    """A desk has closed: who still waits for an answer is told when the team is back."""
    for desk in turn.policy.desks:
        calendar = timekeeping.calendar_of(turn.conn, turn.policy, desk.name)
        closed_since = calendar.closed_since(turn.now)
        if closed_since is None or not once.first(
            turn.conn, "closing", desk.name, closed_since.isoformat(), turn.now_ms
        ):
            continue
        for ticket in tickets.unanswered(turn.conn, desk.name, to_ms(closed_since), _AT_ONCE):
            if _agent_was_there(turn, ticket, closed_since):
                continue
            customer = people.customer(turn.conn, ticket.customer_id)
            place = places.by_id(turn.conn, ticket.customer_place_id)
            person = people.by_id(turn.conn, customer.person_id)
            _say_away(turn, ticket, place, person, calendar, closed_since)


def _agent_was_there(turn: Turn, ticket: Row, at: datetime) -> bool:
    answered = messages.last_answer(turn.conn, ticket.id)
    return answered is not None and answered > to_ms(at - _STILL_THERE)


def _say_away(
    turn: Turn, ticket: Row, place: Row, person: Row, calendar: Calendar, closed_since: datetime
) -> None:
    """Once per closed period and customer, in their own time where it is known."""
    opening = calendar.next_opening(turn.now)
    whom = str(place.id) if place.kind == "chat" else f"{place.chat_id}:{person.id}"
    if opening is None or not once.first(turn.conn, "away", whom, closed_since.isoformat(), turn.now_ms):
        return
    locale = turn.locale_of(person)
    zone = person.timezone if _is_zone(person.timezone) else calendar.hours.timezone
    when = moment(locale, opening, turn.now, zone)
    relay.say(turn, place, text(locale, "away", when=when), ticket_id=ticket.id)


def _is_zone(name: str) -> bool:
    from zoneinfo import available_timezones

    return name in available_timezones()
