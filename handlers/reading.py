"""A customer's screen showed what was answered: whoever wrote it sees that, where their messenger can show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.events import SeenUpTo
from handlers import relay
from handlers.turn import Turn
from storage import links, messages, outbox, places

if TYPE_CHECKING:
    from storage.query import Row

_AT_MOST = 50


def seen(turn: Turn, chat: Row, event: SeenUpTo) -> None:
    """Everything up to a message of the bot was on the customer's screen."""
    found = links.by_ref(turn.conn, chat.id, event.ref)
    if found:
        unseen = messages.unseen_copies(turn.conn, chat.id, found[-1].id, _AT_MOST)
    else:  # shown before its delivery is written down: it is the one under way
        under_way = outbox.head(turn.conn, places.whole_chat(turn.conn, chat.id).id)
        unseen = [] if under_way is None or under_way.message_id is None else [under_way.message_id]
    for message_id in unseen:
        message = messages.by_id(turn.conn, message_id)
        if message.role == "answer" and not message.deleted:
            relay.want_mark(turn, message, stage="seen")
