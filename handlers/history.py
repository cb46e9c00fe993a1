"""What was said so far, when a ticket gets a thread in another place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from domain import composing
from domain.messages import Content, load_content
from domain.names import apart, tidy
from domain.policy import Capabilities
from domain.requests import Send
from domain.richtext import RichText, Span, plain, utf16_length
from domain.texts import stamp, text
from domain.work import Priority
from handlers import layout
from storage import messages, outbox, people

if TYPE_CHECKING:
    from domain.policy import Policy
    from storage import Connection
    from storage.query import Row

_LINE_ROOM = 120  # who said it and when, and line ends


def write(conn: Connection, policy: Policy, place: Row, ticket_id: int, now_ms: int, *, first: bool) -> None:
    """Write letters that tell a place what was said in the ticket: texts together, attachments one by one.

    `first`: they come before everything that waits there already. Messages whose copy still waits are left out.
    """
    _give_up_rests(conn, place)
    said = [m for m in messages.of_ticket(conn, ticket_id) if not _still_waits(conn, place, m)]
    planned = [
        (group, part)
        for group in _groups(said, _capabilities(policy, place).max_text)
        for part in range(len(_pieces(conn, policy, place, group)))
    ]
    if not planned:
        return
    count = len(planned)
    seq = outbox.seq_before_all(conn, place.id, count) if first else outbox.seq_after_all(conn, place.id)
    for offset, (group, part) in enumerate(planned):
        payload = orjson.dumps({"v": 1, "messages": [m.id for m in group]}).decode()
        _write(conn, place, ticket_id, group[0].id, part, payload, seq + offset, now_ms)


def _write(
    conn: Connection, place: Row, ticket_id: int, first: int, part: int, payload: str, seq: int, now_ms: int
) -> None:
    outbox.add(
        conn,
        place_id=place.id,
        seq=seq,
        kind="history",
        priority=Priority.RELAY,
        now_ms=now_ms,
        message_id=first,
        ticket_id=ticket_id,
        revision=place.generation,
        part=part,
        payload=payload,
    )


def write_rest(conn: Connection, policy: Policy, place: Row, letter: Row, now_ms: int) -> None:
    """What a part that was just told doesn't hold, and no other will: its messages have grown since it was planned."""
    following = letter.part + 1
    if following >= len(_pieces(conn, policy, place, told(conn, letter))):
        return
    if not outbox.again(conn, place.id, "history", letter.message_id, letter.revision, following):
        seq = outbox.seq_after_all(conn, place.id)
        _write(conn, place, letter.ticket_id, letter.message_id, following, letter.payload, seq, now_ms)


def told(conn: Connection, letter: Row) -> list[Row]:
    """The messages that a history letter tells of."""
    return [messages.by_id(conn, i) for i in orjson.loads(letter.payload)["messages"]]


def _capabilities(policy: Policy, place: Row) -> Capabilities:
    return policy.capabilities.get(place.messenger) or Capabilities(max_text=4096, max_caption=1024)


def _pieces(conn: Connection, policy: Policy, place: Row, rows: Sequence[Row]) -> list[composing.Part]:
    """The requests that tell of these messages."""
    caps = _capabilities(policy, place)
    if load_content(rows[0].content).kind == "text":
        return composing.parts((Content(text=transcript(conn, policy, place, rows)),), None, caps)
    contents = tuple(layout.labelled(c) for c in layout.contents_of(conn, rows[0]))
    return composing.parts(contents, _who(conn, policy, place, rows[0]) + plain("\n"), caps)


def _give_up_rests(conn: Connection, place: Row) -> None:
    """Copies whose beginning isn't in this place: their messages are told as a whole."""
    copies = [x for x in outbox.waiting_of(conn, place.id) if x.kind == "copy"]
    whole = {x.message_id for x in copies if not x.part}
    for letter in copies:
        if letter.message_id not in whole:
            outbox.finish(conn, letter.id, place.id, "dropped", letter.created_at)


def _still_waits(conn: Connection, place: Row, message: Row) -> bool:
    if message.role != "customer":
        return False
    waiting = outbox.waiting_for_message(conn, message.album_id or message.id)
    return any(letter.kind == "copy" and letter.place_id == place.id for letter in waiting)


def _groups(said: Sequence[Row], limit: int) -> list[list[Row]]:
    """Neighbouring texts together as long as they fit, everything else by itself; albums whole."""
    groups: list[list[Row]] = []
    room = 0
    for message in said:
        if message.album_id is not None and message.album_id != message.id:
            continue
        content = load_content(message.content)
        size = utf16_length(content.text.text) + _LINE_ROOM
        if content.kind == "text" and groups and room >= size:
            groups[-1].append(message)
            room -= size
        else:
            groups.append([message])
            room = limit - size if content.kind == "text" else 0
    return groups


def request(conn: Connection, policy: Policy, place: Row, letter: Row, rows: Sequence[Row]) -> Send | None:
    """A history letter as a request; None when there is no such part any more."""
    pieces = _pieces(conn, policy, place, rows)
    if letter.part >= len(pieces):
        return None
    piece = pieces[letter.part]
    attached = bool(piece.contents[0].files) or piece.contents[0].kind != "text"
    return Send(
        place.native,
        piece.contents,
        f"letter-{letter.id}",
        thread=place.root if place.threaded else None,
        reply_to=None if place.threaded else place.card_ref,
        original=layout.original_of(conn, place, rows[0], piece.contents) if attached else None,
        source=rows[0].from_messenger,
        header=piece.header,
        quiet_mentions=True,
        role="message" if attached else "bot",
    )


def transcript(conn: Connection, policy: Policy, place: Row, rows: Sequence[Row]) -> RichText:
    """Messages one under another, each under the name of who wrote it."""
    whole = RichText()
    for row in rows:
        content = layout.labelled(load_content(row.content))
        gone = "relay.deleted" if row.role == "customer" else "relay.taken_back"
        said = plain(text(policy.locale, gone)) if row.deleted else content.text
        block = _who(conn, policy, place, row) + plain("\n") + said
        whole = whole + plain("\n\n") + block if whole else block
    return whole


def _who(conn: Connection, policy: Policy, place: Row, message: Row) -> RichText:
    """Who said it and when, whose words they were before, and where there are no topics the ticket's number."""
    name = apart(people.by_id(conn, message.person_id).name)
    said = text(policy.locale, f"history.{message.role}", name=name)
    when = stamp(policy.locale, datetime.fromtimestamp(message.written_at / 1000, UTC), policy.hours.timezone)
    number = "" if place.threaded else f" #{message.ticket_id}"
    origin = load_content(message.content).forwarded_from
    source = "\n" + text(policy.locale, "relay.forwarded", name=apart(tidy(origin))) if origin else ""
    return RichText(f"{said}{number} · {when}{source}", (Span("bold", 0, len(said)),))


def corrected(policy: Policy, place: Row, message: Row, copy: str | None) -> RichText:
    """What stands before a correction that couldn't be made in place; it links to the copy where it can't answer it."""
    said = text(policy.locale, "relay.deleted" if message.deleted else "relay.corrected")
    spans = [Span("italic", 0, len(said))] if place.kind == "thread" else []
    caps = policy.capabilities[place.messenger]
    address = caps.link(place.native, place.root, copy) if caps.link and not caps.replies_in_threads else None
    if address:
        spans.append(Span("link", 0, len(said), address))
    return RichText(f"{said}\n", tuple(spans))
