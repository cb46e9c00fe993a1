"""Clocks of tickets: started, held, stopped and recomputed as things happen. The arithmetic is `escalation`'s."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, cast

from domain.policy import Interval, Policy
from escalation import due, national, sla
from escalation.hours import Calendar
from escalation.sla import Clock, Ending, Kind, Outcome
from handlers import pinging
from handlers.turn import Turn
from storage import clocks, messages, outbox, people, places, rules, tickets

if TYPE_CHECKING:
    from storage import Connection
    from storage.query import Row

_MS = timedelta(milliseconds=1)


def calendar_of(conn: Connection, policy: Policy, desk: str) -> Calendar:
    """When the desk works: the settings, and over them the days that were set from a chat."""
    scope = hours_scope(policy, desk)
    days = {date.fromisoformat(row.day): read_intervals(row.intervals) for row in rules.days(conn, scope)}
    return national.calendar(policy.hours_of(desk), days)


def hours_scope(policy: Policy, desk: str) -> str:
    """Whose days hold for a desk: its own when it has hours of its own, else (empty) those of all the others."""
    known = policy.desk(desk)
    return desk if known is not None and known.hours is not None else ""


def read_intervals(written: str) -> tuple[Interval, ...]:
    """`10:00-14:00,15:00-20:00` as intervals; empty is closed. Raises ValueError."""
    found = []
    for part in filter(None, written.split(",")):
        start, _, end = part.strip().partition("-")
        found.append(Interval(_time(start), _time(end)))
    return tuple(found)


def _time(written: str) -> time:
    return time() if written.strip() == "24:00" else time.fromisoformat(written.strip())


def of(row: Row) -> Clock:
    """The clock of a row, as the rules want it."""
    started, since = clocks.moment(row.started_at), clocks.moment(row.since)
    if started is None or since is None:
        raise ValueError("a clock has started")
    return Clock(
        kind=cast(Kind, row.kind),
        started=started,
        target=clocks.span(row.target),
        since=since,
        due=clocks.moment(row.due_at),
        used=clocks.span(row.used),
        held=clocks.moment(row.held_at),
        held_used=clocks.span(row.held_used),
        ended=clocks.moment(row.ended_at),
        outcome=cast(Outcome, row.outcome) if row.outcome else None,
        reminders=row.reminders,
        reminded=clocks.span(row.reminded),
        pings=row.pings,
        pinged=clocks.span(row.pinged),
        breaches=row.breaches,
        quiet_until=clocks.moment(row.quiet_until),
    )


def _values(clock: Clock, wake: datetime | None) -> dict[str, object]:
    return {
        "kind": clock.kind,
        "started_at": clocks.ms(clock.started),
        "target": clock.target // _MS,
        "since": clocks.ms(clock.since),
        "used": clock.used // _MS,
        "due_at": clocks.ms(clock.due),
        "held_at": clocks.ms(clock.held),
        "held_used": clock.held_used // _MS,
        "ended_at": clocks.ms(clock.ended),
        "outcome": clock.outcome or "",
        "reminders": clock.reminders,
        "reminded": clock.reminded // _MS,
        "pings": clock.pings,
        "pinged": clock.pinged // _MS,
        "breaches": clock.breaches,
        "quiet_until": clocks.ms(clock.quiet_until),
        "wake_at": clocks.ms(wake),
        "over": int(clock.over),
    }


def keep(turn: Turn, row: Row, clock: Clock, desk: str, calendar: Calendar, **more: object) -> None:
    """Store what became of a clock, when it next asks for something, and what its pings say."""
    wake = due.next_wake(clock, calendar, due.rules_of(turn.policy, desk), turn.now)
    clocks.change(turn.conn, row.id, **_values(clock, wake), **more)
    before = of(row)
    if _colour(before) != _colour(clock):
        _touch_card(turn, row.ticket_id)
    if (before.over, before.outcome, before.quiet_until) != (clock.over, clock.outcome, clock.quiet_until):
        pinging.refresh(turn, row.id)


def _colour(clock: Clock) -> tuple[bool, bool, datetime | None]:
    """What the card shows of a clock."""
    return (clock.running, clock.breaches > 0, clock.due) if clock.running else (False, False, None)


def _touch_card(turn: Turn, ticket_id: int) -> None:
    place_id = tickets.get(turn.conn, ticket_id).desk_place_id
    if place_id is not None:
        places.want_card(turn.conn, place_id)
        turn.wake(place_id, "state")


def asked(turn: Turn, ticket: Row, at: datetime) -> None:
    """A customer asked; a question that waits already goes on."""
    row = clocks.latest(turn.conn, ticket.id)
    calendar = calendar_of(turn.conn, turn.policy, ticket.desk)
    clock = None if row is None else of(row)
    new = sla.asked(clock, at, _goal(turn, ticket), calendar)
    if clock is None or new is not clock:
        wake = due.next_wake(new, calendar, due.rules_of(turn.policy, ticket.desk), turn.now)
        clocks.add(turn.conn, ticket.id, _values(new, wake))


def _goal(turn: Turn, ticket: Row) -> sla.Goal:
    tier = people.customer(turn.conn, ticket.customer_id).tier
    return sla.goal_of(turn.policy, ticket.desk, tier or None)


def _running(turn: Turn, ticket_id: int) -> tuple[Row, Clock, Row, Calendar] | None:
    """The ticket's clock that isn't over, with its ticket and calendar."""
    row = clocks.latest(turn.conn, ticket_id)
    if row is None or row.over:
        return None
    ticket = tickets.get(turn.conn, ticket_id)
    return row, of(row), ticket, calendar_of(turn.conn, turn.policy, ticket.desk)


def answer_written(turn: Turn, ticket_id: int, written: datetime) -> None:
    """An agent's answer is on its way: the clock is held as of when it was written."""
    if (found := _running(turn, ticket_id)) is not None:
        row, clock, ticket, calendar = found
        keep(turn, row, sla.held(clock, written, calendar), ticket.desk, calendar)


