"""What a place's card shows now, gathered from the tables."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from domain.cards import CardView, card
from domain.names import apart
from domain.policy import Address, Capabilities, Desk, Policy
from domain.richtext import RichText
from domain.texts import clock as clock_words
from domain.texts import stamp, text
from handlers import assigning, mentions
from storage import chats, clocks, people, places, tickets

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from domain.requests import Buttons
    from storage import Connection
    from storage.query import Row

_EARLIER = 3
_PLAIN_DETAILS = ("email", "address")
_LONGEST_DETAILS = 300


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it should be shown: words, buttons, and whether its ticket waits for an agent in this place."""

    words: RichText
    buttons: Buttons
    waits: bool

    @property
    def print(self) -> str:
        """What tells this card from any other; short."""
        return hashlib.sha256(repr((self.words, self.buttons, self.waits)).encode()).hexdigest()[:16]


def card_of(conn: Connection, policy: Policy, place: Row) -> Card:
    """The card of a ticket's place as it should be at this moment."""
    words, buttons = card(view_of(conn, policy, place), policy.locale)
    return Card(words, buttons, _waits(conn, place))


def _waits(conn: Connection, place: Row) -> bool:
    ticket = tickets.get(conn, place.ticket_id)
    return bool(ticket.state == "agent" and ticket.desk_place_id == place.id)


def view_of(conn: Connection, policy: Policy, place: Row) -> CardView:
    """Everything the card shows."""
    ticket = tickets.get(conn, place.ticket_id)
    customer = people.customer(conn, ticket.customer_id)
    person = people.by_id(conn, customer.person_id)
    desk = policy.desk(ticket.desk) or policy.default_desk
    left = place.id != ticket.desk_place_id
    caps = policy.capabilities.get(place.messenger)
    signed, page = people.details_of(customer)
    caps = policy.capabilities.get(place.messenger)
    via, via_link = _via(conn, policy, person, ticket)
    snoozed = datetime.fromtimestamp(ticket.snoozed_until / 1000, UTC) if ticket.snoozed_until else None
    return CardView(
        ticket_id=ticket.id,
        customer=apart(customer.name),
        handle=f"@{person.username}" if person.username else "",
        via=via,
        via_link=via_link,
        menus=caps is not None and caps.menus,
        desk=desk,
        desks=policy.desks,
        state=ticket.state,
        note_prefix=policy.note_prefix,
        rule=rule_of(desk, caps),
        clock=_clock(conn, policy, ticket),
        assignee=people.by_id(conn, ticket.assignee_id).name if ticket.assignee_id else "",
        snoozed_until=stamp(policy.locale, snoozed, policy.hours.timezone) if snoozed else "",
        blocked=customer.blocked_at is not None,
        rating=ticket.rating,
        rating_comment=ticket.rating_comment,
        earlier=_earlier(conn, policy, ticket),
        menu=place.card_menu,
        moved_to=f"{desk.icon} {desk.title}".strip() if left else "",
        moved_link=link_to(conn, policy, ticket) if left else None,
        tier=customer.tier,
        details=told(signed, but=("tier",) if customer.tier else ()),
        context=told(page),
        pings=caps is None or caps.pings,
        duty=_on_duty(conn, policy, place, ticket) if policy.rota else RichText(),
    )


def _via(conn: Connection, policy: Policy, person: Row, ticket: Row) -> tuple[str, str | None]:
    """Where the customer writes: their messenger, and of a channel shared with them its name, with a link."""
    caps = policy.capabilities.get(person.messenger)
    if caps is None or not caps.shares_chats:
        return person.messenger, None
    theirs = places.by_id(conn, ticket.customer_place_id)
    if theirs.kind != "conversation":
        return person.messenger, None
    link = caps.link(theirs.native, theirs.root, None) if caps.link else None
    return f"{person.messenger} #{chats.by_id(conn, theirs.chat_id).title or theirs.native}", link


def told(details: Mapping[str, str], but: Collection[str] = ()) -> str:
    """Details in one line: `ann@example.org · plan: pro`; what speaks for itself goes without its name."""
    parts = [
        apart(v) if k in _PLAIN_DETAILS else f"{apart(k)}: {apart(v)}"
        for k, v in details.items()
        if k not in but
    ]
    return " · ".join(parts)[:_LONGEST_DETAILS]


def _clock(conn: Connection, policy: Policy, ticket: Row) -> str:
    """How the customer's question stands: answered, due, or late; changed when that changes, not every minute."""
    row = clocks.latest(conn, ticket.id)
    if row is None or row.outcome in ("closed_unanswered", "undeliverable"):
        return ""
    if row.outcome or row.held_at is not None:
        return text(policy.locale, "card.clock.answered")
    due, started = clocks.moment(row.due_at), clocks.moment(row.started_at)
    if due is None or started is None:
        return ""
    zone = ZoneInfo(policy.hours_of(ticket.desk).timezone)
    same_day = due.astimezone(zone).date() == started.astimezone(zone).date()
    at = clock_words(due, zone.key) if same_day else stamp(policy.locale, due, zone.key)
    return text(policy.locale, "card.clock.late" if row.breaches else "card.clock.due", at=at)


def _on_duty(conn: Connection, policy: Policy, place: Row, ticket: Row) -> RichText:
    """Who was on duty when the question was asked; they are mentioned."""
    asked = clocks.moment(ticket.unanswered_since or ticket.created_at)
    on_duty = assigning.rota_of(conn, policy).on_duty(asked) if asked else ()
    addresses = [Address(*a.split(":", 1)) for a in on_duty]
    return mentions.of_addresses(conn, place, addresses)


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
