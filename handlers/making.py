"""A letter made into a request: copies, changes, corrections and the bot's own words, of the newest content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from domain import composing
from domain.messages import Content
from domain.requests import Delete, Edit, Original, Request, Send
from domain.richtext import RichText
from handlers import floods, history, joining, lateness, layout, pinging, relay, stand_ins
from storage import clocks, erasing, links, messages, outbox, people

if TYPE_CHECKING:
    from domain.policy import Policy
    from storage import Connection
    from storage.query import Row

Made = tuple[Request, "Sequence[Row]"]
"""A request and the messages it carries."""


def made(conn: Connection, policy: Policy, place: Row, letter: Row) -> Made | None:
    """The letter as a request, or None when it has become needless."""
    if letter.kind in ("say", "resay"):
        return _say(place, letter), ()
    if letter.kind in ("ping", "reping"):
        return _ping(conn, policy, place, letter), ()
    if letter.kind == "erase":
        return Delete(place.native, erasing.load_refs(letter.payload), thread_of(place)), ()
    if letter.kind == "late":
        late = lateness.notice(conn, policy, place, letter)
        return None if late is None else (late, ())
    if letter.kind in ("held", "reheld"):
        notice = floods.notice(conn, policy, place, letter)
        return None if notice is None else (notice, ())
    if letter.kind == "history":
        rows = history.told(conn, letter)
        request = history.request(conn, policy, place, letter, rows)
        return _with_stand_ins(conn, policy, letter, rows, request)
    if letter.kind == "copy" and letter.payload == joining.JOINED:
        return _joined_copy(conn, policy, place, letter)
    message = messages.by_id(conn, letter.message_id)
    if letter.kind == "copy":
        copied = _copy(conn, policy, place, letter, message)
        return _with_stand_ins(conn, policy, letter, [message], copied)
    if letter.kind == "correction":
        correction = _correction(conn, policy, place, letter, message)
        return None if correction is None else (correction, (message,))
    return _change(conn, policy, place, letter, message)


def _with_stand_ins(
    conn: Connection, policy: Policy, letter: Row, rows: Sequence[Row], request: Send | None
) -> Made | None:
    """The request and its messages; files that turned out not to go are replaced by words."""
    if request is None:
        return None
    if letter.payload:
        request = stand_ins.without_files(conn, policy, letter, rows[0], request)
    return request, layout.whole(conn, rows)


def _say(place: Row, letter: Row) -> Send | Edit:
    content, reply, buttons, _ = relay.load_say(letter.payload)
    if letter.kind == "resay":
        return Edit(place.native, reply or "", content, thread_of(place), buttons=buttons)
    if reply is None and place.kind == "thread" and not place.threaded:
        reply = place.card_ref
    return Send(
        place.native,
        (content,),
        f"letter-{letter.id}",
        thread=thread_of(place),
        reply_to=reply,
        buttons=buttons,
        quiet_mentions=place.chat_kind == "group"
        and not any(s.kind == "mention" for s in content.text.spans),
        aloud=bool(letter.aloud),
        role="bot",
    )


def _ping(conn: Connection, policy: Policy, place: Row, letter: Row) -> Send | Edit:
    """A ping as it should read now; people's words in it are made harmless already, colleagues are mentioned."""
    ping_id = pinging.ping_of(letter)
    words, buttons = pinging.content(conn, policy, place, ping_id)
    content = Content(text=words)
    if letter.kind == "reping":
        ref = clocks.ping(conn, ping_id).ref or ""
        return Edit(place.native, ref, content, thread_of(place), buttons=buttons)
    return Send(
        place.native, (content,), f"letter-{letter.id}", thread=thread_of(place), buttons=buttons, role="bot"
    )


def _copy(conn: Connection, policy: Policy, place: Row, letter: Row, message: Row) -> Send | None:
    if message.role in ("note", "inside") or (message.deleted and message.role == "answer"):
        return None  # taken back before it went out
    contents = layout.contents_of(conn, message)
    header = layout.header_of(conn, policy, place, message, contents[0])
    original: Original | None = None
    caps = policy.capabilities[place.messenger]
    if not letter.part and layout.copied_as_it_is(place, message, contents, header):
        pieces = [composing.Part(contents)]
    else:
        pieces = composing.parts(tuple(layout.labelled(c) for c in contents), header, caps)
    if letter.part >= len(pieces):
        return None
    piece = pieces[letter.part]
    if letter.part == 0:
        original = layout.original_of(conn, place, message, piece.contents)
    reply = layout.answered_ref(conn, policy, place, message) if letter.part == 0 else None
    quote = layout.quoted_part(conn, place, message, contents[0]) if reply is not None else None
    if reply is None and _wants_anchor(place, message, header):
        reply = links.last_in_place(conn, place.id, message.ticket_id) or place.card_ref
    author, picture = _author(conn, policy, place, message)
    return Send(
        place.native,
        piece.contents,
        f"letter-{letter.id}",
        thread=thread_of(place),
        reply_to=reply,
        original=original,
        source=message.from_messenger,
        header=piece.header,
        quiet_mentions=place.kind == "thread",
        author=author,
        picture=picture,
        quote=quote,
        aloud=bool(letter.aloud),
    )


def _wants_anchor(place: Row, message: Row, header: RichText | None) -> bool:
    """Where there are no topics, what can carry no name answers the ticket's last message."""
    return place.kind == "thread" and not place.threaded and header is None and message.role == "customer"


