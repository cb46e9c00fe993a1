"""`/duty`, `/away`, `/handover`: who is on duty, shown and set over the rota of the settings."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from domain import commands
from domain.texts import moment, text
from escalation import rota as rotas
from escalation.rota import Override, Rota
from handlers import actions, assigning, mentions
from handlers.turn import Turn
from storage import clocks, people, rules, tickets

if TYPE_CHECKING:
    from storage.query import Row

_UNTIL = re.compile(r"\s*(?:until|till|до)\s+(\d{1,2})[:.](\d{2})\s*$", re.IGNORECASE)
_HANDED_AT_MOST = 200


def duty(turn: Turn, person: Row, words: str) -> str:
    """`/duty` shows; `/duty @name until 20:00`, `/duty next`, `/duty reset` set, by admins or who is on duty."""
    rota = assigning.rota_of(turn.conn, turn.policy)
    if not words.strip():
        return _shown(turn, rota)
    if not _may(turn, person, rota):
        return text(turn.policy.locale, "duty.not_yours")
    if words.strip().lower() == "reset":
        rules.clear_overrides(turn.conn)
    elif words.strip().lower() == "next":
        taken = rotas.take_over(rota, turn.now)
        if taken is None:
            return text(turn.policy.locale, "duty.nobody_next")
        _keep(turn, taken, person)
    else:
        until, name = _until(turn, words)
        agent = _colleague(turn, person, name)
        if agent is None:
            return text(turn.policy.locale, "assign.unknown", name=name)
        _keep(turn, Override("instead", (mentions.address_of(agent),), turn.now, until), person)
    return _shown(turn, assigning.rota_of(turn.conn, turn.policy))


def away(turn: Turn, person: Row, words: str) -> str:
    """`/away`, `/away 2h`, `/away until 15:00`: not on duty meanwhile; `/away off` is back."""
    me = mentions.address_of(person)
    wanted = words.strip().lower()
    if wanted in ("off", "back"):
        rules.drop_away(turn.conn, me)
        return text(turn.policy.locale, "away.back", name=person.name)
    until, rest = _until(turn, words)
    span = commands.duration(rest) if rest else None
    if rest and span is None:
        return text(turn.policy.locale, "away.usage")
    until = turn.now + span if span is not None else until
    _keep(turn, Override("away", (me,), turn.now, until), person)
    locale, zone = turn.policy.locale, turn.policy.hours.timezone
    if until is None:
        return text(locale, "away.done", name=person.name)
    return text(locale, "away.until", name=person.name, when=moment(locale, until, turn.now, zone))


def handover(turn: Turn, person: Row, words: str) -> str:
    """`/handover @name`: a colleague takes over one's duty, if one has any, and one's open tickets."""
    other = _colleague(turn, person, words)
    if other is None or other.id == person.id:
        return text(turn.policy.locale, "assign.unknown", name=words.strip())
    rota = assigning.rota_of(turn.conn, turn.policy)
    mine, theirs = mentions.address_of(person), mentions.address_of(other)
    for override in rotas.hand_over(rota, mine, theirs, turn.now):
        _keep(turn, override, person)
    handed = tickets.of_assignee(turn.conn, person.id, _HANDED_AT_MOST)
    for row in handed:
        actions.assign(
            turn, tickets.get(turn.conn, row.id), person, f"@{other.username or other.name}", person.messenger
        )
    return text(turn.policy.locale, "handover.done", name=other.name, n=len(handed))


def _may(turn: Turn, person: Row, rota: Rota) -> bool:
    me = mentions.address_of(person)
    return bool(person.admin) or me in turn.policy.admins or me in rota.on_duty(turn.now)


def _keep(turn: Turn, override: Override, person: Row) -> None:
    start, end = clocks.ms(override.start), clocks.ms(override.end)
    by = mentions.address_of(person)
    rules.add_override(turn.conn, override.change, " ".join(override.agents), start or turn.now_ms, end, by)


def _until(turn: Turn, words: str) -> tuple[datetime | None, str]:
    """The time after `until`, today or else tomorrow in the team's zone, and the words before it."""
    found = _UNTIL.search(words)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None, words.strip()
    zone = ZoneInfo(turn.policy.hours.timezone)
    local = turn.now.astimezone(zone)
    at = datetime.combine(local.date(), time(int(found[1]), int(found[2])), zone)
    if at <= local:
        at = datetime.combine(local.date() + timedelta(days=1), at.timetz().replace(tzinfo=None), zone)
    return at.astimezone(turn.now.tzinfo), words[: found.start()].strip()


def _colleague(turn: Turn, person: Row, name: str) -> Row | None:
    if name.strip("@ ").lower() in ("me", "я"):
        return person
    return people.by_handle(turn.conn, person.messenger, name) if name.strip("@ ") else None


def _shown(turn: Turn, rota: Rota) -> str:
    locale, zone = turn.policy.locale, turn.policy.hours.timezone
    now = rota.turn(turn.now)
    coming = rota.following(turn.now)
    names = _names(turn, now.agents) or text(locale, "duty.nobody")
    lines = [text(locale, "duty.now", names=names)]
    if now.end is not None and now.agents:
        lines[0] = text(locale, "duty.now_until", names=names, when=moment(locale, now.end, turn.now, zone))
    if coming is not None:
        when = moment(locale, coming.start, turn.now, zone)
        lines.append(text(locale, "duty.next", names=_names(turn, coming.agents), when=when))
    if not rota.in_use:
        lines.append(text(locale, "duty.no_rota"))
    return "\n".join(lines)


def _names(turn: Turn, addresses: tuple[str, ...]) -> str:
    found = []
    for address in addresses:
        messenger, _, native = address.partition(":")
        person = people.find(turn.conn, messenger, native)
        found.append(person.name if person is not None and person.name else address)
    return ", ".join(found)
