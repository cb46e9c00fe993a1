"""Several waiting texts of one author made one message, when a chat's allowance is used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import layout
from storage import messages, outbox

if TYPE_CHECKING:
    from domain.policy import Policy
    from storage import Connection
    from storage.query import Row

JOINED = "joined"
"""The payload of a copy to which others were joined."""

_AT_MOST = 100


def joinable(conn: Connection, letter: Row) -> bool:
    """Only plain texts that answer nothing are joined; an attachment, an album or a part never is."""
    if letter.kind != "copy" or letter.part or letter.payload:
        return False
    message = messages.by_id(conn, letter.message_id)
    if message.album_id is not None or message.reply_to_id is not None or message.deleted:
        return False
    content = layout.contents_of(conn, message)[0]
    return content.kind == "text" and not content.forwarded_from


def grows(conn: Connection, letter: Row) -> bool:
    """Whether more may be joined to a letter that was certainly never sent."""
    return letter.payload == JOINED or joinable(conn, letter)


def join(conn: Connection, policy: Policy, place: Row, first: Row) -> None:
    """Join the following letters of the same author to the first, as many as fit into one message."""
    author = messages.by_id(conn, first.message_id).person_id
    room = policy.capabilities[place.messenger].max_text - 200  # a header and line ends
    for letter in (first, *outbox.members(conn, first.id)):
        room -= _size(conn, letter)
    members: list[Row] = []
    for letter in outbox.heads(conn, place.id, _AT_MOST):
        if letter.id == first.id:
            continue
        room -= _size(conn, letter) if letter.kind == "copy" else 0
        if (
            room < 0
            or not joinable(conn, letter)
            or messages.by_id(conn, letter.message_id).person_id != author
        ):
            break
        members.append(letter)
    for letter in members:
        outbox.join(conn, letter.id, first.id)
    if members:
        outbox.change(conn, first.id, payload=JOINED)


def _size(conn: Connection, letter: Row) -> int:
    """How much room its text takes at most, in UTF-16 units."""
    message = messages.by_id(conn, letter.message_id)
    return len(layout.contents_of(conn, message)[0].text.text) * 2 + 1