def _author(conn: Connection, policy: Policy, place: Row, message: Row) -> tuple[str, str]:
    """Name and picture that the customer sees of the agent, where the team shows who answers."""
    if message.role != "answer" or policy.show_agents != "name" or place.kind == "thread":
        return "", ""
    agent = people.by_id(conn, message.person_id)
    return agent.name, agent.picture


def _joined_copy(conn: Connection, policy: Policy, place: Row, letter: Row) -> Made:
    ids = [letter.message_id, *(m.message_id for m in outbox.members(conn, letter.id))]
    rows = [messages.by_id(conn, i) for i in ids]
    content, header = _joined_content(conn, policy, place, rows)
    author, picture = _author(conn, policy, place, rows[0])
    send = Send(
        place.native,
        (content,),
        f"letter-{letter.id}",
        thread=thread_of(place),
        header=header,
        quiet_mentions=place.kind == "thread",
        author=author,
        picture=picture,
        aloud=bool(letter.aloud),
    )
    return send, rows


def _joined_content(
    conn: Connection, policy: Policy, place: Row, rows: list[Row]
) -> tuple[Content, RichText | None]:
    kept = [r for r in rows if not (r.deleted and r.role == "answer")] or rows[:1]
    texts = [layout.contents_of(conn, row)[0].text for row in kept]
    header = layout.header_of(conn, policy, place, kept[0], layout.contents_of(conn, kept[0])[0])
    return Content(text=composing.joined(texts)), header


def _change(conn: Connection, policy: Policy, place: Row, letter: Row, message: Row) -> Made | None:
    """An edit or deletion of what was copied; None when there is no copy or it already says so."""
    copies = links.copies_in_place(conn, message.id, place.id)
    if not copies:
        return None
    link = next((c for c in copies if c.part == letter.part), None)
    if link is None:  # it went while this waited
        return None
    if link.joined:
        return _change_joined(conn, policy, place, letter, link)
    if letter.kind == "delete":
        return Delete(place.native, tuple(dict.fromkeys(c.ref for c in copies)), thread_of(place)), (message,)
    if link.revision >= message.revision:
        return None
    pieces = _pieces_now(conn, policy, place, message, copies)
    if letter.part >= len(pieces):
        return Delete(place.native, (link.ref,), thread_of(place)), (message,)
    piece, exchanged = pieces[letter.part], _has_other_file(link, message)
    content = piece.contents[0]
    if content.files and not exchanged:
        content = stand_ins.as_it_stands(conn, policy, place, message, content)
    edit = Edit(
        place.native,
        link.ref,
        content,
        thread_of(place),
        source=message.from_messenger,
        header=piece.header,
        quiet_mentions=place.kind == "thread",
        media=exchanged,
    )
    return edit, (message,)


def _pieces_now(
    conn: Connection, policy: Policy, place: Row, message: Row, copies: Sequence[Row]
) -> list[composing.Part]:
    """How the message's copy should read now, part by part."""
    contents = layout.changed_contents(conn, message, copies)
    if message.album_id is None or message.album_id == message.id:
        header = layout.header_of(conn, policy, place, message, contents[0])
    else:  # what stands above an album stands above its first
        deleted = message.deleted and place.kind == "thread"
        header = layout.deleted_mark(policy, contents[0]) if deleted else None
    labelled = tuple(layout.labelled(content) for content in contents)
    return composing.parts(labelled, header, policy.capabilities[place.messenger])


def _has_other_file(link: Row, message: Row) -> bool:
    """Whether the message's file was exchanged since the copy was made; it goes with the copy's first part."""
    return not link.part and bool(link.revision < message.file_revision)


def _change_joined(conn: Connection, policy: Policy, place: Row, letter: Row, link: Row) -> Made:
    rows = links.joined(conn, place.chat_id, link.ref)
    if letter.kind == "delete" and all(row.deleted for row in rows):
        return Delete(place.native, (link.ref,), thread_of(place)), rows
    if link.role == "history":
        words = history.transcript(conn, policy, place, rows)
        return Edit(place.native, link.ref, Content(text=words), thread_of(place), quiet_mentions=True), rows
    content, header = _joined_content(conn, policy, place, rows)
    quiet = place.kind == "thread"
    return Edit(place.native, link.ref, content, thread_of(place), header=header, quiet_mentions=quiet), rows


def correction(conn: Connection, policy: Policy, place: Row, message: Row) -> list[composing.Part]:
    """What couldn't be changed in place, as it is said again: with its file if that is another."""
    copies = links.copies_in_place(conn, message.id, place.id)
    content = layout.labelled(layout.contents_of(conn, message)[0])
    if not copies or not _has_other_file(copies[0], message):
        content = replace(content, files=(), kind="text")
    header = history.corrected(policy, place, message, copies[0].ref if copies else None)
    return composing.parts((content,), header, policy.capabilities[place.messenger])


def _correction(conn: Connection, policy: Policy, place: Row, letter: Row, message: Row) -> Send | None:
    """A part of what is said again, as an answer to the copy."""
    pieces = correction(conn, policy, place, message)
    if letter.part >= len(pieces):
        return None
    piece = pieces[letter.part]
    copies = links.copies_in_place(conn, message.id, place.id)
    return Send(
        place.native,
        piece.contents,
        f"letter-{letter.id}",
        thread=thread_of(place),
        reply_to=copies[min(letter.part, len(copies) - 1)].ref if copies else None,
        source=message.from_messenger,
        header=piece.header,
        quiet_mentions=place.kind == "thread",
    )


def thread_of(place: Row) -> str | None:
    """The thread to send into; where a chat has none, messages of a ticket answer one another instead."""
    return place.root if place.threaded else None
