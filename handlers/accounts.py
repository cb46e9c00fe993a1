"""A platform doesn't take the bot's token any more: said where that still arrives, since nothing does in its own chats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.policy import LEADS
from domain.texts import text
from domain.work import Effects, Priority
from handlers import letters, relay
from handlers.turn import Turn
from storage import chats, once, places

if TYPE_CHECKING:
    from datetime import datetime

    from domain.policy import Policy
    from storage import Connection


def tell(conn: Connection, policy: Policy, now: datetime, messenger: str, *, refused: bool) -> Effects:
    """Tell the leads, else a desk, of those in another messenger, at most once an hour; nobody where there are none.

    `refused`: nothing is received or sent in that messenger; else it takes the token again.
    """
    turn = Turn(conn, policy, now, messenger)
    key = "account.refused" if refused else "account.taken"
    if once.first(conn, key, messenger, now.strftime("%Y-%m-%d %H"), turn.now_ms):
        names = [LEADS, *(desk.name for desk in policy.desks)]
        bound = [row for row in (chats.binding(conn, name) for name in names) if row is not None]
        known = [chats.by_id(conn, row.chat_id) for row in bound]
        there = next((chat for chat in known if chat.messenger != messenger and not chat.parked), None)
        if there is not None:
            words = text(policy.locale, key, messenger=messenger.capitalize())
            relay.say(turn, places.whole_chat(conn, there.id), words, priority=Priority.PING)
    return letters.finish(turn)
