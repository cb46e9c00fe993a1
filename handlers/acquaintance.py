"""What is known of a customer beyond their name: what their product vouches for, and what its page says around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from domain.names import tidy
from handlers import actions, threads, timekeeping
from storage import clocks, people, places, tickets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.events import Introduced, PersonSeen
    from handlers.turn import Turn
    from storage.query import Row

_OPEN_AT_MOST = 20
_LONGEST_DETAIL = 300


def introduced(turn: Turn, chat: Row, event: Introduced) -> None:
    """A customer signed in to the host product: their card says who they are, whether they write again or not."""
    person = people.see(turn.conn, turn.messenger, turn.account, event.author, turn.now_ms)
    customer = people.customer_of(turn.conn, chat.id)
    if customer is not None and customer.same_as_id is not None:
        customer = people.customer(turn.conn, customer.same_as_id)
    if customer is not None:
        remember(turn, customer, person, event.author)


def remember(turn: Turn, customer: Row, person: Row, seen: PersonSeen) -> None:
    """Keep what was told of the customer just now; cards, titles and clocks follow when it is news."""
    values: dict[str, str] = {}
    if customer.name != person.name and (seen.details or not people.called(customer)):
        values["name"] = person.name
    details = _merged(customer, person, seen)
    if details != customer.details:
        values["details"] = details
    if seen.tier in turn.policy.tiers and seen.tier != customer.tier:
        values["tier"] = seen.tier
    if not values:
        return
    people.change_customer(turn.conn, customer.id, **values)
    if "tier" in values:
        for clock_id in clocks.of_customer(turn.conn, customer.id):
            timekeeping.retimed(turn, clock_id)
    for ticket in tickets.of_customer(turn.conn, customer.id, _OPEN_AT_MOST):
        if ticket.state != "closed":
            actions.touch_card(turn, ticket)
            if "name" in values:
                _retitle(turn, ticket, person.name)


def as_one(turn: Turn, old: Row, new: Row) -> None:
    """Whatever was known of either is known of the one whom `old` turned out to be."""
    name = _name_of(turn, old, new)
    signed, page = people.details_of(old)
    newly_signed, new_page = people.details_of(new)
    known: dict[str, object] = {"signed": {**newly_signed, **signed}, "page": {**new_page, **page}}
    if name != people.by_id(turn.conn, new.person_id).name:
        known["called"] = name
    asked = [at for at in (old.rating_asked_at, new.rating_asked_at) if at is not None]
    people.change_customer(
        turn.conn,
        new.id,
        name=name,
        details=orjson.dumps(known).decode() if any(known.values()) else "",
        tier=old.tier or new.tier,
        next_desk=old.next_desk or new.next_desk,
        blocked_at=old.blocked_at or new.blocked_at,
        rating_asked_at=max(asked, default=None),
    )
    for clock_id in clocks.of_customer(turn.conn, new.id):
        timekeeping.retimed(turn, clock_id)
    for ticket in tickets.of_customer(turn.conn, new.id, _OPEN_AT_MOST):
        if ticket.state != "closed":
            _retitle(turn, ticket, name)


def _name_of(turn: Turn, old: Row, new: Row) -> str:
    """What a product vouches for, else what they call themselves where people have names, else the newer."""
    for customer in (new, old):
        if people.called(customer) or people.details_of(customer)[0]:
            return str(customer.name)
    person = people.by_id(turn.conn, new.person_id)
    nameless = turn.capabilities(person.messenger).says_where_answered  # a page: its guests are numbered
    return str(old.name if nameless else new.name)


def _merged(customer: Row, person: Row, seen: PersonSeen) -> str:
    """A token tells everything anew; a page only what it knows."""
    if not seen.details and not seen.context and not seen.tier:
        return str(customer.details)
    known, page = people.details_of(customer)
    signed = _tidied(seen.details)
    if seen.tier:
        signed["tier"] = seen.tier
    told: dict[str, object] = {"signed": signed or known, "page": {**page, **_tidied(seen.context)}}
    if called := people.called(customer):
        told["called"] = person.name if seen.details else called
    return orjson.dumps(told).decode()


def _tidied(details: Mapping[str, str]) -> dict[str, str]:
    return {tidy(key): tidy(value, _LONGEST_DETAIL) for key, value in details.items()}


def _retitle(turn: Turn, ticket: Row, name: str) -> None:
    """The ticket's thread is called after the customer."""
    if ticket.desk_place_id is None:
        return
    place = places.by_id(turn.conn, ticket.desk_place_id)
    title = threads.title_of(name, ticket.subject, ticket.id)
    if place.title != title:
        places.change(turn.conn, place.id, title=title, closed_shown=-1)  # shown anew, closed or not
        turn.wake(place.id, "state")
