"""Writing letters: copies of what people wrote, changes to them, and the bot's own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import orjson

from domain import composing
from domain.messages import Content, dump_content, load_content
from domain.requests import Button, Buttons
from domain.richtext import RichText, plain
from domain.work import Priority
from handlers import joining, layout
from handlers.turn import Turn
from storage import links, messages, outbox
from storage.query import Row


def copy(
    turn: Turn, place: Row, ticket_id: int, message: Row, priority: Priority, *, aloud: bool = False
) -> None:
    """Write the letters that copy a message (or, from its first part, an album) into a place.

    `aloud`: the first of them shows in the chat as well, outside the thread.
    """
    count = _part_count(turn, place, message)
    for part in range(count):
        outbox.add(
            turn.conn,
            place_id=place.id,
            kind="copy",
            priority=priority,
            now_ms=turn.now_ms,
            message_id=message.id,
            ticket_id=ticket_id,
            revision=1,
            part=part,
            aloud=aloud and part == 0,
        )
    turn.wake(place.id)


def _part_count(turn: Turn, place: Row, message: Row) -> int:
    """How many requests the copy takes; one for nearly everything."""
    caps = turn.capabilities(place.messenger)
    if message.album_id is None and len(message.content) * 2 < caps.max_caption:
        return 1
    contents = layout.contents_of(turn.conn, message)
    header = layout.header_of(turn.conn, turn.policy, place, message, contents[0])
    if layout.copied_as_it_is(place, message, contents, header):
        return 1
    return len(composing.parts(tuple(map(layout.labelled, contents)), header, caps))


def change(turn: Turn, place: Row, ticket_id: int, message: Row, kind: Literal["edit", "delete"]) -> None:
    """Write letters that change or delete the copies of a message in a place.

    What of the copy still waits takes the newest content when it goes out; what was to be said again is said by this.
    """
    copies = links.copies_in_place(turn.conn, message.id, place.id)
    if not copies and message.album_id not in (None, message.id):
        _change_waiting_album(turn, place, ticket_id, messages.by_id(turn.conn, message.album_id))
        return
    waiting = [x for x in outbox.waiting_for_message(turn.conn, message.id) if x.place_id == place.id]
    if any(x.kind == "history" and not x.part for x in waiting) or not (copies or waiting):
        return
    for letter in waiting:
        if letter.kind == "correction":
            outbox.finish(turn.conn, letter.id, place.id, "dropped", turn.now_ms)
    changes = {x.part: "delete" for x in copies[:1]}
    if kind == "edit":
        to_come = [x for x in waiting if x.kind == "copy"]
        changes = _parts_to_change(turn, place, message, copies, to_come)
    written = {(x.kind, x.part) for x in waiting if x.revision == message.revision}
    new = {part: what for part, what in changes.items() if (what, part) not in written}
    for part, what in sorted(new.items()):
        if outbox.again(turn.conn, place.id, what, message.id, message.revision, part):
            continue
        outbox.add(
            turn.conn,
            place_id=place.id,
            kind=what,
            priority=Priority.RELAY if place.kind == "thread" else Priority.ANSWER,
            now_ms=turn.now_ms,
            message_id=message.id,
            ticket_id=ticket_id,
            revision=message.revision,
            part=part,
        )
    if new:
        turn.wake(place.id)


def _change_waiting_album(turn: Turn, place: Row, ticket_id: int, first: Row) -> None:
    """A later message of an album that still waits: it goes out with the first, and may need more room now."""
    waiting = [x for x in outbox.waiting_for_message(turn.conn, first.id) if x.place_id == place.id]
    if any(x.kind == "copy" and not x.part for x in waiting):
        change(turn, place, ticket_id, first, "edit")


def _parts_to_change(
    turn: Turn, place: Row, message: Row, copies: Sequence[Row], to_come: Sequence[Row]
) -> dict[int, str]:
    """Each part that is there is edited; a text that has outgrown them, and those `to_come`, continues in new ones."""
    changed = {link.part: "edit" for link in copies}
    joined = any(letter.joined_to is not None or letter.payload == joining.JOINED for letter in to_come)
    if joined or (copies and copies[0].joined):
        return changed
    begun = all(letter.part for letter in to_come)
    count = _changed_count(turn, place, message, copies) if begun else _part_count(turn, place, message)
    if not begun:
        for letter in to_come:
            if letter.part >= count:
                outbox.finish(turn.conn, letter.id, place.id, "dropped", turn.now_ms)
    known = changed.keys() | {letter.part for letter in to_come}
    return changed | {part: "copy" for part in range(count) if part not in known}


def _changed_count(turn: Turn, place: Row, message: Row, copies: Sequence[Row]) -> int:
    """How many parts a copy has once it is changed, which is no native copy any more."""
    contents = layout.changed_contents(turn.conn, message, copies)
    header = layout.header_of(turn.conn, turn.policy, place, message, contents[0])
    caps = turn.capabilities(place.messenger)
    return len(composing.parts(tuple(map(layout.labelled, contents)), header, caps))


def say(
    turn: Turn,
    place: Row,
    words: str | RichText,
    *,
    ticket_id: int | None = None,
    reply_ref: str | None = None,
    buttons: Buttons = (),
    role: Literal["say", "rating"] = "say",
    priority: Priority | None = None,
    content: Content | None = None,
    aloud: bool = False,
) -> None:
    """Write a letter with the bot's own words; long ones become several. `aloud`: it shows outside its thread too."""
    said = content or Content(text=plain(words) if isinstance(words, str) else words)
    pieces = composing.parts((said,), None, turn.capabilities(place.messenger))
    usual = Priority.RELAY if place.chat_kind == "group" else Priority.ANSWER
    for offset, piece in enumerate(pieces):
        payload: dict[str, Any] = {"v": 1, "content": dump_content(piece.contents[0]), "role": role}
        if reply_ref and offset == 0:
            payload["reply"] = reply_ref
        if buttons and offset == len(pieces) - 1:
            payload["buttons"] = [[[b.label, b.data] for b in row] for row in buttons]
        outbox.add(
            turn.conn,
            place_id=place.id,
            kind="say",
            priority=usual if priority is None else priority,
            now_ms=turn.now_ms,
            ticket_id=ticket_id,
            payload=orjson.dumps(payload).decode(),
            aloud=aloud and offset == 0,
        )
    turn.wake(place.id)


