"""What `queue`, `mine` and `who` say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from domain import commands, figures
from domain.cards import joined_lines, linked
from domain.names import apart
from domain.policy import LEADS
from domain.richtext import RichText, plain
from domain.texts import duration, stamp, text
from handlers import card_views
from handlers.turn import Turn
from storage import figures as stored
from storage import outbox, people, tickets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.query import Row

_AT_MOST = 30
_DEEDS = 8
_LONGEST = timedelta(days=92)  # more is for the terminal
_FAILED_AT_MOST = 50


def queue(turn: Turn, desk: str) -> RichText:
    """The desk's open tickets, those that wait for an agent first, with what of them is still undelivered.

    In the leads' chat: those of every desk.
    """
    if desk == LEADS:
        lists = [(d, queue(turn, d.name)) for d in turn.policy.desks]
        return joined_lines(
            [plain(f"{d.icon} {d.title}".strip()) + plain("\n") + listed for d, listed in lists]
        )
    return _list(turn, tickets.of_desk(turn.conn, desk, _AT_MOST + 1), "queue.empty")


def mine(turn: Turn, person: Row) -> RichText:
    """The open tickets the agent has."""
    return _list(turn, tickets.of_assignee(turn.conn, person.id, _AT_MOST + 1), "mine.empty")


def _list(turn: Turn, rows: Sequence[Row], empty: str) -> RichText:
    locale = turn.policy.locale
    if not rows:
        return plain(text(locale, empty))
    undelivered = outbox.waiting_answers(turn.conn)
    lines = [_line(turn, row, undelivered.get(row.id, 0)) for row in rows[:_AT_MOST]]
    if len(rows) > _AT_MOST:
        lines.append(plain(text(locale, "queue.more")))
    return joined_lines(lines)


def _line(turn: Turn, ticket: Row, undelivered: int) -> RichText:
    locale = turn.policy.locale
    parts = [apart(ticket.customer), _state(turn, ticket)]
    if ticket.assignee:
        parts.append(text(locale, "card.assignee", name=ticket.assignee))
    if undelivered:
        parts.append(text(locale, "queue.undelivered", n=undelivered))
    if failed := outbox.failed_lately(turn.conn, ticket.customer_place_id, ticket.id, _FAILED_AT_MOST):
        parts.append(text(locale, "queue.failed", n=len(failed), reason=text(locale, failed[0])))
    if ticket.subject:
        parts.append(apart(ticket.subject))
    link = card_views.link_to(turn.conn, turn.policy, ticket)
    sign = {"agent": "🔵", "snoozed": "💤"}.get(ticket.state, "⚪")
    return plain(f"{sign} ") + linked(plain(f"#{ticket.id}"), link) + plain(" · " + " · ".join(parts))


def _state(turn: Turn, ticket: Row) -> str:
    locale = turn.policy.locale
    if ticket.state == "agent" and ticket.unanswered_since is not None:
        waited = turn.now - datetime.fromtimestamp(ticket.unanswered_since / 1000, UTC)
        return text(locale, "queue.waits", span=duration(locale, waited))
    return _standing(turn, ticket)


def _standing(turn: Turn, ticket: Row) -> str:
    """The ticket's state in words."""
    until = ""
    if ticket.state == "snoozed" and ticket.snoozed_until is not None:
        at = datetime.fromtimestamp(ticket.snoozed_until / 1000, UTC)
        until = stamp(turn.policy.locale, at, turn.policy.hours.timezone)
    return text(turn.policy.locale, f"card.state.{ticket.state}", until=until)


def stats(turn: Turn, desk: str, words: str) -> str:
    """The desk's figures of a span of time, a week unless another is asked for; in the leads' chat those of all."""
    locale = turn.policy.locale
    span = commands.duration(words) if words.strip() else timedelta(days=7)
    if span is None or span > _LONGEST:
        return text(locale, "stats.usage")
    since = turn.now - span
    waits = [w for w in stored.waits(turn.conn, since) if desk in (LEADS, w.desk)]
    deeds = [d for d in stored.deeds(turn.conn, since) if desk in (LEADS, d.desk)]
    line = figures.lines(waits, deeds)[0]
    lines = [
        text(locale, "stats.tickets", span=duration(locale, span), opened=line.opened, closed=line.closed)
    ]
    for key, asked in (("stats.first", line.first), ("stats.next", line.following)):
        middle, most, share = (
            figures.quantile(asked, 0.5),
            figures.quantile(asked, 0.9),
            figures.within(asked),
        )
        if middle is not None and most is not None and share is not None:
            spans = [duration(locale, timedelta(seconds=seconds)) for seconds in (middle, most)]
            lines.append(text(locale, key, median=spans[0], p90=spans[1], share=round(100 * share)))
    if line.rating is not None:
        lines.append(text(locale, "stats.rating", mean=f"{line.rating:.1f}", count=line.ratings))
    return "\n".join(lines)


def who(turn: Turn, ticket: Row) -> RichText:
    """Everything that is known of the customer, and their earlier tickets."""
    locale, zone = turn.policy.locale, turn.policy.hours.timezone
    customer = people.customer(turn.conn, ticket.customer_id)
    person = people.by_id(turn.conn, customer.person_id)
    first = datetime.fromtimestamp(customer.created_at / 1000, UTC)
    handle = f" · @{person.username}" if person.username else ""
    lines = [
        plain(f"{apart(customer.name)}{handle} · {person.messenger}:{person.native}"),
        plain(text(locale, "who.since", since=stamp(locale, first, zone), language=turn.locale_of(person))),
    ]
    if person.timezone:
        lines.append(plain(text(locale, "who.timezone", timezone=person.timezone)))
    signed, page = people.details_of(customer)
    lines += [plain(f"{apart(key)}: {apart(value)}") for key, value in signed.items()]
    if page:
        lines.append(plain(text(locale, "card.page", details=card_views.told(page))))
    if customer.blocked_at is not None:
        lines.append(plain(text(locale, "card.blocked")))
    for row in tickets.of_customer(turn.conn, customer.id):
        state = _standing(turn, row)
        link = card_views.link_to(turn.conn, turn.policy, row)
        lines.append(linked(plain(f"#{row.id}"), link) + plain(f" · {state} · {apart(row.subject)}"))
    lines += [plain(line) for line in _deeds(turn, ticket)]
    return joined_lines(lines)


def _deeds(turn: Turn, ticket: Row) -> list[str]:
    """Who did what with the ticket when, the newest few."""
    locale, zone = turn.policy.locale, turn.policy.hours.timezone
    lines = []
    for event in tickets.history(turn.conn, ticket.id)[-_DEEDS:]:
        when = stamp(locale, datetime.fromtimestamp(event.at / 1000, UTC), zone)
        who_did = people.by_id(turn.conn, event.person_id).name if event.person_id else ""
        lines.append(" · ".join(filter(None, (when, who_did, text(locale, f"done.{event.what}")))))
    return lines
