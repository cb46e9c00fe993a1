"""What came of a request: links and marks when it arrived, a reason in the thread when it was refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from domain.policy import Policy
from domain.requests import Delete, Refused, Sent
from domain.work import Effects, Work
from handlers import (
    faults,
    floods,
    history,
    letters,
    pinging,
    refused,
    relay,
    stand_ins,
    threads,
    timekeeping,
)
from handlers.turn import Turn
from storage import clocks, links, messages, outbox, places

if TYPE_CHECKING:
    from storage import Connection
    from storage.query import Row


@dataclass(slots=True)
class Settled:
    """The same lane's next work, and what else is to be done."""

    next: Work | None
    effects: Effects = field(default_factory=Effects)


def settle(conn: Connection, policy: Policy, now: datetime, work: Work, outcome: Sent | Refused) -> Settled:
    """Write down what came of a work; gives the lane's next one."""
    turn = Turn(conn, policy, now, work.messenger)
    if isinstance(outcome, Refused):
        refused.refused(turn, work, outcome)
    elif work.step == "letter":
        _letter_sent(turn, work, outcome)
    elif work.lane == "letters":
        _opened(turn, work, outcome)
    else:
        _shown(turn, work)
    return _with_next(turn, work)


def settle_barely(
    conn: Connection, policy: Policy, now: datetime, work: Work, outcome: Sent | Refused
) -> Settled:
    """The same where writing down all that follows fails by an error of Okno's own: a letter isn't sent again, and the
    leads are told; nothing else.
    """
    if work.letter_id is None:
        return settle(conn, policy, now, work, outcome)
    turn = Turn(conn, policy, now, work.messenger)
    state, reason = ("sent", "") if isinstance(outcome, Sent) else ("failed", outcome.reason)
    outbox.finish_members(conn, work.letter_id, state, turn.now_ms, reason)
    outbox.finish(conn, work.letter_id, work.place_id, state, turn.now_ms, reason)
    if isinstance(outcome, Sent) and work.members:
        _link_members(turn, work, outbox.by_id(conn, work.letter_id), outcome.refs, "copy")
    faults.tell_leads(turn, "letter.failed", number=work.letter_id)
    return _with_next(turn, work)


def _with_next(turn: Turn, work: Work) -> Settled:
    turn.woken.pop((work.place_id, work.lane), None)
    following = letters.head(turn.conn, turn.policy, work.place_id, work.lane, joined=None, turn=turn)
    for letter in turn.needless:
        _delivered_without(turn, letter)
    return Settled(following, letters.finish(turn))


def _opened(turn: Turn, work: Work, outcome: Sent) -> None:
    """A step of opening a thread is done: the topic is made, or its card is sent."""
    place = places.by_id(turn.conn, work.place_id)
    ref = outcome.refs[0]
    if work.step == "topic":
        threads.made(turn, place, ref)
        return
    if place.state == "left":
        threads.made(turn, place, ref)
        place = places.by_id(turn.conn, place.id)
    values = {
        "card_ref": ref,
        "card_shown": work.revision,
        "card_print": work.step.partition(":")[2],
        "state": "left" if place.state == "left" else "open",
    }
    if place.root is None:
        values["root"] = ref
    places.change(turn.conn, place.id, **values)
    _link(turn, work, ref, "card", ticket_id=place.ticket_id)
    turn.wake(place.id, "state")


def _shown(turn: Turn, work: Work) -> None:
    """A card, title or mark shows as it should, as of when the request was made."""
    step, _, detail = work.step.partition(":")
    if step == "card-edit":
        places.change(turn.conn, work.place_id, card_shown=work.revision, card_print=detail)
    elif step == "title":
        places.change(turn.conn, work.place_id, closed_shown=work.revision)
    elif work.message_id is not None:
        messages.change(turn.conn, work.message_id, mark_shown=detail)


