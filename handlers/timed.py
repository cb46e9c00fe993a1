"""What time does to tickets, and what is thrown away in time.

A sweep writes down what it gives in the same transaction: a restart, a late tick or a second process neither loses
nor doubles anything. It does a bounded amount at once; what is left is done by the next one.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain.cards import press_data
from domain.moments import to_ms
from domain.policy import Policy, WorkingHours
from domain.requests import Button
from domain.richtext import plain, silence_mentions
from domain.texts import clock as clock_words
from domain.texts import duration, text
from domain.work import Effects, Priority
from escalation import due
from handlers import actions, assigning, digests, lateness, letters, notices, pinging, relay, timekeeping
from handlers.turn import Turn
from storage import attempts, clocks, crossings, facts, journal, leases, once, people, places, rules, tickets

if TYPE_CHECKING:
    from collections.abc import Collection

    from escalation.hours import Calendar
    from escalation.sla import Clock
    from storage import Connection
    from storage.query import Row

JOURNAL_KEPT = timedelta(days=7)  # longer than any platform repeats an event
ATTEMPTS_KEPT = timedelta(minutes=10)
ONCE_KEPT = timedelta(days=60)
AT_ONCE = 200
_RULES, _CURSOR = "time_rules", "time_rules_from"


def sweep(conn: Connection, policy: Policy, now: datetime, failing: Collection[str] = ()) -> Effects:
    """Do what is due: reminders, pings, notices, digests; snoozed tickets come back, forgotten ones close.

    `failing`: the messengers where nothing arrives at the moment.
    """
    turn = Turn(conn, policy, now)
    _follow_rules(turn)
    _wake_snoozed(turn)
    _remind_and_ping(turn)
    notices.closing(turn)
    digests.opening(turn)
    digests.gaps(turn)
    lateness.tell(turn, failing)
    _forward(turn)
    _close_idle(turn)
    return letters.finish(turn)


def prune(conn: Connection, policy: Policy, now: datetime) -> None:
    """Throw away what has served: handled journal rows, old sending times, proofs of old notices."""
    if not leases.alone(conn, leases.PRUNING):
        return
    kept = JOURNAL_KEPT if policy.keep_messages is None else min(JOURNAL_KEPT, policy.keep_messages)
    journal.prune(conn, to_ms(now - kept))
    attempts.prune(conn, to_ms(now - ATTEMPTS_KEPT))
    once.prune(conn, to_ms(now - ONCE_KEPT))
    crossings.prune(conn, to_ms(now))
    rules.forget_past(conn, to_ms(now))


def _follow_rules(turn: Turn) -> None:
    """After a change of the settings every clock is recomputed, some with each sweep."""
    print_of = _print_of(turn.policy)
    if facts.get(turn.conn, _RULES) != print_of:
        facts.put(turn.conn, _RULES, print_of)
        facts.put(turn.conn, _CURSOR, "0")
    cursor = facts.get(turn.conn, _CURSOR)
    if not cursor:
        return
    found = clocks.after(turn.conn, int(cursor), AT_ONCE)
    for clock_id in found:
        timekeeping.retimed(turn, clock_id)
    facts.put(turn.conn, _CURSOR, str(found[-1]) if found else "")


def _print_of(policy: Policy) -> str:
    """What tells one set of rules about time from another; the same in every process."""
    said = [
        (policy.first_response, policy.next_response, policy.remind_at, policy.repeat_breach),
        _hours_print(policy.hours),
        sorted(policy.tiers.items()),
    ]
    for desk in policy.desks:
        targets = (desk.first_response, desk.next_response, desk.remind_at, desk.repeat_breach)
        said.append((desk.name, targets, _hours_print(desk.hours) if desk.hours else None))
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _hours_print(hours: WorkingHours) -> tuple[object, ...]:
    return hours.timezone, hours.weekly, hours.country, sorted(hours.closed), sorted(hours.open)


def _wake_snoozed(turn: Turn) -> None:
    for ticket in tickets.waking(turn.conn, turn.now_ms):
        actions.wake(turn, ticket)
        if ticket.desk_place_id is not None:
            place = places.by_id(turn.conn, ticket.desk_place_id)
            words = text(turn.policy.locale, "snooze.over", number=ticket.id)
            relay.say(turn, place, words, ticket_id=ticket.id, aloud=True)


def _remind_and_ping(turn: Turn) -> None:
    """Give what clocks ask for; the breaches of this moment are one message."""
    breached: list[int] = []
    for clock_id in clocks.due(turn.conn, turn.now_ms, AT_ONCE):
        row = clocks.by_id(turn.conn, clock_id)
        ticket = tickets.get(turn.conn, row.ticket_id)
        calendar = timekeeping.calendar_of(turn.conn, turn.policy, ticket.desk)
        desk_rules = due.rules_of(turn.policy, ticket.desk)
        clock = timekeeping.of(row)
        wanted = due.due_now(clock, calendar, desk_rules, turn.now)
        if wanted is not None and clocks.give(turn.conn, row.id, wanted.kind, wanted.number, turn.now_ms):
            clock = due.given(clock, wanted, turn.now, calendar)
            if wanted.kind == "ping":
                breached.append(row.id)
                actions.touch_card(turn, ticket)
            else:
                _remind(turn, ticket, clock, calendar)
        timekeeping.keep(turn, row, clock, ticket.desk, calendar)
    pinging.ping(turn, breached)


def _remind(turn: Turn, ticket: Row, clock: Clock, calendar: Calendar) -> None:
    """One message in the thread: how long it has waited, until when to answer, and whose it is."""
    if ticket.desk_place_id is None:
        return
    locale = turn.policy.locale
    place = places.by_id(turn.conn, ticket.desk_place_id)
    name = people.customer(turn.conn, ticket.customer_id).name
    until = clock_words(clock.due, calendar.hours.timezone) if clock.due else ""
    words = silence_mentions(
        plain(text(locale, "reminder", span=duration(locale, clock.reminded), name=name, until=until))
    )
    who = assigning.named(turn, place, ticket)
    if who:
        words = words + plain(" · ") + who
    buttons = (
        (
            Button(text(locale, "button.take"), press_data(ticket.id, "take")),
            Button(text(locale, "button.ok"), press_data(ticket.id, "ok")),
        ),
    )
    relay.say(turn, place, words, ticket_id=ticket.id, buttons=buttons, priority=Priority.PING, aloud=True)


def _forward(turn: Turn) -> None:
    """Where the rota assigns: a ticket that isn't answered in time goes to the next."""
    for desk in turn.policy.desks:
        if desk.assign_timeout is None or desk.assign == "queue":
            continue
        calendar = timekeeping.calendar_of(turn.conn, turn.policy, desk.name)
        before = to_ms(turn.now - desk.assign_timeout)
        for ticket in tickets.handed_out(turn.conn, desk.name, before, AT_ONCE):
            assigned = clocks.moment(ticket.assigned_at)
            if assigned is None or calendar.between(assigned, turn.now) < desk.assign_timeout:
                continue
            if assigning.assign(turn, ticket, assigning.passed(turn, ticket)):
                _say_forwarded(turn, tickets.get(turn.conn, ticket.id))
            else:  # nobody else: look again after as long
                tickets.change(turn.conn, ticket.id, assigned_at=turn.now_ms)


def _say_forwarded(turn: Turn, ticket: Row) -> None:
    actions.touch_card(turn, ticket)
    if ticket.desk_place_id is not None:
        place = places.by_id(turn.conn, ticket.desk_place_id)
        words = plain(text(turn.policy.locale, "forwarded") + " ") + assigning.named(turn, place, ticket)
        relay.say(turn, place, words, ticket_id=ticket.id)


def _close_idle(turn: Turn) -> None:
    """Tickets that have waited for their customer too long are closed without a word."""
    if turn.policy.auto_close is not None:
        for ticket in tickets.idle(turn.conn, to_ms(turn.now - turn.policy.auto_close), AT_ONCE):
            actions.close_silently(turn, ticket)
