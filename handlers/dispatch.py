"""From an event to the one handler that knows what to do with it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from domain.events import (
    AnswerHere,
    Deleted,
    Edited,
    Event,
    HomeOpened,
    Ignored,
    Introduced,
    Joined,
    Membership,
    Pressed,
    Reacted,
    Referenced,
    SeenUpTo,
    ThreadMade,
    Wrote,
)
from domain.policy import Policy
from domain.work import Effects, Lane
from handlers import (
    acquaintance,
    agent_wrote,
    buttons,
    channel_wrote,
    corrections,
    crossing,
    customer_wrote,
    faults,
    home,
    letters,
    reading,
    refused,
    threads,
    uniting,
)
from handlers.turn import Turn
from storage import chats, journal, links, places

if TYPE_CHECKING:
    from storage import Connection
    from storage.query import Row


def handle(
    conn: Connection,
    policy: Policy,
    now: datetime,
    messenger: str,
    row_ids: Sequence[int],
    events: Sequence[Event],
    in_hand: Container[tuple[int, Lane]] = (),
    *,
    marked: bool = False,
) -> Effects:
    """Handle the event of one journal row (or those of an album, together) and mark the rows done.

    `in_hand`: lanes that something is being sent from at this moment, which go on by themselves. `marked`: the rows
    are marked already.
    """
    turn = Turn(conn, policy, now, messenger)
    first = events[0]
    if not isinstance(first, Ignored):
        chat = chats.see(conn, messenger, turn.account, first.chat)
        _route(turn, chat, first, [e for e in events if isinstance(e, Wrote)])
    if not marked:
        for row_id in row_ids:
            journal.mark_done(conn, row_id)
    return letters.finish(turn, in_hand)


def _route(turn: Turn, chat: Row, event: Event, said: Sequence[Wrote]) -> None:
    if chat.parked and not (isinstance(event, Membership) and event.standing == "out"):
        refused.unpark(
            turn, chat.id, certainly=isinstance(event, Membership)
        )  # what is heard proves it is in
    match event:
        case Edited() | Deleted() | Reacted() | SeenUpTo():
            _about_earlier(turn, chat, event)
        case Wrote() | Pressed():
            side = _from_staff if chat.kind == "group" else _from_customer
            side(turn, chat, event, said)
        case _:
            _route_rare(turn, chat, event)


def _route_rare(turn: Turn, chat: Row, event: Event) -> None:
    """What nobody wrote: somebody was introduced or looks at their page, the bot's own doings are confirmed."""
    match event:
        case Introduced():
            acquaintance.introduced(turn, chat, event)
        case Joined():
            uniting.joined(turn, chat, event)
        case AnswerHere():
            crossing.answer_here(turn, chat, event)
        case HomeOpened():
            home.opened(turn, event)
        case ThreadMade():
            _thread_made(turn, chat, event)
        case Referenced():
            for was, ref in zip(event.was, event.refs, strict=True):
                links.rename(turn.conn, chat.id, was, ref)


def _about_earlier(turn: Turn, chat: Row, event: Edited | Deleted | Reacted | SeenUpTo) -> None:
    match event:
        case Edited():
            corrections.edited(turn, chat, event)
        case Deleted():
            corrections.deleted(turn, chat, event)
        case Reacted():
            corrections.reacted(turn, chat, event)
        case SeenUpTo():
            reading.seen(turn, chat, event)


def _from_customer(turn: Turn, chat: Row, event: Wrote | Pressed, said: Sequence[Wrote]) -> None:
    if isinstance(event, Pressed):
        buttons.pressed_by_customer(turn, chat, event)
    elif chat.kind == "shared":
        channel_wrote.channel_wrote(turn, chat, said)
    else:
        customer_wrote.customer_wrote(turn, chat, said)


def _from_staff(turn: Turn, chat: Row, event: Wrote | Pressed, said: Sequence[Wrote]) -> None:
    if isinstance(event, Pressed):
        buttons.pressed_by_agent(turn, chat, event)
    else:
        agent_wrote.agent_wrote(turn, chat, chats.desk_of(turn.conn, chat.id), said)


def _thread_made(turn: Turn, chat: Row, event: ThreadMade) -> None:
    """A thread of ours whose making was never confirmed is taken for the one that waits for it."""
    if not event.by_bot or places.by_root(turn.conn, chat.id, event.thread) is not None:
        return
    place = places.unconfirmed(turn.conn, chat.id, event.title)
    if place is not None:
        threads.made(turn, place, event.thread)
        turn.wake(place.id)


def give_up(
    conn: Connection, policy: Policy, now: datetime, messenger: str, row_id: int, reason: str
) -> Effects:
    """An event can't be handled: it is kept as failed with its reason, and the default desk (or the leads) is told,
    at most once an hour: `okno check` counts them all.
    """
    turn = Turn(conn, policy, now, messenger)
    journal.mark_failed(conn, row_id, reason)
    faults.tell_leads(turn, "event.failed", number=row_id, messenger=messenger)
    return letters.finish(turn)
