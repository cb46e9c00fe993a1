"""From what is to be sent to the next request of a place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain import composing
from domain.messages import Content
from domain.requests import Delete, Edit, OpenThread, Original, React, Send, ShowThread
from domain.richtext import RichText
from domain.work import Effects, Lane, Priority, Work
from handlers import card_views, history, layout, pinging, relay, threads
from storage import clocks, links, messages, outbox, people, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.policy import Capabilities, Policy
    from domain.requests import Request
    from handlers.turn import Turn
    from storage import Connection
    from storage.query import Row

_JOIN_AT_MOST = 20


def finish(turn: Turn) -> Effects:
    """What the turn wants done: the next work of every lane that it woke."""
    for place_id, lane in turn.woken:
        work = head(turn.conn, turn.policy, place_id, lane)
        if work is not None:
            turn.effects.works.append(work)
    return turn.effects


def waiting(conn: Connection, policy: Policy) -> list[Work]:
    """All heads at start. What was in flight when the program ended may have arrived: each is `unsure`."""
    lanes: list[tuple[int, Lane]] = [(place_id, "letters") for place_id in outbox.places_waiting(conn)]
    due = dict.fromkeys([*places.state_due(conn), *messages.mark_places(conn)])
    lanes += [(place_id, "state") for place_id in due]
    found = (head(conn, policy, place_id, lane) for place_id, lane in lanes)
    return [replace(work, unsure=True) for work in found if work is not None]


def head(conn: Connection, policy: Policy, place_id: int, lane: Lane, joined: bool = False) -> Work | None:
    """The next work of a lane of a place, made of the newest content; None when there is nothing to do.

    `joined`: the chat's allowance is used up, so waiting texts of one author become one message; which ones is
    written down here, before it is sent. Letters that have become needless are dropped on the way.
    """
    place = places.by_id(conn, place_id)
    if place.parked or place.messenger not in policy.capabilities:
        return None
    if lane == "state":
        return _state_work(conn, policy, place)
    while (letter := outbox.head(conn, place_id)) is not None:
        if place.kind == "thread" and place.state in ("lost", "new", "made"):
            if place.state == "lost":
                place = threads.reopen_lost(conn, policy, place)
            return _opening_work(conn, policy, place)
        if joined and _joinable(conn, letter):
            _join(conn, policy, place, letter)
            letter = outbox.by_id(conn, letter.id)
        made = _made(conn, policy, place, letter)
        if made is not None:
            return _letter_work(place, letter, *made)
        outbox.finish(conn, letter.id, place_id, "dropped", letter.created_at)
    return None


def _thread(place: Row) -> str | None:
    """The thread to send into; where a chat has none, messages of a ticket answer one another instead."""
    return place.root if place.threaded else None


def _work(place: Row, request: Request, priority: Priority, lane: Lane, step: str, revision: int = 0) -> Work:
    private = place.chat_kind == "private"
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
    )


def _letter_work(place: Row, letter: Row, request: Request, carried: Sequence[Row]) -> Work:
    return Work(
        place_id=place.id,
        chat_id=place.chat_id,
        messenger=place.messenger,
        chat=place.native,
        private=place.chat_kind == "private",
        request=request,
        priority=Priority(letter.priority),
        lane="letters",
        step="letter",
        letter_id=letter.id,
        message_id=letter.message_id,
        members=tuple((message.id, message.revision) for message in carried),
        joinable=letter.kind == "copy",
    )


def _opening_work(conn: Connection, policy: Policy, place: Row) -> Work:
    if place.state == "new" and place.threaded and policy.capabilities[place.messenger].threads:
        request: Request = OpenThread(place.native, place.title)
        return _work(place, request, Priority.RELAY, "letters", "topic")
    words, buttons = card_views.card_of(conn, policy, place)
    content = Content(text=words)
    key = f"card-{place.id}-{place.generation}"
    request = Send(
        place.native,
        (content,),
        key,
        thread=_thread(place),
        buttons=buttons,
        role="card",
        waits=card_views.waits(conn, place),
    )
    return _work(place, request, Priority.RELAY, "letters", "card", place.card_wanted)


def _state_work(conn: Connection, policy: Policy, place: Row) -> Work | None:
    caps = policy.capabilities[place.messenger]
    if (
        place.state in ("open", "left")
        and place.card_ref
        and place.card_wanted != place.card_shown
        and caps.edits
    ):
        words, buttons = card_views.card_of(conn, policy, place)
        edit = Edit(
            place.native,
            place.card_ref,
            Content(text=words),
            _thread(place),
            buttons=buttons,
            waits=card_views.waits(conn, place),
        )
        return _work(place, edit, Priority.STATE, "state", "card-edit", place.card_wanted)
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


def _mark_work(place: Row, message: Row, caps: Capabilities) -> Work:
    """One reaction; where the messenger shows delivery apart from reactions, one half at a time."""
    delivered, emoji = layout.read_mark(message.mark_wanted)
    was_delivered, was_emoji = layout.read_mark(message.mark_shown)
    if caps.shares_reaction:
        sign = emoji or (caps.delivered_mark if delivered else None)
        react = React(place.native, message.ref, sign, _thread(place), "delivered" if delivered else "")
        reached = message.mark_wanted
    elif delivered != was_delivered:
        react = React(
            place.native, message.ref, caps.delivered_mark if delivered else None, _thread(place), "delivered"
        )
        reached = layout.write_mark(delivered, was_emoji)
    else:
        react = React(place.native, message.ref, emoji or None, _thread(place))
        reached = message.mark_wanted
    work = _work(place, react, Priority.STATE, "state", f"mark:{reached}")
    return replace(work, message_id=message.id)


Made = tuple["Request", "Sequence[Row]"]
"""A request and the messages it carries."""


def _made(conn: Connection, policy: Policy, place: Row, letter: Row) -> Made | None:
    """The letter as a request, or None when it has become needless."""
    if letter.kind in ("say", "resay"):
        return _say(place, letter), ()
    if letter.kind in ("ping", "reping"):
        return _ping(conn, policy, place, letter), ()
    if letter.kind == "history":
        rows = history.told(conn, letter)
        request = history.request(conn, policy, place, letter, rows)
        return None if request is None else (request, layout.whole(conn, rows))
    if letter.kind == "copy" and letter.payload:
        return _joined_copy(conn, policy, place, letter)
    message = messages.by_id(conn, letter.message_id)
    if letter.kind == "copy":
        copied = _copy(conn, policy, place, letter, message)
        return None if copied is None else (copied, layout.whole(conn, [message]))
    if letter.kind == "correction":
        return _correction(conn, policy, place, letter, message), (message,)
    return _change(conn, policy, place, letter, message)


def _say(place: Row, letter: Row) -> Send | Edit:
    content, reply, buttons, _ = relay.load_say(letter.payload)
    if letter.kind == "resay":
        return Edit(place.native, reply or "", content, _thread(place), buttons=buttons)
    if reply is None and place.kind == "thread" and not place.threaded:
        reply = place.card_ref
    return Send(
        place.native,
        (content,),
        f"letter-{letter.id}",
        thread=_thread(place),
        reply_to=reply,
        buttons=buttons,
        quiet_mentions=place.chat_kind == "group"
        and not any(s.kind == "mention" for s in content.text.spans),
        role="bot",
    )


def _ping(conn: Connection, policy: Policy, place: Row, letter: Row) -> Send | Edit:
    """A ping as it should read now; people's words in it are made harmless already, colleagues are mentioned."""
    ping_id = pinging.ping_of(letter)
    words, buttons = pinging.content(conn, policy, place, ping_id)
    content = Content(text=words)
    if letter.kind == "reping":
        ref = clocks.ping(conn, ping_id).ref or ""
        return Edit(place.native, ref, content, _thread(place), buttons=buttons)
    return Send(
        place.native, (content,), f"letter-{letter.id}", thread=_thread(place), buttons=buttons, role="bot"
    )


