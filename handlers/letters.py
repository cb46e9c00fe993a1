"""From what is to be sent to the next request of a place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from domain.messages import Content
from domain.requests import Edit, OpenThread, React, Send, ShowThread
from domain.richtext import plain
from domain.work import Effects, Lane, Priority, Work
from handlers import card_views, faults, floods, joining, layout, making, threads
from storage import messages, outbox, places

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from domain.policy import Capabilities, Policy
    from domain.requests import Request
    from handlers.turn import Turn
    from storage import Connection
    from storage.query import Row


_log = structlog.get_logger()


def finish(turn: Turn, in_hand: Container[tuple[int, Lane]] = ()) -> Effects:
    """What the turn wants done: the next work of every lane that it woke, but for those that are in hand."""
    done: set[tuple[int, Lane]] = set()
    while len(done) < len(turn.woken):  # a letter that can't be made wakes the place that is told
        for place_id, lane in [key for key in turn.woken if key not in done]:
            done.add((place_id, lane))
            if (place_id, lane) in in_hand:
                turn.effects.woken.append((place_id, lane))
                continue
            work = head(turn.conn, turn.policy, place_id, lane, turn=turn)
            if work is not None:
                turn.effects.works.append(work)
    return turn.effects


def waiting(conn: Connection, policy: Policy) -> list[Work]:
    """All heads at start. What was in flight when the program ended may have arrived: each is `unsure`."""
    waiting = outbox.places_waiting(conn)
    found = [head(conn, policy, place_id, "letters") for place_id in waiting]
    told = set(outbox.places_waiting(conn)) - set(waiting)  # of letters that can't be made
    found += [head(conn, policy, place_id, "letters") for place_id in told]
    due = dict.fromkeys([*places.state_due(conn), *messages.mark_places(conn)])
    found += [head(conn, policy, place_id, "state") for place_id in due]
    return [replace(work, unsure=True) for work in found if work is not None]


def waiting_in(conn: Connection, policy: Policy, chat_id: int) -> list[Work]:
    """All heads in one chat."""
    lanes: list[tuple[int, Lane]] = [(place, "letters") for place in outbox.places_waiting_in(conn, chat_id)]
    due = dict.fromkeys([*places.state_due_in(conn, chat_id), *messages.mark_places_in(conn, chat_id)])
    lanes += [(place_id, "state") for place_id in due]
    found = (head(conn, policy, place_id, lane) for place_id, lane in lanes)
    return [work for work in found if work is not None]


def head(
    conn: Connection,
    policy: Policy,
    place_id: int,
    lane: Lane,
    joined: bool | None = False,
    turn: Turn | None = None,
) -> Work | None:
    """The next work of a lane of a place, made of the newest content; None when there is nothing to do.

    `joined`: the chat's allowance is used up, so waiting texts of one author become one message; None: they do when
    their customer floods. Which ones is written down here, before it is sent; never ask for it when the head may have
    been sent. Letters that have become needless are dropped on the way, those that can't be made have failed; `turn`
    is told of whom that wakes.
    """
    place = places.by_id(conn, place_id)
    if place.parked or place.messenger not in policy.capabilities:
        return None
    if lane == "state":
        return _state_work_if_any(conn, policy, place)
    while waiting := outbox.heads(conn, place_id, 2):
        letter = waiting[0]
        if place.kind == "thread" and place.state in ("lost", "new", "made"):
            if place.state == "lost":
                place = threads.reopen_lost(conn, policy, place)
            return _opening_work(conn, policy, place)
        try:
            work = _made(conn, policy, place, letter, joined, alone=len(waiting) == 1)
        except faults.OURS:  # in one letter stops no other
            faults.cannot_be_made(conn, policy, letter, turn)
            continue
        if work is not None:
            return work
        outbox.finish(conn, letter.id, place_id, "dropped", letter.created_at)
        if turn is not None and letter.kind == "copy" and letter.part:
            turn.needless.append(letter)
    return None


def _made(
    conn: Connection, policy: Policy, place: Row, letter: Row, joined: bool | None, *, alone: bool
) -> Work | None:
    """The letter as a work, joined with those that wait behind it where that is wanted; None when it is needless."""
    if (joined and joining.grows(conn, letter)) or (
        joined is None and not alone and floods.joins(conn, policy, place, letter)
    ):
        joining.join(conn, policy, place, letter)
        letter = outbox.by_id(conn, letter.id)
    made = making.made(conn, policy, place, letter)
    return None if made is None else _letter_work(place, letter, *made)


def _work(place: Row, request: Request, priority: Priority, lane: Lane, step: str, revision: int = 0) -> Work:
    private = place.chat_kind != "group"
    return Work(
        place_id=place.id,
        chat_id=place.chat_id,
        messenger=place.messenger,
        chat=place.native,
        private=private,
        request=request,
        priority=priority,
        lane=lane,
        step=step,
        revision=revision,
        ticket_id=place.ticket_id,
    )


def _letter_work(place: Row, letter: Row, request: Request, carried: Sequence[Row]) -> Work:
    return Work(
        place_id=place.id,
        chat_id=place.chat_id,
        messenger=place.messenger,
        chat=place.native,
        private=place.chat_kind != "group",
        request=request,
        priority=Priority(letter.priority),
        lane="letters",
        step="letter",
        letter_id=letter.id,
        message_id=letter.message_id,
        members=tuple((message.id, message.revision) for message in carried),
        joinable=letter.kind == "copy",
        since=letter.created_at if letter.kind == "copy" else 0,
        ticket_id=letter.ticket_id,
    )


def _opening_work(conn: Connection, policy: Policy, place: Row) -> Work:
    if place.state == "new" and place.threaded and policy.capabilities[place.messenger].threads:
        request: Request = OpenThread(place.native, place.title)
        return _work(place, request, Priority.RELAY, "letters", "topic")
    card = _first_card(conn, policy, place)
    request = Send(
        place.native,
        (Content(text=card.words),),
        f"card-{place.id}-{place.generation}",
        thread=making.thread_of(place),
        buttons=card.buttons,
        role="card",
        waits=card.waits,
    )
    return _work(place, request, Priority.RELAY, "letters", f"card:{card.print}", place.card_wanted)


def _first_card(conn: Connection, policy: Policy, place: Row) -> card_views.Card:
    """The card that opens a thread; the bare title rather than none at all."""
    try:
        return card_views.card_of(conn, policy, place)
    except faults.OURS:
        _log.exception("a card can't be made", place=place.id)
        return card_views.Card(plain(place.title), (), waits=True)


def _state_work_if_any(conn: Connection, policy: Policy, place: Row) -> Work | None:
    """What the place should show next; an error of ours there holds up no message."""
    try:
        return _state_work(conn, policy, place)
    except faults.OURS:  # tried again when something wakes the place
        _log.exception("what a place shows can't be made", place=place.id)
        return None


def _state_work(conn: Connection, policy: Policy, place: Row) -> Work | None:
    caps = policy.capabilities[place.messenger]
    if place.card_ref and place.card_wanted != place.card_shown and caps.edits:
        card = _new_card(conn, policy, place)
        if card is not None:
            return card
    if (
        place.state == "open"
        and place.closed_wanted != place.closed_shown
        and place.root
        and place.threaded
        and caps.threads
    ):
        closed = bool(place.closed_wanted)
        shown = ShowThread(place.native, place.root, f"✔ {place.title}" if closed else place.title, closed)
        return _work(place, shown, Priority.STATE, "state", "title", place.closed_wanted)
    message = messages.mark_due(conn, place.id) if caps.reacts else None
    return None if message is None else _mark_work(place, message, caps)


def _new_card(conn: Connection, policy: Policy, place: Row) -> Work | None:
    """The card made anew; None when it shows the same already, which would only cost an allowance."""
    if place.state not in ("open", "left"):
        return None
    card = card_views.card_of(conn, policy, place)
    if card.print == place.card_print:
        places.change(conn, place.id, card_shown=place.card_wanted)
        return None
    words, thread = Content(text=card.words), making.thread_of(place)
    edit = Edit(place.native, place.card_ref, words, thread, buttons=card.buttons, waits=card.waits)
    return _work(place, edit, Priority.STATE, "state", f"card-edit:{card.print}", place.card_wanted)


def _mark_work(place: Row, message: Row, caps: Capabilities) -> Work:
    """One reaction; where the messenger shows how far it got apart from reactions, one half at a time."""
    stage, emoji = layout.read_mark(message.mark_wanted)
    shown, shown_emoji = layout.read_mark(message.mark_shown)
    sign = {"": None, "delivered": caps.delivered_mark, "seen": caps.seen_mark}[stage]
    thread = making.thread_of(place)
    if caps.shares_reaction:
        react = React(place.native, message.ref, emoji or sign, thread, stage)
        reached = message.mark_wanted
    elif stage != shown:
        react = React(place.native, message.ref, sign, thread, stage or shown)
        reached = layout.write_mark(stage, shown_emoji)
    else:
        react = React(place.native, message.ref, emoji or None, thread)
        reached = message.mark_wanted
    work = _work(place, react, Priority.STATE, "state", f"mark:{reached}")
    return replace(work, message_id=message.id)
