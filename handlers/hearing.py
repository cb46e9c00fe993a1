"""Who can hear of trouble: the leads, else another desk, else the admins in private; never where the trouble is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.policy import LEADS
from storage import chats, people, places

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.turn import Turn
    from storage.query import Row


def places_that_hear(turn: Turn, hears: Callable[[Row], bool]) -> list[Row]:
    """Where to say it: one staff chat, or every admin's own; of those chats that `hears` says can be reached."""
    names = [LEADS, *(desk.name for desk in turn.policy.desks)]
    bound = [row for row in (chats.binding(turn.conn, name) for name in names) if row is not None]
    for row in bound:
        chat = chats.by_id(turn.conn, row.chat_id)
        if not chat.parked and hears(chat):
            return [places.whole_chat(turn.conn, chat.id)]
    own = [chats.by_id(turn.conn, chat_id) for chat_id in people.admins_chats(turn.conn)]
    return [places.whole_chat(turn.conn, chat.id) for chat in own if hears(chat)]