def say_anew(turn: Turn, place: Row, ref: str, words: str, *, ticket_id: int | None = None) -> None:
    """Write a letter that makes an earlier message of the bot say something else, without buttons."""
    payload = {"v": 1, "content": dump_content(Content(text=plain(words))), "role": "say", "reply": ref}
    outbox.add(
        turn.conn,
        place_id=place.id,
        kind="resay",
        priority=Priority.RELAY if place.chat_kind == "group" else Priority.ANSWER,
        now_ms=turn.now_ms,
        ticket_id=ticket_id,
        payload=orjson.dumps(payload).decode(),
    )
    turn.wake(place.id)


def load_say(payload: str) -> tuple[Content, str | None, Buttons, str]:
    """Content, message to answer, buttons and role of the bot's own words."""
    data = orjson.loads(payload)
    rows: Sequence[Sequence[Sequence[str]]] = data.get("buttons", ())
    buttons = tuple(tuple(Button(label, press) for label, press in row) for row in rows)
    return load_content(data["content"]), data.get("reply"), buttons, data["role"]


def want_mark(turn: Turn, message: Row, *, stage: layout.Stage | None = None, emoji: str | None = "") -> None:
    """What mark a person's message should bear: how far it got, and the other side's newest reaction.

    `None` for `stage` and an empty `emoji` leave that half as it is; `emoji=None` takes the reaction away. What was
    seen stays seen when its delivery is told afterwards.
    """
    was, was_emoji = layout.read_mark(message.mark_wanted)
    reached = was if stage is None or (was, stage) == ("seen", "delivered") else stage
    wanted = layout.write_mark(reached, was_emoji if emoji == "" else emoji or "")
    if wanted != message.mark_wanted:
        messages.change(turn.conn, message.id, mark_wanted=wanted)
        turn.wake(message.place_id, "state")
