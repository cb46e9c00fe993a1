"""What a place's card shows now, gathered from the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from domain.cards import CardView, card
from domain.policy import Capabilities, Desk, Policy
from domain.texts import stamp
from storage import people, places, tickets

if TYPE_CHECKING:
    from domain.requests import Buttons
    from domain.richtext import RichText
    from storage import Connection
    from storage.query import Row

_EARLIER = 3


def card_of(conn: Connection, policy: Policy, place: Row) -> tuple[RichText, Buttons]:
    """The card of a ticket's place: its words and buttons as they should be at this moment."""
    return card(view_of(conn, policy, place), policy.locale)


def view_of(conn: Connection, policy: Policy, place: Row) -> CardView:
    """Everything the card shows."""
    ticket = tickets.get(conn, place.ticket_id)
    customer = people.customer(conn, ticket.customer_id)
    person = people.by_id(conn, customer.person_id)
    desk = policy.desk(ticket.desk) or policy.default_desk
    left = place.id != ticket.desk_place_id
    snoozed = datetime.fromtimestamp(ticket.snoozed_until / 1000, UTC) if ticket.snoozed_until else None
    return CardView(
        ticket_id=ticket.id,
        customer=customer.name,
        handle=f"@{person.username}" if person.username else "",
        via=person.messenger,
        desk=desk,
        desks=policy.desks,
        state=ticket.state,
        rule=rule_of(desk, policy.capabilities.get(place.messenger)),
        assignee=people.by_id(conn, ticket.assignee_id).name if ticket.assignee_id else "",
        snoozed_until=stamp(policy.locale, snoozed, policy.hours.timezone) if snoozed else "",
        blocked=customer.blocked_at is not None,
        rating=ticket.rating,
        rating_comment=ticket.rating_comment,
        earlier=_earlier(conn, policy, ticket),
        menu=place.card_menu,
        moved_to=f"{desk.icon} {desk.title}".strip() if left else "",
        moved_link=link_to(conn, policy, ticket) if left else None,
    )


def rule_of(desk: Desk, caps: Capabilities | None) -> Literal["all", "replies", "answer_only"]:
    """Which mirror rule holds in a desk's threads."""
    if desk.mirror == "all":
        return "all"
    return "replies" if caps is None or caps.replies_in_threads else "answer_only"


def _earlier(conn: Connection, policy: Policy, ticket: Row) -> tuple[tuple[int, str | None], ...]:
    found = [t for t in tickets.of_customer(conn, ticket.customer_id, _EARLIER + 1) if t.id < ticket.id]
    return tuple((t.id, link_to(conn, policy, t)) for t in found[:_EARLIER])


def link_to(conn: Connection, policy: Policy, ticket: Row) -> str | None:
    """An address that opens the ticket's thread, where its messenger has such."""
    if ticket.desk_place_id is None:
        return None
    place = places.by_id(conn, ticket.desk_place_id)
    caps = policy.capabilities.get(place.messenger)
    if caps is None or caps.link is None or place.root is None:
        return None
    return caps.link(place.native, place.root if place.threaded else None, place.card_ref)
