"""What waits, told when a desk opens: to the desk, and in one summary to the leads. Nothing for empty queues."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain.cards import joined_lines, linked
from domain.moments import to_ms
from domain.names import apart
from domain.policy import LEADS
from domain.richtext import RichText, plain, silence_mentions
from domain.texts import stamp, text
from domain.work import Priority
from escalation.hours import EVER
from handlers import assigning, card_views, relay, timekeeping
from handlers.turn import Turn
from storage import chats, clocks, once, places, tickets

if TYPE_CHECKING:
    from domain.policy import Desk
    from storage.query import Row

_AT_MOST = 20
_COUNTED = 1000
_AHEAD = timedelta(hours=24)


def opening(turn: Turn) -> None:
    """At opening time each desk gets one digest of what waits, the leads one summary."""
    counts: dict[datetime, list[tuple[Desk, list[Row]]]] = {}
    for desk in turn.policy.desks:
        calendar = timekeeping.calendar_of(turn.conn, turn.policy, desk.name)
        opened = calendar.open_since(turn.now)
        if opened is None or opened <= EVER:
            continue
        if once.first(turn.conn, "digest", desk.name, opened.isoformat(), turn.now_ms):
            waiting = tickets.unanswered(turn.conn, desk.name, to_ms(opened), _COUNTED)
            if waiting:
                _tell_desk(turn, desk, waiting)
                counts.setdefault(opened, []).append((desk, waiting))
    for opened, desks in counts.items():
        _tell_leads(turn, opened, desks)


def _tell_desk(turn: Turn, desk: Desk, waiting: list[Row]) -> None:
    bound = chats.binding(turn.conn, desk.name)
    if bound is None:
        return
    locale = turn.policy.locale
    lines = [plain(text(locale, "digest.desk", n=len(waiting)))]
    lines += [_line(turn, row) for row in waiting[:_AT_MOST]]
    if len(waiting) > _AT_MOST:
        lines.append(plain(text(locale, "queue.more")))
    relay.say(turn, places.whole_chat(turn.conn, bound.chat_id), joined_lines(lines))


def _line(turn: Turn, ticket: Row) -> RichText:
    since = clocks.moment(ticket.unanswered_since)
    zone = turn.policy.hours_of(ticket.desk).timezone
    when = stamp(turn.policy.locale, since, zone) if since else ""
    parts = [when, apart(ticket.customer), apart(ticket.subject)]
    if ticket.assignee:
        parts.insert(2, text(turn.policy.locale, "card.assignee", name=ticket.assignee))
    link = card_views.link_to(turn.conn, turn.policy, ticket)
    return linked(plain(f"#{ticket.id}"), link) + plain(" · " + " · ".join(filter(None, parts)))


def _tell_leads(turn: Turn, opened: datetime, desks: list[tuple[Desk, list[Row]]]) -> None:
    bound = chats.binding(turn.conn, LEADS)
    if bound is None or not once.first(turn.conn, "summary", LEADS, opened.isoformat(), turn.now_ms):
        return
    locale = turn.policy.locale
    lines = [plain(text(locale, "digest.leads"))]
    for desk, waiting in desks:
        since = clocks.moment(waiting[0].unanswered_since)
        zone = turn.policy.hours_of(desk.name).timezone
        when = stamp(locale, since, zone) if since else ""
        lines.append(
            plain(
                text(
                    locale, "digest.line", desk=f"{desk.icon} {desk.title}".strip(), n=len(waiting), when=when
                )
            )
        )
    relay.say(turn, places.whole_chat(turn.conn, bound.chat_id), joined_lines(lines))


def gaps(turn: Turn) -> None:
    """The leads are told a day ahead of working time in which nobody is on duty; looked for once an hour."""
    bound = chats.binding(turn.conn, LEADS)
    hour = turn.now.strftime("%Y-%m-%dT%H")
    if not turn.policy.rota or bound is None or not once.first(turn.conn, "gap-look", "", hour, turn.now_ms):
        return
    rota = assigning.rota_of(turn.conn, turn.policy)
    calendar = timekeeping.calendar_of(turn.conn, turn.policy, turn.policy.default_desk.name)
    zone, locale = turn.policy.hours.timezone, turn.policy.locale
    for gap in rota.gaps(calendar, turn.now, turn.now + 2 * _AHEAD):  # so that its end is seen
        if gap.start < turn.now + _AHEAD and once.first(
            turn.conn, "gap", "", gap.end.isoformat(), turn.now_ms
        ):
            words = text(
                locale, "gap", start=stamp(locale, gap.start, zone), end=stamp(locale, gap.end, zone)
            )
            place = places.whole_chat(turn.conn, bound.chat_id)
            relay.say(turn, place, silence_mentions(plain(words)), priority=Priority.PING)
