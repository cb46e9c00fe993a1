"""What time does to tickets, and what is thrown away in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain.policy import Policy
from domain.texts import text
from domain.work import Effects
from handlers import actions, letters, relay
from handlers.turn import Turn, to_ms
from storage import attempts, journal, places, tickets

if TYPE_CHECKING:
    from storage import Connection

JOURNAL_KEPT = timedelta(days=7)  # longer than any platform repeats an event
ATTEMPTS_KEPT = timedelta(minutes=10)


def sweep(conn: Connection, policy: Policy, now: datetime) -> Effects:
    """Do what is due: snoozed tickets come back, and their thread says so."""
    turn = Turn(conn, policy, now)
    for ticket in tickets.waking(conn, turn.now_ms):
        actions.wake(turn, ticket)
        if ticket.desk_place_id is not None:
            place = places.by_id(conn, ticket.desk_place_id)
            relay.say(turn, place, text(policy.locale, "snooze.over", number=ticket.id), ticket_id=ticket.id)
    return letters.finish(turn)


def prune(conn: Connection, policy: Policy, now: datetime) -> None:  # noqa: ARG001 - every timed job is called alike
    """Throw away what has served: handled journal rows and old sending times."""
    journal.prune(conn, to_ms(now - JOURNAL_KEPT))
    attempts.prune(conn, to_ms(now - ATTEMPTS_KEPT))