def _copy(conn: Connection, policy: Policy, place: Row, letter: Row, message: Row) -> Send | None:
    if message.role in ("note", "inside") or (message.deleted and message.role == "answer"):
        return None  # taken back before it went out
    contents = layout.contents_of(conn, message)
    header = layout.header_of(conn, policy, place, message, contents[0])
    original: Original | None = None
    caps = policy.capabilities[place.messenger]
    if layout.copied_as_it_is(place, message, contents, header):
        pieces = [composing.Part(contents)]
    else:
        pieces = composing.parts(tuple(layout.labelled(c) for c in contents), header, caps)
    if letter.part >= len(pieces):
        return None
    piece = pieces[letter.part]
    if letter.part == 0:
        original = layout.original_of(conn, place, message, piece.contents)
    reply = layout.reply_ref(conn, place, message.reply_to_id) if letter.part == 0 else None
    if reply is None and _wants_anchor(place, message, header):
        reply = links.last_in_place(conn, place.id) or place.card_ref
    return Send(
        place.native,
        piece.contents,
        f"letter-{letter.id}",
        thread=_thread(place),
        reply_to=reply,
        original=original,
        source=message.from_messenger,
        header=piece.header,
        quiet_mentions=place.kind == "thread",
        author=_author(conn, policy, message),
    )


def _wants_anchor(place: Row, message: Row, header: RichText | None) -> bool:
    """Where there are no topics, what can carry no name answers the ticket's last message."""
    return place.kind == "thread" and not place.threaded and header is None and message.role == "customer"


def _author(conn: Connection, policy: Policy, message: Row) -> str:
    if message.role != "answer" or policy.show_agents != "name":
        return ""
    return str(people.by_id(conn, message.person_id).name)