def answer_delivered(turn: Turn, ticket_id: int, written: datetime, person_id: int) -> None:
    """It arrived: answered as of then. A question asked meanwhile gets a clock of its own."""
    if (found := _running(turn, ticket_id)) is None:
        return
    row, clock, ticket, calendar = found
    done = sla.delivered(clock, written)
    keep(turn, row, done, ticket.desk, calendar, answered_by=person_id)
    if done.over and done.ended is not None:
        _asked_meanwhile(turn, ticket, done.ended)


def _asked_meanwhile(turn: Turn, ticket: Row, ended: datetime) -> None:
    """What the customer asked after the answer was written is the next question; a later answer may hold it already."""
    asked_at = clocks.moment(messages.first_question_after(turn.conn, ticket.id, clocks.ms(ended) or 0))
    if asked_at is None:
        return
    other = clocks.moment(outbox.first_waiting_answer(turn.conn, ticket.id))
    later = other if other is not None and other >= asked_at else None
    if ticket.state != "agent" and later is None:
        return
    asked(turn, ticket, asked_at)
    if later is not None:
        answer_written(turn, ticket.id, later)


def answer_refused(turn: Turn, ticket_id: int, written: datetime) -> None:
    """It could not be delivered: the clock runs on, unless another answer is on its way."""
    if (found := _running(turn, ticket_id)) is None:
        return
    row, clock, ticket, calendar = found
    clock = sla.refused(clock, written)
    other = outbox.first_waiting_answer(turn.conn, ticket_id)
    if other is not None:
        clock = sla.held(clock, clocks.moment(other) or written, calendar)
    keep(turn, row, clock, ticket.desk, calendar)


def unreachable(turn: Turn, ticket_id: int) -> None:
    """The customer can't be reached at all."""
    if (found := _running(turn, ticket_id)) is not None:
        row, clock, ticket, calendar = found
        keep(turn, row, sla.unreachable(clock, turn.now, calendar), ticket.desk, calendar)


def ended(turn: Turn, ticket_id: int, outcome: Ending) -> None:
    """No answer is needed, or the ticket was closed."""
    if (found := _running(turn, ticket_id)) is not None:
        row, clock, ticket, calendar = found
        keep(turn, row, sla.end(clock, turn.now, outcome, calendar), ticket.desk, calendar)


def moved(turn: Turn, ticket_id: int, old_desk: str) -> None:
    """The ticket went to another desk: used time is kept, the rest counts by the hours and targets there."""
    if (found := _running(turn, ticket_id)) is not None:
        row, clock, ticket, calendar = found
        old = calendar_of(turn.conn, turn.policy, old_desk)
        target = _goal(turn, ticket).of(clock.kind)
        keep(turn, row, sla.moved(clock, turn.now, old, calendar, target), ticket.desk, calendar)


def retimed(turn: Turn, clock_id: int, old: Calendar | None = None) -> None:
    """Hours, targets or a tier changed: the due time is recomputed, used time is kept."""
    ticket = tickets.get(
        turn.conn, clocks.by_id(turn.conn, clock_id).ticket_id
    )  # locks it: then the clock is read
    row = clocks.by_id(turn.conn, clock_id)
    if row.over:
        return
    calendar = calendar_of(turn.conn, turn.policy, ticket.desk)
    clock = of(row)
    target = _goal(turn, ticket).of(clock.kind)
    keep(turn, row, sla.changed(clock, turn.now, old or calendar, calendar, target), ticket.desk, calendar)


def quiet(turn: Turn, clock_id: int, person_id: int) -> None:
    """Somebody is on it: no ping for half an hour."""
    ticket = tickets.get(turn.conn, clocks.by_id(turn.conn, clock_id).ticket_id)
    row = clocks.by_id(turn.conn, clock_id)
    calendar = calendar_of(turn.conn, turn.policy, ticket.desk)
    keep(turn, row, due.quieted(of(row), turn.now, calendar), ticket.desk, calendar, quiet_by=person_id)
