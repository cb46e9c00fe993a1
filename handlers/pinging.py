"""Pings to the leads: one message about the breaches of one moment, kept true while they last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from domain import cards
from domain.names import apart, tidy
from domain.policy import LEADS, Address, Policy
from domain.requests import Button, Buttons
from domain.richtext import RichText, plain, silence_mentions
from domain.texts import clock as clock_words
from domain.texts import duration, stamp, text
from domain.work import Priority
from handlers import card_views, mentions
from handlers.turn import Turn
from storage import chats, clocks, messages, outbox, people, places, tickets

if TYPE_CHECKING:
    from storage import Connection
    from storage.query import Row

_KEPT_TRUE = 5  # of one breach's pings, the newest few are edited
_QUOTE = 60


def ping(turn: Turn, clock_ids: Sequence[int]) -> None:
    """Tell the leads (or, without their chat, each desk) of breaches that happen at this moment."""
    by_place: dict[int, list[int]] = {}
    for clock_id in clock_ids:
        ticket = tickets.get(turn.conn, clocks.by_id(turn.conn, clock_id).ticket_id)
        bound = chats.binding(turn.conn, LEADS) or chats.binding(turn.conn, turn.desk(ticket.desk).name)
        if bound is not None:
            by_place.setdefault(places.whole_chat(turn.conn, bound.chat_id).id, []).append(clock_id)
    for place_id, members in by_place.items():
        ping_id = clocks.add_ping(turn.conn, place_id, members, turn.now_ms)
        _write(turn, place_id, "ping", ping_id)


def refresh(turn: Turn, clock_id: int) -> None:
    """What is known of a breach has changed: its pings say so. One that isn't sent yet will anyway."""
    for row in clocks.pings_of(turn.conn, clock_id)[-_KEPT_TRUE:]:
        if row.ref is not None:
            _write(turn, row.place_id, "reping", row.id)


def _write(turn: Turn, place_id: int, kind: str, ping_id: int) -> None:
    outbox.add(
        turn.conn,
        place_id=place_id,
        kind=kind,
        priority=Priority.PING,
        now_ms=turn.now_ms,
        payload=orjson.dumps({"v": 1, "ping": ping_id}).decode(),
    )
    turn.wake(place_id)


def ping_of(letter: Row) -> int:
    """The ping that a letter sends or edits."""
    return int(orjson.loads(letter.payload)["ping"])


def content(conn: Connection, policy: Policy, place: Row, ping_id: int) -> tuple[RichText, Buttons]:
    """What a ping says now, with a button for each question that still waits."""
    lines: list[RichText] = []
    buttons: list[Button] = []
    for row in clocks.ping_members(conn, ping_id):
        ticket = tickets.get(conn, row.ticket_id)
        lines.append(_line(conn, policy, row, ticket))
        if not row.over:
            label = text(policy.locale, "ping.on_it", number=ticket.id)
            buttons.append(Button(label, f"ping:{row.id}:on"))
    who = _leads(conn, policy, place)
    if who:
        lines.append(who)
    return cards.joined_lines(lines), tuple((b,) for b in buttons)


def _leads(conn: Connection, policy: Policy, place: Row) -> RichText:
    """Whom the settings want mentioned: addresses by their people's names, `@names` as they are written."""
    named = [Address(*m.split(":", 1)) for m in policy.leads_mentions if ":" in m]
    whole = mentions.of_addresses(conn, place, named)
    for name in policy.leads_mentions:
        if ":" not in name:
            whole = whole + plain(f", {name}" if whole else name)
    return whole


def _line(conn: Connection, policy: Policy, row: Row, ticket: Row) -> RichText:
    locale = policy.locale
    zone = policy.hours_of(ticket.desk).timezone
    started = clocks.moment(row.started_at)
    ended = clocks.moment(row.ended_at)
    desk = policy.desk(ticket.desk) or policy.default_desk
    if started is None:
        return RichText()
    since = clock_words(started, zone) if not _old(row) else stamp(locale, started, zone)
    if row.over and row.outcome == "answered":
        by = people.by_id(conn, row.answered_by).name if row.answered_by else ""
        head = text(locale, "ping.answered", name=by, span=duration(locale, (ended or started) - started))
    elif row.over:
        head = text(locale, f"ping.over.{row.outcome}")
    else:
        head = text(locale, "ping.late", since=since)
    parts = [head, apart(people.customer(conn, ticket.customer_id).name), desk.title]
    if not row.over:
        parts += _state(conn, policy, row, ticket)
    quote = _question(conn, ticket)
    if quote:
        parts.append(text(locale, "ping.question", words=apart(quote)))
    words = silence_mentions(plain(" · ".join(filter(None, parts)) + " → "))
    link = card_views.link_to(conn, policy, ticket)
    return words + cards.linked(plain(text(locale, "ping.thread", number=ticket.id)), link)


def _old(row: Row) -> bool:
    """Whether the wait is so long that the time of day alone would mislead."""
    return bool(row.pings) and clocks.span(row.pinged) > timedelta(hours=6)


def _state(conn: Connection, policy: Policy, row: Row, ticket: Row) -> list[str]:
    """Who has it, who is on it, and when it is not the agents' fault."""
    locale = policy.locale
    found = []
    if ticket.assignee_id is not None:
        found.append(text(locale, "ping.assignee", name=people.by_id(conn, ticket.assignee_id).name))
    else:
        found.append(text(locale, "card.unassigned"))
    if row.quiet_by is not None and row.quiet_until is not None:
        found.append(text(locale, "ping.taken_on", name=people.by_id(conn, row.quiet_by).name))
    if ticket.desk_place_id is not None and outbox.relay_waits(conn, ticket.desk_place_id):
        found.append(text(locale, "ping.delayed"))
    return found


def _question(conn: Connection, ticket: Row) -> str:
    """The first line of the oldest unanswered question."""
    asked = messages.first_unanswered(conn, ticket.id, ticket.unanswered_since or 0)
    words = tidy(asked or ticket.subject)
    return words if len(words) <= _QUOTE else words[: _QUOTE - 1].rstrip() + "…"
