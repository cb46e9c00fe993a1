"""What people may do with a ticket. Each action writes the new state, the history and the card, and says in words
what came of it; buttons and commands share them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from domain.moments import to_ms
from domain.policy import Desk
from domain.requests import Button
from domain.texts import moment, text
from handlers import assigning, relay, threads, timekeeping
from handlers.turn import Turn
from storage import clocks, people, places, tickets

if TYPE_CHECKING:
    from storage.query import Row

_SNOOZE_AT_MOST = timedelta(days=365)


def touch_card(turn: Turn, ticket: Row) -> None:
    """The ticket's card must be shown anew."""
    if ticket.desk_place_id is not None:
        places.want_card(turn.conn, ticket.desk_place_id)
        turn.wake(ticket.desk_place_id, "state")


def take(turn: Turn, ticket: Row, person: Row) -> str:
    """The agent has the ticket from now on, unless somebody else has."""
    if ticket.assignee_id == person.id:
        return _say(turn, "take.yours")
    if ticket.assignee_id is not None:
        return _say(turn, "take.taken", name=people.by_id(turn.conn, ticket.assignee_id).name)
    _assign(turn, ticket, person.id, person, "taken")
    return _say(turn, "take.done", name=person.name, number=ticket.id)


def release(turn: Turn, ticket: Row, person: Row) -> str:
    """Nobody has the ticket from now on."""
    if ticket.assignee_id is None:
        return _say(turn, "release.nobody")
    _assign(turn, ticket, None, person, "released")
    return _say(turn, "release.done", number=ticket.id)


def assign(turn: Turn, ticket: Row, person: Row, handle: str, messenger: str) -> str:
    """The named colleague has the ticket from now on; `me` is the speaker."""
    if not handle.strip("@ "):
        return _say(turn, "assign.usage")
    other = (
        person
        if handle.strip("@ ").lower() in ("me", "я")
        else people.by_handle(turn.conn, messenger, handle)
    )
    if other is None:
        return _say(turn, "assign.unknown", name=handle)
    _assign(turn, ticket, other.id, person, "assigned")
    return _say(turn, "take.done", name=other.name, number=ticket.id)


def _assign(turn: Turn, ticket: Row, assignee_id: int | None, by: Row, what: str) -> None:
    tickets.change(turn.conn, ticket.id, assignee_id=assignee_id, assigned_at=turn.now_ms)
    tickets.record(turn.conn, ticket.id, by.id, what, turn.now_ms, str(assignee_id or ""))
    touch_card(turn, ticket)


def move(turn: Turn, ticket: Row, person: Row | None, name: str) -> str:
    """The ticket goes to another desk, with what was said so far and what waits to be relayed."""
    desk = find_desk(turn, name)
    if desk is None:
        names = ", ".join(d.name for d in turn.policy.desks)
        return _say(turn, "move.unknown", desk=name, desks=names)
    if desk.name == ticket.desk:
        return _say(turn, "move.already", desk=_titled(desk))
    tickets.change(turn.conn, ticket.id, desk=desk.name, assignee_id=None)
    tickets.record(turn.conn, ticket.id, person.id if person else None, "moved", turn.now_ms, desk.name)
    timekeeping.moved(turn, ticket.id, ticket.desk)
    assigning.assign(turn, tickets.get(turn.conn, ticket.id))
    if ticket.state != "closed" and ticket.desk_place_id is not None:
        threads.rehome(turn, tickets.get(turn.conn, ticket.id))
    return _say(turn, "move.done", desk=_titled(desk), number=ticket.id)


def find_desk(turn: Turn, words: str) -> Desk | None:
    """The desk that people mean: by name, by title, or by the beginning of its name (`bug` for `bugs`)."""
    wanted = words.strip().lower()
    if not wanted:
        return None
    for desk in turn.policy.desks:
        if wanted in (desk.name.lower(), desk.title.lower()):
            return desk
    starting = [d for d in turn.policy.desks if d.name.lower().startswith(wanted)]
    return starting[0] if len(starting) == 1 else None


def _titled(desk: Desk) -> str:
    return f"{desk.icon} {desk.title}".strip()


def no_answer_needed(turn: Turn, ticket: Row, person: Row) -> str:
    """What the customer wrote last needs no answer."""
    if ticket.state == "closed":
        return _say(turn, "closed.already")
    _waits_no_more(turn, ticket)
    tickets.record(turn.conn, ticket.id, person.id, "ok", turn.now_ms)
    touch_card(turn, ticket)
    return _say(turn, "ok.done", number=ticket.id)


def _waits_no_more(turn: Turn, ticket: Row) -> None:
    values = {"state": "customer", "unanswered_since": None, "snoozed_until": None}
    tickets.change(turn.conn, ticket.id, **values, touched_at=turn.now_ms)
    timekeeping.ended(turn, ticket.id, "no_answer_needed")


def snooze(turn: Turn, ticket: Row, person: Row, span: timedelta | None) -> str:
    """The ticket comes back after that time, or when the customer writes."""
    if ticket.state == "closed":
        return _say(turn, "closed.already")
    if span is None or span > _SNOOZE_AT_MOST:
        return _say(turn, "snooze.usage")
    until = turn.now + span
    tickets.change(turn.conn, ticket.id, state="snoozed", snoozed_until=to_ms(until), touched_at=turn.now_ms)
    tickets.record(turn.conn, ticket.id, person.id, "snoozed", turn.now_ms, until.isoformat())
    touch_card(turn, ticket)
    when = moment(turn.policy.locale, until, turn.now, turn.policy.hours.timezone)
    return _say(turn, "snooze.done", number=ticket.id, when=when)


