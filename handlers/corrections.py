"""Edits, deletions and reactions, mirrored both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from domain import commands
from domain.events import Deleted, Edited, Reacted
from domain.messages import Content, dump_content, load_content
from domain.mirror import is_note
from domain.moments import to_ms
from domain.texts import text
from handlers import relay
from handlers.turn import Turn
from storage import links, messages, outbox, people, places, reactions, tickets

if TYPE_CHECKING:
    from storage.query import Row

_MOVES_EVERY = 15_000
"""How often the copy of a live location moves, in milliseconds."""


def edited(turn: Turn, chat: Row, event: Edited) -> None:
    """A person changed what they had written."""
    message = messages.by_ref(turn.conn, chat.id, event.ref)
    if message is None or message.deleted or message.edited_at > to_ms(event.at):
        return  # what Slack sends again may be older than what was heard since
    if message.role == "customer" and _is_blocked(turn, message):
        return
    messages.change(turn.conn, message.id, edited_at=to_ms(event.at))
    content = event.content
    if message.role == "customer" or _said_there(message):
        command = commands.parse(content.text) if message.role == "customer" else None
        if command is not None and command.name in commands.FILING:
            content = replace(content, text=command.rest, copyable=False)
        if _rewrite(turn, message, content):
            _follow_in_desk(turn, message.id)
        return
    command = commands.parse(content.text)
    if command is not None and command.name == "answer":
        content = replace(content, text=command.rest, copyable=False)
    if message.role == "answer" and command is not None and _does_nothing(command, content):
        _hint(turn, message)
    elif message.role == "answer" and is_note((content.text.text,), turn.policy.note_prefix):
        _rewrite(turn, message, content)
        take_back(turn, message, role="note")
    elif _rewrite(turn, message, content) and message.role == "answer":
        _follow_at_customer(turn, message.id, "edit")


def _is_blocked(turn: Turn, message: Row) -> bool:
    ticket = tickets.get(turn.conn, message.ticket_id)
    return people.customer(turn.conn, ticket.customer_id).blocked_at is not None


def _does_nothing(command: commands.Command, content: Content) -> bool:
    """Whether an answer was changed into a command, or a lone `/word`: no customer is to see that, and it is too late
    for it to do anything.
    """
    lone = command.sign == "/" and not command.words and not content.files
    return command.name != "answer" and (lone or command.name in commands.ALL)


def _hint(turn: Turn, message: Row) -> None:
    """The customer keeps what they have; the agent is told so."""
    words = text(turn.policy.locale, "hint.edited_command")
    place = places.by_id(turn.conn, message.place_id)
    relay.say(turn, place, words, ticket_id=message.ticket_id, reply_ref=message.ref)


def _rewrite(turn: Turn, message: Row, content: Content) -> bool:
    """Store the new content; False when nothing that shows has changed (a link preview came, say)."""
    stored = dump_content(content)
    if stored == message.content:
        return False
    revision = message.revision + 1
    exchanged = {"file_revision": revision} if _has_other_files(turn, message, content) else {}
    messages.change(turn.conn, message.id, content=stored, revision=revision, **exchanged)
    return not (content.location and content.location.live) or _is_due(turn, message)


def _is_due(turn: Turn, message: Row) -> bool:
    """A live location moves on all the time: its copy follows now and then."""
    last = outbox.newest_edit(turn.conn, message.id)
    return last is None or turn.now_ms - last >= _MOVES_EVERY


def _has_other_files(turn: Turn, message: Row, content: Content) -> bool:
    same = turn.capabilities(turn.messenger).same_file
    before = load_content(message.content).files
    pairs = zip(before, content.files, strict=False)
    return len(before) != len(content.files) or not all(same(a.ref, b.ref) for a, b in pairs)


def _follow_in_desk(turn: Turn, message_id: int) -> None:
    message = messages.by_id(turn.conn, message_id)
    ticket = tickets.get(turn.conn, message.ticket_id)
    if ticket.desk_place_id is not None:
        place = places.by_id(turn.conn, ticket.desk_place_id)
        relay.change(turn, place, ticket.id, message, "edit")


def _follow_at_customer(turn: Turn, message_id: int, kind: Literal["edit", "delete"]) -> None:
    message = messages.by_id(turn.conn, message_id)
    ticket = tickets.get(turn.conn, message.ticket_id)
    for place_id in dict.fromkeys((ticket.customer_place_id, *links.private_places(turn.conn, message.id))):
        relay.change(turn, places.by_id(turn.conn, place_id), ticket.id, message, kind)


def is_too_late(turn: Turn, message: Row) -> bool:
    """Whether the customer's messenger no longer lets the bot delete what it sent."""
    ticket = tickets.get(turn.conn, message.ticket_id)
    place = places.by_id(turn.conn, ticket.customer_place_id)
    within = turn.capabilities(place.messenger).delete_within
    copies = links.copies_in_place(turn.conn, message.id, place.id)
    return within is not None and any(
        turn.now_ms - copy.sent_at > within.total_seconds() * 1000 for copy in copies
    )


def take_back(turn: Turn, message: Row, role: Literal["note", "answer"] = "answer") -> None:
    """An answer is taken back from the customer; of an album, every part."""
    whole = messages.album(turn.conn, message.album_id) if message.album_id is not None else [message]
    for part in whole:
        newest = messages.by_id(turn.conn, part.id)
        messages.change(turn.conn, part.id, deleted=1, revision=newest.revision + 1)
        _follow_at_customer(turn, part.id, "delete")
        messages.change(turn.conn, part.id, role=role, deleted=0 if role == "note" else 1)
        relay.want_mark(turn, messages.by_id(turn.conn, part.id), stage="", emoji=None)


def deleted(turn: Turn, chat: Row, event: Deleted) -> None:
    """People deleted messages: an answer goes from the customer too; a customer's stays in the desk, marked."""
    for ref in event.refs:
        message = messages.by_ref(turn.conn, chat.id, ref)
        if message is None or message.deleted:
            continue
        if message.role == "answer" and not _said_there(message):
            take_back(turn, message)
            continue
        messages.change(turn.conn, message.id, deleted=1, revision=message.revision + 1)
        if message.role == "customer" or _said_there(message):
            _follow_in_desk(turn, message.id)


def _said_there(message: Row) -> bool:
    """Whether an agent wrote it where the customer reads, so that only the desk has a copy."""
    return bool(message.role == "answer" and message.from_kind == "shared")


def reacted(turn: Turn, chat: Row, event: Reacted) -> None:
    """A reaction on a copy shows on the original; of several people's the newest that is still there."""
    originals = [link.message_id for link in links.by_ref(turn.conn, chat.id, event.ref) if link.message_id]
    if not originals or event.author.is_bot:
        return
    original = originals[-1]
    person = people.see(turn.conn, turn.messenger, turn.account, event.author, turn.now_ms)
    if event.change == "is":
        reactions.clear(turn.conn, original, person.id)
    elif event.emoji is not None:
        reactions.remove(turn.conn, original, person.id, event.emoji)
    if event.emoji is not None and event.change != "removed":
        reactions.add(turn.conn, original, person.id, event.emoji)
    relay.want_mark(turn, messages.by_id(turn.conn, original), emoji=reactions.newest(turn.conn, original))