def _letter_sent(turn: Turn, work: Work, outcome: Sent) -> None:
    if work.letter_id is None:
        raise ValueError("a letter's work names its letter")
    finished = outbox.finish(turn.conn, work.letter_id, work.place_id, "sent", turn.now_ms)
    letter = finished or outbox.by_id(turn.conn, work.letter_id)
    if letter.kind == "copy":
        _copied(turn, work, letter, outcome.refs)
    elif letter.kind in ("edit", "correction", "delete", "erase"):
        _corrected(turn, work, letter)
    elif letter.kind in ("say", "history"):
        _told(turn, work, letter, outcome.refs)
    elif letter.kind == "late":
        _link(turn, work, outcome.refs[0], "say", letter_id=letter.id, ticket_id=letter.ticket_id)
    elif letter.kind in ("held", "reheld"):
        for ref in outcome.refs:
            _link(turn, work, ref, "held", letter_id=letter.id, ticket_id=letter.ticket_id)
        floods.noticed(turn, work, letter)
    elif letter.kind == "ping":
        _pinged(turn, work, letter, outcome.refs[0])


def _told(turn: Turn, work: Work, letter: Row, refs: tuple[str, ...]) -> None:
    """The bot's own words, or what was said before: linked, so that an answer to them is understood."""
    if letter.kind == "history":
        _link_members(turn, work, letter, refs, "history")
        _catch_up(turn, work, letter)
        return
    role = relay.load_say(letter.payload)[3]
    for ref in refs:
        _link(turn, work, ref, role, letter_id=letter.id, ticket_id=letter.ticket_id)


def _catch_up(turn: Turn, work: Work, letter: Row) -> None:
    """What customers changed while it was told is changed there too, and they see that it arrived."""
    place = places.by_id(turn.conn, work.place_id)
    if all(messages.by_id(turn.conn, number).revision == sent for number, sent in work.members):
        history.write_rest(turn.conn, turn.policy, place, letter, turn.now_ms)
    for message_id, sent in work.members:
        message = messages.by_id(turn.conn, message_id)
        if message.role != "customer":
            continue
        if message.revision > sent or letter.part:
            copies = links.copies_in_place(turn.conn, message_id, place.id)
            if any(copy.revision < message.revision for copy in copies):
                relay.change(turn, place, letter.ticket_id, message, "edit")
        if _shows_delivery(turn, message) and not outbox.waiting_for_message(turn.conn, message_id):
            relay.want_mark(turn, message, stage="delivered")


def _pinged(turn: Turn, work: Work, letter: Row, ref: str) -> None:
    """The leads were told; what was answered while that was under way is said at once."""
    ping_id = pinging.ping_of(letter)
    clocks.change_ping(turn.conn, ping_id, ref=ref)
    _link(turn, work, ref, "ping", letter_id=letter.id)
    for row in clocks.ping_members(turn.conn, ping_id):
        if row.over:
            pinging.refresh(turn, row.id)
            return


def _link_members(turn: Turn, work: Work, letter: Row, refs: tuple[str, ...], role: str) -> None:
    """One link for each message that the request carried; several on one reference are joined. What didn't fit into an
    album's captions belongs to its first.
    """
    carried = work.members[:1] if letter.part and letter.kind == "copy" else work.members
    joined = len(refs) == 1 and (len(carried) > 1 or role == "history")
    for index, (message_id, revision) in enumerate(carried):
        _link(
            turn,
            work,
            refs[min(index, len(refs) - 1)],
            role,
            letter_id=letter.id,
            ticket_id=letter.ticket_id,
            message_id=message_id,
            part=letter.part,
            revision=revision,
            joined=joined,
        )


def _copied(turn: Turn, work: Work, letter: Row, refs: tuple[str, ...]) -> None:
    """A copy arrived: it is linked part by part, and what changed meanwhile follows at once."""
    _link_members(turn, work, letter, refs, "copy")
    if letter.place_id != work.place_id:
        return  # it moved while it was under way, and is sent again where the ticket is now
    if letter.payload:
        outbox.finish_members(turn.conn, letter.id, "sent", turn.now_ms)
    for index, (message_id, revision) in enumerate(work.members):
        message = messages.by_id(turn.conn, message_id)
        if _follow_up(turn, work, letter, message, revision):
            continue
        if (index == 0 or len(refs) == 1) and _shows_delivery(turn, message):
            _mark_delivered(turn, letter, message)