def wake(turn: Turn, ticket: Row) -> None:
    """A snoozed ticket comes back."""
    state = "agent" if ticket.unanswered_since is not None else "customer"
    tickets.change(turn.conn, ticket.id, state=state, snoozed_until=None)
    tickets.record(turn.conn, ticket.id, None, "woke", turn.now_ms)
    touch_card(turn, ticket)


def close(turn: Turn, ticket: Row, person: Row) -> str:
    """The conversation is over; an answered one asks for a rating, at most once a week per customer."""
    if ticket.state == "closed":
        return _say(turn, "closed.already")
    _close(turn, ticket, person, "agent")
    _ask_rating(turn, ticket)
    return _say(turn, "close.done", number=ticket.id, name=person.name)


def close_silently(turn: Turn, ticket: Row) -> None:
    """The customer has not come back: closed without a word, and without asking for a rating."""
    _close(turn, ticket, None, "auto")


def _close(turn: Turn, ticket: Row, person: Row | None, by: str) -> None:
    values = {"state": "closed", "closed_at": turn.now_ms, "closed_by": by, "snoozed_until": None}
    tickets.change(turn.conn, ticket.id, **values, touched_at=turn.now_ms)
    tickets.record(turn.conn, ticket.id, person.id if person else None, "closed", turn.now_ms)
    timekeeping.ended(turn, ticket.id, "closed_unanswered")
    _show_closed(turn, ticket, closed=True)


def _ask_rating(turn: Turn, ticket: Row) -> None:
    customer = people.customer(turn.conn, ticket.customer_id)
    lately = turn.now_ms - round(turn.policy.csat_every.total_seconds() * 1000)
    asked = customer.rating_asked_at is not None and customer.rating_asked_at > lately
    if not turn.policy.csat or ticket.answered_at is None or asked or customer.blocked_at is not None:
        return
    place = places.by_id(turn.conn, ticket.customer_place_id)
    locale = turn.locale_of(people.by_id(turn.conn, customer.person_id))
    buttons = (tuple(Button(str(n), f"rate:{ticket.id}:{n}") for n in range(1, 6)),)
    relay.say(turn, place, text(locale, "rating.ask"), ticket_id=ticket.id, buttons=buttons, role="rating")
    people.change_customer(turn.conn, customer.id, rating_asked_at=turn.now_ms)


def _show_closed(turn: Turn, ticket: Row, *, closed: bool) -> None:
    if ticket.desk_place_id is not None:
        places.change(turn.conn, ticket.desk_place_id, closed_wanted=int(closed), card_menu="")
    touch_card(turn, ticket)


def reopen(turn: Turn, ticket: Row, person: Row | None) -> str:
    """A closed ticket goes on, unless the customer has another open one."""
    if ticket.state != "closed":
        return _say(turn, "reopen.open")
    other = tickets.current(turn.conn, ticket.customer_place_id)
    if other is not None:
        return _say(turn, "reopen.other", number=other.id)
    waits = person is not None and ticket.unanswered_since is not None
    values = {"state": "agent" if waits else "customer", "closed_at": None, "closed_by": ""}
    if person is None:  # the customer did, and what they write now is the question
        values["unanswered_since"] = None
    tickets.change(turn.conn, ticket.id, **values, touched_at=turn.now_ms)
    tickets.record(turn.conn, ticket.id, person.id if person else None, "reopened", turn.now_ms)
    threads.place_of(turn, tickets.get(turn.conn, ticket.id))
    _show_closed(turn, tickets.get(turn.conn, ticket.id), closed=False)
    return _say(turn, "reopen.done", number=ticket.id)


def block(turn: Turn, ticket: Row, person: Row, *, blocked: bool) -> str:
    """Nothing the customer writes is relayed from now on, and nobody has to answer them; or it is again."""
    people.change_customer(turn.conn, ticket.customer_id, blocked_at=turn.now_ms if blocked else None)
    tickets.record(turn.conn, ticket.id, person.id, "blocked" if blocked else "unblocked", turn.now_ms)
    current = tickets.current(turn.conn, ticket.customer_place_id)
    if blocked and current is not None and current.state != "customer":
        _waits_no_more(turn, current)
    touch_card(turn, ticket)
    name = people.customer(turn.conn, ticket.customer_id).name
    return _say(turn, "block.done" if blocked else "unblock.done", name=name)


def set_tier(turn: Turn, ticket: Row, person: Row, wanted: str) -> str:
    """The customer belongs to a tier of customers from now on, or to none; their clocks follow its targets."""
    name = wanted.strip().lower()
    known = ", ".join(turn.policy.tiers) or "–"
    if name in ("", "off", "none", "-"):
        name = ""
        if not wanted.strip():
            return _say(turn, "tier.usage", tiers=known)
    elif name not in turn.policy.tiers:
        return _say(turn, "tier.unknown", tier=name, tiers=known)
    people.change_customer(turn.conn, ticket.customer_id, tier=name)
    tickets.record(turn.conn, ticket.id, person.id, "tier", turn.now_ms, name)
    for clock_id in clocks.of_customer(turn.conn, ticket.customer_id):
        timekeeping.retimed(turn, clock_id)
    touch_card(turn, ticket)
    customer = people.customer(turn.conn, ticket.customer_id).name
    return _say(turn, "tier.done" if name else "tier.none", name=customer, tier=name)


def _say(turn: Turn, key: str, **params: object) -> str:
    return text(turn.policy.locale, key, **params)
