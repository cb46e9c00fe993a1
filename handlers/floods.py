"""A customer writes more than `limits.customer_messages`: texts reach the desk joined, files wait behind a button.

Nothing is dropped. How fast somebody writes is told by when they wrote, so that what gathered while a messenger was
down is no flood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.messages import Content
from domain.requests import Button, Edit, Send
from domain.richtext import plain
from domain.texts import text
from domain.work import Priority
from handlers import joining
from storage import links, messages, outbox, places

if TYPE_CHECKING:
    from datetime import timedelta

    from domain.policy import Policy
    from domain.work import Work
    from handlers.turn import Turn
    from storage import Connection
    from storage.query import Row


_FEW = 30


def above(conn: Connection, policy: Policy, ticket_id: int) -> bool:
    """Whether the customer's newest messages in the ticket came faster than the settings allow."""
    most, span = policy.customer_messages
    few = min(most, _FEW)
    while _within(messages.pace_of_customer(conn, ticket_id, few), span):
        if few == most:
            return True
        few = min(most, 4 * few)  # without looking at all that a large limit allows
    return False


def _within(milliseconds: int | None, span: timedelta) -> bool:
    return milliseconds is not None and milliseconds < span.total_seconds() * 1000


def joins(conn: Connection, policy: Policy, place: Row, letter: Row) -> bool:
    """Whether this letter, never sent so far, takes along those that wait behind it: there must be such."""
    return (
        place.kind == "thread"
        and letter.ticket_id is not None
        and above(conn, policy, letter.ticket_id)
        and joining.joinable(conn, letter)
    )


def hold(turn: Turn, place: Row, ticket_id: int, message: Row) -> None:
    """What isn't text waits for a press when its customer floods and the desk has buttons; the desk is told once."""
    if not turn.capabilities(place.messenger).buttons or not above(turn.conn, turn.policy, ticket_id):
        return
    for letter in outbox.waiting_for_message(turn.conn, message.id):
        if letter.kind == "copy" and letter.place_id == place.id:
            outbox.change(turn.conn, letter.id, state="held")
    announce(turn.conn, place, ticket_id, turn.now_ms)
    turn.wake(place.id)


def announce(conn: Connection, place: Row, ticket_id: int, now_ms: int) -> None:
    """The place says how many files wait: in a message of its own, which is changed when there are more."""
    if outbox.notice_waits(conn, place.id):
        return  # it counts when it goes out
    outbox.add(
        conn,
        place_id=place.id,
        kind="reheld" if links.held_notice(conn, place.id) else "held",
        priority=Priority.RELAY,
        now_ms=now_ms,
        ticket_id=ticket_id,
    )


def follow(turn: Turn, old: Row, new: Row, ticket_id: int) -> None:
    """What waits for a press waits in the ticket's new place from now on."""
    moved = outbox.held_of(turn.conn, old.id)
    for letter in moved:
        outbox.rehome(turn.conn, letter.id, new.id)
    if moved:
        announce(turn.conn, new, ticket_id, turn.now_ms)


def notice(conn: Connection, policy: Policy, place: Row, letter: Row) -> Send | Edit | None:
    """The notice as it should read now; None when nothing waits and nothing was said."""
    count = outbox.count_held(conn, place.id)
    ref = links.held_notice(conn, place.id) if letter.kind == "reheld" else None
    if not count and ref is None:
        return None
    content = Content(text=plain(_words(policy, count)))
    label = text(policy.locale, "held.show", n=count)
    buttons = ((Button(label, f"card:{letter.ticket_id}:files"),),) if count else ()
    thread = place.root if place.threaded else None
    if ref is not None:
        return Edit(place.native, ref, content, thread, buttons=buttons)
    reply = None if place.threaded else place.card_ref
    return Send(
        place.native,
        (content,),
        f"letter-{letter.id}",
        thread=thread,
        reply_to=reply,
        buttons=buttons,
        role="bot",
    )


def _words(policy: Policy, count: int) -> str:
    return text(policy.locale, "held.files", n=count) if count else text(policy.locale, "held.shown")


def noticed(turn: Turn, work: Work, letter: Row) -> None:
    """The notice is out; when more came meanwhile it is changed, and one that said the last word is let go."""
    count = outbox.count_held(turn.conn, work.place_id)
    request = work.request
    said = request.content if isinstance(request, Edit) else None
    said = request.contents[0] if isinstance(request, Send) else said
    if said is not None and said.text.text != _words(turn.policy, count):
        announce(turn.conn, places.by_id(turn.conn, work.place_id), letter.ticket_id, turn.now_ms)
    elif not count:
        links.let_notice_go(turn.conn, work.place_id)


def show(turn: Turn, place: Row, ticket: Row) -> str:
    """Somebody wants to see the files: they are sent, in order, and the notice says so."""
    count = release(turn, place)
    if not count:
        return text(turn.policy.locale, "press.unknown")
    announce(turn.conn, place, ticket.id, turn.now_ms)
    return ""


def release(turn: Turn, place: Row) -> int:
    """What waited for a press goes out; gives how many letters that is."""
    waited = outbox.held_of(turn.conn, place.id)
    for letter in waited:
        outbox.wait_last(turn.conn, letter.id)
    if waited:
        turn.wake(place.id)
    return len(waited)