def _joined_copy(conn: Connection, policy: Policy, place: Row, letter: Row) -> Made:
    ids = [letter.message_id, *(m.message_id for m in outbox.members(conn, letter.id))]
    rows = [messages.by_id(conn, i) for i in ids]
    content, header = _joined_content(conn, policy, place, rows)
    send = Send(
        place.native,
        (content,),
        f"letter-{letter.id}",
        thread=_thread(place),
        header=header,
        quiet_mentions=place.kind == "thread",
        author=_author(conn, policy, rows[0]),
    )
    return send, rows


def _joined_content(
    conn: Connection, policy: Policy, place: Row, rows: list[Row]
) -> tuple[Content, RichText | None]:
    kept = [r for r in rows if not (r.deleted and r.role == "answer")] or rows[:1]
    texts = [layout.contents_of(conn, row)[0].text for row in kept]
    header = layout.header_of(conn, policy, place, kept[0], layout.contents_of(conn, kept[0])[0])
    return Content(text=composing.joined(texts)), header


def _joinable(conn: Connection, letter: Row) -> bool:
    """Only plain texts that answer nothing are joined; an attachment, an album or a part never is."""
    if letter.kind != "copy" or letter.part or letter.payload:
        return False
    message = messages.by_id(conn, letter.message_id)
    if message.album_id is not None or message.reply_to_id is not None or message.deleted:
        return False
    content = layout.contents_of(conn, message)[0]
    return content.kind == "text" and not content.forwarded_from


def _join(conn: Connection, policy: Policy, place: Row, first: Row) -> None:
    """Join the following letters of the same author to the first, as many as fit into one message."""
    author = messages.by_id(conn, first.message_id).person_id
    room = policy.capabilities[place.messenger].max_text - 200  # a header and line ends
    members: list[Row] = []
    for letter in outbox.heads(conn, place.id, _JOIN_AT_MOST):
        if not _joinable(conn, letter):
            break
        message = messages.by_id(conn, letter.message_id)
        room -= len(layout.contents_of(conn, message)[0].text.text) * 2 + 1
        if message.person_id != author or room < 0:
            break
        if letter.id != first.id:
            members.append(letter)
    for letter in members:
        outbox.join(conn, letter.id, first.id)
    if members:
        outbox.change(conn, first.id, payload="joined")


def _change(conn: Connection, policy: Policy, place: Row, letter: Row, message: Row) -> Made | None:
    """An edit or deletion of what was copied; None when there is no copy or it already says so."""
    copies = links.copies_in_place(conn, message.id, place.id)
    if not copies:
        return None
    link = next((c for c in copies if c.part == letter.part), copies[0])
    if link.joined:
        return _change_joined(conn, policy, place, letter, link)
    if letter.kind == "delete":
        return Delete(place.native, tuple(dict.fromkeys(c.ref for c in copies)), _thread(place)), (message,)
    if link.revision >= message.revision:
        return None
    content = layout.contents_of(conn, message)[0]
    header = layout.header_of(conn, policy, place, message, content)
    if message.album_id is not None and message.album_id != message.id:
        header = None
    pieces = composing.parts((layout.labelled(content),), header, policy.capabilities[place.messenger])
    if letter.part >= len(pieces):
        return Delete(place.native, (link.ref,), _thread(place)), (message,)
    piece = pieces[letter.part]
    edit = Edit(
        place.native,
        link.ref,
        piece.contents[0],
        _thread(place),
        source=message.from_messenger,
        header=piece.header,
        quiet_mentions=place.kind == "thread",
    )
    return edit, (message,)


def _change_joined(conn: Connection, policy: Policy, place: Row, letter: Row, link: Row) -> Made:
    rows = links.joined(conn, place.chat_id, link.ref)
    if letter.kind == "delete" and all(row.deleted for row in rows):
        return Delete(place.native, (link.ref,), _thread(place)), rows
    if link.role == "history":
        words = history.transcript(conn, policy, rows)
        return Edit(place.native, link.ref, Content(text=words), _thread(place), quiet_mentions=True), rows
    content, header = _joined_content(conn, policy, place, rows)
    quiet = place.kind == "thread"
    return Edit(place.native, link.ref, content, _thread(place), header=header, quiet_mentions=quiet), rows


def _correction(conn: Connection, policy: Policy, place: Row, letter: Row, message: Row) -> Send:
    """What couldn't be changed in place is said again, as an answer to the first copy."""
    copies = links.copies_in_place(conn, message.id, place.id)
    content = layout.labelled(layout.contents_of(conn, message)[0])
    header = history.corrected(policy, place, message)
    pieces = composing.parts(
        (replace(content, files=(), kind="text"),), header, policy.capabilities[place.messenger]
    )
    return Send(
        place.native,
        pieces[0].contents,
        f"letter-{letter.id}",
        thread=_thread(place),
        reply_to=copies[0].ref if copies else None,
        header=pieces[0].header,
        quiet_mentions=place.kind == "thread",
    )