def _follow_up(turn: Turn, work: Work, letter: Row, message: Row, sent: int) -> bool:
    """What happened to the message while its copy was under way; True when it was taken back."""
    taken_back = message.role in ("note", "inside") or (message.deleted and message.role == "answer")
    if message.revision > sent or taken_back:
        place = places.by_id(turn.conn, work.place_id)
        relay.change(turn, place, letter.ticket_id, message, "delete" if taken_back else "edit")
    return bool(taken_back)


def _shows_delivery(turn: Turn, message: Row) -> bool:
    """Whether its author sees that it arrived: agents always, customers where their messenger shows it."""
    if message.role == "answer":
        return bool(message.from_kind != "shared")  # there the customer had it before the desk did
    return turn.capabilities(message.from_messenger).marks_received


def _mark_delivered(turn: Turn, letter: Row, message: Row) -> None:
    """The message arrived, unless more parts of it (or of what was joined to the letter) are still to go."""
    if any(x.kind == "copy" for x in outbox.waiting_for_message(turn.conn, letter.message_id)):
        return
    lacks = bool(letter.payload or letter.part) and stand_ins.undelivered(turn.conn, turn.policy, letter)
    if message.role == "answer":
        written = clocks.moment(message.written_at) or turn.now
        if lacks and not stand_ins.said_something(turn.conn, turn.policy, letter, message):
            timekeeping.answer_refused(turn, message.ticket_id, written)
        else:
            timekeeping.answer_delivered(turn, message.ticket_id, written, message.person_id)
    if not lacks:
        relay.want_mark(turn, message, stage="delivered")


def _delivered_without(turn: Turn, letter: Row) -> None:
    """A part of a message turned out needless: what is there already is the whole, unless some of it was refused."""
    message = messages.by_id(turn.conn, letter.message_id)
    if message.mark_wanted or message.deleted or not _shows_delivery(turn, message):
        return
    there = links.copies_in_place(turn.conn, message.id, letter.place_id)
    if there and not outbox.copy_failed(turn.conn, letter.place_id, message.id):
        _mark_delivered(turn, letter, message)


def _corrected(turn: Turn, work: Work, letter: Row) -> None:
    """The copies now say the newest that was known when the request was made, or are gone."""
    if isinstance(work.request, Delete):
        for ref in work.request.refs:
            links.forget(turn.conn, work.chat_id, ref)
        if letter.kind == "edit":
            _grow_again(turn, work, letter)
        return
    if letter.kind == "correction" and _goes_on(turn, letter):
        return
    for message_id, revision in work.members:
        for link in links.copies_in_place(turn.conn, message_id, work.place_id):
            if link.part == letter.part or letter.kind == "correction":
                links.change(turn.conn, link.id, revision=max(link.revision, revision))
    if letter.kind in ("edit", "correction"):
        _delivered_without(turn, letter)


def _grow_again(turn: Turn, work: Work, letter: Row) -> None:
    """A part was too many when it was taken away; of a message that has grown meanwhile it is needed anew."""
    for message_id, revision in work.members:
        message = messages.by_id(turn.conn, message_id)
        if message.revision > revision:
            place = places.by_id(turn.conn, work.place_id)
            relay.change(turn, place, letter.ticket_id, message, "edit")


def _goes_on(turn: Turn, letter: Row) -> bool:
    """Whether more of a correction is still to be said."""
    waiting = outbox.waiting_for_message(turn.conn, letter.message_id)
    return any((x.kind, x.place_id) == (letter.kind, letter.place_id) for x in waiting)


def _link(
    turn: Turn,
    work: Work,
    ref: str,
    role: str,
    *,
    message_id: int | None = None,
    letter_id: int | None = None,
    ticket_id: int | None = None,
    part: int = 0,
    revision: int = 0,
    joined: bool = False,
) -> None:
    links.add(
        turn.conn,
        place_id=work.place_id,
        chat_id=work.chat_id,
        ref=ref,
        role=role,
        sent_at=turn.now_ms,
        message_id=message_id,
        letter_id=letter_id,
        ticket_id=ticket_id,
        part=part,
        revision=revision,
        joined=joined,
    )
