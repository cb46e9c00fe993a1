"""Several waiting texts of one author made one message, when a chat's allowance is used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import layout
from storage import messages, outbox

if TYPE_CHECKING:
    from domain.policy import Policy
    from storage import Connection
    from storage.query import Row

_AT_MOST = 20


def joinable(conn: Connection, letter: Row) -> bool:
    """Only plain texts that answer nothing are joined; an attachment, an album or a part never is."""
    if letter.kind != "copy" or letter.part or letter.payload:
        return False
    message = messages.by_id(conn, letter.message_id)
    if message.album_id is not None or message.reply_to_id is not None or message.deleted:
        return False
    content = layout.contents_of(conn, message)[0]
    return content.kind == "text" and not content.forwarded_from


def join(conn: Connection, policy: Policy, place: Row, first: Row) -> None:
    """Join the following letters of the same author to the first, as many as fit into one message."""
    author = messages.by_id(conn, first.message_id).person_id
    room = policy.capabilities[place.messenger].max_text - 200  # a header and line ends
    members: list[Row] = []
    for letter in outbox.heads(conn, place.id, _AT_MOST):
        if not joinable(conn, letter):
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
